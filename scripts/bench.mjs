// `npm run bench`: what the gateway and the package cost, beside their peers, as ratios from interleaved rounds of
// one run. `npm run bench -- cpu` runs a part, `-- edge` all parts about the Worker; `--base FOLDER` adds an
// earlier build of the gateway, in another clone, to what is compared; `--long` adds what takes half an hour.

import { ensureTools } from '../tests/npm/run.mjs';
import { build } from './build.mjs';
import { buildPackage } from './build-pkg.mjs';
import { entry } from './cli.mjs';
import { nodeBinary } from './places.mjs';
import { run } from './run.mjs';

await entry(import.meta, async (args) => {
  await build();
  await buildPackage();
  await ensureTools();
  await run(nodeBinary(), ['benches/run.mjs', ...args]);
});
