// The way of a genuine delivery: accepted, mapped, relayed; or recognised as a repeat; or left out with a
// reason. Everything is read from outside: the door's answer, the administration, and what Cartrack got.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  alert,
  devicesConnected,
  newId,
  newNumber,
  newVin,
  schedule,
  signed,
  stateOfCharge,
  vehicleState,
} from './deliveries.mjs';
import { startWeighbridge, until } from './harness.mjs';

let bridge;
before(async () => {
  bridge = await startWeighbridge();
});
after(() => bridge?.close());

const mappingOf = (provider, vehicle) =>
  bridge.admin('GET', `/api/mappings/${provider}/${encodeURIComponent(vehicle)}`);

test('a delivery becomes the record that Cartrack gets', async () => {
  const [vehicle, vin, at] = [newNumber(), newVin(), Date.now() - 61_000];
  await bridge.map('telemax', vehicle, { vin });
  const sentAt = Date.now();
  const id = await bridge.accepted('telemax', alert({ vehicle, at, data: { isStarted: false } }));
  const event = await bridge.eventIn('delivered', id);

  const [record, ...more] = bridge.recordsOf(vehicle);
  assert.deepEqual(more, []);
  const { provider_received_ts, provider_event_id, ...source } = record.source;
  assert.deepEqual(
    { ...record, source },
    {
      event_type: 'IGNITION_OFF',
      event_ts: `${new Date(at).toISOString().slice(0, 19)}Z`,
      chassis_number: vin,
      source: { provider: 'telemax', device_id: String(vehicle) },
      position: { latitude: -33.8688, longitude: 151.2093 },
    },
  );
  assert.match(provider_event_id, /^tmx-[0-9a-f]{64}$/);
  assert.ok(Date.parse(provider_received_ts) >= sentAt - 1);
  assert.deepEqual(event.record, record);
  assert.equal(event.provider_event_id, provider_event_id);
  assert.equal(event.attempts, 1);
  assert.deepEqual(
    event.history.map(({ status }) => status),
    [202],
  );
});

test('an event of an unknown vehicle waits, and goes once its mapping is put', async () => {
  const [vehicle, vin] = [newNumber(), newVin()];
  const { status, body } = await bridge.send('telemax', alert({ vehicle }));
  assert.equal(status, 202);
  const [{ id, ...rest }] = body.events;
  assert.deepEqual(rest, { outcome: 'accepted', reason: 'unmapped_vehicle' });
  const waiting = await bridge.event(id);
  assert.deepEqual([waiting.state, waiting.reason, waiting.record], ['unmapped', 'unmapped_vehicle', null]);

  await bridge.map('telemax', vehicle, { vin });
  await bridge.eventIn('delivered', id);
  assert.deepEqual(
    bridge.recordsOf(vehicle).map(({ chassis_number }) => chassis_number),
    [vin],
  );
});

test('an event of an unknown vehicle goes once its user connects it', async () => {
  const [vehicle, vin, user] = [newId(), newVin(), newId()];
  const id = await bridge.accepted('telematica', stateOfCharge({ vehicle }));
  assert.equal((await bridge.event(id)).state, 'unmapped');

  const { status, body } = await bridge.send(
    'telematica',
    devicesConnected(user, [{ deviceId: vehicle, vin }]),
  );
  assert.deepEqual([status, body], [200, { outcome: 'mapping_updated', events: [] }]);
  await bridge.eventIn('delivered', id);
  assert.deepEqual(
    bridge.recordsOf(vehicle).map(({ chassis_number }) => chassis_number),
    [vin],
  );
  assert.deepEqual((await mappingOf('telematica', vehicle)).body, {
    provider: 'telematica',
    vehicle,
    vin,
    user,
    make: 'BMW',
    model: 'X2',
    year: 2022,
  });
});

