// The cases of the public test suites of svix and standardwebhooks, by their names, held against the drop-in class
// and against the two packages themselves: where they pass, it has to.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as standard from 'standardwebhooks';
import * as svix from 'svix';
import { installPackage } from './support/installed.mjs';

const SECRET = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const BODY = '{"test": 2432232314}';
const TOLERANCE = 5 * 60;
const WRONG = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=';

const { load } = installPackage();
const dropIn = await load('weighbridge/standard-webhooks');

suite('weighbridge/standard-webhooks', dropIn, { prefix: 'svix', parses: true });
suite('weighbridge/standard-webhooks, unbranded', dropIn, { prefix: 'webhook', parses: true });
suite('svix', svix, { prefix: 'svix', parses: false });
suite('standardwebhooks', standard, { prefix: 'webhook', parses: true });

function suite(title, { Webhook, WebhookVerificationError }, { prefix, parses }) {
  const seconds = (offset = 0) => Math.floor(Date.now() / 1000) + offset;

  function delivery(timestamp = seconds()) {
    const signature = new Webhook(SECRET).sign(ID, new Date(timestamp * 1000), BODY);
    return {
      [`${prefix}-id`]: ID,
      [`${prefix}-timestamp`]: String(timestamp),
      [`${prefix}-signature`]: signature,
    };
  }

  function refuses(headers, message) {
    assert.throws(
      () => new Webhook(SECRET).verify(BODY, headers),
      (error) => {
        assert.ok(error instanceof WebhookVerificationError && error instanceof Error);
        assert.equal(error.name, 'WebhookVerificationError');
        assert.equal(error.message, message);
        return true;
      },
    );
  }

  function accepts(headers, webhook = new Webhook(SECRET)) {
    assert.deepEqual(webhook.verify(BODY, headers), parses ? { test: 2432232314 } : undefined);
  }

  const without = (name) => {
    const headers = delivery();
    delete headers[`${prefix}-${name}`];
    return headers;
  };

  describe(title, () => {
    it('empty key raises error', () => {
      for (const secret of ['', 'whsec_'])
        assert.throws(() => new Webhook(secret), /Secret can't be empty\./);
      assert.throws(() => new Webhook(new Uint8Array(0), { format: 'raw' }), /Secret can't be empty\./);
    });
    for (const name of ['id', 'timestamp', 'signature']) {
      it(`missing ${name} raises error`, () => {
        refuses(without(name), 'Missing required headers');
        refuses({ ...delivery(), [`${prefix}-${name}`]: '' }, 'Missing required headers');
      });
    }
    it('invalid timestamp throws error', () =>
      refuses({ ...delivery(), [`${prefix}-timestamp`]: 'hello' }, 'Invalid Signature Headers'));
    it('invalid signature throws error', () =>
      refuses(
        { ...delivery(), [`${prefix}-signature`]: 'v1,dawfeoifkpqwoekfpqoekf' },
        'No matching signature found',
      ));
    it('partial signature throws error', () => {
      const headers = delivery();
      headers[`${prefix}-signature`] = headers[`${prefix}-signature`].slice(0, 8);
      refuses(headers, 'No matching signature found');
      refuses({ ...headers, [`${prefix}-signature`]: 'v1,' }, 'No matching signature found');
    });
    it('valid signature is valid and returns valid json', () => accepts(delivery()));
    it('old timestamp fails', () => refuses(delivery(seconds(-TOLERANCE - 1)), 'Message timestamp too old'));
    it('new timestamp fails', () => refuses(delivery(seconds(TOLERANCE + 2)), 'Message timestamp too new'));
    it('multi sig payload is valid', () => {
      const headers = delivery();
      const right = headers[`${prefix}-signature`];
      headers[`${prefix}-signature`] = [WRONG, WRONG.replace('v1', 'v2'), WRONG, right, WRONG].join(' ');
      accepts(headers);
    });
    it('verification works with and without signature prefix', () => {
      accepts(delivery(), new Webhook(SECRET));
      accepts(delivery(), new Webhook(`whsec_${SECRET}`));
    });
    it('sign function works', () => {
      const signature = new Webhook(`whsec_${SECRET}`).sign(ID, new Date(1614265330 * 1000), BODY);
      assert.equal(signature, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
    });
    it('headers in capitals and bodies in a Buffer are valid', () => {
      const headers = Object.fromEntries(
        Object.entries(delivery()).map(([name, value]) => [name.toUpperCase(), value]),
      );
      accepts(headers);
      new Webhook(SECRET).verify(Buffer.from(BODY), headers);
    });
    it('a raw key is the key itself', () => {
      const [key, now] = [Buffer.from(SECRET, 'base64'), new Date()];
      const expected = new Webhook(SECRET).sign(ID, now, BODY);
      assert.equal(new Webhook(new Uint8Array(key), { format: 'raw' }).sign(ID, now, BODY), expected);
      assert.equal(new Webhook(key.toString('latin1'), { format: 'raw' }).sign(ID, now, BODY), expected);
    });
    it('empty payload returns undefined', () => {
      const now = new Date();
      const headers = delivery(Math.floor(now.getTime() / 1000));
      headers[`${prefix}-signature`] = new Webhook(SECRET).sign(ID, now, '');
      assert.equal(new Webhook(SECRET).verify('', headers), undefined);
    });
  });
}

describe('weighbridge/standard-webhooks besides', () => {
  const { Webhook } = dropIn;

  it('takes both brands together, header by header', () => {
    const now = new Date();
    const headers = {
      'svix-id': ID,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(SECRET).sign(ID, now, BODY),
    };
    assert.deepEqual(new Webhook(SECRET).verify(BODY, new Headers(headers)), { test: 2432232314 });
    assert.equal(new Webhook(SECRET).verify(BODY, headers, { jsonParse: false }), undefined);
  });

  it('says which code lies behind the message', () => {
    assert.throws(() => new Webhook(SECRET).verify(BODY, {}), { code: 'missing_header' });
  });

  it('throws for a payload that was parsed and for a secret that is none', () => {
    assert.throws(() => new Webhook(SECRET).verify({ test: 1 }, {}), /raw bytes/);
    assert.throws(() => new Webhook(undefined), TypeError);
    assert.throws(() => new Webhook('whsec_not base64'), TypeError);
    assert.throws(() => new Webhook(new Uint8Array(3)), /of type string/);
  });
});
