// The cases in Chromium: the plain file behind an import map, and what each bundler makes of a plain import.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { after, before, it } from 'node:test';
import { chromium } from 'playwright-core';
import { ensureChromium } from '../../scripts/setup.mjs';
import { bundlers } from './support/bundlers.mjs';
import { conforms } from './support/conforms.mjs';
import { makeConsumer } from './support/consumer.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' };
const { folder, cases } = makeConsumer();
let server;
let browser;

before(async () => {
  server = createServer(serve).listen(0, '127.0.0.1');
  const executablePath = await ensureChromium();
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});

after(async () => {
  await browser?.close();
  server.close();
});

it('a browser without a bundler', () =>
  conform('page.mjs', { imports: { weighbridge: '/node_modules/weighbridge/dist/browser/index.js' } }));

for (const [name, bundle] of Object.entries(bundlers)) {
  it(`a browser, bundled with ${name}`, async () =>
    conform(await bundle(folder, 'page.mjs', `bundle-${name}.js`)));
}

async function conform(script, map = {}) {
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error));
  try {
    const query = new URLSearchParams({ script, map: JSON.stringify(map) });
    await page.goto(`http://127.0.0.1:${server.address().port}/page.html?${query}`, { waitUntil: 'load' });
    if (errors.length > 0) throw errors[0];
    conforms(await page.evaluate((cases) => globalThis.conform(cases), cases), cases);
  } finally {
    await page.close();
  }
}

function serve(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
  if (pathname === '/page.html') {
    response.setHeader('content-type', 'text/html');
    return response.end(
      `<!doctype html><script type="importmap">${searchParams.get('map')}</script>` +
        `<script type="module" src="/${searchParams.get('script')}"></script>`,
    );
  }
  try {
    const body = readFileSync(join(folder, pathname));
    response.setHeader('content-type', TYPES[extname(pathname)] ?? 'application/octet-stream');
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
}
