// What every script shares with the person who runs it: steps, plain errors, an honest exit status.

import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A failure that its reader can do something about: shown as its message alone, without a stack. */
export class Problem extends Error {}

/** Says what happens now. */
export function step(text) {
  console.log(`▸ ${text}`);
}

/** Runs `main` with the command line's arguments when the module is the program itself, not an import. */
export async function entry(meta, main) {
  if (!process.argv[1] || realpathSync(process.argv[1]) !== fileURLToPath(meta.url)) return;
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Problem ? `\n✗ ${error.message}` : error);
    process.exit(1);
  }
}
