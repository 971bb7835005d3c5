// The administration: every call and every error of it, as an operator's script would use them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
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
import { rawRequest, request, startWeighbridge, svix, telemax, until } from './harness.mjs';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;
const TOKENS = 'admin-token-one, admin-token-two';

let bridge;
before(async () => {
  bridge = await startWeighbridge({ vars: { ADMIN_TOKEN: TOKENS } });
});
after(() => bridge?.close());

const codes = ({ status, body }) => [status, body.error];
const pathOf = (provider, vehicle) => `/api/mappings/${provider}/${encodeURIComponent(vehicle)}`;
const overview = async () => (await bridge.admin('GET', '/api/overview')).body;
const events = async (query) => (await bridge.admin('GET', `/api/events?${query}`)).body.events;

// These two come first: they count from zero.

test('metrics: one delivery counts once, in every family that it belongs to', async () => {
  const vehicle = newNumber();
  await bridge.map('telemax', vehicle, { vin: newVin() });
  const earlier = await metrics();
  assert.deepEqual(changes({}, counters(earlier)), {}, 'nothing has been counted yet');

  const id = await bridge.accepted('telemax', alert({ vehicle }));
  await bridge.eventIn('delivered', id);
  const later = await metricsOnce((now) => now['weighbridge_received_total{provider="telemax"}'] >= 1);
  const counted = changes(counters(earlier), counters(later));
  const buckets = Object.keys(counted).filter((name) => name.includes('_latency_seconds_'));
  for (const name of buckets) if (!name.endsWith('_sum')) assert.equal(counted[name], 1, name);
  assert.ok(buckets.includes('weighbridge_relay_latency_seconds_count'));
  for (const name of buckets) delete counted[name];
  assert.deepEqual(counted, {
    'weighbridge_received_total{provider="telemax"}': 1,
    'weighbridge_events_total{outcome="accepted",provider="telemax",reason=""}': 1,
    'weighbridge_relay_attempts_total{result="delivered"}': 1,
  });
  const backlog = (state) =>
    Object.entries(values(later))
      .filter(([name]) => name.startsWith('weighbridge_backlog{') && name.includes(`state="${state}"`))
      .map(([, value]) => value);
  assert.equal(backlog('delivered').length, 8, 'a line for each lane');
  assert.equal(sum(backlog('delivered')), 1);
  for (const state of ['pending', 'unmapped', 'held', 'skipped', 'dead'])
    assert.equal(sum(backlog(state)), 0);

  const { headers, body } = signed(bridge.vars, 'telemax', alert({ vehicle }));
  await bridge.deliver({ path: '/hooks/telemax', headers, body: `${body} ` });
  const refused = 'weighbridge_refused_total{code="signature_mismatch",mode="live",provider="telemax"}';
  const last = await metricsOnce((now) => now[refused] >= 1);
  assert.deepEqual(changes(counters(later), counters(last)), {
    'weighbridge_received_total{provider="telemax"}': 1,
    [refused]: 1,
  });
});

test('overview: what the console shows at a glance', async () => {
  const begun = Date.now();
  const challenge = JSON.stringify({
    eventType: 'VERIFY',
    data: { challenge: 'abc' },
    meta: { mode: 'TEST' },
  });
  await bridge.deliver({ path: '/hooks/smartcar', body: challenge });
  await bridge.send('smartcar', vehicleState({ vin: newVin() }));
  await bridge.send('smartcar', vehicleState({ position: null }));
  await bridge.deliver({ path: '/hooks/smartcar', body: JSON.stringify({ meta: { mode: 'TEST' } }) });
  const waiting = await bridge.accepted('telemax', alert());
  await bridge.deliver({ path: '/hooks/telematica', body: '{}' });

  // With what the test before has sent.
  const counts = { received: 8, refused: 3, accepted: 3, skipped: 1, delivered: 2 };
  let shown;
  const isCounted = async () => {
    shown = await overview();
    return isDeepStrictEqual(totalsOf(shown.series), counts);
  };
  await until(isCounted).catch(() => assert.deepEqual(totalsOf(shown.series), counts));
  for (const { minute } of shown.series) assert.match(minute, ISO);
  assert.match(shown.version, /^\d+\.\d+\.\d+/);
  assert.deepEqual(shown.states, { dead: 0, delivered: 2, held: 0, pending: 0, skipped: 1, unmapped: 1 });
  assert.equal(shown.held, false);
  const { origin } = new URL(bridge.cartrack.url);
  assert.deepEqual(shown.cartrack, { configured: true, missing: null, origin });
  const oldest = Date.parse(shown.oldest_waiting_at);
  assert.ok(oldest >= Date.parse((await bridge.event(waiting)).received_at) && oldest <= Date.now());
  assert.equal(shown.lanes.length, 8);
  for (const [index, lane] of shown.lanes.entries()) {
    assert.deepEqual([lane.lane, lane.held, lane.held_reason], [index, false, null]);
  }

  const { smartcar, telematica, telemax: alerts } = shown.signatures;
  assert.ok([smartcar, telematica, alerts].every(({ configured }) => configured));
  const recent = (text) =>
    ISO.test(text) && Date.parse(text) >= begun - 1_000 && Date.parse(text) <= Date.now();
  assert.ok(recent(smartcar.modes.test.last_challenge_at), 'the challenge, under the mode that it claims');
  assert.deepEqual(smartcar.modes.test.refusals, { missing_header: 1 });
  assert.ok(recent(smartcar.modes.live.last_accepted_at));
  assert.equal(smartcar.modes.live.last_challenge_at, undefined);
  assert.deepEqual(telematica.modes.live.refusals, { missing_header: 1 });
  assert.ok(recent(alerts.modes.live.last_accepted_at));

  assert.deepEqual(shown.events, { smartcar: { accepted: 1, skipped: 1 }, telemax: { accepted: 2 } });
});

