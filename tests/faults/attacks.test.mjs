// Whoever holds no key gets nothing in, and breaks nothing.

import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../../scripts/places.mjs';
import { smartcar, svix, telemax } from '../../scripts/sign.mjs';
import { inParallel, randomFrom, request, SEED, startBridge } from './harness.mjs';
import { keeping, LONG } from './promises.mjs';
import { message, send } from './raw.mjs';
import { delivery } from './traffic.mjs';

// The keys that most of the cases were made with.
const { config: KEYS } = readCase('smartcar', 'published-s9-schedule-imperial');
const OLD_TOKEN = 'an-old-administrator';
const NEW_TOKEN = 'a-new-administrator';
const LIMIT = 1_048_576;

let bridge;
before(async () => {
  bridge = await startBridge({ vars: { ...KEYS, ADMIN_TOKEN: OLD_TOKEN, LANES: '2' } });
});
after(() => bridge?.close());

function readCase(provider, name) {
  const folder = join(root, 'tests', 'providers', provider, name);
  if (!existsSync(join(folder, 'case.json'))) return undefined;
  const read = (file) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  return {
    provider,
    name,
    ...read('case.json'),
    expected: read('expected.json'),
    body: readFileSync(join(folder, 'body.bin')),
  };
}

/** The cases that a live gateway accepts by their signature, signed for the present. */
function acceptedCases(provider) {
  const cases = readdirSync(join(root, 'tests', 'providers', provider)).map((name) =>
    readCase(provider, name),
  );
  return cases.flatMap((found) => {
    const { reply } = found?.expected ?? {};
    const fits = reply?.status < 300 && reply.body?.challenge === undefined && found.hook === provider;
    if (!fits || JSON.stringify(found.config) !== JSON.stringify(KEYS)) return [];
    return [{ ...found, path: `/hooks/${provider}`, headers: SIGNERS[provider](found.body) }];
  });
}

const SIGNERS = {
  smartcar: (body, key = KEYS.SMARTCAR_MANAGEMENT_TOKEN) => smartcar(key, body),
  telematica: (body, key = KEYS.TELEMATICA_SVIX_SECRET) => svix(key, body),
  telemax: (body, key = KEYS.TELEMAX_WEBHOOK_SECRET) => telemax(key, body),
};
const SIGNATURE = { smartcar: 'SC-Signature', telematica: 'svix-signature', telemax: 'X-Telemax-Signature' };
const SECRET = {
  smartcar: KEYS.SMARTCAR_MANAGEMENT_TOKEN,
  telematica: KEYS.TELEMATICA_SVIX_SECRET,
  telemax: KEYS.TELEMAX_WEBHOOK_SECRET,
};

