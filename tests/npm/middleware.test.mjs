// weighbridge/node and weighbridge/web in the packed and installed package: the frameworks, and what goes wrong.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import http2 from 'node:http2';
import { createRequire } from 'node:module';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { svix, telemax } from '../../scripts/sign.mjs';
import { BODIES, behavesAsEndpoint, poster, SECRETS, signed } from './support/endpoint.mjs';
import { installPackage, loadFramework } from './support/installed.mjs';

const installed = installPackage();
const { fastifyWeighbridge, receiveIncoming, respond, weighbridge } =
  await installed.load('weighbridge/node');
const { receiveRequest, toResponse } = await installed.load('weighbridge/web');
const [express, express4, connect, Fastify] = await Promise.all(
  ['express', 'express-4', 'connect', 'fastify'].map(loadFramework),
);

const KEYS = {
  smartcar: SECRETS.SMARTCAR_MANAGEMENT_TOKEN,
  telematica: SECRETS.TELEMATICA_SVIX_SECRET,
  telemax: SECRETS.TELEMAX_WEBHOOK_SECRET,
};
const PROVIDERS = Object.keys(KEYS);
const BODY = BODIES.telemax;

/** Serves `listener` on a free port while `use(post, base)` runs. */
async function serving(listener, use) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${server.address().port}`;
  try {
    return await use(poster(base), base);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** An app with one hook per provider, the weighbridge mounted for every method. */
function appOf(framework, mount) {
  const app = framework();
  for (const provider of PROVIDERS) {
    mount(app, `/hooks/${provider}`, weighbridge(provider, KEYS[provider]), (request, response) =>
      respond(response, request.weighbridge),
    );
  }
  return app;
}

const LISTENERS = {
  'Express 5': () => appOf(express, (app, path, ...handlers) => app.all(path, ...handlers)),
  'Express 4': () => appOf(express4, (app, path, ...handlers) => app.use(path, ...handlers)),
  Connect: () =>
    appOf(connect, (app, path, ...handlers) => handlers.map((handler) => app.use(path, handler))),
  'node:http': () => async (request, response) => {
    const provider = request.url.slice('/hooks/'.length);
    respond(response, await receiveIncoming(provider, request, KEYS[provider]));
  },
};

for (const [name, make] of Object.entries(LISTENERS)) {
  describe(name, () => {
    let server;
    before(async () => {
      server = createServer(make()).listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    after(() => {
      server.closeAllConnections();
      server.close();
    });
    behavesAsEndpoint((...args) => poster(`http://127.0.0.1:${server.address().port}`)(...args));
  });
}

for (const [name, framework] of Object.entries({ 'Express 5': express, 'Express 4': express4 })) {
  describe(`${name} with parsers of bodies`, () => {
    const hook = (app) => {
      app.post('/', weighbridge('telemax', KEYS.telemax), (request, response) => {
        response.json({ kind: request.weighbridge.kind, raw: request.rawBody.toString() });
      });
      app.use((error, _request, response, _next) => response.status(500).json({ error: error.message }));
      return app;
    };

    it('says what to do when express.json() was there first', async () => {
      await serving(hook(framework().use(framework.json())), async (post) => {
        const reply = await post('/', signed('telemax', BODY), BODY);
        assert.equal(reply.status, 500);
        assert.match(
          JSON.parse(reply.text).error,
          /read already, by express\.json\(\).*before the parser.*rawBody = bytes/,
        );
      });
    });

    it('uses the bytes that express.json() kept', async () => {
      const keep = {
        verify(request, _response, bytes) {
          request.rawBody = bytes;
        },
      };
      await serving(hook(framework().use(framework.json(keep))), async (post) => {
        const reply = await post('/', signed('telemax', BODY), BODY);
        assert.deepEqual([reply.status, JSON.parse(reply.text)], [200, { kind: 'events', raw: BODY }]);
        assert.equal((await post('/', signed('telemax', BODY), BODY.replace('1', '2'))).status, 401);
      });
    });

    it('uses the bytes of express.raw()', async () => {
      const app = framework().use(framework.raw({ type: '*/*' }));
      app.post('/', weighbridge('telemax', KEYS.telemax), (request, response) =>
        respond(response, request.weighbridge),
      );
      await serving(app, async (post) =>
        assert.equal((await post('/', signed('telemax', BODY), BODY)).status, 202),
      );
    });

    it('leaves a later express.json() nothing to choke on', async () => {
      const app = framework().use(weighbridge('telemax', KEYS.telemax), framework.json());
      app.post('/', (request, response) => response.json({ raw: request.rawBody.toString() }));
      await serving(app, async (post) => {
        const reply = await post('/', signed('telemax', BODY), BODY);
        assert.deepEqual([reply.status, JSON.parse(reply.text)], [200, { raw: BODY }]);
      });
    });
  });
}

