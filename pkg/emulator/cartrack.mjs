// A stand-in for Cartrack's telematics ingestion: stricter than the vendor promises to be, on loopback only.
//
// POST   /api/data/ingest/telematics   one event: 202 when taken, 409 for a repeat, 400 with the details of
//                                      what is wrong, 401 for a wrong key, 413 and 415 for a wrong body
// GET    /received                     the events taken, newest last
// DELETE /received                     forgets them, the requests, and which ids were seen
// GET    /requests                     every POST with the status that it got, refused ones too
// PUT    /faults                       how to misbehave: one fault or an array (see Fault); [] ends it
//
// The vendor documents neither its answer to a repeat nor its clock tolerance. Here a repeat of
// `source.provider` with `source.provider_event_id` gets 409 and is not taken twice, and a time in the
// future by this machine's clock is refused.

import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { problems } from './record.mjs';

const HOST = '127.0.0.1';
const INGEST = '/api/data/ingest/telematics';
const MAX_BODY_BYTES = 65_536;
const MAX_KEPT = 10_000;

/**
 * @typedef {object} Fault  The first fault that matches and has times left is applied.
 * @property {number} [status]  answer with this status
 * @property {unknown} [body]  and this JSON
 * @property {Record<string, string>} [headers]  and these headers
 * @property {number} [retry_after]  and this Retry-After, in seconds
 * @property {boolean} [drop]  close the connection instead of answering
 * @property {number} [delay_ms]  wait before the answer; alone, the answer is the usual one
 * @property {boolean} [accept]  take the event all the same, so that only the answer is lost
 * @property {number} [times]  how often; without it, until the faults are changed
 * @property {Record<string, string>} [match]  only events whose `provider`, `device_id`,
 *   `provider_event_id`, `chassis_number` or `event_type` have these values
 */

/**
 * Starts the emulator on a port of 127.0.0.1; 0 chooses a free one. `apiKey` is the X-API-KEY that it
 * accepts. `onRecord` is called with each event that it takes.
 */