describe('who may ask', () => {
  const ask = (authorization, path = '/api/overview') =>
    request(bridge.url + path, {
      headers: authorization === undefined ? {} : { Authorization: authorization },
    });

  test('a token of the list, whatever the case of the scheme', async () => {
    for (const value of [
      'Bearer admin-token-one',
      'Bearer admin-token-two',
      'bearer admin-token-one',
      'BEARER admin-token-two',
    ]) {
      for (const path of ['/api/overview', '/metrics'])
        assert.equal((await ask(value, path)).status, 200, value);
    }
  });

  test('nobody else, whatever is asked', async () => {
    for (const value of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Bearer wrong',
      'Bearer admin-token-on',
      'Bearer admin-token-onee',
      'Bearer ADMIN-TOKEN-ONE',
      'Bearer admin-token-one, admin-token-two',
      'Bearer admin-token-one admin-token-two',
      'Basic admin-token-one',
      'admin-token-one',
      'Bearer,admin-token-one',
    ]) {
      for (const path of [
        '/api/overview',
        '/metrics',
        '/api/nowhere',
        '/api/mappings/x/y',
        '/api',
        '/api/',
      ]) {
        const reply = await ask(value, path);
        assert.deepEqual(codes(reply), [401, 'unauthorized'], `${value} ${path}`);
        assert.equal(reply.headers.get('www-authenticate'), 'Bearer');
      }
    }
    const twice = await rawRequest(bridge.url, {
      method: 'GET',
      path: '/api/overview',
      headers: [
        ['Authorization', 'Bearer admin-token-one'],
        ['Authorization', 'Bearer wrong'],
      ],
    });
    assert.deepEqual(codes(twice), [401, 'unauthorized']);
    assert.equal((await request(`${bridge.url}/healthz`)).status, 200);
  });
});

describe('routes', () => {
  test('a method that a path does not take is told which it takes', async () => {
    const id = await bridge.accepted('smartcar', vehicleState({ vin: newVin() }));
    for (const [path, allow] of [
      ['/healthz', 'GET'],
      ['/metrics', 'GET'],
      ['/api/overview', 'GET'],
      ['/api/events', 'GET'],
      [`/api/events/${id}`, 'GET'],
      ['/api/refusals', 'GET'],
      ['/api/unmapped', 'GET'],
      ['/api/positions', 'GET'],
      [`/api/events/${id}/replay`, 'POST'],
      ['/api/replay', 'POST'],
      ['/api/resume', 'POST'],
      ['/api/mappings', 'GET'],
      ['/api/mappings/import', 'POST'],
      ['/api/mappings/telemax/1', 'GET, PUT, DELETE'],
      ['/api/users/telematica/u', 'DELETE'],
    ]) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => !allow.includes(one))) {
        const reply = await bridge.admin(method, path);
        assert.deepEqual(codes(reply), [405, 'method_not_allowed'], `${method} ${path}`);
        assert.equal(reply.headers.get('allow'), allow);
      }
    }
  });

  test('what is not there has a code of its own', async () => {
    for (const path of [
      '/api',
      '/api/',
      '/api/nowhere',
      '/api/overview/',
      '/api/overview/x',
      '/api/events/a/b/c',
      '/api/mappings/smartcar/50%',
      '/api/mappings/smartcar/%FF',
    ]) {
      assert.deepEqual(codes(await bridge.admin('GET', path)), [404, 'unknown_route'], path);
    }
    const id = await bridge.accepted('smartcar', vehicleState({ vin: newVin() }));
    const next = id.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    for (const wrong of [
      'evt_00_0',
      'x',
      'evt_ff_ffff',
      'evt_100_1',
      'evt_00_-1',
      'evt_00_+1',
      `${id}x`,
      id.toUpperCase(),
      next,
      "evt_00_1'--",
    ]) {
      assert.deepEqual(
        codes(await bridge.admin('GET', `/api/events/${wrong}`)),
        [404, 'unknown_event'],
        wrong,
      );
      const replayed = await bridge.admin('POST', `/api/events/${wrong}/replay`);
      assert.deepEqual(codes(replayed), [404, 'unknown_event'], wrong);
    }
    for (const [method, path] of [
      ['GET', '/api/mappings/telemax/404404'],
      ['DELETE', '/api/mappings/telemax/404404'],
      ['GET', '/api/mappings/nobody/1'],
      ['PUT', '/api/mappings/nobody/1'],
      ['DELETE', '/api/users/nobody/1'],
    ]) {
      const content = method === 'PUT' ? { vin: newVin() } : undefined;
      assert.deepEqual(codes(await bridge.admin(method, path, content)), [404, 'unknown_mapping'], path);
    }
  });

  test('/healthz needs no token', async () => {
    const reply = await request(`${bridge.url}/healthz`);
    assert.equal(reply.status, 200);
    assert.deepEqual(Object.keys(reply.body).sort(), ['status', 'version']);
    assert.equal(reply.body.status, 'ok');
    assert.match(reply.body.version, /^\d+\.\d+\.\d+/);
  });
});

