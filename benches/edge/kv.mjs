// Workers KV as workerd asks for it: by HTTP, from a service of its own. It runs in a thread here, so that what it
// costs is not counted as the runtime's. Kept in memory, for as long as the benchmark runs.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

let started;

/** The address of the service, `host:port`; each request names its namespace in `NAMESPACE_HEADER`. */
export function kvAddress() {
  started ??= start();
  return started;
}

export const NAMESPACE_HEADER = 'x-bench-namespace';

async function start() {
  const thread = new Worker(fileURLToPath(import.meta.url));
  thread.unref();
  const [port] = await once(thread, 'message');
  return `127.0.0.1:${port}`;
}

async function serve() {
  const namespaces = new Map();
  const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const name = request.headers[NAMESPACE_HEADER];
    if (!namespaces.has(name)) namespaces.set(name, new Map());
    const values = namespaces.get(name);
    const { pathname } = new URL(request.url, 'http://kv');
    const key = decodeURIComponent(pathname.slice(1));
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.method === 'PUT') {
      values.set(key, Buffer.concat(chunks));
      response.writeHead(200).end();
    } else if (request.method === 'GET' && values.has(key)) {
      response.writeHead(200).end(values.get(key));
    } else {
      response.writeHead(request.method === 'GET' ? 404 : 501).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  parentPort.postMessage(server.address().port);
}

if (!isMainThread) await serve();
