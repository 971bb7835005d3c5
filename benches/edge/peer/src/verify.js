// Whether a delivery is genuine: svix for Telematica, WebCrypto for the two that sign the body in hex.

import { Webhook } from 'svix';

const encoder = new TextEncoder();
const keys = new Map();

/** By provider: `(headers, bytes, env)` gives `{ ok, bytes, … }`, or `{ ok: false, code }`. */
export const verifiers = {
  smartcar: (headers, bytes, env) =>
    hexOfBody(headers.get('sc-signature'), bytes, env.SMARTCAR_MANAGEMENT_TOKEN),
  telematica: svix,
  telemax: async (headers, bytes, env) => {
    const header = headers.get('x-telemax-signature');
    if (!header) return { ok: false, code: 'missing_header' };
    if (!header.startsWith('sha256=')) return { ok: false, code: 'malformed_signature' };
    const verified = await hexOfBody(header.slice('sha256='.length), bytes, env.TELEMAX_WEBHOOK_SECRET);
    return { ...verified, deliveryId: headers.get('x-telemax-delivery')?.toLowerCase() };
  },
};

/** HMAC-SHA-256 as hex, keyed with a text. */
export async function hmacHex(secret, text) {
  const tag = await crypto.subtle.sign('HMAC', await key(secret), encoder.encode(text));
  return hex(tag);
}

/** SHA-256 as hex. */
export async function sha256Hex(bytes) {
  return hex(await crypto.subtle.digest('SHA-256', bytes));
}

async function hexOfBody(signature, bytes, secrets) {
  if (!secrets) return { ok: false, status: 503, code: 'provider_not_configured' };
  if (!signature) return { ok: false, code: 'missing_header' };
  if (!/^[0-9a-f]{64}$/i.test(signature)) return { ok: false, code: 'malformed_signature' };
  const tag = Uint8Array.from(signature.match(/../g), (pair) => Number.parseInt(pair, 16));
  for (const secret of list(secrets)) {
    if (await crypto.subtle.verify('HMAC', await key(secret), tag, bytes)) return { ok: true, bytes };
  }
  return { ok: false, code: 'signature_mismatch' };
}

const webhooks = new Map();

function svix(headers, bytes, env) {
  if (!env.TELEMATICA_SVIX_SECRET) return { ok: false, status: 503, code: 'provider_not_configured' };
  const id = headers.get('svix-id');
  const given = {
    'svix-id': id,
    'svix-timestamp': headers.get('svix-timestamp'),
    'svix-signature': headers.get('svix-signature'),
  };
  if (Object.values(given).some((value) => !value)) return { ok: false, code: 'missing_header' };
  const text = new TextDecoder().decode(bytes);
  for (const secret of list(env.TELEMATICA_SVIX_SECRET)) {
    if (!webhooks.has(secret)) webhooks.set(secret, new Webhook(secret));
    try {
      webhooks.get(secret).verify(text, given);
      return { ok: true, bytes, id };
    } catch {
      // The next secret, if there is one.
    }
  }
  return { ok: false, code: 'signature_mismatch' };
}

function key(secret) {
  if (!keys.has(secret)) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    keys.set(
      secret,
      crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign', 'verify']),
    );
  }
  return keys.get(secret);
}

function list(secrets) {
  return secrets.split(/[\s,]+/).filter(Boolean);
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
