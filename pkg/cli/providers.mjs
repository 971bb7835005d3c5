// The providers as the command line names them.

import { UsageError } from './command.mjs';

export const PROVIDERS = ['smartcar', 'telematica', 'telemax'];

/** The first argument of most commands. */
export function providerOf(name) {
  if (PROVIDERS.includes(name)) return name;
  throw new UsageError(`Say which provider, as the first argument: ${PROVIDERS.join(', ')}.`);
}
