// What the providers send beside a body: their signature headers, made with Node's own cryptography.
// No code of the gateway takes part, so that what it accepts was signed by somebody else.

import { createHmac, randomUUID } from 'node:crypto';

/** Smartcar: hex over the body, keyed with the management token's text. */
export function smartcar(token, body) {
  return { 'SC-Signature': hmac(token, body).toString('hex') };
}

/** Telematica through Svix: base64 over `id.timestamp.body`, keyed with what is behind `whsec_`. */
export function svix(secret, body, { id = `msg_${randomUUID()}`, timestamp = Date.now() / 1000 } = {}) {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const seconds = String(Math.floor(timestamp));
  const message = Buffer.concat([Buffer.from(`${id}.${seconds}.`), Buffer.from(body)]);
  return {
    'svix-id': id,
    'svix-timestamp': seconds,
    'svix-signature': `v1,${hmac(key, message).toString('base64')}`,
  };
}

/** Telemax: hex over the body behind `sha256=`; the key is the secret's text, or its bytes as `hex`. */
export function telemax(secret, body, { encoding = 'utf8', delivery = randomUUID() } = {}) {
  return {
    'X-Telemax-Delivery': delivery,
    'X-Telemax-Signature': `sha256=${hmac(Buffer.from(secret, encoding), body).toString('hex')}`,
  };
}

function hmac(key, message) {
  return createHmac('sha256', key).update(message).digest();
}
