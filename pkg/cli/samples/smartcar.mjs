// Smartcar's deliveries: generation 4.0, and 2.0 under names that begin with v2.
// https://smartcar.com/docs/api-reference/webhooks/event-types

import { randomUUID } from 'node:crypto';

const WEBHOOK = 'abde94ff-d57d-43b9-8d09-6020db2d977a';
const KM_PER_MILE = 1.609344;

/** Without `provider`, which all of them share. */
export const SMARTCAR = [
  {
    type: 'vehicle-state',
    about: 'a position, VIN, speed and odometer',
    everyday: true,
    content: (vehicle) => state(vehicle),
  },
  {
    type: 'vehicle-state-without-location',
    about: 'an odometer and no position',
    content: (vehicle) => state(vehicle, { signals: [odometer(vehicle)] }),
  },
  {
    type: 'vehicle-state-test',
    about: "a position in mode TEST, as the dashboard's button sends it",
    content: (vehicle) => state(vehicle, { mode: 'TEST' }),
  },
  { type: 'vehicle-error', about: 'a vehicle out of reach', content: (vehicle) => error(vehicle, 'ERROR') },
  {
    type: 'vehicle-error-resolved',
    about: 'a vehicle within reach again',
    content: (vehicle) => error(vehicle, 'RESOLVED'),
  },
  { type: 'verify', about: 'the challenge of a new webhook', content: verify },
  { type: 'v2-schedule', about: 'a scheduled reading', content: (vehicle) => reading('schedule', vehicle) },
  { type: 'v2-dynamic', about: 'a dynamic reading', content: (vehicle) => reading('dynamic', vehicle) },
  { type: 'v2-charging-started', about: 'charging began', content: charging('CHARGING_STARTED') },
  { type: 'v2-charging-stopped', about: 'charging was stopped', content: charging('CHARGING_STOPPED') },
  { type: 'v2-charging-completed', about: 'charging was completed', content: charging('CHARGING_COMPLETED') },
  {
    type: 'v2-verify',
    about: 'the challenge of a new webhook',
    content: () => ({
      version: '2.0',
      webhookId: WEBHOOK,
      eventName: 'verify',
      payload: { challenge: randomUUID() },
    }),
  },
];

function state(vehicle, { mode = 'LIVE', signals = signalsOf(vehicle) } = {}) {
  return {
    eventId: randomUUID(),
    eventType: 'VEHICLE_STATE',
    vehicleId: vehicle.ids.smartcar,
    data: {
      user: { id: vehicle.user },
      vehicle: identity(vehicle),
      triggers: [{ code: 'location-preciselocation', name: 'PreciseLocation', group: 'Location' }],
      signals,
    },
    meta: { ...meta(vehicle), signalCount: signals.length, mode },
  };
}

function error(vehicle, state) {
  const signal = { code: 'location-preciselocation', name: 'PreciseLocation', group: 'Location' };
  return {
    eventId: randomUUID(),
    eventType: 'VEHICLE_ERROR',
    vehicleId: vehicle.ids.smartcar,
    data: {
      user: { id: vehicle.user },
      vehicle: identity(vehicle),
      errors: [
        {
          type: 'VEHICLE_STATE',
          code: 'UNREACHABLE',
          state,
          description: 'The vehicle cannot be reached.',
          resolution: { type: 'RETRY_LATER' },
          signals: [signal],
        },
      ],
    },
    meta: { ...meta(vehicle), mode: 'LIVE' },
  };
}

function verify(vehicle) {
  return {
    eventId: randomUUID(),
    eventType: 'VERIFY',
    data: { challenge: randomUUID() },
    meta: meta(vehicle),
  };
}

function reading(eventName, vehicle) {
  const headers = { 'sc-unit-system': 'imperial', 'sc-data-age': new Date(vehicle.at).toISOString() };
  const miles = Math.round((vehicle.odometerKm / KM_PER_MILE) * 100) / 100;
  const data = [
    { path: '/vin', code: 200, body: { vin: vehicle.vin }, headers },
    { path: '/location', code: 200, body: vehicle.position, headers },
    { path: '/odometer', code: 200, body: { distance: miles }, headers },
  ];
  const vehicles = [{ vehicleId: vehicle.ids.smartcar, requestId: randomUUID(), data }];
  return { version: '2.0', webhookId: WEBHOOK, eventName, mode: 'live', payload: { vehicles } };
}

function charging(eventType) {
  return (vehicle) => ({
    version: '2.0',
    webhookId: WEBHOOK,
    eventName: 'eventBased',
    mode: 'live',
    payload: {
      eventId: randomUUID(),
      vehicleId: vehicle.ids.smartcar,
      eventType,
      eventTime: new Date(vehicle.at).toISOString(),
    },
  });
}

function signalsOf(vehicle) {
  const { vin, position, speedKmh } = vehicle;
  const known = { oemUpdatedAt: 0, fetchedAt: 0 };
  return [
    signal('vehicleidentification-vin', 'VIN', 'VehicleIdentification', { value: vin }, known),
    signal('location-preciselocation', 'PreciseLocation', 'Location', position, measured(vehicle)),
    signal(
      'motion-currentspeed',
      'CurrentSpeed',
      'Motion',
      { value: speedKmh, unit: 'kph' },
      measured(vehicle),
    ),
    odometer(vehicle),
  ];
}

function odometer(vehicle) {
  const body = { value: vehicle.odometerKm, unit: 'km' };
  return signal('odometer-traveleddistance', 'TraveledDistance', 'Odometer', body, measured(vehicle));
}

function signal(code, name, group, body, meta) {
  return { code, name, group, body, meta, status: { value: 'SUCCESS' } };
}

function measured({ at }) {
  return { oemUpdatedAt: at, fetchedAt: at };
}

function identity({ ids, make, model, year }) {
  return { id: ids.smartcar, make, model, year };
}

function meta({ at }) {
  return {
    version: '4.0',
    deliveryId: randomUUID(),
    deliveredAt: at,
    webhookId: WEBHOOK,
    webhookName: 'samples',
  };
}
