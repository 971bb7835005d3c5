// `npm run bench`: the npm package beside its peers, as ratios from interleaved rounds of one run.

import { ensureTools } from '../tests/npm/run.mjs';
import { buildPackage } from './build-pkg.mjs';
import { entry } from './cli.mjs';
import { nodeBinary } from './places.mjs';
import { run } from './run.mjs';

await entry(import.meta, async () => {
  await buildPackage();
  await ensureTools();
  await run(nodeBinary(), ['benches/npm/run.mjs']);
});
