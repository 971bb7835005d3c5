// A stand-in for Telemax's API V2, on loopback only: the calls that manage webhooks and tell of vehicles, with
// the vendor's limits and errors, and alerts that are really delivered, signed, and tried again.
//
// The API's own routes begin with /api/v2. Beside them, for tests and the command line:
// POST /alerts              fires an alert: { alertType, vehicleId, data? }
// GET  /deliveries          every attempt to deliver one, newest last
// GET, PUT /vehicles/:id    a vehicle as the API tells of it, and changes to it
// GET  /requests, GET and PUT /faults   as in api.mjs
//
// Sources: https://docs.telemax.com.au/v2/api-reference/post-webhooks and its neighbours, /v2/errors, /v2/quirks,
// /v2/changelog. Not documented, and therefore ours: the codes of errors other than INVALID_CREDENTIALS and
// INVALID_SCOPE, when a delivery is tried again, and that X-API-Version is demanded of a request; the vendor
// says only that replies have it.

import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { SlidingWindow, serveApi } from './api.mjs';
import { isObject, sameText } from './server.mjs';
import { Dispatcher } from './telemax-alerts.mjs';
import { ALERTS, COMPANY, makeVehicle, positionOf, VEHICLES } from './telemax-fleet.mjs';
import { paged } from './telemax-page.mjs';
import { Webhooks } from './telemax-webhooks.mjs';

const TOKEN_SECONDS = 86_399;
const WINDOW_MS = 60_000;
/** What faults can change in the sample of a vehicle: `{ sample: { vin: '…' } }` lies, `{ age_seconds }` is late. */
const FAULT_MEMBERS = {
  age_seconds: (value) => Number.isFinite(value) && value >= 0,
  sample: isObject,
};

/**
 * Starts the emulator on a port of 127.0.0.1; 0 chooses a free one. `apiKey` is the one that it accepts.
 *
 * - `vehicles`, `alerts`, `company`: what the API tells of, in place of those in telemax-fleet.mjs; `null` as
 *   a vehicle's `lat` is one without data
 * - `allowLoopback`: webhooks may lead to http and https of 127.0.0.1; elsewhere https is demanded, as by the vendor
 * - `webhooks`: some that there are from the beginning, each `{ url, secret, isGlobal, … }`
 * - `secretEncoding`: how keys are read from secrets, `utf8` or `hex`
 * - `windowMs`: the length of the window of the rate limits, a minute
 * - `retryMs`: after how many milliseconds a delivery is tried again
 */
export async function startTelemax({
  port = 0,
  apiKey,
  vehicles = VEHICLES,
  alerts = ALERTS,
  company = COMPANY,
  allowLoopback = false,
  webhooks = [],
  secretEncoding = 'utf8',
  windowMs = WINDOW_MS,
  retryMs,
  faults,
  onDelivery,
} = {}) {
  if (!apiKey) throw new TypeError('startTelemax needs an apiKey: the one that it is to accept');
  const fleet = new Map(vehicles.map((vehicle) => [vehicle.id, makeVehicle(vehicle)]));
  const state = {
    apiKey,
    company,
    fleet,
    alerts,
    signer: randomBytes(32),
    generation: 0,
    window: new SlidingWindow(windowMs),
    webhooks: new Webhooks({ alerts, allowLoopback, given: webhooks }),
  };
  const dispatcher = new Dispatcher({ state, secretEncoding, retryMs, onDelivery });
  const { close, ...api } = await serveApi({
    port,
    faults,
    members: FAULT_MEMBERS,
    refusal,
    routes: ROUTES.map((route) => ({ ...route, run: (call) => answer(state, route, call) })),
    control: [
      { method: 'POST', path: '/alerts', run: ({ json }) => fired(dispatcher.fire(json)) },
      { method: 'GET', path: '/deliveries', run: () => ({ status: 200, content: dispatcher.deliveries }) },
      { method: 'GET', path: '/vehicles/:id', run: ({ values }) => shown(vehicleOf(state, values.id)) },
      { method: 'PUT', path: '/vehicles/:id', run: ({ values, json }) => change(state, values.id, json) },
    ],
  });
  return {
    ...api,
    /** What belongs into TELEMAX_API_URL. */
    url: api.base,
    /** Vehicles by id: their members may be changed. */
    vehicles: fleet,
    webhooks: state.webhooks.all,
    /** Every attempt, newest last: `{ at, webhookId, delivery, attempt, alertType, vehicleId, status }`. */
    deliveries: dispatcher.deliveries,
    /** Fires an alert at all webhooks that are to have it; resolves once each has taken it or was given up. */
    fire: (alert) => dispatcher.fire(alert).done,
    /** From now on, tokens given so far are expired. */
    expireTokens: () => {
      state.generation += 1;
    },
    close: async () => {
      dispatcher.stop();
      await close();
    },
  };
}

