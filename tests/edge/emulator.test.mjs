// The Cartrack emulator judges the other tests, so it is tested itself: that it takes the vendor's own
// sample, refuses everything that departs from the specification, and misbehaves exactly as told.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startCartrack } from '../../pkg/emulator/cartrack.mjs';
import { request } from './harness.mjs';

// The sample in the vendor's event specification.
const SAMPLE = {
  event_type: 'PERIODIC',
  event_ts: '2026-01-19T08:42:15Z',
  chassis_number: 'ABC12345678901234',
  source: {
    provider: 'third_party_x',
    device_id: 'IMEI123456789',
    provider_event_id: 'evt-984739287',
    provider_received_ts: '2026-01-19T08:42:18Z',
  },
  position: { latitude: 1.3521, longitude: 103.8198, altitude: 15 },
  telemetry: { speed: 54, ignition: true, rpm: 2200, odometer: 45231.4 },
};

let cartrack;
before(async () => {
  cartrack = await startCartrack({ apiKey: 'key' });
});
after(() => cartrack?.close());
beforeEach(() => {
  cartrack.clear();
  cartrack.setFaults([]);
});

const post = (body, headers = {}) =>
  request(cartrack.url, {
    method: 'POST',
    headers: { 'X-API-KEY': 'key', 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  });

/** The sample with the member at `path` set to `value`, or removed where that is undefined. */
function changed(path, value) {
  const copy = structuredClone(SAMPLE);
  const names = path.split('.');
  const last = names.pop();
  const parent = names.reduce((object, name) => object[name], copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

test("takes the vendor's sample, and what leaves optional members out", async () => {
  assert.equal((await post(SAMPLE)).status, 202);
  const optional = ['telemetry', 'telemetry.rpm', 'position.altitude', 'source.device_id'];
  for (const path of [...optional, 'source.provider_received_ts', 'source.provider_event_id']) {
    cartrack.clear();
    assert.equal((await post(changed(path))).status, 202, path);
  }
});

test('lists what it took without the key', async () => {
  await post(SAMPLE);
  const { body } = await request(`${cartrack.base}/received`);
  assert.deepEqual(
    body.map(({ record }) => record),
    [SAMPLE],
  );
  assert.ok(!JSON.stringify(body).includes('"key"'));
  await request(`${cartrack.base}/received`, { method: 'DELETE' });
  assert.deepEqual((await request(`${cartrack.base}/received`)).body, []);
});

test('answers a repeat with 409 and takes it once', async () => {
  assert.equal((await post(SAMPLE)).status, 202);
  assert.equal((await post(SAMPLE)).status, 409);
  assert.equal((await post(changed('source.provider', 'another'))).status, 202);
  assert.equal(cartrack.received.length, 2);
  assert.deepEqual(
    cartrack.requests.map(({ status }) => status),
    [202, 409, 202],
  );
});

const REQUIRED = ['event_type', 'event_ts', 'chassis_number', 'source', 'source.provider', 'position'];
const REQUIRED_INSIDE = ['position.latitude', 'position.longitude'];
const REQUIRED_TOGETHER = ['telemetry.speed', 'telemetry.ignition', 'telemetry.odometer'];
const WRONG = [
  ...[...REQUIRED, ...REQUIRED_INSIDE, ...REQUIRED_TOGETHER].map((path) => [path, undefined]),
  ...[...REQUIRED, 'telemetry', 'source.device_id', 'position.altitude'].map((path) => [path, null]),
  ['event_type', 'periodic'],
  ['event_ts', '2026-01-19T08:42:15'],
  ['event_ts', '2026-01-19T08:42:15+01:00'],
  ['event_ts', '2026-02-30T08:42:15Z'],
  ['event_ts', '2999-01-01T00:00:00Z'],
  ['event_ts', 1768812135],
  ['chassis_number', 'ABC1234567890123'],
  ['chassis_number', 'abc12345678901234'],
  ['position.latitude', 90.1],
  ['position.longitude', '103.8'],
  ['position.heading', 4],
  ['source.user', 'someone'],
  ['source.provider', ''],
  ['source.provider_received_ts', 'yesterday'],
  ['telemetry.speed', -1],
  ['telemetry.ignition', 1],
  ['odometer', 4],
];
for (const [path, value] of WRONG) {
  test(`refuses ${path} ${value === undefined ? 'missing' : `= ${JSON.stringify(value)}`}`, async () => {
    const { status, body } = await post(changed(path, value));
    assert.equal(status, 400);
    assert.deepEqual(
      body.details.map((detail) => detail.path),
      [path],
    );
    assert.equal(cartrack.received.length, 0);
  });
}

test('refuses what is no event of a tenant', async () => {
  assert.equal((await post(SAMPLE, { 'X-API-KEY': 'other' })).status, 401);
  assert.equal((await post(SAMPLE, { 'Content-Type': 'text/plain' })).status, 415);
  assert.equal((await post('{"event_type":')).status, 400);
  assert.equal((await post(new Uint8Array([0x22, 0xff, 0x22]))).status, 400);
  assert.equal((await post('[]')).status, 400);
  assert.equal((await post(' '.repeat(65_537))).status, 413);
  assert.equal((await request(cartrack.url)).status, 405);
  assert.equal((await request(`${cartrack.base}/`)).status, 404);
  assert.equal(cartrack.received.length, 0);
});

test('misbehaves as often and for whom it was told', async () => {
  const faults = { status: 503, retry_after: 2, times: 2, match: { provider: 'third_party_x' } };
  const told = await request(`${cartrack.base}/faults`, { method: 'PUT', body: JSON.stringify(faults) });
  assert.equal(told.status, 200);
  assert.equal((await post(changed('source.provider', 'another'))).status, 202);
  const { status, headers } = await post(SAMPLE);
  assert.equal(status, 503);
  assert.equal(headers.get('retry-after'), '2');
  assert.equal((await post(SAMPLE)).status, 503);
  assert.equal((await post(SAMPLE)).status, 202);
});

test('can take an event and lose the answer', async () => {
  cartrack.setFaults({ drop: true, accept: true, times: 1 });
  await assert.rejects(post(SAMPLE));
  assert.equal(cartrack.received.length, 1);
  assert.equal((await post(SAMPLE)).status, 409);
});

test('refuses a fault that it does not know', async () => {
  for (const fault of [{ staus: 503 }, { status: 99 }, { match: { vin: 'x' } }, 'drop']) {
    const { status } = await request(`${cartrack.base}/faults`, {
      method: 'PUT',
      body: JSON.stringify(fault),
    });
    assert.equal(status, 400, JSON.stringify(fault));
  }
});
