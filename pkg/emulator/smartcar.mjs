// A stand-in for Smartcar's API V3, on loopback only: application tokens, connections, signals of vehicles, and
// subscriptions of vehicles to webhooks. The vendor's three hosts are one here; their paths do not meet.
//
// POST   /oauth2/token                      of iam.smartcar.com
// GET    /v3/connections                    of vehicle.api.smartcar.com, with filters and pages
// GET    /v3/vehicles/:vehicle, …/signals, …/signals/:signal
// GET    /v3/webhooks                       of management.api.smartcar.com
// GET    /v3/subscriptions, POST            with filters and pages
// DELETE /v3/subscriptions/:subscription
// GET    /requests, GET and PUT /faults     as in api.mjs
//
// Sources: https://smartcar.com/docs/api-reference/authorization/request-access-token, …/list-connections,
// …/list-signals, …/get-signal, …/create-subscription, …/list-subscriptions, …/list-webhooks, …/api-errors, and
// https://smartcar.com/docs/help/api-limits. Seen in clients, not in the reference: the form of errors, and that
// one signal comes within `data`. Ours: the reply to DELETE, and Retry-After with RATE_LIMIT SMARTCAR_API.

import { randomUUID } from 'node:crypto';
import { serveApi } from './api.mjs';
import { isObject, sameText } from './server.mjs';
import { CONNECTIONS, makeConnection, WEBHOOKS } from './smartcar-fleet.mjs';

const TOKEN_SECONDS = 3600;
const BUCKET = { capacity: 120, perMinute: 2 };
const VIN = 'vehicleidentification-vin';
const FAULT_MEMBERS = {
  bare: (value) => typeof value === 'boolean',
  sample: isObject,
};

/**
 * Starts the emulator on a port of 127.0.0.1; 0 chooses a free one. `clientId` and `clientSecret` are what it
 * accepts.
 *
 * - `connections`, `webhooks`: what the API tells of, in place of those in smartcar-fleet.mjs. A connection's
 *   `error`, such as `{ type: 'VEHICLE_STATE', code: 'ASLEEP' }`, is what asking its vehicle is answered with.
 * - `bucket`: `{ capacity, perMinute }` of the application's rate limit
 *
 * Faults know besides: `sample`, members that take the place of a signal's body, and `bare`, a signal without
 * `data` around it, as the reference shows it.
 */
export async function startSmartcar({
  port = 0,
  clientId,
  clientSecret,
  connections = CONNECTIONS,
  webhooks = WEBHOOKS,
  bucket = BUCKET,
  faults,
} = {}) {
  if (!clientId || !clientSecret)
    throw new TypeError('startSmartcar needs a clientId and a clientSecret: those that it is to accept');
  const state = {
    client: { clientId, clientSecret },
    tokens: new Map(),
    connections: connections.map(makeConnection),
    webhooks,
    subscriptions: [],
    bucket: new Bucket(bucket),
  };
  const api = await serveApi({
    port,
    faults,
    members: FAULT_MEMBERS,
    refusal,
    routes: ROUTES.map((route) => ({ ...route, run: (call) => answer(state, route, call) })),
  });
  return {
    ...api,
    /** What belongs into SMARTCAR_API_URL and SMARTCAR_MANAGEMENT_URL. */
    url: `${api.base}/v3`,
    /** What belongs into SMARTCAR_TOKEN_URL. */
    tokenUrl: `${api.base}/oauth2/token`,
    /** The connections: their members may be changed. */
    connections: state.connections,
    /** The subscriptions, oldest first: `{ id, webhookId, userId, vehicleId }`. */
    subscriptions: state.subscriptions,
    expireTokens: () => state.tokens.clear(),
  };
}

const ROUTES = [
  { name: 'token', method: 'POST', path: '/oauth2/token', run: giveToken, open: true },
  { name: 'connections', method: 'GET', path: '/v3/connections', run: listConnections },
  { name: 'vehicle', method: 'GET', path: '/v3/vehicles/:vehicle', run: showVehicle },
  { name: 'signals', method: 'GET', path: '/v3/vehicles/:vehicle/signals', run: listSignals },
  { name: 'signal', method: 'GET', path: '/v3/vehicles/:vehicle/signals/:signal', run: showSignal },
  { name: 'webhooks', method: 'GET', path: '/v3/webhooks', run: listWebhooks },
  { name: 'subscriptions', method: 'GET', path: '/v3/subscriptions', run: listSubscriptions },
  { name: 'subscribe', method: 'POST', path: '/v3/subscriptions', run: subscribe },
  {
    name: 'unsubscribe',
    method: 'DELETE',
    path: '/v3/subscriptions/:subscription',
    run: unsubscribe,
  },
];