describe('events', () => {
  const at = Date.now() - 600_000;
  const fleet = Array.from({ length: 120 }, (_, index) => ({
    vehicle: newId(),
    vin: newVin(),
    at: at + index,
  }));
  const ids = [];
  before(async () => {
    for (let start = 0; start < fleet.length; start += 15) {
      const { body } = await bridge.send('smartcar', schedule(fleet.slice(start, start + 15)));
      ids.push(...body.events.map(({ id }) => id));
    }
    await until(async () => (await overview()).states.pending === 0, { what: 'all of them relayed' });
  });

  /** All pages from the first on; `between` is called after each. */
  async function pages(query, between = () => {}) {
    const all = [];
    let cursor;
    do {
      const page = await bridge.admin('GET', `/api/events?${query}${cursor ? `&cursor=${cursor}` : ''}`);
      assert.equal(page.status, 200);
      all.push(page.body.events);
      assert.notEqual(page.body.cursor, null, 'no cursor on the last page, rather than an empty one');
      ({ cursor } = page.body);
      await between();
    } while (cursor);
    return all;
  }

  test('are listed newest first, page by page, without gaps or repeats', async () => {
    for (const limit of [7, 40, 120, 500]) {
      const all = await pages(`limit=${limit}`);
      for (const page of all.slice(0, -1)) assert.equal(page.length, limit);
      const flat = all.flat();
      const listed = flat.map(({ id }) => id);
      assert.equal(new Set(listed).size, listed.length, 'no repeats');
      assert.deepEqual(
        ids.filter((id) => !listed.includes(id)),
        [],
        'no gaps',
      );
      const times = flat.map(({ received_at }) => Date.parse(received_at));
      assert.deepEqual(
        times,
        times.toSorted((a, b) => b - a),
        'newest first',
      );
    }
    const [page] = await pages('limit=500');
    assert.equal((await events('')).length, 50, '50 unless said otherwise');
    assert.equal((await events(`limit=${page.length}`)).length, page.length);
    const exact = await bridge.admin('GET', `/api/events?limit=${page.length}`);
    assert.ok(!('cursor' in exact.body), 'no cursor where the last page is full');
  });

  test('are read in bounded steps, however many there are', async () => {
    const bridge = await startWeighbridge({ vars: { LANES: '1' } });
    try {
      const [vehicle, vin] = [newNumber(), newVin()];
      await bridge.map('telemax', vehicle, { vin });
      const wanted = await bridge.accepted('telemax', alert({ vehicle }));
      await bridge.eventIn('delivered', wanted);
      for (let sent = 0; sent < 6_000; sent += 500) {
        const trial = { ...schedule(Array.from({ length: 500 }, () => ({}))), mode: 'test' };
        assert.equal((await bridge.send('smartcar', trial)).body.events.length, 500);
      }
      const get = async (query) => (await bridge.admin('GET', `/api/events?${query}`)).body;
      const first = await get('provider=telemax');
      assert.deepEqual(first.events, []);
      const second = await get(`provider=telemax&cursor=${first.cursor}`);
      assert.deepEqual([second.events.map(({ id }) => id), second.cursor], [[wanted], undefined]);
      // A state with few events is found at once, whatever lies above it.
      assert.deepEqual(
        (await get('state=delivered')).events.map(({ id }) => id),
        [wanted],
      );

      const seen = new Set();
      let cursor = '';
      do {
        const page = await get(`state=skipped&limit=500&cursor=${cursor}`);
        for (const { id } of page.events) seen.add(id);
        cursor = page.cursor;
      } while (cursor);
      assert.equal(seen.size, 6_000);
      const { states } = (await bridge.admin('GET', '/api/overview')).body;
      assert.deepEqual([states.skipped, states.delivered, states.pending], [6_000, 1, 0]);
    } finally {
      await bridge.close();
    }
  });

  test('that come in while somebody is paging change nothing on later pages', async () => {
    const before = (await pages('limit=500')).flat().map(({ id }) => id);
    const arrive = () => bridge.accepted('smartcar', vehicleState({ vin: newVin() }));
    const listed = (await pages('limit=33', arrive)).flat().map(({ id }) => id);
    assert.deepEqual(listed, before);
  });

  test('have the members that the contract names', async () => {
    const [{ id }] = await events(`vehicle=${fleet[3].vehicle}`);
    const [listed] = await events(`vehicle=${fleet[3].vehicle}`);
    const { due_at, received_at, event_ts, ...rest } = listed;
    assert.deepEqual(rest, {
      id,
      provider: 'smartcar',
      vehicle: fleet[3].vehicle,
      type: 'schedule',
      state: 'delivered',
      reason: null,
      provider_event_id: rest.provider_event_id,
      attempts: 1,
    });
    assert.equal(due_at, null);
    assert.match(received_at, ISO);
    assert.equal(Date.parse(event_ts), fleet[3].at);

    const { record, history, event, sources, ...shown } = await bridge.event(id);
    assert.deepEqual(shown, listed);
    assert.deepEqual(sources, { chassis_number: 'payload', position: 'payload' });
    assert.deepEqual(record, bridge.recordsOf(fleet[3].vehicle)[0]);
    assert.equal(record.source.provider_event_id, rest.provider_event_id);
    const [attempt] = history;
    assert.equal(history.length, 1);
    assert.match(attempt.time, ISO);
    assert.deepEqual([attempt.status, attempt.reply], [202, '{"status":"accepted"}']);
    assert.ok(attempt.duration_ms >= 0);
  });

  test('that wait show the record as it would be, and when they are due', async () => {
    const vehicle = newId();
    bridge.cartrack.setFaults({ status: 503, retry_after: 3_600, match: { device_id: vehicle } });
    const id = await bridge.accepted('smartcar', vehicleState({ vehicle, vin: newVin() }));
    const waiting = await until(async () => {
      const event = await bridge.event(id);
      return event.attempts === 1 && event;
    });
    assert.equal(waiting.state, 'pending');
    assert.ok(Date.parse(waiting.due_at) >= Date.parse(waiting.history[0].time) + 3_600_000);
    assert.equal(waiting.record.source.device_id, vehicle);
    bridge.cartrack.setFaults([]);
    await bridge.admin('POST', `/api/events/${id}/replay`);
    await bridge.eventIn('delivered', id);
  });

  test('are found by each filter, alone and together', async () => {
    const [vin, other] = [newVin(), newVin()];
    const conflicting = newId();
    await bridge.map('smartcar', conflicting, { vin });
    const dead = await bridge.accepted('smartcar', vehicleState({ vehicle: conflicting, vin: other }));
    await bridge.eventIn('dead', dead);
    const vehicle = newNumber();
    const waiting = await bridge.accepted('telemax', alert({ vehicle }));
    const skipped = await bridge.send('telematica', stateOfCharge({ vehicle: `${vehicle}`, location: null }));
    const [{ id: noPosition }] = skipped.body.events;

    const found = async (query) => (await events(`limit=500&${query}`)).map(({ id }) => id);
    assert.deepEqual(await found(`vehicle=${conflicting}`), [dead]);
    assert.deepEqual(await found('state=dead&reason=vin_conflict'), [dead]);
    assert.ok((await found('state=unmapped')).includes(waiting));
    assert.deepEqual((await found(`vehicle=${vehicle}`)).sort(), [waiting, noPosition].sort());
    assert.deepEqual(await found(`vehicle=${vehicle}&provider=telematica`), [noPosition]);
    assert.deepEqual(await found(`vehicle=${vehicle}&reason=no_position`), [noPosition]);
    assert.deepEqual(await found(`vehicle=${vehicle}&state=unmapped&provider=telemax`), [waiting]);
    assert.deepEqual(await found(`vehicle=${vehicle}&state=dead`), []);
    assert.deepEqual(await found('vehicle=nobody'), []);
    assert.deepEqual(await found(`vehicle=${encodeURIComponent("' OR 1=1 --")}`), []);
    for (const [name, value] of [
      ['state', 'delivered'],
      ['state', 'skipped'],
      ['provider', 'smartcar'],
      ['provider', 'telemax'],
      ['reason', 'no_position'],
    ]) {
      const list = await events(`limit=500&${name}=${value}`);
      assert.ok(list.length > 0);
      assert.ok(
        list.every((event) => event[name] === value),
        `${name}=${value}`,
      );
    }
  });

  test('invalid parameters are refused, not guessed', async () => {
    for (const query of [
      'limit=0',
      'limit=-1',
      'limit=x',
      'limit=1.5',
      'limit=99999999999999999999',
      'state=Dead',
      'state=lost',
      'cursor=x',
      'cursor=evt_00_zz',
      'cursor=evt_zz_1',
    ]) {
      assert.deepEqual(
        codes(await bridge.admin('GET', `/api/events?${query}`)),
        [400, 'malformed_body'],
        query,
      );
    }
    for (const body of ['', 'x', '[]', '{"state":"lost"}', '{"states":"dead"}', '{"state":7}', '{']) {
      const headers = { 'Content-Type': 'application/json' };
      const reply = await bridge.admin('POST', '/api/replay', body, headers);
      assert.deepEqual(codes(reply), [400, 'malformed_body'], body);
    }
  });
});

