// Every case of tests/providers through the live Worker: the door's answer, what Cartrack gets, where each
// event stands in the end, and which mappings there are. One gateway for each configuration.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { rawRequest, startWeighbridge, until } from './harness.mjs';

const FOLDER = fileURLToPath(new URL('../providers/', import.meta.url));

// Names of the configuration that a case leaves out are not set.
const NOT_SET = {
  SMARTCAR_MANAGEMENT_TOKEN: undefined,
  TELEMATICA_SVIX_SECRET: undefined,
  TELEMATICA_CALLBACK_TOKEN: undefined,
  TELEMAX_WEBHOOK_SECRET: undefined,
};

const cases = readCases();
const live = cases.filter(({ edge }) => edge !== false);
const counts = Object.fromEntries(cases.map(({ provider }) => [provider, 0]));

for (const [config, group] of Map.groupBy(live, ({ config }) => JSON.stringify(config))) {
  describe(`${group.length} cases with ${shortened(config)}`, () => {
    let bridge;
    before(async () => {
      bridge = await startWeighbridge({ vars: { ...NOT_SET, ...JSON.parse(config) } });
      for (const { provider, mappings = {} } of group) {
        for (const [vehicle, vin] of Object.entries(mappings)) await bridge.map(provider, vehicle, { vin });
      }
    });
    after(() => bridge?.close());

    for (const one of group) {
      test(`${one.provider}/${one.name}`, async () => {
        await check(bridge, one);
        counts[one.provider] += 1;
      });
    }

    test('Cartrack got the records of these cases and no others', async () => {
      await until(async () => (await bridge.admin('GET', '/api/overview')).body.states.pending === 0, {
        what: 'nothing pending',
      });
      const expected = group.flatMap(({ expected }) => expected.records ?? []).filter(Boolean);
      const received = bridge.cartrack.received.map(({ record }) => record);
      assert.deepEqual(received.map(identity).sort(), expected.map(identity).sort());
      assert.ok(bridge.cartrack.requests.every(({ status }) => status === 202));
    });
  });
}

test('each provider has cases, and all have been through or are named here', (t) => {
  for (const provider of Object.keys(counts)) {
    const theirs = cases.filter((one) => one.provider === provider);
    const reasons = Map.groupBy(
      theirs.filter(({ edge }) => edge === false),
      ({ edge_why }) => edge_why,
    );
    t.diagnostic(`${provider}: ${counts[provider]} cases through the Worker`);
    let named = 0;
    for (const [reason, { length }] of reasons) {
      assert.ok(reason, 'a case that does not apply to a live Worker says why');
      t.diagnostic(`${provider}: ${length} not applicable: ${reason}`);
      named += length;
    }
    assert.ok(counts[provider] > 0);
    assert.equal(counts[provider] + named, theirs.length);
  }
  assert.deepEqual(Object.keys(counts).sort(), ['smartcar', 'telematica', 'telemax']);
});

async function check(bridge, { provider, hook, now, config, headers, body, expected }) {
  const reply = await rawRequest(bridge.url, {
    path: `/hooks/${hook}`,
    headers: made(headers, body, config, seconds(Date.now()) - seconds(now)),
    body,
  });
  assert.deepEqual({ status: reply.status, body: bare(reply.body) }, expected.reply);

  for (const [index, weight] of (expected.weigh ?? []).entries()) {
    const { id } = reply.body.events[index];
    const event = await bridge.eventIn(state(weight), id);
    assert.equal(event.reason, weight === 'record' ? null : weight);
    const wanted = expected.events[index];
    assert.equal(event.provider, provider);
    assert.equal(event.type, wanted.type);
    assert.equal(event.provider_event_id, wanted.provider_event_id);
    if ('vehicle' in wanted) assert.equal(event.vehicle, wanted.vehicle);
    if ('event_ts' in wanted) assert.equal(event.event_ts, wanted.event_ts);
    const record = expected.records[index];
    if (record) {
      const taken = bridge.cartrack.received.find((one) => identity(one.record) === identity(record));
      assertAlike(withoutReceipt(taken?.record), record);
      assert.deepEqual(event.record, taken.record);
    }
  }
  for (const change of expected.mappings?.changes ?? []) {
    await checkMapping(bridge, provider, change, expected.mappings.user);
  }
}

