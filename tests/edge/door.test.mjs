// The door: what is refused, with which status and code, and that nothing gets past it. Requests that no
// well-behaved client makes are written to the wire as they are.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import {
  alert,
  devicesConnected,
  newId,
  newVin,
  signed,
  stateOfCharge,
  vehicleState,
} from './deliveries.mjs';
import { rawRequest, request, smartcar, startWeighbridge, svix, telemax, until } from './harness.mjs';

const HOOKS = ['smartcar', 'telematica', 'telemax', 'telematica-callback'];
const LIMIT = 1_048_576;

/** How many events there are, and mappings: what a refusal must leave as it was. */
async function stored(bridge) {
  const { states } = (await bridge.admin('GET', '/api/overview')).body;
  const { mappings } = (await bridge.admin('GET', '/api/mappings?limit=500')).body;
  return { states, mappings: mappings.length };
}

const codes = ({ status, body }) => [status, body.error];

/** A refusal has a code and a message and nothing else, and repeats nothing of what it was sent. */
function assertRefusal(reply, status, code, secrets = []) {
  assert.deepEqual(codes(reply), [status, code]);
  assert.deepEqual(Object.keys(reply.body).sort(), ['error', 'message']);
  assert.match(reply.headers.get('content-type'), /^application\/json/);
  for (const secret of secrets) assert.ok(!JSON.stringify(reply.body).includes(secret), secret);
}

