// How a command takes its arguments.

import { parseArgs } from 'node:util';

/** A mistake in how a command was called. Its message says what to do, and never repeats a value. */
export class UsageError extends Error {}

const COMMON = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  vars: { type: 'string' },
};

/** Reads a command's arguments: `{ values, positionals }`. */
export function parse(command, args) {
  try {
    return parseArgs({
      args,
      options: { ...COMMON, ...command.options },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    const [sentence] = error.message.split(/\n|\. /);
    throw new UsageError(`${sentence.replace(/\.$/, '')}. See weighbridge ${command.name} --help`);
  }
}

/** A whole number among the options. */
export function wholeNumber(values, name, { otherwise, least = 1, most }) {
  const text = values[name];
  if (text === undefined) return otherwise;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}.`);
}
