// `npm start`: the gateway and emulators of Cartrack and of Telemax's API on this machine, one delivery per
// provider sent through them, then all stay up until Ctrl-C. PORT, CARTRACK_PORT and TELEMAX_PORT move the ports;
// --no-demo skips the deliveries. With a TELEMAX_API_URL in .dev.vars, that API is asked, and nothing stands in
// for it.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from '../pkg/cli/env.mjs';
import { startCartrack } from '../pkg/emulator/cartrack.mjs';
import { startTelemax } from '../pkg/emulator/telemax.mjs';
import { build } from './build.mjs';
import { entry, Problem, step } from './cli.mjs';
import { root } from './places.mjs';
import { DEMO_VARS, sampleDeliveries, TELEMAX_MAPPING } from './samples.mjs';
import { setup } from './setup.mjs';
import { until } from './until.mjs';
import { requirePort, startGateway } from './wrangler.mjs';

async function start(args) {
  const options = readOptions(args);
  await requirePort(options.port, 'PORT');
  await requirePort(options.cartrackPort, 'CARTRACK_PORT');
  const own = ownVars();
  if (!own.TELEMAX_API_URL) await requirePort(options.telemaxPort, 'TELEMAX_PORT');
  await setup();
  await build();

  const vars = { ...DEMO_VARS, ...own };
  const cartrack = await startCartrack({ port: options.cartrackPort, apiKey: vars.CARTRACK_API_KEY });
  vars.CARTRACK_URL = cartrack.url;
  const telemax = own.TELEMAX_API_URL ? undefined : await emulatedTelemax(options, vars);
  if (telemax) vars.TELEMAX_API_URL = telemax.url;
  step('starting the gateway');
  stopOnSignals();
  const log = { shown: false };
  const gateway = await startGateway({
    vars,
    port: options.port,
    persistTo: join(root, '.wrangler', 'state'),
    onLog: (text) => log.shown && process.stdout.write(text),
  });
  const call = administration(gateway, vars);
  // Alarms don't survive a restart of the local runtime; a lane that is asked something sets its own again.
  await call('GET', '/api/overview');
  if (options.demo) await demonstrate({ gateway, cartrack, telemax }, vars, call);
  explain({ gateway, cartrack, telemax }, vars, own);
  log.shown = true;
  await gateway.exited;
  throw new Problem(`wrangler stopped by itself. Its last words:\n\n${gateway.log.slice(-2_000)}`);
}

function readOptions(args) {
  const unknown = args.find((arg) => arg !== '--no-demo');
  if (unknown) throw new Problem(`There is no option ${unknown}. Known: --no-demo`);
  const ports = [portFrom('PORT', 8787), portFrom('CARTRACK_PORT', 8788), portFrom('TELEMAX_PORT', 8789)];
  if (new Set(ports).size < ports.length)
    throw new Problem('PORT, CARTRACK_PORT and TELEMAX_PORT must differ.');
  const [port, cartrackPort, telemaxPort] = ports;
  return { port, cartrackPort, telemaxPort, demo: args.length === 0 };
}

function portFrom(name, otherwise) {
  const value = process.env[name] || String(otherwise);
  if (/^\d{1,5}$/.test(value) && value > 0 && value < 65_536) return Number(value);
  throw new Problem(`${name} must be a port number from 1 to 65535, not "${value}".`);
}

/** The person's own values. Cartrack's address is replaced later on, for everything goes to the emulator. */
function ownVars() {
  const file = join(root, '.dev.vars');
  if (!existsSync(file)) return {};
  const vars = Object.entries(parseEnv(readFileSync(file, 'utf8')));
  return Object.fromEntries(vars.filter(([, value]) => value !== ''));
}

/** Telemax's API, with a webhook for the gateway and vehicles that nobody has mapped. */
function emulatedTelemax({ port, telemaxPort }, vars) {
  vars.TELEMAX_API_KEY ??= 'demo-telemax-key';
  const secret = firstOf(vars.TELEMAX_WEBHOOK_SECRET);
  return startTelemax({
    port: telemaxPort,
    apiKey: vars.TELEMAX_API_KEY,
    allowLoopback: true,
    secretEncoding: vars.TELEMAX_SECRET_ENCODING,
    webhooks: [{ url: `http://127.0.0.1:${port}/hooks/telemax`, secret, isGlobal: true }],
  });
}

