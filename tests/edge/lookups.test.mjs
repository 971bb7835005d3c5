// Look-ups at the providers' APIs, against emulators of them: what an event gains by one, that none delays it
// for long, changes what was sent, or makes anything up, and that the providers' limits are kept.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startSmartcar } from '../../pkg/emulator/smartcar.mjs';
import { makeConnection } from '../../pkg/emulator/smartcar-fleet.mjs';
import { startTelemax } from '../../pkg/emulator/telemax.mjs';
import { makeVehicle } from '../../pkg/emulator/telemax-fleet.mjs';
import { inParallel } from '../faults/harness.mjs';
import { laneRows } from '../faults/state.mjs';
import { alert, newId, newNumber, newVin, vehicleState } from './deliveries.mjs';
import { startWeighbridge, until } from './harness.mjs';

const [API_KEY, CLIENT_ID, CLIENT_SECRET] = ['key-0f7a', 'client-0f7b', 'secret-0f7c'];
const TELEMETRY = { speed: 54, ignition: true, odometer: 100 };

/** A gateway with the keys of both APIs, each an emulator of its own. `vars` are added. */
async function startLookingUp({ vars = {}, ...options } = {}) {
  const telemax = await startTelemax({ apiKey: API_KEY, vehicles: [] });
  const smartcar = await startSmartcar({ clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, connections: [] });
  const bridge = await startWeighbridge({
    ...options,
    vars: {
      TELEMAX_API_KEY: API_KEY,
      TELEMAX_API_URL: telemax.url,
      SMARTCAR_CLIENT_ID: CLIENT_ID,
      SMARTCAR_CLIENT_SECRET: CLIENT_SECRET,
      SMARTCAR_API_URL: smartcar.url,
      SMARTCAR_TOKEN_URL: smartcar.tokenUrl,
      ...vars,
    },
  });
  const { close } = bridge;
  /** A vehicle that Telemax's API knows. */
  const vehicle = (members = {}) => {
    const made = makeVehicle({ id: newNumber(), vin: newVin(), ...members });
    telemax.vehicles.set(made.id, made);
    return made;
  };
  /** A vehicle that is connected at Smartcar. */
  const connection = (members = {}) => {
    const made = makeConnection({ vehicleId: newId(), userId: newId(), vin: newVin(), ...members });
    smartcar.connections.push(made);
    return made;
  };
  return Object.assign(bridge, {
    telemax,
    smartcar,
    vehicle,
    connection,
    close: () => Promise.all([close(), telemax.close(), smartcar.close()]),
  });
}

/** The calls to an emulator's route about a vehicle. */
const callsFor = (api, id) =>
  api.requests.filter(({ values }) => String(values.vehicle) === String(id)).map(({ status }) => status);

const mappingOf = async (bridge, provider, vehicle) =>
  (await bridge.admin('GET', `/api/mappings/${provider}/${vehicle}`)).body;

/** Why a vehicle's VIN is not known, `{ at, result }`, once it was asked for. */
const reasonFor = (bridge, vehicle) =>
  until(
    async () => {
      const { body } = await bridge.admin('GET', '/api/unmapped?limit=500');
      return body.vehicles.find((each) => each.vehicle === String(vehicle))?.lookup;
    },
    { what: 'the result of a look-up' },
  );

/** A time of whole seconds, as alerts and samples have it. */
const secondsAgo = (seconds) => Math.floor(Date.now() / 1000 - seconds) * 1000;

