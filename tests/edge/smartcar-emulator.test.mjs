// The Smartcar emulator stands in for the vendor in other tests, so it is tested itself.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { startSmartcar } from '../../pkg/emulator/smartcar.mjs';
import { CONNECTIONS, connectionOf, WEBHOOKS } from '../../pkg/emulator/smartcar-fleet.mjs';
import { request } from './harness.mjs';

const CLIENT = { clientId: 'client_emulated', clientSecret: 'a-secret-of-the-emulator' };
const [FIRST, , WITHOUT_VIN] = CONNECTIONS;
const VIN = 'vehicleidentification-vin';

let smartcar;
let token;
beforeEach(async () => {
  smartcar = await startSmartcar(CLIENT);
  ({ access_token: token } = (await tokenFor({})).body);
});
afterEach(() => smartcar?.close());

function tokenFor(changes) {
  const { clientId: client_id, clientSecret: client_secret } = CLIENT;
  const form = { grant_type: 'client_credentials', client_id, client_secret, ...changes };
  return request(smartcar.tokenUrl, { method: 'POST', body: new URLSearchParams(form) });
}

function call(method, path, { content, user, Authorization = `Bearer ${token}` } = {}) {
  const headers = { Authorization, ...(user && { 'sc-user-id': user }), 'Content-Type': 'application/json' };
  const body = content === undefined ? undefined : JSON.stringify(content);
  return request(smartcar.url + path, { method, headers, body });
}

const signal = ({ vehicleId, userId }, code = VIN) =>
  call('GET', `/vehicles/${vehicleId}/signals/${code}`, { user: userId });
const subscriptionOf = ({ vehicleId, userId }, webhookId = WEBHOOKS[0].id) => ({
  content: { data: { attributes: { webhookId, userId, vehicleId } } },
});
const errorOf = ({ status, body }) => [status, body.errors[0].type, body.errors[0].code];

test('gives an application its token for an hour', async () => {
  const { status, body } = await tokenFor({});
  assert.equal(status, 200);
  assert.deepEqual([body.token_type, body.expires_in], ['Bearer', 3600]);
  const wrong = await tokenFor({ client_secret: 'wrong' });
  assert.deepEqual([wrong.status, wrong.body], [401, { error: 'invalid_client' }]);
  const malformed = await tokenFor({ grant_type: 'password' });
  assert.deepEqual([malformed.status, malformed.body], [400, { error: 'invalid_request' }]);
});

test('demands a token that has not expired', async () => {
  assert.deepEqual(errorOf(await call('GET', '/connections', { Authorization: 'Bearer x' })), [
    401,
    'AUTHENTICATION',
    null,
  ]);
  assert.equal((await call('GET', '/connections')).status, 200);
  smartcar.expireTokens();
  assert.equal((await call('GET', '/connections')).status, 401);
});

test('lists connections by pages and filters', async () => {
  const page = (await call('GET', '/connections?page[size]=2&page[number]=2')).body;
  assert.deepEqual(page.meta, { pageNumber: 2, pageSize: 2, totalCount: 3 });
  assert.equal(page.data[0].relationships.vehicle.data.id, WITHOUT_VIN.vehicleId);
  const { data } = (await call('GET', `/connections?filter[vehicleId]=${FIRST.vehicleId}`)).body;
  assert.deepEqual(
    data.map(({ attributes }) => attributes.user.id),
    [FIRST.userId],
  );
  assert.equal((await call('GET', '/connections?filter[vehicle.mode]=simulated')).body.data.length, 0);
  assert.equal((await call('GET', '/connections?page[size]=101')).status, 400);
});