describe('Fastify', () => {
  it('verifies in its own scopes and leaves the others alone', async () => {
    const app = Fastify();
    for (const provider of PROVIDERS) {
      app.register(async (hooks) => {
        hooks.register(fastifyWeighbridge, { provider, secrets: KEYS[provider] });
        hooks.post(`/hooks/${provider}`, async ({ weighbridge, body }) => ({
          kind: weighbridge.kind,
          raw: body.toString(),
        }));
      });
    }
    app.post('/echo', async (request) => ({ body: request.body, weighbridge: request.weighbridge ?? null }));
    await app.listen({ port: 0, host: '127.0.0.1' });
    const post = poster(app.listeningOrigin);
    try {
      for (const provider of PROVIDERS) {
        const body = BODIES[provider];
        const reply = await post(`/hooks/${provider}`, signed(provider, body), body);
        assert.deepEqual([reply.status, JSON.parse(reply.text)], [200, { kind: 'events', raw: body }]);
        assert.equal(
          (await post(`/hooks/${provider}`, signed(provider, body), body.replace('1', '2'))).status,
          401,
        );
      }
      const echo = await post('/echo', { 'content-type': 'application/json' }, '{"a":1.0}');
      assert.deepEqual(JSON.parse(echo.text), { body: { a: 1 }, weighbridge: null });
    } finally {
      await app.close();
    }
  });

  it('covers the whole of a root that registers it, also when requests are injected', async () => {
    const app = Fastify();
    app.register(fastifyWeighbridge, { provider: 'telemax', secrets: KEYS.telemax, maxBodyBytes: 1_000 });
    app.post('/', async (request) => ({ events: request.weighbridge.events.length }));
    const inject = (payload) =>
      app.inject({ method: 'POST', url: '/', headers: signed('telemax', payload), payload });
    assert.deepEqual((await inject(BODY)).json(), { events: 1 });
    assert.equal((await inject(' '.repeat(1_001))).statusCode, 413);
    await app.close();
  });

  it('does not start with a secret that cannot be right', async () => {
    const app = Fastify();
    app.register(fastifyWeighbridge, { provider: 'telematica', secrets: 'whsec_' });
    await assert.rejects(async () => app.ready(), TypeError);
  });
});

describe('middleware', () => {
  it('throws at once for what the programmer got wrong', () => {
    for (const [args, message] of [
      [['telemax', undefined], /undefined\. Is the environment variable/],
      [['telemax', ''], /secret/],
      [['telemax', []], /empty array/],
      [['telematica', 'whsec_'], /secret/],
      [['tesla', 'secret'], /provider/],
      [['telemax', 'secret', { secretEncoding: 'base64' }], /secretEncoding/],
      [['telemax', 'secret', { maxBodyBytes: '1mb' }], /maxBodyBytes/],
      [['telemax', 'secret', { callbackTokens: 'token' }], /callbackTokens/],
      [['telematica', KEYS.telematica, { callbackTokens: [] }], /tokens/],
      [['telematica', undefined, { callbackTokens: 'token' }], /secrets must be/],
    ]) {
      assert.throws(
        () => weighbridge(...args),
        (error) => error instanceof TypeError && message.test(error.message),
      );
    }
  });

  it('passes options on', async () => {
    const old = svix(KEYS.telematica, BODIES.telematica, { timestamp: 1_700_000_000 });
    const hex = telemax(KEYS.telemax, BODY, { encoding: 'hex' });
    for (const [provider, options, headers, body] of [
      ['telematica', { now: 1_700_000_000_000 }, old, BODIES.telematica],
      ['telematica', { toleranceSeconds: 999_999_999 }, old, BODIES.telematica],
      ['telemax', { secretEncoding: 'hex' }, hex, BODY],
    ]) {
      const next = (_request, response) => response.writeHead(204).end();
      for (const [given, status] of [
        [options, 204],
        [undefined, 401],
      ]) {
        const handle = weighbridge(provider, KEYS[provider], given);
        await serving(
          (request, response) => handle(request, response, () => next(request, response)),
          async (post) => assert.equal((await post('/', headers, body)).status, status),
        );
      }
    }
  });

  it('tries several secrets, so that a key is rotated with nothing refused', async () => {
    const app = connect().use(weighbridge('smartcar', ['newer', KEYS.smartcar]));
    app.use((request, response) => respond(response, request.weighbridge));
    await serving(app, async (post) => {
      assert.equal((await post('/', signed('smartcar', BODIES.smartcar), BODIES.smartcar)).status, 200);
    });
  });

  it('limits bodies to maxBodyBytes', async () => {
    const app = connect().use(weighbridge('telemax', KEYS.telemax, { maxBodyBytes: 10 }));
    await serving(app, async (post) => {
      const reply = await post('/', signed('telemax', '{"a":  12}}'), '{"a":  12}}');
      assert.equal(reply.status, 413);
      assert.match(JSON.parse(reply.text).message, /larger than 10 bytes/);
      assert.equal((await post('/', signed('telemax', '{"a": "12"'), '{"a": "12"')).status, 400);
    });
  });
});

