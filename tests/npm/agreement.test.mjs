// What others sign is genuine here, what is signed here is genuine to others, and what one of them refuses is
// refused here: thousands of random deliveries, the same ones in every run.

import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { it } from 'node:test';
import smartcar from 'smartcar';
import * as standard from 'standardwebhooks';
import * as svix from 'svix';
import { installPackage } from './support/installed.mjs';
import { random } from './support/random.mjs';

const ROUNDS = 3000;
const { load } = installPackage();
const weighbridge = await load('weighbridge');
const dropIn = await load('weighbridge/standard-webhooks');
const sdk = await load('weighbridge/smartcar');

for (const [name, { Webhook }] of Object.entries({ svix, standardwebhooks: standard })) {
  it(`agrees with ${name} both ways`, () => {
    const draw = random(name);
    for (let round = 0; round < ROUNDS; round++) {
      const secret = `whsec_${Buffer.from(draw.bytes(1 + draw.below(80))).toString('base64')}`;
      const [id, body, now] = [
        `msg_${draw.word(20)}`,
        JSON.stringify({ text: draw.text(draw.below(600)) }),
        new Date(),
      ];
      const theirs = new Webhook(secret);
      const ours = new dropIn.Webhook(secret);
      const signature = theirs.sign(id, now, body);
      assert.equal(ours.sign(id, now, body), signature);
      const seconds = String(Math.floor(now.getTime() / 1000));
      const headers = { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signature };
      assert.deepEqual(ours.verify(body, headers), JSON.parse(body));
      const signed = weighbridge.sign('telematica', body, secret, { id, now });
      theirs.verify(body, rebranded(signed));
      const spoilt = draw.spoil({ body, headers });
      assert.equal(passes(ours, spoilt), passes(theirs, spoilt), JSON.stringify({ secret, ...spoilt }));
    }
  });
}

it("agrees with Smartcar's SDK both ways", () => {
  const draw = random('smartcar');
  for (let round = 0; round < ROUNDS; round++) {
    const amt = draw.word(1 + draw.below(80));
    const challenge = draw.word(1 + draw.below(64));
    assert.equal(sdk.hashChallenge(amt, challenge), smartcar.hashChallenge(amt, challenge));
    const body = { text: draw.text(draw.below(600)), number: draw.below(1e6) };
    const raw = JSON.stringify(body);
    const signature = weighbridge.sign('smartcar', raw, amt)['sc-signature'];
    assert.ok(smartcar.verifyPayload(amt, signature, body));
    assert.ok(sdk.verifyPayload(amt, smartcar.hashChallenge(amt, raw), raw));
    const spoilt = draw.flip(signature);
    assert.equal(sdk.verifyPayload(amt, spoilt, raw), smartcar.verifyPayload(amt, spoilt, body), spoilt);
  }
});

it('agrees with node:crypto on bytes of every length, above and below where it takes over', () => {
  const draw = random('crypto');
  for (let round = 0; round < ROUNDS; round++) {
    const length = round < 1200 ? round : draw.below(round % 50 === 0 ? 200_000 : 8_000);
    const [body, secret] = [draw.bytes(length), draw.word(1 + draw.below(150))];
    const tag = createHmac('sha256', secret).update(body).digest();
    const headers = { 'X-Telemax-Signature': `sha256=${tag.toString('hex')}` };
    assert.deepEqual(weighbridge.verify('telemax', { headers, body }, secret), { ok: true, keyIndex: 0 });
    const ours = weighbridge.sign('telemax', body, secret)['x-telemax-signature'];
    assert.ok(timingSafeEqual(Buffer.from(ours.slice(7), 'hex'), tag));
    const several = weighbridge.verify('telemax', { headers, body }, ['another', secret]);
    assert.deepEqual(several, { ok: true, keyIndex: 1 });
    if (length > 0) body[draw.below(length)] ^= 1 << draw.below(8);
    else headers['X-Telemax-Signature'] = `sha256=${'0'.repeat(64)}`;
    assert.equal(weighbridge.verify('telemax', { headers, body }, secret).code, 'signature_mismatch');
  }
});

function rebranded(headers) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.replace('svix', 'webhook'), value]),
  );
}

function passes(webhook, { body, headers }) {
  try {
    webhook.verify(body, headers);
    return true;
  } catch {
    return false;
  }
}
