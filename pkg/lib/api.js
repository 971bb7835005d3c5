// The functions of the package, in terms of the core.

import { boundOfHeaders, checkBody, checkDelivery, gather, MOST_BYTES, valueAt } from './delivery.js';
import { core, trapped } from './engine.js';
import { hint } from './hints.js';
import { isFaster, sign as signByPlatform } from './hmac.js';
import {
  answer,
  bound,
  boundOfBody,
  leaveRoom,
  makeRoom,
  TAG_BYTES,
  writeBody,
  writeItem,
  writeTag,
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
  const signed = provider.format === KEYS.standardWebhooks;
  const byPlatform = isFaster(body.length);
  makeRoom(boundOfHeaders(found) + (byPlatform ? TAG_BYTES : boundOfBody(body)));
  const head = writeHeaders(found);
  let length = 0;
  if (byPlatform) writeTag(signByPlatform(ring, signed ? prefixOf(found) : '', body), head);
  else length = writeBody(body, head) - head;
  let result;
  try {
    result = core().verify(provider.place, ring.place, now, tolerance, head, length, byPlatform);
  } catch (error) {
    throw trapped(error);
  }
  leaveRoom();
  if (result < 0) return refused(answer(~result), ring, body);
  if (!signed) return { ok: true, keyIndex: result };
  return { ok: true, keyIndex: result, id: valueAt(found, 0, 3), timestamp: Number(valueAt(found, 1, 4)) };
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
  const found = gather(headers, provider);
  const byPlatform = isFaster(body.length);
  const signed = provider.format === KEYS.standardWebhooks;
  makeRoom(boundOfHeaders(found) + boundOfBody(body) + TAG_BYTES);
  const head = writeHeaders(found);
  const length = writeBody(body, head) - head;
  if (byPlatform) writeTag(signByPlatform(ring, signed ? prefixOf(found) : '', body), head + length);
  const received = call((exports) =>
    exports.receive(provider.place, ring.place, now, tolerance, head, length, byPlatform),
  );
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
  const found = gather(headers, callbackHeaders());
  makeRoom(boundOfHeaders(found) + boundOfBody(body));
  const head = writeHeaders(found);
  const length = writeBody(body, head) - head;
  const received = call((exports) => exports.receiveCallback(ring.place, now, head, length));
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
  makeRoom(bound(text));
  const length = writeText(text, 0);
  const weighed = call((exports) => exports.toCartrack(length));
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
  makeRoom(boundOfBody(body));
  const length = writeBody(body, 0);
  const reply = call((exports) => exports.answerChallenge(provider.place, ring.place, length));
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
  makeRoom(bound(id) + boundOfBody(body));
  const head = writeText(id, 0);
  const length = writeBody(body, head) - head;
  const headers = call((exports) => exports.sign(provider.place, ring.place, now, head, length));
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

function writeHeaders(found) {
  let at = 0;
  for (let index = 0; index < found.length; index += 2) at = writeItem(found[index], found[index + 1], at);
  return at;
}

/** What Standard Webhooks signs before the body. */
function prefixOf(found) {
  return `${valueAt(found, 0, 3)}.${valueAt(found, 1, 4)}.`;
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
