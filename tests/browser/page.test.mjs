// What every view of the console has to be: accessible, as wide as the window, light, and strict about its policy.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { fillFleet, holdLane } from './fleet.mjs';
import { LAPTOP, openConsole, PHONE, request, startChromium, startWeighbridge } from './harness.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The views by name: where they are, and what is to be seen once they are there. */
const VIEWS = {
  overview: { at: '#/', shows: 'What wants a look' },
  signatures: { at: '#/signatures', shows: 'The last refused deliveries' },
  events: { at: '#/events', shows: /newest first/ },
  event: { at: '#/events?state=dead', shows: 'What happened', opens: /^Dead, / },
  waiting: { at: '#/vehicles', shows: 'Its VIN' },
  mappings: { at: '#/vehicles/mappings', shows: /\d+ shown/ },
  import: { at: '#/vehicles/import', shows: 'Or paste it' },
  erase: { at: '#/vehicles/erase', shows: 'Nobody can undo it.' },
  map: { at: '#/map', shows: 'hidden until you show them' },
  playground: { at: '#/playground', shows: 'Nothing leaves this browser:' },
};

let bridge;
let browser;

before(async () => {
  bridge = await startWeighbridge();
  browser = await startChromium();
});
after(async () => {
  await browser?.close();
  await bridge?.close();
});

let filled;

/** Fills the gateway, once. */
function fill() {
  filled ??= fillFleet(bridge).then(() => holdLane(bridge));
  return filled;
}

async function show(page, { at, shows, opens }) {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, at);
  if (opens) await page.getByRole('link', { name: opens }).click();
  await page.getByText(shows).first().waitFor();
}

test('an empty gateway says in every view what to do next', async (t) => {
  const open = await openConsole(browser, bridge, { token: bridge.vars.ADMIN_TOKEN });
  const { page } = open;
  t.after(open.close);
  await show(page, { at: '#/', shows: 'Nothing. To look for one vehicle, search its VIN below Events.' });
  await page.getByText('nothing waits').waitFor();
  await show(page, { at: '#/signatures', shows: 'No delivery was refused.' });
  await page.getByText('Look at Smartcar whether the webhook points to /hooks/smartcar').waitFor();
  await show(page, { at: '#/events', shows: 'No event has arrived yet.' });
  await show(page, { at: '#/events/evt_00_1', shows: 'There is no event of this id.' });
  await show(page, { at: '#/vehicles', shows: 'No vehicle waits for a VIN.' });
  await show(page, { at: '#/vehicles/mappings', shows: 'There are no mappings yet.' });
  await show(page, { at: '#/map', shows: 'No position was delivered yet.' });
  await show(page, { at: '#/nowhere', shows: 'There is no such page.' });
  assert.deepEqual(open.faults, []);
});

test('a failure is told with a way to try again', async (t) => {
  const open = await openConsole(browser, bridge, { token: bridge.vars.ADMIN_TOKEN });
  const { page } = open;
  t.after(open.close);
  const failure = { status: 503, json: { error: 'storage_unavailable', message: 'A lane did not answer.' } };
  await page.route('**/api/events?*', (route) => route.fulfill(failure));
  await show(page, { at: '#/events', shows: 'A lane did not answer.' });
  await page.unroute('**/api/events?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('No event has arrived yet.').waitFor();
  assert.deepEqual(open.faults, []);
});

test('the overview is asked for every five seconds, and not while nobody looks', async (t) => {
  const open = await openConsole(browser, bridge);
  const { page } = open;
  t.after(open.close);
  await page.clock.install();
  await page.getByLabel('Admin token').fill(bridge.vars.ADMIN_TOKEN);
  await page.keyboard.press('Enter');
  await page.getByText('nothing waits').waitFor();
  const asks = (run) => Promise.all([page.waitForResponse('**/api/overview'), run()]);
  await asks(() => page.clock.runFor(5_000));
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/api/overview')) asked += 1;
  });
  await page.clock.runFor(60_000);
  assert.equal(asked, 0);
  await asks(() =>
    page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => false });
      document.dispatchEvent(new Event('visibilitychange'));
    }),
  );
});

