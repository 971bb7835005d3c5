// What the edge tests stand on: a gateway in wrangler's local runtime, a Cartrack emulator, an admin client.

import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCartrack } from '../../pkg/emulator/cartrack.mjs';
import { DEMO_VARS } from '../../scripts/samples.mjs';
import { until } from '../../scripts/until.mjs';
import { startGateway } from '../../scripts/wrangler.mjs';
import { signed } from './deliveries.mjs';

export { sampleDeliveries, TELEMAX_MAPPING } from '../../scripts/samples.mjs';
export { smartcar, svix, telemax } from '../../scripts/sign.mjs';
export { until };

/**
 * A gateway that relays to an emulator of its own, both on free ports, with its state in a folder of its
 * own. `vars` are added to the demo secrets; an undefined one is left out. `config` and `onLog` are those of
 * `startGateway`.
 *
 * Call `close` when done, for instance with `after(() => bridge.close())`.
 */
export async function startWeighbridge({ vars = {}, config, onLog } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'weighbridge-'));
  const bridge = { folder, cartrack: await startCartrack({ apiKey: DEMO_VARS.CARTRACK_API_KEY }) };

  const start = async (changes, port) => {
    const all = { ...DEMO_VARS, CARTRACK_URL: bridge.cartrack.url, ...vars, ...changes };
    bridge.vars = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
    bridge.gateway = await startGateway({ vars: bridge.vars, persistTo: folder, port, config, onLog });
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

  /** Posts what a provider would send, signed with this gateway's secrets. */
  bridge.send = (provider, content, how) => bridge.deliver(signed(bridge.vars, provider, content, how));

  /** The same for one event that has to be accepted, and gives that event's id. */
  bridge.accepted = async (provider, content, how) => {
    const { status, body } = await bridge.send(provider, content, how);
    if (status !== 202 || body.events.length !== 1)
      throw new Error(`Answered ${status} ${JSON.stringify(body)}`);
    return body.events[0].id;
  };

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

  /** One event with its record and history, as the administration shows it. */
  bridge.event = async (id) => (await bridge.admin('GET', `/api/events/${id}`)).body;

  /** The same, once it is in `state`. */
  bridge.eventIn = async (state, id, options = {}) => {
    let event;
    const check = async () => {
      event = await bridge.event(id);
      return event.state === state && event;
    };
    return until(check, { timeout: 30_000, what: `event ${id} as ${state}`, ...options }).catch((cause) => {
      throw new Error(`${cause.message} It is: ${JSON.stringify(event)}`, { cause });
    });
  };

  /** Makes a VIN known for a vehicle. */
  bridge.map = async (provider, vehicle, mapping) => {
    const path = `/api/mappings/${provider}/${encodeURIComponent(vehicle)}`;
    const { status, body } = await bridge.admin('PUT', path, mapping);
    if (status !== 200) throw new Error(`PUT ${path} was answered ${status} ${JSON.stringify(body)}`);
  };

  /** The records of a vehicle that Cartrack has taken. */
  bridge.recordsOf = (vehicle) => bridge.cartrack.received.map(({ record }) => record).filter(isOf(vehicle));

  /** The posts about a vehicle that Cartrack has seen, refused ones too. */
  bridge.postsOf = (vehicle) => bridge.cartrack.requests.filter(({ record }) => isOf(vehicle)(record));

  /** Runs the cron trigger, which the local runtime never does by itself. */
  bridge.sweep = () => request(`${bridge.url}/cdn-cgi/handler/scheduled`);

  bridge.close = async () => {
    await bridge.gateway.close();
    await bridge.cartrack.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };

  try {
    await start({});
  } catch (error) {
    // An emulator that is left open would keep the process from ending.
    await bridge.cartrack.close();
    throw error;
  }
  return bridge;
}

const isOf = (vehicle) => (record) => record?.source?.device_id === String(vehicle);

/**
 * One HTTP request written to the wire as it is: `path` is not normalised, `headers` are pairs in order, of
 * which a name may come twice. `body` goes with its length, or in chunks without one when `chunked`.
 */
export function rawRequest(base, { method = 'POST', path, headers = [], body = '', chunked = false }) {
  const { hostname, port } = new URL(base);
  const bytes = Buffer.from(body);
  const length = chunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(bytes.length)];
  const lines = ['Host', `${hostname}:${port}`, ...headers.flat(), ...length];
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ hostname, port, method, path, headers: lines, agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', async (incoming) => {
      try {
        const chunks = await incoming.toArray();
        const text = Buffer.concat(chunks).toString();
        const isJson = text !== '' && incoming.headers['content-type']?.includes('json');
        resolve({
          status: incoming.statusCode,
          headers: new Headers(incoming.headers),
          body: isJson ? JSON.parse(text) : text,
        });
      } catch (error) {
        reject(error);
      }
    });
    for (let at = 0; at < bytes.length; at += 65_536) outgoing.write(bytes.subarray(at, at + 65_536));
    outgoing.end();
  });
}

/** One HTTP request, its reply read to the end; `body` is the JSON in it, or the text where there is none. */
export async function request(url, options = {}) {
  const reply = await fetch(url, { redirect: 'manual', ...options });
  const text = await reply.text();
  const isJson = text !== '' && reply.headers.get('content-type')?.includes('json');
  return { status: reply.status, headers: reply.headers, body: isJson ? JSON.parse(text) : text };
}

// A test run that is interrupted leaves no gateway behind: those are killed at the exit.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, () => process.exit(1));
