// Headers as they are written on a command line, in a file, or in a log.

import { readFileSync } from 'node:fs';
import { UsageError } from './command.mjs';

/** The headers of --header and of the file of --headers: each name with all of its values. */
export function headersOf(values) {
  const lines = (values.header ?? []).map((line) => field(line));
  if (values.headers !== undefined) lines.push(...readFields(values.headers));
  const headers = {};
  for (const [name, value] of lines) {
    const key = name.toLowerCase();
    headers[key] = [...(headers[key] ?? []), value];
  }
  return headers;
}

/** Headers as lines, the way `sign` prints and `verify` reads them. */
export function linesOf(headers) {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

function readFields(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`The file of --headers cannot be read: ${error.code}.`);
  }
  if (text.trimStart().startsWith('{')) return jsonFields(text);
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !isRequestLine(line));
  return lines.map((line) => field(line));
}

function jsonFields(text) {
  let headers;
  try {
    headers = JSON.parse(text);
  } catch {
    throw new UsageError('The file of --headers begins with a brace but is not JSON.');
  }
  return Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
}

function field(line) {
  const [, name, value] = /^\s*([^\s:]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
  if (name !== undefined) return [name, value];
  throw new UsageError("A header is written as 'name: value'.");
}

function isRequestLine(line) {
  return /^[A-Z]+ \S+ HTTP\/[\d.]+$/.test(line.trim());
}
