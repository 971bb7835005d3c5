// What the core says of the providers: their numbers, and the headers that each looks at.

import { initialOf } from './delivery.js';
import { core, onInstance } from './engine.js';
import { answer } from './memory.js';

/** How the core reads keys from secrets. */
export const KEYS = { utf8: 0, hex: 1, standardWebhooks: 2, tokens: 3 };

const FORMATS = { smartcar: KEYS.utf8, telematica: KEYS.standardWebhooks, telemax: KEYS.utf8 };

let known;
let callback;

onInstance((exports) => {
  const { providers, callback: names } = answer(exports.catalogue());
  known = new Map(
    providers.map(({ name, headers }, place) => [
      name,
      { name, place, format: FORMATS[name], ...lookup(headers) },
    ]),
  );
  callback = lookup(names);
});

/** The provider of this name. */
export function providerOf(name) {
  core();
  const provider = known.get(name);
  if (provider) return provider;
  const names = [...known.keys()].map((known) => `'${known}'`).join(', ');
  throw new TypeError(`There is no provider ${quoted(name)}. The known ones are ${names}.`);
}

/** The headers of Telematica's legacy callback. */
export function callbackHeaders() {
  core();
  return callback;
}

const LONGEST_NAME = 32;

/** Header names with their places, and by length the initials of names, to rule most headers out at once. */
function lookup(names) {
  const places = new Map(names.map((name, place) => [name, place]));
  const shapes = new Uint32Array(LONGEST_NAME + 1);
  for (const name of names) shapes[name.length] |= initialOf(name);
  return { names, places, shapes };
}

function quoted(name) {
  return typeof name === 'string' ? `'${name}'` : String(name);
}
