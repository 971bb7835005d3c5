// weighbridge cartrack: the emulator of Cartrack's ingestion.

import { startCartrack } from '../emulator/cartrack.mjs';
import { noMore, UsageError, wholeNumber } from './command.mjs';
import { listening, untilInterrupted } from './serve.mjs';

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
  noMore(positionals, cartrack);
  const port = wholeNumber(values, 'port', { otherwise: 8788, least: 0, most: 65_535 });
  const apiKey = values.key ?? env.CARTRACK_API_KEY;
  if (!apiKey)
    throw new UsageError('Choose the key that it is to accept: set CARTRACK_API_KEY, or add --key TEXT.');
  let count = 0;
  const onRecord = ({ at, record }) => {
    count += 1;
    output.result({ at, record }, `${at}  ${JSON.stringify(record)}`);
  };
  const emulator = await listening(port, () => startCartrack({ port, apiKey, onRecord }));
  output.result(
    { url: emulator.url },
    `Cartrack's emulator takes records at ${emulator.url}\nCtrl-C ends it.`,
  );
  await untilInterrupted();
  await emulator.close();
  output.result({ received: count }, `\n${count} ${count === 1 ? 'record' : 'records'} came.`);
  return true;
}
