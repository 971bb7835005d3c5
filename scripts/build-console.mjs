// Builds the console from console/ into www/: index.html, the files in www/assets, whose names hold a hash of
// their content, and the licences of the libraries in them. Beside them www/ has files that are written by hand.
// Nothing is built when nothing changed.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { buildPackage } from './build-pkg.mjs';
import { entry, Problem, step } from './cli.mjs';
import { fingerprint } from './fingerprint.mjs';
import { root } from './places.mjs';

const INPUTS = ['console', 'package-lock.json', 'scripts/build-console.mjs'];
const CRATE = ['.cargo', 'Cargo.lock', 'Cargo.toml', 'rust-toolchain.toml', 'src'];
const PACKAGE = [...CRATE, 'pkg', 'scripts/build-pkg.mjs'];
const WASM = join(root, 'pkg', 'dist', 'weighbridge.wasm');
const PAGE = join(root, 'www', 'index.html');
const ASSETS = join(root, 'www', 'assets');
const LICENCES = join(root, 'www', 'licences.txt');

/** Builds the console, and the npm package first when the wasm in it is not of these sources. */
export async function buildConsole() {
  const rebuilt = await freshPackage();
  const stamp = join(root, 'build', '.inputs-console');
  const inputs = fingerprint([...INPUTS, 'pkg'], { keep: isSource });
  if (!rebuilt && existsSync(PAGE) && isStamped(stamp, inputs)) return false;
  step('building the console');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['console/main.tsx', 'console/style.css'],
    outdir: 'www/assets',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfig: 'console/tsconfig.json',
    loader: { '.wasm': 'file' },
    metafile: true,
    logLevel: 'warning',
  });
  writePage(metafile.outputs);
  removeOthers(metafile.outputs);
  writeLicences(metafile.inputs);
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(stamp, fingerprint([...INPUTS, 'pkg'], { keep: isSource }));
  return true;
}

/** Builds the npm package unless its wasm comes from these sources; true when there was something to do. */
async function freshPackage() {
  const stamp = join(root, 'build', '.inputs-pkg');
  const inputs = () =>
    fingerprint(PACKAGE, { keep: (file) => isSource(file) && !/^src.edge|^pkg.dist/.test(file) });
  const before = inputs();
  if (existsSync(WASM) && isStamped(stamp, before)) return false;
  await buildPackage();
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(stamp, inputs() === before ? before : '');
  return true;
}

function isSource(file) {
  return !file.includes('node_modules');
}

function isStamped(stamp, inputs) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs;
}

/** index.html with the names that the bundles got. */
function writePage(outputs) {
  const names = {};
  for (const [path, { entryPoint }] of Object.entries(outputs)) {
    if (entryPoint) names[basename(entryPoint)] = `assets/${basename(path)}`;
  }
  const page = readFileSync(join(root, 'console', 'index.html'), 'utf8');
  const name = (_, source) => names[source];
  writeFileSync(PAGE, page.replace(/\{\{([\w.]+)\}\}/g, name));
}

/** The licences of the libraries in the bundles, in one file that the page links to. */
function writeLicences(inputs) {
  const folders = Object.keys(inputs).flatMap(
    (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [],
  );
  const texts = [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((name) => /^licen[cs]e/i.test(name));
    if (!file) throw new Problem(`The package ${name} in the console has no file with its licence.`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
  });
  writeFileSync(LICENCES, texts.join(`\n${'-'.repeat(72)}\n\n`));
}

/** Removes what earlier builds left; the folder itself stays, for wrangler watches it. */
function removeOthers(outputs) {
  const names = Object.keys(outputs).map((path) => basename(path));
  for (const name of readdirSync(ASSETS)) {
    if (!names.includes(name)) rmSync(join(ASSETS, name));
  }
}

await entry(import.meta, async () => {
  if (!(await buildConsole())) step('the console in www/ is up to date');
});
