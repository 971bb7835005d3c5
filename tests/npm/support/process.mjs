// Child processes that end with the test, whatever becomes of it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

const running = new Set();

/** Runs a program to its end: `{ code, stdout, stderr }`. `input` is what it reads. */
export async function runToEnd(command, args, { input = '', ...options } = {}) {
  const child = start(command, args, options);
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, stdout: child.said.stdout, stderr: child.said.stderr };
}

/** Starts a server and waits until what it says matches; gives the match and `stop`. */
export async function startServer(command, args, pattern, options = {}) {
  const child = start(command, args, options);
  const found = await new Promise((resolve, reject) => {
    const look = () => {
      const match = pattern.exec(child.said.stdout);
      if (match) resolve(match);
    };
    child.stdout.on('data', look);
    child.once('close', (code) =>
      reject(
        new Error(`It ended with ${code} before it was up:\n${child.said.stdout}\n${child.said.stderr}`),
      ),
    );
  });
  return { found, said: child.said, stop: (signal = 'SIGTERM') => stop(child, signal) };
}

function start(command, args, options) {
  const child = spawn(command, args, { stdio: 'pipe', detached: true, ...options });
  running.add(child.pid);
  child.said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      child.said[name] += text;
    });
  }
  child.once('close', () => running.delete(child.pid));
  return child;
}

async function stop(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const closed = once(child, 'close');
  kill(child.pid, signal);
  const [code] = await closed;
  return code;
}

/** Signals a process with its children; one that is gone already is no error. */
function kill(group, signal) {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

process.on('exit', () => {
  for (const group of running) kill(group, 'SIGKILL');
});
