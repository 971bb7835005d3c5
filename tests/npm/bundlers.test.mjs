// The cases in Node, bundled for Node and for Workers.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import * as esbuild from 'esbuild';
import webpack from 'webpack';
import { conforms } from './support/conforms.mjs';
import { makeConsumer } from './support/consumer.mjs';
import { runToEnd } from './support/process.mjs';

const { folder, cases } = makeConsumer();

async function run(file) {
  const { code, stdout, stderr } = await runToEnd(process.execPath, [file], { cwd: folder });
  assert.equal(code, 0, stderr);
  conforms(JSON.parse(stdout), cases);
}

for (const [format, extension] of [
  ['esm', 'mjs'],
  ['cjs', 'cjs'],
]) {
  it(`esbuild for Node, ${format}`, async () => {
    const outfile = join(folder, `node.${extension}`);
    const entryPoints = [join(folder, 'esm.mjs')];
    await esbuild.build({ entryPoints, outfile, bundle: true, platform: 'node', format, logLevel: 'error' });
    await run(outfile);
  });
}

it('webpack for Node', async () => {
  const output = { path: folder, filename: 'webpack-node.cjs' };
  const compiler = webpack({ mode: 'production', target: 'node', entry: join(folder, 'esm.mjs'), output });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, stats) => (error ? reject(error) : resolve(stats)));
  });
  assert.ok(!stats.hasErrors() && !stats.hasWarnings(), stats.toString('errors-warnings'));
  await run(join(folder, 'webpack-node.cjs'));
});

it('esbuild for Node, of a module that requires', async () => {
  const [outfile, entryPoints] = [join(folder, 'required.cjs'), [join(folder, 'require.cjs')]];
  await esbuild.build({
    entryPoints,
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
  await run(outfile);
});