/** Ends this process; the gateway ends with it. */
function stopOnSignals() {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(name, () => {
      console.log('\n▸ stopped; what was stored is kept in .wrangler/state');
      process.exit(0);
    });
  }
}

function administration(gateway, vars) {
  const token = firstOf(vars.ADMIN_TOKEN);
  return async (method, path, body) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const reply = await fetch(gateway.url + path, { method, headers, body: body && JSON.stringify(body) });
    if (!reply.ok) throw new Problem(`${method} ${path} was answered ${reply.status}: ${await reply.text()}`);
    return reply;
  };
}

async function demonstrate({ gateway, cartrack, telemax }, vars, call) {
  step('sending one signed delivery per provider');
  if (!telemax) await call('PUT', TELEMAX_MAPPING.path, TELEMAX_MAPPING.mapping);
  const deliveries = sampleDeliveries(vars);
  for (const { provider, path, headers, body } of deliveries) {
    const isFired = telemax && provider === 'telemax';
    const { status, told } = isFired
      ? await fireIgnition(telemax)
      : await posted(gateway, { path, headers, body });
    console.log(`  ${provider.padEnd(10)}  POST ${path}  →  ${status} ${told}`);
    if (status !== 202) throw new Problem(`The gateway did not accept the delivery of ${provider}.`);
  }
  const arrived = (provider) => cartrack.received.find(({ record }) => record.source.provider === provider);
  const complete = () => deliveries.every(({ provider }) => arrived(provider));
  await until(complete, { timeout: 30_000, what: 'one record of each provider at the Cartrack emulator' });
  for (const { provider } of deliveries) {
    console.log(
      `\n  Cartrack received, from ${provider}:\n${indent(JSON.stringify(arrived(provider).record, null, 2))}`,
    );
  }
}

async function posted(gateway, { path, headers, body }) {
  const reply = await fetch(gateway.url + path, { method: 'POST', headers, body });
  return { status: reply.status, told: await reply.text() };
}

/** The emulator delivers an alert, signed, of a vehicle whose VIN and telemetry only its API tells. */
async function fireIgnition(telemax) {
  const [status] = await telemax.fire(IGNITION);
  return { status, told: '(from its emulator; nobody has mapped the vehicle)' };
}

function explain({ gateway, cartrack, telemax }, vars, own) {
  const names = [...Object.keys(DEMO_VARS), ...(telemax ? ['TELEMAX_API_KEY'] : [])];
  const secrets = names.map((name) => `  ${name} = ${name in own ? '(yours, from .dev.vars)' : vars[name]}`);
  const token = 'ADMIN_TOKEN' in own ? '$ADMIN_TOKEN' : vars.ADMIN_TOKEN;
  const challenge = '{"eventType":"VERIFY","data":{"challenge":"hello"}}';
  console.log(`
The gateway   ${gateway.url}   (console in the browser)
Cartrack      ${cartrack.base}   (emulator)
Telemax       ${telemax ? `${telemax.url}   (emulator of its API)` : `${vars.TELEMAX_API_URL}   (yours, from .dev.vars)`}

Secrets of this run:
${secrets.join('\n')}

Try:
  curl -d '${challenge}' ${gateway.url}/hooks/smartcar
  curl -H "Authorization: Bearer ${token}" ${gateway.url}/api/overview
  curl ${cartrack.base}/received
${telemax ? `  curl -d '${JSON.stringify(IGNITION)}' ${telemax.url}/alerts\n` : ''}
Ctrl-C stops all. The gateway's log follows.
`);
}

/** The first value of a list. */
function firstOf(list) {
  return list.split(/[\s,]+/).find(Boolean);
}

const IGNITION = { alertType: 'Ignition', vehicleId: 88421, data: { isStarted: true } };

function indent(text) {
  return text.replace(/^/gm, '    ');
}

await entry(import.meta, start);
