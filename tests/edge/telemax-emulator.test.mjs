// The Telemax emulator stands in for the vendor in other tests, so it is tested itself: that it takes what the
// reference documents, refuses the rest with the vendor's errors, and misbehaves exactly as told.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { startTelemax } from '../../pkg/emulator/telemax.mjs';
import { request } from './harness.mjs';

const KEY = 'a3f1c2b4-5d6e-4890-abcd-ef1234567890';
const URL_OF_HOOK = 'https://gateway.example/hooks/telemax';

let telemax;
let token;
beforeEach(async () => {
  telemax = await startTelemax({ apiKey: KEY, allowLoopback: true, retryMs: [1, 1] });
  ({ access_token: token } = (await tokenFor(KEY)).body);
});
afterEach(() => telemax?.close());

function tokenFor(apiKey) {
  const body = new URLSearchParams({ apiKey });
  return request(`${telemax.url}/api/v2/authentication/token/api-key`, { method: 'POST', body });
}

function call(method, path, content, headers = {}) {
  return request(`${telemax.url}/api/v2${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      'X-API-Version': '2',
      'Content-Type': 'application/json',
      ...headers,
    },
    body: content === undefined ? undefined : JSON.stringify(content),
  });
}

const create = (changes) => call('POST', '/webhooks', { url: URL_OF_HOOK, alertIds: [101], ...changes });

test('gives a token for the key, and only for the key', async () => {
  const { status, body } = await tokenFor(KEY);
  assert.equal(status, 200);
  assert.deepEqual([body.token_type, body.expires_in], ['bearer', 86_399]);
  assert.match(body.access_token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  const refused = await tokenFor('another');
  assert.equal(refused.status, 401);
  assert.deepEqual(Object.keys(refused.body), ['type', 'code', 'description', 'requestId', 'docUrl']);
  assert.equal(refused.body.code, 'INVALID_CREDENTIALS');
});

test('demands a genuine token that has not expired, and the version', async () => {
  assert.equal((await call('GET', '/webhooks')).status, 200);
  const other = token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
  for (const Authorization of [`Bearer ${other}`, 'Bearer', `Bearer ${token}.x`, KEY]) {
    assert.equal((await call('GET', '/webhooks', undefined, { Authorization })).status, 401, Authorization);
  }
  assert.equal((await call('GET', '/webhooks', undefined, { 'X-API-Version': '1' })).status, 400);
  telemax.expireTokens();
  assert.equal((await call('GET', '/webhooks')).status, 401);
  ({ access_token: token } = (await tokenFor(KEY)).body);
  assert.equal((await call('GET', '/webhooks')).status, 200);
});

test('shows the secret of a webhook once', async () => {
  const { status, body } = await create();
  assert.equal(status, 200);
  assert.match(body.secret, /^[0-9A-F]{64}$/);
  assert.match(body.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  const { secret: _, ...rest } = body;
  assert.deepEqual((await call('GET', `/webhooks/${body.id}`)).body, rest);
  const { body: list } = await call('GET', '/webhooks');
  assert.deepEqual(list.items, [rest]);
  const { items: __, ...numbers } = list;
  assert.deepEqual(numbers, { totalResults: 1, lastResultIndex: 1, currentPage: 1, numberOfPages: 1 });
});

test('refuses webhooks that the vendor refuses', async () => {
  const many = Array.from({ length: 51 }, (_, index) => index);
  for (const changes of [
    { url: 'http://gateway.example/' },
    { url: 'https://10.0.0.1/' },
    { url: 'gateway' },
    { alertIds: [] },
    { alertIds: many },
    { alertIds: [9999] },
    { alertIds: [105] },
    { alertIds: ['101'] },
    { isActive: 1 },
    { isActiv: true },
  ]) {
    const { status, body } = await create(changes);
    assert.deepEqual([status, body.type], [422, 'VALIDATION_ERROR'], JSON.stringify(changes));
  }
  assert.equal(telemax.webhooks.size, 0);
  assert.equal((await create({ alertIds: [], isGlobal: true })).status, 200);
});

test('leads to loopback only where that is allowed', async () => {
  const strict = await startTelemax({ apiKey: KEY });
  try {
    const local = { url: 'http://127.0.0.1:8787/hooks/telemax' };
    assert.equal((await create(local)).status, 200);
    const loose = telemax;
    telemax = strict;
    ({ access_token: token } = (await tokenFor(KEY)).body);
    assert.equal((await create(local)).status, 422);
    telemax = loose;
  } finally {
    await strict.close();
  }
});

test('updates, links and deletes', async () => {
  const { id } = (await create()).body;
  assert.equal((await call('POST', `/webhooks/${id}/link-alert`, { alertId: 102 })).status, 200);
  assert.equal((await call('POST', `/webhooks/${id}/link-alert`, { alertId: 102 })).status, 200);
  const { body } = await call('GET', `/webhooks/${id}`);
  assert.deepEqual(body.alertIds, [101, 102]);
  assert.match(body.warning, /different types/);
  assert.equal((await call('POST', `/webhooks/${id}/link-alert`, { alertId: 9999 })).status, 404);
  assert.equal((await call('POST', `/webhooks/${id}/link-alert`, { alertId: 105 })).status, 422);

  const next = { url: `${URL_OF_HOOK}2`, alertIds: [103] };
  const updated = await call('PUT', `/webhooks/${id}`, { ...next, isActive: false });
  assert.deepEqual(
    { ...updated.body, createdAt: body.createdAt },
    { ...body, ...next, isActive: false, warning: null },
  );
  assert.equal((await call('PUT', `/webhooks/${id}`, { ...next, alertIds: [9999] })).status, 404);

  assert.equal((await call('DELETE', `/webhooks/${id}`)).status, 200);
  for (const [method, path, content] of [
    ['GET', ''],
    ['PUT', '', next],
    ['DELETE', ''],
    ['POST', '/link-alert', { alertId: 101 }],
  ]) {
    const { status, body } = await call(method, `/webhooks/${id}${path}`, content);
    assert.deepEqual([status, body.type], [404, 'RESOURCE'], method);
  }
});

test('lets a token make 20 changes and 60 reads in a window', async () => {
  for (let index = 0; index < 20; index += 1) assert.equal((await create()).status, 200);
  const { status, headers, body } = await create();
  assert.deepEqual([status, body.type], [429, 'RATE_LIMIT']);
  assert.equal(headers.get('x-ratelimit-limit'), '20');
  assert.equal(headers.get('x-ratelimit-remaining'), '0');
  assert.ok(Number(headers.get('retry-after')) >= 1 && Number(headers.get('retry-after')) <= 60);
  const read = await call('GET', '/webhooks');
  assert.deepEqual([read.status, read.headers.get('x-ratelimit-remaining')], [200, '59']);
  ({ access_token: token } = (await tokenFor(KEY)).body);
  assert.equal((await create()).status, 200, 'the limit is of a token');
});

test('tells of vehicles, one and all, in UTC without a Z', async () => {
  const { body } = await call('GET', '/vehicles/88421/last-position');
  assert.match(body.utcTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  const { vin, deviceId, ignition, odometer, speed } = body;
  assert.deepEqual(
    { vin, deviceId, ignition, odometer, speed },
    {
      vin: 'WDB9066331S000421',
      deviceId: 88421,
      ignition: true,
      odometer: 45321.2,
      speed: 54,
    },
  );
  telemax.vehicles.get(88422).lat = null;
  assert.equal((await call('GET', '/vehicles/88422/last-position')).body, null);
  const all = (await call('GET', '/companies/997/vehicles/last-position?pageSize=1&page=2')).body;
  assert.deepEqual(
    [all.items.map(({ deviceId }) => deviceId), all.totalResults, all.numberOfPages],
    [[88423], 2, 2],
  );
  assert.equal((await call('GET', '/companies/998/vehicles/last-position')).status, 403);
  assert.equal((await call('GET', '/vehicles/1/last-position')).status, 404);
  assert.deepEqual((await call('GET', '/vehicles/info?id=88421')).body[0], { label: 'VIN', value: vin });
  assert.equal((await call('GET', '/vehicles/88421/odometer')).body.odometerValue, 45321.2);
  assert.equal((await call('GET', '/companies')).body.items[0].id, 997);
  assert.equal((await call('GET', '/companies/997/alerts')).body.items[0].alertType, '8');
});

test('lies, is late and fails as often and for whom it was told', async () => {
  telemax.setFaults([
    { match: { route: 'position', vehicle: '88421' }, sample: { vin: 'WDB9066331S999999' }, times: 1 },
    { match: { route: 'position' }, age_seconds: 3600, times: 1 },
    { match: { route: 'position' }, status: 503, times: 1 },
    { match: { route: 'position' }, status: 429, retry_after: 7, times: 1 },
    { match: { route: 'position' }, drop: true, times: 1 },
  ]);
  const ask = () => call('GET', '/vehicles/88421/last-position');
  assert.equal((await ask()).body.vin, 'WDB9066331S999999');
  const late = (await ask()).body;
  assert.ok(Date.now() - Date.parse(`${late.utcTime}Z`) >= 3_600_000);
  assert.equal((await ask()).body.type, 'SERVER_ERROR');
  const limited = await ask();
  assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '7']);
  await assert.rejects(ask());
  assert.equal((await ask()).body.vin, 'WDB9066331S000421');
  assert.equal(telemax.calls('position'), 6);
  assert.throws(() => telemax.setFaults({ staus: 503 }), TypeError);
});

let taken;
let sink;
before(async () => {
  sink = createServer(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray());
    taken.requests.push({ body, headers: incoming.headers });
    outgoing.writeHead(taken.statuses.shift() ?? 202).end();
  });
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
});
beforeEach(() => {
  taken = { requests: [], statuses: [] };
});
after(() => sink?.close());

test('delivers alerts, signed, until they are taken', async () => {
  const url = `http://127.0.0.1:${sink.address().port}/hooks/telemax`;
  const { secret } = (await create({ url })).body;
  await create({ url, isActive: false });
  await create({ url, alertIds: [102] });
  taken.statuses = [503, 500];
  const ignition = { alertType: 'Ignition', vehicleId: 88421, data: { isStarted: false } };
  assert.deepEqual(await telemax.fire(ignition), [202]);
  assert.equal(taken.requests.length, 3);
  const [{ body, headers }] = taken.requests;
  assert.ok(taken.requests.every((each) => each.body.equals(body)));
  const mac = createHmac('sha256', secret).update(body).digest('hex');
  assert.equal(headers['x-telemax-signature'], `sha256=${mac}`);
  assert.match(headers['x-telemax-delivery'], /^[\da-f-]{36}$/);
  const { timestamp, ...payload } = JSON.parse(body);
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual(payload, {
    alertType: 'Ignition',
    vehicleId: 88421,
    vehicleName: 'Delivery Van 07',
    position: { lat: -33.8688, lng: 151.2093 },
    direction: 142,
    address: null,
    data: { isStarted: false },
  });
  assert.equal((await call('GET', '/vehicles/88421/last-position')).body.ignition, false);
  assert.deepEqual(
    telemax.deliveries.map(({ attempt, status }) => [attempt, status]),
    [
      [1, 503],
      [2, 500],
      [3, 202],
    ],
  );
});

test('is told by its own routes too', async () => {
  const url = `http://127.0.0.1:${sink.address().port}/hooks/telemax`;
  await create({ url, alertIds: [], isGlobal: true });
  const tell = (method, path, content) =>
    request(telemax.url + path, { method, body: JSON.stringify(content) });
  assert.equal((await tell('PUT', '/vehicles/88421', { odometer: 5 })).body.odometer, 5);
  const fired = await tell('POST', '/alerts', { alertType: 'Idle', vehicleId: 88421 });
  assert.deepEqual([fired.status, fired.body], [202, { webhooks: [41] }]);
  assert.equal((await tell('POST', '/alerts', { alertType: 'Idling', vehicleId: 88421 })).status, 400);
  assert.equal((await tell('POST', '/alerts', { alertType: 'Idle', vehicleId: 1 })).status, 400);
  assert.equal((await tell('PUT', '/faults', { status: 99 })).status, 400);
  assert.equal(
    (await tell('PUT', '/faults', { status: 500, match: { route: 'webhooks.list' } })).status,
    200,
  );
  assert.equal((await call('GET', '/webhooks')).status, 500);
  const { body } = await request(`${telemax.url}/requests`);
  assert.deepEqual(body.at(-1).route, 'webhooks.list');
});
