// Where things are: the repository, the per-user cache, the programs that npm brought.

import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Problem } from './cli.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const modules = join(root, 'node_modules');

/** The folder that a second clone shares with the first, so that it builds no tool again. */
export function cacheFolder() {
  const { WEIGHBRIDGE_CACHE, XDG_CACHE_HOME } = process.env;
  if (WEIGHBRIDGE_CACHE) return WEIGHBRIDGE_CACHE;
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'weighbridge');
}

/** A Node that wrangler accepts: the one in node_modules, or the running one where it is new enough. */
export function nodeBinary() {
  const shipped = join(modules, 'node', 'bin', 'node');
  if (existsSync(shipped)) return shipped;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 12)) return process.execPath;
  throw new Problem(
    'There is no Node 22.12 or newer for wrangler. The npm package `node` ships one, but its install\n' +
      '  script did not run: try `npm rebuild node`, or put a newer Node on the PATH.',
  );
}

/** A program that npm put into node_modules/.bin. */
export function npmBinary(name) {
  return join(modules, '.bin', name);
}

/** The full path of the first of `names` that is on the PATH, or undefined. */
export function findProgram(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const candidate = join(folder, name);
      try {
        accessSync(candidate, constants.X_OK);
        return candidate;
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined;
}
