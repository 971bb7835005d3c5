// A vehicle that nobody has, for deliveries that prove a gateway and move nothing on: it has neither a VIN nor
// a position, and without a position a gateway skips an event and never sends it to Cartrack.

import { makeFleet } from './fleet.mjs';

/** The id of the phantom and its owner at every provider, by which its events are known in the console. */
export const PHANTOM = 'weighbridge-check';

/** The phantom as of `now`, in the form of the fleet's vehicles, for samples to be made of. */
export function makePhantom(now = Date.now()) {
  const [vehicle] = makeFleet(1, now);
  return {
    ...vehicle,
    ids: { smartcar: PHANTOM, telematica: PHANTOM, telemax: PHANTOM },
    name: PHANTOM,
    position: {},
    registration: PHANTOM,
    user: PHANTOM,
    vin: undefined,
  };
}
