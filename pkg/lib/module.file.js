// The wasm module from its file, for CommonJS in Node. Bundlers never get here: they take the ES modules.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Compiles the module. */
export default function compile() {
  // The folder is that of the bundle, dist/cjs.
  return new WebAssembly.Module(readFileSync(join(__dirname, '..', 'weighbridge.wasm')));
}
