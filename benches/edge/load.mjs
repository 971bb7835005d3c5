// Deliveries of a fleet, each different, signed as its provider signs; and a generator that keeps a number of
// them under way.

import { randomInt } from 'node:crypto';
import { Agent, request } from 'node:http';
import { Problem } from '../../scripts/cli.mjs';
import { sampleBodies } from '../../scripts/samples.mjs';
import { signed } from '../../tests/edge/deliveries.mjs';

const PROVIDERS = ['smartcar', 'telematica', 'telemax'];

/** Vehicles of each provider, with the VINs that they are known by. */
export class Fleet {
  #made = 0;
  #begin = Date.now() - 3_600_000;

  /** `tag` keeps fleets apart. */
  constructor(vars, { vehicles = 100, tag = 1 } = {}) {
    this.vars = vars;
    const id = {
      smartcar: (n) => `9af13248-3b73-4c9d-${String(4000 + tag)}-${String(n).padStart(12, '0')}`,
      telematica: (n) => (0x641a_0000_0000 + tag * 65_536 + n).toString(16).padEnd(24, 'f'),
      telemax: (n) => tag * 100_000 + n,
    };
    this.vehicles = PROVIDERS.map((provider, index) =>
      Array.from({ length: vehicles }, (_, n) => ({
        provider,
        id: id[provider](n),
        vin: `BN${tag}${index}${String(n).padStart(13, '0')}`,
      })),
    );
  }

  /** The mappings that Telemax's vehicles need, because it names no VIN. */
  mappings() {
    return this.vehicles[2].map(({ id, vin }) => ({ path: `/api/mappings/telemax/${id}`, mapping: { vin } }));
  }

  /** `count` deliveries `{ path, headers, body }`, of the providers in turn. */
  deliveries(count) {
    return Array.from({ length: count }, () => this.#delivery());
  }

  #delivery() {
    const made = this.#made++;
    const provider = made % 3;
    const among = this.vehicles[provider];
    const vehicle = among[Math.floor(made / 3) % among.length];
    const body = BODIES[PROVIDERS[provider]](vehicle, this.#begin + made);
    return signed(this.vars, PROVIDERS[provider], body);
  }
}

const BODIES = {
  smartcar({ id, vin }, at) {
    const body = sampleBodies(at).smartcar;
    body.vehicleId = id;
    body.data.vehicle.id = id;
    signalOf(body, 'vehicleidentification-vin').value = vin;
    Object.assign(signalOf(body, 'location-preciselocation'), place());
    return body;
  },
  telematica({ id, vin }, at) {
    const body = sampleBodies(at).telematica;
    body.vehicleId = id;
    body.vehicleState.id = id;
    body.vehicleState.staticAttributes.vin = vin;
    Object.assign(body.vehicleState.location, place());
    return body;
  },
  telemax({ id }, at) {
    const { latitude: lat, longitude: lng } = place();
    const address = '12 Harbour Street, Sydney NSW 2000, Australia';
    return { ...sampleBodies(at).telemax, vehicleId: id, position: { lat, lng }, address };
  },
};

function signalOf(body, code) {
  return body.data.signals.find((signal) => signal.code === code).body;
}

function place() {
  return { latitude: randomInt(-80e6, 80e6) / 1e6, longitude: randomInt(-179e6, 179e6) / 1e6 };
}

/**
 * Sends deliveries, `width` at a time over kept connections; each must be answered with `status`. Gives the
 * seconds that it took and the milliseconds of each.
 */
export async function deliver(url, deliveries, { width = 16, status = 202 } = {}) {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: width });
  const times = new Float64Array(deliveries.length);
  let next = 0;
  const worker = async () => {
    while (next < deliveries.length) {
      const index = next++;
      const begun = process.hrtime.bigint();
      const answer = await post({ agent, hostname, port }, deliveries[index]);
      times[index] = Number(process.hrtime.bigint() - begun) / 1e6;
      if (answer.status !== status)
        throw new Problem(`A delivery was answered ${answer.status}: ${answer.text}`);
    }
  };
  const begun = process.hrtime.bigint();
  await Promise.all(Array.from({ length: width }, worker));
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  agent.destroy();
  return { seconds, times };
}

function post(connection, { path, headers, body }) {
  return new Promise((resolve, reject) => {
    const length = Buffer.byteLength(body);
    const options = {
      ...connection,
      method: 'POST',
      path,
      headers: { ...headers, 'Content-Length': length },
    };
    const outgoing = request(options, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode, text }));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