describe('a gateway with all its secrets', () => {
  let bridge;
  before(async () => {
    bridge = await startWeighbridge();
  });
  after(() => bridge?.close());

  const post = (path, headers, body) =>
    rawRequest(bridge.url, { path, headers: Object.entries(headers), body });

  test('hooks take POST only', async () => {
    for (const hook of HOOKS) {
      const allow = hook === 'telematica-callback' ? 'POST, OPTIONS' : 'POST';
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', ...(allow === 'POST' ? ['OPTIONS'] : [])]) {
        const reply = await request(`${bridge.url}/hooks/${hook}`, { method });
        assertRefusal(reply, 405, 'method_not_allowed');
        assert.equal(reply.headers.get('allow'), allow, `${method} ${hook}`);
      }
      assert.equal((await request(`${bridge.url}/hooks/${hook}`, { method: 'HEAD' })).status, 405);
    }
  });

  test('a path that is not exactly a hook takes no delivery, however genuine', async () => {
    const { headers, body } = signed(bridge.vars, 'smartcar', vehicleState({ vin: newVin() }));
    const before = await stored(bridge);
    for (const path of [
      '//hooks/smartcar',
      '/hooks//smartcar',
      '/hooks/smartcar/',
      '/hooks/smartcar/extra',
      '/hooks/Smartcar',
      '/HOOKS/smartcar',
      '/hooks/smart%63ar/',
      '/hooks/smartcar%2f',
      '/hooks/smartcar%00',
      '/hooks/smartcar;x=1',
      '/hooks/smartcar%20',
      '/hooks/',
      '/hooks',
      '/hooks/unknown',
      '/hook/smartcar',
      '/hooks/../healthz',
      '/hooks/%2e%2e/healthz',
      '/hooks/smartcar/../../api/events',
      '/healthz/hooks/smartcar',
    ]) {
      const reply = await post(path, headers, body);
      assert.ok([401, 404, 405].includes(reply.status), `${path} was answered ${reply.status}`);
    }
    for (const path of ['/hooks/unknown', '/hooks/smartcar/', '/api2', '/nowhere/at/all']) {
      assertRefusal(await post(path, headers, body), 404, 'unknown_route');
    }
    assert.deepEqual(await stored(bridge), before);
    assert.equal(
      (await post('/hooks/smartcar?source=x', headers, body)).status,
      202,
      'a query does not matter',
    );
  });

  test('no way of writing a path gets to the administration without its token', async () => {
    for (const path of [
      '/api/overview',
      '//api/overview',
      '/api//overview',
      '/API/overview',
      '/%61pi/overview',
      '/healthz/../api/overview',
      '/hooks/../api/overview',
      '/hooks/%2e%2e/api/overview',
      '/hooks/..%2fapi/overview',
      '/./api/overview',
      '/api/./overview',
      '/api/overview/',
      '/api/overview?token=demo-admin-token',
      '/api;/overview',
      '/metrics',
      '/metrics/',
      '//metrics',
      '/%6detrics',
    ]) {
      const { status, body } = await rawRequest(bridge.url, { method: 'GET', path });
      assert.ok([401, 404].includes(status), `${path} was answered ${status}`);
      assert.ok(!JSON.stringify(body).includes('states'), path);
    }
  });

  test('a body over the limit is refused, whether it tells its length or not', async () => {
    const genuine = (size) => {
      const start = JSON.stringify({ eventType: 'SOMETHING', eventId: newId(), padding: '' }).slice(0, -2);
      return `${start}${'x'.repeat(size - start.length - 2)}"}`;
    };
    const token = bridge.vars.SMARTCAR_MANAGEMENT_TOKEN;
    const full = genuine(LIMIT);
    assert.equal(full.length, LIMIT);
    assert.equal((await post('/hooks/smartcar', smartcar(token, full), full)).status, 200);

    const before = await stored(bridge);
    const over = genuine(LIMIT + 1);
    for (const chunked of [false, true]) {
      for (const hook of HOOKS) {
        const headers = Object.entries({
          ...smartcar(token, over),
          ...svix(bridge.vars.TELEMATICA_SVIX_SECRET, over),
          ...telemax(bridge.vars.TELEMAX_WEBHOOK_SECRET, over),
        });
        const reply = await rawRequest(bridge.url, { path: `/hooks/${hook}`, headers, body: over, chunked });
        assertRefusal(reply, 413, 'body_too_large');
      }
      const huge = Buffer.alloc(20 * LIMIT, 'x');
      const reply = await rawRequest(bridge.url, { path: '/hooks/smartcar', body: huge, chunked });
      assertRefusal(reply, 413, 'body_too_large');
    }
    assert.deepEqual(await stored(bridge), before);
    assert.equal((await request(`${bridge.url}/healthz`)).status, 200);
  });

  test('every refusal of a delivery has its status and code, stores nothing and repeats nothing', async () => {
    const { SMARTCAR_MANAGEMENT_TOKEN: token, TELEMATICA_SVIX_SECRET: secret } = bridge.vars;
    const marker = `marker-${newId()}`;
    const content = JSON.stringify({ ...vehicleState({ vin: newVin() }), marker });
    const event = JSON.stringify({ ...stateOfCharge({ vin: newVin() }), marker });
    const at = (seconds) => svix(secret, event, { timestamp: Date.now() / 1000 + seconds });
    const right = at(0);
    const without = (name) => Object.fromEntries(Object.entries(right).filter(([known]) => known !== name));
    const challenge = JSON.stringify({ eventType: 'VERIFY', data: { challenge: `{${marker}` } });
    const bearer = (value) => ({ Authorization: value });
    const table = [
      ['smartcar', {}, content, 401, 'missing_header'],
      ['smartcar', { 'SC-Signature': '' }, content, 401, 'missing_header'],
      ['smartcar', { 'SC-Signature': marker }, content, 401, 'malformed_signature'],
      ['smartcar', smartcar(`${token}x`, content), content, 401, 'signature_mismatch'],
      ['smartcar', smartcar(token, content), `${content} `, 401, 'signature_mismatch'],
      ['smartcar', smartcar(token, `[${content}]`), `[${content}]`, 400, 'malformed_body'],
      ['smartcar', smartcar(token, marker), marker, 400, 'malformed_body'],
      ['smartcar', {}, challenge, 400, 'challenge_refused'],
      ['telemax', {}, content, 401, 'missing_header'],
      [
        'telemax',
        { 'X-Telemax-Signature': smartcar('x', content)['SC-Signature'] },
        content,
        401,
        'malformed_signature',
      ],
      ['telemax', telemax('other', content), content, 401, 'signature_mismatch'],
      ['telematica', {}, event, 401, 'missing_header'],
      ['telematica', without('svix-id'), event, 401, 'missing_header'],
      ['telematica', without('svix-timestamp'), event, 401, 'missing_header'],
      ['telematica', without('svix-signature'), event, 401, 'missing_header'],
      ['telematica', bearer(`Bearer ${bridge.vars.TELEMATICA_CALLBACK_TOKEN}`), event, 401, 'missing_header'],
      ['telematica', { ...right, 'svix-timestamp': 'hello' }, event, 401, 'invalid_timestamp'],
      ['telematica', { ...right, 'svix-timestamp': '' }, event, 401, 'invalid_timestamp'],
      ['telematica', at(-600), event, 401, 'timestamp_too_old'],
      ['telematica', at(600), event, 401, 'timestamp_too_new'],
      ['telematica', { ...right, 'svix-signature': 'v1,' }, event, 401, 'malformed_signature'],
      ['telematica', { ...right, 'svix-id': `msg_${marker}` }, event, 401, 'signature_mismatch'],
      ['telematica', svix(secret, '7'), '7', 400, 'malformed_body'],
      ['telematica-callback', {}, event, 401, 'missing_header'],
      ['telematica-callback', bearer(`Bearer ${marker}`), event, 401, 'unauthorized'],
      [
        'telematica-callback',
        bearer(`Basic ${bridge.vars.TELEMATICA_CALLBACK_TOKEN}`),
        event,
        401,
        'unauthorized',
      ],
    ];
    const before = await stored(bridge);
    for (const [hook, headers, body, status, code] of table) {
      const reply = await post(`/hooks/${hook}`, headers, body);
      assertRefusal(reply, status, code, [marker, token, secret]);
    }
    assert.deepEqual(await stored(bridge), before);
    const sent = bridge.cartrack.requests.map(({ record }) => JSON.stringify(record));
    assert.deepEqual(
      sent.filter((record) => record.includes(JSON.parse(content).eventId)),
      [],
    );
  });

  test('a header that decides and comes twice is malformed, even when both are right', async () => {
    const { vars } = bridge;
    const before = await stored(bridge);
    for (const [hook, { headers, body }, name] of [
      ['smartcar', signed(vars, 'smartcar', vehicleState({ vin: newVin() })), 'SC-Signature'],
      ['telemax', signed(vars, 'telemax', alert()), 'X-Telemax-Signature'],
      ['telematica', signed(vars, 'telematica', stateOfCharge()), 'svix-id'],
      ['telematica', signed(vars, 'telematica', stateOfCharge()), 'svix-timestamp'],
      ['telematica', signed(vars, 'telematica', stateOfCharge()), 'svix-signature'],
      [
        'telematica-callback',
        {
          headers: { Authorization: `Bearer ${vars.TELEMATICA_CALLBACK_TOKEN}` },
          body: JSON.stringify({ user: newId(), vehicles: [{ id: newId(), vin: newVin() }] }),
        },
        'Authorization',
      ],
    ]) {
      const once = Object.entries(headers);
      const twice = [...once, ...once.filter(([known]) => known === name)];
      const reply = await rawRequest(bridge.url, { path: `/hooks/${hook}`, headers: twice, body });
      assertRefusal(reply, 401, 'malformed_signature');
    }
    assert.deepEqual(await stored(bridge), before);
  });

  test('a challenge is answered with the hash and nothing else, and stores nothing', async () => {
    const before = await stored(bridge);
    const hash = (text) =>
      createHmac('sha256', bridge.vars.SMARTCAR_MANAGEMENT_TOKEN).update(text).digest('hex');
    for (const content of [
      { eventId: newId(), eventType: 'VERIFY', data: { challenge: 'nsQsLU7wY9WKt2IU' }, meta: {} },
      { version: '2.0', eventName: 'verify', payload: { challenge: '9c9c9c9c' } },
    ]) {
      const { challenge } = content.data ?? content.payload;
      const reply = await request(`${bridge.url}/hooks/smartcar`, {
        method: 'POST',
        body: JSON.stringify(content),
      });
      assert.deepEqual([reply.status, reply.body], [200, { challenge: hash(challenge) }]);
      assert.match(reply.headers.get('content-type'), /^application\/json/);
    }
    assert.deepEqual(await stored(bridge), before);
  });

  test('nobody gets an event signed by sending it as a challenge', async () => {
    const forged = JSON.stringify(vehicleState({ vin: newVin() }));
    for (const challenge of [
      forged,
      '{"a":1}',
      '{',
      '[]',
      '"x"',
      'a b',
      'a\\b',
      'x'.repeat(257),
      '',
      forged.trim(),
    ]) {
      for (const content of [
        { eventType: 'VERIFY', data: { challenge } },
        { eventName: 'verify', payload: { challenge } },
      ]) {
        const reply = await post('/hooks/smartcar', {}, JSON.stringify(content));
        assertRefusal(reply, 400, 'challenge_refused');
        assert.doesNotMatch(JSON.stringify(reply.body), /[0-9a-f]{64}/);
      }
    }
    // What a safe challenge yields signs only itself, and that is no event.
    const { body } = await post(
      '/hooks/smartcar',
      {},
      JSON.stringify({ eventType: 'VERIFY', data: { challenge: 'harmless' } }),
    );
    const used = await post('/hooks/smartcar', { 'SC-Signature': body.challenge }, 'harmless');
    assertRefusal(used, 400, 'malformed_body');
  });

  test('browsers may send to the legacy callback: CORS on every reply', async () => {
    const url = `${bridge.url}/hooks/telematica-callback`;
    const preflight = await request(url, {
      method: 'OPTIONS',
      headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST' },
    });
    assert.deepEqual([preflight.status, preflight.body], [204, '']);
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
    assert.equal(preflight.headers.get('access-control-allow-methods'), 'POST, OPTIONS');
    const allowed = preflight.headers.get('access-control-allow-headers').split(/,\s*/).sort();
    const svixNames = ['id', 'timestamp', 'signature'].flatMap((name) => [`svix-${name}`, `webhook-${name}`]);
    assert.deepEqual(allowed, ['authorization', 'content-type', ...svixNames].sort());
    assert.ok(Number(preflight.headers.get('access-control-max-age')) > 0);

    const authorization = { Authorization: `Bearer ${bridge.vars.TELEMATICA_CALLBACK_TOKEN}` };
    const replies = {
      200: await post('/hooks/telematica-callback', authorization, '{"user":"u","vehicles":[]}'),
      400: await post('/hooks/telematica-callback', authorization, 'x'),
      401: await post('/hooks/telematica-callback', {}, '{}'),
      405: await request(url),
      413: await post('/hooks/telematica-callback', authorization, 'x'.repeat(LIMIT + 1)),
    };
    for (const [status, reply] of Object.entries(replies)) {
      assert.equal(reply.status, Number(status));
      assert.equal(reply.headers.get('access-control-allow-origin'), '*', status);
      assert.equal(reply.headers.get('access-control-allow-credentials'), null);
    }
    const other = await request(`${bridge.url}/hooks/smartcar`, { method: 'OPTIONS' });
    assert.equal(other.headers.get('access-control-allow-origin'), null);
  });
});

