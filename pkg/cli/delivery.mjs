// A sample as a provider would send it: its path, its headers, its bytes.

import { sign } from '../index.js';

/**
 * A genuine delivery `{ provider, type, path, headers, body }`. `secret` is the provider's, or the bearer
 * token where the sample goes to the legacy callback.
 */
export function makeDelivery(sample, vehicle, secret, options = {}) {
  const { provider, type, hook = provider } = sample;
  const body = JSON.stringify(sample.content(vehicle));
  const proof =
    hook === provider
      ? sign(provider, body, secret, { now: vehicle.at, ...options })
      : { authorization: `Bearer ${secret}` };
  return {
    provider,
    type,
    path: `/hooks/${hook}`,
    headers: { 'content-type': 'application/json', ...proof },
    body,
  };
}
