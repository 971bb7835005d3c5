// Where settings come from: the environment, and a file of variables such as the gateway's .dev.vars.

import { existsSync, readFileSync } from 'node:fs';
import { UsageError } from './command.mjs';

const USUAL_FILE = '.dev.vars';

/**
 * The environment with what the file of --vars adds; without that option, the .dev.vars of the folder
 * that the command runs in. What the environment says itself comes first, and empty values count as absent.
 */
export function settingsOf(file, env) {
  if (file === undefined && !existsSync(USUAL_FILE)) return env;
  const added = Object.entries(parseEnv(read(file ?? USUAL_FILE)));
  return { ...env, ...Object.fromEntries(added.filter(([name, value]) => value !== '' && !env[name])) };
}

/** Reads a file of variables the way wrangler does, as far as secrets need it. */
export function parseEnv(text) {
  const line = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*('[^']*'|"[^"]*"|`[^`]*`|[^#\n\r]*)/gm;
  return Object.fromEntries([...text.matchAll(line)].map(([, name, value]) => [name, unquote(value.trim())]));
}

/** The text of such a file with one variable set; the rest stays as it is. */
export function withVariable(text, name, value) {
  const start = `^([ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=)`;
  const line = new RegExp(
    `${start}[ \\t]*(?:'[^']*'|"[^"]*"|\`[^\`]*\`|[^#\\n\\r]*?)(?=[ \\t]*(?:#|\\r?$))`,
    'gm',
  );
  if (line.test(text)) return text.replace(line, (_, before) => before + value);
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${name}=${value}\n`;
}

function unquote(value) {
  return /^(['"`]).*\1$/s.test(value) ? value.slice(1, -1) : value;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`The file of --vars cannot be read: ${error.code}.`);
  }
}
