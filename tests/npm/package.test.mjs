// The package as a thing: what is in it, how large it is, and whether others can find their way in it.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { root } from '../../scripts/places.mjs';
import { tools } from './support/consumer.mjs';
import { installPackage } from './support/installed.mjs';
import { runToEnd } from './support/process.mjs';

const { folder, load } = installPackage();
const installed = join(folder, 'node_modules', 'weighbridge');
const tarball = join(
  folder,
  readdirSync(folder).find((name) => name.endsWith('.tgz')),
);
const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));

it('is small', (t) => {
  const wasm = gzipSync(readFileSync(join(installed, 'dist', 'weighbridge.wasm')), { level: 9 }).length;
  const whole = statSync(tarball).size;
  t.diagnostic(`wasm ${(wasm / 1000).toFixed(1)} kB gzipped, tarball ${(whole / 1000).toFixed(1)} kB`);
  assert.ok(wasm <= 40_000, `the wasm is ${wasm} bytes gzipped`);
  assert.ok(whole <= 250_000, `the tarball is ${whole} bytes`);
});

it('depends on nothing', () => {
  for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies', 'scripts']) {
    assert.equal(manifest[kind], undefined, kind);
  }
});

it('names no machine that it was built on', () => {
  const wasm = readFileSync(join(installed, 'dist', 'weighbridge.wasm'), 'latin1');
  assert.doesNotMatch(wasm, /\/(root|home|work|Users)\/|crates\.io/);
});

it('has every file that package.json names', () => {
  const files = (value) => (typeof value === 'string' ? [value] : Object.values(value).flatMap(files));
  const named = [
    manifest.main,
    manifest.module,
    manifest.types,
    ...files(manifest.bin),
    ...files(manifest.exports),
    ...files(manifest.imports),
  ];
  for (const file of named) assert.ok(existsSync(join(installed, file)), file);
});

it('exports the same through import and require, in every subpath', async () => {
  const require = createRequire(join(folder, 'package.json'));
  for (const subpath of Object.keys(manifest.exports).filter((name) => !/\.(wasm|json)$/.test(name))) {
    const name = join('weighbridge', subpath);
    const required = Object.keys(require(name)).sort();
    const imported = Object.keys(await load(name)).sort();
    assert.deepEqual(
      required,
      imported.filter((key) => key !== 'default' && key !== 'module.exports'),
      name,
    );
    const types = readFileSync(join(installed, `${subpath === '.' ? 'index' : subpath}.d.ts`), 'utf8');
    for (const key of required)
      if (subpath !== './slim') assert.match(types, new RegExp(`\\b(function|class|const) ${key}\\b`));
  }
});

it('publint has nothing to say', async () => {
  const { messages } = await publint({ pkgDir: installed, strict: true });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, manifest)),
    [],
  );
});

it('@arethetypeswrong/cli has nothing to say', async () => {
  const attw = join(tools, '@arethetypeswrong', 'cli', 'dist', 'index.js');
  const args = [attw, tarball, '--no-color', '--exclude-entrypoints', './weighbridge.wasm', './package.json'];
  const { code, stdout, stderr } = await runToEnd(process.execPath, args);
  assert.equal(code, 0, stdout + stderr);
});

it('the lock file of these tests names no host', () => {
  const lock = readFileSync(join(root, 'tests', 'npm', 'package-lock.json'), 'utf8');
  assert.doesNotMatch(lock, /https?:\/\/[^"]*\.tgz/);
});
