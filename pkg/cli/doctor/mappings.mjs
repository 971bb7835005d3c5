// Whether mappings can be written, read and deleted: one of a made-up vehicle.

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { PHANTOM } from '../phantom.mjs';

/** Nobody's VIN: no manufacturer has these first letters. */
const VIN = 'WBCHECK0000000000';

/** Workers KV shows a change at once where it was made, nearly always; elsewhere within a minute. */
const TRIES = 10;
const PAUSE_MS = 1_000;

export async function mappings({ gateway }, report) {
  const path = `/api/mappings/telemax/${PHANTOM}-${randomUUID()}`;
  const written = await gateway.admin('PUT', path, { vin: VIN });
  if (written.status !== 200) return failed('written', written, gateway, report);
  const read = await untilAnswered(gateway, path, 200);
  const deleted = await gateway.admin('DELETE', path);
  if (read.status !== 200 && read.status !== 404) return failed('read', read, gateway, report);
  if (deleted.status !== 200 && deleted.status !== 404) return failed('deleted', deleted, gateway, report);
  if (read.status === 404) {
    const fix = 'run this again in a minute: Workers KV takes that long at times';
    return report.warn('mappings', `one was written, and not seen within ${TRIES} s`, fix);
  }
  const after = await untilAnswered(gateway, path, 404);
  if (after.status === 404) report.ok('mappings', 'one was written, read and deleted');
  else report.warn('mappings', `a deleted one was still seen after ${TRIES} s`, 'run this again in a minute');
}

/** The reply, once it has this status or enough tries were made. */
async function untilAnswered(gateway, path, status) {
  for (let left = TRIES; ; left -= 1) {
    const reply = await gateway.admin('GET', path);
    if (reply.status === status || left === 1) return reply;
    await pause(PAUSE_MS);
  }
}

function failed(what, { status, error, content }, gateway, report) {
  const fix = gateway.isLocal
    ? gateway.readLog
    : 'look at the binding MAPPINGS in wrangler.toml, npm run deploy, and at https://www.cloudflarestatus.com';
  report.fail(
    'mappings',
    `one could not be ${what}: ${error ?? `${status} ${content.error ?? ''}`.trim()}`,
    fix,
  );
}
