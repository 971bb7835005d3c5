// The body of a delivery, as bytes: from a file or from standard input.

import { readFileSync, statSync } from 'node:fs';
import { UsageError } from './command.mjs';

const MAX_BYTES = 16 * 1_048_576;

/** Reads the body from `file`; without one, or with `-`, from standard input. */
export async function readBody(file, stdin) {
  if (file === undefined || file === '-') return readStream(stdin);
  try {
    if (statSync(file).size > MAX_BYTES) throw new UsageError(TOO_LARGE);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`The file with the body cannot be read: ${error.code}.`);
  }
}

async function readStream(stdin) {
  if (stdin.isTTY) throw new UsageError('Name the file with the body, or pipe the body in.');
  const chunks = [];
  let size = 0;
  for await (const chunk of stdin) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new UsageError(TOO_LARGE);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const TOO_LARGE = `The body is larger than ${MAX_BYTES} bytes; no provider sends as much.`;
