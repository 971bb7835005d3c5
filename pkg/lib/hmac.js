// The platform's own HMAC, where it has one that answers at once: faster than wasm for all but small bodies.

import { encodeTo } from './memory.js';
import { computeTagsWith } from './platform.js';
import { KEYS } from './providers.js';

/** From this many bytes on the platform is the faster one (`npm run bench` shows both sides of it). */
const FROM_BYTES = 320;

/** Up to this many bytes a body is copied and hashed in one go; larger ones are hashed where they are. */
const COPIED_BYTES = 64 * 1024;

const BLOCK = 64;
const PREFIX_ROOM = 1024;

let crypto;
let scratch;

/** Says which `node:crypto` there is, if any. */
export function useCrypto(module) {
  crypto = typeof module?.createHmac === 'function' && globalThis.Buffer ? module : undefined;
}

/** Whether the platform's HMAC is to be used for a body of so many bytes. */
export function isFaster(length) {
  return crypto !== undefined && length >= FROM_BYTES;
}

/**
 * Gives the tag of `prefix` and `body` under the first key of `ring`, a character for each byte, and has the
 * platform answer for those under the others.
 */
export function sign(ring, prefix, body) {
  ring.platformKeys ??= ring.secrets.map((secret) => prepare(bytesOf(ring.kind, secret)));
  const keys = ring.platformKeys;
  const size = body.length * (typeof body === 'string' ? 3 : 1);
  const small = size <= COPIED_BYTES && prefix.length * 3 <= PREFIX_ROOM && typeof crypto.hash === 'function';
  const compute = small ? oneShot : streamed;
  if (keys.length > 1) computeTagsWith((index) => compute(keys[index], prefix, body));
  return compute(keys[0], prefix, body);
}

/** HMAC by two hashes, each a single call: a third of the time of an Hmac object. */
function oneShot({ inner, outer }, prefix, body) {
  scratch ??= globalThis.Buffer.allocUnsafeSlow(BLOCK + PREFIX_ROOM + COPIED_BYTES);
  scratch.set(inner);
  let end = BLOCK;
  if (prefix !== '') end = encodeTo(scratch, prefix, end);
  if (typeof body === 'string') {
    end += scratch.write(body, end);
  } else {
    scratch.set(body, end);
    end += body.length;
  }
  const digest = crypto.hash('sha256', new Uint8Array(scratch.buffer, 0, end), 'latin1');
  for (let at = 0; at < digest.length; at++) outer[BLOCK + at] = digest.charCodeAt(at);
  return crypto.hash('sha256', outer, 'latin1');
}

function streamed({ key }, prefix, body) {
  return crypto.createHmac('sha256', key).update(prefix).update(body).digest('latin1');
}

/** What HMAC hashes of a key (RFC 2104). */
function prepare(key) {
  const short = key.length > BLOCK ? crypto.createHash('sha256').update(key).digest() : key;
  const inner = new Uint8Array(BLOCK).fill(0x36);
  const outer = new Uint8Array(BLOCK + 32).fill(0x5c, 0, BLOCK);
  for (let at = 0; at < short.length; at++) {
    inner[at] ^= short[at];
    outer[at] ^= short[at];
  }
  return { inner, outer, key: crypto.createSecretKey(key) };
}

/** The bytes of a key. The core has accepted the secret, so that nothing in it is left to chance. */
function bytesOf(kind, secret) {
  if (kind === KEYS.hex) return globalThis.Buffer.from(secret, 'hex');
  if (kind === KEYS.utf8) return globalThis.Buffer.from(secret);
  return globalThis.Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}
