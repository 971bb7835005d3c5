// Smartcar's challenge, asked of a gateway as the dashboard asks it.

import { randomUUID } from 'node:crypto';
import { hashChallenge } from '../../smartcar.js';
import { remedyOf } from '../remedy.mjs';
import { VARIABLES } from '../secrets.mjs';

/** `{ ok: true }` where it is answered with `secret`, else `{ ok: false, reason, fix }`. */
export async function askChallenge(gateway, secret) {
  const text = randomUUID();
  const body = JSON.stringify({ eventType: 'VERIFY', data: { challenge: text }, meta: { mode: 'TEST' } });
  const headers = { 'content-type': 'application/json' };
  const reply = await gateway.deliver({ path: '/hooks/smartcar', headers, body });
  const { challenge } = reply.content;
  if (challenge === hashChallenge(secret, text)) return { ok: true };
  if (challenge === undefined) return { ok: false, ...remedyOf(reply, VARIABLES.smartcar, gateway) };
  return {
    ok: false,
    reason: `is answered with another ${VARIABLES.smartcar} than the first one that you have here`,
    fix: gateway.setSecret(VARIABLES.smartcar),
  };
}
