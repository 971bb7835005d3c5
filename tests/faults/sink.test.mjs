// Cartrack at its worst: it refuses, hangs, breaks off, drowns us in replies, sends us elsewhere, or is gone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inParallel, randomFrom, request, SEED, startBridge, until } from './harness.mjs';
import { keeping, LONG } from './promises.mjs';
import { startSink } from './sink.mjs';
import { delivery } from './traffic.mjs';

const LANES = 2;
const CONNECTIONS = 6;
const EVENT_KINDS = ['smartcar', 'telematica', 'telemax'];

let bridge;
let shift = 0;
before(async () => {
  bridge = await startBridge({ faulty: true, vars: { LANES: String(LANES) } });
  bridge.sink.clock = () => Date.now() + shift;
});
after(() => bridge?.close());

/** Puts the gateway's clock ahead; the sink's goes first, so that no retry looks earlier than it is. */
async function advance(milliseconds) {
  shift += Math.max(0, Math.ceil(milliseconds));
  await bridge.plan({ clock_ms: shift });
  await bridge.sweep();
}

async function states() {
  const { body } = await bridge.admin('GET', '/api/overview');
  return body.states;
}

/** Delivers events, by the gateway's clock, and gives what has to arrive. */
async function accept(kinds, options = {}) {
  const sent = kinds.map((kind) =>
    delivery(bridge.vars, kind, { ...options, ago: shift, now: Date.now() + shift }),
  );
  const statuses = await inParallel(sent, 8, (one) => bridge.status(one));
  assert.ok(
    statuses.every((status) => status === 202),
    `answered ${[...new Set(statuses)]}`,
  );
  return sent.flatMap((one) => one.expected);
}

/** Lets time pass until nothing waits any more; each step goes to the time at which something is due. */
async function untilSettled() {
  for (let step = 0; step < 500; step += 1) {
    const { body } = await bridge.admin('GET', '/api/events?state=pending&limit=500');
    if (body.events.length === 0 && bridge.sink.open === 0) return;
    const due = body.events.map((event) => Date.parse(event.due_at));
    const late = due.filter((at) => at <= Date.now() + shift);
    if (late.length === 0 && due.length > 0) await advance(Math.min(...due) - Date.now() - shift + 1_000);
    const before = bridge.sink.requests.length;
    const open = bridge.sink.open;
    await until(
      () => bridge.sink.requests.length > before || bridge.sink.open < open || bridge.sink.open === 0,
      {
        what: 'the next attempt',
      },
    );
  }
  throw new Error('events still wait after 500 steps');
}

const STEPS = [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000];

/** Checks that no attempt came before its time, and how many attempts there were. */
function checkPace(entries) {
  for (const [index, entry] of entries.entries()) {
    if (index === 0) continue;
    const last = entries[index - 1];
    const wait = Math.max(STEPS[Math.min(index - 1, STEPS.length - 1)] * 0.8, last.retryAfter ?? 0);
    // Clocks stand still between I/O on the one side, and the reply has to travel: a few milliseconds.
    const waited = entry.at - last.at;
    assert.ok(
      waited >= wait - 250,
      `attempt ${index + 1} after ${waited} ms in place of ${wait} ms (${last.behaviour})`,
    );
  }
  return entries.length;
}

test('a sink that fails in every way gets every event in the end, and none too early', (t) =>
  keeping('Every fault of the sink ends in delivery, no retry is early', async () => {
    const random = randomFrom(SEED);
    t.diagnostic(`seed ${SEED}`);
    // Each hang costs ten real seconds, so that they are few.
    const faults = ['busy', 'reset', 'truncated', 'huge', 'takenButReset', 'trickle'];
    let hangs = LONG ? 12 : 2;
    bridge.sink.choose = ({ attempt }) => {
      const drawn = random();
      if (attempt > 6) return undefined;
      if (drawn < 0.3) return 'unavailable';
      if (drawn < 0.36 && hangs > 0) {
        hangs -= 1;
        return 'hang';
      }
      return drawn < 0.6 ? faults[Math.floor(random() * faults.length)] : undefined;
    };
    const count = LONG ? 150 : 45;
    const expected = await accept(Array.from({ length: count }, (_, index) => EVENT_KINDS[index % 3]));
    await untilSettled();
    await bridge.allDelivered(expected);
    let attempts = 0;
    for (const record of expected)
      attempts += checkPace(bridge.sink.byId.get(record.source.provider_event_id));
    const { delivered, dead, held } = await states();
    assert.deepEqual({ delivered, dead, held }, { delivered: expected.length, dead: 0, held: 0 });
    const met = new Set(bridge.sink.requests.map(({ behaviour }) => behaviour));
    for (const fault of ['unavailable', 'hang', ...faults])
      assert.ok(met.has(fault), `no request met ${fault}`);
    const trickled = bridge.sink.requests.filter(({ behaviour }) => behaviour === 'trickle');
    for (const { id } of trickled)
      assert.equal(
        bridge.sink.byId.get(id).at(-1).behaviour,
        'trickle',
        'a 202 whose body trickles was not believed',
      );
    return `${count} events, ${attempts} attempts, ${met.size} kinds of answers, all delivered`;
  }));

