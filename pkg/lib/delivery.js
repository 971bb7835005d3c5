// A delivery's headers and body, checked and written to where the core reads them.

import { bound, ITEM_PREFIX } from './memory.js';

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
 * The headers that matter, as a flat list of places and values. Names are compared without regard to case; a
 * name that comes twice stays twice.
 */
export function gather(headers, { names, places, shapes }) {
  const found = [];
  if (typeof headers.get === 'function') {
    for (let place = 0; place < names.length; place++) {
      const value = headers.get(names[place]);
      if (value !== null && value !== undefined) found.push(place, value);
    }
    return found;
  }
  for (const name in headers) {
    if (!(shapes[name.length] & initialOf(name))) continue;
    const place = places.get(name) ?? places.get(name.toLowerCase());
    if (place === undefined || !Object.hasOwn(headers, name)) continue;
    const value = headers[name];
    if (Array.isArray(value)) for (const one of value) found.push(place, String(one));
    else if (value !== undefined && value !== null) found.push(place, String(value));
  }
  return found;
}

/** A bit for the letter that a name begins with, in either case. */
export function initialOf(name) {
  return 1 << (name.charCodeAt(0) & 31);
}

/** The most bytes that gathered headers can become. */
export function boundOfHeaders(found) {
  let size = 0;
  for (let index = 1; index < found.length; index += 2) size += ITEM_PREFIX + bound(found[index]);
  return size;
}

/** The value of the first of these places that is there, as the core reads it. */
export function valueAt(found, first, second) {
  let at = indexOf(found, first);
  if (at < 0) at = indexOf(found, second);
  if (at < 0) return undefined;
  const value = found[at + 1];
  return isPadded(value) ? value.replace(ALL_AT_ENDS, '') : value;
}

function isPadded(value) {
  return value.charCodeAt(0) <= 32 || value.charCodeAt(value.length - 1) <= 32;
}

const ALL_AT_ENDS = /^[ \t]+|[ \t]+$/g;

function indexOf(found, place) {
  for (let index = 0; index < found.length; index += 2) if (found[index] === place) return index;
  return -1;
}
