// One delivery over HTTP.

import { exchange } from './http.mjs';

/**
 * Posts a delivery to `base`, at its own path where `base` has none. Gives `{ ok, status, body, ms }`, or
 * `{ ok: false, error, ms }` where there was no reply.
 */
export async function post({ path, headers, body }, base) {
  const url = base.pathname === '/' ? new URL(path, base) : base;
  const { headers: _, ...reply } = await exchange(url, { method: 'POST', headers, body });
  return reply;
}