describe('a gateway that lacks its secrets', () => {
  let bridge;
  before(async () => {
    bridge = await startWeighbridge({
      vars: {
        SMARTCAR_MANAGEMENT_TOKEN: undefined,
        TELEMATICA_SVIX_SECRET: 'whsec_',
        TELEMATICA_CALLBACK_TOKEN: undefined,
        TELEMAX_WEBHOOK_SECRET: ' , ,',
        ADMIN_TOKEN: ',',
        CORS_ALLOW_ORIGIN: 'https://console.example',
      },
    });
  });
  after(() => bridge?.close());

  test('accepts nothing at the hooks, not even what an empty key signs, and answers no challenge', async () => {
    const event = JSON.stringify(stateOfCharge({ vin: newVin() }));
    const callback = JSON.stringify({ user: newId(), vehicles: [{ id: newId(), vin: newVin() }] });
    const challenge = JSON.stringify({ eventType: 'VERIFY', data: { challenge: 'nsQsLU7wY9WKt2IU' } });
    for (const [hook, headers, body] of [
      ['smartcar', {}, challenge],
      ['smartcar', smartcar('', '{}'), '{}'],
      ['telematica', svix('', event), event],
      ['telematica', svix('whsec_', event), event],
      ['telemax', telemax('', '{}'), '{}'],
      ['telemax', telemax(',', '{}'), '{}'],
      ['telematica-callback', {}, callback],
      ['telematica-callback', { Authorization: 'Bearer ' }, callback],
      ['telematica-callback', svix('', event), event],
    ]) {
      const reply = await request(`${bridge.url}/hooks/${hook}`, { method: 'POST', headers, body });
      assertRefusal(reply, 503, 'provider_not_configured');
      const cors = hook === 'telematica-callback' ? 'https://console.example' : null;
      assert.equal(reply.headers.get('access-control-allow-origin'), cors);
    }
  });

  test('opens the administration to nobody', async () => {
    for (const path of ['/api/overview', '/api/events', '/api/nowhere', '/metrics']) {
      for (const headers of [{}, { Authorization: 'Bearer ' }, { Authorization: 'Bearer ,' }]) {
        const reply = await request(bridge.url + path, { headers });
        assertRefusal(reply, 503, 'provider_not_configured');
      }
    }
    assert.equal((await request(`${bridge.url}/healthz`)).status, 200);
  });

  test('names the one origin that may send to the callback', async () => {
    const reply = await request(`${bridge.url}/hooks/telematica-callback`, { method: 'OPTIONS' });
    assert.equal(reply.status, 204);
    assert.equal(reply.headers.get('access-control-allow-origin'), 'https://console.example');
    assert.equal(reply.headers.get('vary'), 'Origin');
  });
});

