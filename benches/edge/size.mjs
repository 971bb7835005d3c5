// What is uploaded, how long an instance of it takes to make, and how long a new process takes until it has answered
// its first delivery.

import { mkdtempSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '../../scripts/cli.mjs';
import { nodeBinary, root } from '../../scripts/places.mjs';
import { capture } from '../../scripts/run.mjs';
import { DEMO_VARS } from '../../scripts/samples.mjs';
import { atMost, median, table } from '../table.mjs';
import { contenders, ensurePeer } from './contenders.mjs';
import { Fleet } from './load.mjs';
import { startRuntime, upload } from './runtime.mjs';

/** Sizes once, times as medians over `rounds`. */
export async function size({ base, rounds = 15 } = {}) {
  await ensurePeer();
  const folder = await mkdtemp(join(tmpdir(), 'weighbridge-size-'));
  try {
    const all = [];
    for (const [name, contender] of Object.entries(contenders({ base }))) {
      const uploaded = await upload(contender, join(folder, name));
      all.push({ name, lane: contender.lane, ...uploaded, instances: [], firsts: [] });
    }
    for (let round = 0; round < rounds; round++) {
      for (const one of all) {
        if (one.wasm) one.instances.push(await instantiation(one.folder));
        one.firsts.push(await firstReply(one));
      }
    }
    return report(all);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Milliseconds that a new Node needs to make an instance of the compiled module with the Worker's imports. */
async function instantiation(folder) {
  const { code, stdout, output } = await capture(nodeBinary(), [
    join(root, 'benches', 'edge', 'instance.mjs'),
    folder,
  ]);
  if (code !== 0) throw new Problem(`The Worker's module gave no instance:\n\n${output}`);
  return Number(stdout);
}

/** Milliseconds from the start of a workerd of its own to its answer to a delivery. */
async function firstReply({ folder, lane, ...uploaded }) {
  const state = mkdtempSync(join(folder, 'state-'));
  // The delivery names its VIN, so that neither KV nor Cartrack is asked first.
  const [delivery] = new Fleet(DEMO_VARS, { vehicles: 1 }).deliveries(1);
  const runtime = await startRuntime(
    { folder, ...uploaded },
    { lane, vars: { ...DEMO_VARS, LANES: '8' }, state },
  );
  try {
    for (;;) {
      const reply = await fetch(runtime.url + delivery.path, { method: 'POST', ...delivery }).catch(
        () => undefined,
      );
      const took = performance.now() - runtime.begun;
      if (reply?.status === 202) return took;
      if (reply || took > 20_000) {
        throw new Problem(`workerd answered ${reply?.status} ${await reply?.text()}\n\n${runtime.log}`);
      }
      await pause(1);
    }
  } finally {
    await runtime.kill();
  }
}

function report(all) {
  const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  const ms = (times) => (times.length > 0 ? `${median(times).toFixed(1)} ms` : '–');
  const floor = all.find(({ lane }) => !lane);
  const results = all.map((one) => ({
    ...one,
    beyond: median(one.firsts.map((first, round) => first - floor.firsts[round])),
  }));
  const rows = results.map(({ name, raw, zipped, wasmBytes, instances, firsts, beyond }) => [
    name,
    wasmBytes ? kB(wasmBytes) : '–',
    kB(raw),
    kB(zipped),
    ms(instances),
    ms(firsts),
    `${beyond.toFixed(1)} ms`,
  ]);
  const head = ['Size and start', 'wasm', 'upload', 'gzipped', 'instance', 'first reply', 'beyond the floor'];
  const [{ zipped, instances: ours }] = results;
  const aims = [
    atMost('Upload, gzipped', zipped, 200_000, kB),
    atMost('Making an instance', median(ours), 10, (number) => `${number.toFixed(1)} ms`),
  ];
  return { results, aims, text: table([head, ...rows]) };
}