test('an event finds its mapping under the id inside its vehicle state, and is woken by it', async () => {
  const [vehicle, inner, vin] = [newId(), newId(), newVin()];
  const event = stateOfCharge({ vehicle });
  event.vehicleState.id = inner;
  const id = await bridge.accepted('telematica', event);
  assert.equal((await bridge.event(id)).state, 'unmapped');
  await bridge.map('telematica', inner, { vin });
  await bridge.eventIn('delivered', id);
  assert.deepEqual(
    bridge.recordsOf(vehicle).map(({ chassis_number }) => chassis_number),
    [vin],
  );
});

test('a vehicle that is disconnected has no mapping, and its events wait again', async () => {
  const [vehicle, vin, user] = [newId(), newVin(), newId()];
  await bridge.send('telematica', devicesConnected(user, [{ deviceId: vehicle, vin }]));
  await bridge.eventIn('delivered', await bridge.accepted('telematica', stateOfCharge({ vehicle })));

  const { status, body } = await bridge.send('telematica', {
    type: 'user.devices-disconnected',
    user,
    devices: [vehicle],
  });
  assert.deepEqual([status, body], [200, { outcome: 'mapping_removed', events: [] }]);
  const gone = await mappingOf('telematica', vehicle);
  assert.deepEqual([gone.status, gone.body.error], [404, 'unknown_mapping']);
  // The lanes hear of it after the reply.
  await until(
    async () => {
      const later = await bridge.send('telematica', stateOfCharge({ vehicle, at: Date.now() - 1_000 }));
      return later.body.events[0].reason === 'unmapped_vehicle';
    },
    { what: 'an event of the disconnected vehicle that waits' },
  );
});

test("a VIN in the payload serves its event, and becomes the vehicle's mapping where there is none", async () => {
  const [vehicle, vin, user] = [newId(), newVin(), newId()];
  assert.equal((await mappingOf('smartcar', vehicle)).status, 404);
  await bridge.eventIn(
    'delivered',
    await bridge.accepted('smartcar', vehicleState({ vehicle, vin, user, at: Date.now() - 20_000 })),
  );
  assert.deepEqual((await mappingOf('smartcar', vehicle)).body, { provider: 'smartcar', vehicle, vin, user });

  await bridge.eventIn('delivered', await bridge.accepted('smartcar', vehicleState({ vehicle, user })));
  assert.deepEqual(
    bridge.recordsOf(vehicle).map(({ chassis_number }) => chassis_number),
    [vin, vin],
  );
});

test('an event without a position still tells whose VIN it is, and wakes what waited for it', async () => {
  const [vehicle, vin] = [newId(), newVin()];
  const waiting = await bridge.accepted('smartcar', vehicleState({ vehicle }));
  await bridge.eventIn('unmapped', waiting);
  const { status, body } = await bridge.send('smartcar', vehicleState({ vehicle, vin, position: null }));
  assert.deepEqual([status, body.events[0].reason], [200, 'no_position']);
  await bridge.eventIn('delivered', waiting);
  assert.equal((await mappingOf('smartcar', vehicle)).body.vin, vin);

  const tested = newId();
  await bridge.send('smartcar', vehicleState({ vehicle: tested, vin: newVin(), mode: 'TEST' }));
  assert.equal((await mappingOf('smartcar', tested)).status, 404);
});

test('coordinates of many digits arrive as they came', async () => {
  const [vehicle, vin] = [newId(), newVin()];
  const position = { latitude: 37.429200000000002, longitude: -122.13810000000001 };
  const exact = { latitude: 0.30000000000000004, longitude: 8.409999999999998 };
  const tiny = { latitude: -1e-7, longitude: 1.5e-300 };
  for (const place of [position, exact, tiny]) {
    const at = Date.now() - 60_000 - Math.round(place.latitude * 1000);
    const delivery = vehicleState({ vehicle, vin, at, position: place });
    await bridge.eventIn('delivered', await bridge.accepted('smartcar', delivery));
  }
  assert.deepEqual(
    bridge.recordsOf(vehicle).map((record) => record.position),
    [position, exact, tiny],
  );
});

