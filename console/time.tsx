// Times in the operator's zone, with UTC to be seen on hover; ages by the gateway's clock.

import { signal } from '@preact/signals';
import { clockAhead } from './live.ts';

/** The present, by the gateway's clock as far as that is known; moves every few seconds. */
export const present = signal(Date.now());
setInterval(() => {
  if (!document.hidden) present.value = Date.now() - clockAhead.value;
}, 5_000);

/** A moment: date and time, or the time alone where it is today. */
export function Time({ at, full = false }: { at: string; full?: boolean }) {
  const moment = new Date(at);
  const today = moment.toDateString() === new Date(present.value).toDateString();
  const text = (today && !full ? CLOCK : DATE).format(moment);
  return (
    <time dateTime={at} title={utc(at)}>
      {text}
    </time>
  );
}

/** How long ago something was, or how soon it will be. */
export function Age({ at }: { at: string }) {
  const seconds = Math.round((present.value - Date.parse(at)) / 1000);
  const text = seconds < 0 ? `in ${span(-seconds)}` : seconds < 5 ? 'just now' : `${span(seconds)} ago`;
  return (
    <time dateTime={at} title={`${DATE.format(new Date(at))}, ${utc(at)}`}>
      {text}
    </time>
  );
}

/** A length of time in one or two units. */
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** The same moment in UTC, to the second. */
function utc(at: string): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The operator's zone, by its name. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
