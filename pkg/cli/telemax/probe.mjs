// Asks a hook whether it knows a secret: by a delivery that is genuine under it, about a vehicle that nobody has,
// of a type that a gateway skips.

import { sign } from '../../index.js';
import { exchange } from '../http.mjs';
import { PHANTOM } from '../phantom.mjs';

/** A delivery for probes. Its bytes are the same at each, so that all but the first are duplicates. */
export class Probe {
  #url;
  #options;
  #body;

  /** `url` is that of the hook; `options` say how keys are read from secrets. */
  constructor(url, options, now = Date.now()) {
    this.#url = url;
    this.#options = options;
    this.#body = JSON.stringify({
      alertType: 'Weighbridge check',
      vehicleId: PHANTOM,
      vehicleName: PHANTOM,
      position: null,
      direction: 0,
      timestamp: new Date(now).toISOString(),
      address: null,
      data: null,
    });
  }

  /** `{ ok }`, or `{ ok: false, reason }` with why it was not taken, in words. */
  async ask(secret) {
    const headers = {
      'content-type': 'application/json',
      ...sign('telemax', this.#body, secret, this.#options),
    };
    const reply = await exchange(this.#url, { method: 'POST', headers, body: this.#body });
    if (reply.ok) return { ok: true };
    if (reply.error) return { ok: false, reason: reply.error };
    if (reply.status === 401) return { ok: false, reason: 'the gateway does not know the secret' };
    if (reply.status === 503)
      return { ok: false, reason: 'the gateway has no TELEMAX_WEBHOOK_SECRET, or no storage' };
    return {
      ok: false,
      reason: `${new URL(this.#url).origin} answered ${reply.status}, which no gateway does`,
    };
  }
}