test('a dead vehicle holds up no other', () =>
  keeping('One dead vehicle holds up no other', async () => {
    const vehicle = 'a-dead-vehicle';
    const isDead = ({ record }) => record.source.device_id === vehicle;
    let dead = true;
    bridge.sink.choose = (entry) => (dead && isDead(entry) ? 'hang' : undefined);
    const backlog = [];
    for (let index = 0; index < 30; index += 1) backlog.push(...(await accept(['smartcar'], { vehicle })));
    await until(() => bridge.sink.open > 0, { what: 'the first of the dead vehicle' });
    const others = await accept(Array.from({ length: 60 }, (_, index) => EVENT_KINDS[index % 3]));
    const begun = bridge.sink.requests.filter(isDead).length;
    await until(() => others.every((record) => bridge.sink.accepted.has(record.source.provider_event_id)), {
      timeout: 60_000,
      what: 'the events of the other vehicles',
    });
    // By how many time-outs of the dead vehicle the others were held up shows in its attempts, on any machine.
    const attempts = bridge.sink.requests.filter(isDead).length - begun;
    assert.ok(
      attempts <= 2,
      `${attempts} attempts for the dead vehicle went by before the others were through`,
    );
    dead = false;
    await untilSettled();
    await bridge.allDelivered(backlog);
    return `${backlog.length} events hang, ${others.length} of other vehicles pass by, all delivered`;
  }));

test('the key goes nowhere else', () =>
  keeping('The key never follows a redirect', async () => {
    const elsewhere = await startSink({ apiKey: 'nobody' });
    bridge.sink.elsewhere = elsewhere.url;
    let away = true;
    bridge.sink.choose = () => (away ? 'redirect' : undefined);
    const expected = await accept(['smartcar', 'telematica', 'telemax', 'smartcar']);
    await until(async () => (await states()).held > 0, { what: 'the lane held' });
    away = false;
    const { body } = await bridge.admin('POST', '/api/resume');
    assert.ok(body.resumed > 0);
    await untilSettled();
    await bridge.allDelivered(expected);
    assert.deepEqual([elsewhere.requests.length, elsewhere.strangers.length], [0, 0]);
    await elsewhere.close();
    return `${expected.length} events met a redirect, the other host heard nothing, all delivered after resume`;
  }));

test('a sink that is gone for long holds up no acceptance, and is not run over when it returns', () =>
  keeping('A long outage: acceptance goes on, the backlog drains without a stampede', async () => {
    bridge.sink.choose = () => 'unavailable';
    const expected = [];
    const waves = LONG ? 12 : 5;
    for (let wave = 0; wave < waves; wave += 1) {
      expected.push(...(await accept(Array.from({ length: 40 }, (_, index) => EVENT_KINDS[index % 3]))));
      await until(async () => (await due()) === 0, { timeout: 60_000, what: 'an attempt for every event' });
      await advance(3_600_000);
    }
    await until(async () => (await due()) === 0, { timeout: 60_000, what: 'an attempt for every event' });
    const outage = bridge.sink.requests.length;
    bridge.sink.most = 0;
    bridge.sink.choose = () => 'leisurely';
    const { body } = await bridge.admin('POST', '/api/replay', { state: 'pending' });
    assert.equal(body.replayed, expected.length);
    await bridge.allDelivered(expected);
    await until(async () => (await states()).pending === 0, { what: 'all noted' });
    const attempts = bridge.sink.requests.length - outage;
    const most = bridge.sink.most;
    assert.equal(most, LANES * CONNECTIONS, 'all connections are used, and no more');
    assert.equal(attempts, expected.length, 'each event goes out once');
    return `${waves} h down, ${expected.length} accepted meanwhile, drained with ${most} of ${LANES * CONNECTIONS} connections, each once`;
  }));

async function due() {
  const { body } = await bridge.admin('GET', '/api/events?state=pending&limit=500');
  return body.events.filter((event) => Date.parse(event.due_at) <= Date.now() + shift).length;
}

test('what is left shows no stranger', async () => {
  assert.deepEqual(bridge.sink.strangers, []);
  assert.equal((await request(`${bridge.url}/healthz`)).status, 200);
});
