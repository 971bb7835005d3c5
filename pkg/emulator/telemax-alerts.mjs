// Alerts of the Telemax emulator on their way to webhooks: signed, and tried again until they are taken.

import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { isObject, keep } from './server.mjs';

/** The labels of payloads, by the number that configurations have. */
const LABELS = {
  1: 'Device Disconnected',
  2: 'Device Reconnected',
  5: 'Geofence',
  7: 'Idle',
  8: 'Ignition',
  9: 'Low battery',
  10: 'Speeding',
};
const TIMEOUT_MS = 10_000;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000];

/** Sends alerts to the webhooks of an emulator. */
export class Dispatcher {
  deliveries = [];
  #state;
  #retryMs;
  #secretEncoding;
  #onDelivery;
  #stopped = new AbortController();

  constructor({ state, secretEncoding, retryMs = RETRY_MS, onDelivery }) {
    this.#state = state;
    this.#secretEncoding = secretEncoding;
    this.#retryMs = retryMs;
    this.#onDelivery = onDelivery;
  }

  /**
   * Fires `{ alertType, vehicleId, data?, at?, position? }` now, or at `at` in UTC ms. The vehicle is from then
   * on as the alert says. Gives `webhooks`, the ids of those that are to have it, and `done`.
   */
  fire(alert) {
    const payload = this.#payload(alert);
    const body = JSON.stringify(payload);
    const webhooks = [...this.#state.webhooks.all.values()].filter((webhook) =>
      this.#wants(webhook, payload),
    );
    const sent = webhooks.map((webhook) => this.#deliver(webhook, payload, body));
    return { webhooks: webhooks.map(({ id }) => id), done: Promise.all(sent) };
  }

  /** Ends what is under way. */
  stop() {
    this.#stopped.abort();
  }

  #payload(alert) {
    const vehicle = this.#state.fleet.get(isObject(alert) ? alert.vehicleId : undefined);
    if (!vehicle) throw new TypeError('An alert needs the vehicleId of a vehicle of the emulator.');
    const { alertType, data = null, at = Date.now(), position } = alert;
    if (!Object.values(LABELS).includes(alertType))
      throw new TypeError(`alertType must be one of ${Object.values(LABELS).join(', ')}.`);
    if (typeof data?.isStarted === 'boolean') vehicle.ignition = data.isStarted;
    if (typeof data?.speed === 'number') vehicle.speed = data.speed;
    return {
      alertType,
      vehicleId: vehicle.id,
      vehicleName: vehicle.name,
      position: position ?? { lat: vehicle.lat ?? 0, lng: vehicle.lng ?? 0 },
      direction: vehicle.course,
      timestamp: `${new Date(at).toISOString().slice(0, 19)}Z`,
      address: null,
      data,
    };
  }

  #wants({ isActive, isGlobal, alertIds }, { alertType, vehicleId }) {
    const isLinked = ({ alertId, alertType: type, isAllFleet, units }) =>
      alertIds.includes(alertId) &&
      LABELS[type] === alertType &&
      (isAllFleet || units.some((unit) => unit.vehicleId === vehicleId));
    return isActive && (isGlobal || this.#state.alerts.some(isLinked));
  }

  /** Tries until it is taken, given up, or the webhook is deleted. Gives the last status; 0 is no reply. */
  async #deliver(webhook, { alertType, vehicleId }, body) {
    let status = 0;
    for (let attempt = 1; ; attempt += 1) {
      if (this.#stopped.signal.aborted || !this.#state.webhooks.all.has(webhook.id)) return status;
      const delivery = randomUUID();
      status = await this.#post(webhook, delivery, body);
      const entry = { webhookId: webhook.id, delivery, attempt, alertType, vehicleId, status };
      keep(this.deliveries, { at: new Date().toISOString(), ...entry });
      this.#onDelivery?.(this.deliveries.at(-1));
      const wait = this.#retryMs[attempt - 1];
      if ((status >= 200 && status <= 299) || wait === undefined) return status;
      await pause(wait, undefined, { ref: false, signal: this.#stopped.signal }).catch(() => {});
    }
  }

  async #post({ url, secret }, delivery, body) {
    const key = Buffer.from(secret, this.#secretEncoding);
    const headers = {
      'Content-Type': 'application/json',
      'X-Telemax-Delivery': delivery,
      'X-Telemax-Signature': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
    };
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      const reply = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      await reply.arrayBuffer();
      return reply.status;
    } catch {
      return 0;
    }
  }
}
