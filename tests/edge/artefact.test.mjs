// What the built Worker offers to the outside. worker-build turns every export of the crate into a method
// that other Workers may call, so whatever appears here without being meant to is an open door.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { startCartrack } from '../../pkg/emulator/cartrack.mjs';
import { modules, nodeBinary, root } from '../../scripts/places.mjs';
import { DEMO_VARS } from '../../scripts/samples.mjs';
import { freePort } from '../../scripts/wrangler.mjs';
import {
  alert,
  devicesConnected,
  newId,
  newNumber,
  newVin,
  signed,
  stateOfCharge,
  vehicleState,
} from './deliveries.mjs';
import { request, startWeighbridge, until } from './harness.mjs';

const BUILT = fileURLToPath(new URL('../../build/index.js', import.meta.url));
const WASM = fileURLToPath(new URL('../../build/index_bg.wasm', import.meta.url));

// The larger the module, the later the first answer of a fresh isolate. docs/performance.md says what is in it.
const UPLOAD_KB = 180;

// The runtime's own classes, and the static import of a wasm module, are all that Node lacks.
const runtime = {
  name: 'runtime',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^cloudflare:/ }, ({ path }) => ({ path, namespace: 'cloudflare' }));
    onLoad({ filter: /.*/, namespace: 'cloudflare' }, () => ({
      contents: 'export class DurableObject {}; export class WorkerEntrypoint {}; export const env = {};',
    }));
    onLoad({ filter: /\.wasm$/ }, ({ path }) => ({
      contents: `import { readFileSync } from 'node:fs';
        export default new WebAssembly.Module(readFileSync(${JSON.stringify(path)}));`,
    }));
  },
};

async function load() {
  const bundle = { bundle: true, format: 'esm', platform: 'node', plugins: [runtime], write: false };
  const { outputFiles } = await build({ entryPoints: [BUILT], ...bundle });
  globalThis.addEventListener ??= () => {};
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  // The Worker has its own way to queue, which is for its runtime and not for Node's.
  const { queueMicrotask } = globalThis;
  try {
    return await import(`data:text/javascript;base64,${code}`);
  } finally {
    globalThis.queueMicrotask = queueMicrotask;
  }
}

test('the Worker answers fetch and the cron trigger, and has the lanes, and nothing else', async () => {
  const worker = await load();
  assert.deepEqual(Object.keys(worker).sort(), ['Lane', 'default']);
  const methods = Object.getOwnPropertyNames(worker.default.prototype);
  assert.deepEqual(methods.sort(), ['constructor', 'fetch', 'scheduled']);
});

test('nothing of the npm package is in the Worker', () => {
  const module = new WebAssembly.Module(readFileSync(WASM));
  const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function');
  // What wasm-bindgen needs begins with underscores, or has one of the names that replace those with hashes.
  const ours = functions.map(({ name }) => name).filter((name) => !/^(__.*|..?)$/.test(name));
  const lane = ['lane_alarm', 'lane_ask', 'lane_lookUp', 'lane_new', 'lane_wantsAlarm'];
  assert.deepEqual(ours.sort(), ['fetch', 'init', ...lane, 'scheduled']);
});

