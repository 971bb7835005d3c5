// Whoever hashes, wasm, the platform at once or the platform by an object, the verdicts are the same: with a body
// of every size at which another of them takes over.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { after, it } from 'node:test';
import { verify } from '../../pkg/index.js';
import { useCrypto } from '../../pkg/lib/hmac.js';

const SIZES = [0, 1, 63, 64, 191, 192, 319, 320, 5000, 21_845, 21_846, 65_536, 65_537, 300_000];
const SECRETS = [`whsec_${Buffer.alloc(90, 7).toString('base64')}`, 'QUFB'];
const now = 1_614_265_330_000;

after(() => useCrypto(crypto));

for (const [name, module] of Object.entries({
  'one call': crypto,
  'an object': { createHash: crypto.createHash },
  wasm: undefined,
})) {
  it(`verifies bodies of every size by ${name}`, () => {
    useCrypto(module);
    for (const size of SIZES) {
      const text = 'é'.repeat(size / 4) + 'x'.repeat(size - 2 * Math.floor(size / 4));
      for (const body of [text, Buffer.from(text)]) {
        for (const [keyIndex, secret] of SECRETS.entries()) {
          const headers = signed(body, secret);
          const verdict = verify('telematica', { headers, body }, SECRETS, { now });
          assert.deepEqual(verdict, { ok: true, keyIndex, id: 'msg_é', timestamp: now / 1000 }, `${size}`);
          const longer = typeof body === 'string' ? `${body}y` : Buffer.from(`${text}y`);
          const { code } = verify('telematica', { headers, body: longer }, SECRETS, { now });
          assert.equal(code, 'signature_mismatch', `${size}`);
        }
      }
    }
  });
}

function signed(body, secret) {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const timestamp = String(now / 1000);
  const tag = crypto.createHmac('sha256', key).update(`msg_é.${timestamp}.`).update(body).digest('base64');
  return { 'svix-id': 'msg_é', 'svix-timestamp': timestamp, 'svix-signature': `v1,${tag}` };
}
