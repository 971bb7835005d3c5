// What rustc is told for both wasm builds: SIMD, and no path of this machine in the messages of panics.
// RUSTFLAGS replaces the flags of .cargo/config.toml, so that all of them are here.
//
// The Worker's standard library is built with it, for size: the one that rustup brings is built for speed,
// and puts words together for a panic that nobody reads. This is not stable in Cargo, but fixed by the
// version in rust-toolchain.toml.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { root } from './places.mjs';

/** What cargo is told besides, so that it builds the standard library; RUSTFLAGS have OWN_STD then. */
export const BUILD_STD = {
  CARGO_UNSTABLE_BUILD_STD: 'std,panic_abort',
  CARGO_UNSTABLE_BUILD_STD_FEATURES: 'optimize_for_size',
  RUSTC_BOOTSTRAP: '1',
};

/** A panic is a trap at once, what `Debug` would print is nothing, and names are as short as in stable Rust. */
export const OWN_STD = [
  '-Zunstable-options',
  '-Cpanic=immediate-abort',
  '-Csymbol-mangling-version=legacy',
  '-Zfmt-debug=none',
];

/** The value of RUSTFLAGS, with more of them or without. */
export function rustFlags(more = []) {
  const sources = join(process.env.CARGO_HOME || join(homedir(), '.cargo'), 'registry', 'src');
  const folders = existsSync(sources) ? readdirSync(sources) : [];
  const remap = [
    ...folders.map((folder) => `${join(sources, folder)}=crates`),
    `${join(sysroot(), 'lib', 'rustlib', 'src', 'rust')}=rust`,
    `${root}=weighbridge/`,
  ];
  const flags = [process.env.RUSTFLAGS ?? '', '-C target-feature=+simd128'];
  return [...flags, ...more, ...remap.map((pair) => `--remap-path-prefix=${pair}`)].join(' ').trim();
}

/** Where the sources of the standard library are, whose paths come in with them. */
function sysroot() {
  return execFileSync('rustc', ['--print', 'sysroot'], { cwd: root, encoding: 'utf8' }).trim();
}