describe('what the console asks', () => {
  const idsOf = (list) => list.map(({ id }) => id);

  test('events are found by any id, by a VIN, and by the time of their arrival', async () => {
    const [vehicle, vin, eventId] = [newId(), newVin(), newId()];
    const earlier = await bridge.accepted('smartcar', vehicleState({ vin: newVin() }));
    const id = await bridge.accepted('smartcar', vehicleState({ vehicle, vin, eventId }));
    await bridge.eventIn('delivered', id);
    for (const q of [id, eventId, vehicle, vin]) {
      assert.deepEqual(idsOf(await events(`q=${q}`)), [id], q);
    }
    assert.deepEqual(await events(`q=${vehicle}&provider=telemax`), []);
    assert.deepEqual(await events(`q=${newVin()}`), []);

    const { received_at } = await bridge.event(id);
    const at = Date.parse(received_at);
    const listed = async (query) => idsOf(await events(`limit=500&provider=smartcar&${query}`));
    for (const from of [received_at, at]) {
      const found = await listed(`from=${from}`);
      assert.ok(found.includes(id));
      assert.ok(Date.parse((await bridge.event(earlier)).received_at) >= at || !found.includes(earlier));
    }
    // A lane takes an event some milliseconds after it came to the door.
    assert.ok(!(await listed(`from=${at + 60_000}`)).includes(id));
    assert.ok(!(await listed(`to=${at - 60_000}`)).includes(id));
    assert.ok((await listed(`to=${at + 60_000}`)).includes(id));
    for (const query of ['from=x', 'to=yesterday', 'from=2026-13-01T00:00:00Z']) {
      assert.deepEqual(
        codes(await bridge.admin('GET', `/api/events?${query}`)),
        [400, 'malformed_body'],
        query,
      );
    }
  });

  test('a dry run of a replay only counts', async () => {
    const vehicle = newId();
    bridge.cartrack.setFaults({ status: 422, times: 2, match: { device_id: vehicle } });
    const at = Date.now() - 50_000;
    const vin = newVin();
    for (const time of [at, at + 1]) {
      const id = await bridge.accepted('smartcar', vehicleState({ vehicle, vin, at: time }));
      await bridge.eventIn('dead', id);
    }
    const replay = async (more) => (await bridge.admin('POST', '/api/replay', { vehicle, ...more })).body;
    assert.deepEqual(await replay({ dry_run: true }), { matching: 2 });
    assert.equal(bridge.postsOf(vehicle).length, 2);
    assert.equal((await events(`vehicle=${vehicle}&state=dead`)).length, 2);
    assert.deepEqual(await replay({ dry_run: false }), { replayed: 2 });
    await until(async () => (await events(`vehicle=${vehicle}&state=delivered`)).length === 2);
    assert.deepEqual(codes(await bridge.admin('POST', '/api/replay', { vehicle, dry_run: 'yes' })), [
      400,
      'malformed_body',
    ]);
  });

  test('vehicles that wait for a VIN are counted, and gone once they have it', async () => {
    const [vehicle, vin] = [newNumber(), newVin()];
    const ids = [];
    for (const minutes of [3, 2, 1]) {
      ids.push(await bridge.accepted('telemax', alert({ vehicle, at: Date.now() - minutes * 60_000 })));
    }
    const waiting = async () => {
      const { status, body } = await bridge.admin('GET', '/api/unmapped?limit=500');
      assert.equal(status, 200);
      return body.vehicles.find((one) => one.vehicle === String(vehicle));
    };
    const { oldest_at, latest_at, ...rest } = await waiting();
    assert.deepEqual(rest, { provider: 'telemax', vehicle: String(vehicle), events: 3 });
    assert.equal(oldest_at, (await bridge.event(ids[0])).received_at);
    assert.equal(latest_at, (await bridge.event(ids[2])).received_at);
    await bridge.map('telemax', vehicle, { vin });
    for (const id of ids) await bridge.eventIn('delivered', id);
    assert.equal(await waiting(), undefined);
  });

  test("a vehicle's position is its last one that was delivered", async () => {
    const [vehicle, vin, at] = [newId(), newVin(), Date.now() - 40_000];
    const state = (time, latitude) =>
      vehicleState({ vehicle, vin, at: time, position: { latitude, longitude: 7 } });
    // The older one comes later.
    for (const content of [state(at, 10), state(at - 60_000, 20)]) {
      await bridge.eventIn('delivered', await bridge.accepted('smartcar', content));
    }
    const undelivered = newNumber();
    await bridge.accepted('telemax', alert({ vehicle: undelivered }));
    const { status, body } = await bridge.admin('GET', '/api/positions?limit=2000');
    assert.equal(status, 200);
    const found = body.positions.filter((one) => one.vehicle === vehicle);
    assert.equal(found.length, 1);
    const [{ event_ts, received_at, ...rest }] = found;
    assert.deepEqual(rest, { provider: 'smartcar', vehicle, latitude: 10, longitude: 7 });
    assert.equal(Date.parse(event_ts), at);
    assert.match(received_at, ISO);
    assert.ok(body.positions.every((one) => one.vehicle !== String(undelivered)));
  });
});

