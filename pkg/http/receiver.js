// What both weighbridge/web and weighbridge/node do with a request once its body is read.

import { receive, receiveCallback, verify } from '../index.js';
import { methodNotAllowed } from './refusals.js';

const MAX_BODY_BYTES = 1_048_576;
const SIGNATURE_HEADERS = ['svix', 'webhook'].flatMap((name) =>
  ['id', 'timestamp', 'signature'].map((part) => `${name}-${part}`),
);

/**
 * How a provider's deliveries are received: `{ maxBodyBytes, refuse, receive }`. Options that cannot be
 * right throw.
 */
export function receiver(provider, secrets, options = {}) {
  const { maxBodyBytes = MAX_BODY_BYTES, callbackTokens, now, toleranceSeconds, secretEncoding } = options;
  const core = { now, toleranceSeconds, secretEncoding };
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 0) {
    throw new TypeError('options.maxBodyBytes must be a whole number of bytes, such as 1048576.');
  }
  if (callbackTokens !== undefined && provider !== 'telematica') {
    throw new TypeError(
      'options.callbackTokens belongs to the provider telematica: no other has a callback.',
    );
  }
  return {
    maxBodyBytes,
    /** The refusal of a request that no delivery can be in; undefined where one can. */
    refuse: (method) => (method === 'POST' ? undefined : methodNotAllowed()),
    receive(delivery) {
      const unsigned = callbackTokens !== undefined && !isSigned(delivery.headers);
      if (unsigned) return receiveCallback(delivery, callbackTokens, core);
      return receive(provider, delivery, secrets, core);
    },
  };
}

/** The same, tried once: a secret that is missing throws when the server starts, not at the first delivery. */
export function triedReceiver(provider, secrets, options) {
  const made = receiver(provider, secrets, options);
  const nothing = { headers: {}, body: '' };
  verify(provider, nothing, secrets, options);
  made.receive(nothing);
  return made;
}

/** Whether a header of Standard Webhooks is there: then it must verify, and no token makes up for it. */
function isSigned(headers) {
  return SIGNATURE_HEADERS.some((name) =>
    headers instanceof Headers ? headers.has(name) : headers[name] !== undefined,
  );
}
