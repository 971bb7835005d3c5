// What `npm run bench` measures, part by part. Run through scripts/bench.mjs, which builds what is needed.

import { parseArgs } from 'node:util';
import { entry, Problem, step } from '../scripts/cli.mjs';
import { cpu } from './edge/cpu.mjs';
import { memory } from './edge/memory.mjs';
import { relay } from './edge/relay.mjs';
import { size } from './edge/size.mjs';
import { storage } from './edge/storage.mjs';
import { throughput } from './edge/throughput.mjs';
import { native } from './native/run.mjs';
import { verification } from './npm/run.mjs';
import { table } from './table.mjs';

const EDGE = { cpu, throughput, relay, size, storage };
const PARTS = { ...EDGE, npm: verification, native };
/** What takes so long that it runs only when it is named. */
const LONG = { memory };

await entry(import.meta, async (args) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { base: { type: 'string' }, long: { type: 'boolean' } },
  });
  const known = { ...PARTS, ...LONG };
  const names = positionals.flatMap((name) => (name === 'edge' ? Object.keys(EDGE) : [name]));
  for (const name of names) {
    if (!Object.hasOwn(known, name))
      throw new Problem(`There is no part ${name}; known: edge, ${Object.keys(known).join(', ')}`);
  }
  const all = values.long ? known : PARTS;
  const texts = [];
  const aims = [];
  for (const name of names.length > 0 ? names : Object.keys(all)) {
    step(`measuring: ${name}`);
    const measured = await known[name](values);
    texts.push(measured.text);
    aims.push(...(measured.aims ?? []));
  }
  if (aims.length > 0) texts.push(table([['', 'measured', 'aim', ''], ...aims]));
  console.log(`\n${texts.join('\n\n')}`);
});
