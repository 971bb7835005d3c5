// What the cases do not say: misuse, options, diagnoses, and the smaller functions.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { installPackage } from './support/installed.mjs';

const { load } = installPackage();
const weighbridge = await load('weighbridge');
const sdk = await load('weighbridge/smartcar');
const { verify, receive, receiveCallback, sign, answerChallenge, toCartrack, generateSecret } = weighbridge;

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const BODY = '{"type":"ping"}';
const now = 1_614_265_330_000;
const headers = sign('telematica', BODY, SECRET, { id: 'msg_1', now });
const genuine = { headers, body: BODY };
const LARGE = 'x'.repeat(100_000);

describe('misuse throws a TypeError that says what to do', () => {
  const misuses = {
    'an unknown provider': [() => verify('svix', genuine, SECRET), /'smartcar', 'telematica', 'telemax'/],
    'no delivery': [() => verify('telematica', undefined, SECRET), /headers and the raw body/],
    'no headers': [() => verify('telematica', { body: BODY }, SECRET), /delivery\.headers/],
    'no body': [() => verify('telematica', { headers }, SECRET), /body is missing/],
    'a parsed body': [
      () => verify('telematica', { headers, body: { type: 'ping' } }, SECRET),
      /parsed from JSON/,
    ],
    'a parsed array': [() => receive('telematica', { headers, body: [1] }, SECRET), /parsed from JSON/],
    'an undefined secret': [() => verify('telematica', genuine, undefined), /environment variable/],
    'an empty secret': [() => verify('telematica', genuine, ''), /empty/],
    'a bare prefix': [() => verify('telematica', genuine, 'whsec_'), /empty/],
    'no secret in the list': [() => verify('telematica', genuine, []), /empty array/],
    'an empty secret in the list': [() => verify('telematica', genuine, [SECRET, '']), /empty/],
    'a list in a string': [() => verify('telematica', genuine, `${SECRET}, ${SECRET}`), /white space/],
    'a number as secret': [() => verify('telematica', genuine, [7]), /only strings/],
    'a secret that is not base64': [() => verify('telematica', genuine, 'whsec_%'), /not base64/],
    'a secret that is not hex': [
      () => verify('telemax', genuine, 'xyz', { secretEncoding: 'hex' }),
      /hex digits/,
    ],
    'an encoding that is none': [
      () => verify('telemax', genuine, 'a', { secretEncoding: 'base64' }),
      /'utf8' or 'hex'/,
    ],
    'a time that is none': [() => verify('telematica', genuine, SECRET, { now: Number.NaN }), /options\.now/],
    'an invalid Date': [() => verify('telematica', genuine, SECRET, { now: new Date('x') }), /options\.now/],
    'a negative tolerance': [
      () => verify('telematica', genuine, SECRET, { toleranceSeconds: -1 }),
      /toleranceSeconds/,
    ],
    'a tolerance in words': [
      () => verify('telematica', genuine, SECRET, { toleranceSeconds: '300' }),
      /toleranceSeconds/,
    ],
    'an empty token': [() => receiveCallback(genuine, ''), /empty/],
    'several secrets to sign with': [() => sign('smartcar', BODY, ['a']), /the one to sign with/],
    'an event that is none': [() => toCartrack({ provider: 'smartcar' }), /receive\(\)/],
    'a VIN that is none': [() => toCartrack({}, { vin: '5YJ3' }), /17 letters and digits/],
  };
  for (const [name, [call, message]] of Object.entries(misuses)) {
    it(name, () => assert.throws(call, (error) => error instanceof TypeError && message.test(error.message)));
  }
});

describe('what comes over the network never throws', () => {
  const values = ['', ' ', 'v1,', 'é', '\u{1f697}', '\ud800', 'a, b', 'sha256=', '0', 'x'.repeat(70_000)];
  const names = [
    'svix-id',
    'svix-timestamp',
    'svix-signature',
    'sc-signature',
    'x-telemax-signature',
    'authorization',
  ];
  it('whatever the headers and the body', () => {
    for (const provider of ['smartcar', 'telematica', 'telemax']) {
      for (const body of [BODY, LARGE, '\ud800', new Uint8Array(0), new Uint8Array(5000).fill(255)]) {
        for (const value of values) {
          for (const left of [undefined, ...names]) {
            const headers = Object.fromEntries(
              names.filter((name) => name !== left).map((name) => [name, value]),
            );
            assert.equal(verify(provider, { headers, body }, SECRET).ok, false);
            assert.equal(receive(provider, { headers, body }, SECRET).kind, 'rejected');
            assert.equal(receiveCallback({ headers, body }, 'token').kind, 'rejected');
            assert.equal(answerChallenge({ headers, body }, 'amt'), null);
          }
        }
      }
    }
  });
});

