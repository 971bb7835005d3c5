// This machine's clock beside the gateway's. Svix signs a time, and the gateway refuses one that is off.

import { setClock } from '../remedy.mjs';

/** How far a signed time may be from the gateway's, in seconds. */
const TOLERANCE = 300;

/** What the two clocks may differ by without a word, in seconds: a Date has whole seconds, and calls take time. */
const UNREMARKABLE = 5;

/** How many milliseconds the gateway's clock is ahead of this machine's; 0 where that is not known. */
export function clock({ gatewayTime }, report) {
  if (gatewayTime === undefined) {
    const fix = 'set ADMIN_TOKEN here: with it the gateway tells its time';
    report.warn('clock', 'the gateway sends no Date, so that the clocks cannot be compared', fix);
    return 0;
  }
  const offset = gatewayTime.at - gatewayTime.local;
  const seconds = Math.round(Math.abs(offset) / 1000);
  const tolerated = `Telematica's signatures may be ${TOLERANCE} s off`;
  if (seconds <= UNREMARKABLE) {
    report.ok('clock', `within ${UNREMARKABLE} s of the gateway's; ${tolerated}`);
  } else {
    const which = offset < 0 ? 'ahead of' : 'behind';
    const message = `this machine's clock is ${seconds} s ${which} the gateway's; ${tolerated}`;
    if (seconds < TOLERANCE) report.warn('clock', message, setClock());
    else report.fail('clock', `${message}, so that what is signed here is refused`, setClock());
  }
  return offset;
}