test('a number beyond all that fit is malformed; an object that looks like one is an object', async () => {
  const delivery = (extra) => JSON.stringify({ ...vehicleState(), extra });
  const { status, body } = await bridge.send('smartcar', delivery(['x']).replace('"x"', '1e999'));
  assert.deepEqual([status, body.error], [400, 'malformed_body']);
  for (const number of ['1e999', '-0', 'x', 1.5, null])
    await bridge.accepted('smartcar', delivery({ '$serde_json::private::Number': number }));
});

test('a VIN in the payload that contradicts the mapping sends nothing and changes nothing', async () => {
  const [vehicle, known, other] = [newId(), newVin(), newVin()];
  await bridge.map('smartcar', vehicle, { vin: known });
  const { status, body } = await bridge.send('smartcar', vehicleState({ vehicle, vin: other }));
  assert.deepEqual([status, body.outcome], [202, 'accepted']);
  const event = await bridge.eventIn('dead', body.events[0].id);
  assert.equal(event.reason, 'vin_conflict');
  assert.equal(event.attempts, 0);
  assert.deepEqual(bridge.postsOf(vehicle), []);
  assert.equal((await mappingOf('smartcar', vehicle)).body.vin, known);
});

test('a dead letter of a VIN conflict goes by replay once the mapping is right', async () => {
  const [vehicle, wrong, right] = [newId(), newVin(), newVin()];
  await bridge.map('smartcar', vehicle, { vin: wrong });
  const id = await bridge.accepted('smartcar', vehicleState({ vehicle, vin: right }));
  await bridge.eventIn('dead', id);
  await bridge.map('smartcar', vehicle, { vin: right });
  const { status, body } = await bridge.admin('POST', `/api/events/${id}/replay`);
  assert.deepEqual([status, body.replayed], [200, 1]);
  await bridge.eventIn('delivered', id);
  assert.equal(bridge.recordsOf(vehicle)[0].chassis_number, right);
});

test('of 50 identical deliveries at once one is accepted and relayed, and 49 are duplicates of it', async () => {
  const [vehicle, vin] = [newId(), newVin()];
  const delivery = signed(bridge.vars, 'smartcar', vehicleState({ vehicle, vin }));
  const replies = await Promise.all(Array.from({ length: 50 }, () => bridge.deliver(delivery)));
  const outcomes = replies.map(({ status, body }) => `${status} ${body.outcome}`).sort();
  assert.deepEqual(outcomes, [...Array(49).fill('200 duplicate'), '202 accepted']);
  const ids = new Set(replies.map(({ body }) => body.events[0].id));
  assert.equal(ids.size, 1);
  const [id] = ids;
  const event = await bridge.eventIn('delivered', id);
  assert.equal(event.attempts, 1);
  assert.equal(bridge.postsOf(vehicle).length, 1);
  const listed = await bridge.admin('GET', `/api/events?vehicle=${vehicle}`);
  assert.equal(listed.body.events.length, 1);
});

test("a provider's retry is a duplicate by its event id, though its bytes differ", async () => {
  const [vehicle, vin, eventId, at] = [newId(), newVin(), newId(), Date.now() - 9_000];
  const again = { vehicle, vin, eventId, at };
  const id = await bridge.accepted('smartcar', vehicleState({ ...again, deliveredAt: Date.now() - 25_000 }));
  const { status, body } = await bridge.send('smartcar', vehicleState(again));
  assert.deepEqual([status, body], [200, { outcome: 'duplicate', events: [{ id, outcome: 'duplicate' }] }]);

  const [message, telematica] = [`msg_${newId()}`, { vehicle: newId(), vin: newVin() }];
  const first = { id: message, timestamp: Date.now() / 1000 - 200 };
  const stored = await bridge.accepted('telematica', stateOfCharge(telematica), first);
  const retried = await bridge.send('telematica', stateOfCharge(telematica), { id: message });
  assert.deepEqual(
    [retried.status, retried.body],
    [200, { outcome: 'duplicate', events: [{ id: stored, outcome: 'duplicate' }] }],
  );
  await bridge.eventIn('delivered', stored);
  assert.equal(bridge.postsOf(telematica.vehicle).length, 1);
});

