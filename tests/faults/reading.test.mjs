// What a lane reads can be unreadable, or older than what it knows: a row that is no event any more, and an answer
// of KV that was overtaken by a person.

import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { newId, newVin, signed, vehicleState } from '../edge/deliveries.mjs';
import { request, startBridge, until } from './harness.mjs';
import { keeping } from './promises.mjs';
import { laneFiles, laneRows } from './state.mjs';

let bridge;
before(async () => {
  bridge = await startBridge({ vars: { LANES: '1' }, faulty: true });
});
after(() => bridge?.close());

const requestsOf = (vehicle) =>
  bridge.sink.requests.filter(({ record }) => record.source.device_id === vehicle);

const stateOf = (vehicle) =>
  laneRows(bridge.folder, `SELECT state, due_at FROM events WHERE vehicle = '${vehicle}'`)[0];

test('an event whose row cannot be read is put off, and drops none beside it', () =>
  keeping('An unreadable row is put off and harms no other event', async () => {
    const vehicles = Array.from({ length: 9 }, () => newId());
    const [broken] = vehicles.splice(4, 1);
    bridge.sink.choose = () => 'unavailable';
    for (const vehicle of [...vehicles, broken])
      assert.equal((await bridge.send('smartcar', vehicleState({ vehicle, vin: newVin() }))).status, 202);
    await until(() => [...vehicles, broken].every((vehicle) => requestsOf(vehicle).length === 1), {
      what: 'an attempt for each event',
    });
    bridge.sink.choose = () => undefined;
    const before = await changed((database) => {
      const { event } = database.prepare('SELECT event FROM events WHERE vehicle = ?').get(broken);
      database.prepare('UPDATE events SET event = ? WHERE vehicle = ?').run('{"provider":', broken);
      // It is the first that is due.
      database.prepare('UPDATE events SET due_at = ? - (vehicle = ?)').run(Date.now(), broken);
      return event;
    });
    await until(() => vehicles.every((vehicle) => requestsOf(vehicle).length === 2), {
      what: 'the events beside it',
    });
    await until(() => vehicles.every((vehicle) => stateOf(vehicle).state === 'delivered'), {
      what: 'all of them noted',
    });
    const left = stateOf(broken);
    assert.equal(left.state, 'pending', 'it is not given up');
    assert.ok(left.due_at > Date.now() + 10_000, 'it is put off');
    assert.equal(requestsOf(broken).length, 1, 'nothing is sent of it');
    await changed((database) =>
      database
        .prepare('UPDATE events SET event = ?, due_at = ? WHERE vehicle = ?')
        .run(before, Date.now(), broken),
    );
    await until(() => requestsOf(broken).length === 2, { what: 'the event, readable again' });
    return `1 of ${vehicles.length + 1} rows unreadable: the others delivered, it put off, and delivered when mended`;
  }));

test('what a lane learns while KV is asked wins over what KV answers', () =>
  keeping('A mapping that is put while KV is asked counts at once', async () => {
    const [vehicle, vin] = [newId(), newVin()];
    const isAnswered = async () => (await request(`${bridge.url}/faults`)).body.faults[0].times === 0;
    await bridge.plan({ faults: [{ at: 'kv.answered', times: 1, act: { slow: 3_000 } }] });
    const accepted = bridge.deliver(signed(bridge.vars, 'smartcar', vehicleState({ vehicle })));
    await until(isAnswered, { what: "KV's answer, which knows nothing of the vehicle" });
    const { status } = await bridge.admin('PUT', `/api/mappings/smartcar/${vehicle}`, { vin });
    assert.equal(status, 200);
    const [event] = (await accepted).body.events;
    assert.equal(event.outcome, 'accepted');
    assert.equal(event.reason, undefined, 'the event waits for no mapping');
    await until(() => requestsOf(vehicle).length === 1, { what: 'the record' });
    assert.equal(requestsOf(vehicle)[0].record.chassis_number, vin);
    return 'the event that was on its way went with the VIN that was put meanwhile';
  }));

/** Changes the lane's database while nothing runs. */
async function changed(change) {
  await bridge.gateway.close();
  const database = new DatabaseSync(laneFiles(bridge.folder)[0]);
  const result = change(database);
  database.close();
  await bridge.restart();
  return result;
}
