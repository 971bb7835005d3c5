// Random deliveries that are the same in every run.

import { createHash } from 'node:crypto';

const PRINTABLE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/=!*';
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz ÄÖÜäöüß"\\/{}[]:,é€🚗汉字\n\t'];

/** A source of random values that `seed` decides. */
export function random(seed) {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0) || 1;
  const next = () => {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const below = (limit) => next() % limit;
  const draw = (length, from) => Array.from({ length }, () => from[below(from.length)]).join('');
  const flip = (text) => {
    const at = below(text.length);
    const other = String.fromCharCode(text.charCodeAt(at) ^ (1 << below(5)));
    return text.slice(0, at) + other + text.slice(at + 1);
  };
  return {
    below,
    flip,
    bytes: (length) => Uint8Array.from({ length }, () => next()),
    text: (length) => draw(length, LETTERS),
    word: (length) => draw(length, PRINTABLE),
    /** The same delivery with one thing wrong about it, most of the time. */
    spoil({ body, headers }) {
      const kind = below(5);
      const { 'webhook-signature': signature, 'webhook-id': id } = headers;
      if (kind === 0) return { body: `${body} `, headers };
      if (kind === 1) return { body, headers: { ...headers, 'webhook-signature': flip(signature) } };
      if (kind === 2)
        return { body, headers: { ...headers, 'webhook-signature': `v1,AAAA v2,x ${signature}` } };
      if (kind === 3) return { body, headers: { ...headers, 'webhook-id': `${id}x` } };
      return { body, headers: { ...headers, 'webhook-timestamp': String(1 + below(2e9)) } };
    },
  };
}