test('Telemax: a repeat is known by its body, and by its delivery id', async () => {
  const [vehicle, delivery] = [newNumber(), newId()];
  await bridge.map('telemax', vehicle, { vin: newVin() });
  const content = alert({ vehicle });
  const id = await bridge.accepted('telemax', content, { delivery });

  const duplicate = [200, { outcome: 'duplicate', events: [{ id, outcome: 'duplicate' }] }];
  const sameBody = await bridge.send('telemax', content, { delivery: newId() });
  assert.deepEqual([sameBody.status, sameBody.body], duplicate);
  const other = alert({ vehicle, at: Date.now() - 90_000 });
  const sameDelivery = await bridge.send('telemax', other, { delivery });
  assert.deepEqual([sameDelivery.status, sameDelivery.body], duplicate);
  const upperCase = await bridge.send('telemax', other, { delivery: delivery.toUpperCase() });
  assert.deepEqual([upperCase.status, upperCase.body], duplicate);

  const news = await bridge.accepted('telemax', other, { delivery: newId() });
  await bridge.eventIn('delivered', id);
  await bridge.eventIn('delivered', news);
  assert.equal(bridge.postsOf(vehicle).length, 2);
});

test('a position time that was accepted before is no news; an older one not seen before is', async () => {
  for (const [provider, make] of [
    ['smartcar', vehicleState],
    ['telematica', stateOfCharge],
  ]) {
    const [vehicle, vin, at] = [newId(), newVin(), Date.now() - 30_000];
    const first = await bridge.accepted(provider, make({ vehicle, vin, at }));

    const same = await bridge.send(provider, make({ vehicle, vin, at }));
    assert.equal(same.status, 200);
    assert.equal(same.body.outcome, 'skipped');
    const [{ id, ...rest }] = same.body.events;
    assert.deepEqual(rest, { outcome: 'skipped', reason: 'unchanged_position' });
    assert.equal((await bridge.event(id)).state, 'skipped');

    const older = await bridge.accepted(provider, make({ vehicle, vin, at: at - 60_000 }));
    // The same time of another vehicle is that vehicle's own news.
    const another = await bridge.accepted(provider, make({ vehicle: newId(), vin: newVin(), at }));
    for (const accepted of [first, older, another]) await bridge.eventIn('delivered', accepted);
    assert.equal(bridge.postsOf(vehicle).length, 2);
  }
});

test('Telemax alerts at one position and time are all news', async () => {
  const [vehicle, at] = [newNumber(), Date.now() - 30_000];
  await bridge.map('telemax', vehicle, { vin: newVin() });
  const geofence = { alertType: 'Geofence', data: { geofenceName: 'Depot', isExit: true } };
  const ids = [
    await bridge.accepted('telemax', alert({ vehicle, at })),
    await bridge.accepted('telemax', alert({ vehicle, at, ...geofence })),
  ];
  for (const id of ids) await bridge.eventIn('delivered', id);
  assert.equal(bridge.recordsOf(vehicle).length, 2);
});

test('a delivery with ten vehicles on several lanes has one answer, and all are relayed', async () => {
  const vehicles = Array.from({ length: 10 }, () => ({ vehicle: newId(), vin: newVin() }));
  const { status, body } = await bridge.send('smartcar', schedule(vehicles));
  assert.deepEqual([status, body.outcome, body.events.length], [202, 'accepted', 10]);
  assert.ok(body.events.every(({ outcome }) => outcome === 'accepted'));
  for (const [index, { id }] of body.events.entries()) {
    const event = await bridge.eventIn('delivered', id);
    assert.equal(event.vehicle, vehicles[index].vehicle, 'answers are in the order of the vehicles');
    assert.deepEqual(
      bridge.recordsOf(event.vehicle).map(({ chassis_number }) => chassis_number),
      [vehicles[index].vin],
    );
  }
  const backlog = (await bridge.admin('GET', '/api/overview')).body.lanes;
  assert.ok(backlog.filter(({ states }) => states.delivered > 0).length > 1, 'several lanes took part');
});

