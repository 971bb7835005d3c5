// The one instance of the core, and what happens when it traps.

import * as glue from '../dist/weighbridge_bg.js';

let compile;
let module;
let instance;
const listeners = [];

/** Says where the module comes from. It is compiled and instantiated at the first call. */
export function start(source) {
  compile = source;
  module = undefined;
  instance = undefined;
}

/** Whether a module was given. */
export function started() {
  return compile !== undefined;
}

/** The exports of the core. */
export function core() {
  return instance ?? instantiate();
}

/** Has `listener(exports)` run at each instantiation: what it knew of an earlier instance is void then. */
export function onInstance(listener) {
  listeners.push(listener);
}

/**
 * Gives up an instance that trapped and makes the error to throw. The core's memory may be in any state
 * then, so that the next call gets a new instance of the same module.
 */
export function trapped(cause) {
  instance = undefined;
  const error = new Error(
    'Weighbridge failed inside; later calls are not affected. Please report this with what you passed in.',
    { cause },
  );
  error.code = 'ERR_WEIGHBRIDGE_INTERNAL';
  return error;
}

function instantiate() {
  if (!compile) throw new Error('Weighbridge has no wasm module yet: call initSync(module) first.');
  module ??= compile();
  const { exports } = new WebAssembly.Instance(module, { './weighbridge_bg.js': glue });
  glue.__wbg_set_wasm(exports);
  exports.__wbindgen_start?.();
  instance = exports;
  for (const listener of listeners) listener(exports);
  return exports;
}
