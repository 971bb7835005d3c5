// `npm run bench`: what the gateway and the package cost, beside their peers, as ratios from interleaved rounds of
// one run. `npm run bench -- cpu` runs a part, `-- edge` all parts about the Worker; `--base FOLDER` adds an
// earlier build of the gateway, in another clone, to what is compared.

import { parseArgs } from 'node:util';
import { cpu } from '../benches/edge/cpu.mjs';
import { storage } from '../benches/edge/storage.mjs';
import { ensureTools } from '../tests/npm/run.mjs';
import { build } from './build.mjs';
import { buildPackage } from './build-pkg.mjs';
import { entry, Problem, step } from './cli.mjs';
import { nodeBinary } from './places.mjs';
import { capture } from './run.mjs';

const EDGE = { cpu, storage };
const PARTS = { npm: benchPackage, ...EDGE };

await entry(import.meta, async (args) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { base: { type: 'string' } },
  });
  const names = positionals.flatMap((name) => (name === 'edge' ? Object.keys(EDGE) : [name]));
  for (const name of names) {
    if (!Object.hasOwn(PARTS, name))
      throw new Problem(`There is no part ${name}; known: edge, ${Object.keys(PARTS).join(', ')}`);
  }
  await build();
  const texts = [];
  for (const name of names.length > 0 ? names : Object.keys(PARTS)) {
    step(`measuring: ${name}`);
    texts.push((await PARTS[name](values)).text);
  }
  console.log(`\n${texts.join('\n\n')}`);
});

async function benchPackage() {
  await buildPackage();
  await ensureTools();
  const { code, stdout, output } = await capture(nodeBinary(), ['benches/npm/run.mjs']);
  if (code !== 0) throw new Problem(`The benchmark of the package failed:\n\n${output}`);
  return { text: stdout.trim() };
}
