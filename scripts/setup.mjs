// Brings whatever a fresh clone lacks, and says so. Does nothing, quickly, when nothing is missing.
// Imports built-in modules and its neighbours only: it has to run before there are any node_modules.

import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { entry, Problem, step } from './cli.mjs';
import { findProgram, modules, nodeBinary, root } from './places.mjs';
import { capture, run } from './run.mjs';
import { ensureTool } from './tools.mjs';

const TARGET = 'wasm32-unknown-unknown';

/** Everything that building and running the gateway needs, and the `tools` asked for besides. */
export async function setup({ tools = ['worker-build', 'wasm-bindgen-cli'] } = {}) {
  checkNode();
  checkCompiler();
  await ensureToolchain();
  await ensureModules();
  for (const crate of tools) await ensureTool(crate);
}

/** The path of a Chromium for the browser tests, installed with apt-get where that is possible. */
export async function ensureChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const found = process.env.CHROMIUM || findProgram(...names);
  if (found) return found;
  if (!findProgram('apt-get') || process.getuid?.() !== 0) {
    throw new Problem(
      'The browser tests need Chromium. Install it (Debian and Ubuntu: `sudo apt-get install chromium`)\n' +
        '  or name one: `CHROMIUM=/path/to/chrome npm test`.',
    );
  }
  step('installing Chromium with apt-get, for the browser tests (about a minute)');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env });
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env });
  return findProgram(...names);
}

function checkNode() {
  if (Number(process.versions.node.split('.')[0]) >= 20) return;
  throw new Problem(
    `Node 20 or newer is needed; this is ${process.versions.node}. Update Node and try again.`,
  );
}

function checkCompiler() {
  if (process.platform === 'win32' || findProgram(process.env.CC || 'cc', 'gcc', 'clang')) return;
  throw new Problem(
    'A C compiler is needed to link Rust programs, and there is none on the PATH.\n' +
      '  Debian and Ubuntu: `sudo apt-get install build-essential`; macOS: `xcode-select --install`.',
  );
}

/** The toolchain of rust-toolchain.toml with its wasm target, and the sources of the standard library. */
async function ensureToolchain() {
  if (!findProgram('cargo', 'cargo.exe')) {
    throw new Problem(
      'Rust is needed, and there is no `cargo` on the PATH. Install it from https://rustup.rs',
    );
  }
  if ((await hasTarget()) && (await hasSources())) return;
  const channel = /channel\s*=\s*"([^"]+)"/.exec(readFileSync(join(root, 'rust-toolchain.toml'), 'utf8'))[1];
  if (!findProgram('rustup', 'rustup.exe')) {
    throw new Problem(
      `This Rust lacks the target ${TARGET} or the component rust-src.\n` +
        `  Add both to Rust ${channel}, or use https://rustup.rs`,
    );
  }
  step(`adding Rust ${channel} with ${TARGET} and rust-src (about a minute)`);
  const parts = ['-c', 'rustfmt', '-c', 'clippy', '-c', 'rust-src', '-t', TARGET];
  await run('rustup', [
    'toolchain',
    'install',
    channel,
    '--profile',
    'minimal',
    '--no-self-update',
    ...parts,
  ]);
}

async function hasTarget() {
  const { code, output } = await capture('rustc', ['--print', 'target-libdir', '--target', TARGET]);
  return code === 0 && existsSync(output.trim().split('\n').at(-1));
}

async function hasSources() {
  const { code, output } = await capture('rustc', ['--print', 'sysroot']);
  const sources = join(output.trim().split('\n').at(-1), 'lib', 'rustlib', 'src', 'rust', 'library');
  return code === 0 && existsSync(join(sources, 'Cargo.lock'));
}

/** node_modules as package-lock.json says. */
export async function ensureModules() {
  if (modulesFit()) return;
  step('installing the npm packages (about half a minute)');
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { env: withoutModules() });
  nodeBinary();
}

/** Compares what npm noted that it installed with what it should have; packages for other systems may lack. */
function modulesFit() {
  const noted = join(modules, '.package-lock.json');
  if (!existsSync(noted)) return false;
  const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const [installed, wanted] = [packages(noted), packages(join(root, 'package-lock.json'))];
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || (installed[path] ? installed[path].version === version : optional),
  );
}

/** The environment without node_modules/.bin on the PATH: `npm ci` removes the Node that is in there. */
function withoutModules() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return { ...process.env, PATH: folders.filter((folder) => !folder.startsWith(modules)).join(delimiter) };
}

await entry(import.meta, async (args) => {
  await setup();
  if (args.includes('--browser')) await ensureChromium();
  step('everything is in place');
});
