// weighbridge sign: the headers that a provider would send with a body, or a curl line that sends both.

import { sign as headersFor } from '../index.js';
import { readBody } from './body.mjs';
import { UsageError } from './command.mjs';
import { curlLine } from './curl.mjs';
import { linesOf } from './headers.mjs';
import { providerOf } from './providers.mjs';
import { encodingOf, SECRET_HELP, SECRET_OPTIONS, secretsOf } from './secrets.mjs';
import { timeOf } from './time.mjs';

export const sign = {
  name: 'sign',
  summary: 'prints the headers that a provider would send with a body',
  options: {
    ...SECRET_OPTIONS,
    curl: { type: 'string' },
    id: { type: 'string' },
    now: { type: 'string' },
  },
  help: `Usage: weighbridge sign <smartcar|telematica|telemax> [body-file]

Prints the headers that the provider would send with the body, from a file or standard input. Of several
secrets the first signs.

  --curl URL           print a curl line that sends the body with its headers
  --id TEXT            the id of the message (Telematica) or of the delivery (Telemax)
  --now TIME           sign as of this time
${SECRET_HELP}
  --json               the headers as JSON, and the body as text

  weighbridge sign smartcar body.json --curl http://127.0.0.1:8787/hooks/smartcar | sh`,
  run,
};

async function run({ values, positionals: [name, file, ...others] }, { env, stdin, output }) {
  const provider = providerOf(name);
  if (others.length > 0)
    throw new UsageError('There are too many arguments: one provider and one file are enough.');
  const [secret] = secretsOf(provider, values, env);
  const body = await readBody(file, stdin);
  const now = values.now === undefined ? undefined : timeOf(values.now);
  const signed = headersFor(provider, body, secret, { ...encodingOf(values, env), id: values.id, now });
  const headers = { 'content-type': 'application/json', ...signed };
  const curl = values.curl === undefined ? undefined : curlLine(values.curl, headers, body, file);
  output.result({ provider, headers, curl }, curl ?? linesOf(signed));
  return true;
}
