// A Cartrack that costs as little as possible: it reads the record, waits as long as it is told, and answers with
// the status that it is told. It runs in a thread of its own, so that the load's generator does not hold it up.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { until } from '../../scripts/until.mjs';

const [TAKEN, STATUS, DELAY] = [0, 1, 2];

/** Starts a sink on a free port of 127.0.0.1. `keep` keeps the records, for `records()`. */
export async function startSink({ keep = false } = {}) {
  const shared = new Int32Array(new SharedArrayBuffer(3 * 4));
  const thread = new Worker(fileURLToPath(import.meta.url), { workerData: { shared, keep } });
  const sink = {
    /** How many records were taken so far. */
    taken: () => Atomics.load(shared, TAKEN),
    /** Waits until `count` more than `before` were taken. */
    taking: (before, count, timeout = 120_000) =>
      until(() => sink.taken() - before >= count, {
        timeout,
        interval: 2,
        what: `${count} records at the sink`,
      }),
    answer: ({ status = 202, delay = 0 } = {}) => {
      Atomics.store(shared, DELAY, delay);
      Atomics.store(shared, STATUS, status);
    },
    records: async () => {
      thread.postMessage('records');
      return (await once(thread, 'message'))[0];
    },
    close: () => thread.terminate(),
  };
  sink.answer();
  const [port] = await once(thread, 'message');
  sink.url = `http://127.0.0.1:${port}/api/data/ingest/telematics`;
  return sink;
}

async function serve({ shared, keep }) {
  const records = [];
  const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const delay = Atomics.load(shared, DELAY);
    if (delay > 0) await pause(delay);
    const status = Atomics.load(shared, STATUS);
    if (status === 202) {
      if (keep) records.push(JSON.parse(Buffer.concat(chunks).toString()));
      Atomics.add(shared, TAKEN, 1);
    }
    response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': 2 });
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  parentPort.on('message', () => parentPort.postMessage(records));
  parentPort.postMessage(server.address().port);
}

if (!isMainThread) await serve(workerData);