describe("Telematica's legacy callback beside its events", () => {
  const listener = (options) => async (request, response) =>
    respond(response, await receiveIncoming('telematica', request, KEYS.telematica, options));
  const body = '{"user":"u","vehicles":[{"id":"v-1","vin":"WDB9066331S000421"}]}';
  const bearer = { authorization: 'Bearer token-1' };

  it('takes a bearer token, a signature, and no mixture', async () => {
    await serving(listener({ callbackTokens: ['token-0', 'token-1'] }), async (post) => {
      const reply = await post('/', bearer, body);
      assert.deepEqual(
        [reply.status, JSON.parse(reply.text)],
        [200, { outcome: 'mapping_updated', events: [] }],
      );
      const status = async (headers) => (await post('/', headers, body)).status;
      assert.equal(await status({ authorization: 'Bearer token-2' }), 401);
      assert.equal(await status({}), 401);
      assert.equal(await status({ authorization: ['Bearer token-1', 'Bearer token-2'] }), 401);
      assert.equal(await status({ ...bearer, 'svix-id': 'msg_1' }), 401);
      assert.equal(await status({ ...bearer, ...svix(KEYS.telematica, `${body} `) }), 401);
      assert.equal(await status(svix(KEYS.telematica, body)), 200);
    });
  });

  it('is closed without tokens', async () => {
    await serving(listener(), async (post) => assert.equal((await post('/', bearer, body)).status, 401));
  });
});

describe('connections that break', () => {
  it('are refusals, and neither errors nor endless waits', async () => {
    const seen = [];
    const listener = async (request, response) => {
      seen.push(await receiveIncoming('telemax', request, KEYS.telemax));
      respond(response, seen.at(-1));
    };
    await serving(listener, async (post, base) => {
      const socket = connectTcp(new URL(base).port, '127.0.0.1');
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"half":');
      await once(socket, 'connect');
      setTimeout(() => socket.destroy(), 50);
      while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      assert.deepEqual([seen[0].kind, seen[0].status, seen[0].code], ['rejected', 400, 'malformed_body']);
      assert.equal((await post('/', signed('telemax', BODY), BODY)).status, 202);
    });
  });

  it('are refusals also where they broke before anything was read', async () => {
    const seen = [];
    const listener = async (request) => {
      request.destroy();
      await once(request, 'close');
      seen.push(await receiveIncoming('telemax', request, KEYS.telemax));
    };
    await serving(listener, async (post) => {
      await assert.rejects(post('/', signed('telemax', BODY), BODY), { code: 'ECONNRESET' });
    });
    assert.equal(seen[0].code, 'malformed_body');
  });

  it('are refusals also where this side ends them', async () => {
    const seen = [];
    const listener = async (request) => {
      const receiving = receiveIncoming('telemax', request, KEYS.telemax);
      request.destroy();
      seen.push(await receiving);
    };
    await serving(listener, async (post) => {
      await assert.rejects(post('/', signed('telemax', BODY), BODY), { code: 'ECONNRESET' });
    });
    assert.equal(seen[0].code, 'malformed_body');
  });
});