describe('Telemax', () => {
  let bridge;
  before(async () => {
    bridge = await startLookingUp();
  });
  after(() => bridge?.close());

  /** The event and the record of an alert, once it is delivered. */
  async function delivered(content) {
    const event = await bridge.eventIn('delivered', await bridge.accepted('telemax', alert(content)));
    return { event, record: event.record };
  }

  test('a vehicle without a mapping maps itself, and its alert has telemetry', async () => {
    const { id, vin } = bridge.vehicle();
    const { event, record } = await delivered({ vehicle: id });
    assert.equal(record.chassis_number, vin);
    assert.deepEqual(record.telemetry, TELEMETRY);
    assert.deepEqual(bridge.recordsOf(id), [record]);
    const mapping = await mappingOf(bridge, 'telemax', id);
    assert.equal(mapping.vin, vin);
    assert.ok(Math.abs(Date.parse(mapping.looked_up_at) - Date.now()) < 60_000);
    assert.deepEqual(event.sources, {
      chassis_number: 'lookup',
      position: 'payload',
      telemetry: { speed: 'lookup', ignition: 'payload', odometer: 'lookup' },
    });
    assert.equal(event.lookup.result, 'telemetry');
    assert.ok(Date.parse(event.lookup.at) >= Date.parse(event.received_at));
  });

  test('a vehicle with a mapping keeps it, and gains telemetry', async () => {
    const { id, vin } = bridge.vehicle();
    await bridge.map('telemax', id, { vin });
    const { event, record } = await delivered({ vehicle: id, alertType: 'Geofence', data: null });
    assert.deepEqual(record.telemetry, TELEMETRY);
    assert.equal(event.sources.chassis_number, 'mapping');
    assert.deepEqual(event.sources.telemetry, { speed: 'lookup', ignition: 'lookup', odometer: 'lookup' });
    assert.equal((await mappingOf(bridge, 'telemax', id)).looked_up_at, undefined);
  });

  test('what the alert says itself is sent, not what was looked up', async () => {
    const { id } = bridge.vehicle();
    const { event, record } = await delivered({ vehicle: id, alertType: 'Speeding', data: { speed: 127.4 } });
    assert.deepEqual(record.telemetry, { ...TELEMETRY, speed: 127.4 });
    assert.equal(event.sources.telemetry.speed, 'payload');
  });

  for (const [distance, result] of [
    [-60, 'telemetry'],
    [60, 'telemetry'],
    [-61, 'outside_window'],
    [61, 'outside_window'],
  ]) {
    test(`a sample ${Math.abs(distance)} s ${distance < 0 ? 'before' : 'after'} the alert: ${result}`, async () => {
      const at = secondsAgo(70);
      const { id, vin } = bridge.vehicle({ at: at + distance * 1000 });
      const { event, record } = await delivered({ vehicle: id, at });
      assert.equal(event.lookup.result, result);
      assert.deepEqual(record.telemetry, result === 'telemetry' ? TELEMETRY : undefined);
      assert.equal(record.chassis_number, vin, 'the VIN does not age');
    });
  }

  test('a sample whose ignition disagrees with the alert is left out', async () => {
    const { id } = bridge.vehicle({ ignition: true });
    const { event, record } = await delivered({ vehicle: id, data: { isStarted: false } });
    assert.equal(record.event_type, 'IGNITION_OFF');
    assert.deepEqual([event.lookup.result, record.telemetry], ['ignition_disagrees', undefined]);
  });

  for (const missing of ['speed', 'ignition', 'odometer']) {
    test(`a sample without ${missing} is left out whole`, async () => {
      const { id } = bridge.vehicle({ [missing]: null });
      const { event, record } = await delivered({ vehicle: id });
      assert.deepEqual([event.lookup.result, record.telemetry], ['incomplete', undefined]);
    });
  }

  test('a VIN other than the mapped one sends nothing, until one of them is put right', async () => {
    const { id, vin } = bridge.vehicle();
    await bridge.map('telemax', id, { vin: newVin() });
    const event = await bridge.accepted('telemax', alert({ vehicle: id }));
    const dead = await bridge.eventIn('dead', event);
    assert.deepEqual([dead.reason, dead.attempts], ['vin_conflict', 0]);
    assert.equal(dead.lookup.vin, vin);
    // A replay asks again: the provider may have put its own right.
    await bridge.admin('POST', `/api/events/${event}/replay`);
    await until(() => callsFor(bridge.telemax, id).length === 2, { what: 'a second look-up' });
    await bridge.eventIn('dead', event);
    await bridge.map('telemax', id, { vin });
    await bridge.admin('POST', `/api/events/${event}/replay`);
    const { record } = await bridge.eventIn('delivered', event);
    assert.equal(record.chassis_number, vin);
    assert.deepEqual(bridge.postsOf(id).length, 1);
  });

  test('an answer about another vehicle is not believed', async () => {
    const { id, vin } = bridge.vehicle();
    bridge.telemax.setFaults({ match: { vehicle: String(id) }, sample: { deviceId: 1, vin: newVin() } });
    await bridge.map('telemax', id, { vin });
    const { event, record } = await delivered({ vehicle: id });
    assert.equal(record.chassis_number, vin);
    assert.deepEqual([event.lookup.result, record.telemetry], ['unreadable_answer', undefined]);
    bridge.telemax.setFaults([]);
  });

  for (const [fault, result] of [
    [{ status: 500 }, 'unavailable'],
    [{ drop: true }, 'unavailable'],
    [{ status: 200, body: ['no record'] }, 'unreadable_answer'],
    [{ status: 403 }, 'no_permission'],
    [{ status: 302, headers: { Location: 'http://127.0.0.1:1/' } }, 'unreadable_answer'],
  ]) {
    test(`a look-up that fails (${JSON.stringify(fault)}) sends the alert plain: ${result}`, async () => {
      const { id, vin } = bridge.vehicle();
      bridge.telemax.setFaults({ match: { vehicle: String(id) }, ...fault });
      await bridge.map('telemax', id, { vin });
      const { event, record } = await delivered({ vehicle: id });
      assert.deepEqual([event.lookup.result, record.telemetry], [result, undefined]);
      assert.deepEqual(event.sources, { chassis_number: 'mapping', position: 'payload' });
      bridge.telemax.setFaults([]);
    });
  }

  test('a vehicle that Telemax does not know is not asked for again soon, and its alerts wait', async () => {
    const vehicle = newNumber();
    const first = await bridge.accepted('telemax', alert({ vehicle }));
    const reason = await reasonFor(bridge, vehicle);
    assert.equal(reason.result, 'not_found');
    assert.deepEqual((await bridge.event(first)).lookup, reason);
    const second = await bridge.accepted('telemax', alert({ vehicle, data: { isStarted: false } }));
    const vin = newVin();
    await bridge.map('telemax', vehicle, { vin });
    for (const id of [first, second]) {
      const { record } = await bridge.eventIn('delivered', id);
      assert.deepEqual([record.chassis_number, record.telemetry], [vin, undefined]);
    }
    assert.deepEqual(callsFor(bridge.telemax, vehicle), [404]);
  });

  test('a look-up that hangs holds up no other vehicle, and its own alert goes plain', async () => {
    const [hanging, quick] = [bridge.vehicle(), bridge.vehicle()];
    for (const { id, vin } of [hanging, quick]) await bridge.map('telemax', id, { vin });
    bridge.telemax.setFaults({ match: { vehicle: String(hanging.id) }, delay_ms: 8_000 });
    const held = await bridge.accepted('telemax', alert({ vehicle: hanging.id }));
    assert.deepEqual((await delivered({ vehicle: quick.id })).record.telemetry, TELEMETRY);
    const { record, lookup } = await bridge.eventIn('delivered', held);
    assert.deepEqual([lookup.result, record.telemetry], ['timed_out', undefined]);
    const vehicles = bridge.cartrack.received.map(({ record }) => record.source.device_id);
    assert.ok(vehicles.indexOf(String(quick.id)) < vehicles.indexOf(String(hanging.id)));
    // The answer that comes too late changes nothing.
    await until(() => callsFor(bridge.telemax, hanging.id).length === 1, { what: 'the late answer' });
    const later = await bridge.event(held);
    assert.deepEqual([later.record, later.lookup], [record, lookup]);
    bridge.telemax.setFaults([]);
  });

  test('retries and replays send the same bytes, though the vehicle drives on and the gateway crashes', async () => {
    const { id } = bridge.vehicle();
    bridge.cartrack.setFaults({ match: { device_id: String(id) }, status: 503, times: 1 });
    const event = await bridge.accepted('telemax', alert({ vehicle: id }));
    await until(() => bridge.postsOf(id).length === 1, { what: 'the first attempt' });
    Object.assign(bridge.telemax.vehicles.get(id), { speed: 99, odometer: 101 });
    await bridge.crash();
    await bridge.eventIn('delivered', event);
    await bridge.admin('POST', `/api/events/${event}/replay`);
    await until(() => bridge.postsOf(id).length === 3, { what: 'the replay' });
    const sent = bridge.cartrack.requests.filter(({ record }) => record.source.device_id === String(id));
    const texts = sent.map(({ record, headers }) => JSON.stringify(record) + headers['content-length']);
    assert.deepEqual(new Set(texts).size, 1);
    assert.deepEqual(sent[0].record.telemetry, TELEMETRY);
    assert.deepEqual(callsFor(bridge.telemax, id), [200]);
  });

  test('one token serves all lanes, and a refused one is renewed once', async () => {
    const before = bridge.telemax.calls('token');
    for (let n = 0; n < 3; n += 1) await delivered({ vehicle: bridge.vehicle().id });
    const used = bridge.telemax.calls('token');
    assert.ok(used - before <= 1);
    bridge.telemax.expireTokens();
    const { id } = bridge.vehicle();
    assert.deepEqual((await delivered({ vehicle: id })).record.telemetry, TELEMETRY);
    assert.equal(bridge.telemax.calls('token'), used + 1);
    assert.deepEqual(callsFor(bridge.telemax, id), [401, 200]);
  });

  test('look-ups are counted, and logged without what is personal', async () => {
    const { id, vin } = bridge.vehicle();
    await delivered({ vehicle: id });
    const unknown = newNumber();
    await bridge.accepted('telemax', alert({ vehicle: unknown }));
    await reasonFor(bridge, unknown);
    const { body } = await bridge.admin('GET', '/metrics');
    for (const result of ['telemetry', 'not_found'])
      assert.match(
        body,
        new RegExp(`weighbridge_lookups_total\\{provider="telemax",result="${result}"\\} [1-9]`),
      );
    const { log } = bridge.gateway;
    assert.match(log, /"stage":"lookup"/);
    for (const secret of [vin, String(id), API_KEY, 'eyJ']) assert.ok(!log.includes(secret), secret);
  });

  test('the desk is no lane', async () => {
    const { body } = await bridge.admin('GET', '/api/overview');
    assert.equal(body.lanes.length, 8);
  });
});

