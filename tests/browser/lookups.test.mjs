// What the console tells of a look-up at a provider's API: what came of it, and which values are from there.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startTelemax } from '../../pkg/emulator/telemax.mjs';
import { alert } from '../edge/deliveries.mjs';
import { goTo, openConsole, startChromium, startWeighbridge } from './harness.mjs';

const API_KEY = 'key-of-the-console';
const KNOWN = { id: 71001, vin: 'WDB9066331S071001' };
const UNKNOWN = 71002;

let telemax;
let bridge;
let browser;
let open;

before(async () => {
  telemax = await startTelemax({ apiKey: API_KEY, vehicles: [KNOWN] });
  bridge = await startWeighbridge({ vars: { TELEMAX_API_KEY: API_KEY, TELEMAX_API_URL: telemax.url } });
  browser = await startChromium();
  await bridge.eventIn('delivered', await bridge.accepted('telemax', alert({ vehicle: KNOWN.id })));
  await bridge.accepted('telemax', alert({ vehicle: UNKNOWN }));
});
after(async () => {
  await browser?.close();
  await bridge?.close();
  await telemax?.close();
});
afterEach(async () => {
  await open?.close();
  assert.deepEqual(open?.faults, [], 'nothing happens that must not');
});

/** The story of the one event that is in this state. */
async function storyOf(state) {
  open = await openConsole(browser, bridge, { token: bridge.vars.ADMIN_TOKEN });
  const { page } = open;
  await goTo(page, 'Events');
  await page.getByRole('link', { name: new RegExp(`^${state}, Telemax, event`) }).click();
  return page.getByRole('region', { name: 'What happened' });
}

test('the story says what was looked up, and what of the record comes from it', async () => {
  const story = await storyOf('Delivered');
  await story.getByRole('heading', { name: 'Looked up: telemetry' }).waitFor();
  await story.getByText('From it come: speed, odometer.').waitFor();
  await story.getByText('The provider’s API named the vehicle’s VIN').waitFor();
});

test('of a vehicle without a VIN the story says why the API did not tell it', async () => {
  const story = await storyOf('Waiting for a VIN');
  await story.getByRole('heading', { name: 'Looked up: not found' }).waitFor();
  await story.getByText('The provider’s API does not know this vehicle.').waitFor();
});
