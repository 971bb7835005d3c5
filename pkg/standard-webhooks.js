// A class that stands wherever the class `Webhook` of `svix` or `standardwebhooks` stands.

import { sign, verify } from './index.js';

/** A delivery that is not genuine. `code` says why, as the verdict of `verify` does. */
export class WebhookVerificationError extends Error {
  constructor(message, code) {
    super(message);
    this.name = 'WebhookVerificationError';
    this.code = code;
  }
}

const decoder = new TextDecoder();

/** Verifies and signs by the scheme of Standard Webhooks. */
export class Webhook {
  #secret;

  constructor(secret, options) {
    if (secret === '' || secret?.length === 0) throw new TypeError("Secret can't be empty.");
    if (options?.format === 'raw') secret = base64Of(secret);
    else if (typeof secret !== 'string') throw new TypeError('Expected secret to be of type string');
    if (secret === 'whsec_') throw new TypeError("Secret can't be empty.");
    verify('telematica', { headers: {}, body: '' }, secret);
    this.#secret = secret;
  }

  /** The parsed payload of a genuine delivery; throws `WebhookVerificationError` for any other. */
  verify(payload, headers, options) {
    const verdict = verify('telematica', { headers, body: payload }, this.#secret);
    if (!verdict.ok) throw new WebhookVerificationError(messageOf(verdict.code, headers), verdict.code);
    if (options?.jsonParse === false) return undefined;
    const text = typeof payload === 'string' ? payload : decoder.decode(payload);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** The signature of a payload, as it stands in the header. */
  sign(msgId, timestamp, payload) {
    return sign('telematica', payload, this.#secret, { id: msgId, now: timestamp })['svix-signature'];
  }
}

/** The messages of the other two packages, which callers compare with. */
const MESSAGES = {
  missing_header: 'Missing required headers',
  invalid_timestamp: 'Invalid Signature Headers',
  timestamp_too_new: 'Message timestamp too new',
  timestamp_too_old: 'Message timestamp too old',
};

function messageOf(code, headers) {
  const empty = code === 'invalid_timestamp' && Object.entries(headers).some(isEmptyTimestamp);
  return MESSAGES[empty ? 'missing_header' : code] ?? 'No matching signature found';
}

function isEmptyTimestamp([name, value]) {
  return value === '' && /^(svix|webhook)-timestamp$/i.test(name);
}

function base64Of(secret) {
  const text = typeof secret === 'string' ? secret : String.fromCharCode(...secret);
  return btoa(text);
}