/** The ways to forge a delivery without the key: each gives a changed delivery, or undefined where it does not apply. */
const FORGERIES = {
  flipBodyBit: (found, random) => withBody(found, (body) => flip(body, random)),
  dropBodyByte: (found, random) => withBody(found, (body) => cut(body, random, 1, Buffer.alloc(0))),
  insertBodyByte: (found, random) => withBody(found, (body) => cut(body, random, 0, randomBytes(1))),
  truncateBody: (found, random) =>
    withBody(found, (body) => body.subarray(0, Math.floor(random() * body.length))),
  appendToBody: (found) => withBody(found, (body) => Buffer.concat([body, Buffer.from(' ')])),
  doubleBody: (found) => withBody(found, (body) => Buffer.concat([body, body])),
  rewriteBody: (found) => withBody(found, (body) => Buffer.from(JSON.stringify(JSON.parse(body), null, 3))),
  swapBody: (found, random, all) => withBody(found, () => all[Math.floor(random() * all.length)].body),
  dropHeader: (found, random) => {
    const names = Object.keys(found.headers).filter((name) => name !== 'X-Telemax-Delivery');
    const { [names[Math.floor(random() * names.length)]]: _, ...headers } = found.headers;
    return { ...found, headers };
  },
  changeSignature: (found, random) => withSignature(found, (value) => changeCharacter(value, random)),
  cutSignature: (found, random) =>
    withSignature(found, (value) => value.slice(0, Math.floor(random() * value.length))),
  growSignature: (found) => withSignature(found, (value) => `${value}0`),
  doubleSignature: (found) => withSignature(found, (value) => `${value}, ${value}`),
  zeroSignature: (found) =>
    withSignature(found, (value) =>
      value.replace(/[0-9a-f]{64}|[\w+/]{43}=/, (part) => '0'.repeat(part.length)),
    ),
  otherAlgorithm: (found, random) => {
    const name = ['sha1', 'sha512', 'md5', 'sha384'][Math.floor(random() * 4)];
    const digest = createHmac(name, SECRET[found.provider]).update(found.body);
    return withSignature(found, () =>
      found.provider === 'telematica'
        ? `v1,${digest.digest('base64')}`
        : `${found.provider === 'telemax' ? `${name}=` : ''}${digest.digest('hex')}`,
    );
  },
  plainHash: (found) => {
    const digest = createHash('sha256').update(SECRET[found.provider]).update(found.body);
    return withSignature(found, () =>
      found.provider === 'telematica'
        ? `v1,${digest.digest('base64')}`
        : `${found.provider === 'telemax' ? 'sha256=' : ''}${digest.digest('hex')}`,
    );
  },
  otherVersion: (found, random) =>
    found.provider === 'telematica'
      ? withSignature(found, (value) =>
          value.replace('v1,', ['v1a,', 'v2,', 'v0,', 'V1,', ','][Math.floor(random() * 5)]),
        )
      : withSignature(found, (value) => `v1,${value}`),
  otherKey: (found, random) => {
    const key = ['', 'x', `${SECRET[found.provider]}0`, SECRET[found.provider].toLowerCase().slice(1)][
      Math.floor(random() * 4)
    ];
    const { [SIGNATURE[found.provider]]: signature } = SIGNERS[found.provider](found.body, key);
    return withSignature(found, () => signature);
  },
  keyOfAnother: (found) => {
    const other = { smartcar: 'telemax', telemax: 'smartcar', telematica: 'smartcar' }[found.provider];
    const { [SIGNATURE[found.provider]]: signature } = SIGNERS[found.provider](found.body, SECRET[other]);
    return withSignature(found, () => signature);
  },
  otherHook: (found, random) => {
    const others = ['smartcar', 'telematica', 'telemax', 'telematica-callback'].filter(
      (name) =>
        name !== found.provider && !(name === 'telematica-callback' && found.provider === 'telematica'),
    );
    return { ...found, path: `/hooks/${others[Math.floor(random() * others.length)]}` };
  },
  changeId: (found) =>
    found.provider === 'telematica' && withHeader(found, 'svix-id', (value) => `${value}x`),
  changeTime: (found, random) =>
    found.provider === 'telematica' &&
    withHeader(found, 'svix-timestamp', (value) => String(Number(value) + Math.floor(random() * 200) - 250)),
  oldReplay: (found) => {
    if (found.provider !== 'telematica') return undefined;
    return { ...found, headers: svix(SECRET.telematica, found.body, { timestamp: Date.now() / 1000 - 302 }) };
  },
};

const withHeader = (found, name, change) => ({
  ...found,
  headers: { ...found.headers, [name]: change(found.headers[name]) },
});
const withSignature = (found, change) => withHeader(found, SIGNATURE[found.provider], change);

function withBody(found, change) {
  let body;
  try {
    body = change(found.body);
  } catch {
    return undefined;
  }
  return body.equals(found.body) ? undefined : { ...found, body };
}

function flip(body, random) {
  const copy = Buffer.from(body);
  if (copy.length > 0) copy[Math.floor(random() * copy.length)] ^= 1 << Math.floor(random() * 8);
  return copy;
}

function cut(body, random, count, replacement) {
  const at = Math.floor(random() * body.length);
  return Buffer.concat([body.subarray(0, at), replacement, body.subarray(at + count)]);
}

/** Another character of the same alphabet in place of one; spare bits and letters' case mean nothing, and are left. */
function changeCharacter(value, random) {
  const begin = value.search(/[0-9a-f]{64}|(?<=v1,)[\w+/]{43}=/);
  const at = begin + Math.floor(random() * 42);
  const other = value[at] === 'a' ? 'b' : 'a';
  return value.slice(0, at) + other + value.slice(at + 1);
}

