// Telemax's API V2, as far as webhooks and alerts need it.
// https://docs.telemax.com.au/v2/api-reference/post-webhooks

import { ApiClient, ApiError, apiAddress, requiredSetting } from '../api-client.mjs';
import { UsageError } from '../command.mjs';

export const API_HELP = `The key is TELEMAX_API_KEY, of the environment or of .dev.vars in the folder where you are, or of the file
of --vars FILE. TELEMAX_API_URL is another address of the API, such as an emulator's. Telemax lets 20 changes
and 60 reads pass in a minute: what is refused for that is tried again when Telemax says.`;

/** The alerts that a webhook can be linked to, by the type that configurations have, and the others. */
export const ALERT_TYPES = {
  1: 'Device Disconnected',
  2: 'Device Reconnected',
  3: 'Engine Code',
  4: 'Fatigue',
  5: 'Geofence',
  6: 'Geofence Speed',
  7: 'Idle',
  8: 'Ignition',
  9: 'Low battery',
  10: 'Speeding',
  11: 'Mileage',
  12: 'Above Speed Limit',
  13: 'Doors Unlocked',
  14: 'Tire Pressure',
  15: 'Charging',
  16: 'Exceed RPM',
  17: 'Exceed Engine Temp',
  18: 'Reminder',
};
export const LINKABLE = ['1', '2', '5', '8', '9', '10'];

/** The most alerts that a webhook has. */
export const MOST_ALERTS = 50;

/** Calls to the API with the key of the settings. */
export class TelemaxApi {
  #base;
  #client;

  constructor(env, output, options = {}) {
    const apiKey = requiredSetting(
      env,
      'TELEMAX_API_KEY',
      'Telemax’s dashboard, Webhooks and API Key, makes one',
    );
    this.#base = `${apiAddress(env, 'TELEMAX_API_URL', 'https://api.telemax.com.au')}/api/v2`;
    this.#client = new ApiClient({
      name: 'Telemax',
      variables: ['TELEMAX_API_KEY'],
      headers: { 'x-api-version': '2' },
      authorize: () => ({
        url: `${this.#base}/authentication/token/api-key`,
        options: { method: 'POST', body: new URLSearchParams({ apiKey }) },
      }),
      problemOf: ({ type, code, description, requestId }) => ({ type, code, text: description, requestId }),
      output,
      ...options,
    });
  }

  async createWebhook(configuration) {
    const created = await this.#call('POST', '/webhooks', configuration);
    if (/^[0-9A-Fa-f]{64}$/.test(created?.secret ?? '') && Number.isInteger(created.id)) return created;
    throw new ApiError(
      'Telemax created a webhook without the secret that its reply should have. Delete it, and tell Telemax.',
    );
  }

  listWebhooks() {
    return this.#all('/webhooks');
  }

  webhook(id) {
    return this.#call('GET', `/webhooks/${id}`);
  }

  updateWebhook(id, { url, alertIds, isActive, isGlobal }) {
    return this.#call('PUT', `/webhooks/${id}`, { url, alertIds, isActive, isGlobal });
  }

  deleteWebhook(id) {
    return this.#call('DELETE', `/webhooks/${id}`);
  }

  linkAlert(id, alertId) {
    return this.#call('POST', `/webhooks/${id}/link-alert`, { alertId });
  }

  companies() {
    return this.#all('/companies');
  }

  alerts(companyId) {
    return this.#all(`/companies/${companyId}/alerts`);
  }

  #call(method, path, content) {
    return this.#client.call(method, this.#base + path, { content });
  }

  async #all(path) {
    const items = [];
    for (let page = 1; ; page += 1) {
      const { items: some = [], numberOfPages = 0 } = await this.#call(
        'GET',
        `${path}?page=${page}&pageSize=100`,
      );
      items.push(...some);
      if (some.length === 0 || page >= numberOfPages) return items;
    }
  }
}

/** The id of a webhook or an alert among the arguments. */
export function idOf(text, what) {
  if (/^\d{1,15}$/.test(text ?? '')) return Number(text);
  throw new UsageError(`Name the ${what} by its number.`);
}
