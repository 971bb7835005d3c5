// What the runtime's memory comes to over very many deliveries: new ones, repeated ones and forged ones in equal
// parts. It takes about half an hour, and so runs only when it is asked for.

import { table } from '../table.mjs';
import { contenders, start } from './contenders.mjs';
import { deliver, Fleet } from './load.mjs';
import { startSink } from './sink.mjs';

const CHUNK = 1_000;
const SHOWN = 10;

/** Delivers until there were `most` deliveries or the `minutes` are over. */
export async function memory({ minutes = 60, most = 1_000_000 } = {}) {
  const sink = await startSink();
  const worker = await start(contenders().weighbridge, { sink, counting: true });
  try {
    const fleet = new Fleet(worker.vars);
    await worker.map(fleet);
    const marks = [await mark(worker, 0)];
    const deadline = Date.now() + minutes * 60_000;
    while (marks.at(-1).delivered < most && Date.now() < deadline) {
      await chunk(worker, sink, fleet);
      marks.push(await mark(worker, marks.at(-1).delivered + 3 * CHUNK));
    }
    return report(marks);
  } finally {
    await worker.close();
    await sink.close();
  }
}

async function chunk(worker, sink, fleet) {
  const fresh = fleet.deliveries(CHUNK);
  const before = sink.taken();
  await deliver(worker.url, fresh);
  await deliver(worker.url, fresh, { status: 200 });
  const forged = fresh.map((delivery) => ({ ...delivery, body: `${delivery.body} ` }));
  await deliver(worker.url, forged, { status: 401 });
  await sink.taking(before, CHUNK);
}

async function mark(worker, delivered) {
  const { wasmBytes } = await worker.counts();
  await worker.clearCounts();
  return { delivered, resident: worker.resident(), wasmBytes };
}

function report(marks) {
  const every = Math.max(1, Math.floor(marks.length / SHOWN));
  const shown = marks.filter((_, index) => index % every === 0 || index === marks.length - 1);
  const MB = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  const rows = shown.map(({ delivered, resident, wasmBytes }) => [
    delivered.toLocaleString('en'),
    MB(resident),
    MB(wasmBytes),
  ]);
  return { marks, text: table([['Deliveries', 'resident', 'wasm memory'], ...rows]) };
}
