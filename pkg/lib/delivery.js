// A delivery's headers and body, checked and written to where the core reads them.

import { BLOCK, HASH_BYTES, hash, isFaster } from './hmac.js';
import {
  BODY,
  begin,
  bound,
  boundOfBody,
  HASH,
  item,
  writeBody,
  writeByte,
  writeHash,
  writeText,
} from './memory.js';

/** Bodies of more bytes than this are refused: no provider sends a thousandth of it. */
export const MOST_BYTES = 256 * 1024 * 1024;

/** Throws unless this is a body as it came over the wire. */
export function checkBody(body) {
  if (typeof body === 'string' || body instanceof Uint8Array) return;
  if (ArrayBuffer.isView(body) && body[Symbol.toStringTag] === 'Uint8Array') return;
  throw new TypeError(
    body === undefined || body === null
      ? 'The body is missing. Pass the raw body of the request, as a Uint8Array or a string.'
      : 'The body must be the raw bytes of the request, a Uint8Array or a string. An object that was parsed ' +
          'from JSON cannot be verified: its signature covers the exact bytes that came over the wire.',
  );
}

/** Throws unless this is a delivery. */
export function checkDelivery(delivery) {
  if (typeof delivery !== 'object' || delivery === null) {
    throw new TypeError('The delivery must be an object with the headers and the raw body of the request.');
  }
  checkBody(delivery.body);
  if (typeof delivery.headers !== 'object' || delivery.headers === null) {
    throw new TypeError(
      'delivery.headers must be a Headers object or a plain object of header names and values.',
    );
  }
}

/**
 * The values of the headers that matter, each at its name's place, without white space at the ends; `REPEATED`
 * for a name that comes more than once. Names are compared without regard to case.
 */
export function gather(headers, { names, places, shapes }) {
  const found = [undefined, undefined, undefined, undefined, undefined, undefined, undefined];
  if (typeof headers.get === 'function') {
    for (let place = 0; place < names.length; place++) add(found, place, headers.get(names[place]));
    return found;
  }
  for (const name in headers) {
    const { length } = name;
    if (length >= shapes.length || !(shapes[length] & initialOf(name))) continue;
    const place = places.get(name) ?? places.get(name.toLowerCase());
    if (place === undefined || !isOwn.call(headers, name)) continue;
    const value = headers[name];
    if (Array.isArray(value)) for (const one of value) add(found, place, String(one));
    else add(found, place, value);
  }
  return found;
}

function add(found, place, value) {
  if (value === undefined || value === null) return;
  const text = typeof value === 'string' ? value : String(value);
  found[place] = found[place] === undefined ? trimmed(text) : REPEATED;
}

const REPEATED = null;

/** In a loop over names, engines know it by heart, other than `Object.hasOwn`. */
const isOwn = Object.prototype.hasOwnProperty;

/** A bit for the letter that a name begins with, in either case. */
export function initialOf(name) {
  return 1 << (name.charCodeAt(0) & 31);
}

/** `text` as the core reads it. */
function trimmed(text) {
  const isPadded = text.charCodeAt(0) <= 32 || text.charCodeAt(text.length - 1) <= 32;
  return isPadded ? text.replace(ALL_AT_ENDS, '') : text;
}

const ALL_AT_ENDS = /^[ \t]+|[ \t]+$/g;

/** The first of two places at which something was found. */
export function placeOf(found, first, second) {
  return found[first] === undefined ? second : first;
}

/**
 * Writes a delivery to the input. What is signed lies there in one piece, behind room for a block. The tag comes
 * from the platform where that is faster; the body is left out where it has to be neither read nor hashed there.
 */
export function writeDelivery(found, signs, body, ring, isRead) {
  const byPlatform = ring !== undefined && isFaster(body.length);
  const isThere = isRead || !byPlatform || boundOfBody(body) <= COPIED_BYTES;
  let at = begin(
    2 * found.length + 2,
    boundOfHeaders(found) + BLOCK + 2 + (isThere ? boundOfBody(body) : 0) + HASH_BYTES,
  );
  const id = signs ? placeOf(found, 0, 3) : -1;
  const time = signs ? placeOf(found, 1, 4) : -1;
  for (let place = 0; place < found.length; place++) {
    if (found[place] !== undefined && place !== id && place !== time) at = writeHeader(found, place, at);
  }
  const start = at + BLOCK;
  at = start;
  if (signs) {
    at = writeByte(DOT, writeHeader(found, id, at));
    at = writeByte(DOT, writeHeader(found, time, at));
  }
  if (isThere) {
    const end = writeBody(body, at);
    item(BODY, at, end);
    at = end;
  }
  if (byPlatform) item(HASH, at, writeHash(hash(ring, start, at, isThere ? undefined : body), at));
}

const DOT = 46;

/** Up to this many bytes a body is copied and hashed in one go; larger ones are hashed where they are. */
const COPIED_BYTES = 64 * 1024;

/** Writes the header at `place`, if there is any, and gives the place after it. */
function writeHeader(found, place, at) {
  const value = found[place];
  if (typeof value === 'string') {
    const end = writeText(value, at);
    item(place, at, end);
    return end;
  }
  if (value === REPEATED) {
    // Whatever the values are, they decide nothing.
    item(place, at, at);
    item(place, at, at);
  }
  return at;
}

/** The most bytes that gathered headers can become. */
function boundOfHeaders(found) {
  let size = 0;
  for (let place = 0; place < found.length; place++) {
    const value = found[place];
    if (typeof value === 'string') size += bound(value);
  }
  return size;
}