async function answer(state, { open, run }, call) {
  if (open) return run(state, call);
  const wait = state.bucket.take();
  if (wait > 0) {
    const headers = { 'Retry-After': Math.ceil(wait / 1000) };
    return refusal(429, 'The application has exceeded its rate limit.', headers);
  }
  const expires = state.tokens.get(/^Bearer (\S+)$/i.exec(call.headers.authorization ?? '')?.[1]);
  if (!(expires > Date.now())) return refusal(401, 'The token is missing, invalid or expired.');
  return run(state, call);
}

/** The type and code of an error by its status, where nothing more exact is known. */
const ERRORS = {
  400: ['VALIDATION', 'PARAMETER'],
  401: ['AUTHENTICATION', null],
  403: ['PERMISSION', null],
  404: ['RESOURCE_NOT_FOUND', 'PATH'],
  409: ['CONFLICT', null],
  429: ['RATE_LIMIT', 'SMARTCAR_API'],
};
/** The status of an error of a vehicle, by its type. */
const STATUS = {
  COMPATIBILITY: 501,
  CONNECTED_SERVICES_ACCOUNT: 400,
  PERMISSION: 403,
  UPSTREAM: 502,
  VEHICLE_STATE: 409,
};

function refusal(status, detail, headers, [type, code] = ERRORS[status] ?? ['SERVER', 'INTERNAL']) {
  const error = { status: String(status), type, code, detail, meta: { debug: { requestId: randomUUID() } } };
  return { status, headers, content: { errors: [error] } };
}

function giveToken(state, { headers, body, json }) {
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(headers['content-type'] ?? '');
  const form = isForm ? Object.fromEntries(new URLSearchParams(body?.toString())) : json;
  const [id, secret] = isObject(form) ? [form.client_id, form.client_secret].map(String) : ['', ''];
  if (form?.grant_type !== 'client_credentials')
    return { status: 400, content: { error: 'invalid_request' } };
  const { clientId, clientSecret } = state.client;
  const isKnown = [sameText(id, clientId), sameText(secret, clientSecret)].every(Boolean);
  if (!isKnown) return { status: 401, content: { error: 'invalid_client' } };
  const token = randomUUID();
  state.tokens.set(token, Date.now() + TOKEN_SECONDS * 1000);
  return { status: 200, content: { access_token: token, token_type: 'Bearer', expires_in: TOKEN_SECONDS } };
}

function listConnections(state, { query }) {
  const fitting = state.connections.filter((connection) => fits(connection, query));
  return paged(fitting, query, (connection) => ({
    id: connection.id,
    type: 'connection',
    attributes: {
      permissions: connection.permissions,
      user: { id: connection.userId, externalId: null },
      vehicle: vehicleAttributes(connection),
    },
    relationships: {
      vehicle: { data: { id: connection.vehicleId, type: 'vehicle' } },
      user: { data: { id: connection.userId, type: 'user' } },
    },
  }));
}

function showVehicle(state, { values }) {
  const connection = state.connections.find(({ vehicleId }) => vehicleId === values.vehicle);
  if (!connection) return notFound('VEHICLE_NOT_FOUND');
  const attributes = vehicleAttributes(connection);
  return { status: 200, content: { data: { id: connection.vehicleId, type: 'vehicle', attributes } } };
}

function listSignals(state, call) {
  return ofVehicle(state, call, (connection) => {
    const signals = signalsOf(connection).map((signal) => resourceOf(signal, call.fault));
    return { data: signals, meta: { totalCount: signals.length } };
  });
}

function showSignal(state, call) {
  const isVin = call.values.signal === VIN;
  return ofVehicle(state, call, (connection) => {
    const signal = signalsOf(connection).find(({ code }) => code === call.values.signal);
    if (isVin && !connection.permissions.includes('read_vin')) return vehicleError({ type: 'PERMISSION' });
    if (!signal) return notFound('PATH');
    const resource = resourceOf(signal, call.fault);
    return call.fault?.bare ? resource : { data: resource };
  });
}

/** Answers for a vehicle and one of its users, who is demanded by name. */
function ofVehicle(state, { values, headers }, content) {
  const userId = headers['sc-user-id'];
  if (!userId) return refusal(400, 'missing userId', undefined, ['VALIDATION', 'MISSING_PARAMETER']);
  const isIt = (connection) => connection.vehicleId === values.vehicle && connection.userId === userId;
  const connection = state.connections.find(isIt);
  if (!connection) return notFound('VEHICLE_NOT_FOUND');
  if (connection.error) return vehicleError(connection.error);
  const answered = content(connection);
  return answered.status ? answered : { status: 200, content: answered };
}

const vehicleError = ({ type, code = null }) =>
  refusal(STATUS[type] ?? 500, 'The vehicle could not be asked.', undefined, [type, code]);
const notFound = (code) =>
  refusal(404, 'There is nothing of this id.', undefined, ['RESOURCE_NOT_FOUND', code]);

