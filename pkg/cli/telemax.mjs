// weighbridge telemax: Telemax's webhooks and alerts, and an emulator of its API.

import { group } from './command.mjs';
import { alerts } from './telemax/alerts.mjs';
import { API_HELP } from './telemax/api.mjs';
import { create } from './telemax/create.mjs';
import { emulator } from './telemax/emulator.mjs';
import { rotate } from './telemax/rotate.mjs';
import { get, linkAlert, list, remove, update } from './telemax/webhooks.mjs';

const webhooks = group({
  name: 'telemax webhooks',
  summary: 'creates, shows, changes, deletes webhooks, and rotates their secret',
  commands: [create, list, get, update, remove, linkAlert, rotate],
  help: API_HELP,
});

export const telemax = group({
  name: 'telemax',
  summary: 'manages webhooks and their secrets at Telemax; runs an emulator of its API',
  commands: [webhooks, alerts, emulator],
  help: API_HELP,
});
