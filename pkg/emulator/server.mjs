// What the emulators have in common: an HTTP server on loopback, bodies, replies, and routes with names.

import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const HOST = '127.0.0.1';
const MAX_BODY_BYTES = 65_536;
const MAX_KEPT = 10_000;

/** Listens on a port of 127.0.0.1; 0 chooses a free one. What `answer` throws is answered with 500. */
export async function listen(port, answer) {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (!response.headersSent) reply(response, 500, { error: 'emulator_failed', message: error.message });
    });
  });
  server.listen(port, HOST);
  await once(server, 'listening');
  return {
    base: `http://${HOST}:${server.address().port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * The route of a request: `{ route, values }`, or `{ allow }`, the methods that its path takes.
 * A route is `{ method, path, … }`, in whose path `:name` stands for one segment.
 */
export function routeOf(routes, { method, pathname }) {
  const fitting = routes
    .map((route) => ({ route, values: valuesOf(route.path, pathname) }))
    .filter(({ values }) => values);
  const found = fitting.find(({ route }) => route.method === method);
  return found ?? { allow: fitting.map(({ route }) => route.method) };
}

function valuesOf(path, pathname) {
  const [wanted, given] = [path.split('/'), pathname.split('/')];
  if (wanted.length !== given.length) return undefined;
  const values = {};
  for (const [index, segment] of wanted.entries()) {
    if (segment.startsWith(':') && given[index] !== '') values[segment.slice(1)] = given[index];
    else if (segment !== given[index]) return undefined;
  }
  return values;
}

/** The address that a request names. */
export function addressOf(request) {
  return new URL(request.url, `http://${HOST}`);
}

/** The body's bytes, or undefined when there are too many; all are read, so that the answer arrives. */
export async function readBody(request, most = MAX_BODY_BYTES) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= most) chunks.push(chunk);
  }
  return size > most ? undefined : Buffer.concat(chunks);
}

/** The JSON of a body, or undefined where it is none in UTF-8. */
export function parseJson(body) {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

/** Answers with JSON, or with no body where `content` is undefined. */
export function reply(response, status, content) {
  const text = content === undefined ? '' : JSON.stringify(content);
  if (text) response.setHeader('Content-Type', 'application/json');
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

/** Remembers an entry, and forgets the oldest of very many. */
export function keep(list, entry) {
  list.push(entry);
  if (list.length > MAX_KEPT) list.shift();
}

/** Whether two secrets are the same, in a time that tells nothing. */
export function sameText(a, b) {
  const digest = (text) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
