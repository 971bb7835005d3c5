// A folder with the packed and installed package, the runners and the cases: what a user's project would be.

import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/places.mjs';
import { allCases } from './cases.mjs';
import { installPackage } from './installed.mjs';

/** The tools that the tests bring with them. */
export const tools = join(root, 'tests', 'npm', 'node_modules');

/** Installs the package beside the runners; `{ folder, cases, load }`. */
export function makeConsumer() {
  if (!existsSync(tools)) throw new Error('tests/npm has no node_modules: run `node tests/npm/run.mjs`.');
  const installed = installPackage();
  cpSync(join(root, 'tests', 'npm', 'conformance'), installed.folder, { recursive: true });
  const cases = allCases();
  writeFileSync(join(installed.folder, 'cases.json'), JSON.stringify(cases));
  return { ...installed, cases };
}
