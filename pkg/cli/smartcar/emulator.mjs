// weighbridge smartcar emulator: the emulator of Smartcar's API.

import { startSmartcar } from '../../emulator/smartcar.mjs';
import { requiredSetting } from '../api-client.mjs';
import { noMore, wholeNumber } from '../command.mjs';
import { serve } from '../serve.mjs';

export const emulator = {
  name: 'smartcar emulator',
  summary: "runs an emulator of Smartcar's API on 127.0.0.1",
  options: { port: { type: 'string' } },
  help: `Usage: weighbridge smartcar emulator [--port N]

Runs an emulator of Smartcar's API V3 on 127.0.0.1: tokens, connections, VIN signals, webhooks and subscriptions,
with the application's rate limit.

  --port N   the port (default 8790; 0 takes a free one)
  --json     one line of JSON for the addresses

The credentials that it accepts are SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET. It also answers GET /requests,
and PUT /faults, with which it is told to misbehave. Ctrl-C ends it.`,
  run,
};

async function run({ values, positionals }, { env, output }) {
  noMore(positionals, emulator);
  const port = wholeNumber(values, 'port', { otherwise: 8790, least: 0, most: 65_535 });
  const clientId = requiredSetting(env, 'SMARTCAR_CLIENT_ID', 'choose the one that it is to accept');
  const clientSecret = requiredSetting(env, 'SMARTCAR_CLIENT_SECRET', 'choose the one that it is to accept');
  return serve(port, output, {
    name: "Smartcar's emulator",
    start: () => startSmartcar({ port, clientId, clientSecret }),
    addresses: ({ url, tokenUrl }) => ({
      SMARTCAR_API_URL: url,
      SMARTCAR_MANAGEMENT_URL: url,
      SMARTCAR_TOKEN_URL: tokenUrl,
    }),
  });
}