for (const provider of ['smartcar', 'telematica', 'telemax']) {
  test(`no forgery of a delivery of ${provider} is believed`, (t) =>
    keeping(`Forged ${provider} deliveries: none accepted, none a 5xx`, async () => {
      const random = randomFrom(SEED);
      t.diagnostic(`seed ${SEED}`);
      const all = acceptedCases(provider);
      assert.ok(all.length >= 30, `only ${all.length} accepted cases`);
      const names = Object.keys(FORGERIES);
      const wanted = LONG ? 5_000 : 500;
      const forged = [];
      for (let index = 0; forged.length < wanted; index += 1) {
        const name = names[index % names.length];
        const made = FORGERIES[name](all[Math.floor(random() * all.length)], random, all);
        if (made) forged.push({ ...made, forgery: name });
      }
      const codes = {};
      await inParallel(forged, 16, async (one) => {
        const { status, body } = await bridge.deliver(one);
        // Whatever hook a challenge was signed for: Smartcar's answers one that is safe, and stores nothing.
        const challenged = one.path === '/hooks/smartcar' && isChallenge(one.body) && status === 200;
        if (challenged) assert.deepEqual(Object.keys(body), ['challenge']);
        const what = `${one.forgery} of ${one.name} was answered ${status}`;
        assert.ok(
          challenged || (status >= 400 && status < 500),
          `${what} ${JSON.stringify(body).slice(0, 200)}`,
        );
        const code = body.error ?? 'challenge';
        codes[code] = (codes[code] ?? 0) + 1;
      });
      await nothingStored();
      const { status } = await bridge.deliver(all[0]);
      assert.ok(status === 200 || status === 202, 'the unforged delivery passes');
      await forgetAll();
      return `${forged.length} forgeries of ${all.length} cases in ${names.length} ways: ${Object.entries(
        codes,
      )
        .map(([code, n]) => `${n} ${code}`)
        .join(', ')}`;
    }));
}

function isChallenge(body) {
  try {
    const { eventType, eventName } = JSON.parse(body);
    return /^verify$/i.test(eventType ?? eventName);
  } catch {
    return false;
  }
}

let allowed = 0;

async function nothingStored() {
  const { body } = await bridge.admin('GET', '/api/events?limit=500');
  assert.equal(body.events.length, allowed);
}

async function forgetAll() {
  const { body } = await bridge.admin('GET', '/api/events?limit=500');
  allowed = body.events.length;
}

test('nothing is signed for a stranger', () =>
  keeping('The challenge is no oracle: nothing that could be an event is signed', async () => {
    const random = randomFrom(SEED);
    const event = readCase('smartcar', 'published-s9-schedule-imperial').body.toString();
    const bare = (text) => JSON.stringify(text).slice(1, -1);
    const texts = [
      event,
      ` ${event}`,
      event.slice(1),
      event.slice(0, -1),
      '{}',
      '[]',
      '{',
      '"',
      '\\',
      '\u007b\u007d',
      'a b',
      'a\nb',
      '',
      'x'.repeat(257),
    ];
    for (let count = 0; count < (LONG ? 2_000 : 200); count += 1) {
      const length = Math.floor(random() * 60);
      texts.push(
        String.fromCharCode(...Array.from({ length }, () => Math.floor(random() * 256))) +
          ['{', '}', ' ', '"', '\\', '\u00e9'][count % 6],
      );
    }
    const shapes = [
      (text) => `{"eventType":"VERIFY","data":{"challenge":"${bare(text)}"}}`,
      (text) => `{"eventName":"verify","payload":{"challenge":"${bare(text)}"}}`,
      (text) => `{"eventType":"VERIFY","data":{"challenge":"safe","challenge":"${bare(text)}"}}`,
      (text) => `{"eventType":"VERIFY","data":{"challenge":{"toString":"${bare(text)}"}}}`,
    ];
    const tries = texts.flatMap((text, index) => [{ text, body: shapes[index % shapes.length](text) }]);
    await inParallel(tries, 16, async ({ body }) => {
      const answer = await bridge.deliver({ path: '/hooks/smartcar', headers: {}, body });
      assert.ok(answer.status >= 400 && answer.status < 500, `${body} was answered ${answer.status}`);
      assert.equal(answer.body.challenge, undefined);
    });
    // What is answered signs no event: the answer to a safe text, used as a signature, opens nothing.
    const { body } = await bridge.deliver({ path: '/hooks/smartcar', body: shapes[0]('safe-text') });
    const forged = { path: '/hooks/smartcar', headers: { 'SC-Signature': body.challenge } };
    for (const text of ['safe-text', '"safe-text"', event]) {
      const { status } = await bridge.deliver({ ...forged, body: text });
      assert.ok(status === 400 || status === 401);
    }
    await nothingStored();
    return `${tries.length} texts in 4 shapes, none signed; an answer opens nothing`;
  }));

