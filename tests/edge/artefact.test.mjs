// What the built Worker offers to the outside. worker-build turns every export of the crate into a method
// that other Workers may call, so whatever appears here without being meant to is an open door.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const BUILT = fileURLToPath(new URL('../../build/index.js', import.meta.url));

// Classes of the workers-rs library itself: descriptions of values, without methods of ours.
const OF_THE_LIBRARY = ['ContainerStartupOptions', 'MinifyConfig', 'R2Range'];

// The runtime's own classes, and the static import of a wasm module, are all that Node lacks.
const runtime = {
  name: 'runtime',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^cloudflare:/ }, ({ path }) => ({ path, namespace: 'cloudflare' }));
    onLoad({ filter: /.*/, namespace: 'cloudflare' }, () => ({
      contents: 'export class DurableObject {}; export class WorkerEntrypoint {}; export const env = {};',
    }));
    onLoad({ filter: /\.wasm$/ }, ({ path }) => ({
      contents: `import { readFileSync } from 'node:fs';
        export default new WebAssembly.Module(readFileSync(${JSON.stringify(path)}));`,
    }));
  },
};

async function load() {
  const bundle = { bundle: true, format: 'esm', platform: 'node', plugins: [runtime], write: false };
  const { outputFiles } = await build({ entryPoints: [BUILT], ...bundle });
  globalThis.addEventListener ??= () => {};
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}

test('the Worker answers fetch and the cron trigger, and has the lanes, and nothing else', async () => {
  const worker = await load();
  const ours = Object.keys(worker).filter((name) => !OF_THE_LIBRARY.includes(name));
  assert.deepEqual(ours.sort(), ['Lane', 'default']);
  const methods = Object.getOwnPropertyNames(worker.default.prototype);
  assert.deepEqual(methods.sort(), ['constructor', 'fetch', 'scheduled']);
});
