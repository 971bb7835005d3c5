// What the doctor has found, one line for each check.

const WIDTH = 27;

/** Collects checks, and hands a line of each to `print` where there is one. */
export class Report {
  checks = [];
  #print;

  constructor(print) {
    this.#print = print;
  }

  /** All is well with this. */
  ok(check, message) {
    this.#add({ check, status: 'ok', message });
  }

  /** Works, or is not known, and wants looking at. */
  warn(check, message, fix) {
    this.#add({ check, status: 'warn', message, fix });
  }

  /** Does not work. */
  fail(check, message, fix) {
    this.#add({ check, status: 'fail', message, fix });
  }

  /** How many checks ended how. */
  get sums() {
    const sums = { ok: 0, warn: 0, fail: 0 };
    for (const { status } of this.checks) sums[status] += 1;
    return sums;
  }

  /** Whether nothing failed. */
  get passed() {
    return this.sums.fail === 0;
  }

  #add(found) {
    this.checks.push(found);
    const { check, status, fix } = found;
    const message = found.message.replace(/\.$/, '');
    this.#print?.(`${status.padEnd(5)} ${check.padEnd(WIDTH)} ${message}${fix ? `. Do: ${fix}` : ''}`);
  }
}
