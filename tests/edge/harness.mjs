// What the edge tests stand on: a gateway in wrangler's local runtime, a Cartrack emulator, an admin client.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCartrack } from '../../pkg/emulator/cartrack.mjs';
import { DEMO_VARS } from '../../scripts/samples.mjs';
import { startGateway } from '../../scripts/wrangler.mjs';

export { sampleDeliveries, TELEMAX_MAPPING } from '../../scripts/samples.mjs';
export { smartcar, svix, telemax } from '../../scripts/sign.mjs';
export { until } from '../../scripts/until.mjs';

/**
 * A gateway that relays to an emulator of its own, both on free ports, with its state in a folder of its
 * own. `vars` are added to the demo secrets; an undefined one is left out.
 *
 * Call `close` when done, for instance with `after(() => bridge.close())`.
 */
export async function startWeighbridge({ vars = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'weighbridge-'));
  const bridge = { cartrack: await startCartrack({ apiKey: DEMO_VARS.CARTRACK_API_KEY }) };

  const start = async (changes, port) => {
    const all = { ...DEMO_VARS, CARTRACK_URL: bridge.cartrack.url, ...vars, ...changes };
    bridge.vars = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    bridge.gateway = await startGateway({ vars: bridge.vars, persistTo: folder, port });
    bridge.url = bridge.gateway.url;
  };

  /** Ends the gateway in order and starts it again on the same state and port, with `changes` to the vars. */
  bridge.restart = async (changes = {}) => {
    await bridge.gateway.close();
    await start(changes, bridge.gateway.port);
  };

  /** The same after a crash: every process is killed in the middle of whatever it does. */
  bridge.crash = async (changes = {}) => {
    await bridge.gateway.kill();
    await start(changes, bridge.gateway.port);
  };

  /** Posts a delivery `{ path, headers, body }` and gives `{ status, headers, body }`, JSON read. */
  bridge.deliver = ({ path, headers = {}, body }) =>
    request(bridge.url + path, { method: 'POST', headers, body });

  /** Calls the administration with its token: `admin('PUT', '/api/mappings/…', { vin })`. */
  bridge.admin = (method, path, content, headers = {}) => {
    const [token] = bridge.vars.ADMIN_TOKEN.split(/[\s,]+/).filter(Boolean);
    const type = typeof content === 'object' ? { 'Content-Type': 'application/json' } : {};
    return request(bridge.url + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...type, ...headers },
      body: typeof content === 'object' ? JSON.stringify(content) : content,
    });
  };

  /** Runs the cron trigger, which the local runtime never does by itself. */
  bridge.sweep = () => request(`${bridge.url}/cdn-cgi/handler/scheduled`);

  bridge.close = async () => {
    await bridge.gateway.close();
    await bridge.cartrack.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };

  await start({});
  return bridge;
}

/** One HTTP request, its reply read to the end; `body` is the JSON in it, or the text where there is none. */
export async function request(url, options = {}) {
  const reply = await fetch(url, { redirect: 'manual', ...options });
  const text = await reply.text();
  const isJson = reply.headers.get('content-type')?.includes('json');
  return { status: reply.status, headers: reply.headers, body: isJson ? JSON.parse(text) : text };
}

// A test run that is interrupted leaves no gateway behind: those are killed at the exit.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => process.exit(1));
