// How fast a backlog drains, in relation to what the connections allow: lanes × 6 connections ÷ latency of the sink,
// which is measured, because a timer of 5 ms takes longer than that. What is stored lies in memory, where the system
// has a file system there: the runtime waits for each write to reach the disk, and a disk of this machine is not what
// is measured.

import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { atLeast, median, table } from '../table.mjs';
import { contenders, start } from './contenders.mjs';
import { fill } from './filling.mjs';
import { deliver, Fleet } from './load.mjs';
import { startSink } from './sink.mjs';

const CONNECTIONS = 6;
const BACKLOG = 10_000;
/** Sink and runtime share two cores here: from this share of one core on, the connections decide no more. */
const CPU_BOUND = 0.7;
const MEMORY = '/dev/shm';

const SETUPS = [
  { lanes: 1, delay: 50 },
  { lanes: 2, delay: 50 },
  { lanes: 4, delay: 50 },
  { lanes: 8, delay: 50 },
  { lanes: 1, delay: 5 },
  { lanes: 2, delay: 5 },
  { lanes: 4, delay: 5 },
  { lanes: 8, delay: 5 },
];

/** Drains one backlog after the other: 10,000 events, or as many as would take so many seconds at the ceiling. */
export async function relay({ base, seconds = 6 } = {}) {
  const results = [];
  for (const [name, contender] of Object.entries(contenders({ base }))) {
    if (name === 'peer' || name === 'floor') continue;
    for (const setup of SETUPS) results.push({ name, ...setup, ...(await drain(contender, setup, seconds)) });
  }
  const rows = results.map(({ name, lanes, latency, backlog, rate, ceiling, busy }) => [
    name,
    ...[
      lanes,
      `${latency.toFixed(1)} ms`,
      backlog.toLocaleString('en'),
      rate.toFixed(0),
      ceiling.toFixed(0),
    ].map(String),
    (rate / ceiling).toFixed(2),
    `${(busy * 100).toFixed(0)} %`,
  ]);
  const head = [
    'Draining a backlog',
    'lanes',
    'sink',
    'events',
    'a second',
    'ceiling',
    'of it',
    'CPU of the runtime',
  ];
  const aims = results
    .filter(({ name, busy }) => name === 'weighbridge' && busy < CPU_BOUND)
    .map(({ lanes, delay, rate, ceiling }) =>
      atLeast(`Drain to its ceiling, sink ${delay} ms, lanes: ${lanes}`, rate / ceiling, 0.8),
    );
  return { results, aims, text: table([head, ...rows]) };
}

async function drain(contender, { lanes, delay }, seconds) {
  const backlog = Math.min(BACKLOG, ((lanes * CONNECTIONS * 1000) / delay) * seconds);
  const sink = await startSink();
  sink.answer({ delay });
  const latency = await latencyOf(sink);
  const ceiling = (lanes * CONNECTIONS * 1000) / latency;
  // Cartrack refuses the key, so that the lanes hold back what they have.
  sink.answer({ status: 401 });
  const folder = existsSync(MEMORY) ? await mkdtemp(`${MEMORY}/weighbridge-bench-`) : undefined;
  const first = await start(contender, { sink, lanes, folder });
  try {
    const fleet = new Fleet(first.vars);
    await first.map(fleet);
    await deliver(first.url, fleet.deliveries(300));
    await first.idleCpu();
    await first.stop();
    fill(first.folder, backlog, { newer: true });
    const worker = await start(contender, { sink, lanes, folder: first.folder });
    try {
      sink.answer({ delay });
      return { backlog, latency, ceiling, ...(await draining(worker, sink, backlog)) };
    } finally {
      await worker.stop();
    }
  } finally {
    await first.close();
    await sink.close();
  }
}

/** The milliseconds that an answer of the sink takes over a kept connection, the median of some. */
async function latencyOf(sink) {
  const times = [];
  for (let tries = 0; tries < 40; tries++) {
    const begun = performance.now();
    await (await fetch(sink.url, { method: 'POST', body: '{}' })).text();
    times.push(performance.now() - begun);
  }
  return median(times);
}

/** The rate between the first and the last tenth, and the share of one core that the runtime used. */
async function draining(worker, sink, backlog) {
  const marks = [];
  const before = sink.taken();
  await worker.admin('POST', '/api/resume');
  for (const share of [0.1, 0.9]) {
    await sink.taking(before, backlog * share);
    marks.push({ at: performance.now(), taken: sink.taken(), cpu: worker.cpu() });
  }
  await sink.taking(before, backlog);
  await pause(100);
  const [from, to] = marks;
  const seconds = (to.at - from.at) / 1000;
  return { rate: (to.taken - from.taken) / seconds, busy: (to.cpu - from.cpu) / seconds };
}