for (const [name, options] of Object.entries({
  'a laptop, light': { viewport: LAPTOP },
  'a laptop, dark': { viewport: LAPTOP, dark: true },
  'a phone, light': { viewport: PHONE },
  'a phone, dark': { viewport: PHONE, dark: true },
})) {
  test(`on ${name}: no serious issue of accessibility, and nothing wider than the window`, async (t) => {
    await fill();
    const open = await openConsole(browser, bridge, options);
    const { page } = open;
    t.after(open.close);
    const examine = async (view) => {
      // The policy of the page lets no script in; DevTools' protocol is not the page.
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
      const grave = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
      const said = grave.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
      );
      assert.deepEqual(said, [], view);
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.equal(over, 0, `${view} is ${over} pixels too wide`);
    };
    await page.getByLabel('Admin token').waitFor();
    await examine('sign-in');
    await page.getByLabel('Admin token').fill(bridge.vars.ADMIN_TOKEN);
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'The flow of the last hour' }).waitFor();
    for (const [view, how] of Object.entries(VIEWS)) {
      await show(page, how);
      await examine(view);
    }
    await page.getByRole('button', { name: 'Genuine example' }).click();
    await page.getByText('Genuine.').waitFor();
    await examine('a verdict');
    await show(page, VIEWS.map);
    await page.getByRole('button', { name: /^Show \d+ positions$/ }).click();
    await page
      .getByRole('link', { name: /^Vehicle of/ })
      .first()
      .waitFor();
    await examine('positions');
    await show(page, VIEWS.events);
    await page.getByRole('button', { name: 'Replay all…' }).click();
    await page
      .getByRole('dialog')
      .getByText(/^\d+ events?/)
      .first()
      .waitFor();
    await examine('a question');
    assert.deepEqual(open.faults, []);
  });
}

test('the first load is at most 200 kB, and so is all of it together with the wasm', async (t) => {
  await fill();
  const open = await openConsole(browser, bridge, { token: bridge.vars.ADMIN_TOKEN });
  const { page, loaded } = open;
  t.after(open.close);
  await page.getByRole('region', { name: 'The flow of the last hour' }).waitFor();
  await page.waitForLoadState('networkidle');
  const first = await Promise.all(loaded);
  await show(page, VIEWS.map);
  await show(page, VIEWS.playground);
  await page.getByRole('button', { name: 'Genuine example' }).click();
  await page.getByText('Genuine.').waitFor();
  const all = (await Promise.all(loaded)).filter(({ path }) => !path.startsWith('/api/'));
  const kB = (files) => files.reduce((sum, { bytes }) => sum + bytes, 0) / 1000;
  t.diagnostic(`first load ${kB(first).toFixed(1)} kB, everything ${kB(all).toFixed(1)} kB under gzip`);
  assert.ok(!first.some(({ path }) => path.endsWith('.wasm')), 'the wasm is fetched when it is needed');
  assert.ok(all.some(({ path }) => path.endsWith('.wasm')));
  assert.ok(kB(first) <= 200 && kB(all) <= 200, `${kB(first)} kB, ${kB(all)} kB`);
});

test('every file of the console has the policy and the other headers', async () => {
  const page = await request(`${bridge.url}/`);
  const files = [
    '/',
    '/icon.svg',
    ...[...page.body.matchAll(/(?:href|src)="(assets\/[^"]+)"/g)].map(([, path]) => `/${path}`),
  ];
  assert.ok(files.length >= 4, files.join());
  for (const file of files) {
    const { status, headers } = await request(bridge.url + file);
    assert.equal(status, 200, file);
    const policy = headers.get('content-security-policy');
    assert.match(policy, /default-src 'none'/, file);
    assert.doesNotMatch(policy, /'unsafe-inline'|'unsafe-eval'|https?:|\*/, file);
    for (const [name, value] of Object.entries({
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })) {
      assert.equal(headers.get(name), value, `${name} of ${file}`);
    }
    const kept = /immutable/.test(headers.get('cache-control'));
    assert.equal(
      kept,
      file.startsWith('/assets/'),
      `${file} is kept for good only when its name holds its hash`,
    );
  }
  assert.doesNotMatch(page.body, /<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/, 'nothing inline');
});