async function checkMapping(bridge, provider, { action, vehicle, ...known }, user) {
  const path = `/api/mappings/${provider}/${encodeURIComponent(vehicle)}`;
  const { status, body } = await bridge.admin('GET', path);
  if (action === 'remove') {
    assert.deepEqual([status, body.error], [404, 'unknown_mapping']);
  } else {
    const whose = user === null ? {} : { user };
    assert.deepEqual(body, { provider, vehicle, ...known, ...whose });
  }
}

/** Where an event stands once it has been weighed and sent. */
function state(weight) {
  const states = { record: 'delivered', unmapped_vehicle: 'unmapped', vin_conflict: 'dead' };
  return states[weight] ?? 'skipped';
}

/** A reply without what differs from run to run, and without the words of a refusal; both must be there. */
function bare(body) {
  if (body.error) {
    const { message, ...rest } = body;
    assert.ok(message.length > 10);
    return rest;
  }
  if (!body.events) return body;
  const events = body.events.map(({ id, ...rest }) => {
    assert.match(id, /^evt_/);
    return rest;
  });
  return { ...body, events };
}

/** The headers with the signed time moved to the present, and every token that was right made anew. */
function made(headers, body, config, shift) {
  const moves = (text) => /^[0-9]{1,12}$/.test(text) && Number(text) !== 0;
  const moved = (text) => (moves(text) ? String(Number(text) + shift).padStart(text.length, '0') : text);
  const keys = (config.TELEMATICA_SVIX_SECRET ?? '')
    .split(/[\s,]+/)
    .map((secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'));
  const token = (key, id, time) =>
    `v1,${createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64')}`;

  const anew = new Map();
  for (const [, id] of headers.filter(([name]) => /^(svix|webhook)-id$/i.test(name))) {
    for (const [, time] of headers.filter(([name]) => /^(svix|webhook)-timestamp$/i.test(name))) {
      for (const key of keys) anew.set(token(key, id, time), token(key, id, moved(time)));
    }
  }
  return headers.map(([name, value]) => {
    if (/^(svix|webhook)-timestamp$/i.test(name)) return [name, moved(value)];
    if (!/^(svix|webhook)-signature$/i.test(name)) return [name, value];
    return [
      name,
      value
        .split(' ')
        .map((one) => anew.get(one) ?? one)
        .join(' '),
    ];
  });
}

/** Whole seconds, as a sender's clock gives them: what time passes on the way only makes a delivery older. */
function seconds(ms) {
  return Math.floor(ms / 1000);
}

function identity({ source }) {
  return [source.provider, source.device_id, source.provider_event_id].join(' ');
}

function withoutReceipt(record) {
  assert.ok(record, 'Cartrack has a record of this id');
  const { provider_received_ts, ...source } = record.source;
  assert.ok(Math.abs(Date.now() - Date.parse(provider_received_ts)) < 3_600_000, provider_received_ts);
  return { ...record, source };
}

/** Like deepEqual, but numbers may differ by rounding. */
function assertAlike(actual, expected, path = 'record') {
  if (typeof expected === 'number' && typeof actual === 'number') {
    assert.ok(Math.abs(actual - expected) <= 1e-9, `${path}: ${actual} in place of ${expected}`);
  } else if (expected !== null && typeof expected === 'object') {
    assert.deepEqual(Object.keys(actual ?? {}).sort(), Object.keys(expected).sort(), path);
    for (const name of Object.keys(expected)) assertAlike(actual[name], expected[name], `${path}.${name}`);
  } else {
    assert.equal(actual, expected, path);
  }
}

function readCases() {
  const folders = (path) => readdirSync(path, { withFileTypes: true }).filter((one) => one.isDirectory());
  const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
  return folders(FOLDER).flatMap(({ name: provider }) =>
    folders(`${FOLDER}${provider}`).map(({ name }) => {
      const folder = `${FOLDER}${provider}/${name}`;
      return {
        provider,
        name,
        ...json(`${folder}/case.json`),
        body: readFileSync(`${folder}/body.bin`),
        expected: json(`${folder}/expected.json`),
      };
    }),
  );
}

function shortened(config) {
  return config.length > 100 ? `${config.slice(0, 100)}…` : config;
}
