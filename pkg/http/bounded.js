// Collects a body chunk by chunk, no further than a limit.

import { bodyTooLarge } from './refusals.js';

/**
 * How much of an oversized body is read on and dropped. Answering before the sender is done makes some
 * senders see a broken connection in place of the answer.
 */
const DROPPED_BYTES = 8 * 1_048_576;

/** A collector that takes chunks until it is `full`, and then gives the body or its refusal. */
export function collector(limit) {
  const chunks = [];
  let size = 0;
  return {
    add(chunk) {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
    },
    get full() {
      return size > limit + DROPPED_BYTES;
    },
    get body() {
      if (size > limit) return bodyTooLarge(limit);
      return chunks.length === 1 ? chunks[0] : joined(chunks, size);
    },
  };
}

function joined(chunks, size) {
  const body = new Uint8Array(size);
  let end = 0;
  for (const chunk of chunks) {
    body.set(chunk, end);
    end += chunk.length;
  }
  return body;
}
