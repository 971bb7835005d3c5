// `weighbridge telemax webhooks rotate` on a real gateway, with the emulator of Telemax firing alerts all the while.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { parseEnv } from '../../pkg/cli/env.mjs';
import { startTelemax } from '../../pkg/emulator/telemax.mjs';
import { nodeBinary, root } from '../../scripts/places.mjs';
import { request, startWeighbridge, until } from './harness.mjs';

const API_KEY = 'a3f1c2b4-5d6e-4890-abcd-ef1234567890';
const VARIABLE = 'TELEMAX_WEBHOOK_SECRET';

let bridge;
let telemax;
let folder;
let first;
before(async () => {
  bridge = await startWeighbridge();
});
after(() => bridge?.close());

beforeEach(async () => {
  telemax = await startTelemax({ apiKey: API_KEY, allowLoopback: true, retryMs: Array(200).fill(250) });
  folder = mkdtempSync(join(tmpdir(), 'weighbridge-rotate-'));
  first = (await api('POST', '/webhooks', { url: `${bridge.url}/hooks/telemax`, alertIds: [101, 102] })).body;
  await bridge.restart({ [VARIABLE]: first.secret });
  const vars = { ADMIN_TOKEN: bridge.vars.ADMIN_TOKEN, [VARIABLE]: first.secret };
  writeFileSync(
    inFolder('.dev.vars'),
    Object.entries(vars)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
});
afterEach(async () => {
  await telemax?.close();
  rmSync(folder, { recursive: true, force: true });
});

const inFolder = (name) => join(folder, name);
const stored = () => parseEnv(readFileSync(inFolder('.dev.vars'), 'utf8'))[VARIABLE].split(',');
const journal = () => JSON.parse(readFileSync(inFolder('telemax-rotation.json'), 'utf8'));

/** Calls the emulated API. */
async function api(method, path, content) {
  const form = new URLSearchParams({ apiKey: API_KEY });
  const { body } = await request(`${telemax.url}/api/v2/authentication/token/api-key`, {
    method: 'POST',
    body: form,
  });
  const headers = {
    Authorization: `Bearer ${body.access_token}`,
    'X-API-Version': '2',
    'Content-Type': 'application/json',
  };
  return request(`${telemax.url}/api/v2${path}`, {
    method,
    headers,
    body: content && JSON.stringify(content),
  });
}

/** Starts a rotation; `ended` gives its status, `said` what it printed. */
function rotate(...args) {
  const bin = join(root, 'pkg', 'bin', 'weighbridge.mjs');
  const all = [bin, 'telemax', 'webhooks', 'rotate', '--dev-vars', '--settle', '1', '--json', ...args];
  const env = { PATH: process.env.PATH, TELEMAX_API_KEY: API_KEY, TELEMAX_API_URL: telemax.url };
  const child = spawn(nodeBinary(), all, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const run = { said: '', kill: (signal) => child.kill(signal) };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      run.said += text;
    });
  }
  run.ended = once(child, 'close').then(([code]) => {
    for (const secret of [first.secret, ...stored(), API_KEY]) assert.ok(!run.said.includes(secret));
    return code;
  });
  return run;
}

/** Fires alerts until it is told to stop: then gives how many, once each has been taken. */
function firing() {
  const results = [];
  let stopped = false;
  const fired = (async () => {
    for (let index = 0; !stopped; index += 1) {
      // Each alert has bytes of its own, so that only the second webhook's copy of it is a duplicate.
      const position = { lat: -33 - index / 1e5, lng: 151 };
      const alert = { alertType: 'Ignition', vehicleId: 88421, data: { isStarted: true }, position };
      results.push(telemax.fire(alert));
      await pause(100);
    }
  })();
  return async () => {
    stopped = true;
    await fired;
    return (await Promise.all(results)).flat();
  };
}

/** Gives the gateway what is stored whenever that changes, as a deployment does. */
function deploying() {
  let stopped = false;
  let deployed = stored().join();
  const done = (async () => {
    while (!stopped) {
      if (stored().join() !== deployed) {
        deployed = stored().join();
        await bridge.restart({ [VARIABLE]: deployed });
      }
      await pause(50);
    }
  })();
  return async () => {
    stopped = true;
    await done;
  };
}