export async function startCartrack({ port = 0, apiKey, faults = [], onRecord } = {}) {
  if (!apiKey) throw new TypeError('startCartrack needs an apiKey: the X-API-KEY that it is to accept');
  const state = { apiKey, onRecord, faults: readFaults(faults), received: [], requests: [], seen: new Set() };
  const server = createServer((request, response) => {
    answer(state, request, response).catch((error) => {
      if (!response.headersSent) reply(response, 500, { error: 'emulator_failed', message: error.message });
    });
  });
  server.listen(port, HOST);
  await once(server, 'listening');
  const base = `http://${HOST}:${server.address().port}`;
  return {
    base,
    /** Where events are posted: what belongs into CARTRACK_URL. */
    url: base + INGEST,
    /** The events taken, newest last: `{ at, record, headers }`. */
    received: state.received,
    /** Every POST, newest last: `{ at, status, record, headers }`; status 0 is a dropped connection. */
    requests: state.requests,
    clear: () => clear(state),
    setFaults: (next) => {
      state.faults = readFaults(next);
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const ROUTES = {
  [INGEST]: { POST: ingest },
  '/faults': { GET: (state, _, response) => reply(response, 200, state.faults), PUT: putFaults },
  '/received': { DELETE: deleteReceived, GET: (state, _, response) => reply(response, 200, state.received) },
  '/requests': { GET: (state, _, response) => reply(response, 200, state.requests) },
};

async function answer(state, request, response) {
  const { pathname } = new URL(request.url, `http://${HOST}`);
  const route = Object.hasOwn(ROUTES, pathname) ? ROUTES[pathname] : undefined;
  const message = `${request.method} ${pathname} is not offered here.`;
  if (!route) return reply(response, 404, { error: 'not_found', message });
  if (!Object.hasOwn(route, request.method)) {
    response.setHeader('Allow', Object.keys(route).join(', '));
    return reply(response, 405, { error: 'method_not_allowed', message });
  }
  return route[request.method](state, request, response);
}

async function ingest(state, request, response) {
  const body = await readBody(request);
  const record = parse(body);
  const fault = takeFault(state.faults, record);
  if (fault?.delay_ms) await pause(fault.delay_ms);
  const faulty = fault !== undefined && (fault.drop || fault.status !== undefined);
  const verdict = faulty && !fault.accept ? undefined : judge(state, request, body, record);
  const at = new Date().toISOString();
  const { 'x-api-key': _, ...headers } = request.headers;
  if (verdict?.status === 202) take(state, { at, record, headers });
  const { status, content } = faulty ? faultyAnswer(fault, response) : verdict;
  keep(state.requests, { at, status, record, headers });
  if (status === 0) response.destroy();
  else reply(response, status, content);
}

/** The honest answer to a request. */
function judge(state, request, body, record) {
  const refuse = (status, error, message, details) => ({ status, content: { error, message, details } });
  if (!sameText(request.headers['x-api-key'] ?? '', state.apiKey)) {
    return refuse(401, 'unauthorized', 'The X-API-KEY is missing or not the one expected.');
  }
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    return refuse(415, 'unsupported_media_type', 'The Content-Type must be application/json.');
  }
  if (body === undefined) return refuse(413, 'too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`);
  if (record === undefined) return refuse(400, 'malformed_json', 'The body is not JSON in UTF-8.');
  const details = problems(record, Date.now());
  if (details.length > 0)
    return refuse(400, 'invalid_event', 'The event does not fit the specification.', details);
  if (state.seen.has(identity(record)))
    return refuse(409, 'duplicate', 'This provider_event_id was taken before.');
  return { status: 202, content: { status: 'accepted' } };
}

function take(state, entry) {
  const id = identity(entry.record);
  if (id) state.seen.add(id);
  keep(state.received, entry);
  state.onRecord?.(entry);
}

/** What makes an event a repeat; an event without an id of its own never is one. */
function identity({ source }) {
  return source.provider_event_id && JSON.stringify([source.provider, source.provider_event_id]);
}

function faultyAnswer(fault, response) {
  if (fault.drop) return { status: 0 };
  for (const [name, value] of Object.entries(fault.headers ?? {})) response.setHeader(name, value);
  if (fault.retry_after !== undefined) response.setHeader('Retry-After', String(fault.retry_after));
  return {
    status: fault.status,
    content: fault.body ?? { error: 'fault', message: 'The emulator was told to.' },
  };
}

function takeFault(faults, record) {
  const found = faults.find((fault) => fault.times !== 0 && matches(fault.match ?? {}, record));
  if (found?.times) found.times -= 1;
  return found;
}

function matches(match, record) {
  const values = { ...record, ...record?.source };
  return Object.entries(match).every(([name, value]) => values[name] === value);
}

const MATCHABLE = ['provider', 'device_id', 'provider_event_id', 'chassis_number', 'event_type'];
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value) => Number.isInteger(value) && value >= 0;
const FAULT_MEMBERS = {
  accept: (value) => typeof value === 'boolean',
  body: () => true,
  delay_ms: isCount,
  drop: (value) => typeof value === 'boolean',
  headers: isObject,
  match: (value) => isObject(value) && Object.keys(value).every((name) => MATCHABLE.includes(name)),
  retry_after: isCount,
  status: (value) => Number.isInteger(value) && value >= 200 && value <= 599,
  times: isCount,
};

/** One fault or several, copied and checked: a misspelt fault that does nothing would make a test pass. */
function readFaults(faults) {
  return [faults].flat().map((fault) => {
    if (!isObject(fault)) throw new TypeError('A fault must be an object.');
    for (const [name, value] of Object.entries(fault)) {
      const fits = Object.hasOwn(FAULT_MEMBERS, name) && FAULT_MEMBERS[name](value);
      if (!fits) throw new TypeError(`A fault cannot have ${name} with the value ${JSON.stringify(value)}.`);
    }
    return { ...fault };
  });
}

async function putFaults(state, request, response) {
  const faults = parse(await readBody(request));
  try {
    state.faults = readFaults(faults);
  } catch (error) {
    return reply(response, 400, { error: 'invalid_fault', message: error.message });
  }
  return reply(response, 200, state.faults);
}

function deleteReceived(state, _, response) {
  clear(state);
  reply(response, 200, { cleared: true });
}

function clear(state) {
  state.received.length = 0;
  state.requests.length = 0;
  state.seen.clear();
}

function keep(list, entry) {
  list.push(entry);
  if (list.length > MAX_KEPT) list.shift();
}

/** The body's bytes, or undefined when there are too many; all are read, so that the answer arrives. */
async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}

function parse(body) {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

function reply(response, status, content) {
  const text = JSON.stringify(content);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

function sameText(a, b) {
  const digest = (text) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