describe('where the lanes are', () => {
  for (const vars of [
    { JURISDICTION: 'eu', CARTRACK_REGION: 'europe' },
    { JURISDICTION: 'fedramp', CARTRACK_REGION: 'asia' },
    { CARTRACK_REGION: 'africa', LANES: '1' },
    { CARTRACK_REGION: 'africa', LANES: 'many' },
  ]) {
    test(`${JSON.stringify(vars)} takes and relays deliveries`, async () => {
      const bridge = await startWeighbridge({ vars });
      try {
        const id = await bridge.accepted('smartcar', vehicleState({ vin: newVin() }));
        await bridge.eventIn('delivered', id);
        const { lanes } = (await bridge.admin('GET', '/api/overview')).body;
        assert.equal(lanes.length, vars.LANES === '1' ? 1 : 8);
      } finally {
        await bridge.close();
      }
    });
  }
});

describe('a gateway whose lanes cannot be reached', () => {
  let bridge;
  before(async () => {
    // A jurisdiction that does not exist: data must not go anywhere else, so it goes nowhere.
    bridge = await startWeighbridge({ vars: { JURISDICTION: 'moon' } });
  });
  after(() => bridge?.close());

  test('asks for a retry of every delivery, and still answers challenges', async () => {
    for (const [provider, content] of [
      ['smartcar', vehicleState({ vin: newVin() })],
      ['telematica', stateOfCharge({ vin: newVin() })],
      ['telemax', alert()],
    ]) {
      const reply = await bridge.send(provider, content);
      assertRefusal(reply, 503, 'storage_unavailable');
      assert.ok(Number(reply.headers.get('retry-after')) > 0);
    }
    const challenge = JSON.stringify({ eventType: 'VERIFY', data: { challenge: 'nsQsLU7wY9WKt2IU' } });
    const reply = await request(`${bridge.url}/hooks/smartcar`, { method: 'POST', body: challenge });
    assert.equal(reply.status, 200);
    assert.match(reply.body.challenge, /^[0-9a-f]{64}$/);
    assertRefusal(await bridge.send('smartcar', 'x'), 400, 'malformed_body');
    assert.deepEqual(codes(await bridge.admin('GET', '/api/overview')), [503, 'storage_unavailable']);
  });
});