test('the outer outcome is the first of any part of the delivery', async () => {
  const old = { vehicle: newId(), vin: newVin(), requestId: newId() };
  const nowhere = () => ({ vehicle: newId(), position: null });
  await bridge.send('smartcar', schedule([old]));
  for (const [vehicles, status, outcome, parts] of [
    [[nowhere(), old, { vin: newVin() }], 202, 'accepted', ['skipped', 'duplicate', 'accepted']],
    [[nowhere(), old], 200, 'duplicate', ['skipped', 'duplicate']],
    [[nowhere(), nowhere()], 200, 'skipped', ['skipped', 'skipped']],
  ]) {
    const reply = await bridge.send('smartcar', schedule(vehicles));
    assert.deepEqual([reply.status, reply.body.outcome], [status, outcome]);
    assert.deepEqual(
      reply.body.events.map((event) => event.outcome),
      parts,
    );
  }
});

test('an event a little ahead waits for its time, and is sent unchanged', async () => {
  const [vehicle, vin] = [newId(), newVin()];
  const at = Date.now() + 3_000;
  const id = await bridge.accepted('smartcar', vehicleState({ vehicle, vin, at }));
  const waiting = await bridge.event(id);
  assert.deepEqual([waiting.state, Date.parse(waiting.due_at)], ['pending', at]);
  const { event_ts } = await bridge.eventIn('delivered', id);
  assert.equal(Date.parse(event_ts), at);
  const posts = bridge.postsOf(vehicle);
  assert.deepEqual(
    posts.map(({ status }) => status),
    [202],
    'the emulator refuses what lies in the future',
  );
  assert.equal(posts[0].record.event_ts, event_ts);
});

test('an event further ahead is skipped', async () => {
  const vehicle = newId();
  const content = vehicleState({ vehicle, vin: newVin(), at: Date.now() + 120_000 });
  const { status, body } = await bridge.send('smartcar', content);
  assert.equal(status, 200);
  assert.equal(body.events[0].reason, 'future_timestamp');
  assert.deepEqual(bridge.postsOf(vehicle), []);
});

test('the legacy callback maps by its bearer token, and by a signature', async () => {
  const [user, byToken, bySignature] = [newId(), newId(), newId()];
  const callback = (headers, content) =>
    bridge.deliver({ path: '/hooks/telematica-callback', headers, body: content });
  const authorization = { Authorization: `Bearer ${bridge.vars.TELEMATICA_CALLBACK_TOKEN}` };
  const [vin, other] = [newVin(), newVin()];
  const legacy = JSON.stringify({ user, vehicles: [{ vehicleId: byToken, vin, make: 'Tata', year: 2021 }] });
  const mapped = [200, { outcome: 'mapping_updated', events: [] }];
  const first = await callback(authorization, legacy);
  assert.deepEqual([first.status, first.body], mapped);
  const content = devicesConnected(user, [{ deviceId: bySignature, vin: other }]);
  const { headers, body } = signed(bridge.vars, 'telematica', content);
  const second = await callback(headers, body);
  assert.deepEqual([second.status, second.body], mapped);
  assert.equal((await mappingOf('telematica', byToken)).body.vin, vin);
  assert.equal((await mappingOf('telematica', bySignature)).body.vin, other);

  const forged = await callback({ ...authorization, ...headers }, body.replace(other, newVin()));
  assert.deepEqual([forged.status, forged.body.error], [401, 'signature_mismatch']);
  assert.equal((await mappingOf('telematica', bySignature)).body.vin, other);
});
