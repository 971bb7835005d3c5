// Where a gateway's secret is put, without printing it: the Worker, a file of variables, or a file of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { UsageError } from './command.mjs';
import { parseEnv, withVariable } from './env.mjs';

export const STORE_OPTIONS = {
  'dev-vars': { type: 'boolean' },
  worker: { type: 'boolean' },
  'worker-name': { type: 'string' },
};

export const STORE_HELP = `  --worker             the secret goes into the deployed Worker: wrangler secret put, by standard input
  --worker-name NAME   the Worker's name, where wrangler.toml does not tell it
  --dev-vars           it goes into .dev.vars, or the file of --vars: for a gateway on this machine`;

/** The store that the options name: `{ name, current, put }`, or undefined where they name none. */
export function storeOf(values, variable) {
  if (values.worker && values['dev-vars'])
    throw new UsageError('Choose one place for the secret: --worker or --dev-vars.');
  if (values.worker) return new WorkerStore(variable, values['worker-name']);
  return values['dev-vars'] ? new FileStore(variable, values.vars ?? '.dev.vars') : undefined;
}

/** A file of variables, whose values can be read back. */
class FileStore {
  #variable;
  #file;

  constructor(variable, file) {
    this.#variable = variable;
    this.#file = file;
    this.name = file;
  }

  /** The values that are there; a gateway on this machine reads them when it starts. */
  async current() {
    return split(parseEnv(this.#text())[this.#variable] ?? '');
  }

  async put(secrets) {
    const mode = existsSync(this.#file) ? statSync(this.#file).mode & 0o777 : 0o600;
    const text = withVariable(this.#text(), this.#variable, secrets.join(','));
    writePrivately(`${this.#file}.new`, text, mode);
    renameSync(`${this.#file}.new`, this.#file);
  }

  #text() {
    return existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : '';
  }
}

/** The deployed Worker, by wrangler. What it has cannot be read back. */
class WorkerStore {
  #variable;
  #where;

  constructor(variable, workerName) {
    this.#variable = variable;
    this.#where = workerName === undefined ? [] : ['--name', workerName];
    this.name = 'the Worker';
  }

  /** `undefined` where there are values that nobody can read, else none. */
  async current() {
    const { code, stdout } = await wrangler(['secret', 'list', ...this.#where]);
    if (code !== 0) throw new Error(`wrangler secret list failed. ${HOW_TO_WRANGLER}`);
    return stdout.includes(`"${this.#variable}"`) ? undefined : [];
  }

  async put(secrets) {
    const { code } = await wrangler(['secret', 'put', this.#variable, ...this.#where], secrets.join(','));
    if (code !== 0) throw new Error(`wrangler secret put failed. ${HOW_TO_WRANGLER}`);
  }
}

const HOW_TO_WRANGLER =
  'Run this in the folder of the gateway, where npx wrangler works, and log in: npx wrangler login.';

/** Runs wrangler; what it says about a secret is not shown, for it might repeat it. */
async function wrangler(args, input = '') {
  const child = spawn('npx', ['--no-install', 'wrangler', ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'close').catch(() => [127]);
  return { code, stdout };
}

/** Writes a file that only its owner can read, unless `mode` is another; the flag `wx` creates it. */
export function writePrivately(file, text, mode = 0o600, flag = 'w') {
  writeFileSync(file, text, { mode, flag });
  chmodSync(file, mode);
}

function split(text) {
  return text.split(/[\s,]+/).filter(Boolean);
}
