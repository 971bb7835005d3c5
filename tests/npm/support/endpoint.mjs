// What every endpoint made with the package has to do, whatever the framework. Node's own cryptography signs.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as requestHttp } from 'node:http';
import { it } from 'node:test';
import { smartcar, svix, telemax } from '../../../scripts/sign.mjs';

export const SECRETS = {
  SMARTCAR_MANAGEMENT_TOKEN: 'amt',
  TELEMATICA_SVIX_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  TELEMAX_WEBHOOK_SECRET: '0ABFAA308801519BFA69ECBC050AACDD567D46B042C85CD08171E4F327E71981',
};

/** Bodies that change when they are parsed and written again: white space, `110.0`, escapes, an order of keys. */
export const BODIES = {
  smartcar:
    '{ "eventId":"e-1","eventType":"VEHICLE_ERROR", "data":{"vehicle":{"id":"v\\u002d1","year":2020.0}} }\n',
  telematica: '{"type":"vehicle.charging-command","vehicleId":"M\\u00e4rzhase","note":"é 🚗","n":1.0}',
  telemax:
    '{"alertType":"Speeding","vehicleId":88421,"position":{"lat":-33.8688,"lng":151.2093},"timestamp":"2026-04-28T06:14:22Z","data":{"speed":127.4,"maxSpeed":110.0}}',
};

const SIGNERS = {
  smartcar: (body) => smartcar(SECRETS.SMARTCAR_MANAGEMENT_TOKEN, body),
  telematica: (body) => svix(SECRETS.TELEMATICA_SVIX_SECRET, body),
  telemax: (body) => telemax(SECRETS.TELEMAX_WEBHOOK_SECRET, body),
};
const PROVIDERS = Object.keys(SIGNERS);
const CHALLENGE = '{"eventType":"VERIFY","data":{"challenge":"challenge"}}';
const CHALLENGE_REPLY = '{"challenge":"9baf5a7464bd86740ad5a06e439dcf535a075022ed2c92d74efacf646d79328e"}';

/** The headers of a genuine delivery. */
export function signed(provider, body) {
  return { 'content-type': 'application/json', ...SIGNERS[provider](body) };
}

