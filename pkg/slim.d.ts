export * from './index.js';

/**
 * Makes the functions usable. A second call changes nothing.
 *
 * @example
 * import module from 'weighbridge/weighbridge.wasm';
 * import { initSync, verify } from 'weighbridge/slim';
 * initSync(module);
 */
export function initSync(module: WebAssembly.Module | BufferSource): void;
