// Runs an emulator until it is interrupted.

import { once } from 'node:events';
import { UsageError } from './command.mjs';

/** Starts it, prints the settings that lead to it, and ends it with Ctrl-C. */
export async function serve(port, output, { name, start, addresses }) {
  const running = await listening(port, start);
  const settings = addresses(running);
  const lines = Object.entries(settings).map(([variable, value]) => `  ${variable}=${value}`);
  output.result(settings, [`${name} runs. To use it, set:`, ...lines, 'Ctrl-C ends it.'].join('\n'));
  await untilInterrupted();
  await running.close();
  return true;
}

/** Starts an emulator, with words for a port that is taken. */
export async function listening(port, start) {
  try {
    return await start();
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new UsageError(`Port ${port} is in use. Choose another one: --port ${port + 1}`);
  }
}

/** Resolves when the process is told to end. */
export function untilInterrupted() {
  return Promise.race(['SIGINT', 'SIGTERM'].map((name) => once(process, name)));
}
