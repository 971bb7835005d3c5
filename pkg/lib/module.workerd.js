// The wasm module as Workers have it: compiled at deployment, imported as a module. They compile none at run time.

import module from '../dist/weighbridge.wasm';

/** Gives the module. */
export default function compile() {
  return module;
}
