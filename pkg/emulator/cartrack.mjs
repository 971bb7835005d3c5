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

import { faultyAnswer, readFaults, replaces, takeFault } from './faults.mjs';
import { problems } from './record.mjs';
import { addressOf, keep, listen, parseJson, readBody, reply, routeOf, sameText } from './server.mjs';

const INGEST = '/api/data/ingest/telematics';
const MAX_BODY_BYTES = 65_536;
const MATCHABLE = ['provider', 'device_id', 'provider_event_id', 'chassis_number', 'event_type'];
const MEMBERS = { accept: (value) => typeof value === 'boolean' };

/**
 * @typedef {import('./faults.mjs').Fault & { accept?: boolean }} Fault  `accept`: take the event all the same,
 *   so that only the answer is lost. `match` takes an event's `provider`, `device_id`, `provider_event_id`,
 *   `chassis_number` and `event_type`.
 */

/**
 * Starts the emulator on a port of 127.0.0.1; 0 chooses a free one. `apiKey` is the X-API-KEY that it
 * accepts. `onRecord` is called with each event that it takes.
 */
export async function startCartrack({ port = 0, apiKey, faults = [], onRecord } = {}) {
  if (!apiKey) throw new TypeError('startCartrack needs an apiKey: the X-API-KEY that it is to accept');
  const state = {
    apiKey,
    onRecord,
    faults: readFaults(faults, MATCHABLE, MEMBERS),
    received: [],
    requests: [],
    seen: new Set(),
  };
  const { base, close } = await listen(port, (request, response) => answer(state, request, response));
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
      state.faults = readFaults(next, MATCHABLE, MEMBERS);
    },
    close,
  };
}

const shown = (name) => (state, _, response) => reply(response, 200, state[name]);
const ROUTES = [
  { method: 'POST', path: INGEST, run: ingest },
  { method: 'GET', path: '/faults', run: shown('faults') },
  { method: 'PUT', path: '/faults', run: putFaults },
  { method: 'DELETE', path: '/received', run: deleteReceived },
  { method: 'GET', path: '/received', run: shown('received') },
  { method: 'GET', path: '/requests', run: shown('requests') },
];

async function answer(state, request, response) {
  const { pathname } = addressOf(request);
  const { route, allow } = routeOf(ROUTES, { method: request.method, pathname });
  if (route) return route.run(state, request, response);
  const message = `${request.method} ${pathname} is not offered here.`;
  if (allow.length === 0) return reply(response, 404, { error: 'not_found', message });
  response.setHeader('Allow', allow.join(', '));
  return reply(response, 405, { error: 'method_not_allowed', message });
}

async function ingest(state, request, response) {
  const body = await readBody(request, MAX_BODY_BYTES);
  const record = parseJson(body);
  const fault = await takeFault(state.faults, { ...record, ...record?.source });
  const faulty = replaces(fault);
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

async function putFaults(state, request, response) {
  const faults = parseJson(await readBody(request));
  try {
    state.faults = readFaults(faults, MATCHABLE, MEMBERS);
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
