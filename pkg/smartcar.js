// What Smartcar's SDK offers for webhooks, over raw bytes and in constant time.

import { answerChallenge, verify } from './index.js';

/** The hex to answer a challenge with. Throws on text that is no safe challenge. */
export function hashChallenge(amt, challenge) {
  const body = JSON.stringify({ eventType: 'VERIFY', data: { challenge } });
  const reply = answerChallenge({ headers: {}, body }, amt);
  if (reply !== null) return reply.challenge;
  throw new TypeError(
    'The challenge is not 1 to 256 printable characters without braces, brackets, quotes, backslashes or white ' +
      'space. Do not answer it: the answer would sign whatever it is.',
  );
}

/** Whether `signature` is Smartcar's for these bytes. */
export function verifyPayload(amt, signature, body) {
  return verify('smartcar', { headers: { 'sc-signature': signature }, body }, amt).ok;
}