test('smuggled headers, paths and methods open nothing', () =>
  keeping('Smuggling over raw sockets: headers, framing, paths, methods', async () => {
    const { port } = bridge.gateway;
    const good = delivery(bridge.vars, 'smartcar');
    const signature = good.headers['SC-Signature'];
    const wrong = '0'.repeat(64);
    const post = (lines, body = good.body, target = '/hooks/smartcar', method = 'POST') =>
      message(method, target, lines, body);
    const forgedBody = good.body.replace('VEHICLE_STATE', 'VEHICLE_STATF');
    const admin = (target, lines = []) => message('GET', target, lines);
    const inside = message('POST', '/hooks/smartcar', [`SC-Signature: ${wrong}`], good.body).toString(
      'latin1',
    );
    const attempts = {
      'signature twice, good first': post([`SC-Signature: ${signature}`, `SC-Signature: ${wrong}`]),
      'signature twice, good last': post([`SC-Signature: ${wrong}`, `sc-signature: ${signature}`]),
      'signature twice, both good': post([`SC-Signature: ${signature}`, `sc-signature: ${signature}`]),
      'signature folded': post([`SC-Signature: ${wrong},\r\n ${signature}`]),
      'signature on a folded line of another header': post([`X-Other: x\r\n SC-Signature: ${signature}`]),
      'space before the colon': post([`SC-Signature : ${signature}`], forgedBody),
      'letters beyond ASCII': post([`SC-Signature: ${'\u00e9'.repeat(32)}`]),
      'full-width digits': post([`SC-Signature: ${Buffer.from('０'.repeat(21)).toString('latin1')}`]),
      'a null byte': post([`SC-Signature: ${signature}\0`], forgedBody),
      'underscore for hyphen': post([`SC_Signature: ${signature}`]),
      'two lengths': post([
        `SC-Signature: ${signature}`,
        `Content-Length: ${good.body.length}`,
        'Content-Length: 4',
      ]),
      'length and chunks': post(
        [`SC-Signature: ${wrong}`, `Content-Length: 6`, 'Transfer-Encoding: chunked'],
        `0\r\n\r\n${inside}`,
      ),
      'a length that is too short': post(
        [`SC-Signature: ${signature}`, 'Content-Length: 10'],
        `${good.body}\r\n\r\n${inside}`,
      ),
      'a negative length': post([`SC-Signature: ${signature}`, 'Content-Length: -1']),
      'chunks of a strange size': post(
        [`SC-Signature: ${signature}`, 'Transfer-Encoding: chunked'],
        `zz\r\n${good.body}\r\n0\r\n\r\n`,
      ),
      'a strange coding': post([`SC-Signature: ${signature}`, 'Transfer-Encoding: xchunked'], good.body),
      'the signature in a trailer': post(
        ['Trailer: SC-Signature', 'Transfer-Encoding: chunked'],
        `${good.body.length.toString(16)}\r\n${good.body}\r\n0\r\nSC-Signature: ${signature}\r\n\r\n`,
      ),
      'a compressed body': post([`SC-Signature: ${wrong}`, 'Content-Encoding: gzip']),
      GET: post([`SC-Signature: ${signature}`], '', '/hooks/smartcar', 'GET'),
      'GET with an override': post(
        ['X-HTTP-Method-Override: POST', 'X-Method-Override: POST', `SC-Signature: ${signature}`],
        '',
        '/hooks/smartcar?_method=POST',
        'GET',
      ),
      TRACE: post([`SC-Signature: ${signature}`], '', '/hooks/smartcar', 'TRACE'),
      CONNECT: post([], '', '/hooks/smartcar', 'CONNECT'),
      'a method of its own': post([`SC-Signature: ${signature}`], '', '/hooks/smartcar', 'BREW'),
      'no such provider': post([`SC-Signature: ${signature}`], good.body, '/hooks/smartcar%00'),
      'a provider too deep': post([`SC-Signature: ${signature}`], good.body, '/hooks/smartcar/telemax'),
      'a slash behind': post([`SC-Signature: ${signature}`], good.body, '/hooks/smartcar/'),
      'a provider in capitals': post([`SC-Signature: ${signature}`], good.body, '/hooks/SMARTCAR'),
      'an encoded slash': post([`SC-Signature: ${signature}`], good.body, '/hooks%2fsmartcar'),
      'an encoded letter': post([`SC-Signature: ${signature}`], good.body, '/hooks/%73martcar'),
      'two slashes': post([`SC-Signature: ${signature}`], good.body, '/hooks//smartcar'),
      'api, up from a hook': admin('/hooks/../api/overview'),
      'api, up encoded': admin('/hooks/%2e%2e/api/overview'),
      'api, two slashes': admin('//api/overview'),
      'api, a dot': admin('/./api/overview'),
      'api, in capitals': admin('/API/overview'),
      'api, a semicolon': admin('/api;/overview'),
      'api, encoded': admin('/%61pi/overview'),
      'api, a backslash': admin('/healthz\\..\\api\\overview'),
      'api, absolute': admin('http://127.0.0.1/api/overview'),
      'api, rewritten': admin('/healthz/', [
        'X-Original-URL: /api/overview',
        'X-Rewrite-URL: /api/overview',
        'X-Forwarded-Prefix: /api/overview',
      ]),
      'api, token in the query': admin(`/api/overview?token=${OLD_TOKEN}&access_token=${OLD_TOKEN}`),
      'api, token in a cookie': admin('/api/overview', [
        `Cookie: token=${OLD_TOKEN}; Authorization=Bearer ${OLD_TOKEN}`,
      ]),
      'api, token twice': admin('/api/overview', [
        `Authorization: Bearer x`,
        `Authorization: Bearer ${OLD_TOKEN}`,
      ]),
      'api, basic': admin('/api/overview', [
        `Authorization: Basic ${Buffer.from(`admin:${OLD_TOKEN}`).toString('base64')}`,
      ]),
      'metrics, encoded': admin('/%6detrics'),
      'no request at all': Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1'),
      'a header of 100 KB': post([`SC-Signature: ${'a'.repeat(100_000)}`]),
      '2,000 headers': post(Array.from({ length: 2_000 }, (_, index) => `X-${index}: x`)),
    };
    const seen = {};
    for (const [name, bytes] of Object.entries(attempts)) {
      const { statuses, text } = await send(port, bytes);
      seen[name] = statuses;
      assert.ok(!statuses.some((status) => status < 300), `${name}: ${statuses} ${text.slice(0, 300)}`);
      // Framing that is none, CONNECT, and methods that nobody knows, are failures of the local runtime's own proxy, in plain text: such a
      // request does not reach the Worker, whose every answer is JSON.
      const proxy =
        !text.includes('application/json') &&
        /Network connection lost|^Internal Server Error|501 Not Implemented/m.test(text);
      assert.ok(
        proxy || !statuses.some((status) => status >= 500),
        `${name}: ${statuses} ${text.slice(0, 300)}`,
      );
    }
    await nothingStored();
    assert.equal(await bridge.status(good), 202, 'the good delivery was not spent');
    await bridge.allDelivered(good.expected);
    await forgetAll();
    return `${Object.keys(attempts).length} requests made by hand: none accepted, none a 5xx`;
  }));

