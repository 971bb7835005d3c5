// A curl command that a POSIX shell runs as it stands.

import { resolve } from 'node:path';
import { UsageError } from './command.mjs';

/** The line that posts a body. A body from a file is named, for the shell to read its exact bytes. */
export function curlLine(url, headers, body, file) {
  if (!/^https?:\/\//.test(url))
    throw new UsageError('--curl takes the URL to post to, with http:// or https://.');
  const named = file !== undefined && file !== '-';
  const data = named ? `@${resolve(file)}` : textOf(body);
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', quoted(`${name}: ${value}`)]);
  return ['curl', '-sS', '-X', 'POST', quoted(url), ...fields, '--data-binary', quoted(data)].join(' ');
}

function textOf(body) {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(body);
  const exact = Buffer.from(text).equals(body) && !text.includes('\0') && !text.startsWith('@');
  if (exact) return text;
  throw new UsageError(
    'This body cannot be written into a command line. Name a file in place of piping it in.',
  );
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
