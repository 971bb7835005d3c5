// weighbridge verify: whether a delivery is genuine, why not, and what it says.

import { verify as judge, receive, toCartrack } from '../index.js';
import { readBody } from './body.mjs';
import { UsageError, wholeNumber } from './command.mjs';
import { diagnose } from './diagnose.mjs';
import { headersOf } from './headers.mjs';
import { providerOf } from './providers.mjs';
import { encodingOf, SECRET_HELP, SECRET_OPTIONS, secretsOf } from './secrets.mjs';
import { timeOf } from './time.mjs';

export const verify = {
  name: 'verify',
  summary: 'says whether a delivery is genuine, why not, and what it says',
  options: {
    ...SECRET_OPTIONS,
    header: { type: 'string', short: 'H', multiple: true },
    headers: { type: 'string' },
    now: { type: 'string' },
    tolerance: { type: 'string' },
  },
  help: `Usage: weighbridge verify <smartcar|telematica|telemax> [body-file]

Says whether a delivery is genuine. The body is the exact bytes that came, from a file or standard input.

  -H, --header LINE    a header as 'name: value'. May be repeated
  --headers FILE       headers, one a line, or as a JSON object
${SECRET_HELP}
  --now TIME           judge as of this time; 'signed' is the time that the delivery itself states
  --tolerance SECONDS  how far Telematica's signed time may lie from now (default 300)
  --json               the verdict as JSON

Exit status: 0 genuine, 1 not genuine, 2 called in a wrong way.

  weighbridge verify telemax body.json --secret-file secret.txt -H 'X-Telemax-Signature: sha256=60bb…'`,
  run,
};

async function run({ values, positionals: [name, file, ...others] }, { env, stdin, output }) {
  const provider = providerOf(name);
  if (others.length > 0)
    throw new UsageError('There are too many arguments: one provider and one file are enough.');
  const secrets = secretsOf(provider, values, env);
  const headers = headersOf(values);
  const delivery = { headers, body: await readBody(file, stdin) };
  const options = {
    ...encodingOf(values, env),
    now: nowOf(values.now, headers),
    toleranceSeconds: wholeNumber(values, 'tolerance', { least: 0, most: 999_999_999 }),
  };
  const verdict = judge(provider, delivery, secrets, options);
  const content = verdict.ok
    ? { ...verdict, received: withRecords(receive(provider, delivery, secrets, options)) }
    : { ...verdict, hint: diagnose(provider, delivery, secrets, options, verdict) };
  output.result({ provider, ...content }, verdict.ok ? genuine(content, secrets) : refused(content));
  return verdict.ok;
}

/** The time to judge by; `signed` is the one of the delivery. */
function nowOf(text, headers) {
  if (text === undefined) return undefined;
  if (text !== 'signed') return timeOf(text);
  const [signed] = headers['svix-timestamp'] ?? headers['webhook-timestamp'] ?? [];
  return /^\d{1,12}$/.test(signed ?? '') ? Number(signed) * 1000 : undefined;
}

function withRecords(received) {
  if (received.kind !== 'events') return received;
  return { ...received, events: received.events.map((event) => ({ ...event, cartrack: toCartrack(event) })) };
}

function genuine({ keyIndex, received }, secrets) {
  const lines = [`✓ genuine: signed with secret ${keyIndex + 1} of ${secrets.length}`];
  if (received.kind === 'rejected') lines.push(`  but ${received.code}: ${received.message}`);
  if (received.kind === 'challenge') lines.push('  a challenge, which is answered and not read');
  for (const event of received.events ?? []) lines.push(`  ${story(event)}`);
  for (const { action, vehicle } of received.changes ?? [])
    lines.push(`  mapping of vehicle ${vehicle}: ${action}`);
  return lines.join('\n');
}

function story({ type, vehicle = 'unknown', cartrack }) {
  const fate = cartrack.ok ? `${cartrack.record.event_type} at ${cartrack.record.event_ts}` : cartrack.reason;
  return `${type} of vehicle ${vehicle}; for Cartrack: ${fate}`;
}

function refused({ code, message, hint }) {
  return [`✗ ${code}: ${message}`, ...(hint ? [`  ${hint}`] : [])].join('\n');
}
