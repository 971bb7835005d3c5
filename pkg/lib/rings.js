// Keys and tokens, prepared once in the core and found again by the secrets they were made of.

import { core, onInstance, trapped } from './engine.js';
import { answer, begin, bound, item, items, writeText } from './memory.js';

/** How many rings of a kind are kept; the one that was made first goes first. */
const KEPT = 256;

let single;
let several;

onInstance(() => {
  single = [new Map(), new Map(), new Map(), new Map()];
  several = [new Map(), new Map(), new Map(), new Map()];
});

/**
 * The ring of one secret, or of several that are tried in order: `{ place, secrets }`. `what` names the
 * argument in the errors.
 */
export function ringOf(kind, secrets, what = 'secrets') {
  core();
  if (typeof secrets === 'string')
    return single[kind].get(secrets) ?? make(single[kind], secrets, kind, [secrets]);
  if (!Array.isArray(secrets)) throw new TypeError(`${what} must be ${SHAPE}, not ${kindOf(secrets)}`);
  if (secrets.length === 0)
    throw new TypeError(`${what} is an empty array: nothing could ever be verified with it.`);
  for (const secret of secrets) {
    if (typeof secret !== 'string')
      throw new TypeError(`${what} must hold only strings, not ${kindOf(secret)}`);
  }
  const key = secrets.map((secret) => `${secret.length}:${secret}`).join('');
  return several[kind].get(key) ?? make(several[kind], key, kind, [...secrets]);
}

function make(rings, key, kind, secrets) {
  let at = begin(
    secrets.length,
    secrets.reduce((size, secret) => size + bound(secret), 0),
  );
  for (const secret of secrets) {
    const end = writeText(secret, at);
    item(0, at, end);
    at = end;
  }
  const exports = core();
  let place;
  try {
    place = exports.ring(kind, items());
  } catch (error) {
    throw trapped(error);
  }
  if (place < 0) throw new TypeError(answer(~place));
  if (rings.size >= KEPT) {
    const [oldest, { place }] = rings.entries().next().value;
    rings.delete(oldest);
    exports.forget(place);
  }
  const ring = { place, kind, secrets, paddedKeys: undefined };
  rings.set(key, ring);
  return ring;
}

const SHAPE = 'a string (one secret) or an array of strings (several, tried in order)';

function kindOf(value) {
  if (value === undefined) return 'undefined. Is the environment variable that holds it set?';
  if (value === null) return 'null. Is the setting that holds it there?';
  return typeof value === 'object' ? 'an object.' : `a ${typeof value}.`;
}
