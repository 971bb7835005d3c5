// What the browser tests stand on: a real Chromium that looks at the console of a real gateway, and notes
// everything that must not happen: errors on its console, breaches of the policy, requests to other hosts.

import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

export { request, startWeighbridge, until } from '../edge/harness.mjs';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const LAPTOP = { width: 1366, height: 768 };
export const PHONE = { width: 390, height: 844 };

/** Starts Chromium: the one that CHROMIUM names, or Debian's. */
export function startChromium() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: FLAGS });
}

/**
 * Opens the console in a window of its own: `{ page, faults, loaded, close }`.
 *
 * `faults` holds what must not happen. `loaded` holds what was fetched, each with its size under gzip. With
 * `token`, the session has begun.
 */
export async function openConsole(browser, bridge, { viewport = LAPTOP, dark = false, token } = {}) {
  const context = await browser.newContext({
    viewport,
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults = [];
  const loaded = [];
  page.on('console', (message) => {
    const expected =
      /status of (400|401|404|503)/.test(message.text()) && message.location().url.includes('/api/');
    if (['error', 'warning'].includes(message.type()) && !expected) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== bridge.url && protocol !== 'blob:') faults.push(`request: ${request.url()}`);
  });
  page.on('response', (response) => loaded.push(note(response)));
  await page.addInitScript((token) => {
    if (token) sessionStorage.setItem('weighbridge-token', token);
    addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  }, token);
  await page.goto(bridge.url);
  return { page, faults, loaded, close: () => context.close() };
}

/** Goes to a view by its link among the views. */
export async function goTo(page, name) {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name }).click();
}

async function note(response) {
  const { pathname } = new URL(response.url());
  const content = await response.body().catch(() => Buffer.alloc(0));
  return { path: pathname, bytes: gzipSync(content).length };
}
