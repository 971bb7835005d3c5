// Builds what is generated of the npm package, into pkg/dist: the wasm, the glue of wasm-bindgen, the wasm once
// more as text, and bundles for CommonJS and for browsers without a bundler.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { entry, Problem, step } from './cli.mjs';
import { fingerprint } from './fingerprint.mjs';
import { rustFlags } from './flags.mjs';
import { root } from './places.mjs';
import { capture, run } from './run.mjs';
import { setup } from './setup.mjs';
import { shrink } from './shrink.mjs';
import { ensureTool, toolVersions } from './tools.mjs';

const TARGET = 'wasm32-unknown-unknown';
const pkg = join(root, 'pkg');
const dist = join(pkg, 'dist');
const SUBPATHS = ['node', 'slim', 'smartcar', 'standard-webhooks', 'web'];

const INPUTS = [
  '.cargo',
  'Cargo.lock',
  'Cargo.toml',
  'package-lock.json',
  'pkg',
  'rust-toolchain.toml',
  'scripts',
  'src',
];
const STAMP = join(dist, '.inputs');

/** Builds the package, so that `npm pack` in pkg/ packs it; nothing where pkg/dist comes of the same sources. */
export async function buildPackage() {
  const isInput = (file) =>
    !file.startsWith(join('pkg', 'dist')) &&
    !file.startsWith(join('pkg', 'LICENSE')) &&
    !file.startsWith(join('src', 'edge'));
  const inputs = fingerprint(INPUTS, { versions: toolVersions(), keep: isInput });
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === inputs) return;
  await setup({ tools: ['wasm-bindgen-cli'] });
  step('building the npm package');
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  await compile();
  const wasm = join(dist, 'weighbridge.wasm');
  renameSync(join(dist, 'weighbridge_bg.wasm'), wasm);
  await shrink(wasm);
  inline();
  await bundle('browser', { format: 'esm', conditions: [], extension: '.js' });
  await bundle('cjs', { format: 'cjs', conditions: ['node'], extension: '.cjs' });
  for (const name of ['index', ...SUBPATHS]) {
    const types = readFileSync(join(pkg, `${name}.d.ts`), 'utf8');
    writeFileSync(join(dist, 'cjs', `${name}.d.cts`), types.replace(/'(\.\/[\w-]+)\.js'/g, "'$1.cjs'"));
  }
  for (const name of ['LICENSE-APACHE', 'LICENSE-MIT']) copyFileSync(join(root, name), join(pkg, name));
  writeFileSync(STAMP, inputs);
}

/** Compiles the crate with its npm exports, and has wasm-bindgen write the JavaScript around it. */
async function compile() {
  const env = { ...process.env, RUSTFLAGS: rustFlags() };
  // Beside an rlib, cargo would link the crates one by one, without a look at the whole.
  const kind = ['--lib', '--crate-type', 'cdylib', '--features', 'npm'];
  await run('cargo', ['rustc', ...kind, '--profile', 'npm', '--target', TARGET], { env });
  const wasm = join(await targetFolder(), TARGET, 'npm', 'weighbridge.wasm');
  const out = ['--out-dir', dist, '--out-name', 'weighbridge', '--no-typescript'];
  await run(await ensureTool('wasm-bindgen-cli'), ['--target', 'bundler', ...out, wasm]);
  rmSync(join(dist, 'weighbridge.js'));
  const glue = join(dist, 'weighbridge_bg.js');
  replaceIn(glue, 'wasm = val;', 'wasm = val;\n    cachedUint8ArrayMemory0 = null;');
}

async function targetFolder() {
  const args = ['metadata', '--no-deps', '--format-version', '1', '--quiet'];
  const { code, stdout, output } = await capture('cargo', args);
  if (code !== 0) throw new Problem(`cargo metadata failed:\n${output}`);
  return JSON.parse(stdout).target_directory;
}

/** The module compressed and in base64: a third of the bytes that plain base64 would be. */
function inline() {
  const wasm = readFileSync(join(dist, 'weighbridge.wasm'));
  const base64 = deflateRawSync(wasm, { level: 9 }).toString('base64');
  writeFileSync(
    join(dist, 'inline.js'),
    `export const size = ${wasm.length};\nexport const base64 = '${base64}';\n`,
  );
}

/** Bundles each entry; the subpaths share the main one, so that the wasm is in each folder once. */
async function bundle(folder, { format, conditions, extension }) {
  const { build } = await import('esbuild');
  const shared = {
    name: 'shared',
    setup({ onResolve }) {
      onResolve({ filter: /\/index\.js$/ }, ({ kind, path, resolveDir }) =>
        kind !== 'entry-point' && join(resolveDir, path) === join(pkg, 'index.js')
          ? { path: `./index${extension}`, external: true }
          : null,
      );
      // The wasm is there once as text, for ES modules, and once as a file.
      onResolve({ filter: /\/inline\.js$/ }, () => ({ path: '../inline.js', external: true }));
      onResolve({ filter: /^#module$/ }, () =>
        format === 'cjs' ? { path: join(pkg, 'lib', 'module.file.js') } : null,
      );
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
    minify: true,
    outdir: join(dist, folder),
    outExtension: { '.js': extension },
    platform: 'neutral',
    external: ['node:*'],
    target: 'es2022',
  };
  await build({
    ...options,
    entryPoints: ['index', ...SUBPATHS].map((name) => `./${name}.js`),
    plugins: [shared],
  });
}

function replaceIn(file, old, fresh) {
  const text = readFileSync(file, 'utf8');
  if (text.split(old).length !== 2)
    throw new Problem(`${file} is not as this version of wasm-bindgen wrote it.`);
  writeFileSync(file, text.replace(old, fresh));
}

await entry(import.meta, buildPackage);
