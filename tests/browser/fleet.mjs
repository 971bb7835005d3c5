// A small fleet for the browser tests: genuinely signed deliveries of made-up vehicles, forged ones, and faults
// of the Cartrack emulator by which events die, wait or are held.

import { randomUUID } from 'node:crypto';
import { sampleDeliveries, smartcar, svix, telemax, until } from '../edge/harness.mjs';

export const USER = 'user-to-be-erased-0001';

/** The vehicles by what becomes of their events. */
export const VEHICLES = {
  dead: { id: 'sc-dead-0000-4000-8000-000000000001', vin: '5YJ3E7EB1LF00DEAD', at: [52.52, 13.405] },
  erased: { id: 'sc-user-0000-4000-8000-000000000002', vin: '5YJ3E7EB1LF000E45', at: [48.137, 11.575] },
  held: { id: 'sc-held-0000-4000-8000-000000000003', vin: '5YJ3E7EB1LF000E1D', at: [51.507, -0.128] },
  retried: { id: 'sc-wait-0000-4000-8000-000000000004', vin: '5YJ3E7EB1LF00WA17', at: [41.902, 12.496] },
  unmapped: { id: 90001, vin: 'WDB9066331S090001', at: [-26.204, 28.047] },
  unmappedToo: { id: 90002, vin: 'WDB9066331S090002', at: [-33.925, 18.424] },
};

/** A delivery of Smartcar about one vehicle. */
export function ofSmartcar(
  vars,
  { id, vin, at: [latitude, longitude] },
  { user, mode = 'LIVE', ago = 0 } = {},
) {
  const now = Date.now() - ago;
  const [sample] = sampleDeliveries(vars, now);
  const content = JSON.parse(sample.body);
  content.vehicleId = id;
  content.data.vehicle.id = id;
  if (user) content.data.user.id = user;
  content.meta.mode = mode;
  const bodies = {
    'vehicleidentification-vin': { value: vin },
    'location-preciselocation': { latitude, longitude },
  };
  for (const signal of content.data.signals) signal.body = bodies[signal.code] ?? signal.body;
  const body = JSON.stringify(content);
  return {
    ...sample,
    headers: { ...sample.headers, ...smartcar(vars.SMARTCAR_MANAGEMENT_TOKEN, body) },
    body,
  };
}

/** A delivery of Telemax, which never names a VIN. */
export function ofTelemax(vars, { id, at: [lat, lng] }, { ago = 0 } = {}) {
  const [, , sample] = sampleDeliveries(vars, Date.now() - ago);
  const body = JSON.stringify({ ...JSON.parse(sample.body), vehicleId: id, position: { lat, lng } });
  return { ...sample, headers: { ...sample.headers, ...telemax(vars.TELEMAX_WEBHOOK_SECRET, body) }, body };
}

/** A delivery of Telematica about one vehicle. */
export function ofTelematica(vars, { id, vin, at: [latitude, longitude] }, { timestamp } = {}) {
  const [, sample] = sampleDeliveries(vars);
  const content = JSON.parse(sample.body);
  content.vehicleId = id;
  content.vehicleState.id = id;
  Object.assign(content.vehicleState.location, { latitude, longitude });
  content.vehicleState.staticAttributes.vin = vin;
  const body = JSON.stringify(content);
  return {
    ...sample,
    headers: { ...sample.headers, ...svix(vars.TELEMATICA_SVIX_SECRET, body, { timestamp }) },
    body,
  };
}

/** The same delivery with its body altered after it was signed. */
export function forged(delivery) {
  return { ...delivery, body: delivery.body.replace(/\}$/, ',"forged":true}') };
}

/**
 * Fills a gateway: delivered, skipped and refused deliveries of every provider, a challenge, a dead letter, an
 * event that is tried again, and two vehicles that wait for a VIN. Resolves once everything is where it belongs.
 */
