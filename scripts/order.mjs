// The order of a module's functions, in which it is smallest when compressed: gzip sees 32 kB back, so that
// functions that are alike should stand close to each other.

import {
  CODE,
  CUSTOM,
  FUNCTION,
  IMPORTS,
  importsOf,
  leb,
  moduleOf,
  nameBytes,
  Reader,
  sectionsOf,
} from './wasm.mjs';

/** The part of a section of names that names functions. */
const FUNCTION_NAMES = 1;

/** How many bytes in a row are compared, and how far back, in bytes, functions are looked for that are alike. */
const RUN = 6;
const SEEN = 32_000;

/** Gives the functions of a module names which are in that order when they are sorted, in place of its own. */
export function nameInOrder(wasm) {
  const sections = sectionsOf(wasm).filter(({ kind }) => kind !== CUSTOM);
  const contentOf = (wanted) => sections.find(({ kind }) => kind === wanted)?.content ?? Buffer.from([0]);
  const code = new Reader(contentOf(CODE));
  const bodies = Array.from({ length: code.number() }, () => code.bytes(code.number()));
  const places = new Map(orderOf(bodies).map((index, place) => [index, place]));
  const imported = importsOf(contentOf(IMPORTS)).filter(({ kind }) => kind === FUNCTION).length;
  const names = bodies.map((_, index) => {
    return Buffer.concat([leb(imported + index), nameBytes(String(places.get(index)).padStart(6, '0'))]);
  });
  const functions = Buffer.concat([leb(bodies.length), ...names]);
  const content = Buffer.concat([
    nameBytes('name'),
    Buffer.from([FUNCTION_NAMES]),
    leb(functions.length),
    functions,
  ]);
  return moduleOf(wasm, [...sections, { kind: CUSTOM, content }]);
}

/** Begins with the longest; each next one is that of which most was there before. */
function orderOf(bodies) {
  const runs = bodies.map(runsOf);
  const holders = new Map();
  runs.forEach((own, index) => {
    for (const run of own) holders.set(run, [...(holders.get(run) ?? []), index]);
  });
  const seen = new Map();
  /** How many of the runs that are seen each function has; what many have says less. */
  const alike = new Float64Array(bodies.length);
  const change = (index, by) => {
    for (const run of runs[index]) {
      const count = (seen.get(run) ?? 0) + by;
      seen.set(run, count);
      const appearsOrGoes = count === (by > 0 ? 1 : 0);
      if (!appearsOrGoes) continue;
      const all = holders.get(run);
      for (const holder of all) alike[holder] += by / Math.sqrt(all.length);
    }
  };
  const left = new Set(bodies.keys());
  const best = (score) => [...left].reduce((best, index) => (score(index) > score(best) ? index : best));
  const order = [];
  let [from, bytes] = [0, 0];
  while (left.size > 0) {
    // The share of a short function says little.
    const likeness = (index) => alike[index] / (runs[index].size + 60);
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