describe('mappings', () => {
  test('are put, read, replaced and removed', async () => {
    const [vehicle, vin, other, user] = [newId(), newVin(), newVin(), newId()];
    const path = pathOf('telematica', vehicle);
    const whole = { vin, user, make: 'Tata', model: 'Nexon', year: 2022, registration: 'GJ01M20191' };
    const put = await bridge.admin('PUT', path, whole);
    assert.equal(put.status, 200);
    assert.deepEqual(put.body, { provider: 'telematica', vehicle, ...whole });
    const read = await bridge.admin('GET', path);
    assert.deepEqual([read.status, read.body], [200, { provider: 'telematica', vehicle, ...whole }]);

    await bridge.admin('PUT', path, { vin: ` ${other.toLowerCase()} ` });
    assert.deepEqual((await bridge.admin('GET', path)).body, { provider: 'telematica', vehicle, vin: other });
    const ofUser = await bridge.admin('GET', `/api/mappings?provider=telematica&user=${user}`);
    assert.deepEqual(ofUser.body.mappings, [], 'it is no longer the mapping of that user');

    assert.equal((await bridge.admin('DELETE', path)).status, 200);
    assert.deepEqual(codes(await bridge.admin('GET', path)), [404, 'unknown_mapping']);
    assert.deepEqual(codes(await bridge.admin('DELETE', path)), [404, 'unknown_mapping']);
    const { body } = await bridge.send('telematica', stateOfCharge({ vehicle }));
    assert.equal(body.events[0].reason, 'unmapped_vehicle');
  });

  test('need a VIN, and a body that is an object', async () => {
    const path = pathOf('telemax', newNumber());
    for (const vin of [
      undefined,
      '',
      'WBE0000000000000',
      'WBE000000000000000',
      'WBE00000-00000001',
      'ＷBE00000000000001',
    ]) {
      assert.deepEqual(codes(await bridge.admin('PUT', path, { vin })), [400, 'invalid_vin'], vin);
    }
    for (const body of [
      '',
      'x',
      '[]',
      '7',
      '"x"',
      '{"vin":',
      '{"vin":7}',
      JSON.stringify(['telemax', '1', newVin()]),
    ]) {
      assert.deepEqual(codes(await bridge.admin('PUT', path, body)), [400, 'malformed_body'], body);
    }
    for (const year of [1, 'soon', 99_999, -5]) {
      const reply = await bridge.admin('PUT', path, { vin: newVin(), year });
      assert.deepEqual(codes(reply), [400, 'malformed_body'], String(year));
    }
    assert.equal((await bridge.admin('GET', path)).status, 404);
  });

  test('of vehicles with any id: slashes, spaces, colons, percent signs, other scripts', async () => {
    const ids = [
      'a/b',
      'a b',
      'a:b:c',
      '50%',
      '%2F',
      'Fahrzeug Nº 7 äöü',
      '車両-1',
      '🚗',
      'a+b&c=d?e#f',
      "o'neil",
      '~x',
    ];
    const marked = ids.map((id) => ({ vehicle: `${id} ${newNumber()}`, vin: newVin() }));
    for (const { vehicle, vin } of marked) await bridge.map('smartcar', vehicle, { vin });
    for (const { vehicle, vin } of marked) {
      const { status, body } = await bridge.admin('GET', pathOf('smartcar', vehicle));
      assert.deepEqual([status, body.vehicle, body.vin], [200, vehicle, vin]);
    }
    const [first] = marked;
    const id = await bridge.accepted('smartcar', vehicleState({ vehicle: first.vehicle }));
    await bridge.eventIn('delivered', id);
    assert.equal(bridge.recordsOf(first.vehicle)[0].chassis_number, first.vin);
    const found = await events(`vehicle=${encodeURIComponent(first.vehicle)}`);
    assert.deepEqual(
      found.map((event) => event.id),
      [id],
    );
    for (const { vehicle } of marked) {
      assert.equal((await bridge.admin('DELETE', pathOf('smartcar', vehicle))).status, 200);
    }
  });

  test('are listed by provider and by user, page by page', async () => {
    const user = `fleet/1:äö ${newId()}`;
    const vins = new Map(Array.from({ length: 25 }, () => [newId(), newVin()]));
    const devices = [...vins].map(([deviceId, vin]) => ({ deviceId, vin }));
    await bridge.send('telematica', devicesConnected(user, devices));
    await bridge.send('telematica', devicesConnected(`${user}1`, [{ deviceId: newId(), vin: newVin() }]));

    const all = async (query) => {
      const found = [];
      let cursor = '';
      do {
        const { status, body } = await bridge.admin('GET', `/api/mappings?${query}${cursor}`);
        assert.equal(status, 200);
        assert.ok(body.mappings.length <= 10);
        found.push(...body.mappings);
        cursor = body.cursor ? `&cursor=${encodeURIComponent(body.cursor)}` : '';
      } while (cursor);
      return found;
    };
    const theirs = await all(`provider=telematica&user=${encodeURIComponent(user)}&limit=10`);
    assert.equal(theirs.length, 25);
    assert.deepEqual(new Map(theirs.map(({ vehicle, vin }) => [vehicle, vin])).size, 25);
    for (const mapping of theirs) {
      assert.equal(mapping.vin, vins.get(mapping.vehicle));
      assert.deepEqual([mapping.provider, mapping.user, mapping.make], ['telematica', user, 'BMW']);
    }
    const ofProvider = await all('provider=telematica&limit=10');
    assert.ok(ofProvider.length >= 26);
    assert.ok(ofProvider.every(({ provider }) => provider === 'telematica'));
    const everything = await all('limit=10');
    assert.equal(new Set(everything.map(({ provider }) => provider)).size, 3);
    const [one] = theirs;
    const begins = await all(`provider=telematica&q=${one.vehicle.slice(0, 20)}&limit=10`);
    assert.deepEqual(
      begins.map(({ vehicle }) => vehicle),
      [one.vehicle],
    );
    const anyProvider = await bridge.admin('GET', `/api/mappings?user=${encodeURIComponent(user)}`);
    assert.equal(anyProvider.body.mappings.length, 25);
    for (const query of ['limit=0', 'limit=x']) {
      assert.deepEqual(codes(await bridge.admin('GET', `/api/mappings?${query}`)), [400, 'malformed_body']);
    }
  });

  for (const [name, end] of Object.entries({ LF: '\n', CRLF: '\r\n' })) {
    test(`come from CSV with ${name}: good lines are kept, bad ones are named`, () => importCsv(end));
  }

  async function importCsv(end) {
    const good = Array.from({ length: 4 }, () => ({ vehicle: newNumber(), vin: newVin() }));
    const waiting = await bridge.accepted('telemax', alert({ vehicle: good[0].vehicle }));
    const lines = [
      '\ufeffProvider,Vehicle,VIN,User,Make,Model,Year,Registration',
      `telemax,${good[0].vehicle},${good[0].vin},,,,,`,
      `telemax,${newNumber()},TOOSHORT,,,,,`,
      `smartcar,"${good[1].vehicle}, the ""second""",${good[1].vin.toLowerCase()},u-1,"Mercedes, Benz",Sprinter,2020,WB 1`,
      `nobody,${newNumber()},${newVin()},,,,,`,
      `telemax,,${newVin()},,,,,`,
      `telemax,${good[2].vehicle},${good[2].vin},,,,,`,
      `telemax,${newNumber()},${newVin()},,,,soon,`,
      `telemax,${good[3].vehicle},${good[3].vin},,,,1999,`,
      `telemax,${newNumber()}`,
    ];
    const headers = { 'Content-Type': 'text/csv; charset=utf-8' };
    const text = lines.join(end) + end;
    const { status, body } = await bridge.admin('POST', '/api/mappings/import', text, headers);
    assert.deepEqual([status, body.imported], [200, 4]);
    assert.deepEqual(
      body.errors.map(({ line }) => line),
      [3, 5, 6, 8, 10],
    );
    assert.match(body.errors[0].error, /^invalid_vin/);
    for (const { error } of body.errors) assert.doesNotMatch(error, /TOOSHORT|nobody|soon/);
    for (const { vehicle, vin } of [good[0], good[2], good[3]]) {
      assert.equal((await bridge.admin('GET', pathOf('telemax', vehicle))).body.vin, vin);
    }
    const quoted = `${good[1].vehicle}, the "second"`;
    assert.deepEqual((await bridge.admin('GET', pathOf('smartcar', quoted))).body, {
      provider: 'smartcar',
      vehicle: quoted,
      vin: good[1].vin,
      user: 'u-1',
      make: 'Mercedes, Benz',
      model: 'Sprinter',
      year: 2020,
      registration: 'WB 1',
    });
    await bridge.eventIn('delivered', waiting);
  }

  test('come from NDJSON: good lines are kept, bad ones are named', async () => {
    const good = Array.from({ length: 2 }, () => ({ vehicle: `${newNumber()}`, vin: newVin() }));
    const byPlace = `${newNumber()}`;
    const lines = [
      JSON.stringify({ provider: 'telemax', ...good[0], year: 2021 }),
      '',
      '{"provider":"telemax"',
      JSON.stringify({ provider: 'telemax', vehicle: newId(), vin: 'x' }),
      '[]',
      JSON.stringify(['telemax', byPlace, newVin()]),
      JSON.stringify({ provider: 'smartcar', ...good[1] }),
    ];
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const { status, body } = await bridge.admin('POST', '/api/mappings/import', lines.join('\n'), headers);
    assert.deepEqual([status, body.imported], [200, 2]);
    assert.deepEqual(
      body.errors.map(({ line }) => line),
      [3, 4, 5, 6],
    );
    assert.equal((await bridge.admin('GET', pathOf('telemax', byPlace))).status, 404);
    assert.equal((await bridge.admin('GET', pathOf('telemax', good[0].vehicle))).body.year, 2021);
    assert.equal((await bridge.admin('GET', pathOf('smartcar', good[1].vehicle))).body.vin, good[1].vin);
  });
});

