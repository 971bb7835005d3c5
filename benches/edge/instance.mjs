// Prints how many milliseconds it takes to make an instance of the Worker's module, compiled already, with the
// Worker's own imports: `node instance.mjs FOLDER`, where the folder holds what is uploaded.

import { readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = process.argv[2];
const wasm = readdirSync(folder).find((name) => name.endsWith('.wasm'));
globalThis.compiledModule = new WebAssembly.Module(readFileSync(join(folder, wasm)));
globalThis.addEventListener ??= () => {};

// The platform's own modules, and modules of wasm, are all that Node lacks.
const OF_THE_PLATFORM =
  'export class DurableObject {} export class WorkerEntrypoint {} export const env = {}; export default {};';
registerHooks({
  resolve(specifier, context, next) {
    if (specifier.endsWith('.wasm')) return { url: 'given:wasm', format: 'module', shortCircuit: true };
    if (specifier.startsWith('cloudflare:'))
      return { url: 'given:platform', format: 'module', shortCircuit: true };
    return next(specifier, context);
  },
  load(url, context, next) {
    if (url === 'given:wasm')
      return { format: 'module', source: 'export default globalThis.compiledModule;', shortCircuit: true };
    if (url === 'given:platform') return { format: 'module', source: OF_THE_PLATFORM, shortCircuit: true };
    return next(url, { ...context, format: url.endsWith('.js') ? 'module' : context.format });
  },
});

let took = 0;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(...given) {
    const begun = performance.now();
    const instance = Reflect.construct(...given);
    took += performance.now() - begun;
    return instance;
  },
});
await import(pathToFileURL(join(folder, 'index.js')));
console.log(took);
