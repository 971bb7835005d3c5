// Writing into the core's input buffer and reading its answers.
//
// The input begins with a table of items: for each a number, and the places where it begins and ends.

import { core, onInstance } from './engine.js';

const FIRST_ROOM = 16 * 1024;
const KEPT_ROOM = 1024 * 1024;
const ITEM_BYTES = 12;

/** Up to so many characters, a loop is faster than an encoder. */
const LOOPED = 160;

/** The numbers of the items that are no header. */
export const BODY = 256;
export const HASH = 257;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

let exports;
let base;
let room;
let bytes;
let table;
/** The same bytes as a `Buffer`, which writes text faster than anything else, where there are buffers. */
let buffer;
let count;

onInstance((fresh) => {
  exports = fresh;
  room = 0;
});

/** Begins an input of at most so many items and bytes, and gives the place where the bytes begin. */
export function begin(items, size) {
  core();
  const start = items * ITEM_BYTES;
  if (start + size > room) {
    room = Math.max(FIRST_ROOM, start + size);
    base = exports.input(room) >>> 0;
    look();
  } else if (bytes.length === 0) {
    // The memory has grown since, which detaches every view of it.
    look();
  }
  count = 0;
  return start;
}

/** Says that an item of this number lies there. */
export function item(number, start, end) {
  const at = count * ITEM_BYTES;
  table.setUint32(at, number, true);
  table.setUint32(at + 4, start, true);
  table.setUint32(at + 8, end, true);
  count += 1;
}

/** How many items there are by now. */
export function items() {
  return count;
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

/** The most bytes that a body can become. */
export function boundOfBody(body) {
  return typeof body === 'string' ? bound(body) : body.length;
}

/** Writes `text` in UTF-8 at `at` and gives the place after it. */
export function writeText(text, at) {
  if (buffer) return at + buffer.write(text, at);
  const { length } = text;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 127 || length > LOOPED) return at + encoder.encodeInto(text, bytes.subarray(at)).written;
    bytes[at + index] = unit;
  }
  return at + length;
}

/** Writes one character of ASCII at `at` and gives the place after it. */
export function writeByte(byte, at) {
  bytes[at] = byte;
  return at + 1;
}

/** Writes a body, text or bytes, at `at` and gives the place after it. */
export function writeBody(body, at) {
  if (typeof body === 'string') return writeText(body, at);
  bytes.set(body, at);
  return at + body.length;
}

/** Writes a hash, a character for each byte, at `at` and gives the place after it. */
export function writeHash(hash, at) {
  const { length } = hash;
  for (let index = 0; index < length; index++) bytes[at + index] = hash.charCodeAt(index);
  return at + length;
}

/** Writes bytes at `at`. */
export function writeBytes(some, at) {
  bytes.set(some, at);
}

/** The bytes of the input from `start` to `end`. */
export function view(start, end) {
  return new Uint8Array(exports.memory.buffer, base + start, end - start);
}

/** The core's last answer, `length` bytes of JSON. */
export function answer(length) {
  const start = exports.output() >>> 0;
  return JSON.parse(decoder.decode(new Uint8Array(exports.memory.buffer, start, length)));
}

function look() {
  const { buffer: memory } = exports.memory;
  bytes = new Uint8Array(memory, base, room);
  table = new DataView(memory, base, room);
  buffer = globalThis.Buffer?.from(memory, base, room);
}