const [READ, READ_MANY, WRITE] = [120, 20, 20];
const ROUTES = [
  { name: 'token', method: 'POST', path: '/authentication/token/api-key', run: giveToken, open: true },
  { name: 'companies', method: 'GET', path: '/companies', limit: 60, run: listCompanies },
  { name: 'alerts', method: 'GET', path: '/companies/:company/alerts', limit: READ_MANY, run: listAlerts },
  {
    name: 'positions',
    method: 'GET',
    path: '/companies/:company/vehicles/last-position',
    limit: READ_MANY,
    run: listPositions,
  },
  { name: 'info', method: 'GET', path: '/vehicles/info', limit: 60, run: showInfo },
  {
    name: 'position',
    method: 'GET',
    path: '/vehicles/:vehicle/last-position',
    limit: READ,
    run: showPosition,
  },
  { name: 'odometer', method: 'GET', path: '/vehicles/:vehicle/odometer', limit: READ, run: showOdometer },
  webhookRoute('create', 'POST', '', WRITE),
  webhookRoute('list', 'GET', '', 60),
  webhookRoute('get', 'GET', '/:webhook', 60),
  webhookRoute('update', 'PUT', '/:webhook', WRITE),
  webhookRoute('delete', 'DELETE', '/:webhook', WRITE),
  webhookRoute('link', 'POST', '/:webhook/link-alert', WRITE),
].map((route) => ({ ...route, path: `/api/v2${route.path}` }));

function webhookRoute(name, method, path, limit) {
  const run = (state, call) => {
    const { status = 200, why, content } = state.webhooks[name](call);
    return status === 200 ? { status, content } : refusal(status, why);
  };
  return { name: `webhooks.${name}`, method, path: `/webhooks${path}`, limit, run };
}

async function answer(state, { name, open, limit, run }, call) {
  if (open) return versioned(run(state, call));
  const token = bearerOf(call.headers);
  if (!isGenuine(state, token)) return versioned(refusal(401, 'The token is missing, invalid or expired.'));
  if (call.headers['x-api-version'] !== '2')
    return versioned(refusal(400, 'Send the header X-API-Version: 2.'));
  const { taken, remaining, wait } = state.window.take(`${name} ${token}`, limit);
  const seconds = Math.max(1, Math.ceil(wait / 1000));
  const headers = {
    'X-RateLimit-Limit': limit,
    'X-RateLimit-Remaining': remaining,
    'X-RateLimit-Reset': Math.ceil((Date.now() + wait) / 1000),
  };
  if (!taken) return versioned(refusal(429, 'Too many calls.', { ...headers, 'Retry-After': seconds }));
  return versioned(run(state, call), headers);
}

const versioned = ({ headers, ...answer }, more) => ({
  ...answer,
  headers: { 'X-API-Version': '2', ...more, ...headers },
});

const ERRORS = {
  400: ['VALIDATION_ERROR', 'INVALID_REQUEST'],
  401: ['AUTHENTICATION', 'INVALID_CREDENTIALS'],
  403: ['AUTHORIZATION', 'INVALID_SCOPE'],
  404: ['RESOURCE', 'RESOURCE_NOT_FOUND'],
  405: ['VALIDATION_ERROR', 'METHOD_NOT_ALLOWED'],
  415: ['VALIDATION_ERROR', 'UNSUPPORTED_MEDIA_TYPE'],
  422: ['VALIDATION_ERROR', 'VALIDATION_FAILED'],
  429: ['RATE_LIMIT', 'RATE_LIMIT_EXCEEDED'],
};

