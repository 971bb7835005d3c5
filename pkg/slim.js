// The package without a wasm module: the caller has one.

import crypto from './lib/crypto.any.js';
import { start, started } from './lib/engine.js';
import { useCrypto } from './lib/hmac.js';

export * from './lib/functions.js';

/**
 * Makes the functions usable. Takes a compiled `WebAssembly.Module` or the bytes of
 * `weighbridge/weighbridge.wasm`; a second call changes nothing.
 */
export function initSync(module) {
  if (started()) return;
  if (
    !(module instanceof WebAssembly.Module) &&
    !(module instanceof ArrayBuffer) &&
    !ArrayBuffer.isView(module)
  ) {
    throw new TypeError('initSync takes a WebAssembly.Module, or the bytes of weighbridge.wasm.');
  }
  start(() => (module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module)));
  useCrypto(crypto);
}
