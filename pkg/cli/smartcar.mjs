// weighbridge smartcar: which vehicles a webhook hears of, what the dashboard sees, and an emulator of the API.

import { group } from './command.mjs';
import { API_HELP } from './smartcar/api.mjs';
import { check } from './smartcar/check.mjs';
import { emulator } from './smartcar/emulator.mjs';
import { subscribe, unsubscribe } from './smartcar/subscribe.mjs';
import { vehicles } from './smartcar/vehicles.mjs';

export const smartcar = group({
  name: 'smartcar',
  summary: 'subscribes vehicles to a webhook, checks a gateway; runs an emulator of the API',
  commands: [vehicles, subscribe, unsubscribe, check, emulator],
  help: API_HELP,
});
