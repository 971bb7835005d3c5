// Options, checked: a mistake in one throws and says what is expected.

import { KEYS } from './providers.js';

const TOLERANCE_SECONDS = 300;

/** The time of `options.now` in milliseconds, or the clock's. */
export function nowOf(options) {
  const now = options?.now;
  if (now === undefined) return Date.now();
  const ms = now instanceof Date ? now.getTime() : now;
  if (typeof ms !== 'number' || !Number.isFinite(ms)) {
    throw new TypeError('options.now must be a valid Date or a number of milliseconds since 1970.');
  }
  return ms;
}

/** How far a signed time may lie from now, in seconds. */
export function toleranceOf(options) {
  const tolerance = options?.toleranceSeconds;
  if (tolerance === undefined) return TOLERANCE_SECONDS;
  if (!Number.isSafeInteger(tolerance) || tolerance < 0) {
    throw new TypeError('options.toleranceSeconds must be a whole number of seconds, 0 or more.');
  }
  return tolerance;
}

/** How keys are read from this provider's secrets. */
export function keyFormatOf(provider, options) {
  const encoding = options?.secretEncoding;
  if (encoding === undefined) return provider.format;
  if (encoding !== 'utf8' && encoding !== 'hex') {
    throw new TypeError("options.secretEncoding must be 'utf8' or 'hex'.");
  }
  return provider.name === 'telemax' ? KEYS[encoding] : provider.format;
}
