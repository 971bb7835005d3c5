// Makes a wasm module small, after wasm-bindgen wrote it: for the Worker and for the npm package.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Problem } from './cli.mjs';
import { nameInOrder } from './order.mjs';
import { npmBinary } from './places.mjs';
import { run } from './run.mjs';

/**
 * What ends in a panic, and what a panic does before it traps. The words that it puts together go nowhere
 * in a package, and into a log that nobody can act on at the edge; their code is a tenth of the module.
 */
const PANICS = new RegExp(
  `^<?(__rustc|alloc|core|hashbrown|std)(\\[\\w+\\])?::.*(${[
    'panicking::(assert_failed|begin_panic|default_hook|panic|payload_as_str|rust_panic|unreachable_display)',
    '(PanicHookInfo|PanicPayload)',
    '::(__rust_start_panic|rust_begin_unwind|rust_oom|rust_panic)$',
    '::(capacity_overflow|handle_alloc_error|handle_error|panic_access_error|panic_already_\\w+)$',
    '::(expect_failed|panic_on_ord_violation|unwrap_failed|\\w+_fail|\\w+_fail_rt)$',
  ].join('|')})`,
);

/** What writes a value for programmers, or repeats an unexpected one. It writes nothing, which is no error. */
const DEBUG =
  / as core(\[\w+\])?::fmt::Debug>::fmt|::fmt::builders::PadAdapter as |de::Unexpected as .*Display>::fmt/;

/** Frees what was in use, and must go on doing that. */
const KEPT = /^core(\[\w+\])?::ptr::drop_in_place/;

/** Named one by one, so that no encoding comes in before the runtimes know it. */
const FEATURES = [
  'bulk-memory',
  'bulk-memory-opt',
  'exception-handling',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'reference-types',
  'sign-ext',
  'simd',
].map((feature) => `--enable-${feature}`);

/** Functions stay apart, as compressed they are smaller so. The stack is first in memory, and never empty. */
const SMALL = [
  '-Oz',
  '--low-memory-unused',
  '--one-caller-inline-max-function-size=0',
  '--skip-pass=local-cse',
  '--skip-pass=memory-packing',
];
const BARE = ['--reorder-functions-by-name', '--strip-debug', '--strip-producers', '--strip-target-features'];

/** Makes the module small: a panic traps at once, and names are gone. */
export async function shrink(file) {
  await silence(file);
  const named = `${file}.named`;
  const wasmOpt = npmBinary('wasm-opt');
  await run(wasmOpt, [...FEATURES, ...SMALL, '--debuginfo', file, '-o', named]);
  writeFileSync(named, nameInOrder(readFileSync(named)));
  await run(wasmOpt, [...FEATURES, ...BARE, named, '-o', file]);
  rmSync(named);
}

/** Has a panic trap at once, without a word. */
export async function silence(file) {
  const { default: binaryen } = await import('binaryen');
  binaryen.setDebugInfo(true);
  const module = binaryen.readBinary(readFileSync(file));
  let panics = 0;
  for (let index = 0; index < module.getNumFunctions(); index++) {
    const each = module.getFunctionByIndex(index);
    const { name, module: imported, results } = binaryen.getFunctionInfo(each);
    if (imported || KEPT.test(name)) continue;
    if (PANICS.test(name)) {
      binaryen.Function.setBody(each, module.unreachable());
      panics += 1;
    } else if (results === binaryen.i32 && DEBUG.test(name)) {
      binaryen.Function.setBody(each, module.i32.const(0));
    }
  }
  if (panics === 0)
    throw new Problem(`No function of ${file} is named as this version of Rust names panics.`);
  const silent = `${file}.silent`;
  writeFileSync(silent, module.emitBinary());
  module.dispose();
  renameSync(silent, file);
}
