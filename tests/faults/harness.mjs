// What the fault tests stand on, besides the harness of the edge tests.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { root } from '../../scripts/places.mjs';
import { DEMO_VARS } from '../../scripts/samples.mjs';
import { request, startWeighbridge, until } from '../edge/harness.mjs';
import { startSink } from './sink.mjs';
import { TELEMAX_VEHICLES } from './traffic.mjs';

export { request, until };

/** The configuration of the Worker with faults on demand. */
const FAULTS_CONFIG = join(root, 'build-faults', 'wrangler.toml');

/**
 * A gateway that relays to a sink of its own; with `faulty`, the Worker with faults on demand. Telemax's
 * vehicles are mapped. `log()` is everything that the runtime wrote since the beginning.
 */
export async function startBridge({ vars = {}, faulty = false, choose } = {}) {
  const sink = await startSink({ apiKey: vars.CARTRACK_API_KEY ?? DEMO_VARS.CARTRACK_API_KEY, choose });
  let log = '';
  const bridge = await startWeighbridge({
    vars: { CARTRACK_URL: sink.url, ...vars },
    config: faulty ? FAULTS_CONFIG : undefined,
    onLog: (text) => {
      log += text;
    },
  });
  bridge.sink = sink;
  bridge.log = () => log;

  /** Delivers, and gives the status, or 0 when no answer came. */
  bridge.status = async (delivery) => {
    try {
      const { status } = await bridge.deliver(delivery);
      return status;
    } catch {
      return 0;
    }
  };

  /** What is to go wrong: see src/edge/faults.rs. */
  bridge.plan = async (plan) => {
    const { status, body } = await request(`${bridge.url}/faults`, {
      method: 'PUT',
      body: JSON.stringify(plan),
    });
    assert.equal(status, 200, JSON.stringify(body));
  };

  /** Waits until Cartrack has taken every expected record, and checks what it was sent. */
  bridge.allDelivered = async (expected, { timeout = 90_000 } = {}) => {
    await until(() => expected.every((record) => sink.accepted.has(record.source.provider_event_id)), {
      timeout,
      what: 'every acknowledged event at Cartrack',
    }).catch((error) => {
      const lost = expected.filter((record) => !sink.accepted.has(record.source.provider_event_id));
      throw new Error(`${error.message} ${lost.length} of ${expected.length} are lost.`);
    });
    return sentTwice(sink, expected);
  };

  const close = bridge.close;
  bridge.close = async () => {
    await close();
    await sink.close();
  };
  for (const { path, vin } of TELEMAX_VEHICLES) {
    const { status } = await bridge.admin('PUT', path, { vin });
    assert.equal(status, 200);
  }
  return bridge;
}

/** Checks every request for the expected records to the byte, and counts those that came more than once. */
export function sentTwice(sink, expected) {
  let twice = 0;
  for (const record of expected) {
    const entries = sink.byId.get(record.source.provider_event_id) ?? [];
    assert.ok(entries.length > 0, 'an event never came');
    assert.equal(new Set(entries.map(({ text }) => text)).size, 1, 'a repeat differs from the first');
    const { provider_received_ts: received, ...source } = entries[0].record.source;
    assert.ok(Date.parse(received) > 0);
    assert.deepEqual(normal({ ...entries[0].record, source }), normal(record));
    if (entries.length > 1) twice += 1;
  }
  return twice;
}

/** Times are compared as times: the gateway writes them with the digits that they need. */
function normal(record) {
  return { ...record, event_ts: Date.parse(record.event_ts) };
}

/** A generator of pseudo-random numbers from 0 to 1, so that a run can be repeated by its seed. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The seed of this run, which it prints: `FAULTS_SEED=n` repeats it. */
export const SEED = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000);

/** Runs `work(item)` for each item, `width` at a time; the answers in order. */
export async function inParallel(items, width, work) {
  const answers = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      answers[index] = await work(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return answers;
}
