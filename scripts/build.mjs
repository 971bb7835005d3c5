// Builds the deployable Worker into build/ and the console into www/, unless what is there already comes from
// the same sources. wrangler runs this at each of its starts, so the second case has to be quick.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, rename } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { entry, step } from './cli.mjs';
import { fingerprint } from './fingerprint.mjs';
import { BUILD_STD, OWN_STD, rustFlags } from './flags.mjs';
import { shortenNames } from './names.mjs';
import { npmBinary, root } from './places.mjs';
import { run } from './run.mjs';
import { ensureModules, setup } from './setup.mjs';
import { shrink, silence } from './shrink.mjs';
import { ensureTool, toolVersions } from './tools.mjs';

const LINKED_WHOLE = join('scripts', 'linked-whole');

const INPUTS = [
  '.cargo',
  'Cargo.lock',
  'Cargo.toml',
  'package-lock.json',
  'rust-toolchain.toml',
  'scripts/flags.mjs',
  LINKED_WHOLE,
  'scripts/names.mjs',
  'scripts/order.mjs',
  'scripts/shrink.mjs',
  'scripts/wasm.mjs',
  'src',
];

/** What is deployed, and the Worker with faults on demand that `tests/faults` needs besides. */
const KINDS = {
  deployable: {
    folder: 'build',
    args: ['--release', '--features', 'edge'],
    env: () => ({ ...BUILD_STD, RUSTFLAGS: rustFlags(OWN_STD) }),
    after: async (javaScript, wasm) => {
      await shrink(wasm);
      await shortenNames(javaScript, wasm);
    },
  },
  faults: {
    folder: 'build-faults',
    args: ['--profile', 'faults', '--features', 'faults'],
    env: () => ({ RUSTFLAGS: rustFlags() }),
    after: (_, wasm) => silence(wasm),
  },
};

/** Builds the Worker, of the kind that is asked for, and the console; true when there was something to do. */
export async function build(kind = 'deployable') {
  await ensureModules();
  const worker = await buildWorker(kind);
  // Only now: its bundler comes with the npm packages, and worker-build empties build/.
  const { buildConsole } = await import('./build-console.mjs');
  return (await buildConsole()) || worker;
}

async function buildWorker(kind) {
  const { folder, args, env, after } = KINDS[kind];
  const stamp = join(root, folder, '.inputs');
  if (kind === 'faults') writeFaultsConfiguration(join(root, folder));
  const inputs = ownFingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return false;
  await setup();
  const which = kind === 'deployable' ? 'the Worker' : 'the Worker with faults on demand';
  step(`building ${which} (the first time takes about two minutes)`);
  rmSync(stamp, { force: true });
  await run(await ensureTool('worker-build'), ['--out-dir', folder, '--no-opt', ...args], {
    env: { ...(await environment()), ...env() },
  });
  await after(join(root, folder, 'index.js'), join(root, folder, 'index_bg.wasm'));
  await guard(folder);
  writeFileSync(stamp, ownFingerprint() === inputs ? inputs : '');
  return true;
}

/** Puts the guard, by which a panic is survived, in front of what worker-build made. */
async function guard(folder) {
  await rename(join(root, folder, 'index.js'), join(root, folder, 'gateway.js'));
  await copyFile(join(root, 'src', 'edge', 'guard.mjs'), join(root, folder, 'index.js'));
}

/** wrangler.toml for the Worker with faults on demand. */
function writeFaultsConfiguration(folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'wrangler.toml'), configurationOf('index.js', '../www'));
}

/** wrangler.toml with another entry and other assets, and without the build that wrangler would run. */
export function configurationOf(main, assets) {
  return readFileSync(join(root, 'wrangler.toml'), 'utf8')
    .replace('main = "build/index.js"', `main = "${main}"`)
    .replace('directory = "www"', `directory = "${assets}"`)
    .replace(/^\[build\]\n(?:[^[\n].*\n)*/m, '');
}

/** worker-build would download what it isn't given, and it would not link the crate as a whole and nothing else. */
async function environment() {
  return {
    ...process.env,
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: join(root, LINKED_WHOLE, 'linker.mjs'),
    ESBUILD_BIN: npmBinary('esbuild'),
    PATH: [join(root, LINKED_WHOLE), process.env.PATH].join(delimiter),
    WASM_BINDGEN_BIN: await ensureTool('wasm-bindgen-cli'),
  };
}

/** A hash over everything that the Worker is made of. */
function ownFingerprint() {
  return fingerprint(INPUTS, { versions: toolVersions() });
}

await entry(import.meta, async () => {
  if (!(await build())) step('the Worker in build/ and the console in www/ are up to date');
});
