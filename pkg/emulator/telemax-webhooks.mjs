// The webhooks of the Telemax emulator: what the vendor takes and what it refuses.

import { randomBytes } from 'node:crypto';
import { isObject } from './server.mjs';
import { paged } from './telemax-page.mjs';

const MOST_ALERTS = 50;
const LINKABLE = ['1', '2', '5', '8', '9', '10'];
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
const CHECKS = {
  url: (value) => typeof value === 'string',
  alertIds: (value) => Array.isArray(value) && value.every(Number.isInteger),
  isActive: (value) => typeof value === 'boolean',
  isGlobal: (value) => typeof value === 'boolean',
};

/** Every call gives `{ content }`, or `{ status, why }` where it is refused. */
export class Webhooks {
  /** Those that were not deleted, by id, with their secrets. */
  all = new Map();
  #alerts;
  #allowLoopback;
  #next = 41;

  constructor({ alerts, allowLoopback, given = [] }) {
    this.#alerts = alerts;
    this.#allowLoopback = allowLoopback;
    for (const { secret, ...rest } of given) this.#add(secret, rest);
  }

  create({ json }) {
    const problem = this.#problem(json) ?? this.#unknownAlert(json, 422);
    if (problem) return problem;
    const secret = randomBytes(32).toString('hex').toUpperCase();
    return { content: { secret, ...this.#shown(this.#add(secret, json)) } };
  }

  #add(secret, json) {
    const createdAt = new Date().toISOString().slice(0, 19);
    const webhook = { id: this.#next, secret, ...configuration(json), createdAt };
    this.#next += 1;
    this.all.set(webhook.id, webhook);
    return webhook;
  }

  list({ query }) {
    return {
      content: paged(
        [...this.all.values()].map((webhook) => this.#shown(webhook)),
        query,
      ),
    };
  }

  get({ values }) {
    const webhook = this.#find(values);
    return webhook ? { content: this.#shown(webhook) } : NOT_FOUND;
  }

  update({ json, values }) {
    const webhook = this.#find(values);
    const problem = webhook ? (this.#problem(json) ?? this.#unknownAlert(json, 404)) : NOT_FOUND;
    if (problem) return problem;
    Object.assign(webhook, configuration(json));
    return { content: this.#shown(webhook) };
  }

  delete({ values }) {
    const webhook = this.#find(values);
    if (!webhook) return NOT_FOUND;
    this.all.delete(webhook.id);
    return {};
  }

  link({ json, values }) {
    const webhook = this.#find(values);
    if (!webhook) return NOT_FOUND;
    if (!isObject(json) || !Number.isInteger(json.alertId)) return invalid('alertId must be an integer.');
    const problem = this.#unknownAlert({ alertIds: [json.alertId] }, 404);
    if (problem) return problem;
    if (webhook.alertIds.includes(json.alertId)) return {};
    if (webhook.alertIds.length >= MOST_ALERTS)
      return invalid(`A webhook has ${MOST_ALERTS} alerts at most.`);
    webhook.alertIds.push(json.alertId);
    return {};
  }

  #find({ webhook }) {
    return this.all.get(Number(webhook));
  }

  #problem(json) {
    if (!isObject(json)) return invalid('The body must be a JSON object.');
    const wrong = Object.keys(json).find((name) => !Object.hasOwn(CHECKS, name) || !CHECKS[name](json[name]));
    if (wrong) return invalid(`${wrong} is no member of a webhook, or has a wrong type.`);
    const { url, alertIds = [], isGlobal = false } = json;
    if (!this.#isAllowed(url)) return invalid('url must be a public https address.');
    if (alertIds.length > MOST_ALERTS) return invalid(`A webhook has ${MOST_ALERTS} alerts at most.`);
    return alertIds.length === 0 && !isGlobal
      ? invalid('alertIds is empty and isGlobal is false.')
      : undefined;
  }

  #isAllowed(text) {
    const url = parsed(text);
    if (!url) return false;
    const isLocal = LOOPBACK.includes(url.hostname) || url.hostname.endsWith('.localhost');
    if (isLocal) return this.#allowLoopback && ['http:', 'https:'].includes(url.protocol);
    return (
      url.protocol === 'https:' && !/^(10|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254)\./.test(url.hostname)
    );
  }

  /** The refusal of an alert that does not exist, or whose type no webhook takes. */
  #unknownAlert({ alertIds = [] }, status) {
    const typeOf = (id) => this.#alerts.find(({ alertId }) => alertId === id)?.alertType;
    if (alertIds.some((id) => typeOf(id) === undefined)) return { status, why: 'There is no such alert.' };
    if (alertIds.some((id) => !LINKABLE.includes(typeOf(id)))) return invalid('Unsupported alert type.');
    return undefined;
  }

  #shown({ secret: _, ...webhook }) {
    const types = new Set(this.#alerts.filter(linkedTo(webhook)).map(({ alertType }) => alertType));
    const warning = types.size > 1 ? 'Linked alerts have different types: their payloads differ.' : null;
    return { ...webhook, warning };
  }
}

const NOT_FOUND = { status: 404, why: 'Webhook not found.' };
const invalid = (why) => ({ status: 422, why });

const linkedTo =
  ({ alertIds }) =>
  ({ alertId }) =>
    alertIds.includes(alertId);

const configuration = ({ url, alertIds = [], isActive = true, isGlobal = false }) => ({
  url,
  alertIds: [...alertIds],
  isActive,
  isGlobal,
});

function parsed(text) {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