describe('Smartcar', () => {
  let bridge;
  before(async () => {
    bridge = await startLookingUp();
  });
  after(() => bridge?.close());

  const arrive = ({ vehicleId, userId }, more) =>
    bridge.accepted('smartcar', vehicleState({ vehicle: vehicleId, user: userId, ...more }));

  test('a vehicle without a mapping maps itself, and everything that waited goes', async () => {
    const connection = bridge.connection();
    const at = Date.now() - 9_000;
    const ids = [await arrive(connection, { at }), await arrive(connection, { at: at + 1_000 })];
    for (const id of ids) {
      const { record } = await bridge.eventIn('delivered', id);
      assert.equal(record.chassis_number, connection.vin);
      assert.equal(record.telemetry, undefined, 'Smartcar has no ignition');
    }
    const { vin, user, looked_up_at } = await mappingOf(bridge, 'smartcar', connection.vehicleId);
    assert.deepEqual([vin, user], [connection.vin, connection.userId]);
    assert.ok(Date.parse(looked_up_at) > at);
    // A vehicle that is known is not asked for again.
    const calls = callsFor(bridge.smartcar, connection.vehicleId).length;
    await bridge.eventIn('delivered', await arrive(connection, { at: at + 2_000 }));
    assert.equal(callsFor(bridge.smartcar, connection.vehicleId).length, calls);
  });

  test('the answer is read in the form of the reference too', async () => {
    const connection = bridge.connection();
    bridge.smartcar.setFaults({ match: { vehicle: connection.vehicleId }, bare: true });
    const { record, sources } = await bridge.eventIn('delivered', await arrive(connection));
    assert.equal(record.chassis_number, connection.vin);
    assert.equal(sources.chassis_number, 'lookup');
    bridge.smartcar.setFaults([]);
  });

  for (const [members, result] of [
    [{ permissions: ['read_vehicle_info'] }, 'no_permission'],
    [{ error: { type: 'CONNECTED_SERVICES_ACCOUNT', code: 'VEHICLE_MISSING' } }, 'disconnected'],
    [{ error: { type: 'COMPATIBILITY', code: 'VEHICLE_NOT_CAPABLE' } }, 'unsupported'],
    [{ error: { type: 'VEHICLE_STATE', code: 'ASLEEP' } }, 'unavailable'],
    [{ userId: 'another' }, 'not_found'],
    [{ vin: 'TOO-SHORT' }, 'no_vin'],
  ]) {
    test(`${JSON.stringify(members)} is remembered and shown as ${result}`, async () => {
      const connection = bridge.connection(members);
      const asked = { ...connection, userId: members.userId ? newId() : connection.userId };
      const first = await arrive(asked);
      const reason = await reasonFor(bridge, connection.vehicleId);
      assert.equal(reason.result, result);
      const second = await arrive(asked, { at: Date.now() - 1_000 });
      for (const id of [first, second]) {
        const { state, lookup, sources } = await bridge.event(id);
        assert.deepEqual([state, lookup, sources], ['unmapped', reason, null]);
      }
      assert.equal(callsFor(bridge.smartcar, connection.vehicleId).length, 1);
      const vin = newVin();
      await bridge.map('smartcar', connection.vehicleId, { vin });
      for (const id of [first, second])
        assert.equal((await bridge.eventIn('delivered', id)).sources.chassis_number, 'mapping');
    });
  }

  test('a user who is erased leaves no reason behind', async () => {
    const other = bridge.connection({ permissions: [] });
    await arrive(other);
    const connection = bridge.connection({ permissions: [] });
    const id = await arrive(connection);
    for (const { vehicleId } of [other, connection]) await reasonFor(bridge, vehicleId);
    const { status } = await bridge.admin('DELETE', `/api/users/smartcar/${connection.userId}`);
    assert.equal(status, 200);
    const event = await bridge.event(id);
    assert.deepEqual([event.state, event.reason, event.lookup], ['dead', 'erased', undefined]);
    await bridge.gateway.close();
    const rows = laneRows(bridge.folder, 'SELECT vehicle FROM lookups').map(({ vehicle }) => vehicle);
    assert.deepEqual(rows, [other.vehicleId]);
    await bridge.restart();
  });
});