/** An error in the form of V2. */
function refusal(status, description, headers) {
  const [type, code] = ERRORS[status] ?? ['SERVER_ERROR', 'INTERNAL_ERROR'];
  const docUrl = `https://docs.telemax.com.au/errors/${code.toLowerCase().replaceAll('_', '-')}`;
  const requestId = `${randomBytes(6).toString('hex').toUpperCase()}:00000001`;
  return { status, headers, content: { type, code, description, requestId, docUrl } };
}

function giveToken(state, { headers, body }) {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(headers['content-type'] ?? ''))
    return refusal(415, 'The Content-Type must be application/x-www-form-urlencoded.');
  const apiKey = new URLSearchParams(body?.toString()).get('apiKey') ?? '';
  if (!sameText(apiKey, state.apiKey))
    return refusal(401, 'The provided API key is invalid or does not exist.');
  const iat = Math.floor(Date.now() / 1000);
  const claims = { CompanyId: state.company.id, iat, exp: iat + TOKEN_SECONDS, jti: randomUUID() };
  const text = [
    { alg: 'HS256', typ: 'JWT' },
    { ...claims, generation: state.generation },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const content = { access_token: `${text}.${signatureOf(state, text)}`, token_type: 'bearer' };
  return { status: 200, content: { ...content, expires_in: TOKEN_SECONDS } };
}

function isGenuine(state, token) {
  const [, text, signature] = /^([\w-]+\.[\w-]+)\.([\w-]{43})$/.exec(token) ?? [];
  if (!text || !timingSafeEqual(Buffer.from(signature), Buffer.from(signatureOf(state, text)))) return false;
  const { exp, generation } = JSON.parse(Buffer.from(text.split('.')[1], 'base64url'));
  return exp > Date.now() / 1000 && generation === state.generation;
}

const signatureOf = ({ signer }, text) => createHmac('sha256', signer).update(text).digest('base64url');

const bearerOf = ({ authorization = '' }) => /^Bearer (\S+)$/i.exec(authorization)?.[1] ?? '';

function listCompanies({ company }, { query }) {
  return { status: 200, content: paged([company], query) };
}

function listAlerts(state, { query, values }) {
  return ofCompany(state, values, () => paged(state.alerts, query));
}

function listPositions(state, { query, values, fault }) {
  const all = [...state.fleet.values()].map((vehicle) => positionOf(vehicle, fault)).filter(Boolean);
  return ofCompany(state, values, () => paged(all, query));
}

function ofCompany({ company }, values, content) {
  return values.company === String(company.id)
    ? { status: 200, content: content() }
    : refusal(403, 'The token does not grant permission to access this resource.');
}

function showPosition(state, { values, fault }) {
  const vehicle = vehicleOf(state, values.vehicle);
  return vehicle ? { status: 200, content: positionOf(vehicle, fault) } : refusal(404, 'Vehicle not found.');
}

function showOdometer(state, { values }) {
  const vehicle = vehicleOf(state, values.vehicle);
  if (!vehicle) return refusal(404, 'Vehicle not found.');
  return { status: 200, content: { odometerSource: 'GPS', odometerValue: vehicle.odometer } };
}

function showInfo(state, { query }) {
  const vehicle = vehicleOf(state, query.get('id'));
  if (!vehicle) return refusal(404, 'Vehicle not found.');
  const rows = { VIN: vehicle.vin, 'Vehicle ID': String(vehicle.id), Make: vehicle.make };
  const content = Object.entries(rows).map(([label, value]) => ({ label, value: value ?? '' }));
  return { status: 200, content };
}

const vehicleOf = ({ fleet }, id) => fleet.get(Number(id));
const shown = (content) =>
  content ? { status: 200, content } : { status: 404, content: { error: 'not_found' } };

function fired({ webhooks }) {
  return { status: 202, content: { webhooks } };
}

function change(state, id, changes) {
  const vehicle = vehicleOf(state, id);
  if (!vehicle) return shown();
  if (!isObject(changes)) throw new TypeError('Send the changes as a JSON object.');
  Object.assign(vehicle, makeVehicle({ ...vehicle, ...changes, id: vehicle.id }));
  return shown(vehicle);
}
