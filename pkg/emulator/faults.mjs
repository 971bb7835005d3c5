// How an emulator is told to misbehave, and how it does.

import { setTimeout as pause } from 'node:timers/promises';
import { isObject } from './server.mjs';

/**
 * @typedef {object} Fault  The first fault that matches and has times left is applied.
 * @property {number} [status]  answer with this status
 * @property {unknown} [body]  and this JSON
 * @property {Record<string, string>} [headers]  and these headers
 * @property {number} [retry_after]  and this Retry-After, in seconds
 * @property {boolean} [drop]  close the connection instead of answering
 * @property {number} [delay_ms]  wait before the answer; alone, the answer is the usual one
 * @property {number} [times]  how often; without it, until the faults are changed
 * @property {Record<string, string>} [match]  only requests whose properties have these values
 */

const isCount = (value) => Number.isInteger(value) && value >= 0;
const MEMBERS = {
  body: () => true,
  delay_ms: isCount,
  drop: (value) => typeof value === 'boolean',
  headers: isObject,
  retry_after: isCount,
  status: (value) => Number.isInteger(value) && value >= 200 && value <= 599,
  times: isCount,
};

/**
 * One fault or several, copied and checked: a misspelt fault that does nothing would make a test pass.
 * `matchable` names what `match` can ask for; `members` are checks of what this emulator knows besides.
 */
export function readFaults(faults, matchable, members = {}) {
  const match = (value) => isObject(value) && Object.keys(value).every((name) => matchable.includes(name));
  const known = { ...MEMBERS, match, ...members };
  return [faults].flat().map((fault) => {
    if (!isObject(fault)) throw new TypeError('A fault must be an object.');
    for (const [name, value] of Object.entries(fault)) {
      if (!Object.hasOwn(known, name) || !known[name](value))
        throw new TypeError(`A fault cannot have ${name} with the value ${JSON.stringify(value)}.`);
    }
    return { ...fault };
  });
}

/** The fault that applies to a request with these properties, one of its times used up, after its delay. */
export async function takeFault(faults, properties) {
  const matches = ({ match = {} }) =>
    Object.entries(match).every(([name, value]) => String(properties[name]) === String(value));
  const found = faults.find((fault) => fault.times !== 0 && matches(fault));
  if (found?.times) found.times -= 1;
  if (found?.delay_ms) await pause(found.delay_ms, undefined, { ref: false });
  return found;
}

/** Whether a fault takes the place of the answer. */
export const replaces = (fault) => fault !== undefined && (fault.drop || fault.status !== undefined);

/** The answer of a fault that replaces the usual one; status 0 is a dropped connection. */
export function faultyAnswer(fault, response) {
  if (fault.drop) return { status: 0 };
  for (const [name, value] of Object.entries(fault.headers ?? {})) response.setHeader(name, value);
  if (fault.retry_after !== undefined) response.setHeader('Retry-After', String(fault.retry_after));
  return {
    status: fault.status,
    content: fault.body ?? { error: 'fault', message: 'The emulator was told to.' },
  };
}
