// The command-line tools that cargo builds: kept per user by version, so that each is built once.

import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { step } from './cli.mjs';
import { cacheFolder } from './places.mjs';
import { run } from './run.mjs';

/** Crate, version, program, and what to tell a person who waits. worker-build fixes wasm-bindgen's version. */
const TOOLS = {
  'cargo-cyclonedx': { version: '0.5.9', program: 'cargo-cyclonedx', takes: 'a minute' },
  'cargo-deny': { version: '0.20.2', program: 'cargo-deny', takes: 'a minute' },
  'wasm-bindgen-cli': { version: '0.2.129', program: 'wasm-bindgen', takes: 'a minute' },
  'worker-build': { version: '0.8.7', program: 'worker-build', takes: 'a minute' },
};

/** The program of a crate in the cache, whether it is there yet or not. */
export function toolPath(crate) {
  const { version, program } = TOOLS[crate];
  const key = `${crate}-${version}-${process.platform}-${process.arch}`;
  return join(cacheFolder(), 'tools', key, program);
}

/** Names and versions, for a build's fingerprint. */
export function toolVersions() {
  return Object.entries(TOOLS).map(([crate, { version }]) => `${crate}@${version}`);
}

/**
 * Builds the crate's program into the cache if it isn't there, and gives its path. The finished folder
 * is renamed into place, so that whoever looks finds all of it or nothing; of two builds at once, one wins.
 */
export async function ensureTool(crate) {
  const program = toolPath(crate);
  if (existsSync(program)) return program;
  const { version, program: name, takes } = TOOLS[crate];
  step(`building ${crate} ${version} (once per machine, about ${takes} on two cores)`);
  const folder = join(cacheFolder(), 'tools');
  await mkdir(folder, { recursive: true });
  const staging = await mkdtemp(join(folder, '.building-'));
  try {
    const target = ['--root', staging, '--target-dir', join(staging, 'target')];
    await run('cargo', ['install', '--locked', '--debug', '--quiet', ...target, `${crate}@${version}`], {
      env: { ...process.env, CARGO_PROFILE_DEV_DEBUG: '0', CARGO_INCREMENTAL: '0' },
    });
    const finished = join(staging, 'finished');
    await mkdir(finished);
    await copyFile(join(staging, 'bin', name), join(finished, name));
    await rename(finished, join(program, '..')).catch((error) => {
      if (!existsSync(program)) throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return program;
}
