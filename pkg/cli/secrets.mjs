// Where secrets come from. They are never printed.

import { readFileSync } from 'node:fs';
import { UsageError } from './command.mjs';

/** The names of the secrets, by the hook that they prove deliveries to. */
export const VARIABLES = {
  smartcar: 'SMARTCAR_MANAGEMENT_TOKEN',
  telematica: 'TELEMATICA_SVIX_SECRET',
  'telematica-callback': 'TELEMATICA_CALLBACK_TOKEN',
  telemax: 'TELEMAX_WEBHOOK_SECRET',
};

/** The options that every command with secrets takes. */
export const SECRET_OPTIONS = {
  encoding: { type: 'string' },
  secret: { type: 'string', multiple: true },
  'secret-file': { type: 'string' },
};

export const SECRET_HELP = `  --secret-file FILE   the secret; several, one a line, are tried in order
  --secret TEXT        the secret itself: other users of this machine can see it. May be repeated
  --encoding FORM      how Telemax's key is read from its secret: utf8 (default) or hex`;

/** The secrets of a provider, or of telematica-callback: its bearer tokens. */
export function secretsOf(hook, values, env) {
  const variable = VARIABLES[hook];
  const given = values['secret-file']
    ? readSecrets(values['secret-file'])
    : (values.secret ?? listOf(env[variable]));
  if (given.length > 0) return given;
  throw new UsageError(
    values['secret-file']
      ? 'The file of --secret-file has no secret in it.'
      : `There is no secret of ${hook}. Set ${variable}, in the environment or in .dev.vars, or name a file with --secret-file.`,
  );
}

/** The values of a list in the environment, as the gateway reads it. */
export function listOf(text = '') {
  return split(text, /[\s,]+/);
}

/** How keys are read from secrets, as an option of the package's functions. */
export function encodingOf(values, env) {
  const encoding = values.encoding ?? (env.TELEMAX_SECRET_ENCODING || undefined);
  if (encoding === undefined || encoding === 'utf8' || encoding === 'hex')
    return { secretEncoding: encoding };
  throw new UsageError('The encoding of Telemax keys must be utf8 or hex.');
}

function readSecrets(file) {
  try {
    return split(readFileSync(file, 'utf8'), /\r?\n/);
  } catch (error) {
    throw new UsageError(`The file of --secret-file cannot be read: ${error.code}.`);
  }
}

function split(text, separator) {
  return text.split(separator).filter((part) => part.trim() !== '');
}
