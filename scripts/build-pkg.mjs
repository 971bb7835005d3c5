// Builds what is generated of the npm package, into pkg/dist: the wasm, the glue of wasm-bindgen, the wasm once
// more as text, and bundles for CommonJS and for browsers without a bundler.

import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import binaryen from 'binaryen';
import { build } from 'esbuild';
import { entry, Problem, step } from './cli.mjs';
import { npmBinary, root } from './places.mjs';
import { capture, run } from './run.mjs';
import { setup } from './setup.mjs';
import { ensureTool } from './tools.mjs';

const TARGET = 'wasm32-unknown-unknown';
const pkg = join(root, 'pkg');
const dist = join(pkg, 'dist');
const SUBPATHS = ['node', 'slim', 'smartcar', 'standard-webhooks', 'web'];

/** Builds the package, so that `npm pack` in pkg/ packs it. */
export async function buildPackage() {
  await setup({ tools: ['wasm-bindgen-cli'] });
  step('building the npm package');
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  await compile();
  await optimise();
  inline();
  await bundle('browser', { format: 'esm', conditions: [], extension: '.js' });
  await bundle('cjs', { format: 'cjs', conditions: ['node'], extension: '.cjs' });
  for (const name of ['index', ...SUBPATHS]) {
    copyFileSync(join(pkg, `${name}.d.ts`), join(dist, 'cjs', `${name}.d.cts`));
  }
}

/** Compiles the crate with its npm exports, and has wasm-bindgen write the JavaScript around it. */
async function compile() {
  const env = { ...process.env, RUSTFLAGS: rustFlags() };
  await run('cargo', ['build', '--lib', '--profile', 'npm', '--target', TARGET, '--features', 'npm'], { env });
  const wasm = join(await targetFolder(), TARGET, 'npm', 'weighbridge.wasm');
  const out = ['--out-dir', dist, '--out-name', 'weighbridge', '--no-typescript'];
  await run(await ensureTool('wasm-bindgen-cli'), ['--target', 'bundler', ...out, wasm]);
  rmSync(join(dist, 'weighbridge.js'));
  const glue = join(dist, 'weighbridge_bg.js');
  replaceIn(glue, 'wasm = val;', 'wasm = val;\n    cachedUint8ArrayMemory0 = null;');
}

/** SIMD, and no path of this machine in the messages of panics. */
function rustFlags() {
  const cargo = process.env.CARGO_HOME || join(homedir(), '.cargo');
  const remap = [`${cargo}/registry/src=crates`, `${root}=weighbridge/`];
  const flags = [process.env.RUSTFLAGS ?? '', '-C target-feature=+simd128'];
  return [...flags, ...remap.map((pair) => `--remap-path-prefix=${pair}`)].join(' ').trim();
}

async function targetFolder() {
  const args = ['metadata', '--no-deps', '--format-version', '1', '--quiet'];
  const { code, stdout, output } = await capture('cargo', args);
  if (code !== 0) throw new Problem(`cargo metadata failed:\n${output}`);
  return JSON.parse(stdout).target_directory;
}

/**
 * Has a panic trap at once. What it would say goes nowhere in wasm, and the code that puts the words together
 * is a tenth of the module.
 */
const PANICS = /panic|unwrap_failed|expect_failed|_fail$|_fail_rt$|oom|handle_alloc_error|handle_error|capacity_overflow|begin_unwind|fmt::Debug|Debug>::fmt/;

async function optimise() {
  const built = join(dist, 'weighbridge_bg.wasm');
  binaryen.setDebugInfo(true);
  const module = binaryen.readBinary(readFileSync(built));
  for (let index = 0; index < module.getNumFunctions(); index++) {
    const each = module.getFunctionByIndex(index);
    const { name, module: imported } = binaryen.getFunctionInfo(each);
    if (!imported && PANICS.test(name)) binaryen.Function.setBody(each, module.unreachable());
  }
  const quiet = join(dist, 'quiet.wasm');
  writeFileSync(quiet, module.emitBinary());
  const features = ['simd', 'bulk-memory', 'bulk-memory-opt', 'reference-types', 'sign-ext', 'mutable-globals', 'nontrapping-float-to-int', 'multivalue'];
  const size = ['-Oz', '--one-caller-inline-max-function-size=0', '--strip-debug', '--strip-producers', '--strip-target-features'];
  const flags = features.map((feature) => `--enable-${feature}`);
  await run(npmBinary('wasm-opt'), [...flags, ...size, quiet, '-o', join(dist, 'weighbridge.wasm')]);
  rmSync(quiet);
  rmSync(built);
}

function inline() {
  const base64 = readFileSync(join(dist, 'weighbridge.wasm')).toString('base64');
  writeFileSync(join(dist, 'inline.js'), `export default '${base64}';\n`);
}

/** Bundles each entry; the subpaths share the main one, so that the wasm is in each folder once. */
async function bundle(folder, { format, conditions, extension }) {
  const shared = {
    name: 'shared',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\/index\.js$/ }, () => ({ path: `./index${extension}`, external: true }));
    },
  };
  const options = {
    absWorkingDir: pkg,
    bundle: true,
    charset: 'utf8',
    conditions,
    format,
    legalComments: 'none',
    logLevel: 'warning',
    minifyWhitespace: true,
    outdir: join(dist, folder),
    outExtension: { '.js': extension },
    platform: 'neutral',
    external: ['node:*'],
    target: 'es2022',
  };
  await build({ ...options, entryPoints: ['index.js'] });
  await build({ ...options, entryPoints: SUBPATHS.map((name) => `${name}.js`), plugins: [shared] });
}

function replaceIn(file, old, fresh) {
  const text = readFileSync(file, 'utf8');
  if (text.split(old).length !== 2) throw new Problem(`${file} is not as this version of wasm-bindgen wrote it.`);
  writeFileSync(file, text.replace(old, fresh));
}

await entry(import.meta, buildPackage);