describe('headers that come twice', () => {
  it('are refused where joined they would be a list with the right signature in it', async () => {
    const listener = async (request, response) =>
      respond(response, await receiveIncoming('telematica', request, KEYS.telematica));
    const headers = signed('telematica', BODIES.telematica);
    const twice = { ...headers, 'svix-signature': ['v1,none', headers['svix-signature']] };
    await serving(listener, async (post) => {
      const reply = await post('/', twice, BODIES.telematica);
      assert.deepEqual([reply.status, JSON.parse(reply.text).error], [401, 'malformed_signature']);
    });
  });
});

describe('HTTP/2', () => {
  it('is received like HTTP/1.1', async () => {
    const server = http2.createServer(async (request, response) =>
      respond(response, await receiveIncoming('telemax', request, KEYS.telemax)),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = http2.connect(`http://127.0.0.1:${server.address().port}`);
    const headers = Object.entries(signed('telemax', BODY)).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]);
    const stream = client.request({ ':method': 'POST', ':path': '/', ...Object.fromEntries(headers) });
    stream.end(BODY);
    const [reply] = await once(stream, 'response');
    assert.equal(reply[':status'], 202);
    client.destroy();
    server.close();
  });
});

describe('weighbridge/web', () => {
  const requestOf = (body, options) =>
    new Request('http://127.0.0.1/', { method: 'POST', headers: signed('telemax', BODY), body, ...options });
  const receive = (request, options) => receiveRequest('telemax', request, KEYS.telemax, options);

  behavesAsEndpoint(async (path, headers, body, method = 'POST') => {
    const fields = Object.entries(headers).flatMap(([name, value]) =>
      [value].flat().map((one) => [name, one]),
    );
    const init = { method, headers: fields, ...(method === 'POST' && { body }) };
    const provider = path.slice('/hooks/'.length);
    const reply = toResponse(
      await receiveRequest(provider, new Request('http://127.0.0.1/', init), KEYS[provider]),
    );
    return { status: reply.status, headers: Object.fromEntries(reply.headers), text: await reply.text() };
  });

  it('says what to do when the body was read already', async () => {
    const used = requestOf(BODY);
    await used.text();
    const locked = requestOf(BODY);
    locked.body.getReader();
    for (const request of [used, locked]) {
      await assert.rejects(
        receive(request),
        (error) => error instanceof TypeError && /request\.clone\(\)/.test(error.message),
      );
    }
    const kept = requestOf(BODY);
    const copy = kept.clone();
    await kept.json();
    assert.equal((await receive(copy)).kind, 'events');
  });

  it('does not read an endless body to its end', async () => {
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 65_536;
        controller.enqueue(new Uint8Array(65_536));
      },
      cancel() {
        cancelled = true;
      },
    });
    const received = await receive(requestOf(endless, { duplex: 'half' }), { maxBodyBytes: 1_000 });
    assert.deepEqual([received.status, received.code], [413, 'body_too_large']);
    assert.ok(cancelled && pulled < 9_000_000, `${pulled}`);
  });

  it('takes a body in many pieces, and refuses one that breaks off', async () => {
    const bytes = new TextEncoder().encode(BODY);
    const pieces = (fail) =>
      new ReadableStream({
        start(controller) {
          for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
          fail ? controller.error(new Error('gone')) : controller.close();
        },
      });
    assert.equal((await receive(requestOf(pieces(false), { duplex: 'half' }))).kind, 'events');
    const { status, code } = await receive(requestOf(pieces(true), { duplex: 'half' }));
    assert.deepEqual([status, code], [400, 'malformed_body']);
  });

  it('throws for what the programmer got wrong', async () => {
    await assert.rejects(receiveRequest('telemax', requestOf(BODY), undefined), TypeError);
    await assert.rejects(receiveRequest('other', requestOf(BODY), 'secret'), TypeError);
    assert.throws(() => toResponse(receive(requestOf(BODY))), /await/);
  });
});

describe('CommonJS', () => {
  it('requires both subpaths', async () => {
    const require = createRequire(join(installed.folder, 'package.json'));
    const node = require('weighbridge/node');
    const web = require('weighbridge/web');
    assert.deepEqual(Object.keys(node).sort(), [
      'fastifyWeighbridge',
      'receiveIncoming',
      'respond',
      'weighbridge',
    ]);
    assert.deepEqual(Object.keys(web).sort(), ['receiveRequest', 'toResponse']);
    const handle = node.weighbridge('telemax', KEYS.telemax);
    const app = connect()
      .use(handle)
      .use((request, response) => node.respond(response, request.weighbridge));
    await serving(app, async (post) =>
      assert.equal((await post('/', signed('telemax', BODY), BODY)).status, 202),
    );
  });
});
