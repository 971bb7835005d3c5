// Accepted deliveries a second and how long each takes, while what was accepted is relayed: with one lane and eight,
// and with nothing, ten thousand and a hundred thousand events stored already.

import { atLeast, median, table, times } from '../table.mjs';
import { contenders, ensurePeer, start } from './contenders.mjs';
import { fill } from './filling.mjs';
import { deliver, Fleet } from './load.mjs';
import { startSink } from './sink.mjs';

const WIDTH = 16;
const STORED = [0, 10_000, 100_000];

/** In each of `rounds` rounds `count` deliveries, 16 at a time, and then `alone` ones, one after the other. */
export async function throughput({ base, rounds = 4, count = 400, alone = 50 } = {}) {
  await ensurePeer();
  const { weighbridge, ...others } = contenders({ base });
  const setups = [];
  for (const lanes of [1, 8]) {
    for (const stored of STORED) setups.push({ name: 'weighbridge', contender: weighbridge, lanes, stored });
  }
  for (const [name, contender] of Object.entries(others))
    setups.push({ name, contender, lanes: 8, stored: 0 });
  const all = [];
  try {
    for (const setup of setups) all.push(await prepare(setup));
    for (let round = -1; round < rounds; round++) {
      for (const one of all) await turn(one, { count, alone, counts: round >= 0 });
    }
    return report(all);
  } finally {
    for (const { worker, sink } of all) {
      await worker.close();
      await sink.close();
    }
  }
}

async function prepare(setup) {
  const sink = await startSink();
  const { contender, lanes, stored } = setup;
  let worker = await start(contender, { sink, lanes });
  const fleet = new Fleet(worker.vars);
  if (contender.lane) await worker.map(fleet);
  if (stored > 0) {
    await deliver(worker.url, fleet.deliveries(300));
    await sink.taking(0, 300);
    await worker.stop();
    fill(worker.folder, stored);
    worker = await start(contender, { sink, lanes, folder: worker.folder });
  }
  return { ...setup, sink, worker, fleet, rates: [], latencies: [] };
}

async function turn({ contender, sink, worker, fleet, rates, latencies }, { count, alone, counts }) {
  const before = sink.taken();
  const { seconds } = await deliver(worker.url, fleet.deliveries(count), { width: WIDTH });
  const single = await deliver(worker.url, fleet.deliveries(alone), { width: 1 });
  if (contender.lane) await sink.taking(before, count + alone);
  await worker.idleCpu();
  if (!counts) return;
  rates.push(count / seconds);
  latencies.push(...single.times);
}

function report(all) {
  const results = all.map(({ name, lanes, stored, rates, latencies }) => {
    const sorted = [...latencies].sort((a, b) => a - b);
    const at = (part) => sorted[Math.floor(sorted.length * part)];
    return { name, lanes, stored, rates, rate: median(rates), p50: at(0.5), p99: at(0.99) };
  });
  const toEmpty = ({ name, lanes, rates }) => {
    const empty = results.find((other) => other.name === name && other.lanes === lanes && other.stored === 0);
    return median(rates.map((each, round) => each / empty.rates[round]));
  };
  const rows = results.map((result) => {
    const { name, lanes, stored, rate, p50, p99 } = result;
    const cells = [rate.toFixed(0), times(toEmpty(result)), `${p50.toFixed(1)} ms`, `${p99.toFixed(1)} ms`];
    return [name, String(lanes), stored.toLocaleString('en'), ...cells];
  });
  const head = ['Accepted and relayed', 'lanes', 'stored', 'a second', 'to none stored', 'p50', 'p99'];
  const full = (lanes) =>
    results.find((result) => result.lanes === lanes && result.stored === Math.max(...STORED));
  const aims = [1, 8].map((lanes) =>
    atLeast(`Throughput with 100,000 stored, to none, lanes: ${lanes}`, toEmpty(full(lanes)), 0.9, times),
  );
  return { results, aims, text: table([head, ...rows]) };
}