describe('erasing a user', () => {
  test('takes the mappings, and what stored events say of the person', async () => {
    const [user, vehicle, vin, neighbour] = [newId(), newId(), newVin(), newId()];
    const stranger = { vehicle: newId(), vin: newVin() };
    await bridge.send(
      'telematica',
      devicesConnected(user, [
        { deviceId: vehicle, vin },
        { deviceId: neighbour, vin: newVin() },
      ]),
    );
    await bridge.send(
      'telematica',
      devicesConnected(newId(), [{ deviceId: stranger.vehicle, vin: stranger.vin }]),
    );
    const location = { latitude: 51.987_654, longitude: 4.123_987 };
    const message = `msg_${newId()}`;
    const content = stateOfCharge({ vehicle, location, at: Date.now() - 77_000 });
    const delivered = await bridge.accepted('telematica', content, { id: message });
    await bridge.eventIn('delivered', delivered);
    bridge.cartrack.setFaults({ status: 503, match: { device_id: vehicle } });
    const pending = await bridge.accepted('telematica', stateOfCharge({ vehicle, location }));
    await until(async () => (await bridge.event(pending)).attempts === 1);
    const skipped = await bridge.send('telematica', stateOfCharge({ vehicle, vin, location: null }));
    const others = await bridge.accepted(
      'telematica',
      stateOfCharge({ vehicle: stranger.vehicle, location }),
    );
    await bridge.eventIn('delivered', others);
    const posts = bridge.postsOf(vehicle).length;

    const erased = await bridge.admin('DELETE', `/api/users/telematica/${user}`);
    assert.equal(erased.status, 200);
    bridge.cartrack.setFaults([]);
    for (const one of [vehicle, neighbour]) {
      assert.deepEqual(codes(await bridge.admin('GET', pathOf('telematica', one))), [404, 'unknown_mapping']);
    }
    const left = await bridge.admin('GET', `/api/mappings?provider=telematica&user=${user}`);
    assert.deepEqual(left.body.mappings, []);
    assert.deepEqual(await events(`vehicle=${vehicle}`), []);

    const personal = [user, vehicle, neighbour, vin, '51.987', '4.123', message];
    const states = { [delivered]: 'delivered', [pending]: 'dead', [skipped.body.events[0].id]: 'skipped' };
    for (const [id, state] of Object.entries(states)) {
      const event = await bridge.event(id);
      assert.equal(event.state, state);
      const text = JSON.stringify(event);
      for (const word of personal) assert.ok(!text.includes(word), `${word} in ${text}`);
    }
    for (const path of [
      '/api/events?limit=500&provider=telematica',
      '/api/positions?limit=2000',
      '/api/unmapped',
    ]) {
      const text = JSON.stringify((await bridge.admin('GET', path)).body);
      for (const word of [user, vehicle, neighbour, vin, message])
        assert.ok(!text.includes(word), `${word} in ${path}`);
    }
    for (const word of [user, vehicle, neighbour, vin]) assert.deepEqual(await events(`q=${word}`), [], word);

    // Nothing comes back: not by a replay, nor by the provider's late retry, nor from a lane's memory.
    assert.deepEqual((await bridge.admin('POST', `/api/events/${pending}/replay`)).body, { replayed: 0 });
    const retried = await bridge.send('telematica', content, { id: message });
    assert.deepEqual([retried.status, retried.body.outcome], [200, 'duplicate']);
    const news = await bridge.send('telematica', stateOfCharge({ vehicle, at: Date.now() - 1_000 }));
    assert.equal(news.body.events[0].reason, 'unmapped_vehicle');
    assert.equal(bridge.postsOf(vehicle).length, posts);

    assert.equal((await bridge.admin('GET', pathOf('telematica', stranger.vehicle))).body.vin, stranger.vin);
    assert.equal((await bridge.event(others)).vehicle, stranger.vehicle);
  });

  test("finds events by the user whom the payload names, and Cartrack's replies with them", async () => {
    const [user, vehicle, vin] = [`someone@example.com/${newId()}`, newId(), newVin()];
    bridge.cartrack.setFaults({ status: 422, body: { vin, vehicle }, match: { device_id: vehicle } });
    const id = await bridge.accepted('smartcar', vehicleState({ vehicle, vin, user }));
    const dead = await bridge.eventIn('dead', id);
    assert.ok(JSON.stringify(dead).includes(vin));
    const path = `/api/users/smartcar/${encodeURIComponent(user)}`;
    assert.equal((await bridge.admin('DELETE', path)).status, 200);
    bridge.cartrack.setFaults([]);
    const event = await bridge.event(id);
    for (const word of [user, vehicle, vin, '37.4292'])
      assert.ok(!JSON.stringify(event).includes(word), word);
    assert.equal((await bridge.admin('GET', pathOf('smartcar', vehicle))).status, 404);
    assert.equal((await bridge.admin('DELETE', path)).status, 200, 'once more does no harm');
  });
});

