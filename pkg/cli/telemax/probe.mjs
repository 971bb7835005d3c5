// Asks a hook whether it knows a secret: by a delivery that is genuine under it, about a vehicle that nobody has,
// of a kind that a gateway skips.

import { makeDelivery } from '../delivery.mjs';
import { exchange } from '../http.mjs';
import { makePhantom } from '../phantom.mjs';
import { sampleOf } from '../samples.mjs';

const SAMPLE = sampleOf('telemax', 'idle');

/** A delivery for probes. Its bytes are the same at each, so that all but the first are duplicates. */
export class Probe {
  #url;
  #options;
  #vehicle = makePhantom();

  /** `url` is that of the hook; `options` say how keys are read from secrets. */
  constructor(url, options) {
    this.#url = url;
    this.#options = options;
  }

  /** `{ ok }`, or `{ ok: false, reason }` with why it was not taken, in words. */
  async ask(secret) {
    const { headers, body } = makeDelivery(SAMPLE, this.#vehicle, secret, this.#options);
    const reply = await exchange(this.#url, { method: 'POST', headers, body });
    if (reply.ok) return { ok: true };
    if (reply.error) return { ok: false, reason: reply.error };
    if (reply.status === 401) return { ok: false, reason: 'the gateway does not know the secret' };
    if (reply.status === 503)
      return { ok: false, reason: 'the gateway has no TELEMAX_WEBHOOK_SECRET, or no storage' };
    const { origin } = new URL(this.#url);
    return { ok: false, reason: `${origin} answered ${reply.status}, which no gateway does` };
  }
}
