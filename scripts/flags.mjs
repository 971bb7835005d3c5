// What rustc is told for both wasm builds: SIMD, and no path of this machine in the messages of panics.
// RUSTFLAGS replaces the flags of .cargo/config.toml, so that all of them are here.

import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { root } from './places.mjs';

/** The value of RUSTFLAGS. */
export function rustFlags() {
  const sources = join(process.env.CARGO_HOME || join(homedir(), '.cargo'), 'registry', 'src');
  const folders = existsSync(sources) ? readdirSync(sources) : [];
  const remap = [...folders.map((folder) => `${join(sources, folder)}=crates`), `${root}=weighbridge/`];
  const flags = [process.env.RUSTFLAGS ?? '', '-C target-feature=+simd128'];
  return [...flags, ...remap.map((pair) => `--remap-path-prefix=${pair}`)].join(' ').trim();
}
