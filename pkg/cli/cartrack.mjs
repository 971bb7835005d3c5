// weighbridge cartrack: the emulator of Cartrack's ingestion.

import { once } from 'node:events';
import { startCartrack } from '../emulator/cartrack.mjs';
import { UsageError, wholeNumber } from './command.mjs';

export const cartrack = {
  name: 'cartrack',
  summary: "runs an emulator of Cartrack's ingestion on 127.0.0.1",
  options: { key: { type: 'string' }, port: { type: 'string' } },
  help: `Usage: weighbridge cartrack [--port N]

Runs an emulator of Cartrack's telematics ingestion on 127.0.0.1 and prints each record as it comes.

  --port N    the port (default 8788; 0 takes a free one)
  --key TEXT  the X-API-KEY that it accepts; without it, CARTRACK_API_KEY of the environment
  --json      one line of JSON for the address and for each record

The emulator also answers GET /received, GET /requests, DELETE /received, and PUT /faults, with which it is
told to misbehave. Ctrl-C ends it.`,
  run,
};

async function run({ values, positionals }, { env, output }) {
  if (positionals.length > 0)
    throw new UsageError('cartrack takes options only. See weighbridge cartrack --help');
  const port = wholeNumber(values, 'port', { otherwise: 8788, least: 0, most: 65_535 });
  const apiKey = values.key ?? env.CARTRACK_API_KEY;
  if (!apiKey)
    throw new UsageError('Choose the key that it is to accept: set CARTRACK_API_KEY, or add --key TEXT.');
  let count = 0;
  const emulator = await start(port, apiKey, ({ at, record }) => {
    count += 1;
    output.result({ at, record }, `${at}  ${JSON.stringify(record)}`);
  });
  output.result(
    { url: emulator.url },
    `Cartrack's emulator takes records at ${emulator.url}\nCtrl-C ends it.`,
  );
  await Promise.race(['SIGINT', 'SIGTERM'].map((name) => once(process, name)));
  await emulator.close();
  output.result({ received: count }, `\n${count} ${count === 1 ? 'record' : 'records'} came.`);
  return true;
}

async function start(port, apiKey, onRecord) {
  try {
    return await startCartrack({ port, apiKey, onRecord });
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new UsageError(`Port ${port} is in use. Choose another one: --port ${port + 1}`);
  }
}
