// The package as its users get it: packed, and installed into a folder of its own.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { modules, nodeBinary, root } from '../../../scripts/places.mjs';

const examples = join(root, 'examples');

/** Packs and installs the package. Gives its `folder`, `load(subpath)`, and the `bin` of the command line. */
export function installPackage() {
  if (!existsSync(join(root, 'pkg', 'dist')))
    throw new Error('pkg/dist is not there: run `npm run build:pkg`.');
  const folder = mkdtempSync(join(tmpdir(), 'weighbridge-npm-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const [{ filename }] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], join(root, 'pkg')));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  npm(
    ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', join(folder, filename)],
    folder,
  );
  // An import from within the folder, which resolves as one of its user's does.
  writeFileSync(join(folder, 'load.mjs'), 'export const load = (name) => import(name);\n');
  return {
    folder,
    bin: join(folder, 'node_modules', '.bin', 'weighbridge'),
    load: async (name) => (await import(pathToFileURL(join(folder, 'load.mjs')).href)).load(name),
  };
}

/** The same with the examples beside it, and what they import besides. */
export function installExamples() {
  const installed = installPackage();
  const { folder } = installed;
  for (const name of readdirSync(examples).filter((name) => name !== 'node_modules')) {
    if (!name.startsWith('package')) cpSync(join(examples, name), join(folder, name), { recursive: true });
  }
  ensureExamples();
  const from = join(examples, 'node_modules');
  for (const name of readdirSync(from).filter((name) => !name.startsWith('.') && name !== 'weighbridge')) {
    symlinkSync(join(from, name), join(folder, 'node_modules', name));
  }
  return installed;
}

/** Imports a framework that the examples depend on. */
export async function loadFramework(name) {
  ensureExamples();
  const module = await import(
    pathToFileURL(createRequire(join(examples, 'package.json')).resolve(name)).href
  );
  return module.default;
}

/** The Nodes to test with, by version: the one that the tools bring, and that of the machine. */
export function nodes() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.startsWith(modules));
  const onPath = folders.map((folder) => join(folder, 'node')).find((path) => existsSync(path));
  const found = [nodeBinary(), onPath].filter(Boolean);
  return new Map(found.map((path) => [execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(), path]));
}

/** What the examples and the tests of middleware import, as the lock file says. */
export function ensureExamples() {
  if (existsSync(join(examples, 'node_modules', '.package-lock.json'))) return;
  npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], examples);
}

function npm(args, cwd) {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
