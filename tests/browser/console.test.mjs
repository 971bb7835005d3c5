// What an operator does in the console, from the sign-in to the erasure of a user.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { fillFleet, holdLane, ofSmartcar, USER, VEHICLES } from './fleet.mjs';
import { goTo, openConsole, startChromium, startWeighbridge, until } from './harness.mjs';

let bridge;
let browser;
let open;

before(async () => {
  bridge = await startWeighbridge();
  browser = await startChromium();
  await fillFleet(bridge);
});
after(async () => {
  await browser?.close();
  await bridge?.close();
});
afterEach(async () => {
  await open?.close();
  assert.deepEqual(open?.faults, [], 'nothing happens that must not');
});

/** The console, signed in. */
async function enter(options) {
  open = await openConsole(browser, bridge, { token: bridge.vars.ADMIN_TOKEN, ...options });
  await open.page.getByRole('navigation', { name: 'Views' }).waitFor();
  return open.page;
}

/** The list of choices with this label. */
function choose(page, label) {
  return page.getByRole('combobox', { name: new RegExp(`^${label}`) });
}

test('a wrong token is told apart from a right one, and the way out forgets it', async () => {
  open = await openConsole(browser, bridge);
  const { page } = open;
  const field = page.getByLabel('Admin token');
  await field.fill('not the token');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('This is not one of the gateway’s admin tokens.').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);

  await field.fill(bridge.vars.ADMIN_TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('region', { name: 'The flow of the last hour' }).waitFor();
  assert.equal(await page.evaluate(() => localStorage.length), 0, 'nothing outlives the tab');
  assert.equal(await page.evaluate(() => document.cookie), '');

  await page.reload();
  await page.getByRole('region', { name: 'The flow of the last hour' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await field.waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await page.reload();
  await field.waitFor();
});

test('a token that is withdrawn leads back to the sign-in', async () => {
  open = await openConsole(browser, bridge, { token: 'a token of yesterday' });
  await open.page.getByText('The gateway no longer accepts the token.').waitFor();
  await open.page.getByLabel('Admin token').waitFor();
});

test('the first screen shows flow, counts and what is stuck without scrolling', async () => {
  const page = await enter();
  const flow = page.getByRole('region', { name: 'The flow of the last hour' });
  for (const provider of ['Smartcar', 'Telematica', 'Telemax'])
    await flow.getByRole('link', { name: provider }).waitFor();
  await flow.getByRole('heading', { name: 'Cartrack' }).waitFor();
  await flow.getByRole('link', { name: '1 waiting to be sent' }).waitFor();
  await flow.getByRole('link', { name: '4 waiting for a VIN' }).waitFor();
  await flow.getByRole('link', { name: '1 dead' }).waitFor();
  await page.getByText('Oldest waiting event').waitFor();
  const chart = page.getByRole('img', {
    name: /^Deliveries received and refused.* Received: \d+, at most \d+ in a minute/,
  });
  await chart.locator('canvas').waitFor();
  for (const card of await page.locator('main .card').all()) {
    const { y, height } = await card.boundingBox();
    assert.ok(
      y + height <= page.viewportSize().height,
      `${await card.getAttribute('class')} ends at ${y + height}`,
    );
  }
  await page.getByRole('button', { name: /^Dead/ }).click();
  assert.equal(await page.getByRole('button', { name: /^Dead/ }).getAttribute('aria-pressed'), 'false');
});

test('signature health diagnoses what was refused', async () => {
  const page = await enter();
  await goTo(page, 'Signatures');
  const smartcar = page.getByRole('region', { name: /^Smartcar/ });
  await smartcar.getByText('some do not match').waitFor();
  await smartcar.getByText('Last challenge answered').first().waitFor();
  await page
    .getByRole('region', { name: /^Telematica/ })
    .getByText('a clock is off, or recordings are played again')
    .waitFor();
  const refused = page.getByRole('region', { name: 'The last refused deliveries' });
  for (const code of ['signature_mismatch', 'timestamp_too_old', 'missing_header'])
    await refused.getByRole('cell', { name: code }).first().waitFor();
});

test('a dead letter is found, understood and replayed', async () => {
  const page = await enter();
  await page.getByRole('link', { name: '1 dead letter: find out why, then replay' }).click();
  await page.getByRole('link', { name: /^Dead, Smartcar, event evt_/ }).click();
  await page.getByText('Cartrack refused the record for good.').first().waitFor();
  const story = page.getByRole('region', { name: 'What happened' });
  for (const step of [
    'Received',
    'Verified',
    'Mapped',
    'Attempt 1: Cartrack answered 422',
    'Dead: refused by Cartrack',
  ]) {
    await story.getByRole('heading', { name: step }).waitFor();
  }
  await story.getByText('unknown_vehicle').waitFor();
  assert.ok(
    !(await page.content()).includes(VEHICLES.dead.vin),
    'the VIN is masked, in Cartrack’s reply, too',
  );
  await page
    .getByRole('button', { name: /^VIN, hidden/ })
    .first()
    .click();
  await page.getByText(VEHICLES.dead.vin).waitFor();

  bridge.cartrack.setFaults([]);
  await page.getByRole('button', { name: 'Replay' }).click();
  await page.getByRole('heading', { name: 'Delivered', level: 1 }).waitFor();
  await story.getByRole('heading', { name: 'Attempt 2: Cartrack answered 202' }).waitFor();
  assert.ok(bridge.cartrack.received.some(({ record }) => record.chassis_number === VEHICLES.dead.vin));
});

test('events are filtered, found by VIN and vehicle, and nothing personal is in the address', async () => {
  const page = await enter();
  await goTo(page, 'Events');
  const rows = page.getByRole('region', { name: 'Events found' }).getByRole('row');
  await choose(page, 'State').selectOption('skipped');
  await page.getByText('1 to 1, newest first').waitFor();
  await rows.getByText('test').waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();

  await page.getByLabel('Find').fill(VEHICLES.erased.vin);
  await page.getByLabel('Find').press('Enter');
  await page.getByText('1 to 1, newest first').waitFor();
  assert.ok(!page.url().includes(VEHICLES.erased.vin), page.url());
  await page.getByRole('link', { name: /^Delivered, Smartcar/ }).click();
  await page.getByRole('link', { name: 'All of this vehicle' }).click();
  await page.getByText('1 to 1, newest first').waitFor();
  assert.ok(!page.url().includes(VEHICLES.erased.id), page.url());
  await page.goBack();
  await page.getByRole('region', { name: 'What happened' }).waitFor();

  await goTo(page, 'Events');
  await page.getByLabel('From').fill('2020-01-01T00:00');
  await page.getByLabel('To', { exact: true }).fill('2020-01-02T00:00');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('No stored event fits.').waitFor();
});

test('all that match are replayed after their number was told', async () => {
  const page = await enter();
  await goTo(page, 'Events');
  await choose(page, 'State').selectOption('delivered');
  await choose(page, 'Provider').selectOption('telematica');
  await page.getByText(/^1 to \d+, newest first$/).waitFor();
  // Another provider's event is tried again about now.
  const sent = () =>
    bridge.cartrack.requests.filter(({ record }) => record.source.provider === 'telematica').length;
  const before = sent();
  await page.getByRole('button', { name: 'Replay all…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Replay all that match' });
  await dialog
    .getByText(/^4 events/)
    .first()
    .waitFor();
  assert.equal(sent(), before, 'counting sends nothing');
  await dialog.getByRole('button', { name: 'Replay 4 events' }).click();
  await dialog.getByText('4 events will be sent again now.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await until(() => sent() === before + 4, { what: 'four records sent again' });
});

test('an unmapped vehicle is given its VIN, and its events are delivered', async () => {
  const page = await enter();
  await goTo(page, 'Vehicles');
  const rows = page.getByRole('region', { name: 'Waiting for a VIN' }).getByRole('row');
  const first = rows.nth(1);
  await first.getByRole('link', { name: '3 events; look at them' }).waitFor();
  await first.getByRole('textbox').fill('too short');
  await first.getByRole('button', { name: 'Save' }).click();
  await first.getByText('A VIN has 17 letters and digits; this has 9.').waitFor();
  await first.getByRole('textbox').fill(VEHICLES.unmapped.vin.toLowerCase());
  await first.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Its 3 events go to Cartrack now.').waitFor();
  const arrived = () =>
    bridge.cartrack.received.filter(({ record }) => record.chassis_number === VEHICLES.unmapped.vin);
  await until(() => arrived().length === 3, { what: 'the vehicle’s three events at Cartrack' });
  await rows.getByRole('link', { name: '3 events; look at them' }).waitFor({ state: 'detached' });
});

test('a list with one bad line is shown, imported and explained', async () => {
  const page = await enter();
  await goTo(page, 'Vehicles');
  await page.getByRole('link', { name: 'Import' }).click();
  const list = [
    'provider,vehicle,vin,make,user',
    `telemax,${VEHICLES.unmappedToo.id},${VEHICLES.unmappedToo.vin},"Mercedes, Benz",`,
    'telemax,90003,NOT A VIN,Ford,',
    'telemax,90004,WDB9066331S090004,Ford,',
  ].join('\n');
  await page
    .getByLabel('File')
    .setInputFiles({ name: 'fleet.csv', mimeType: 'text/csv', buffer: Buffer.from(list) });
  await page.getByText('1 cannot').waitFor();
  await page.getByRole('row', { name: /^3 a VIN has 17 letters and digits/ }).waitFor();
  await page.getByRole('button', { name: 'Import 2 lines' }).click();
  await page.getByText('2 mappings were imported.').waitFor();
  await page.getByText('Line 3:').waitFor();
  const { body } = await bridge.admin('GET', `/api/mappings/telemax/${VEHICLES.unmappedToo.id}`);
  assert.equal(body.vin, VEHICLES.unmappedToo.vin);
  assert.equal(body.make, 'Mercedes, Benz');
  assert.equal((await bridge.admin('GET', '/api/mappings/telemax/90003')).status, 404);
});

test('mappings are searched, edited, exported and deleted', async () => {
  const page = await enter();
  await goTo(page, 'Vehicles');
  await page.getByRole('link', { name: 'Mappings' }).click();
  await choose(page, 'Provider').selectOption('telemax');
  await page.getByLabel('Vehicle id begins with').fill('90004');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('1 shown').waitFor();
  await page.getByRole('button', { name: 'Edit…' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit the mapping' });
  await edit.getByLabel('VIN').fill('WDB');
  await edit.getByRole('button', { name: 'Save' }).click();
  await edit.getByText('A mapping needs a VIN: 17 letters and digits.').waitFor();
  await edit.getByLabel('VIN').fill('WDB9066331S099999');
  await edit.getByLabel('Model').fill('Tourneo');
  await edit.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('cell', { name: 'Ford Tourneo' }).waitFor();

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export as CSV' }).click();
  const stream = await (await download).createReadStream();
  const csv = Buffer.concat(await stream.toArray()).toString();
  assert.match(csv, /^provider,vehicle,vin,user,make,model,year,registration\n/);
  assert.match(csv, /^telemax,90004,WDB9066331S099999,,Ford,Tourneo,,$/m);

  await page.getByRole('button', { name: 'Delete…' }).click();
  await page
    .getByRole('dialog', { name: 'Delete this mapping?' })
    .getByRole('button', { name: 'Delete' })
    .click();
  await page.getByText('No mapping fits.').waitFor();
  assert.equal((await bridge.admin('GET', '/api/mappings/telemax/90004')).status, 404);
});

test('the map shows positions once somebody asks for them', async () => {
  const page = await enter();
  await goTo(page, 'Map');
  const map = page.getByRole('figure', { name: 'World map' });
  await map.waitFor();
  assert.equal(await map.getByRole('link').count(), 0, 'positions are masked');
  await page.getByRole('button', { name: /^Show \d+ positions$/ }).click();
  await map.getByRole('link', { name: 'Vehicle of Telemax, position of this hour' }).first().focus();
  await page.keyboard.press('Enter');
  await page.getByText(/^1 to \d+, newest first$/).waitFor();
});

test('the playground judges a genuine and a forged delivery, and sends nothing', async () => {
  const page = await enter();
  await goTo(page, 'Playground');
  await page.getByText('Nothing leaves this browser:').waitFor();
  const verdict = page.getByRole('region', { name: 'Verdict' });
  const requests = [];
  for (const provider of ['smartcar', 'telematica', 'telemax']) {
    await choose(page, 'Provider').selectOption(provider);
    await page.getByRole('button', { name: 'Genuine example' }).click();
    if (requests.length === 0)
      page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await verdict.getByText('Genuine.').waitFor();
    await verdict.getByText('"chassis_number"').waitFor();
    await page.getByRole('button', { name: 'Forged example' }).click();
    await verdict.getByText('Refused:').waitFor();
    await verdict.getByText('signature_mismatch').waitFor();
    assert.equal(await verdict.getByText('"chassis_number"').count(), 0);
  }
  await page.getByRole('button', { name: 'Genuine example' }).click();
  const body = page.getByLabel('Body, exactly as it came');
  await body.fill(JSON.stringify(JSON.parse(await body.inputValue())));
  await page.getByRole('button', { name: 'Judge it' }).click();
  await verdict.getByText('the body was parsed and written again').waitFor();
  assert.deepEqual(
    requests.filter((path) => path !== '/api/overview'),
    [],
    'nothing is sent',
  );
});

test('a held lane is a banner on every page, and is resumed', async () => {
  await holdLane(bridge);
  const page = await enter();
  await page.getByText('Held: nothing is sent to Cartrack on 1 lane.').waitFor();
  await goTo(page, 'Events');
  await page.getByRole('link', { name: 'See what was refused' }).click();
  await page.getByRole('link', { name: /^Held, Smartcar/ }).waitFor();
  bridge.cartrack.setFaults([]);
  await page.getByRole('button', { name: 'Resume now' }).click();
  await page.getByText('Held: nothing is sent to Cartrack').waitFor({ state: 'detached' });
  await until(
    () => bridge.cartrack.received.some(({ record }) => record.chassis_number === VEHICLES.held.vin),
    { what: 'the held event at Cartrack' },
  );
});

test('a user is erased after a clear warning', async () => {
  const page = await enter();
  await goTo(page, 'Vehicles');
  await page.getByRole('link', { name: 'Erase a user' }).click();
  await choose(page, 'Provider').selectOption('smartcar');
  await page.getByLabel('User id').fill(USER);
  await page.getByRole('button', { name: 'Look up…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Erase this user for good?' });
  await dialog.getByText('1 vehicle').waitFor();
  await dialog.getByText('This cannot be undone').waitFor();
  const erase = dialog.getByRole('button', { name: 'Erase' });
  assert.ok(await erase.isDisabled());
  await dialog.getByLabel('I understand').check();
  await erase.click();
  await page.getByText('The user is erased: 1 mapping and what was personal in 1 event.').waitFor();
  const { body } = await bridge.admin('GET', `/api/events?q=${VEHICLES.erased.vin}`);
  assert.deepEqual(body.events, []);
});

test('long lists come page by page', async () => {
  const { vars } = bridge;
  const trials = Array.from({ length: 60 }, (_, index) =>
    ofSmartcar(vars, { ...VEHICLES.retried, id: `trial-${index}` }, { mode: 'TEST' }),
  );
  for (const trial of trials) assert.equal((await bridge.deliver(trial)).status, 200);
  const page = await enter();
  await goTo(page, 'Events');
  await choose(page, 'State').selectOption('skipped');
  await page.getByText('1 to 50, newest first; there are more').waitFor();
  const rows = page.getByRole('region', { name: 'Events found' }).locator('tbody tr');
  assert.equal(await rows.count(), 50);
  await page.getByRole('button', { name: 'Older →' }).click();
  await page.getByText('51 to 61, newest first').waitFor();
  assert.equal(await rows.count(), 11);
  assert.ok(await page.getByRole('button', { name: 'Older →' }).isDisabled());
  await page.getByRole('button', { name: '← Newer' }).click();
  await page.getByText('1 to 50, newest first; there are more').waitFor();
});

test('the keyboard alone suffices', async () => {
  open = await openConsole(browser, bridge);
  const { page } = open;
  const focused = () =>
    page.evaluate(() => {
      const { activeElement } = document;
      return activeElement.id || activeElement.closest('a, button')?.textContent.trim() || '';
    });
  const tabTo = async (text, key = 'Tab') => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press(key);
      if ((await focused()).startsWith(text)) return;
    }
    assert.fail(`${key} never comes to “${text}”`);
  };
  await page.getByLabel('Admin token').waitFor();
  assert.equal(await focused(), 'token', 'the first field has the focus');
  await page.keyboard.type(bridge.vars.ADMIN_TOKEN);
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'The flow of the last hour' }).waitFor();
  await tabTo('Events', 'Shift+Tab');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, 'none', 'the focus is to be seen');
  await page.keyboard.press('Enter');
  await page.getByText(/newest first/).waitFor();
  await tabTo('Replay all…');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Replay all that match' });
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await until(async () => (await focused()) === 'Replay all…', {
    what: 'the focus on what opened the dialog',
  });
  await tabTo('Skipped');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'What happened' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Admin token').waitFor();
});
