// A bounded stream of deliveries at a steady rate, with a line of progress and a summary.

import { setTimeout as pause } from 'node:timers/promises';

/** No more than this many deliveries are on their way at once: a slow gateway slows the stream down. */
const MOST_AT_ONCE = 64;
const PROGRESS_MS = process.stderr.isTTY ? 200 : 5_000;

/**
 * Calls `send(index)` `count` times, `rate` a second. Gives `{ sent, ok, seconds, replies, latency_ms }`;
 * `replies` counts each status with its outcome or error.
 */
export async function stream({ count, rate, send, output }) {
  const begun = performance.now();
  const tally = { sent: 0, ok: 0, replies: {}, times: [] };
  const ticker = setInterval(() => output.progress(line(tally, count, begun)), PROGRESS_MS);
  const running = new Set();
  try {
    for (let index = 0; index < count; index += 1) {
      const early = (index * 1000) / rate - (performance.now() - begun);
      if (early > 1) await pause(early);
      while (running.size >= MOST_AT_ONCE) await Promise.race(running);
      const one = send(index).then((reply) => {
        note(tally, reply);
        running.delete(one);
      });
      running.add(one);
    }
    await Promise.all(running);
  } finally {
    clearInterval(ticker);
  }
  output.progress(line(tally, count, begun));
  output.progressed();
  return summary(tally, begun);
}

function note(tally, reply) {
  const key = reply.error ?? `${reply.status} ${wordOf(reply.body)}`.trim();
  tally.sent += 1;
  tally.ok += reply.ok ? 1 : 0;
  tally.replies[key] = (tally.replies[key] ?? 0) + 1;
  tally.times.push(reply.ms);
}

/** What a reply says in a word: its outcome, or its error. */
function wordOf(body) {
  try {
    const { outcome, error } = JSON.parse(body);
    return [outcome, error].find((word) => /^\w{1,40}$/.test(word ?? '')) ?? '';
  } catch {
    return '';
  }
}

function line({ sent, ok }, count, begun) {
  const rate = (sent / Math.max(0.001, (performance.now() - begun) / 1000)).toFixed(1);
  return `${sent} of ${count} answered, ${ok} with 2xx, ${rate} a second`;
}

function summary({ sent, ok, replies, times }, begun) {
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
  const seconds = Math.round((performance.now() - begun) / 10) / 100;
  return { sent, ok, seconds, replies, latency_ms: { p50: at(0.5), p99: at(0.99), most: times.at(-1) } };
}