/** Registers the tests. `post(path, headers, body)` gives `{ status, headers, text }`. */
export function behavesAsEndpoint(post, { method = true, limit = true } = {}) {
  const refuses = async (status, error, path, headers, body) => {
    const reply = await post(path, headers, body);
    assert.equal(reply.status, status, reply.text);
    const { error: said, message, ...rest } = JSON.parse(reply.text);
    assert.equal(said, error);
    assert.match(message, /[.?]$/);
    assert.deepEqual(rest, {});
    assert.match(reply.headers['content-type'], /^application\/json/);
    return reply;
  };

  it('answers the Smartcar challenge of both generations', async () => {
    const second = '{"version":"2.0","eventName":"verify","payload":{"challenge":"challenge"}}';
    for (const body of [CHALLENGE, second]) {
      const reply = await post('/hooks/smartcar', { 'content-type': 'application/json' }, body);
      assert.deepEqual([reply.status, reply.text], [200, CHALLENGE_REPLY]);
      assert.match(reply.headers['content-type'], /^application\/json/);
    }
  });

  it('refuses a challenge that an answer would sign as an event', async () => {
    const body = JSON.stringify({
      eventType: 'VERIFY',
      data: { challenge: '{"eventType":"VEHICLE_STATE"}' },
    });
    await refuses(400, 'challenge_refused', '/hooks/smartcar', {}, body);
  });

  it('takes genuine deliveries whose bytes a parser would change', async () => {
    for (const provider of PROVIDERS) {
      const body = BODIES[provider];
      assert.notEqual(JSON.stringify(JSON.parse(body)), body);
      const reply = await post(`/hooks/${provider}`, signed(provider, body), body);
      const content = JSON.parse(reply.text);
      const accepted = provider === 'telemax';
      assert.equal(reply.status, accepted ? 202 : 200, reply.text);
      assert.equal(content.outcome, accepted ? 'accepted' : 'skipped');
      assert.equal(content.events.length, 1);
      assert.equal(content.events[0].outcome, content.outcome);
      assert.ok(content.events[0].id);
    }
  });

  it('takes a genuine delivery whatever its content type', async () => {
    const body = BODIES.telemax;
    for (const type of [
      undefined,
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=latin1',
    ]) {
      const { 'content-type': _, ...headers } = signed('telemax', body);
      const reply = await post('/hooks/telemax', type ? { ...headers, 'content-type': type } : headers, body);
      assert.equal(reply.status, 202, `${type}: ${reply.text}`);
    }
  });

  it('answers a change of mappings with 200', async () => {
    const body = '{"type":"user.devices-disconnected","user":"u","devices":["d-1"]}';
    const reply = await post('/hooks/telematica', signed('telematica', body), body);
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(JSON.parse(reply.text), { outcome: 'mapping_removed', events: [] });
  });

  it('refuses what is forged, changed, unsigned or signed for another provider', async () => {
    for (const provider of PROVIDERS) {
      const [path, body] = [`/hooks/${provider}`, BODIES[provider]];
      const headers = signed(provider, body);
      await refuses(401, 'signature_mismatch', path, headers, body.replace('1', '2'));
      await refuses(401, 'signature_mismatch', path, headers, JSON.stringify(JSON.parse(body)));
      await refuses(401, 'missing_header', path, { 'content-type': 'application/json' }, body);
      await refuses(401, 'missing_header', path, {}, '');
    }
    const other = signed('smartcar', BODIES.telemax);
    await refuses(401, 'missing_header', '/hooks/telemax', other, BODIES.telemax);
  });

  it('refuses a replay', async () => {
    const headers = svix(SECRETS.TELEMATICA_SVIX_SECRET, BODIES.telematica, {
      timestamp: Date.now() / 1000 - 400,
    });
    await refuses(401, 'timestamp_too_old', '/hooks/telematica', headers, BODIES.telematica);
  });

  it('refuses a signature that comes twice', async () => {
    const headers = signed('smartcar', BODIES.smartcar);
    const value = headers['SC-Signature'];
    await refuses(
      401,
      'malformed_signature',
      '/hooks/smartcar',
      { 'SC-Signature': [value, value] },
      BODIES.smartcar,
    );
  });

  it('refuses genuine bytes that are no JSON object', async () => {
    for (const body of ['[]', '{"a":', '\ufeff{}']) {
      await refuses(400, 'malformed_body', '/hooks/telemax', signed('telemax', body), body);
    }
  });

  if (method) {
    it('refuses every method but POST, with Allow', async () => {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const reply = await post('/hooks/smartcar', {}, '', method);
        assert.equal(reply.status, 405);
        assert.equal(reply.headers.allow, 'POST');
      }
    });
  }

  if (limit) {
    it('refuses a body over the limit, with a length and in chunks', async () => {
      for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
        await refuses(413, 'body_too_large', '/hooks/smartcar', headers, 'x'.repeat(1_048_577));
      }
      const most = 'x'.repeat(1_048_576);
      await refuses(400, 'malformed_body', '/hooks/smartcar', signed('smartcar', most), most);
    });
  }
}

/** Posts over HTTP, with repeated headers where a value is an array. */
export function poster(base) {
  return async (path, headers, body, method = 'POST') => {
    const bytes = Buffer.from(body);
    const length = headers['transfer-encoding'] || method === 'GET' ? {} : { 'content-length': bytes.length };
    const sent = requestHttp(base + path, { method, headers: { ...headers, ...length }, agent: false });
    sent.end(method === 'GET' ? undefined : bytes);
    const [reply] = await once(sent, 'response');
    const chunks = [];
    for await (const chunk of reply) chunks.push(chunk);
    return { status: reply.statusCode, headers: reply.headers, text: Buffer.concat(chunks).toString() };
  };
}
