// Reads and writes the sections of a wasm module.
// https://webassembly.github.io/spec/core/binary/modules.html

import { Problem } from './cli.mjs';

/** Kinds of sections. */
export const [CUSTOM, IMPORTS, EXPORTS, CODE] = [0, 2, 7, 10];

/** Kinds of imports and exports. */
export const [FUNCTION, TAG] = [0, 4];

/** What every module begins with. */
const HEADER = 8;

/** The sections of a module, in their order: `{ kind, content }`. */
export function sectionsOf(wasm) {
  const reader = new Reader(wasm, HEADER);
  const sections = [];
  while (!reader.atEnd) {
    const [kind] = reader.bytes(1);
    sections.push({ kind, content: reader.bytes(reader.number()) });
  }
  return sections;
}

/** The module of these sections, with the header of the one that they come from. */
export function moduleOf(wasm, sections) {
  const written = sections.map(({ kind, content }) => [Buffer.from([kind]), leb(content.length), content]);
  return Buffer.concat([wasm.subarray(0, HEADER), ...written.flat()]);
}

/** What a module imports: `{ module, name, kind, description }`, the last two as they are written. */
export function importsOf(content) {
  const reader = new Reader(content);
  return Array.from({ length: reader.number() }, () => {
    const [module, name] = [reader.name(), reader.name()];
    const [kind] = reader.bytes(1);
    // wasm-bindgen has functions imported, and the tag of JavaScript's exceptions.
    if (kind !== FUNCTION && kind !== TAG) {
      throw new Problem(`The module imports something of kind ${kind}, which is not expected.`);
    }
    // A tag has a byte before the number of its type.
    const attribute = reader.bytes(kind === TAG ? 1 : 0);
    return { module, name, kind, description: Buffer.concat([attribute, leb(reader.number())]) };
  });
}

/** Reads what stands in a section, from its beginning on. */
export class Reader {
  #bytes;
  #at;

  constructor(bytes, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get atEnd() {
    return this.#at >= this.#bytes.length;
  }

  /** A number as wasm writes it, seven bits to a byte. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  bytes(count) {
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  name() {
    return this.bytes(this.number()).toString();
  }
}

/** A number in the form that `Reader` reads. */
export function leb(number) {
  const bytes = [];
  for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
  return Buffer.from([...bytes, number]);
}

/** A name with its length before it. */
export function nameBytes(name) {
  const bytes = Buffer.from(name);
  return Buffer.concat([leb(bytes.length), bytes]);
}
