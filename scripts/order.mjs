// The order of a module's functions, in which it is smallest when compressed: gzip sees 32 kB back, so that
// functions that are alike should stand close to each other.

import { Problem } from './cli.mjs';

// https://webassembly.github.io/spec/core/binary/modules.html
const [CUSTOM, IMPORTS, CODE] = [0, 2, 10];
const [FUNCTION, TAG] = [0, 4];
const FUNCTION_NAMES = 1;

/** How many bytes in a row are compared, and how far back, in bytes, functions are looked for that are alike. */
const RUN = 6;
const SEEN = 30_000;

/** Gives the functions of a module names which are in that order when they are sorted, in place of its own. */
export function nameInOrder(wasm) {
  const { bodies, imported, kept } = read(wasm);
  const places = new Map(orderOf(bodies).map((index, place) => [index, place]));
  const names = bodies.flatMap((_, index) => {
    const name = Buffer.from(String(places.get(index)).padStart(6, '0'));
    return [...leb(imported + index), ...leb(name.length), ...name];
  });
  const functions = [...leb(bodies.length), ...names];
  const content = [4, ...Buffer.from('name'), FUNCTION_NAMES, ...leb(functions.length), ...functions];
  return Buffer.concat([...kept, Buffer.from([CUSTOM, ...leb(content.length), ...content])]);
}

/** Begins with the longest; each next one is that of which most was there before. */
function orderOf(bodies) {
  const runs = bodies.map(runsOf);
  const holders = new Map();
  runs.forEach((own, index) => {
    for (const run of own) holders.set(run, [...(holders.get(run) ?? []), index]);
  });
  const seen = new Map();
  /** How many of the runs that are seen each function has. */
  const alike = new Uint32Array(bodies.length);
  const change = (index, by) => {
    for (const run of runs[index]) {
      const count = (seen.get(run) ?? 0) + by;
      seen.set(run, count);
      const appearsOrGoes = count === (by > 0 ? 1 : 0);
      if (appearsOrGoes) for (const holder of holders.get(run)) alike[holder] += by;
    }
  };
  const left = new Set(bodies.keys());
  const best = (score) => [...left].reduce((best, index) => (score(index) > score(best) ? index : best));
  const order = [];
  let [from, bytes] = [0, 0];
  while (left.size > 0) {
    // The share of a short function says little.
    const likeness = (index) => alike[index] / (runs[index].size + 20);
    const next = best(order.length === 0 ? (index) => bodies[index].length : likeness);
    left.delete(next);
    order.push(next);
    change(next, 1);
    bytes += bodies[next].length;
    for (; bytes > SEEN && from < order.length - 1; from += 1) {
      change(order[from], -1);
      bytes -= bodies[order[from]].length;
    }
  }
  return order;
}

function runsOf(body) {
  const runs = new Set();
  for (let at = 0; at + RUN <= body.length; at += 1) runs.add(body.readUIntBE(at, RUN));
  return runs;
}

/** The bodies of a module's functions, how many others are imported, and its sections without names. */
function read(wasm) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const bytes = (count) => {
    at += count;
    return wasm.subarray(at - count, at);
  };
  // wasm-bindgen has functions imported, and the tag of JavaScript's exceptions.
  const functionsAmong = (imports) => {
    let functions = 0;
    for (; imports > 0; imports -= 1) {
      bytes(number());
      bytes(number());
      const [kind] = bytes(1);
      if (kind === FUNCTION) functions += 1;
      else if (kind === TAG) bytes(1);
      else throw new Problem(`The module imports something of kind ${kind}, which is not expected.`);
      number();
    }
    return functions;
  };
  const kept = [wasm.subarray(0, 8)];
  let imported = 0;
  let bodies = [];
  while (at < wasm.length) {
    const begin = at;
    const kind = wasm[at++];
    const end = number() + at;
    if (kind === IMPORTS) imported = functionsAmong(number());
    if (kind === CODE) bodies = Array.from({ length: number() }, () => bytes(number()));
    if (kind !== CUSTOM) kept.push(wasm.subarray(begin, end));
    at = end;
  }
  return { bodies, imported, kept };
}

/** A number as wasm writes it, seven bits to a byte. */
function leb(number) {
  return number < 128 ? [number] : [(number & 127) | 128, ...leb(number >>> 7)];
}
