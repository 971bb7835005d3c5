// Runs every test of the npm package, on the package as `npm run build:pkg` left it; installs what they need first.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entry, step } from '../../scripts/cli.mjs';
import { nodeBinary, root } from '../../scripts/places.mjs';
import { capture, run } from '../../scripts/run.mjs';
import { ensureExamples } from './support/installed.mjs';

const here = join(root, 'tests', 'npm');

/** Gives the runner's exit status and what it printed. */
export async function runPackageTests() {
  await ensureTools();
  ensureExamples();
  const files = readdirSync(here)
    .filter((name) => name.endsWith('.test.mjs'))
    .sort();
  const args = ['--test', '--test-reporter=spec', '--test-timeout=300000', '--test-concurrency=2'];
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' };
  return capture(nodeBinary(), [...args, ...files.map((name) => join('tests', 'npm', name))], {
    show: true,
    env,
  });
}

/** node_modules as the lock file says, without the install scripts: nothing that the tests use needs them. */
export async function ensureTools() {
  const lock = createHash('sha256')
    .update(readFileSync(join(here, 'package-lock.json')))
    .digest('hex');
  const stamp = join(here, 'node_modules', '.weighbridge-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  step('installing what the tests of the npm package need (about half a minute)');
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here });
  writeFileSync(stamp, lock);
}

await entry(import.meta, async () => {
  const { code } = await runPackageTests();
  process.exitCode = code === 0 ? 0 : 1;
});
