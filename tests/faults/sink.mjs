// A Cartrack whose every reply can be chosen, down to the bytes on the wire.
//
// The emulator in pkg/ is the strict and honest one; this one is for hangs, resets, cut and endless replies,
// and keeps the exact bytes of everything that it was sent.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { problems } from '../../pkg/emulator/record.mjs';

/**
 * Starts a sink on a free port of 127.0.0.1. `choose(entry)` names the behaviour for each request: one of
 * `BEHAVIOURS`, or undefined for an honest answer. An entry is `{ id, provider, at, end, text, record, attempt,
 * behaviour }`; `id` is the `provider_event_id`, and `text` the exact bytes.
 */
export async function startSink({ apiKey, choose = () => undefined } = {}) {
  const sink = {
    requests: [],
    accepted: new Map(),
    byId: new Map(),
    choose,
    open: 0,
    most: 0,
    strangers: [],
  };
  sink.clock = () => Date.now();
  const server = createServer((request, response) => {
    sink.open += 1;
    sink.most = Math.max(sink.most, sink.open);
    response.on('close', () => {
      sink.open -= 1;
    });
    take(sink, apiKey, request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  sink.url = `http://127.0.0.1:${server.address().port}/api/data/ingest/telematics`;
  sink.close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return sink;
}

async function take(sink, apiKey, request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (request.headers['x-api-key'] !== apiKey || request.method !== 'POST') {
    sink.strangers.push({ method: request.method, url: request.url, headers: request.headers });
    return answer(response, 401);
  }
  const record = JSON.parse(text);
  const { provider, provider_event_id: id } = record.source;
  const attempts = sink.byId.get(id) ?? [];
  const entry = { id, provider, at: sink.clock(), text, record, attempt: attempts.length + 1 };
  sink.byId.set(id, [...attempts, entry]);
  sink.requests.push(entry);
  entry.behaviour = sink.choose(entry) ?? 'honest';
  response.on('close', () => {
    entry.end = sink.clock();
  });
  const behaviour = BEHAVIOURS[entry.behaviour];
  if (!behaviour) throw new TypeError(`There is no behaviour ${entry.behaviour}.`);
  return behaviour({ sink, entry, response });
}

/** What a request can meet. Only the honest one, and those that say so, take the event. */
export const BEHAVIOURS = {
  honest({ sink, entry, response }) {
    if (sink.accepted.has(entry.id)) return answer(response, 409);
    const wrong = problems(entry.record, sink.clock() + 1_000);
    if (wrong.length > 0) return answer(response, 400, { body: { wrong } });
    sink.accepted.set(entry.id, entry);
    return answer(response, 202);
  },
  /** As honest, but not before everybody had time to knock. */
  async leisurely(exchange) {
    await pause(100);
    return BEHAVIOURS.honest(exchange);
  },
  unavailable: ({ response }) => answer(response, 503),
  refuse: ({ response }) => answer(response, 422),
  busy({ entry, response }) {
    entry.retryAfter = 20_000;
    return answer(response, 429, { headers: { 'Retry-After': '20' } });
  },
  redirect: ({ sink, response }) => answer(response, 307, { headers: { Location: sink.elsewhere } }),
  hang() {
    // The connection stays open until the other side gives up.
  },
  reset({ response }) {
    response.socket.resetAndDestroy();
  },
  /** A status and a promise of more than what comes. */
  truncated({ response }) {
    response.writeHead(503, { 'Content-Length': '5000' });
    response.write('half', () => response.socket.destroy());
  },
  /** Eight megabytes of reply, of which nobody needs more than two kilobytes. */
  async huge({ response }) {
    response.writeHead(503, { 'Content-Type': 'text/plain' });
    const chunk = Buffer.alloc(65_536, 'x');
    for (let sent = 0; sent < 128 && !response.destroyed; sent += 1) {
      await new Promise((resolve) => response.write(chunk, resolve));
    }
    response.end();
  },
  /** Takes the event and says so, and then lets the reply's body trickle for ever. */
  trickle({ sink, entry, response }) {
    sink.accepted.set(entry.id, entry);
    response.writeHead(202, { 'Content-Type': 'application/json' });
    const drip = setInterval(() => response.write(' '), 1_000);
    response.on('close', () => clearInterval(drip));
    response.write('{');
  },
  /** Takes the event, and breaks the connection in place of an answer. */
  takenButReset({ sink, entry, response }) {
    sink.accepted.set(entry.id, entry);
    response.socket.resetAndDestroy();
  },
};

function answer(response, status, { headers = {}, body = {} } = {}) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}
