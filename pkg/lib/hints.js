// What is probably wrong when a signature does not match: said in the message, never guessed from.

import { KEYS } from './providers.js';

/** A sentence on what the secrets or the body look like, or nothing. */
export function hint(ring, body) {
  const { kind, secrets } = ring;
  const prefixed = secrets.some((secret) => secret.startsWith('whsec_'));
  if (typeof body === 'string' && body.includes('\ufffd')) {
    return ' The body holds replacement characters: it was decoded before. Pass the raw bytes.';
  }
  if (kind === KEYS.standardWebhooks && !prefixed) {
    return ' The secret lacks the prefix whsec_: make sure that it is the signing secret of this endpoint.';
  }
  if (kind === KEYS.utf8 && prefixed) {
    return ' The secret has the prefix whsec_, which secrets of this provider do not have.';
  }
  return '';
}
