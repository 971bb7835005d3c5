// A database that an earlier version wrote is read by this one: its events go on from where they were.
//
// schema/v{n}.sql is a lane as version n of the schema lay on disk, with an event in each state. A new version
// of the schema adds a file, and changes none.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { startBridge, until } from './harness.mjs';
import { keeping } from './promises.mjs';
import { laneFiles, laneRows } from './state.mjs';

const FOLDER = new URL('schema/', import.meta.url);
const DAY = 86_400_000;

let bridge;
before(async () => {
  bridge = await startBridge({ vars: { LANES: '1' } });
});
after(() => bridge?.close());

/** Puts the stored lane in place of the present one. What is kept for a time is kept from now on. */
function restore(path, dump) {
  const database = new DatabaseSync(path);
  const ours =
    "FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'";
  for (const { name } of database.prepare(`SELECT name ${ours}`).all()) database.exec(`DROP TABLE "${name}"`);
  database.exec(dump);
  const later = Date.now() + DAY;
  database.exec(
    `UPDATE events SET due_at = ${later} WHERE state IN ('delivered', 'skipped', 'dead', 'unmapped')`,
  );
  database.exec(`UPDATE events SET due_at = ${Date.now()} WHERE state = 'pending'`);
  database.exec(`UPDATE events SET since = ${Date.now()} WHERE since IS NOT NULL`);
  database.close();
}

for (const name of readdirSync(FOLDER)) {
  test(`a lane of schema ${name} is read and goes on`, () =>
    keeping(`A database of schema ${name.replace('.sql', '')} is read by this version`, async () => {
      const dump = readFileSync(new URL(name, FOLDER), 'utf8');
      await bridge.gateway.close();
      const [path] = laneFiles(bridge.folder);
      restore(path, dump);
      const stored = laneRows(bridge.folder, 'SELECT * FROM events ORDER BY seq');
      const of = (state) => stored.find((event) => event.state === state);
      await bridge.restart();

      const { body } = await bridge.admin('GET', '/api/events?limit=100');
      assert.equal(body.events.length, stored.length, 'every event is listed');
      const shown = Object.fromEntries(body.events.map((event) => [event.provider_event_id, event]));
      for (const event of stored) {
        const { provider, vehicle, type } = shown[event.provider_event_id];
        assert.deepEqual(
          { provider, vehicle, type },
          { provider: event.provider, vehicle: event.vehicle, type: event.kind },
        );
      }
      // What was waiting is sent, with its id and the bytes that it was sent with before.
      const pending = of('pending');
      const [entry] = await until(() => bridge.sink.byId.get(pending.provider_event_id), {
        what: 'the pending event',
      });
      assert.equal(entry.text, pending.record);
      // What waits for a VIN goes when it is known; what died goes when it is asked for.
      const unmapped = of('unmapped');
      await bridge.admin('PUT', `/api/mappings/${unmapped.provider}/${unmapped.vehicle}`, {
        vin: 'TST00000000000001',
      });
      const dead = of('dead');
      const { id } = shown[dead.provider_event_id];
      const story = await bridge.admin('GET', `/api/events/${id}`);
      assert.deepEqual(story.body.record, JSON.parse(dead.record));
      assert.deepEqual(story.body.history, JSON.parse(dead.history));
      assert.equal((await bridge.admin('POST', `/api/events/${id}/replay`)).body.replayed, 1);
      for (const { provider_event_id: each } of [unmapped, dead]) {
        await until(() => bridge.sink.accepted.has(each), { what: each });
      }
      assert.ok(
        !bridge.sink.byId.has(of('delivered').provider_event_id),
        'what was delivered is not sent again',
      );
      assert.ok(!bridge.sink.byId.has(of('skipped').provider_event_id));
      const seen = laneRows(bridge.folder, 'SELECT key FROM seen').map(({ key }) => key);
      for (const [, key] of dump.matchAll(/INSERT INTO seen .*VALUES \('(\w+)'/g))
        assert.ok(seen.includes(key));
      const { body: metrics } = await bridge.admin('GET', '/metrics');
      assert.match(
        metrics,
        /weighbridge_events_total\{provider="smartcar",outcome="skipped",reason="test_mode"\} 1/,
      );
      return `${stored.length} events in ${new Set(stored.map(({ state }) => state)).size} states, ${seen.length} ids, counts: all read, the waiting ones delivered`;
    }));
}
