// What a delivery costs in counts that do not depend on the machine: rows, reads, query plans. Times are measured by
// `npm run bench`; docs/performance.md has both.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contenders, ensurePeer, startDev } from '../../benches/edge/contenders.mjs';
import { deliver, Fleet } from '../../benches/edge/load.mjs';
import { startSink } from '../../benches/edge/sink.mjs';
import { countsOf, VEHICLES } from '../../benches/edge/storage.mjs';
import { DEMO_VARS } from '../../scripts/samples.mjs';

const { weighbridge, peer } = contenders();

test('a delivered event costs few rows, and a vehicle one read of KV', async (t) => {
  const count = 300;
  const counts = await countsOf(weighbridge, { count, width: 8 });
  const each = (what) => counts[what] / count;
  t.diagnostic(
    `rows written ${each('rowsWritten')}, alarms ${each('alarms')}, rows read ${each('rowsRead')}`,
  );
  // Metrics and the alarm that stands behind the sending come every ten seconds, so more often on a slow machine.
  const own = each('rowsWritten') - each('upkeepRows');
  assert.ok(own <= 3.05, `${own} rows written, those of the upkeep left out`);
  assert.ok(each('alarms') <= 0.4, `${each('alarms')} alarms set`);
  assert.ok(each('rowsRead') <= 5, `${each('rowsRead')} rows read`);
  assert.ok(counts.kvReads <= 3 * VEHICLES, `${counts.kvReads} reads of KV for ${3 * VEHICLES} vehicles`);
  assert.equal(counts.kvWrites, 0);
  assert.equal(counts.requests, count);
});

test('the JavaScript Worker that is compared with delivers the same records', async () => {
  await ensurePeer();
  const [ours, theirs] = [await recordsOf(weighbridge), await recordsOf(peer)];
  assert.equal(ours.length, 60);
  assert.deepEqual(theirs, ours);
});

const fleet = new Fleet(DEMO_VARS, { vehicles: 5 });
const deliveries = fleet.deliveries(60);

/** The records of the same 60 deliveries, each delivered twice, without the time of receipt. */
async function recordsOf(contender) {
  const sink = await startSink({ keep: true });
  const worker = await startDev(contender, { sink });
  try {
    await worker.map(fleet);
    await deliver(worker.url, deliveries);
    const again = await deliver(worker.url, deliveries, { status: 200 });
    assert.equal(again.times.length, deliveries.length);
    await sink.taking(0, deliveries.length);
    const records = await sink.records();
    return records.map(comparable).sort(byId);
  } finally {
    await worker.close();
    await sink.close();
  }
}

function comparable({ source: { provider_received_ts: received, ...source }, event_ts: at, ...record }) {
  assert.ok(Date.parse(received) > 0);
  return { ...record, source, event_ts: Date.parse(at) };
}

function byId(a, b) {
  return a.source.provider_event_id.localeCompare(b.source.provider_event_id);
}
