// The promises, and the table of what was tried and what held. The tests of one run note their rows in a file,
// which the runner prints at the end.

import { appendFileSync, readFileSync } from 'node:fs';

/** Whether this is the long form: `npm run test:faults`. */
export const LONG = process.env.FAULTS_FORM === 'long';

/** Notes one row: a promise, what was tried, and whether it held. */
export function note(promise, tried, held) {
  console.log(`${held ? '✓' : '✗'} ${promise}: ${tried}`);
  const file = process.env.FAULTS_TABLE;
  if (file) appendFileSync(file, `${JSON.stringify({ promise, tried, held })}\n`);
}

/** Runs `check`, which gives what was tried, and notes the row whether it throws or not. */
export async function keeping(promise, check) {
  try {
    note(promise, await check(), true);
  } catch (error) {
    note(promise, String(error.message).split('\n')[0], false);
    throw error;
  }
}

/** The rows that were noted, as one table. */
export function table(file) {
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const shown = [
    ['promise', 'tried', 'held'],
    ...rows.map(({ promise, tried, held }) => [promise, tried, held ? 'yes' : 'NO']),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...shown.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(shown[0]), rule, ...shown.slice(1).map(line)].join('\n');
}
