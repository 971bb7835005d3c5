// `npm test`: every kind of test there is, one after the other; `npm run test:edge` and its likes run one.
// A kind that could not run, or ran no test, counts as failed.

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keeping, table } from '../tests/faults/promises.mjs';
import { runPackageTests } from '../tests/npm/run.mjs';
import { build } from './build.mjs';
import { buildPackage } from './build-pkg.mjs';
import { checkCrates, checkModules } from './check.mjs';
import { entry, Problem, step } from './cli.mjs';
import { fuzz } from './fuzz.mjs';
import { nodeBinary, root } from './places.mjs';
import { capture } from './run.mjs';
import { sbom } from './sbom.mjs';
import { ensureChromium, setup } from './setup.mjs';
import { closingLine, sum, tally } from './tally.mjs';

const KINDS = {
  rust: () => runCargo(),
  edge: async () => {
    await build();
    await buildPackage();
    return runNode('tests/edge');
  },
  npm: async () => {
    await buildPackage();
    const { code, output } = await runPackageTests();
    return { code, counts: tally('node', output) };
  },
  faults: async ({ long }) => {
    await build();
    await build('faults');
    return runFaults(long);
  },
  browser: async () => {
    await build();
    return runNode('tests/browser', { CHROMIUM: await ensureChromium() });
  },
};

/** Runs these kinds, or all. */
async function test(args) {
  const names = args.filter((arg) => arg !== '--long');
  const options = { long: args.length > names.length };
  for (const name of names) {
    if (!Object.hasOwn(KINDS, name))
      throw new Problem(`There are no ${name} tests; known: ${Object.keys(KINDS).join(', ')}`);
  }
  await setup();
  const results = [];
  for (const name of names.length > 0 ? names : Object.keys(KINDS)) {
    step(`${name} tests`);
    results.push({ name, ...(await result(name, options)) });
  }
  console.log();
  for (const { name, ...counts } of results) console.log(`${name}: ${closingLine(counts)}`);
  console.log(closingLine(sum(results)));
  if (results.some(({ ok }) => !ok)) process.exitCode = 1;
}

/** A kind's counts, and whether all is well: its own status counts too, not only what it printed. */
async function result(name, options) {
  try {
    const { code, counts } = await KINDS[name](options);
    const ok = code === 0 && counts.failed === 0 && counts.passed > 0;
    if (!ok && counts.failed === 0) {
      const reason = counts.passed === 0 ? 'ran no test' : `ended with status ${code}`;
      console.error(`\n✗ the ${name} tests: the runner ${reason}.`);
      counts.failed = 1;
    }
    return { ok, ...counts };
  } catch (error) {
    console.error(
      `\n✗ the ${name} tests could not run: ${error instanceof Problem ? error.message : error.stack}`,
    );
    return { ok: false, passed: 0, failed: 1, skipped: 0 };
  }
}

/** The core's tests, and those of the Worker that need neither its runtime nor JavaScript. */
async function runCargo() {
  const locked = process.env.CI ? ['--locked'] : [];
  const runs = [];
  for (const which of [[], ['--features', 'edge', '--lib', 'edge::']])
    runs.push(await capture('cargo', ['test', '--no-fail-fast', ...locked, ...which], { show: true }));
  const counts = runs.map(({ output }) => tally('cargo', output));
  // A name that no test has any more would be no failure of cargo's.
  if (counts.some(({ passed }) => passed === 0)) throw new Problem('one of the two runs ran no test.');
  return { code: runs.find(({ code }) => code !== 0)?.code ?? 0, counts: sum(counts) };
}

/** The fault tests one after the other, the fuzz targets, and the table of promises that all of them noted. */
async function runFaults(long) {
  const folder = mkdtempSync(join(tmpdir(), 'weighbridge-table-'));
  try {
    const file = join(folder, 'table');
    const env = { FAULTS_FORM: long ? 'long' : 'short', FAULTS_TABLE: file };
    process.env.FAULTS_TABLE = file;
    const { code, counts } = await runNode('tests/faults', env, [
      '--test-concurrency=1',
      '--test-timeout=1200000',
    ]);
    const others = [await held('No bytes make a reader panic', () => fuzz(long ? 20 : 3))];
    if (long)
      others.push(await held('What a release is made of is known, and free of known faults', supplies));
    console.log(`\n${table(file)}`);
    return { code, counts: sum([counts, ...others]) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function held(promise, check) {
  try {
    await keeping(promise, check);
    return { passed: 1 };
  } catch (error) {
    console.error(error.message);
    return { failed: 1 };
  }
}

/** Licences, bans, sources and advisories of crates and modules, and the lists of a release. */
async function supplies() {
  const unchecked = [await checkCrates(), await checkModules()].filter(Boolean);
  const counts = Object.entries(await sbom()).map(([name, count]) => `${count} in ${name}`);
  const gaps = unchecked.map((note) => `; NOT CHECKED: ${note}`).join('');
  return `licences, bans and sources; components listed: ${counts.join(', ')}${gaps}`;
}

async function runNode(folder, env = {}, options = ['--test-timeout=300000']) {
  const args = ['--test', '--test-reporter=spec', ...options, ...testFiles(folder)];
  const { code, output } = await capture(nodeBinary(), args, {
    show: true,
    env: { ...process.env, ...env, NO_COLOR: '1', FORCE_COLOR: '0' },
  });
  return { code, counts: tally('node', output) };
}

function testFiles(folder) {
  const path = join(root, folder);
  const names = existsSync(path) ? readdirSync(path).filter((name) => name.endsWith('.test.mjs')) : [];
  if (names.length === 0) throw new Problem(`There are no tests in ${folder}.`);
  return names.sort().map((name) => join(folder, name));
}

await entry(import.meta, test);
