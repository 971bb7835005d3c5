// The last hour of the overview, as lines of a chart.

import type { Overview } from './api.ts';
import { present } from './time.tsx';

export interface Line {
  name: string;
  label: string;
  /** The custom property of the style sheet that holds its colour. */
  colour: string;
  dash?: number[];
}

export const SERIES: Line[] = [
  { name: 'received', label: 'Received', colour: '--line-received' },
  { name: 'delivered', label: 'Delivered', colour: '--line-delivered' },
  { name: 'refused', label: 'Refused', colour: '--line-refused', dash: [6, 3] },
  { name: 'dead', label: 'Dead', colour: '--line-dead', dash: [2, 2] },
];

/** Minutes (in seconds since 1970) and a row of counts for each line, minutes without any filled with zero. */
export function seriesOf(latest: Overview): { minutes: number[]; rows: number[][] } {
  const byMinute = new Map(latest.series.map((row) => [Date.parse(row.minute), row]));
  const minutes = lastHour();
  const rows = SERIES.map(({ name }) =>
    minutes.map((minute) => Number(byMinute.get(minute * 1000)?.[name] ?? 0)),
  );
  return { minutes, rows };
}

/** Refusals of a provider in the last hour: a line for each code, most frequent first. */
export function refusalsOf(
  latest: Overview,
  provider: string,
): { lines: Line[]; minutes: number[]; rows: number[][] } {
  const theirs = (latest.refusal_series ?? []).filter((count) => count.provider === provider);
  const totals = new Map<string, number>();
  for (const { code, n } of theirs) totals.set(code, (totals.get(code) ?? 0) + n);
  const codes = [...totals].sort((a, b) => b[1] - a[1]).map(([code]) => code);
  const minutes = lastHour();
  const rows = codes.map((code) =>
    minutes.map((minute) =>
      theirs
        .filter((count) => count.code === code && Date.parse(count.minute) === minute * 1000)
        .reduce((sum, { n }) => sum + n, 0),
    ),
  );
  const lines = codes.map((code, index) => ({
    name: code,
    label: code.replaceAll('_', ' '),
    colour: PALETTE[index % PALETTE.length] ?? '--line-refused',
    ...(index >= PALETTE.length && { dash: [4, 3] }),
  }));
  return { lines, minutes, rows };
}

function lastHour(): number[] {
  const last = Math.floor(present.value / 60_000) * 60;
  return Array.from({ length: 60 }, (_, index) => last - (59 - index) * 60);
}

const PALETTE = ['--line-refused', '--line-received', '--line-dead', '--line-delivered', '--line-extra'];