describe('refusals', () => {
  test('are sampled and bounded, and hold names but no values', async () => {
    const marker = `marker-${newId()}`;
    const body = JSON.stringify({ ...stateOfCharge(), note: marker });
    const { TELEMATICA_SVIX_SECRET: secret } = bridge.vars;
    const right = svix(secret, body);
    const wrong = [
      {},
      { ...right, 'svix-id': `msg_${marker}` },
      { ...right, 'svix-timestamp': 'x' },
      { ...right, 'svix-signature': marker },
      svix(secret, body, { timestamp: Date.now() / 1000 - 4_000 }),
      svix(secret, body, { timestamp: Date.now() / 1000 + 4_000 }),
    ];
    for (let round = 0; round < 25; round += 1) {
      await Promise.all(
        wrong.map((headers) =>
          bridge.deliver({ path: '/hooks/telematica', headers: { ...headers, 'x-note': marker }, body }),
        ),
      );
    }
    await bridge.deliver({ path: '/hooks/telemax', headers: telemax('wrong', body), body });
    await bridge.deliver({ path: '/hooks/telemax', body: 'x'.repeat(1_100_000) });

    const list = async () => (await bridge.admin('GET', '/api/refusals')).body.refusals;
    const seen = (all, code) => all.some((one) => one.provider === 'telemax' && one.code === code);
    const refusals = await until(async () => {
      const all = await list();
      return seen(all, 'signature_mismatch') && seen(all, 'body_too_large') && all;
    });
    const found = (provider) => refusals.filter((one) => one.provider === provider);
    assert.ok(found('telematica').length >= 6, 'each code is among them');
    assert.ok(found('telematica').length <= 20);
    for (const refusal of refusals) {
      assert.deepEqual(Object.keys(refusal).sort(), ['code', 'headers', 'mode', 'provider', 'size', 'time']);
      assert.match(refusal.time, ISO);
      assert.equal(refusal.mode, refusal.provider === 'smartcar' ? refusal.mode : 'live');
    }
    const mismatch = found('telematica').find(({ code }) => code === 'signature_mismatch');
    assert.equal(mismatch.size, body.length);
    assert.ok(['svix-id', 'svix-signature', 'x-note'].every((name) => mismatch.headers.includes(name)));
    const text = JSON.stringify(refusals);
    for (const value of [marker, right['svix-signature'], 'v1,', JSON.parse(body).vehicleId]) {
      assert.ok(!text.includes(value), value);
    }
    const large = found('telemax').find(({ code }) => code === 'body_too_large');
    assert.ok(large.size > 1_048_576, `the size of a body that is too large, not ${large.size}`);
  });
});

