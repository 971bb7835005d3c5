// The functions of the package, in terms of the core.

import { checkBody, checkDelivery, gather, MOST_BYTES, placeOf, writeDelivery } from './delivery.js';
import { core, trapped } from './engine.js';
import { hint } from './hints.js';
import {
  answer,
  BODY,
  begin,
  bound,
  boundOfBody,
  item,
  items,
  leaveRoom,
  writeBody,
  writeText,
} from './memory.js';
import { keyFormatOf, nowOf, toleranceOf } from './options.js';
import { callbackHeaders, KEYS, providerOf } from './providers.js';
import { randomHex, randomId, randomSecret, randomUuid } from './random.js';
import { ringOf } from './rings.js';

/** Says whether a delivery is genuine. Never parses the body, and never throws on what came over the network. */
export function verify(name, delivery, secrets, options) {
  const provider = providerOf(name);
  checkDelivery(delivery);
  const now = nowOf(options);
  const tolerance = toleranceOf(options);
  const ring = ringOf(keyFormatOf(provider, options), secrets);
  const { headers, body } = delivery;
  if (body.length > MOST_BYTES) return refusal();
  const found = gather(headers, provider);
  const signs = provider.format === KEYS.standardWebhooks;
  writeDelivery(found, signs, body, ring, false);
  let result;
  try {
    result = core().verify(provider.place, ring.place, now, tolerance, items());
  } catch (error) {
    throw trapped(error);
  }
  leaveRoom();
  if (result < 0) return refused(answer(~result), ring, body);
  if (!signs) return { ok: true, keyIndex: result };
  return {
    ok: true,
    keyIndex: result,
    id: found[placeOf(found, 0, 3)],
    timestamp: numberOf(found[placeOf(found, 1, 4)]),
  };
}

/** Answers a challenge, or verifies and reads. Never throws on what came over the network. */
export function receive(name, delivery, secrets, options) {
  const provider = providerOf(name);
  checkDelivery(delivery);
  const now = nowOf(options);
  const tolerance = toleranceOf(options);
  const ring = ringOf(keyFormatOf(provider, options), secrets);
  const { headers, body } = delivery;
  if (body.length > MOST_BYTES) return rejected(TOO_LARGE);
  const signs = provider.format === KEYS.standardWebhooks;
  writeDelivery(gather(headers, provider), signs, body, ring, true);
  const received = call((exports) => exports.receive(provider.place, ring.place, now, tolerance, items()));
  leaveRoom();
  return received.kind === 'rejected' ? rejected(received, ring, body) : received;
}

/** Receives a delivery to Telematica's legacy callback, which proves itself by a bearer token. */
export function receiveCallback(delivery, tokens, options) {
  checkDelivery(delivery);
  const now = nowOf(options);
  const ring = ringOf(KEYS.tokens, tokens, 'tokens');
  const { headers, body } = delivery;
  if (body.length > MOST_BYTES) return rejected(TOO_LARGE);
  writeDelivery(gather(headers, callbackHeaders()), false, body, undefined, true);
  const received = call((exports) => exports.receiveCallback(ring.place, now, items()));
  leaveRoom();
  return received;
}

/** Brings an event into the form that Cartrack takes, or says why there is nothing to send. */
export function toCartrack(event, mapping) {
  const vin = mapping?.vin;
  if (vin !== undefined && (typeof vin !== 'string' || !/^\s*[0-9a-z]{17}\s*$/i.test(vin))) {
    throw new TypeError('mapping.vin must be a VIN: 17 letters and digits.');
  }
  const text = JSON.stringify({ event, vin });
  writeOnly(text);
  const weighed = call((exports) => exports.toCartrack(items()));
  leaveRoom();
  if (weighed === null) throw new TypeError('The event must be one of the events that receive() gave.');
  return weighed;
}

/** Answers Smartcar's challenge with the first token; null where the body is none, or no safe one. */
export function answerChallenge(delivery, tokens) {
  const provider = providerOf('smartcar');
  if (typeof delivery !== 'object' || delivery === null) checkDelivery(delivery);
  checkBody(delivery.body);
  const ring = ringOf(provider.format, tokens, 'tokens');
  const { body } = delivery;
  if (body.length > MOST_BYTES) return null;
  writeOnly(body);
  const reply = call((exports) => exports.answerChallenge(provider.place, ring.place, items()));
  leaveRoom();
  return reply;
}

/** The headers that a provider would send with this body: for tests. */
export function sign(name, body, secret, options) {
  const provider = providerOf(name);
  checkBody(body);
  if (typeof secret !== 'string') throw new TypeError('secret must be a string: the one to sign with.');
  const ring = ringOf(keyFormatOf(provider, options), secret, 'secret');
  const now = nowOf(options);
  const id = options?.id ?? (provider.name === 'telematica' ? `msg_${randomId(27)}` : randomUuid());
  if (typeof id !== 'string') throw new TypeError('options.id must be a string.');
  const start = begin(2, bound(id) + boundOfBody(body));
  const middle = writeText(id, start);
  item(0, start, middle);
  item(BODY, middle, writeBody(body, middle));
  const headers = call((exports) => exports.sign(provider.place, ring.place, now, items()));
  leaveRoom();
  if (provider.name === 'telemax') headers.push(['x-telemax-delivery', id]);
  return Object.fromEntries(headers);
}

/** A new secret of the form that the provider gives out: for tests. */
export function generateSecret(name) {
  const provider = providerOf(name);
  if (provider.name === 'telematica') return `whsec_${randomSecret(32)}`;
  return provider.name === 'telemax' ? randomHex(32).toUpperCase() : randomUuid();
}

/** Runs one function of the core and gives its answer. */
export function call(run) {
  const exports = core();
  let length;
  try {
    length = run(exports);
  } catch (error) {
    throw trapped(error);
  }
  return answer(length >>> 0);
}

function writeOnly(body) {
  const start = begin(1, boundOfBody(body));
  item(BODY, start, writeBody(body, start));
}

/** The number that decimal digits mean: a third of the time of `Number`. */
function numberOf(digits) {
  let number = 0;
  for (let at = 0; at < digits.length; at++) number = number * 10 + digits.charCodeAt(at) - 48;
  return number;
}

function refused({ code, message }, ring, body) {
  return { ok: false, code, message: code === 'signature_mismatch' ? message + hint(ring, body) : message };
}

function refusal() {
  return { ok: false, code: TOO_LARGE.code, message: TOO_LARGE.message };
}

function rejected({ status, code, message }, ring, body) {
  const said = code === 'signature_mismatch' ? message + hint(ring, body) : message;
  return { kind: 'rejected', status, code, message: said };
}

const TOO_LARGE = {
  status: 413,
  code: 'body_too_large',
  message: `The body is larger than ${MOST_BYTES} bytes. Send less at once.`,
};
