// Deliveries as the providers make them: bodies of the documented shapes, signed with Node's own
// cryptography. Every vehicle, VIN and id is new unless the caller gives one, so that tests can share a
// gateway.

import { randomUUID } from 'node:crypto';
import { smartcar, svix, telemax } from '../../scripts/sign.mjs';

let drawn = 0;

/** A VIN that no other test of this file has. */
export const newVin = () => `WBE${String(++drawn).padStart(14, '0')}`;

/** A whole number that no other test of this file has; Telemax's ids of vehicles are such. */
export const newNumber = () => 700_000 + ++drawn;

export const newId = () => randomUUID();

/** The first value of a configured list: the one that signs. */
export const first = (list) => list.split(/[\s,]+/).find(Boolean);

/** A delivery of these bytes to a hook, signed as its provider signs; `how` goes to the signing. */
export function signed(vars, provider, content, how) {
  const body =
    typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content);
  const headers = {
    smartcar: () => smartcar(first(vars.SMARTCAR_MANAGEMENT_TOKEN), body),
    telematica: () => svix(first(vars.TELEMATICA_SVIX_SECRET), body, how),
    telemax: () => telemax(first(vars.TELEMAX_WEBHOOK_SECRET), body, how),
  }[provider]();
  return { path: `/hooks/${provider}`, headers: { 'Content-Type': 'application/json', ...headers }, body };
}

/** Smartcar 4.0: one vehicle's state. `at` is the time of its position; without `position` there is none. */
export function vehicleState({
  vehicle = newId(),
  user = newId(),
  vin,
  eventId = newId(),
  at = Date.now() - 5_000,
  position = { latitude: 37.4292, longitude: -122.1381 },
  deliveredAt = Date.now(),
  mode = 'LIVE',
} = {}) {
  const meta = { oemUpdatedAt: at, fetchedAt: at + 1_000 };
  const signals = [
    { code: 'odometer-traveleddistance', body: { value: 62_041, unit: 'km' }, meta },
    position && { code: 'location-preciselocation', body: position, meta },
    vin && { code: 'vehicleidentification-vin', body: { value: vin }, meta: {} },
  ];
  return {
    eventId,
    eventType: 'VEHICLE_STATE',
    data: { user: { id: user }, vehicle: { id: vehicle }, signals: signals.filter(Boolean) },
    meta: { version: '4.0', deliveryId: newId(), deliveredAt, mode },
  };
}

/** Smartcar 2.0: the vehicles of one schedule, each `{ vehicle, vin, at, position, requestId }`. */
export function schedule(vehicles) {
  const headers = (at) => ({ 'sc-unit-system': 'metric', 'sc-data-age': new Date(at).toISOString() });
  const one = ({
    vehicle = newId(),
    requestId = newId(),
    vin,
    at = Date.now() - 5_000,
    position = { latitude: 48.1, longitude: 11.5 },
  }) => ({
    vehicleId: vehicle,
    requestId,
    data: [
      position && { path: '/location', code: 200, body: position, headers: headers(at) },
      vin && { path: '/vin', code: 200, body: { vin }, headers: headers(at) },
    ].filter(Boolean),
  });
  const envelope = { version: '2.0', webhookId: newId(), eventName: 'schedule', mode: 'live' };
  return { ...envelope, payload: { vehicles: vehicles.map(one) } };
}

/** Telematica: a state of charge. */
export function stateOfCharge({
  vehicle = newId(),
  vin,
  at = Date.now() - 5_000,
  location = { latitude: 12.345678, longitude: 7.3321 },
} = {}) {
  const lastUpdated = new Date(at).toISOString();
  return {
    type: 'vehicle.soc',
    currentSoc: 77,
    jobId: newId(),
    message: 'State of charge reached',
    vehicleId: vehicle,
    vehicleState: {
      id: vehicle,
      location: location && { lastUpdated, ...location },
      state: 'ACTIVE',
      staticAttributes: { make: 'BMW', ...(vin && { vin }) },
    },
  };
}

/** Telematica: a user's vehicles are connected. */
export function devicesConnected(user, devices) {
  return {
    type: 'user.devices-connected',
    user,
    devices: devices.map((device) => ({
      deviceType: 'vehicle',
      make: 'BMW',
      model: 'X2',
      year: 2022,
      ...device,
    })),
  };
}

/** Telemax: an alert; its time has whole seconds. */
export function alert({
  vehicle = newNumber(),
  at = Date.now() - 5_000,
  alertType = 'Ignition',
  data = { isStarted: true },
  position = { lat: -33.8688, lng: 151.2093 },
} = {}) {
  const timestamp = `${new Date(at).toISOString().slice(0, 19)}Z`;
  return {
    alertType,
    vehicleId: vehicle,
    vehicleName: 'Van',
    position,
    direction: 270,
    timestamp,
    address: null,
    data,
  };
}
