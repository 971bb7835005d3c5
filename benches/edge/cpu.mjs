// The CPU time of the runtime for each delivery: until it has arrived at Cartrack, and its two halves alone.

import { atMost, median, table, times } from '../table.mjs';
import { contenders, ensurePeer, start } from './contenders.mjs';
import { deliver, Fleet } from './load.mjs';
import { startSink } from './sink.mjs';

const PHASES = ['first', 'whole', 'accept', 'relay'];

/** V8 optimises what runs often: only after so many deliveries does the cost of one stay the same. */
const WARM_UP = 3_000;

/**
 * All contenders run side by side and take turns, `count` deliveries in each of `rounds` rounds. The first ones of
 * a new process are measured apart.
 */
export async function cpu({ base, rounds = 7, count = 1_000, warmUp = WARM_UP } = {}) {
  await ensurePeer();
  const all = [];
  try {
    for (const [name, contender] of Object.entries(contenders({ base })))
      all.push(await Contender.start(name, contender));
    for (const contender of all) await contender.whole('first', count);
    for (const contender of all) await contender.deliver(warmUp);
    for (let round = 0; round < rounds; round++) {
      for (const contender of all) await contender.round(count);
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

  /** Accepting and relaying, by turns together and each alone. */
  async round(count) {
    await this.whole('whole', count);
    if (this.isFloor) return;
    const { sink, worker, fleet } = this;
    // A lane whose key is refused holds everything back until it is told to go on.
    sink.answer({ status: 401 });
    const deliveries = fleet.deliveries(count);
    await this.measured('accept', count, () => deliver(worker.url, deliveries));
    sink.answer();
    await this.measured('relay', count, async () => {
      const before = sink.taken();
      await worker.admin('POST', '/api/resume');
      await sink.taking(before, count);
    });
  }

  async whole(phase, count) {
    const deliveries = this.fleet.deliveries(count);
    await this.measured(phase, count, () => this.delivered(deliveries));
  }

  /** So many deliveries that nobody measures, in parts that are signed shortly before they are sent. */
  async deliver(count) {
    for (let sent = 0; sent < count; sent += 1_000) await this.delivered(this.fleet.deliveries(1_000));
  }

  async delivered(deliveries) {
    const { sink, worker, isFloor } = this;
    const before = sink.taken();
    await deliver(worker.url, deliveries);
    if (!isFloor) await sink.taking(before, deliveries.length);
  }

  async measured(phase, count, work) {
    const before = await this.worker.idleCpu();
    await work();
    const used = (await this.worker.idleCpu()) - before;
    this.micros[phase].push((used / count) * 1e6);
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
  ];
  return { results, aims, text: table([head, ...rows]) };
}
