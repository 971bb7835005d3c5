// The outbox: a lane's events in SQLite, stored and remembered in one transaction, sent by an alarm.

import { DurableObject } from 'cloudflare:workers';
import { Mappings } from './mappings.js';

const CONNECTIONS = 6;
const SENDS_PER_ALARM = 400;
const TIMEOUT_MS = 10_000;
const REPLY_BYTES = 2048;
const PROBE_EVERY_MS = 5 * 60_000;
const RETRY_FOR_MS = 48 * 3_600_000;
const UNMAPPED_FOR_MS = 72 * 3_600_000;
const KEPT_MS = 30 * 24 * 3_600_000;
const RETRY_SECONDS = [5, 30, 120, 600, 1800, 3600, 7200, 14_400];

const WAITING = ['pending', 'unmapped', 'held'];

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY,
    provider TEXT NOT NULL,
    vehicle TEXT,
    provider_event_id TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    due_at INTEGER,
    since INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    event TEXT NOT NULL,
    record TEXT,
    history TEXT NOT NULL DEFAULT '[]'
  );
  CREATE INDEX IF NOT EXISTS events_due ON events (state, due_at);
  CREATE INDEX IF NOT EXISTS events_vehicle ON events (vehicle);
  CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
`;

export class Outbox extends DurableObject {
  #sql;
  #mappings;
  #armedFor;
  #probeAt;
  #busy = new Map();
  #queue = [];
  #running = new Set();
  #sent = 0;
  #inAlarm = false;

  constructor(ctx, env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(SCHEMA);
    this.#mappings = new Mappings(env);
    this.#probeAt = this.#first("SELECT value FROM meta WHERE name = 'probe_at'")?.value;
    ctx.blockConcurrencyWhile(() => this.#arm());
  }

  /** Stores events unless they were seen before; gives `{ id, outcome, reason? }` for each. */
  async accept(events) {
    const mapped = await Promise.all(events.map((event) => event.vin ?? this.#vinOf(event)));
    const accepted = this.ctx.storage.transactionSync(() =>
      events.map((event, index) => this.#take(event, mapped[index])),
    );
    if (this.#inAlarm) this.#pump();
    await this.#arm();
    return accepted;
  }

  /** Ends a hold. */
  async resume() {
    this.#probeAt = undefined;
    this.#sql.exec("DELETE FROM meta WHERE name = 'probe_at'");
    this.#sql.exec(
      "UPDATE events SET state = 'pending', reason = NULL, due_at = ? WHERE state = 'held'",
      Date.now(),
    );
    await this.#arm();
  }

  /** Sends what is due, and sets the next alarm. */
  async alarm() {
    this.#armedFor = undefined;
    this.#inAlarm = true;
    this.#sent = 0;
    try {
      this.#pump();
      while (this.#running.size > 0) await Promise.race(this.#running);
    } finally {
      this.#inAlarm = false;
    }
    this.#forget();
    await this.#arm();
  }

  #take(event, vin) {
    const keys = [`event:${event.provider}:${event.providerEventId}`];
    if (event.deliveryId) keys.push(`delivery:${event.provider}:${event.deliveryId}`);
    for (const key of keys) {
      const before = this.#seen(key);
      if (before) return { id: before, outcome: 'duplicate' };
    }
    const place =
      event.repeatsPosition && event.position && `place:${event.provider}:${event.vehicle}:${event.eventTs}`;
    const skip = event.skip ?? (place && this.#seen(place) ? 'unchanged_position' : undefined);
    const now = Date.now();
    const [state, reason, due] = skip
      ? ['skipped', skip, now + KEPT_MS]
      : vin
        ? ['pending', null, Math.max(now, event.eventTs)]
        : ['unmapped', 'unmapped_vehicle', now + 60_000];
    const { id } = this.#first(
      `INSERT INTO events (provider, vehicle, provider_event_id, state, reason, due_at, since, event)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
      event.provider,
      event.vehicle ?? null,
      event.providerEventId,
      state,
      reason,
      due,
      now,
      JSON.stringify(event),
    );
    for (const key of place && !event.skip ? [...keys, place] : keys) {
      this.#sql.exec('INSERT OR REPLACE INTO seen (key, id) VALUES (?, ?)', key, id);
    }
    return { id, outcome: skip ? 'skipped' : 'accepted', ...(reason && { reason }) };
  }

  #seen(key) {
    return this.#first('SELECT id FROM seen WHERE key = ?', key)?.id;
  }

  async #vinOf({ provider, vehicle }) {
    return vehicle && (await this.#mappings.find(provider, vehicle))?.vin;
  }

  /** Begins to send as much as may be under way at once, one record of each vehicle. */
  #pump() {
    while (this.#running.size < CONNECTIONS && this.#sent < SENDS_PER_ALARM) {
      if (this.#probeAt && (this.#probeAt > Date.now() || this.#running.size > 0)) return;
      const row = this.#next();
      if (!row) return;
      this.#busy.set(row.id, row.vehicle);
      this.#sent += 1;
      const sending = this.#send(row)
        .catch((error) => {
          console.error(error);
          this.#sql.exec('UPDATE events SET due_at = ? WHERE id = ?', Date.now() + 60_000, row.id);
        })
        .finally(() => {
          this.#busy.delete(row.id);
          this.#running.delete(sending);
          this.#pump();
        });
      this.#running.add(sending);
    }
  }

  #next() {
    const busyVehicles = new Set(this.#busy.values());
    const free = (row) => !this.#busy.has(row.id) && !(row.vehicle && busyVehicles.has(row.vehicle));
    let at = this.#queue.findIndex(free);
    if (at < 0) {
      const now = this.#probeAt ? Number.MAX_SAFE_INTEGER : Date.now();
      const states = this.#probeAt ? ['held', 'pending'] : ['pending', 'unmapped'];
      const rows = states.flatMap((state) => this.#due(state, now));
      // What is being sent at this moment will have another state when the queue comes to it.
      this.#queue = rows.filter((row) => !this.#busy.has(row.id));
      at = this.#queue.findIndex(free);
    }
    return at < 0 ? undefined : this.#queue.splice(at, 1)[0];
  }

  #due(state, now) {
    const statement = `SELECT id, provider, vehicle, state, since, attempts, event FROM events
      WHERE state = ? AND due_at <= ? ORDER BY due_at LIMIT ?`;
    return this.#sql.exec(statement, state, now, CONNECTIONS * 4).toArray();
  }

  async #send(row) {
    const event = JSON.parse(row.event);
    const mapping = event.vehicle ? await this.#mappings.find(event.provider, event.vehicle) : undefined;
    const now = Date.now();
    if (event.vin && mapping?.vin && mapping.vin !== event.vin)
      return this.#settle(row, 'dead', 'vin_conflict');
    const vin = event.vin ?? mapping?.vin;
    if (!vin) {
      const over = now - row.since >= UNMAPPED_FOR_MS;
      return over
        ? this.#settle(row, 'dead', 'unmapped_vehicle')
        : this.#settle(row, 'unmapped', 'unmapped_vehicle', now + 60_000);
    }
    if (!mapping?.vin && event.vehicle)
      await this.#mappings.learn(event.provider, event.vehicle, { ...mapping, vin, user: event.user });
    const record = JSON.stringify(recordOf(event, vin));
    const reply = await this.#post(record);
    const settled = this.#judge(row, reply);
    console.log(
      JSON.stringify({
        stage: 'relay',
        id: row.id,
        provider: event.provider,
        state: settled[0],
        status: reply.status,
      }),
    );
    const entry = { time: now, status: reply.status, duration_ms: Date.now() - now, reply: reply.body };
    this.#settle(row, ...settled, record, entry);
    if (settled[0] === 'held') this.#hold();
    else if (this.#probeAt && settled[0] !== 'pending') await this.resume();
  }

  async #post(record) {
    try {
      const response = await fetch(this.env.CARTRACK_URL, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': this.env.CARTRACK_API_KEY },
        body: record,
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const body = (await response.text()).slice(0, REPLY_BYTES);
      return { status: response.status, retryAfter: Number(response.headers.get('retry-after')) || 0, body };
    } catch {
      return { status: 0, retryAfter: 0, body: '' };
    }
  }

  /** The state, reason and due time after a reply. */
  #judge({ since, attempts }, { status, retryAfter }) {
    if ((status >= 200 && status < 300) || status === 409) return ['delivered', null];
    const now = Date.now();
    if ((status >= 300 && status < 400) || status === 401 || status === 403)
      return ['held', 'configuration_refused', now + PROBE_EVERY_MS];
    if (status >= 400 && status < 500 && ![408, 425, 429].includes(status))
      return ['dead', 'refused_by_cartrack'];
    if (now - since >= RETRY_FOR_MS) return ['dead', 'retries_exhausted'];
    const seconds = RETRY_SECONDS[Math.min(attempts, RETRY_SECONDS.length - 1)] * (0.8 + 0.4 * Math.random());
    return ['pending', null, now + Math.max(seconds, retryAfter) * 1000];
  }

  #settle({ id }, state, reason, dueAt = Date.now() + KEPT_MS, record = null, entry = null) {
    this.#sql.exec(
      `UPDATE events SET state = ?1, reason = ?2, due_at = ?3, record = coalesce(?4, record),
         attempts = attempts + (?5 IS NOT NULL),
         history = CASE WHEN ?5 IS NULL THEN history ELSE json_insert(history, '$[#]', json(?5)) END
       WHERE id = ?6`,
      state,
      reason,
      dueAt,
      record,
      entry && JSON.stringify(entry),
      id,
    );
  }

  #hold() {
    this.#probeAt = Date.now() + PROBE_EVERY_MS;
    this.#sql.exec("INSERT OR REPLACE INTO meta (name, value) VALUES ('probe_at', ?)", this.#probeAt);
  }

  #forget() {
    const old = this.#sql.exec(
      "DELETE FROM events WHERE state IN ('delivered', 'skipped', 'dead') AND due_at <= ? RETURNING id",
      Date.now(),
    );
    const ids = old.toArray().map(({ id }) => id);
    if (ids.length > 0)
      this.#sql.exec('DELETE FROM seen WHERE id IN (SELECT value FROM json_each(?))', JSON.stringify(ids));
  }

  /** Sets the alarm for what is due next, unless it is set for an earlier time. */
  async #arm() {
    // One lookup in the index for each state: over several states at once SQLite would read them all.
    const times = WAITING.map(
      (state) => this.#first('SELECT min(due_at) AS due FROM events WHERE state = ?', state).due,
    ).filter((due) => due !== null);
    if (times.length === 0) return;
    const due = Math.min(...times);
    // In the local runtime an alarm for the present moment can get lost.
    const at = Math.max(this.#probeAt ?? due, Date.now() + 2);
    if (this.#armedFor <= at && this.#armedFor > Date.now()) return;
    this.#armedFor = at;
    await this.ctx.storage.setAlarm(at);
  }

  #first(statement, ...values) {
    return this.#sql.exec(statement, ...values).toArray()[0];
  }
}

function recordOf(event, vin) {
  return {
    event_type: event.moment,
    event_ts: new Date(event.eventTs).toISOString(),
    chassis_number: vin,
    source: {
      provider: event.provider,
      device_id: event.vehicle,
      provider_event_id: event.providerEventId,
      provider_received_ts: new Date(event.receivedAt).toISOString(),
    },
    position: event.position,
  };
}
