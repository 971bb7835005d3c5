// `npm run fuzz`: every fuzz target for a while (`npm run fuzz -- 600` for ten minutes each), where there is a
// nightly Rust and cargo-fuzz; in any case every target over its seeds and cheap changes of them.

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { entry, Problem, step } from './cli.mjs';
import { findProgram, root } from './places.mjs';
import { capture } from './run.mjs';

const FOLDER = join(root, 'fuzz');

/** Runs all; gives what was done in a sentence, and the counts of tests. */
export async function fuzz(seconds) {
  step('fuzz targets over their seeds');
  const { code, output } = await capture('cargo', ['test', '--release', '--', '--nocapture'], {
    cwd: FOLDER,
  });
  if (code !== 0) throw new Problem(`a fuzz target broke on a seed:\n${output.slice(-4_000)}`);
  const runs = [...output.matchAll(/^\w+: \d+ seeds, (\d+) runs$/gm)].map(([, n]) => Number(n));
  const seeded = `${runs.length} targets, ${sum(runs)} runs over seeds`;
  const lacking = await whatLacks();
  if (lacking) {
    console.log(`! NOT FUZZED: ${lacking}; the targets ran over their seeds and changes of them only.`);
    return `${seeded}; no fuzzer here (${lacking})`;
  }
  const fuzzed = [];
  for (const target of targets()) {
    step(`fuzzing ${target} for ${seconds} s`);
    fuzzed.push(await fuzzOne(target, seconds));
  }
  return `${seeded}; ${sum(fuzzed)} runs of the fuzzer, ${seconds} s for each target`;
}

/** What keeps the fuzzer from running here, if anything does. */
async function whatLacks() {
  if (!findProgram('rustup', 'rustup.exe')) return 'there is no rustup';
  const { output } = await capture('rustup', ['toolchain', 'list']);
  if (!/^nightly/m.test(output)) return 'there is no nightly Rust: `rustup toolchain install nightly`';
  if (!findProgram('cargo-fuzz', 'cargo-fuzz.exe'))
    return 'there is no cargo-fuzz: `cargo install cargo-fuzz`';
  return undefined;
}

function targets() {
  return readdirSync(join(FOLDER, 'targets'))
    .map((name) => name.replace(/\.rs$/, ''))
    .sort();
}

/** One target, beginning with its seeds; what it finds stays in fuzz/corpus. Gives the number of runs. */
async function fuzzOne(target, seconds) {
  const corpus = join(FOLDER, 'corpus', target);
  mkdirSync(corpus, { recursive: true });
  const seeds = ['smartcar', 'telematica', 'telemax'].flatMap((provider) => {
    const folder = join(root, 'tests', 'providers', provider);
    return readdirSync(folder).map((name) => join(folder, name, 'body.bin'));
  });
  const own = join(FOLDER, 'seeds', target);
  const folders = [corpus, ...(existsSync(own) ? [own] : [])];
  const files = `-seed_inputs=${seeds.filter((file) => existsSync(file)).join(',')}`;
  const limits = [
    `-max_total_time=${seconds}`,
    '-max_len=65536',
    '-timeout=10',
    '-rss_limit_mb=2048',
    '-verbosity=0',
    '-print_final_stats=1',
  ];
  const args = [
    '+nightly',
    'fuzz',
    'run',
    '--features',
    'fuzzing',
    target,
    ...folders,
    '--',
    files,
    ...limits,
  ];
  const { code, output } = await capture('cargo', args, { cwd: FOLDER });
  if (code !== 0) throw new Problem(`the fuzzer broke ${target}:\n${output.slice(-4_000)}`);
  const runs = Number(/stat::number_of_executed_units:\s*(\d+)/.exec(output)?.[1] ?? 0);
  console.log(`  ${target}: ${runs} runs`);
  return runs;
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

await entry(import.meta, async ([seconds = '60']) => {
  if (!/^\d+$/.test(seconds)) throw new Problem('Say how many seconds for each target: npm run fuzz -- 600');
  console.log(`\n✓ ${await fuzz(Number(seconds))}`);
});