describe('a key that is rotated', () => {
  const OLD = {
    SMARTCAR_MANAGEMENT_TOKEN: 'old-token',
    TELEMATICA_SVIX_SECRET: 'whsec_b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQ=',
    TELEMATICA_CALLBACK_TOKEN: 'old-bearer',
    TELEMAX_WEBHOOK_SECRET: 'old-secret',
    ADMIN_TOKEN: 'old-admin',
  };
  const NEW = {
    SMARTCAR_MANAGEMENT_TOKEN: 'new-token',
    TELEMATICA_SVIX_SECRET: 'whsec_bmV3IG5ldyBuZXcgbmV3IG5ldyBuZXc=',
    TELEMATICA_CALLBACK_TOKEN: 'new-bearer',
    TELEMAX_WEBHOOK_SECRET: 'new-secret',
    ADMIN_TOKEN: 'new-admin',
  };
  const list = (separator, ...all) =>
    Object.fromEntries(Object.keys(OLD).map((name) => [name, all.map((vars) => vars[name]).join(separator)]));

  let bridge;
  before(async () => {
    bridge = await startWeighbridge({ vars: list(', ', OLD, NEW) });
  });
  after(() => bridge?.close());

  /** The statuses that deliveries signed with these keys are answered with, hook by hook. */
  async function statuses(keys) {
    const bearer = { Authorization: `Bearer ${keys.TELEMATICA_CALLBACK_TOKEN}` };
    const connected = () => devicesConnected(newId(), [{ deviceId: newId(), vin: newVin() }]);
    const replies = await Promise.all([
      bridge.deliver(signed(keys, 'smartcar', vehicleState({ vin: newVin() }))),
      bridge.deliver(signed(keys, 'telematica', stateOfCharge({ vin: newVin() }))),
      bridge.deliver(signed(keys, 'telemax', alert())),
      bridge.deliver({
        path: '/hooks/telematica-callback',
        headers: bearer,
        body: JSON.stringify(connected()),
      }),
      bridge.deliver({ ...signed(keys, 'telematica', connected()), path: '/hooks/telematica-callback' }),
      bridge.admin('GET', '/api/events', undefined, { Authorization: `Bearer ${keys.ADMIN_TOKEN}` }),
    ]);
    return replies.map(({ status, body }) => (body.error ? `${status} ${body.error}` : status));
  }

  /** Whose key answers a challenge. */
  async function answerer() {
    const content = JSON.stringify({ eventType: 'VERIFY', data: { challenge: 'nsQsLU7wY9WKt2IU' } });
    const { body } = await request(`${bridge.url}/hooks/smartcar`, { method: 'POST', body: content });
    const answers = (token) =>
      createHmac('sha256', token).update('nsQsLU7wY9WKt2IU').digest('hex') === body.challenge;
    return [OLD, NEW].filter((vars) => answers(vars.SMARTCAR_MANAGEMENT_TOKEN));
  }

  test('both count while both are listed, in any order; the first answers challenges', async () => {
    const accepted = [202, 202, 202, 200, 200, 200];
    assert.deepEqual(await statuses(OLD), accepted);
    assert.deepEqual(await statuses(NEW), accepted);
    assert.deepEqual(await answerer(), [OLD]);

    await bridge.restart(list('\n', NEW, OLD));
    assert.deepEqual(await statuses(OLD), accepted);
    assert.deepEqual(await statuses(NEW), accepted);
    assert.deepEqual(await answerer(), [NEW]);
  });

  test('the overview tells which key was last the one that fitted', async () => {
    const times = async () => {
      const { signatures } = (await bridge.admin('GET', '/api/overview')).body;
      return Object.entries(signatures).map(([name, { keys }]) => [name, Object.keys(keys)]);
    };
    const both = ['smartcar', 'telematica', 'telemax'].map((name) => [name, ['0', '1']]);
    await until(async () => isDeepStrictEqual(await times(), both), { what: 'a time for each key' });
    const before = Date.now();
    const { keys } = await until(
      async () => {
        await bridge.send('telemax', alert());
        const { telemax } = (await bridge.admin('GET', '/api/overview')).body.signatures;
        return Date.parse(telemax.keys[0]) >= before && telemax;
      },
      { interval: 500, what: 'the time of the key in front' },
    );
    assert.ok(Date.parse(keys[1]) < before);
  });

  test('once it is taken off the list, the old one is refused', async () => {
    await bridge.restart(NEW);
    assert.deepEqual(await statuses(NEW), [202, 202, 202, 200, 200, 200]);
    const mismatch = '401 signature_mismatch';
    const unauthorized = '401 unauthorized';
    assert.deepEqual(await statuses(OLD), [
      mismatch,
      mismatch,
      mismatch,
      unauthorized,
      mismatch,
      unauthorized,
    ]);
    assert.deepEqual(await answerer(), [NEW]);
  });
});