test('a rotation refuses no delivery, though it is interrupted and goes on', async () => {
  const stopFiring = firing();
  const stopDeploying = deploying();
  let results;
  try {
    // Killed while its call to create the second webhook is under way: that one's secret is lost.
    telemax.setFaults({ delay_ms: 1_000, times: 1, match: { route: 'webhooks.create' } });
    const killed = rotate();
    await until(() => existsSync(inFolder('telemax-rotation.json')) && journal().creating, {
      what: 'a call',
    });
    killed.kill('SIGKILL');
    await killed.ended;
    await until(() => telemax.webhooks.size === 2, { what: 'the webhook that nobody knows the secret of' });
    assert.deepEqual(stored(), [first.secret]);

    // Interrupted while it waits for the gateway.
    const interrupted = rotate();
    await until(() => journal().stored, { timeout: 60_000, what: 'the secret to be stored' });
    assert.equal(statSync(inFolder('telemax-rotation.json')).mode & 0o777, 0o600);
    interrupted.kill('SIGINT');
    assert.equal(await interrupted.ended, 1);
    assert.match(interrupted.said, /run it again, and it goes on/);
    assert.equal(stored().length, 2);
    assert.equal(stored()[1], first.secret);

    const last = rotate();
    assert.equal(await last.ended, 0, last.said);
    assert.deepEqual(
      [...telemax.webhooks.values()].map(({ secret, url, alertIds, isActive }) => ({
        secret,
        url,
        alertIds,
        isActive,
      })),
      [{ secret: stored()[0], url: first.url, alertIds: first.alertIds, isActive: true }],
    );
    assert.equal(stored().length, 1);
    assert.ok(!existsSync(inFolder('telemax-rotation.json')));
    const [{ id }] = telemax.webhooks.values();
    assert.deepEqual(JSON.parse(last.said.trim().split('\n').at(-1)), {
      first: first.id,
      second: id,
      url: first.url,
      store: '.dev.vars',
      old_secret: 'removed',
    });
    const before = telemax.deliveries.length;
    await until(() => telemax.deliveries.length > before + 3, { what: 'alerts after the rotation' });
  } finally {
    await stopDeploying();
    results = await stopFiring();
  }
  assert.ok(results.length > 10);
  // A webhook that is deleted tries no more: its copy of an alert has come with the other webhook.
  const statuses = new Set(telemax.deliveries.map(({ status }) => status));
  for (const status of statuses)
    assert.ok([0, 200, 202].includes(status), `a delivery was answered ${status}`);
  const { signatures } = (await bridge.admin('GET', '/api/overview')).body;
  assert.equal(signatures.telemax.modes.live.refusals, undefined);
});

test('alerts that are refused with the new secret switch its webhook off again', async () => {
  const stopFiring = firing();
  const stopDeploying = deploying();
  try {
    const run = rotate();
    await until(() => existsSync(inFolder('telemax-rotation.json')) && journal().second, {
      what: 'a secret',
    });
    const { id, secret } = journal().second;
    const second = telemax.webhooks.get(id);
    second.secret = 'CD'.repeat(32);
    assert.equal(await run.ended, 1, run.said);
    assert.match(run.said, /refuses alerts with signature_mismatch, so webhook 42 is switched off again/);
    assert.deepEqual([second.isActive, telemax.webhooks.has(first.id)], [false, true]);

    second.secret = secret;
    const again = rotate();
    assert.equal(await again.ended, 0, again.said);
    assert.deepEqual([second.isActive, telemax.webhooks.has(first.id)], [true, false]);
  } finally {
    await stopDeploying();
    await stopFiring();
  }
});

test('a secret that is not the gateway’s changes nothing', async () => {
  const other = 'AB'.repeat(32);
  writeFileSync(inFolder('.dev.vars'), `ADMIN_TOKEN=${bridge.vars.ADMIN_TOKEN}\n${VARIABLE}=${other}\n`);
  const { said, ended } = await done(rotate());
  assert.equal(ended, 1);
  assert.match(
    said,
    /is not what the gateway has: the gateway does not know the secret. Nothing was changed/,
  );
  assert.deepEqual([telemax.webhooks.size, stored()], [1, [other]]);
});

test('a wrong token of the administration, or none, is said', async () => {
  const set = (token) =>
    writeFileSync(inFolder('.dev.vars'), `ADMIN_TOKEN=${token}\n${VARIABLE}=${first.secret}\n`);
  set('');
  const without = await done(rotate());
  assert.deepEqual([without.ended, /ADMIN_TOKEN is not set/.test(without.said)], [2, true]);
  set('wrong');
  const wrong = await done(rotate());
  assert.deepEqual([wrong.ended, /does not accept ADMIN_TOKEN/.test(wrong.said)], [1, true], wrong.said);
  assert.equal(telemax.webhooks.size, 1);
});

const done = async (run) => ({ ended: await run.ended, said: run.said });
