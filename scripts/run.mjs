// Runs other programs, in the repository's root unless said otherwise.

import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { Problem } from './cli.mjs';
import { root } from './places.mjs';

/** Runs a program to its end with its output shown; a status other than 0 is a Problem. */
export async function run(command, args, options = {}) {
  const { code } = await finish(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  if (code !== 0) {
    throw new Problem(`\`${[basename(command), ...args].join(' ')}\` failed with status ${code}.`);
  }
}

/** Runs a program to its end and gives `{ code, stdout, output }`, the last with stderr in it; `show` shows it, too. */
export async function capture(command, args, { show = false, ...options } = {}) {
  return finish(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options }, show);
}

function finish(command, args, options, show = false) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, ...options });
    let [stdout, output] = ['', ''];
    for (const [stream, target] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (target === process.stdout) stdout += text;
        if (show) target.write(text);
      });
    }
    child.on('error', (error) => {
      const reason = error.code === 'ENOENT' ? 'it is not installed, or not on the PATH' : error.message;
      reject(new Problem(`\`${command}\` could not be started: ${reason}.`));
    });
    child.on('close', (code, signal) => resolve({ code: code ?? signal, stdout, output }));
  });
}