describe('limits of Telemax', () => {
  let bridge;
  afterEach(() => bridge?.close());

  const arrive = (vehicle) => bridge.accepted('telemax', alert({ vehicle }));

  test('after a 429 no lane asks for any vehicle until the time that it says', async () => {
    bridge = await startLookingUp();
    bridge.telemax.setFaults({ match: { route: 'position' }, status: 429, retry_after: 3_600 });
    const vehicles = Array.from({ length: 9 }, () => bridge.vehicle());
    for (const { id, vin } of vehicles) await bridge.map('telemax', id, { vin });
    for (const { id } of vehicles) {
      const { record, lookup } = await bridge.eventIn('delivered', await arrive(id));
      assert.deepEqual([lookup.result, record.telemetry], ['rate_limited', undefined]);
    }
    assert.equal(bridge.telemax.calls('position'), 1);
    // Not even when it is made anew.
    await bridge.crash();
    bridge.telemax.setFaults([]);
    const { lookup } = await bridge.eventIn('delivered', await arrive(vehicles[0].id));
    assert.equal(lookup.result, 'rate_limited');
    assert.equal(bridge.telemax.calls('position'), 1);
  });

  test('the lanes together never reach the limit; what is beyond it waits, and the reason is shown', async () => {
    bridge = await startLookingUp();
    const vehicles = Array.from({ length: 130 }, () => bridge.vehicle());
    const ids = await inParallel(vehicles, 40, ({ id }) => arrive(id));
    const settled = async () => {
      const events = await inParallel(ids, 40, (id) => bridge.event(id));
      const isSettled = ({ state, lookup }) => state === 'delivered' || lookup?.result === 'rate_limited';
      return events.every(isSettled) && events;
    };
    const events = await until(settled, { timeout: 50_000, what: 'an answer for every vehicle' });
    const limited = events.filter(({ state }) => state === 'unmapped');
    assert.equal(limited.length, 10);
    const statuses = bridge.telemax.requests
      .filter(({ route }) => route === 'position')
      .map(({ status }) => status);
    assert.deepEqual([statuses.length, new Set(statuses)], [120, new Set([200])]);
  });

  test("vehicles that are asked for at once share the company's pages", async () => {
    bridge = await startLookingUp({ vars: { TELEMAX_COMPANY_ID: '997' } });
    const vehicles = Array.from({ length: 40 }, () => bridge.vehicle());
    const ids = await inParallel(vehicles, 40, ({ id }) => arrive(id));
    for (const [index, id] of ids.entries()) {
      const { record } = await bridge.eventIn('delivered', id);
      assert.equal(record.chassis_number, vehicles[index].vin);
      assert.deepEqual(record.telemetry, TELEMETRY);
    }
    const calls = bridge.telemax.calls('position') + bridge.telemax.calls('positions');
    assert.ok(bridge.telemax.calls('positions') > 0);
    assert.ok(calls < vehicles.length / 2, `${calls} calls for ${vehicles.length} vehicles`);
  });

  test("a vehicle that is not among the company's is asked for by itself", async () => {
    bridge = await startLookingUp({ vars: { TELEMAX_COMPANY_ID: '998' } });
    const vehicles = Array.from({ length: 6 }, () => bridge.vehicle());
    const ids = await inParallel(vehicles, 40, ({ id }) => arrive(id));
    for (const id of ids) {
      const { record } = await bridge.eventIn('delivered', id);
      assert.deepEqual(record.telemetry, TELEMETRY);
    }
  });
});

