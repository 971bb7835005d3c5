// Reads the closing lines of test runners.

const LINES = {
  // test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
  cargo: /^test result: \w+\. (?<passed>\d+) passed; (?<failed>\d+) failed; (?<skipped>\d+) ignored/gm,
  // ℹ pass 12 / ℹ fail 0 / ℹ cancelled 0 / ℹ skipped 1, a line each
  node: /^ℹ (?:pass (?<passed>\d+)|(?:fail|cancelled) (?<failed>\d+)|(?:skipped|todo) (?<skipped>\d+))$/gm,
};

/** `{ passed, failed, skipped }` over all closing lines of a runner (`cargo` or `node`) in its output. */
export function tally(runner, output) {
  return sum([...output.matchAll(LINES[runner])].map(({ groups }) => groups));
}

/** The sum of several tallies. */
export function sum(tallies) {
  const total = (name) => tallies.reduce((count, one) => count + Number(one[name] ?? 0), 0);
  return { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
}

/** The closing line that a person and a machine can read. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
