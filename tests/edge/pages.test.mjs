// The providers' pages as a new user follows them: every command that can be run here is run as it stands, by a
// shell, with the packed and installed package, against a gateway; and prints what the page says. In place of
// what stays running the test has its own gateway and emulators, for whose addresses those of the page stand.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseEnv } from '../../pkg/cli/env.mjs';
import { startSmartcar } from '../../pkg/emulator/smartcar.mjs';
import { startTelemax } from '../../pkg/emulator/telemax.mjs';
import { root } from '../../scripts/places.mjs';
import { DEMO_VARS } from '../../scripts/samples.mjs';
import { installPackage } from '../npm/support/installed.mjs';
import { runToEnd } from '../npm/support/process.mjs';
import { startWeighbridge, until } from './harness.mjs';

const BARE = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !Object.hasOwn(DEMO_VARS, name)),
);
/** What builds or deploys, what stays running besides the gateway, and what only its reader can name. */
const NOT_HERE = /^npm (run|install)|^npx wrangler|weighbridge \w+ emulator|<(your|the) \w+>/m;
const STARTS = /^npm start/;
const READS_ONLY = /^curl -s(?!.* -(X|d) )/;

let installed;
let bridge;
const vendor = {};
before(async () => {
  installed = installPackage();
  bridge = await startWeighbridge();
  vendor.telemax = await startTelemax({ apiKey: 'a-key-for-trials', allowLoopback: true });
  vendor.smartcar = await startSmartcar({
    clientId: 'a-client-for-trials',
    clientSecret: 'a-secret-for-trials',
  });
});
after(async () => {
  for (const emulator of Object.values(vendor)) await emulator.close();
  await bridge?.close();
});

for (const provider of ['smartcar', 'telematica', 'telemax']) {
  describe(`docs/providers/${provider}.md`, () => {
    const blocks = blocksOf(readFileSync(join(root, 'docs', 'providers', `${provider}.md`), 'utf8'));
    let place;
    before(() => {
      bridge.cartrack.clear();
      // Within the installed package's folder, so that npx finds its command.
      place = { cwd: mkdtempSync(join(installed.folder, `${provider}-`)), exports: [] };
    });

    for (const { commands, output } of blocks) {
      it(commands.split('\n')[0], async () => {
        const said = () => type(commands, place);
        if (STARTS.test(commands)) await bridge.restart(settingsOf(place.cwd));
        else if (output === undefined) await said();
        else if (READS_ONLY.test(commands))
          await until(async () => output.test(await said()), { interval: 200, what: `${output}` });
        else assert.match(await said(), output);
      });
    }

    it('leads to a relayed event', () => {
      assert.ok(blocks.length >= 5, 'the page has commands');
      const records = bridge.cartrack.received.map(({ record }) => record);
      assert.ok(records.some(({ source }) => source.provider === provider));
    });
  });
}

/** The page's commands that can be run here, each with what it should print where the page shows that. */
function blocksOf(page) {
  const found = page.matchAll(/^```sh\n(.*?)\n```(?:\n\n```text\n(.*?)\n```)?/gms);
  return [...found]
    .map(([, commands, text]) => ({ commands, output: text && patternOf(text) }))
    .filter(({ commands }) => !NOT_HERE.test(commands));
}

/** A text in which … stands for anything. */
function patternOf(text) {
  const parts = text.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*?')}\\s*$`, 's');
}

/** What `npm start` reads in the folder where the page is followed. */
function settingsOf(folder) {
  return parseEnv(readFileSync(join(folder, '.dev.vars'), 'utf8'));
}

/** What the commands print. What they export is there for the next ones, as in one terminal. */
async function type(commands, place) {
  const addresses = [
    ['http://127.0.0.1:8787', bridge.url],
    ['http://127.0.0.1:8788', bridge.cartrack.base],
    ['http://127.0.0.1:8789', vendor.telemax.base],
    ['http://127.0.0.1:8790', vendor.smartcar.base],
  ];
  const typed = ['set -eu', ...place.exports, commands].join('\n');
  const script = addresses.reduce((text, [page, own]) => text.replaceAll(page, own), typed);
  const { code, stdout, stderr } = await runToEnd('bash', ['-c', script], { cwd: place.cwd, env: BARE });
  assert.equal(code, 0, `${commands}\n${stdout}${stderr}`);
  place.exports.push(...(commands.match(/^export .*$/gm) ?? []));
  return addresses.reduce((text, [page, own]) => text.replaceAll(own, page), stdout);
}
