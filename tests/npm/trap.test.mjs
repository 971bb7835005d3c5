// A trap inside wasm: the shipped module, changed so that one tolerance makes it trap.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { it } from 'node:test';
import binaryen from 'binaryen';
import { installPackage } from './support/installed.mjs';

const TRAPS = 424_242;
const { folder, load } = installPackage();
const wasm = createRequire(join(folder, 'package.json')).resolve('weighbridge/weighbridge.wasm');
const { initSync, sign, verify, receive } = await load('weighbridge/slim');

it('does not work before it has a module', () => {
  assert.throws(() => verify('smartcar', { headers: {}, body: '' }, 'amt'), /initSync/);
  assert.throws(() => initSync('weighbridge.wasm'), TypeError);
});

it('a trap is a plain error, and the next call is as good as any', () => {
  initSync(trapping(readFileSync(wasm)));
  const body = '{"a":1}';
  const delivery = { headers: sign('telematica', body, 'QUFB'), body };
  const options = { toleranceSeconds: TRAPS };
  for (let round = 0; round < 3; round++) {
    assert.ok(verify('telematica', delivery, 'QUFB').ok);
    for (const call of [verify, receive]) {
      assert.throws(
        () => call('telematica', delivery, 'QUFB', options),
        (error) =>
          error.constructor === Error &&
          error.code === 'ERR_WEIGHBRIDGE_INTERNAL' &&
          error.cause instanceof WebAssembly.RuntimeError,
      );
      assert.deepEqual(verify('telematica', { headers: {}, body }, ['QUFB', 'QUJD']).code, 'missing_header');
      assert.equal(receive('telematica', delivery, 'QUFB').kind, 'events');
      const large = 'x'.repeat(50_000);
      assert.ok(verify('smartcar', { headers: sign('smartcar', large, 'amt'), body: large }, 'amt').ok);
    }
  }
});

/** The same module, but `verify` and `receive` trap halfway for one tolerance. */
function trapping(bytes) {
  const module = binaryen.readBinary(bytes);
  for (const name of ['verify', 'receive']) {
    const { value } = binaryen.getExportInfo(module.getExport(name));
    const each = module.getFunction(value);
    const isMarked = module.f64.eq(module.local.get(3, binaryen.f64), module.f64.const(TRAPS));
    const body = binaryen.Function.getBody(each);
    binaryen.Function.setBody(
      each,
      module.block(null, [module.if(isMarked, module.unreachable()), body], binaryen.i32),
    );
  }
  const changed = module.emitBinary();
  module.dispose();
  return changed;
}