describe('keys', () => {
  let bridge;
  afterEach(() => bridge?.close());

  test('a wrong key sends everything plain, says so, and is not tried again and again', async () => {
    bridge = await startLookingUp({ vars: { TELEMAX_API_KEY: 'wrong', SMARTCAR_CLIENT_SECRET: 'wrong' } });
    for (let n = 0; n < 3; n += 1) {
      const { id, vin } = bridge.vehicle();
      await bridge.map('telemax', id, { vin });
      const { record, lookup } = await bridge.eventIn(
        'delivered',
        await bridge.accepted('telemax', alert({ vehicle: id })),
      );
      assert.deepEqual([lookup.result, record.telemetry], ['key_refused', undefined]);
    }
    assert.deepEqual(
      bridge.telemax.requests.map(({ route, status }) => [route, status]),
      [['token', 401]],
    );
    for (let n = 0; n < 3; n += 1) {
      const { vehicleId, userId } = bridge.connection();
      await bridge.accepted('smartcar', vehicleState({ vehicle: vehicleId, user: userId }));
    }
    const shown = async () => {
      const { body } = await bridge.admin('GET', '/metrics');
      return body.includes('weighbridge_lookups_total{provider="smartcar",result="key_refused"}');
    };
    await until(shown, { what: 'the refused key in the metrics' });
    assert.equal(bridge.smartcar.requests.length, 1);
  });

  test('an address that would carry a key in the clear is not asked', async () => {
    bridge = await startLookingUp({ vars: { TELEMAX_API_URL: 'http://127.telemax.example' } });
    const { id, vin } = bridge.vehicle();
    await bridge.map('telemax', id, { vin });
    const event = await bridge.accepted('telemax', alert({ vehicle: id }));
    assert.equal((await bridge.eventIn('delivered', event)).lookup.result, 'misconfigured');
  });

  test('half of the credentials are no credentials, and the overview names the other half', async () => {
    bridge = await startLookingUp({ vars: { SMARTCAR_CLIENT_SECRET: undefined } });
    const { vehicleId, userId } = bridge.connection();
    await bridge.accepted('smartcar', vehicleState({ vehicle: vehicleId, user: userId }));
    assert.equal((await reasonFor(bridge, vehicleId)).result, 'misconfigured');
    const { body } = await bridge.admin('GET', '/api/overview');
    assert.equal(body.lookups.smartcar.missing, 'SMARTCAR_CLIENT_SECRET');
    assert.deepEqual(bridge.smartcar.requests, []);
  });

  test('without keys nothing is asked, and nothing waits or is added', async () => {
    const names = ['TELEMAX_API_KEY', 'SMARTCAR_CLIENT_ID', 'SMARTCAR_CLIENT_SECRET'];
    bridge = await startLookingUp({ vars: Object.fromEntries(names.map((name) => [name, undefined])) });
    const [van, car] = [bridge.vehicle(), bridge.connection()];
    await bridge.map('telemax', van.id, { vin: van.vin });
    const sent = await bridge.accepted('telemax', alert({ vehicle: van.id }));
    const { record, lookup } = await bridge.eventIn('delivered', sent);
    assert.deepEqual([record.telemetry, lookup], [undefined, undefined]);
    const state = vehicleState({ vehicle: car.vehicleId, user: car.userId });
    const waiting = await bridge.accepted('smartcar', state);
    assert.deepEqual((await bridge.event(waiting)).state, 'unmapped');
    assert.deepEqual([bridge.telemax.requests, bridge.smartcar.requests], [[], []]);
    const { body } = await bridge.admin('GET', '/metrics');
    assert.doesNotMatch(body, /weighbridge_lookups_total\{/);
  });
});
