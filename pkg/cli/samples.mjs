// One sample of every event of every provider, about a vehicle of the simulated fleet.

import { SMARTCAR } from './samples/smartcar.mjs';
import { TELEMATICA } from './samples/telematica.mjs';
import { TELEMAX } from './samples/telemax.mjs';

/**
 * @typedef {object} Sample
 * @property {'smartcar' | 'telematica' | 'telemax'} provider
 * @property {string} type  what the command line calls it
 * @property {string} about  what it says
 * @property {string} [hook]  the hook that takes it, where that is not the provider's own
 * @property {boolean} [everyday]  whether a fleet sends it all day long
 * @property {(vehicle: import('./fleet.mjs').Vehicle) => object} content  the body, as of the vehicle's time
 */

/** @type {readonly Sample[]} */
export const SAMPLES = [
  ...SMARTCAR.map((sample) => ({ provider: 'smartcar', ...sample })),
  ...TELEMATICA.map((sample) => ({ provider: 'telematica', ...sample })),
  ...TELEMAX.map((sample) => ({ provider: 'telemax', ...sample })),
];

/** The sample of this type; undefined where there is none. */
export function sampleOf(provider, type) {
  return SAMPLES.find((sample) => sample.provider === provider && sample.type === type);
}

/** What a fleet sends all day long. */
export function everydaySamples(provider) {
  return SAMPLES.filter((sample) => sample.provider === provider && sample.everyday);
}
