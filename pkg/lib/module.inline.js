// The wasm module from a string: no file, no fetch, no promise.

import { base64, size } from '../dist/inline.js';
import { inflate } from './inflate.js';

/** Compiles the module. */
export default function compile() {
  const text = atob(base64);
  const packed = new Uint8Array(text.length);
  for (let at = 0; at < packed.length; at++) packed[at] = text.charCodeAt(at);
  const zlib = globalThis.process?.getBuiltinModule?.('node:zlib');
  return new WebAssembly.Module(zlib?.inflateRawSync ? zlib.inflateRawSync(packed) : inflate(packed, size));
}
