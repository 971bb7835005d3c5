// What a runner has to print.

import assert from 'node:assert/strict';

/** Fails unless every case that is a library's came out as it should, and there were many. */
export function conforms({ checked, skipped, failures }, cases) {
  assert.deepEqual(failures.slice(0, 10), [], `${failures.length} of ${checked} failed`);
  assert.ok(checked > 2 * (cases.length - skipped), `only ${checked} checks of ${cases.length} cases`);
  assert.ok(skipped < cases.length / 10, `${skipped} of ${cases.length} cases were skipped`);
}