describe('verify', () => {
  it('gives the key that fits, the signed id and the signed time', () => {
    const verdict = { ok: true, keyIndex: 0, id: 'msg_1', timestamp: 1_614_265_330 };
    assert.deepEqual(verify('telematica', genuine, SECRET, { now }), verdict);
    assert.deepEqual(verify('telematica', genuine, ['QUFB', SECRET], { now: new Date(now) }), {
      ...verdict,
      keyIndex: 1,
    });
    const padded = { ...headers, 'svix-id': ' msg_1\t' };
    assert.deepEqual(verify('telematica', { headers: padded, body: BODY }, SECRET, { now }), verdict);
  });

  it('says the same of a large body, whoever computes the tag', () => {
    const signed = sign('telematica', LARGE, SECRET, { id: 'msg_é', now });
    for (const body of [LARGE, Buffer.from(LARGE), new Uint8Array(Buffer.from(LARGE))]) {
      const verdict = verify('telematica', { headers: signed, body }, ['QUFB', SECRET], { now });
      assert.deepEqual(verdict, { ok: true, keyIndex: 1, id: 'msg_é', timestamp: 1_614_265_330 });
    }
  });

  it('keeps deliveries apart of which one is verified while the other is read', () => {
    const other = sign('telematica', LARGE, SECRET, { id: 'msg_2', now });
    const within = {
      toString: () => verify('telematica', { headers: other, body: LARGE }, SECRET, { now }).id,
    };
    const verdict = verify(
      'telematica',
      {
        headers: { ...headers, 'svix-id': { toString: () => within.toString().replace('2', '1') } },
        body: BODY,
      },
      SECRET,
      { now },
    );
    assert.deepEqual(verdict, { ok: true, keyIndex: 0, id: 'msg_1', timestamp: 1_614_265_330 });
  });

  it('keeps to the tolerance', () => {
    const at = (seconds, toleranceSeconds) =>
      verify('telematica', genuine, SECRET, { now: now + seconds * 1000, toleranceSeconds }).code;
    assert.deepEqual(
      [at(300), at(301), at(-300), at(-301)],
      [undefined, 'timestamp_too_old', undefined, 'timestamp_too_new'],
    );
    assert.deepEqual(
      [at(5, 5), at(6, 5), at(3600, 3600), at(1, 0)],
      [undefined, 'timestamp_too_old', undefined, 'timestamp_too_old'],
    );
  });

  it('diagnoses', () => {
    const say = (provider, delivery, secret, options = { now }) =>
      verify(provider, delivery, secret, options).message;
    const hex = createHmac('sha256', 'amt').update(BODY).digest();
    assert.match(say('telematica', genuine, SECRET, { now: now + 9e5 }), /signed 900 s ago.*clock/);
    assert.match(say('telematica', genuine, 'QUFBQUFB'), /lacks the prefix whsec_/);
    assert.match(
      say('smartcar', { headers: { 'sc-signature': hex.toString('base64') }, body: BODY }, 'amt'),
      /base64/,
    );
    assert.match(
      say('smartcar', { headers: { 'sc-signature': hex.toString('hex') }, body: BODY }, SECRET),
      /whsec_/,
    );
    const decoded = { headers: { 'sc-signature': hex.toString('hex') }, body: '{"a":"\ufffd"}' };
    assert.match(say('smartcar', decoded, 'amt'), /decoded before/);
    assert.match(say('smartcar', { headers: {}, body: BODY }, 'amt'), /sc-signature is absent/);
  });

  it('takes bytes of another realm, and views of a part', () => {
    const foreign = runInNewContext(`Uint8Array.from(${JSON.stringify([...Buffer.from(BODY)])})`);
    assert.ok(verify('telematica', { headers, body: foreign }, SECRET, { now }).ok);
    const view = new Uint8Array(Buffer.from(`..${BODY}..`).buffer.slice(0), 0, 0);
    assert.equal(verify('telematica', { headers, body: view }, SECRET, { now }).ok, false);
    const part = Buffer.from(`..${BODY}..`).subarray(2, 2 + BODY.length);
    assert.ok(verify('telematica', { headers, body: part }, SECRET, { now }).ok);
  });

  it('keeps many secrets apart, more than it remembers', () => {
    const secrets = Array.from({ length: 700 }, (_, index) => `secret-${index}`);
    for (const secret of [...secrets, ...secrets]) {
      const delivery = { headers: sign('smartcar', BODY, secret), body: BODY };
      assert.ok(verify('smartcar', delivery, secret).ok);
      assert.equal(verify('smartcar', delivery, [`${secret}x`, secret]).keyIndex, 1);
      assert.equal(verify('smartcar', delivery, `${secret}x`).ok, false);
    }
  });

  it('reads Telemax keys as text or as hex', () => {
    const secret = '0ABFAA308801519BFA69ECBC050AACDD567D46B042C85CD08171E4F327E71981';
    const tag = createHmac('sha256', Buffer.from(secret, 'hex')).update(BODY).digest('hex');
    const delivery = { headers: { 'x-telemax-signature': `sha256=${tag}` }, body: BODY };
    assert.ok(verify('telemax', delivery, secret, { secretEncoding: 'hex' }).ok);
    assert.equal(verify('telemax', delivery, secret).ok, false);
  });
});

