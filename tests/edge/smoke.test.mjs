// The shortest way through everything: one genuine delivery per provider, and what Cartrack got of it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { request, sampleDeliveries, startWeighbridge, TELEMAX_MAPPING, until } from './harness.mjs';

let bridge;
before(async () => {
  bridge = await startWeighbridge();
});
after(() => bridge?.close());

test('the gateway says that it is up', async () => {
  const { status, body } = await request(`${bridge.url}/healthz`);
  assert.equal(status, 200);
  assert.equal(body.status, 'ok');
  assert.match(body.version, /^\d+\.\d+\.\d+/);
});

test('an unknown path is answered in JSON', async () => {
  const { status, body } = await request(`${bridge.url}/nowhere`);
  assert.equal(status, 404);
  assert.equal(body.error, 'unknown_route');
});

test('the console is served beside the interfaces', async () => {
  const { status, headers } = await request(`${bridge.url}/`);
  assert.equal(status, 200);
  assert.match(headers.get('content-type'), /^text\/html/);
  assert.match(headers.get('content-security-policy'), /default-src 'none'/);
});

test('one delivery of each provider arrives at Cartrack', async (t) => {
  const mapped = await bridge.admin('PUT', TELEMAX_MAPPING.path, TELEMAX_MAPPING.mapping);
  assert.ok(mapped.status === 200 || mapped.status === 201, `PUT of a mapping was answered ${mapped.status}`);
  const expected = {
    smartcar: { event_type: 'PERIODIC', chassis_number: '5YJ3E7EB1LF000001' },
    telematica: { event_type: 'PERIODIC', chassis_number: 'MAT534006MPTS4325' },
    telemax: { event_type: 'IGNITION_ON', chassis_number: TELEMAX_MAPPING.mapping.vin },
  };
  for (const delivery of sampleDeliveries(bridge.vars)) {
    await t.test(delivery.provider, async () => {
      const { status, body } = await bridge.deliver(delivery);
      assert.equal(status, 202, JSON.stringify(body));
      assert.equal(body.outcome, 'accepted');
      assert.equal(body.events.length, 1);

      const isIts = ({ record }) => record.source.provider === delivery.provider;
      const { record } = await until(() => bridge.cartrack.received.find(isIts), {
        what: `the record of ${delivery.provider}`,
      });
      const { event_type, chassis_number } = record;
      assert.deepEqual({ event_type, chassis_number }, expected[delivery.provider]);
      assert.equal(record.telemetry, undefined, 'no webhook tells all that telemetry must have');
    });
  }
  assert.ok(
    bridge.cartrack.requests.every(({ status }) => status === 202),
    JSON.stringify(bridge.cartrack.requests.filter(({ status }) => status !== 202)),
  );
});

test('a delivery with a wrong signature is refused and goes nowhere', async () => {
  const [delivery] = sampleDeliveries(bridge.vars);
  const before = bridge.cartrack.requests.length;
  const { status, body } = await bridge.deliver({ ...delivery, body: `${delivery.body} ` });
  assert.equal(status, 401);
  assert.equal(body.error, 'signature_mismatch');
  assert.equal(bridge.cartrack.requests.length, before);
});
