// A hash over the files that something is made of, so that it is only made again when one of them changed.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './places.mjs';

/** The hash over every file below `inputs` that `keep` doesn't leave out, and over `versions`. */
export function fingerprint(inputs, { versions = [], keep = () => true } = {}) {
  const hash = createHash('sha256').update(versions.join());
  for (const file of inputs.flatMap((input) => files(input)).filter(keep)) {
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function files(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full)
    .sort()
    .flatMap((name) => files(join(path, name)));
}