/** The sums over all minutes of the overview's series. */
function totalsOf(series) {
  const totals = {};
  for (const { minute: _, ...row } of series) {
    for (const [name, n] of Object.entries(row)) totals[name] = (totals[name] ?? 0) + n;
  }
  return totals;
}

/** The metrics, read as strictly as Prometheus reads them: `{ families, samples }`. */
async function metrics() {
  const { status, headers, body } = await bridge.admin('GET', '/metrics');
  assert.equal(status, 200);
  assert.match(headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  return parse(body);
}

async function metricsOnce(check) {
  return until(async () => {
    const now = await metrics();
    return check(values(now)) && now;
  });
}

function parse(text) {
  assert.ok(text.endsWith('\n'));
  const families = {};
  const samples = {};
  let current;
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line);
    if (comment) {
      const [, what, name, rest] = comment;
      families[name] ??= {};
      assert.ok(!(what in families[name]), `${what} of ${name} comes once`);
      assert.ok(name === current || !families[name].TYPE, `the lines of ${name} stand together`);
      families[name][what] = rest;
      current = name;
      continue;
    }
    const sample = /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\d+(?:\.\d+)?)$/.exec(line);
    assert.ok(sample, `a line of Prometheus text: ${line}`);
    const [, name, labels = '', value] = sample;
    const suffix = families[current].TYPE === 'histogram' ? '(_bucket|_sum|_count)' : '';
    assert.match(name, new RegExp(`^${current}${suffix}$`), 'a sample stands below its family');
    const sorted = labels.split(',').filter(Boolean).sort().join(',');
    const key = sorted ? `${name}{${sorted}}` : name;
    assert.ok(!(key in samples), `${key} comes once`);
    samples[key] = { value: Number(value), type: families[current].TYPE };
  }
  assert.deepEqual(Object.fromEntries(Object.entries(families).map(([name, { TYPE }]) => [name, TYPE])), {
    weighbridge_received_total: 'counter',
    weighbridge_refused_total: 'counter',
    weighbridge_events_total: 'counter',
    weighbridge_relay_attempts_total: 'counter',
    weighbridge_backlog: 'gauge',
    weighbridge_lane_held: 'gauge',
    weighbridge_lookups_total: 'counter',
    weighbridge_relay_latency_seconds: 'histogram',
  });
  assert.ok(Object.values(families).every(({ HELP, TYPE }) => HELP && TYPE));
  checkHistogram(samples, 'weighbridge_relay_latency_seconds');
  return samples;
}

function checkHistogram(samples, name) {
  const buckets = Object.entries(samples)
    .filter(([key]) => key.startsWith(`${name}_bucket{`))
    .map(([key, { value }]) => [Number(/le="([^"]+)"/.exec(key)[1].replace('+Inf', 'Infinity')), value]);
  assert.ok(buckets.length > 2);
  assert.deepEqual(
    buckets,
    buckets.toSorted(([a], [b]) => a - b),
    'buckets in order',
  );
  const counts = buckets.map(([, value]) => value);
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => a - b),
    'buckets are cumulative',
  );
  assert.deepEqual(buckets.at(-1), [Number.POSITIVE_INFINITY, samples[`${name}_count`].value]);
  assert.ok(samples[`${name}_sum`].value >= 0);
}

const values = (samples) =>
  Object.fromEntries(Object.entries(samples).map(([name, { value }]) => [name, value]));

const counters = (samples) =>
  values(Object.fromEntries(Object.entries(samples).filter(([, { type }]) => type !== 'gauge')));

/** What has grown from one reading to the next. */
function changes(earlier, later) {
  const names = Object.keys(later).filter((name) => later[name] !== (earlier[name] ?? 0));
  return Object.fromEntries(names.map((name) => [name, later[name] - (earlier[name] ?? 0)]));
}

const sum = (list) => list.reduce((total, one) => total + one, 0);