test('hostile bodies, genuine or not, break nothing', () =>
  keeping('Hostile bodies: nesting, numbers, names, sizes', async () => {
    const nested = (depth, open, close) =>
      `{"eventType":"VEHICLE_STATE","data":${open.repeat(depth)}${close.repeat(depth)}}`;
    const number = (text) =>
      `{"alertType":"Ignition","vehicleId":${text},"position":{"lat":${text},"lng":${text}},"timestamp":${text},"data":{"isStarted":true}}`;
    const bodies = [
      nested(100_000, '[', ']'),
      nested(100_000, '{"a":', '}').replace('}', '1}'),
      nested(500_000, '[', ''),
      ...[
        '1e999',
        '-1e999',
        '1e-999',
        '9'.repeat(5_000),
        '0.'.padEnd(9_000, '3'),
        '-0',
        '18446744073709551616',
        'NaN',
        'Infinity',
        '01',
        '1.',
        '0x10',
      ].map(number),
      '{"__proto__":{"eventType":"VEHICLE_STATE"},"constructor":{"prototype":{"x":1}},"eventType":"__proto__"}',
      `{${'"a":1,'.repeat(100_000)}"b":2}`,
      `{"${'k'.repeat(900_000)}":1}`,
      `{"eventType":"${'\\u0000'.repeat(50_000)}"}`,
      `{"eventType":"\\ud800","data":"\\udfff"}`,
      '\ufeff{}',
      '{}\0',
      '',
      ' ',
      'null',
      '"VERIFY"',
      '[{"eventType":"VERIFY"}]',
      Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
      randomBytes(100_000),
      Buffer.alloc(LIMIT, 0x20),
      Buffer.alloc(LIMIT + 1, 0x7b),
      Buffer.alloc(3 * LIMIT, 0x7b),
    ];
    let tried = 0;
    for (const body of bodies) {
      for (const provider of Object.keys(SIGNERS)) {
        for (const headers of [SIGNERS[provider](body), {}]) {
          const { status } = await bridge.deliver({ path: `/hooks/${provider}`, headers, body });
          assert.ok(status < 500, `${provider} answered ${status} to ${String(body).slice(0, 60)}`);
          if (body.length > LIMIT) assert.equal(status, 413);
          if (Object.keys(headers).length === 0) assert.ok(status >= 400);
          tried += 1;
        }
      }
      const bearer = { Authorization: `Bearer ${KEYS.TELEMATICA_CALLBACK_TOKEN}` };
      const { status } = await bridge.deliver({ path: '/hooks/telematica-callback', headers: bearer, body });
      assert.ok(status < 500, `the callback answered ${status} to ${String(body).slice(0, 60)}`);
      tried += 1;
    }
    assert.equal((await request(`${bridge.url}/healthz`)).status, 200);
    await forgetAll();
    return `${tried} deliveries of ${bodies.length} bodies: none a 5xx, the gateway answers on`;
  }));

