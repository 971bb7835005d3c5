// Each bundler with nothing configured but where to begin and where to end.

import { join } from 'node:path';
import nodeResolve from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import * as vite from 'vite';
import webpack from 'webpack';

/** By name: `(folder, entry, output)`; all give the name of the output. */
export const bundlers = {
  async esbuild(folder, entry, output) {
    const [entryPoints, outfile] = [[join(folder, entry)], join(folder, output)];
    await esbuild.build({ entryPoints, outfile, bundle: true, format: 'esm', logLevel: 'error' });
    return output;
  },

  async rollup(folder, entry, output) {
    const build = await rollup({ input: join(folder, entry), plugins: [nodeResolve({ browser: true })] });
    await build.write({ file: join(folder, output) });
    await build.close();
    return output;
  },

  async vite(folder, entry, output) {
    const lib = { entry: join(folder, entry), formats: ['es'], fileName: () => output };
    const build = { lib, outDir: folder, emptyOutDir: false };
    await vite.build({ root: folder, configFile: false, logLevel: 'error', build });
    return output;
  },

  async webpack(folder, entry, output) {
    const compiler = webpack({
      mode: 'production',
      entry: join(folder, entry),
      output: { path: folder, filename: output },
    });
    const stats = await new Promise((resolve, reject) => {
      compiler.run((error, stats) => (error ? reject(error) : resolve(stats)));
    });
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString('errors-warnings'));
    return output;
  },
};
