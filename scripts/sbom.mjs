// `npm run sbom`: what a release is made of, as CycloneDX in sbom/: the crates that end up in the Worker and in
// the npm package, and the npm packages that build and test them.

import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entry, Problem, step } from './cli.mjs';
import { root } from './places.mjs';
import { capture, run } from './run.mjs';
import { ensureTool } from './tools.mjs';

const FOLDER = join(root, 'sbom');
const TARGET = ['--target', 'wasm32-unknown-unknown'];

/** Writes the three lists, and gives how many components each has. */
export async function sbom() {
  mkdirSync(FOLDER, { recursive: true });
  const counts = {};
  for (const [name, feature] of Object.entries({ worker: 'edge', package: 'npm' })) {
    counts[name] = await crates(name, feature);
  }
  counts.tools = await modules();
  return counts;
}

async function crates(name, feature) {
  const tool = await ensureTool('cargo-cyclonedx');
  const file = `weighbridge-${name}.cdx`;
  const form = ['--format', 'json', '--override-filename', file, '--no-build-deps', '--quiet'];
  await run(tool, ['cyclonedx', ...TARGET, '--features', feature, ...form]);
  const made = readdirSync(root).find((found) => found.startsWith(file));
  if (!made) throw new Problem('cargo-cyclonedx wrote nothing.');
  return keep(join(root, made), `${file}.json`);
}

async function modules() {
  const { code, stdout, output } = await capture('npm', [
    'sbom',
    '--sbom-format',
    'cyclonedx',
    '--package-lock-only',
  ]);
  if (code !== 0) throw new Problem(`\`npm sbom\` failed:\n${output}`);
  const made = join(root, 'tools.cdx.tmp');
  writeFileSync(made, stdout);
  return keep(made, 'weighbridge-tools.cdx.json');
}

async function keep(made, name) {
  const path = join(FOLDER, name);
  renameSync(made, path);
  const { default: bom } = await import(path, { with: { type: 'json' } });
  const named = bom.components.every(({ name: component, version }) => component && version);
  if (bom.bomFormat !== 'CycloneDX' || !named) throw new Problem(`${name} is no CycloneDX list.`);
  return bom.components.length;
}

await entry(import.meta, async () => {
  const counts = await sbom();
  step(
    `sbom/: ${Object.entries(counts)
      .map(([name, count]) => `${count} components in ${name}`)
      .join(', ')}`,
  );
});