test('what is uploaded stays small', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weighbridge-'));
  const outdir = join(folder, 'upload');
  const wrangler = startWrangler(folder, ['deploy', '--dry-run', '--outdir', outdir]);
  try {
    const [code] = await wrangler.exited;
    assert.equal(code, 0, wrangler.log);
    const uploaded = readdirSync(outdir).filter((name) => /\.(js|wasm)$/.test(name));
    assert.deepEqual(uploaded.map((name) => extname(name)).sort(), ['.js', '.wasm']);
    const sizes = uploaded.map((name) => gzipSync(readFileSync(join(outdir, name))).length);
    const kilobytes = sizes.reduce((sum, size) => sum + size, 0) / 1000;
    assert.ok(kilobytes < UPLOAD_KB, `${kilobytes} kB, compressed`);
  } finally {
    await wrangler.end();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

test('`wrangler dev` in the root needs nothing but --var', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weighbridge-'));
  const cartrack = await startCartrack({ apiKey: DEMO_VARS.CARTRACK_API_KEY });
  const vars = { ...DEMO_VARS, CARTRACK_URL: cartrack.url };
  const port = await freePort();
  const wrangler = startWrangler(folder, [
    ...['dev', '--ip', '127.0.0.1', '--port', String(port), '--persist-to', folder],
    ...['--inspector-ip', '127.0.0.1', '--inspector-port', '0', '--show-interactive-dev-session=false'],
    ...Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
  ]);
  try {
    const url = `http://127.0.0.1:${port}`;
    const healthy = async () => {
      assert.equal(wrangler.child.exitCode, null, wrangler.log);
      return (await request(`${url}/healthz`).catch(() => undefined))?.status === 200;
    };
    await until(healthy, { timeout: 60_000, interval: 100, what: 'an answer of /healthz' });
    const vehicle = newId();
    const delivery = signed(vars, 'smartcar', vehicleState({ vehicle, vin: newVin() }));
    const reply = await request(url + delivery.path, { ...delivery, method: 'POST' });
    assert.equal(reply.status, 202);
    await until(() => cartrack.received.some(({ record }) => record.source.device_id === vehicle));
    const overview = await request(`${url}/api/overview`, {
      headers: { Authorization: `Bearer ${vars.ADMIN_TOKEN}` },
    });
    assert.equal(overview.status, 200);
    for (const [name, value] of Object.entries(vars)) {
      if (name !== 'CARTRACK_URL') assert.ok(!wrangler.log.includes(value), `${name} is in wrangler's log`);
    }
  } finally {
    await wrangler.end();
    await cartrack.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

test("nothing secret or personal is in the gateway's log", async () => {
  const secret = (name) => `${name}-${newId()}`;
  const vars = {
    SMARTCAR_MANAGEMENT_TOKEN: secret('smartcar'),
    TELEMATICA_SVIX_SECRET: `whsec_${Buffer.from(secret('svix')).toString('base64')}`,
    TELEMATICA_CALLBACK_TOKEN: secret('callback'),
    TELEMAX_WEBHOOK_SECRET: secret('telemax'),
    CARTRACK_API_KEY: secret('cartrack'),
    ADMIN_TOKEN: secret('admin'),
  };
  const cartrack = await startCartrack({ apiKey: vars.CARTRACK_API_KEY });
  const bridge = await startWeighbridge({ vars: { ...vars, CARTRACK_URL: cartrack.url } });
  const told = Object.values(vars);
  const tell = (value) => {
    told.push(String(value));
    return value;
  };
  const [latitude, longitude] = [tell(51.123_456), tell(-4.654_321)];
  const person = () => ({ vehicle: tell(newId()), user: tell(newId()), vin: tell(newVin()) });
  try {
    const eventIn = (state, id) => bridge.eventIn(state, id);
    const state = (more) => vehicleState({ position: { latitude, longitude }, ...more });

    // Every stage and every way out of it.
    await eventIn('delivered', await bridge.accepted('smartcar', state(person())));
    const refused = person();
    cartrack.setFaults({ status: 422, times: 1, body: refused });
    await eventIn('dead', await bridge.accepted('smartcar', state(refused)));
    cartrack.setFaults({ drop: true, times: 1 });
    const broken = await bridge.accepted('smartcar', state(person()));
    await until(async () => (await bridge.event(broken)).attempts === 1);
    const redirected = `https://${tell('elsewhere.example')}/`;
    cartrack.setFaults({ status: 302, times: 1, headers: { Location: redirected } });
    await eventIn('held', await bridge.accepted('smartcar', state(person())));
    await bridge.admin('POST', '/api/resume');
    const conflicting = person();
    await bridge.map('smartcar', conflicting.vehicle, { vin: tell(newVin()) });
    await eventIn('dead', await bridge.accepted('smartcar', state(conflicting)));
    await bridge.send('smartcar', { ...state({ position: null }), note: tell(secret('note')) });
    const van = tell(newNumber());
    const unmapped = await bridge.accepted(
      'telemax',
      alert({ vehicle: van, position: { lat: latitude, lng: longitude } }),
    );
    const csv = `provider,vehicle,vin,user\ntelemax,${van},${tell(newVin())},${tell(secret('user'))}\nx,y,${tell('BAD-VIN-1')},z\n`;
    await bridge.admin('POST', '/api/mappings/import', csv, { 'Content-Type': 'text/csv' });
    await eventIn('delivered', unmapped);

    const { vehicle, user, vin } = person();
    await bridge.send(
      'telematica',
      devicesConnected(user, [{ deviceId: vehicle, vin, nickname: tell(secret('name')) }]),
    );
    await eventIn('delivered', await bridge.accepted('telematica', stateOfCharge({ vehicle })));
    await bridge.send('telematica', { type: 'user.devices-disconnected', user, devices: [vehicle] });
    await bridge.deliver({
      path: '/hooks/telematica-callback',
      headers: { Authorization: `Bearer ${tell(secret('guess'))}` },
      body: '{}',
    });
    const challenge = tell(`challenge${newNumber()}`);
    const answer = await bridge.deliver({
      path: '/hooks/smartcar',
      body: JSON.stringify({ eventType: 'VERIFY', data: { challenge } }),
    });
    tell(answer.body.challenge);
    for (const provider of ['smartcar', 'telematica', 'telemax']) {
      const { path, headers, body } = signed(vars, provider, `no JSON but ${tell(secret('text'))}`);
      for (const value of Object.values(headers)) if (value.length > 40) tell(value);
      await bridge.deliver({ path, headers, body });
      await bridge.deliver({ path, headers, body: `${body} ` });
      await bridge.deliver({ path, headers: { 'SC-Signature': tell(secret('header')) }, body });
    }
    await bridge.admin('PUT', '/api/mappings/telemax/1', { vin: tell(secret('vin')) });
    await request(`${bridge.url}/api/overview`, {
      headers: { Authorization: `Bearer ${tell(secret('guess'))}` },
    });
    await bridge.admin('DELETE', `/api/users/telematica/${user}`);

    const stages = ['accept', 'challenge', 'refuse', 'relay', 'forget'];
    const lines = () => bridge.gateway.log.split('\n');
    await until(() => stages.every((stage) => lines().some((line) => line.includes(`"stage":"${stage}"`))), {
      what: `a line of each stage (${stages.join(', ')})`,
    });
    // wrangler writes down the paths that it is asked for; that is not the gateway.
    const own = lines().filter((line) => !/^\[wrangler:\w+\] [A-Z]+ \//.test(line));
    assert.ok(own.length > 20, 'there is something to search');
    for (const word of told) {
      assert.deepEqual(
        own.filter((line) => line.includes(word)),
        [],
        `${word} is in the log`,
      );
    }
    for (const word of Object.values(vars)) assert.ok(!bridge.gateway.log.includes(word), word);
  } finally {
    await bridge.close();
    await cartrack.close();
  }
});

/** Any wrangler command in the root, in a process group of its own: `{ child, log, exited, end }`. */
function startWrangler(folder, args) {
  const cli = join(modules, 'wrangler', 'wrangler-dist', 'cli.js');
  const child = spawn(nodeBinary(), ['--no-warnings', cli, ...args], {
    cwd: root,
    detached: true,
    env: {
      ...process.env,
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      NO_COLOR: '1',
      FORCE_COLOR: '0',
      WRANGLER_LOG_PATH: join(folder, 'logs'),
      WRANGLER_REGISTRY_PATH: join(folder, 'registry'),
      WRANGLER_SEND_ERROR_REPORTS: 'false',
      WRANGLER_SEND_METRICS: 'false',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const wrangler = { child, exited: once(child, 'exit'), log: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      wrangler.log += text;
    });
  }
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  };
  process.once('exit', kill);
  wrangler.end = async () => {
    kill();
    await wrangler.exited;
    process.off('exit', kill);
  };
  return wrangler;
}
