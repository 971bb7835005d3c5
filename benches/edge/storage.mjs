// What a delivered event costs in rows, alarms, reads of KV and requests, as the platform counts and bills them.

import { atMost, table } from '../table.mjs';
import { contenders, ensurePeer, startDev } from './contenders.mjs';
import { deliver, Fleet } from './load.mjs';
import { startSink } from './sink.mjs';

const COUNTS = {
  rowsWritten: 'rows written',
  upkeepRows: 'of them upkeep',
  alarms: 'alarms set',
  rowsRead: 'rows read',
  statements: 'statements',
  kvReads: 'KV reads',
  kvWrites: 'KV writes',
  requests: 'requests',
};
/** Of each provider. */
export const VEHICLES = 10;

/** Counts for `count` deliveries of mapped vehicles, of which the lanes remember nothing at first. */
export async function storage({ base, count = 600, width = 8 } = {}) {
  await ensurePeer();
  const results = {};
  for (const [name, contender] of Object.entries(contenders({ base }))) {
    if (contender.lane) results[name] = await countsOf(contender, { count, width });
  }
  const each = (number) => (number / count).toFixed(2);
  const rows = Object.entries(results).map(([name, counts]) => [
    name,
    ...Object.keys(COUNTS).map((what) => each(counts[what])),
    counts.wasmBytes ? `${(counts.wasmBytes / 1e6).toFixed(1)} MB` : '–',
  ]);
  const head = ['For each delivered event', ...Object.values(COUNTS), 'wasm memory'];
  const { rowsWritten, upkeepRows, kvReads } = results.weighbridge;
  const aims = [
    atMost('Rows written for an event, without upkeep', (rowsWritten - upkeepRows) / count, 3),
    atMost('Reads of KV for a vehicle in a minute', kvReads / (3 * VEHICLES), 1),
  ];
  return { results, aims, text: table([head, ...rows]) };
}

/** What one contender asks of the platform for `count` deliveries, `width` at a time. */
export async function countsOf(contender, { count, width }) {
  const sink = await startSink();
  const first = await startDev(contender, { sink, counting: true });
  try {
    const fleet = new Fleet(first.vars, { vehicles: VEHICLES });
    const delivered = async (worker, deliveries) => {
      const before = sink.taken();
      await deliver(worker.url, deliveries, { width });
      await sink.taking(before, deliveries.length);
      await worker.idleCpu();
    };
    // Each vehicle once, so that its mapping is in KV; then a restart, so that nobody remembers it.
    await first.map(fleet);
    await delivered(first, fleet.deliveries(3 * VEHICLES));
    await first.stop();
    const second = await startDev(contender, { sink, counting: true, folder: first.folder });
    try {
      await second.clearCounts();
      await delivered(second, fleet.deliveries(count));
      const counts = await second.counts();
      return { ...counts, upkeepRows: upkeepRows(counts.texts) };
    } finally {
      await second.stop();
    }
  } finally {
    await first.close();
    await sink.close();
  }
}

/** Metrics are written every ten seconds, however many events there were, and how far a lane is at every hundredth. */
function upkeepRows(texts) {
  const upkeep = Object.entries(texts).filter(([text]) =>
    /^(INSERT INTO|DELETE FROM) (counts|marks|meta)\b/.test(text),
  );
  return upkeep.reduce((sum, [, { rowsWritten }]) => sum + rowsWritten, 0);
}
