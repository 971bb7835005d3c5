// Builds what is generated of the npm package, into pkg/dist.

import { join } from 'node:path';
import { entry, Problem, step } from './cli.mjs';
import { root } from './places.mjs';
import { capture, run } from './run.mjs';
import { setup } from './setup.mjs';
import { ensureTool } from './tools.mjs';

const TARGET = 'wasm32-unknown-unknown';

/** Compiles the crate with its npm exports, and has wasm-bindgen write the JavaScript around it. */
export async function buildPackage() {
  await setup();
  step('building the npm package');
  await run('cargo', ['build', '--lib', '--release', '--target', TARGET, '--features', 'npm']);
  const wasm = join(await targetFolder(), TARGET, 'release', 'weighbridge.wasm');
  const out = ['--out-dir', join(root, 'pkg', 'dist'), '--out-name', 'weighbridge'];
  await run(await ensureTool('wasm-bindgen-cli'), ['--target', 'web', ...out, wasm]);
}

async function targetFolder() {
  const { code, stdout, output } = await capture('cargo', [
    'metadata',
    '--no-deps',
    '--format-version',
    '1',
    '--quiet',
  ]);
  if (code !== 0) throw new Problem(`cargo metadata failed:\n${output}`);
  return JSON.parse(stdout).target_directory;
}

await entry(import.meta, buildPackage);