describe('the other functions', () => {
  it('sign gives headers that verify, and generateSecret secrets to sign with', () => {
    const forms = {
      smartcar: /^[0-9a-f]{8}-[0-9a-f]{4}-4/,
      telematica: /^whsec_.{44}$/,
      telemax: /^[0-9A-F]{64}$/,
    };
    for (const [provider, form] of Object.entries(forms)) {
      const secret = generateSecret(provider);
      assert.match(secret, form);
      assert.notEqual(secret, generateSecret(provider));
      for (const body of [BODY, LARGE, Buffer.from([0, 255])]) {
        assert.ok(verify(provider, { headers: sign(provider, body, secret), body }, secret).ok);
      }
    }
    assert.equal(sign('telemax', BODY, 'x', { id: 'me' })['x-telemax-delivery'], 'me');
  });

  it('answerChallenge answers challenges and signs nothing else', () => {
    const challenge = (text) => ({
      headers: {},
      body: JSON.stringify({ eventType: 'VERIFY', data: { challenge: text } }),
    });
    const reply = { challenge: '9baf5a7464bd86740ad5a06e439dcf535a075022ed2c92d74efacf646d79328e' };
    assert.deepEqual(answerChallenge(challenge('challenge'), ['amt', 'older']), reply);
    for (const text of ['{"eventType":"VEHICLE_STATE"}', '', 'a b', 7, null]) {
      assert.equal(answerChallenge(challenge(text), 'amt'), null);
    }
    assert.equal(answerChallenge({ headers: {}, body: BODY }, 'amt'), null);
  });

  it("Smartcar's helpers answer safe text and verify raw bytes", () => {
    assert.equal(
      sdk.hashChallenge('abc123abc123', '9c9c9c9c'),
      '2a596ed34b8c6f069492d952aa51f076fee7b1c662b6498e0217a0d41fd9b936',
    );
    for (const text of ['{"eventType":"VEHICLE_STATE"}', '', 'a b', undefined]) {
      assert.throws(() => sdk.hashChallenge('amt', text), /is not 1 to 256 printable/);
    }
    const hex = '4c05a8da471f05156ad717baa4017acd13a3a809850b9ca7d3301dcaaa854f70';
    assert.ok(sdk.verifyPayload('amt', hex, '{"pizza":"pasta"}'));
    assert.ok(sdk.verifyPayload('amt', hex, Buffer.from('{"pizza":"pasta"}')));
    assert.equal(sdk.verifyPayload('amt', hex, '{"pizza": "pasta"}'), false);
    assert.equal(sdk.verifyPayload('amt', undefined, '{}'), false);
  });

  it('a number beyond all that fit is malformed; an object that looks like one is an object', () => {
    const kind = (body) => {
      const signed = sign('telematica', body, SECRET, { id: 'msg_1', now });
      const received = receive('telematica', { headers: signed, body }, SECRET, { now });
      return received.code ?? received.kind;
    };
    assert.equal(kind('{"type":"x","a":[1e308]}'), 'events');
    assert.equal(kind('{"type":"x","a":[1e309]}'), 'malformed_body');
    assert.equal(kind('{"type":"x","a":[-1e999]}'), 'malformed_body');
    assert.equal(kind('{"type":"x","a":{"$serde_json::private::Number":"1e309"}}'), 'events');
    assert.equal(kind('{"$serde_json::private::Number":"1.5"}'), 'events');
  });

  it('numbers come through as they were written', () => {
    const position = { latitude: -33.868_812_345_678_9, longitude: 151.209_312_345_678_9 };
    const places = [position, { latitude: -0.30000000000000004, longitude: 151.20930000000001 }];
    places.push({ latitude: 1e-7, longitude: -1.5e-300 });
    const event = {
      provider: 'telemax',
      vehicle: '1',
      type: 'Speeding',
      mode: 'live',
      provider_event_id: 'e',
      moment: 'PERIODIC',
      received_at: '2026-04-28T06:14:30Z',
      event_ts: '2026-04-28T06:14:22Z',
      position,
    };
    const { record } = toCartrack(event, { vin: '5yj3e7eb1lf000001' });
    assert.equal(record.chassis_number, '5YJ3E7EB1LF000001');
    const vin = record.chassis_number;
    const sent = places.map((place) => toCartrack({ ...event, position: place }, { vin }).record.position);
    assert.deepEqual(sent, places);
    const far = { ...event, odometer_km: { value: 1e300, at: event.event_ts } };
    const moving = {
      speed_kmh: { ...far.odometer_km, value: 0 },
      ignition: { ...far.odometer_km, value: true },
    };
    const { telemetry } = toCartrack({ ...far, ...moving }, { vin }).record;
    assert.deepEqual(telemetry, { speed: 0, ignition: true, odometer: 1e300 });
    assert.deepEqual(toCartrack(event), { ok: false, reason: 'unmapped_vehicle' });
    assert.deepEqual(toCartrack({ ...event, skip: 'test_mode' }), { ok: false, reason: 'test_mode' });
  });
});
