// Builds the deployable Worker into build/ and the console into www/, unless what is there already comes from
// the same sources. wrangler runs this at each of its starts, so the second case has to be quick.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entry, step } from './cli.mjs';
import { fingerprint } from './fingerprint.mjs';
import { npmBinary, root } from './places.mjs';
import { run } from './run.mjs';
import { ensureModules, setup } from './setup.mjs';
import { ensureTool, toolVersions } from './tools.mjs';

const INPUTS = ['.cargo', 'Cargo.lock', 'Cargo.toml', 'package-lock.json', 'rust-toolchain.toml', 'src'];
const STAMP = join(root, 'build', '.inputs');

/** Builds the Worker and the console; true when there was something to do. */
export async function build() {
  await ensureModules();
  const worker = await buildWorker();
  // Only now: its bundler comes with the npm packages, and worker-build empties build/.
  const { buildConsole } = await import('./build-console.mjs');
  return (await buildConsole()) || worker;
}

async function buildWorker() {
  const inputs = ownFingerprint();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === inputs) return false;
  await setup();
  step('building the Worker (the first time takes about two minutes)');
  rmSync(STAMP, { force: true });
  await run(await ensureTool('worker-build'), ['--release', '--features', 'edge'], {
    env: await environment(),
  });
  writeFileSync(STAMP, ownFingerprint() === inputs ? inputs : '');
  return true;
}

/** worker-build would download what it isn't given; RUSTFLAGS would replace those of .cargo/config.toml. */
async function environment() {
  const env = {
    ...process.env,
    WASM_BINDGEN_BIN: await ensureTool('wasm-bindgen-cli'),
    WASM_OPT_BIN: npmBinary('wasm-opt'),
    ESBUILD_BIN: npmBinary('esbuild'),
  };
  if (env.RUSTFLAGS) env.RUSTFLAGS += ' -C target-feature=+simd128';
  return env;
}

/** A hash over everything that the Worker is made of. */
function ownFingerprint() {
  return fingerprint(INPUTS, { versions: toolVersions() });
}

await entry(import.meta, async () => {
  if (!(await build())) step('the Worker in build/ and the console in www/ are up to date');
});
