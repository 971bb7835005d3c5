// The CPU time of the runtime for each delivery: until it has arrived at Cartrack, and its two halves alone.

import { atMost, median, table, times } from '../table.mjs';
import { contenders, ensurePeer, start } from './contenders.mjs';
import { deliver, Fleet } from './load.mjs';
import { startSink } from './sink.mjs';

const PHASES = ['whole', 'accept', 'relay'];

/**
 * All contenders run side by side and take turns, `count` deliveries in each of `rounds` rounds. Gives the
 * microseconds of each by phase, and the rows of a table.
 */
export async function cpu({ base, rounds = 5, count = 400 } = {}) {
  await ensurePeer();
  const all = await Promise.all(
    Object.entries(contenders({ base })).map(([name, contender]) => Contender.start(name, contender)),
  );
  try {
    for (let round = -1; round < rounds; round++) {
      for (const contender of all) await contender.round(count, round >= 0);
    }
    return report(all);
  } finally {
    for (const contender of all) await contender.close();
  }
}

class Contender {
  micros = Object.fromEntries(PHASES.map((phase) => [phase, []]));

  static async start(name, contender) {
    const made = new Contender();
    made.name = name;
    made.isFloor = contender.lane === undefined;
    made.sink = await startSink();
    made.worker = await start(contender, { sink: made.sink });
    made.fleet = new Fleet(made.worker.vars);
    if (!made.isFloor) await made.worker.map(made.fleet);
    return made;
  }

  async round(count, counts) {
    const { sink, worker, fleet } = this;
    const measured = async (phase, work) => {
      const before = await worker.idleCpu();
      await work();
      const used = (await worker.idleCpu()) - before;
      if (counts) this.micros[phase].push((used / count) * 1e6);
    };
    const deliveries = () => fleet.deliveries(count);
    const whole = deliveries();
    if (this.isFloor) return measured('whole', () => deliver(worker.url, whole));
    await measured('whole', async () => {
      const before = sink.taken();
      await deliver(worker.url, whole);
      await sink.taking(before, count);
    });
    // A lane whose key is refused holds everything back until it is told to go on.
    sink.answer({ status: 401 });
    const accepted = deliveries();
    await measured('accept', () => deliver(worker.url, accepted));
    sink.answer();
    await measured('relay', async () => {
      const before = sink.taken();
      await worker.admin('POST', '/api/resume');
      await sink.taking(before, count);
    });
  }

  async close() {
    await this.worker.close();
    await this.sink.close();
  }
}

function report(all) {
  const peer = all.find(({ name }) => name === 'peer');
  const ratio = ({ micros }, phase) =>
    median(micros[phase].map((time, round) => time / peer.micros[phase][round]));
  const results = Object.fromEntries(
    all.map((one) => [
      one.name,
      Object.fromEntries(
        PHASES.filter((phase) => one.micros[phase].length > 0).map((phase) => [
          phase,
          { micros: median(one.micros[phase]), ratio: ratio(one, phase) },
        ]),
      ),
    ]),
  );
  const cell = (result) => (result ? [`${Math.round(result.micros)} µs`, times(result.ratio)] : ['–', '–']);
  const rows = all.map(({ name, worker }) => [
    name,
    ...PHASES.flatMap((phase) => cell(results[name][phase])),
    `${Math.round(worker.resident() / 1e6)} MB`,
  ]);
  const head = ['CPU for a delivery', ...PHASES.flatMap((phase) => [phase, 'to the peer']), 'resident'];
  const aims = [
    atMost('CPU until delivered, to the JavaScript Worker', results.weighbridge.whole.ratio, 0.8, times),
    atMost('CPU of accepting alone, to the same', results.weighbridge.accept.ratio, 0.8, times),
  ];
  return { results, aims, text: table([head, ...rows]) };
}
