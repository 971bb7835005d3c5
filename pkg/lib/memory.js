// Writing into the core's input buffer and reading its answers.

import { core, onInstance } from './engine.js';

const FIRST_ROOM = 16 * 1024;
const KEPT_ROOM = 1024 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

let exports;
let bytes;
let base;
let room;

onInstance((fresh) => {
  exports = fresh;
  room = 0;
});

/** Makes sure that `size` bytes fit into the input. Everything that is written starts at 0. */
export function makeRoom(size) {
  core();
  if (size > room) {
    room = Math.max(FIRST_ROOM, size);
    base = exports.input(room) >>> 0;
    bytes = new Uint8Array(exports.memory.buffer, base, room);
  } else if (bytes.length === 0) {
    // The memory has grown since, which detaches every view of it.
    bytes = new Uint8Array(exports.memory.buffer, base, room);
  }
}

/** Gives back the room of an unusually large delivery. */
export function leaveRoom() {
  if (room > KEPT_ROOM) {
    room = 0;
    exports.input(0);
  }
}

/** The most bytes that `text` can become. */
export function bound(text) {
  return text.length * 3;
}

/** Writes `text` at `at` and gives the place after it. */
export function writeText(text, at) {
  return encodeTo(bytes, text, at);
}

/** Writes `text` to `target` in UTF-8 from `at` on, and gives the place after it. */
export function encodeTo(target, text, at) {
  const { length } = text;
  if (length > 160) return at + encoder.encodeInto(text, target.subarray(at)).written;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 127) {
      return at + index + encoder.encodeInto(text.slice(index), target.subarray(at + index)).written;
    }
    target[at + index] = unit;
  }
  return at + length;
}

/** Writes an item, `text` with a number and its length before it, and gives the place after it. */
export function writeItem(number, text, at) {
  const end = writeText(text, at + ITEM_PREFIX);
  const length = end - at - ITEM_PREFIX;
  bytes[at] = number;
  bytes[at + 1] = length;
  bytes[at + 2] = length >>> 8;
  bytes[at + 3] = length >>> 16;
  bytes[at + 4] = length >>> 24;
  return end;
}

/** How many bytes an item has besides its text. */
export const ITEM_PREFIX = 5;

/** Writes a body, text or bytes, at `at` and gives the place after it. */
export function writeBody(body, at) {
  if (typeof body === 'string') return writeText(body, at);
  bytes.set(body, at);
  return at + body.length;
}

/** Writes a tag, a character for each byte, at `at`. */
export function writeTag(tag, at) {
  for (let index = 0; index < TAG_BYTES; index++) bytes[at + index] = tag.charCodeAt(index);
}

/** How many bytes a tag has. */
export const TAG_BYTES = 32;

/** The most bytes that a body can become. */
export function boundOfBody(body) {
  return typeof body === 'string' ? bound(body) : body.length;
}

/** The core's last answer, `length` bytes of JSON. */
export function answer(length) {
  const start = exports.output() >>> 0;
  return JSON.parse(decoder.decode(new Uint8Array(exports.memory.buffer, start, length)));
}
