// Verification without any JavaScript around it: times by criterion, and instructions by valgrind where that is.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../../scripts/cli.mjs';
import { findProgram, root } from '../../scripts/places.mjs';
import { capture, run } from '../../scripts/run.mjs';
import { table } from '../table.mjs';

const FOLDER = join(root, 'benches', 'native');
const WHAT = ['smartcar', 'telematica', 'mac'];
const SIZES = [100, 300, 1_200, 10_000, 100_000, 1 << 20];

/** Nanoseconds and instructions of one verification, by size; `mac` is the floor. */
export async function native() {
  await run('cargo', ['build', '--release', '--quiet'], { cwd: FOLDER });
  await run('cargo', ['bench', '--quiet', '--bench', 'verify', '--', '--quiet'], { cwd: FOLDER });
  const valgrind = findProgram('valgrind');
  const rows = [];
  for (const what of WHAT) {
    rows.push([`${what}, time`, ...SIZES.map((size) => duration(estimate(what, size)))]);
    if (!valgrind) continue;
    const counts = [];
    for (const size of SIZES) counts.push((await instructions(valgrind, what, size)).toLocaleString('en'));
    rows.push([`${what}, instructions`, ...counts]);
  }
  const lacking = valgrind ? '' : '\n\nInstructions were not counted: there is no valgrind here.';
  return { text: table([['Native verification', ...SIZES.map((size) => `${size} B`)], ...rows]) + lacking };
}

/** Criterion's median in nanoseconds. */
function estimate(what, size) {
  const file = join(FOLDER, 'target', 'criterion', String(size), what, 'new', 'estimates.json');
  return JSON.parse(readFileSync(file, 'utf8')).median.point_estimate;
}

/** The difference between two runs of the same program leaves the instructions of the calls alone. */
async function instructions(valgrind, what, size) {
  const [few, many] = [10, 30];
  const counts = [];
  for (const times of [few, many]) {
    const program = join(FOLDER, 'target', 'release', 'weighbridge-native-benches');
    const args = [
      '--tool=callgrind',
      '--callgrind-out-file=/dev/null',
      program,
      what,
      String(size),
      String(times),
    ];
    const { output } = await capture(valgrind, args);
    const collected = /Collected : (\d+)/.exec(output);
    if (!collected) throw new Problem(`valgrind counted nothing:\n\n${output}`);
    counts.push(Number(collected[1]));
  }
  return Math.round((counts[1] - counts[0]) / (many - few));
}

function duration(ns) {
  return ns < 10_000 ? `${ns.toFixed(0)} ns` : `${(ns / 1000).toFixed(0)} µs`;
}
