// How a command takes its arguments.

import { parseArgs } from 'node:util';

/** A mistake in how a command was called. Its message says what to do, and never repeats a value. */
export class UsageError extends Error {}

const COMMON = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  vars: { type: 'string' },
};

/** A command that has `commands`: their names begin with its own. */
export function group({ name, summary, commands, help }) {
  const width = Math.max(...commands.map((command) => command.name.length)) + 2;
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}${command.summary}`);
  const usage = `Usage: weighbridge ${name} <command> [arguments]\n\n${lines.join('\n')}`;
  return {
    name,
    summary,
    commands,
    help: `${usage}\n\n${help}\nEach takes --help, and --json for output that programs read.`,
  };
}

/** Follows the arguments from a group to the command that they name: `{ command, args }`. */
export function follow(command, args) {
  if (!command.commands) return { command, args };
  const next = command.commands.find(({ name }) => name === `${command.name} ${args[0]}`);
  if (next) return follow(next, args.slice(1));
  if (args.includes('--help') || args.includes('-h')) return { command, args };
  const known = command.commands.map(({ name }) => name.slice(command.name.length + 1)).join(', ');
  throw new UsageError(`Say what to do: ${known}. See weighbridge ${command.name} --help`);
}

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

/** Refuses arguments where a command takes no more. */
export function noMore(others, { name }) {
  if (others.length > 0)
    throw new UsageError(`${name} takes no more arguments, options only. See weighbridge ${name} --help`);
}

/** A whole number among the options. */
export function wholeNumber(values, name, { otherwise, least = 1, most }) {
  const text = values[name];
  if (text === undefined) return otherwise;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}.`);
}