test('endless bodies and slow senders hold up nobody', () =>
  keeping('Endless bodies are cut off, slow senders hold up nobody', async () => {
    const { port } = bridge.gateway;
    let poured = 0;
    async function* endless() {
      yield message('POST', '/hooks/telemax', ['Transfer-Encoding: chunked']);
      const chunk = Buffer.alloc(262_144, 'x');
      // Bounded, for the sake of the machine: far beyond what the gateway reads.
      while (poured < 64 * LIMIT) {
        yield Buffer.concat([Buffer.from('40000\r\n'), chunk, Buffer.from('\r\n')]);
        poured += chunk.length;
      }
    }
    const { statuses } = await send(port, endless(), { quiet: 10_000 });
    assert.ok(statuses.length === 0 || statuses[0] === 413, `answered ${statuses}`);
    assert.ok(poured < 64 * LIMIT, 'the gateway read everything');
    let over = false;
    async function* dripping() {
      yield message('POST', '/hooks/smartcar', ['Content-Length: 1000', `SC-Signature: ${'0'.repeat(64)}`]);
      while (!over) {
        yield ' ';
        await pause(50);
      }
    }
    const slow = Array.from({ length: LONG ? 200 : 50 }, () => send(port, dripping(), { quiet: 100 }));
    const sent = Array.from({ length: 60 }, (_, index) =>
      delivery(bridge.vars, ['smartcar', 'telematica'][index % 2]),
    );
    const answers = await inParallel(sent, 8, (one) => bridge.status(one));
    over = true;
    await Promise.all(slow);
    assert.ok(
      answers.every((status) => status === 202),
      `answered ${[...new Set(answers)]}`,
    );
    await bridge.allDelivered(sent.flatMap((one) => one.expected));
    return `one endless body cut off after ${Math.round(poured / LIMIT)} MB, ${slow.length} slow senders beside ${sent.length} genuine deliveries`;
  }));

