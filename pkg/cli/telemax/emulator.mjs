// weighbridge telemax emulator: the emulator of Telemax's API.

import { startTelemax } from '../../emulator/telemax.mjs';
import { noMore, UsageError, wholeNumber } from '../command.mjs';
import { serve } from '../serve.mjs';

export const emulator = {
  name: 'telemax emulator',
  summary: "runs an emulator of Telemax's API on 127.0.0.1",
  options: { port: { type: 'string' } },
  help: `Usage: weighbridge telemax emulator [--port N]

Runs an emulator of Telemax's API V2 on 127.0.0.1: webhooks with their limits, positions of vehicles, and alerts
that are delivered, signed. It prints each delivery. Its webhooks may lead to this machine.

  --port N   the port (default 8789; 0 takes a free one)
  --json     one line of JSON for the address and for each delivery

The key that it accepts is TELEMAX_API_KEY. POST /alerts fires one:
  curl -d '{"alertType":"Ignition","vehicleId":88421,"data":{"isStarted":true}}' http://127.0.0.1:8789/alerts
It also answers GET /deliveries, GET and PUT /vehicles/88421, GET /requests, and PUT /faults, with which it is
told to misbehave. Ctrl-C ends it.`,
  run,
};

async function run({ values, positionals }, { env, output }) {
  noMore(positionals, emulator);
  const port = wholeNumber(values, 'port', { otherwise: 8789, least: 0, most: 65_535 });
  const apiKey = env.TELEMAX_API_KEY;
  if (!apiKey) throw new UsageError('Choose the key that it is to accept: set TELEMAX_API_KEY.');
  const onDelivery = (delivery) =>
    output.result(
      delivery,
      `${delivery.at}  ${delivery.alertType} of ${delivery.vehicleId} to webhook ${delivery.webhookId}: ${delivery.status || 'no reply'}`,
    );
  return serve(port, output, {
    name: "Telemax's emulator",
    start: () => startTelemax({ port, apiKey, allowLoopback: true, onDelivery }),
    addresses: ({ url }) => ({ TELEMAX_API_URL: url }),
  });
}
