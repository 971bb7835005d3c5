// Endless genuine deliveries of every provider, each with what has to come of it. All are different.

import { createHash, randomInt, randomUUID } from 'node:crypto';
import { smartcar, svix, telemax } from '../../scripts/sign.mjs';

/** Telemax never names a VIN: these vehicles have to be mapped before their events can be sent. */
export const TELEMAX_VEHICLES = Array.from({ length: 24 }, (_, index) => ({
  path: `/api/mappings/telemax/${70_000 + index}`,
  vehicle: 70_000 + index,
  vin: vinOf(`telemax ${index}`),
}));

/** The makers of deliveries, by what they are made like. */
export const KINDS = {
  smartcar: smartcarState,
  smartcarSchedule,
  telematica: telematicaState,
  telematicaCallback: connected,
  telemax: telemaxIgnition,
};

/**
 * A delivery `{ kind, provider, path, headers, body, expected, mapping? }`. `expected` are the records that
 * Cartrack has to get of it, without the time of receipt; `mapping` is what has to be stored.
 *
 * `ago` puts the event's own time that many milliseconds back; `now` is the clock by which it is signed.
 */
export function delivery(vars, kind, options = {}) {
  const now = options.now ?? Date.now();
  const secret = (name) => vars[name].split(/[\s,]+/).find(Boolean);
  const made = KINDS[kind](secret, { ago: 0, ...options, now });
  return { kind, ...made, headers: { 'Content-Type': 'application/json', ...made.headers } };
}

/** One delivery of each kind in turn, for ever. */
export function* stream(vars, kinds = Object.keys(KINDS)) {
  for (;;) for (const kind of kinds) yield delivery(vars, kind);
}

/** A VIN that belongs to a text: no two texts have the same one, as far as tests go. */
export function vinOf(text) {
  const hex = createHash('sha256').update(text).digest('hex').toUpperCase();
  return `TST${hex.slice(0, 14)}`;
}

function position() {
  return { latitude: randomInt(-80e6, 80e6) / 1e6, longitude: randomInt(-179e6, 179e6) / 1e6 };
}

function record(provider, device, id, time, place, vin, type = 'PERIODIC') {
  return {
    event_type: type,
    event_ts: time,
    chassis_number: vin,
    source: { provider, device_id: device, provider_event_id: id },
    position: place,
  };
}

function smartcarState(
  secret,
  { now, ago, vehicle = randomUUID(), vin = vinOf(vehicle), user = randomUUID() },
) {
  const id = randomUUID();
  const place = position();
  const time = now - 2_000 - ago;
  const meta = { oemUpdatedAt: time, fetchedAt: time + 500 };
  const signal = (code, body) => ({ code, body, meta, status: { value: 'SUCCESS' } });
  const body = JSON.stringify({
    eventId: id,
    eventType: 'VEHICLE_STATE',
    data: {
      user: { id: user },
      vehicle: { id: vehicle, make: 'TESLA', model: 'Model 3', year: 2020 },
      signals: [
        signal('vehicleidentification-vin', { value: vin }),
        signal('location-preciselocation', place),
      ],
    },
    meta: { version: '4.0', deliveryId: randomUUID(), deliveredAt: now, mode: 'LIVE' },
  });
  return {
    provider: 'smartcar',
    path: '/hooks/smartcar',
    headers: smartcar(secret('SMARTCAR_MANAGEMENT_TOKEN'), body),
    body,
    expected: [record('smartcar', vehicle, id, iso(time), place, vin)],
  };
}

/** Generation 2.0: several vehicles in one delivery, which lie in several lanes. */
function smartcarSchedule(secret, { now, ago, count = 4, vehicles }) {
  const time = iso(now - 3_000 - ago);
  const each = (vehicles ?? Array.from({ length: count }, () => randomUUID())).map((vehicle) => ({
    vehicle,
    request: randomUUID(),
    vin: vinOf(vehicle),
    place: position(),
  }));
  const headers = { 'sc-unit-system': 'metric', 'sc-data-age': time };
  const body = JSON.stringify({
    version: '2.0',
    eventName: 'schedule',
    mode: 'live',
    payload: {
      vehicles: each.map(({ vehicle, request, vin, place }) => ({
        vehicleId: vehicle,
        requestId: request,
        data: [
          { path: '/vin', code: 200, body: { vin }, headers },
          { path: '/location', code: 200, body: place, headers },
        ],
      })),
    },
  });
  return {
    provider: 'smartcar',
    path: '/hooks/smartcar',
    headers: smartcar(secret('SMARTCAR_MANAGEMENT_TOKEN'), body),
    body,
    expected: each.map(({ vehicle, request, vin, place }) =>
      record('smartcar', vehicle, `${request}:${vehicle}`, time, place, vin),
    ),
  };
}

function telematicaState(
  secret,
  { now, ago, vehicle = hexId(), vin = vinOf(vehicle), id = `msg_${randomUUID()}` },
) {
  const place = position();
  const lastUpdated = iso(now - 2_000 - ago);
  const body = JSON.stringify({
    type: 'vehicle.soc',
    vehicleId: vehicle,
    vehicleState: {
      id: vehicle,
      state: 'ACTIVE',
      location: { lastUpdated, ...place },
      staticAttributes: { vin },
    },
  });
  return {
    provider: 'telematica',
    path: '/hooks/telematica',
    headers: svix(secret('TELEMATICA_SVIX_SECRET'), body, { id, timestamp: now / 1000 }),
    body,
    expected: [record('telematica', vehicle, id, lastUpdated, place, vin)],
  };
}

/** The legacy callback: it connects a vehicle, and brings no event. */
function connected(secret, { vehicle = hexId(), vin = vinOf(vehicle), user = hexId() }) {
  const body = JSON.stringify({
    type: 'user.devices-connected',
    user,
    devices: [{ deviceType: 'vehicle', deviceId: vehicle, vin, make: 'BMW', model: 'X2', year: 2022 }],
  });
  return {
    provider: 'telematica',
    path: '/hooks/telematica-callback',
    headers: { Authorization: `Bearer ${secret('TELEMATICA_CALLBACK_TOKEN')}` },
    body,
    expected: [],
    mapping: { path: `/api/mappings/telematica/${vehicle}`, vin },
  };
}

function telemaxIgnition(secret, { now, ago, vehicle, vin }) {
  const known = TELEMAX_VEHICLES[randomInt(TELEMAX_VEHICLES.length)];
  const device = vehicle ?? known.vehicle;
  const place = position();
  const seconds = `${iso(now - 1_000 - ago).slice(0, 19)}Z`;
  const body = JSON.stringify({
    alertType: 'Ignition',
    vehicleId: device,
    position: { lat: place.latitude, lng: place.longitude },
    timestamp: seconds,
    data: { isStarted: true },
  });
  const id = `tmx-${createHash('sha256').update(body).digest('hex')}`;
  return {
    provider: 'telemax',
    path: '/hooks/telemax',
    headers: telemax(secret('TELEMAX_WEBHOOK_SECRET'), body),
    body,
    expected: [record('telemax', String(device), id, seconds, place, vin ?? known.vin, 'IGNITION_ON')],
  };
}

const iso = (time) => new Date(time).toISOString();
const hexId = () => randomUUID().replaceAll('-', '').slice(0, 24);
