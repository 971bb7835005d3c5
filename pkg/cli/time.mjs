// The time of --now.

import { UsageError } from './command.mjs';

/** The milliseconds that `--now` names, as ISO 8601 or in seconds or milliseconds since 1970. */
export function timeOf(text) {
  const ms = /^\d{1,16}$/.test(text) ? Number(text) * (text.length <= 11 ? 1000 : 1) : Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new UsageError('--now takes a time such as 2026-01-19T08:42:15Z, or seconds since 1970.');
}
