// `npm run check`: formats, lints, documentation and dependencies. Everything is looked at before the
// verdict, so that one run shows all there is to mend.

import { join } from 'node:path';
import { entry, Problem, step } from './cli.mjs';
import { npmBinary, root } from './places.mjs';
import { capture, run } from './run.mjs';
import { setup } from './setup.mjs';
import { ensureTool } from './tools.mjs';

const WASM = ['--target', 'wasm32-unknown-unknown', '--features'];
const STRICT = ['--', '-D', 'warnings'];

const CHECKS = {
  'Rust format': () => run('cargo', ['fmt', '--check']),
  'Rust lints: core': () => run('cargo', ['clippy', '--all-targets', ...STRICT]),
  'Rust lints: edge': () => run('cargo', ['clippy', ...WASM, 'edge', ...STRICT]),
  'Rust lints: npm': () => run('cargo', ['clippy', ...WASM, 'npm', ...STRICT]),
  'Rust lints: faults': () => run('cargo', ['clippy', ...WASM, 'faults', ...STRICT]),
  'Rust documentation: core': () => documentation([]),
  'Rust documentation: edge': () => documentation([...WASM, 'edge']),
  'Rust documentation: npm': () => documentation([...WASM, 'npm']),
  'JavaScript format and lints': () =>
    run(npmBinary('biome'), [
      'ci',
      '--error-on-warnings',
      `--colors=${process.stdout.isTTY ? 'force' : 'off'}`,
      '.',
    ]),
  'Test cases': checkCases,
  'Console types': () => run(npmBinary('tsc'), ['--project', 'console/tsconfig.json']),
  'Rust dependencies': checkCrates,
  'npm dependencies': checkModules,
};

async function check() {
  await setup({ tools: ['cargo-deny'] });
  const failed = [];
  const unchecked = [];
  for (const [name, look] of Object.entries(CHECKS)) {
    step(name);
    try {
      const note = await look();
      if (note) unchecked.push(note);
    } catch (error) {
      console.error(`✗ ${name}: ${error.message}`);
      failed.push(name);
    }
  }
  for (const note of unchecked) console.log(`\n! NOT CHECKED: ${note}`);
  if (failed.length > 0) throw new Problem(`not right yet: ${failed.join('; ')}.`);
  console.log(
    `\n✓ ${Object.keys(CHECKS).length - unchecked.length} of ${Object.keys(CHECKS).length} checks passed in full`,
  );
}

function documentation(args) {
  const flags = { RUSTDOCFLAGS: '-D warnings -A rustdoc::private-intra-doc-links' };
  return run('cargo', ['doc', '--no-deps', '--document-private-items', ...args], {
    env: { ...process.env, ...flags },
  });
}

/** The cases are what their generator writes; it needs Python, which nothing else here does. */
async function checkCases() {
  const version = await capture('python3', ['--version']).catch(() => ({ code: 1 }));
  if (version.code !== 0) return 'the test cases: Python 3, by which they are made, is not installed.';
  await run('python3', ['tests/make_cases.py', '--check']);
}

/** Licences, bans and sources always; advisories, for fuzz targets and benchmarks too, where their database can be had. */
export async function checkCrates() {
  const deny = await ensureTool('cargo-deny');
  await run(deny, ['check', '--hide-inclusion-graph', 'bans', 'licenses', 'sources']);
  const fetched = await capture(deny, ['fetch', 'db'], { env: { ...process.env, GIT_TERMINAL_PROMPT: '0' } });
  if (fetched.code !== 0)
    return `advisories about crates: their database could not be fetched. ${lastLine(fetched.output)}`;
  for (const manifest of ['Cargo.toml', 'fuzz/Cargo.toml', 'benches/native/Cargo.toml'])
    await run(deny, ['--manifest-path', manifest, '--config', 'deny.toml', 'check', 'advisories']);
}

/** npm's advisories about every lock file, where the registry has that service. */
export async function checkModules() {
  for (const folder of ['.', 'tests/npm', 'examples', 'benches/edge/peer']) {
    const { code, stdout, output } = await capture('npm', ['audit', '--json', '--audit-level=moderate'], {
      cwd: join(root, folder),
    });
    if (code === 0) continue;
    const report = readJson(stdout);
    if (report?.vulnerabilities)
      throw new Problem(`\`npm audit\` found something in ${folder}/package-lock.json:\n${stdout}`);
    return `advisories about npm packages: the registry's audit service could not be asked. ${report?.message ?? lastLine(output)}`;
  }
}

function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lastLine(text) {
  return text.trim().split('\n').at(-1).trim();
}

await entry(import.meta, check);