function signalsOf({ vin, odometer, permissions }) {
  const vinSignal = { code: VIN, name: 'VIN', group: 'VehicleIdentification', body: { value: vin } };
  const distance = {
    code: 'odometer-traveleddistance',
    name: 'TraveledDistance',
    group: 'Odometer',
    body: { value: odometer, unit: 'km' },
  };
  return [permissions.includes('read_vin') && vin !== null && vinSignal, distance].filter(Boolean);
}

function resourceOf({ body, ...signal }, { sample } = {}) {
  const now = new Date().toISOString();
  return {
    id: signal.code,
    type: 'signal',
    attributes: { ...signal, status: { value: 'SUCCESS' }, body: { ...body, ...sample } },
    meta: { oemUpdatedAt: now, retrievedAt: now, ingestedAt: now },
  };
}

function listWebhooks(state, { query }) {
  return paged(state.webhooks, query, ({ id, ...attributes }) => ({ id, type: 'webhook', attributes }));
}

function listSubscriptions(state, { query }) {
  const fitting = state.subscriptions.filter((subscription) => fits(subscription, query));
  return paged(fitting, query, ({ id, webhookId, userId, vehicleId }) => ({
    id,
    type: 'subscription',
    attributes: { vehicle: vehicleAttributes(connectionOf(state, { vehicleId, userId })) },
    relationships: {
      webhook: { data: { id: webhookId, type: 'webhook' } },
      user: { data: { id: userId, type: 'user' } },
      vehicle: { data: { id: vehicleId, type: 'vehicle' } },
    },
  }));
}

function subscribe(state, { json }) {
  const asked = json?.data?.attributes;
  const names = ['webhookId', 'userId', 'vehicleId'];
  if (!isObject(asked) || names.some((name) => typeof asked[name] !== 'string'))
    return refusal(400, 'data.attributes must have webhookId, userId and vehicleId.');
  const { webhookId, userId, vehicleId } = asked;
  if (!state.webhooks.some(({ id }) => id === webhookId)) return notFound('WEBHOOK_NOT_FOUND');
  const connection = connectionOf(state, asked);
  if (!connection) return notFound('VEHICLE_NOT_FOUND');
  if (connection.error) return vehicleError(connection.error);
  const isSame = (subscription) => names.every((name) => subscription[name] === asked[name]);
  if (state.subscriptions.some(isSame)) return refusal(409, 'The subscription exists already.');
  const { mode } = connection;
  state.subscriptions.push({ id: randomUUID(), webhookId, userId, vehicleId, mode });
  return { status: 202, content: { meta: { message: 'subscription creation in progress' } } };
}

function unsubscribe(state, { values }) {
  const index = state.subscriptions.findIndex(({ id }) => id === values.subscription);
  if (index < 0) return notFound('SUBSCRIPTION_NOT_FOUND');
  state.subscriptions.splice(index, 1);
  return { status: 202, content: { meta: { message: 'subscription deletion in progress' } } };
}

const connectionOf = ({ connections }, asked) =>
  connections.find(({ vehicleId, userId }) => vehicleId === asked.vehicleId && userId === asked.userId);

const vehicleAttributes = ({ make, model, year, mode, powertrainType }) => ({
  make,
  model,
  year,
  mode,
  powertrainType,
});

const FILTERS = {
  'filter[userId]': 'userId',
  'filter[vehicleId]': 'vehicleId',
  'filter[vehicle.mode]': 'mode',
  'filter[webhookId]': 'webhookId',
};

function fits(item, query) {
  return Object.entries(FILTERS).every(([name, member]) => [null, item[member]].includes(query.get(name)));
}

/** One page of a list in the vendor's form. */
function paged(all, query, resource) {
  const number = Number(query.get('page[number]') ?? 1);
  const size = Number(query.get('page[size]') ?? 25);
  if (!Number.isInteger(number) || number < 1 || !(size >= 1 && size <= 100))
    return refusal(400, 'page[number] begins at 1; page[size] is 1 to 100.');
  const data = all.slice((number - 1) * size, number * size).map(resource);
  return {
    status: 200,
    content: { data, meta: { pageNumber: number, pageSize: size, totalCount: all.length } },
  };
}

/** The application's rate limit: so many calls at once, and so many more each minute. */
class Bucket {
  #left;
  #at = Date.now();
  #capacity;
  #perMs;

  constructor({ capacity, perMinute }) {
    this.#left = capacity;
    this.#capacity = capacity;
    this.#perMs = perMinute / 60_000;
  }

  /** Takes one; gives how many milliseconds there is none, or 0. */
  take(now = Date.now()) {
    this.#left = Math.min(this.#capacity, this.#left + (now - this.#at) * this.#perMs);
    this.#at = now;
    if (this.#left < 1) return (1 - this.#left) / this.#perMs;
    this.#left -= 1;
    return 0;
  }
}
