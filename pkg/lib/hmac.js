// The platform's own SHA-256, where it has one that answers at once: faster than wasm. It computes the longer half
// of HMAC; the core does the rest and compares.

import { view, writeBytes } from './memory.js';
import { computeHashesWith } from './platform.js';
import { KEYS } from './providers.js';

/** From this many bytes on the platform is the faster one (`npm run bench` shows both sides of it). */
const FROM_BYTES = 192;

/** The same where it hashes by a Hash object only. */
const STREAMED_FROM_BYTES = 320;

/** How many bytes SHA-256 takes at a time. */
export const BLOCK = 64;

/** How many bytes a hash has. */
export const HASH_BYTES = 32;

let crypto;
let fromBytes;

/** Says which `node:crypto` there is, if any. */
export function useCrypto(module) {
  crypto = typeof module?.createHash === 'function' && globalThis.Buffer ? module : undefined;
  fromBytes = typeof module?.hash === 'function' ? FROM_BYTES : STREAMED_FROM_BYTES;
}

/** Whether the platform is to hash a body of so many bytes. */
export function isFaster(length) {
  return crypto !== undefined && length >= fromBytes;
}

/**
 * Gives the inner hash of HMAC (RFC 2104) of the input from `start` to `end`, and of the body `rest` if that is not
 * there, under the first key of `ring`, a character for each byte, and has the platform answer for those under the
 * others. The block before `start` is overwritten.
 */
export function hash(ring, start, end, rest) {
  ring.paddedKeys ??= ring.secrets.map((secret) => padded(bytesOf(ring.kind, secret)));
  const keys = ring.paddedKeys;
  if (keys.length > 1) computeHashesWith((index) => streamed(keys[index], start, end, rest));
  if (rest !== undefined || !crypto.hash) return streamed(keys[0], start, end, rest);
  writeBytes(keys[0], start - BLOCK);
  return crypto.hash('sha256', view(start - BLOCK, end), 'latin1');
}

function streamed(key, start, end, rest) {
  const hash = crypto.createHash('sha256').update(key).update(view(start, end));
  return (rest === undefined ? hash : hash.update(rest)).digest('latin1');
}

/** What HMAC hashes first of a key. */
function padded(key) {
  const short = key.length > BLOCK ? crypto.createHash('sha256').update(key).digest() : key;
  const block = new Uint8Array(BLOCK).fill(0x36);
  for (let at = 0; at < short.length; at++) block[at] ^= short[at];
  return block;
}

/** The bytes of a key. The core has accepted the secret, so that nothing in it is left to chance. */
function bytesOf(kind, secret) {
  if (kind === KEYS.hex) return globalThis.Buffer.from(secret, 'hex');
  if (kind === KEYS.utf8) return globalThis.Buffer.from(secret);
  return globalThis.Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}
