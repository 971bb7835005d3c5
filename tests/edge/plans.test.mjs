// How SQLite goes about each statement of a lane: by an index, whatever is stored. The statements are those that
// the built Worker makes, and the plans those of its own database.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { contenders, startDev } from '../../benches/edge/contenders.mjs';
import { deliver, Fleet } from '../../benches/edge/load.mjs';
import { startSink } from '../../benches/edge/sink.mjs';
import { root } from '../../scripts/places.mjs';
import { laneRows } from '../faults/state.mjs';
import { signed, stateOfCharge } from './deliveries.mjs';

/** The statements that read a whole table or index all the same, by their beginning, and why they may. */
const WHOLE = {
  'DELETE FROM lookups': 'vehicles that could not be looked up: erasing a user, and what is 30 days old',
  'DELETE FROM refusals': 'twenty rows for each provider',
  'DELETE FROM seen WHERE seq': 'the keys of erased events only, when those are forgotten',
  'DELETE FROM vehicles': 'erasing a user, which nobody does often, has to look everywhere',
  'SELECT attempts, CASE WHEN state': 'few delivered among many skipped: the index of keys tells',
  'SELECT count(*) AS value FROM events WHERE state IN':
    'replaying what was delivered, which a person asks for, has to look everywhere',
  'SELECT max(event_ts) AS event_ts': 'the newest events only, by the limit of its subquery',
  'SELECT name, at FROM marks': 'a row for each provider, mode and kind of mark',
  'SELECT refusal FROM refusals': 'twenty rows for each provider',
  'SELECT seq FROM events WHERE substr(keys': 'a person searches for an event by its id',
  'SELECT seq, state, event FROM events WHERE provider': 'erasing a user, as above',
  'UPDATE events SET due_at = ?, failures': 'replaying what was delivered, as above',
  'WITH waiting AS': 'once in the life of a lane, which counts along from there',
};

let sink;
let worker;
/** The statements of a relayed delivery alone, and of everything else. */
let hot;
let cold;

before(async () => {
  sink = await startSink();
  worker = await startDev(contenders().weighbridge, { sink, lanes: 1, counting: true });
  const fleet = new Fleet(worker.vars, { vehicles: 2 });
  await worker.map(fleet);
  await deliver(worker.url, fleet.deliveries(6));
  await sink.taking(0, 6);
  await worker.idleCpu();
  await worker.clearCounts();
  await deliver(worker.url, fleet.deliveries(30));
  await sink.taking(6, 30);
  await worker.idleCpu();
  hot = await takeStatements();
  await administrate();
  cold = await takeStatements();
});

after(async () => {
  await worker?.close();
  await sink?.close();
});

test('a delivery and its sending read by index, whatever is stored', () => {
  assert.ok(hot.length >= 2, `only ${hot.length} statements were seen`);
  for (const text of hot) assert.deepEqual(wholeReads(text), [], text);
});

test('so does every other statement, but for those that may not', () => {
  const seen = [...new Set([...hot, ...cold])];
  const unseen = literals().filter((literal) => !seen.some((text) => patternOf(literal).test(text)));
  for (const text of unseen)
    assert.doesNotMatch(text, /[{}]/, 'this test should make the Worker run this statement');
  const reading = [...seen, ...unseen].filter((text) => wholeReads(text).length > 0);
  const expected = (text) => Object.keys(WHOLE).find((beginning) => text.startsWith(beginning));
  for (const text of reading) assert.ok(expected(text), `${text}\n${wholeReads(text).join('\n')}`);
  assert.deepEqual(
    [...new Set(reading.map(expected))].sort(),
    Object.keys(WHOLE),
    'an exception is not needed',
  );
});

/** Everything that the administration can ask of a lane. */
async function administrate() {
  const ask = async (method, path, content) => {
    const { status, body } = await worker.admin(method, path, content);
    assert.equal(status, 200, `${method} ${path}`);
    return body;
  };
  const waiting = stateOfCharge({ vehicle: 'nobody' });
  await deliver(worker.url, [signed(worker.vars, 'telematica', waiting)]);
  await deliver(worker.url, [{ ...signed(worker.vars, 'telemax', {}), headers: {} }], { status: 401 });
  const { events } = await ask('GET', '/api/events');
  const [{ id, vehicle }] = events.filter(({ state }) => state === 'delivered');
  const filters = ['?state=delivered', `?vehicle=${vehicle}`, '?provider=telemax&reason=x', `?q=${id}`];
  for (const filter of filters) await ask('GET', `/api/events${filter}`);
  await ask('GET', `/api/events/${id}`);
  for (const path of ['overview', 'positions', 'refusals', 'unmapped']) await ask('GET', `/api/${path}`);
  await ask('POST', `/api/events/${id}/replay`);
  for (const dry of [true, false])
    await ask('POST', '/api/replay', { state: 'delivered', provider: 'telemax', dry_run: dry });
  await ask('POST', '/api/resume');
  await ask('DELETE', '/api/users/smartcar/nobody');
}

async function takeStatements() {
  const { texts } = await worker.counts();
  await worker.clearCounts();
  return Object.keys(texts).map(plain);
}

/** The steps of SQLite's plan that read a whole table or index. */
function wholeReads(text) {
  const steps = laneRows(worker.folder, `EXPLAIN QUERY PLAN ${text}`).map(({ detail }) => detail);
  return steps.filter((step) => /^SCAN (?!CONSTANT ROW|json_each VIRTUAL TABLE|\(subquery)/.test(step));
}

/** The statements in the source, with `{}` where the code puts something in. */
function literals() {
  const folder = join(root, 'src', 'edge');
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.rs'));
  return files.flatMap((name) => {
    const source = readFileSync(join(folder, name), 'utf8').replaceAll(/\\\n\s*/g, '');
    const found = source.matchAll(/"((?:SELECT|INSERT|UPDATE|DELETE) [^"]*)"/g);
    return Array.from(found, ([, text]) => plain(text));
  });
}

/** What a literal of the source can become. */
function patternOf(literal) {
  const parts = literal.split(/\{\w*\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}`);
}

function plain(text) {
  return text.replaceAll(/\s+/g, ' ').trim();
}