export async function fillFleet(bridge) {
  const { vars } = bridge;
  bridge.cartrack.setFaults([
    {
      status: 422,
      body: {
        error: 'unknown_vehicle',
        message: `No vehicle with chassis number ${VEHICLES.dead.vin} in this account.`,
      },
      match: { device_id: VEHICLES.dead.id },
    },
    { status: 503, body: { error: 'maintenance' }, match: { device_id: VEHICLES.retried.id } },
  ]);
  const challenge = JSON.stringify({ eventType: 'VERIFY', data: { challenge: randomUUID() } });
  const plain = { 'Content-Type': 'application/json' };
  const deliveries = [
    { path: '/hooks/smartcar', headers: plain, body: challenge },
    ...sampleDeliveries(vars),
    ...FLEET.map((vehicle, index) => OF[index % 3](vars, vehicle)),
    ofSmartcar(vars, VEHICLES.dead),
    ofSmartcar(vars, VEHICLES.erased, { user: USER }),
    ofSmartcar(vars, VEHICLES.retried),
    ofSmartcar(vars, { ...FLEET[0], id: randomUUID() }, { mode: 'TEST' }),
    ...[3_000, 2_000, 1_000].map((ago) => ofTelemax(vars, VEHICLES.unmapped, { ago })),
    ofTelemax(vars, VEHICLES.unmappedToo),
  ];
  for (const [index, { id, vin }] of FLEET.entries()) {
    if (index % 3 === 2)
      await bridge.admin('PUT', `/api/mappings/telemax/${id}`, { vin, make: 'Ford', model: 'Transit' });
  }
  await bridge.admin('PUT', '/api/mappings/telemax/88421', {
    vin: 'WDB9066331S000421',
    make: 'Mercedes-Benz',
    model: 'Sprinter',
  });
  for (const delivery of deliveries) {
    const { status, body } = await bridge.deliver(delivery);
    if (status >= 300) throw new Error(`${delivery.path} answered ${status}: ${JSON.stringify(body)}`);
  }
  const refused = [
    forged(ofTelemax(vars, VEHICLES.unmapped)),
    forged(ofSmartcar(vars, FLEET[0])),
    ofTelematica(vars, FLEET[1], { timestamp: Date.now() / 1000 - 3_600 }),
    { path: '/hooks/telemax', headers: plain, body: '{}' },
  ];
  for (const delivery of refused) {
    const { status } = await bridge.deliver(delivery);
    if (status !== 401) throw new Error(`A forged delivery to ${delivery.path} was answered ${status}.`);
  }
  await until(
    async () => {
      const { states } = (await bridge.admin('GET', '/api/overview')).body;
      return (
        states.dead === 1 &&
        states.unmapped === 4 &&
        states.pending === 1 &&
        states.delivered === FLEET.length + 4
      );
    },
    { what: 'every event of the fleet in its state' },
  );
}

/** Has Cartrack refuse the credentials for one vehicle, so that its lane holds back. */
export async function holdLane(bridge) {
  bridge.cartrack.setFaults([
    { status: 401, body: { error: 'unauthorized' }, match: { device_id: VEHICLES.held.id } },
  ]);
  await bridge.deliver(ofSmartcar(bridge.vars, VEHICLES.held));
  await until(async () => (await bridge.admin('GET', '/api/overview')).body.held, {
    what: 'a lane that holds back',
  });
}

const FLEET = [
  [50.11, 8.682],
  [48.857, 2.352],
  [52.37, 4.895],
  [40.417, -3.704],
  [38.722, -9.139],
  [-1.286, 36.817],
  [59.329, 18.069],
  [55.676, 12.568],
  [6.524, 3.379],
].map((at, index) => ({
  id: [`sc-fleet-${index}`, `tm-fleet-${index}`, 70_000 + index][index % 3],
  vin: `WVWZZZ1JZXW00000${index}`,
  at,
}));

const OF = [ofSmartcar, ofTelematica, ofTelemax];