const ROUTES = [
  ['GET', '/metrics'],
  ['GET', '/api/overview'],
  ['GET', '/api/events'],
  ['GET', '/api/events/evt_00_1'],
  ['GET', '/api/positions'],
  ['GET', '/api/refusals'],
  ['GET', '/api/unmapped'],
  ['POST', '/api/events/evt_00_1/replay'],
  ['POST', '/api/replay', '{}'],
  ['POST', '/api/resume'],
  ['GET', '/api/mappings'],
  ['GET', '/api/mappings/telemax/1'],
  ['PUT', '/api/mappings/telemax/1', '{"vin":"TST00000000000001"}'],
  ['DELETE', '/api/mappings/telemax/70000'],
  ['POST', '/api/mappings/import', 'provider,vehicle,vin\ntelemax,1,TST00000000000001'],
  ['DELETE', '/api/users/smartcar/anybody'],
  ['GET', '/api'],
  ['GET', '/api/nowhere'],
  ['PATCH', '/api/overview'],
  ['OPTIONS', '/api/events'],
  ['HEAD', '/api/events'],
];

test('no administration without the right token', () =>
  keeping('Administration: no route answers without the right token', async () => {
    const mapped = async () => (await bridge.admin('GET', '/api/mappings?limit=500')).body.mappings.length;
    const before = await mapped();
    assert.equal(
      (await request(`${bridge.url}/api/overview`, { headers: { Authorization: `Bearer ${OLD_TOKEN}` } }))
        .status,
      200,
    );
    await bridge.restart({ ADMIN_TOKEN: `${NEW_TOKEN}, a-second-one` });
    const wrong = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Bearer wrong',
      `Bearer ${OLD_TOKEN}`,
      NEW_TOKEN,
      `Basic ${NEW_TOKEN}`,
      `Bearer ${NEW_TOKEN}x`,
      `Bearer ${NEW_TOKEN.slice(0, -1)}`,
      `Bearer ${NEW_TOKEN.toUpperCase()}`,
      `Bearer ${NEW_TOKEN}, a-second-one`,
      `Bearer "${NEW_TOKEN}"`,
      `Bearer ${KEYS.TELEMATICA_CALLBACK_TOKEN}`,
      `Bearer ${bridge.vars.CARTRACK_API_KEY}`,
      `Bearer ${'x'.repeat(8_000)}`,
      'Bearer null',
      'Bearer *',
    ];
    let tried = 0;
    for (const [method, path, body] of ROUTES) {
      for (const value of wrong) {
        const headers = value === undefined ? {} : { Authorization: value };
        const answer = await fetch(bridge.url + path, { method, headers, body });
        await answer.arrayBuffer();
        assert.equal(answer.status, 401, `${method} ${path} with ${value} was answered ${answer.status}`);
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
        tried += 1;
      }
    }
    for (const token of [NEW_TOKEN, 'a-second-one']) {
      const { status } = await request(`${bridge.url}/api/overview`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      assert.equal(status, 200);
    }
    assert.equal(await mapped(), before, 'nothing was changed');
    return `${ROUTES.length} routes with ${wrong.length} wrong tokens, the one rotated out among them: ${tried} times 401`;
  }));

test('nothing of all this made the gateway panic', () =>
  keeping('No panic can be provoked from outside', () => {
    const log = bridge.log();
    assert.ok(!/Rust panic|RuntimeError|Reinitializing/.test(log), log.slice(-2_000));
    return `none of the above: ${log.split('\n').length} lines of log without one`;
  }));
