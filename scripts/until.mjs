// Waiting for something to become true, without guessing how long that takes.

import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from './cli.mjs';

/** Asks `check` again and again until its answer is truthy, and gives that answer. */
export async function until(check, { timeout = 15_000, interval = 25, what = 'what was waited for' } = {}) {
  const deadline = Date.now() + timeout;
  for (;;) {
    const answer = await check();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Problem(`After ${timeout / 1000} s, still not there: ${what}.`);
    await pause(interval);
  }
}