test('tells the VIN to whom the user let it', async () => {
  const { body } = await signal(FIRST);
  assert.deepEqual([body.data.attributes.code, body.data.attributes.body], [VIN, { value: FIRST.vin }]);
  assert.deepEqual(errorOf(await signal(WITHOUT_VIN)), [403, 'PERMISSION', null]);
  assert.deepEqual(errorOf(await signal({ vehicleId: FIRST.vehicleId })), [
    400,
    'VALIDATION',
    'MISSING_PARAMETER',
  ]);
  const stranger = await signal({ vehicleId: FIRST.vehicleId, userId: WITHOUT_VIN.userId });
  assert.deepEqual(errorOf(stranger), [404, 'RESOURCE_NOT_FOUND', 'VEHICLE_NOT_FOUND']);
  assert.equal((await signal(FIRST, 'no-such')).status, 404);
  const { data, meta } = (await call('GET', `/vehicles/${FIRST.vehicleId}/signals`, { user: FIRST.userId }))
    .body;
  assert.equal(meta.totalCount, data.length);
  const vehicle = await call('GET', `/vehicles/${FIRST.vehicleId}`);
  assert.equal(vehicle.body.data.attributes.make, 'TESLA');
});

test('fails for a vehicle as that vehicle does', async () => {
  for (const [type, code, status] of [
    ['VEHICLE_STATE', 'ASLEEP', 409],
    ['CONNECTED_SERVICES_ACCOUNT', 'AUTHENTICATION_FAILED', 400],
    ['COMPATIBILITY', 'VEHICLE_NOT_CAPABLE', 501],
  ]) {
    smartcar.connections[0].error = { type, code };
    assert.deepEqual(errorOf(await signal(FIRST)), [status, type, code]);
  }
});

test('subscribes and unsubscribes', async () => {
  assert.equal((await call('POST', '/subscriptions', subscriptionOf(FIRST))).status, 202);
  assert.equal((await call('POST', '/subscriptions', subscriptionOf(FIRST))).status, 409);
  assert.equal((await call('POST', '/subscriptions', subscriptionOf(FIRST, 'other'))).status, 404);
  assert.equal((await call('POST', '/subscriptions', subscriptionOf(connectionOf(9)))).status, 404);
  assert.equal((await call('POST', '/subscriptions', { content: {} })).status, 400);
  const list = `/subscriptions?filter[webhookId]=${WEBHOOKS[0].id}`;
  const [{ id, relationships }] = (await call('GET', list)).body.data;
  assert.equal(relationships.vehicle.data.id, FIRST.vehicleId);
  assert.equal((await call('DELETE', `/subscriptions/${id}`)).status, 202);
  assert.equal((await call('DELETE', `/subscriptions/${id}`)).status, 404);
  assert.deepEqual((await call('GET', list)).body.data, []);
  assert.equal((await call('GET', '/webhooks')).body.data[0].attributes.callbackUri, WEBHOOKS[0].callbackUri);
});

test('has a rate limit for the application', async () => {
  const small = await startSmartcar({ ...CLIENT, bucket: { capacity: 2, perMinute: 2 } });
  const large = smartcar;
  smartcar = small;
  try {
    ({ access_token: token } = (await tokenFor({})).body);
    assert.equal((await call('GET', '/connections')).status, 200);
    assert.equal((await call('GET', '/connections')).status, 200);
    const limited = await call('GET', '/connections');
    assert.deepEqual(errorOf(limited), [429, 'RATE_LIMIT', 'SMARTCAR_API']);
    assert.ok(Number(limited.headers.get('retry-after')) >= 1);
  } finally {
    smartcar = large;
    await small.close();
  }
});

test('misbehaves as it was told', async () => {
  smartcar.setFaults([
    { match: { route: 'signal' }, sample: { value: 'LYINGVIN000000001' }, times: 1 },
    { match: { route: 'signal', vehicle: FIRST.vehicleId }, bare: true, times: 1 },
    { match: { route: 'signal' }, status: 502, times: 1 },
  ]);
  assert.equal((await signal(FIRST)).body.data.attributes.body.value, 'LYINGVIN000000001');
  assert.equal((await signal(FIRST)).body.attributes.body.value, FIRST.vin);
  assert.equal((await signal(FIRST)).status, 502);
  assert.equal((await signal(FIRST)).status, 200);
  assert.equal(smartcar.calls('signal'), 4);
});
