// The command line: finds the command, reads its arguments, and makes every failure a sentence and a status.

import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { cartrack } from './cartrack.mjs';
import { follow, parse, UsageError } from './command.mjs';
import { doctor } from './doctor.mjs';
import { settingsOf } from './env.mjs';
import { Output } from './output.mjs';
import { send } from './send.mjs';
import { sign } from './sign.mjs';
import { smartcar } from './smartcar.mjs';
import { telematica } from './telematica.mjs';
import { telemax } from './telemax.mjs';
import { verify } from './verify.mjs';

const COMMANDS = [verify, sign, send, cartrack, smartcar, telematica, telemax, doctor];

/** Exit statuses: done, or genuine; refused, or failed; a mistake in how the command was called. */
const [OK, FAILED, USAGE] = [0, 1, 2];

/** Runs the command line's arguments and gives the exit status. */
export async function main(args, { env = process.env, stdin = process.stdin } = {}) {
  const output = new Output(args.includes('--json'));
  try {
    return await dispatch(args, { env, stdin, output });
  } catch (error) {
    const mistake = error instanceof UsageError || error instanceof TypeError;
    output.failure(mistake ? 'usage' : 'failed', stripVTControlCharacters(error.message));
    return mistake ? USAGE : FAILED;
  }
}

async function dispatch([name, ...rest], context) {
  const { output } = context;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    output.text(overview());
    return name === undefined ? USAGE : OK;
  }
  if (name === '--version' || name === '-v') {
    output.result({ version: version() }, version());
    return OK;
  }
  const known = COMMANDS.find((known) => known.name === name);
  if (!known) {
    const known = COMMANDS.map((known) => known.name).join(', ');
    throw new UsageError(`There is no such command. Known: ${known}. See weighbridge --help`);
  }
  const { command, args } = follow(known, rest);
  if (args.includes('--help') || args.includes('-h')) {
    output.text(command.help);
    return OK;
  }
  const parsed = parse(command, args);
  const env = settingsOf(parsed.values.vars, context.env);
  return (await command.run(parsed, { ...context, env })) ? OK : FAILED;
}

function overview() {
  const line = ({ name, summary }) => `  ${name.padEnd(12)}${summary}`;
  return `weighbridge ${version()}: signed webhooks of Smartcar, Telematica and Telemax

Usage: weighbridge <command> [arguments]

${COMMANDS.map(line).join('\n')}

Every command takes --help, and --json for output that programs read.

Secrets come from --secret-file FILE (one a line), from the environment, from a file of variables, or from
--secret TEXT, which other users of this machine can see. The file is that of --vars FILE, or .dev.vars in
the folder where you are. The names are those of the gateway:
  SMARTCAR_MANAGEMENT_TOKEN  TELEMATICA_SVIX_SECRET  TELEMATICA_CALLBACK_TOKEN  TELEMAX_WEBHOOK_SECRET

Exit status: 0 done, or genuine; 1 refused, or failed; 2 called in a wrong way.`;
}

function version() {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}
