// A wrangler that keeps secrets in a file: the real one puts them into a Worker on the internet.

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Puts it where `npx wrangler` finds it from `folder`. Gives `secrets()`, what it was given; `calls()`, its
 * arguments; `set(secrets)`; and `fail(status)`, with which it then ends, saying all that it was given.
 */
export function standInForWrangler(folder) {
  const bin = join(folder, 'node_modules', '.bin', 'wrangler');
  const file = join(folder, 'wrangler.json');
  const read = () => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { secrets: {}, calls: [] });
  const write = (changes) => writeFileSync(file, JSON.stringify({ ...read(), ...changes }));
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  writeFileSync(bin, `#!${process.execPath}\n(${program})(${JSON.stringify(file)});\n`);
  chmodSync(bin, 0o755);
  return {
    secrets: () => read().secrets,
    calls: () => read().calls,
    set: (secrets) => write({ secrets }),
    fail: (status) => write({ fails: status }),
    reset: () => rmSync(file, { force: true }),
  };
}

const program = String((file) => {
  const { existsSync, readFileSync, writeFileSync } = process.getBuiltinModule
    ? process.getBuiltinModule('node:fs')
    : require('node:fs');
  const state = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { secrets: {}, calls: [] };
  const args = process.argv.slice(2);
  state.calls.push(args);
  if (args[1] === 'list') {
    console.log('some banner\n');
    console.log(JSON.stringify(Object.keys(state.secrets).map((name) => ({ name, type: 'secret_text' }))));
  } else {
    const value = readFileSync(0, 'utf8');
    if (state.fails) console.log(`It was ${value}`);
    else state.secrets[args[2]] = value;
  }
  writeFileSync(file, JSON.stringify(state));
  process.exitCode = state.fails && args[1] !== 'list' ? state.fails : 0;
});
