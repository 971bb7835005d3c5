// Smartcar's API V3, as far as connections and subscriptions need it.
// https://smartcar.com/docs/api-reference/list-connections, …/create-subscription

import { ApiClient, apiAddress, requiredSetting } from '../api-client.mjs';
import { UsageError } from '../command.mjs';

export const API_HELP = `SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET are the API credentials of Smartcar's dashboard, of the environment
or of .dev.vars in the folder where you are, or of the file of --vars FILE. SMARTCAR_API_URL,
SMARTCAR_MANAGEMENT_URL and SMARTCAR_TOKEN_URL are other addresses of the API, such as an emulator's.`;

export const WEBHOOK_HELP = `  --webhook ID   the webhook; without it SMARTCAR_WEBHOOK_ID, else the only one that there is`;

const PAGE = 100;
const DASHBOARD = "Smartcar's dashboard, API credentials, tells it";

/** Calls to the API with the credentials of the settings. */
export class SmartcarApi {
  #vehicles;
  #management;
  #client;

  constructor(env, output, options = {}) {
    const id = requiredSetting(env, 'SMARTCAR_CLIENT_ID', DASHBOARD);
    const secret = requiredSetting(env, 'SMARTCAR_CLIENT_SECRET', DASHBOARD);
    this.#vehicles = apiAddress(env, 'SMARTCAR_API_URL', 'https://vehicle.api.smartcar.com/v3');
    this.#management = apiAddress(env, 'SMARTCAR_MANAGEMENT_URL', 'https://management.api.smartcar.com/v3');
    const url = apiAddress(env, 'SMARTCAR_TOKEN_URL', 'https://iam.smartcar.com/oauth2/token');
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
    });
    this.#client = new ApiClient({
      name: 'Smartcar',
      variables: ['SMARTCAR_CLIENT_ID', 'SMARTCAR_CLIENT_SECRET'],
      authorize: () => ({ url, options: { method: 'POST', body } }),
      problemOf,
      output,
      ...options,
    });
  }

  /** The vehicles that users have connected, each with its owner: see `connectionOf`. */
  async connections(mode) {
    const filter = mode === undefined ? {} : { 'filter[vehicle.mode]': mode };
    return (await this.#all(`${this.#vehicles}/connections`, filter)).map(connectionOf);
  }

  /** The webhooks: `{ id, name, url, isEnabled, autoSubscribe }`. */
  async webhooks() {
    const found = await this.#all(`${this.#management}/webhooks`);
    return found.map(({ id, attributes: { name, callbackUri, isEnabled, autoSubscribe } = {} }) => ({
      id,
      name,
      url: callbackUri,
      isEnabled,
      autoSubscribe,
    }));
  }

  /** The subscriptions of a webhook: `{ id, vehicle, user }`. */
  async subscriptions(webhookId) {
    const found = await this.#all(`${this.#management}/subscriptions`, { 'filter[webhookId]': webhookId });
    return found.map(({ id, relationships }) => ({
      id,
      vehicle: relationships?.vehicle?.data?.id,
      user: relationships?.user?.data?.id,
    }));
  }

  /** Subscribes a vehicle; one that is subscribed already stays so. */
  subscribe(webhookId, { vehicle, user }) {
    const content = { data: { attributes: { webhookId, userId: user, vehicleId: vehicle } } };
    return this.#client.call('POST', `${this.#management}/subscriptions`, { content });
  }

  unsubscribe(subscriptionId) {
    return this.#client.call('DELETE', `${this.#management}/subscriptions/${subscriptionId}`);
  }

  /** The value of the VIN signal: an API request of the vehicle's allowance. */
  async vin({ vehicle, user }) {
    const url = `${this.#vehicles}/vehicles/${encodeURIComponent(vehicle)}/signals/vehicleidentification-vin`;
    const content = await this.#client.call('GET', url, { headers: { 'sc-user-id': user } });
    return (content.data ?? content).attributes?.body?.value;
  }

  async #all(url, query = {}) {
    const found = [];
    for (let number = 1; ; number += 1) {
      const page = new URLSearchParams({ ...query, 'page[number]': number, 'page[size]': PAGE });
      const { data = [], meta = {} } = (await this.#client.call('GET', `${url}?${page}`)) ?? {};
      found.push(...data);
      const isLast = meta.totalCount === undefined ? data.length < PAGE : found.length >= meta.totalCount;
      if (data.length === 0 || isLast) return found;
    }
  }
}

/** The webhook that the options or the settings name, or the only one. */
export async function webhookOf(api, given, env) {
  const webhooks = await api.webhooks();
  const wanted = given ?? (env.SMARTCAR_WEBHOOK_ID || undefined);
  const fitting = wanted === undefined ? webhooks : webhooks.filter(({ id }) => id === wanted);
  if (fitting.length === 1) return fitting[0];
  if (wanted !== undefined)
    throw new UsageError('Smartcar knows no webhook of that id. Leave out --webhook to see them.');
  if (webhooks.length === 0)
    throw new UsageError("The application has no webhook: create one in Smartcar's dashboard, Integrations.");
  const list = webhooks.map(({ id, name, url }) => `  ${id}  ${name ?? ''}  ${url ?? ''}`).join('\n');
  throw new UsageError(`Name one of the webhooks with --webhook ID:\n${list}`);
}

/** A connection: ids, what it is, and whether the owner let the application read what the gateway needs. */
function connectionOf({ attributes = {}, relationships = {} }) {
  const { vehicle = {}, user = {}, permissions } = attributes;
  return {
    vehicle: relationships.vehicle?.data?.id,
    user: user.id ?? relationships.user?.data?.id,
    make: vehicle.make,
    model: vehicle.model,
    year: vehicle.year,
    mode: vehicle.mode,
    permissions,
  };
}

/** Errors come in a list, as V3 has them, or bare, as the reference of errors has them. */
function problemOf(content) {
  const error = content.errors?.[0] ?? content;
  const { type, code, detail, description, requestId, meta, error: name } = error;
  return {
    type: type ?? name,
    code,
    text: detail ?? description,
    requestId: requestId ?? meta?.debug?.requestId,
  };
}
