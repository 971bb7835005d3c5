// One delivery per provider, as the provider would send it now, and the secrets of a local trial.

import { randomUUID } from 'node:crypto';
import { smartcar, svix, telemax } from './sign.mjs';

/** Secrets for trying things out on one's own machine. They protect nothing: everybody can read them here. */
export const DEMO_VARS = {
  SMARTCAR_MANAGEMENT_TOKEN: '00000000-demo-4000-8000-smartcartoken',
  TELEMATICA_SVIX_SECRET: `whsec_${Buffer.from('a demo key, known to everyone').toString('base64')}`,
  TELEMATICA_CALLBACK_TOKEN: 'demo-callback-token',
  TELEMAX_WEBHOOK_SECRET: 'DE00'.repeat(16),
  CARTRACK_API_KEY: 'demo-cartrack-key',
  ADMIN_TOKEN: 'demo-admin-token',
};

/** Telemax never names a VIN: its vehicle has to be mapped before its events can be sent. */
export const TELEMAX_MAPPING = {
  path: '/api/mappings/telemax/88421',
  mapping: { vin: 'WDB9066331S000421', make: 'Mercedes-Benz', model: 'Sprinter', registration: 'WB 88421' },
};

/**
 * The deliveries: `{ provider, path, headers, body }`. Their ids and times are new each time, so that
 * none is a repeat of an earlier run's. Of a secret with several values, the first signs.
 */
export function sampleDeliveries(vars, now = Date.now()) {
  const first = (name) => vars[name].split(/[\s,]+/).find(Boolean);
  const { TELEMAX_SECRET_ENCODING: encoding } = vars;
  const made = Object.entries(sampleBodies(now));
  const bodies = Object.fromEntries(made.map(([provider, body]) => [provider, JSON.stringify(body)]));
  const headers = {
    smartcar: smartcar(first('SMARTCAR_MANAGEMENT_TOKEN'), bodies.smartcar),
    telematica: svix(first('TELEMATICA_SVIX_SECRET'), bodies.telematica, { timestamp: now / 1000 }),
    telemax: telemax(first('TELEMAX_WEBHOOK_SECRET'), bodies.telemax, { encoding }),
  };
  return Object.keys(bodies).map((provider) => ({
    provider,
    path: `/hooks/${provider}`,
    headers: { 'Content-Type': 'application/json', ...headers[provider] },
    body: bodies[provider],
  }));
}

/** What the deliveries say, by provider. */
export function sampleBodies(now) {
  return {
    smartcar: smartcarState(now),
    telematica: telematicaCharging(now),
    telemax: telemaxIgnition(now),
  };
}

function smartcarState(now) {
  const vehicle = { id: '9af13248-3b73-4c9d-9a4b-d937ce6bc8e2', make: 'TESLA', model: 'Model 3', year: 2020 };
  const measured = { oemUpdatedAt: now - 3_000, fetchedAt: now - 1_000 };
  return {
    eventId: randomUUID(),
    eventType: 'VEHICLE_STATE',
    vehicleId: vehicle.id,
    data: {
      user: { id: '93b3ea96-ca37-43a9-9073-f4334719bc17' },
      vehicle,
      triggers: [{ code: 'location-preciselocation', name: 'PreciseLocation', group: 'Location' }],
      signals: [
        signal(
          'vehicleidentification-vin',
          'VIN',
          'VehicleIdentification',
          { value: '5YJ3E7EB1LF000001' },
          {
            oemUpdatedAt: 0,
            fetchedAt: 0,
          },
        ),
        signal(
          'location-preciselocation',
          'PreciseLocation',
          'Location',
          { latitude: 37.4292, longitude: -122.1381 },
          measured,
        ),
        signal(
          'odometer-traveleddistance',
          'TraveledDistance',
          'Odometer',
          { value: 1000, unit: 'miles' },
          measured,
        ),
      ],
    },
    meta: {
      version: '4.0',
      deliveryId: randomUUID(),
      deliveredAt: now,
      webhookId: 'abde94ff-d57d-43b9-8d09-6020db2d977a',
      webhookName: 'weighbridge',
      signalCount: 3,
      mode: 'LIVE',
    },
  };
}

function signal(code, name, group, body, meta) {
  return { code, name, group, body, meta, status: { value: 'SUCCESS' } };
}

function telematicaCharging(now) {
  const lastUpdated = new Date(now - 2_000).toISOString();
  const vehicleId = '641aeef260d202219c22f03b';
  return {
    currentState: 'Charging',
    jobId: '641aeef260d202219c22aa3a',
    message: 'Charging-status change detected',
    type: 'vehicle.charging-status',
    vehicleId,
    vehicleState: {
      batteryState: {
        chargeThresholdMet: true,
        isCharging: true,
        isPlugged: true,
        lastUpdated,
        range: 216,
        rangeUnit: 'km',
        soc: 77,
      },
      id: vehicleId,
      location: { lastUpdated, latitude: 12.345678, longitude: 7.3321 },
      odo: { lastUpdated, unit: 'km', value: 12345 },
      state: 'ACTIVE',
      stateDescription: 'The connection to vehicle is active and the data is up to date.',
      staticAttributes: {
        country: 'ES',
        make: 'BMW',
        model: 'X2 xDrive25e',
        nickname: 'My BMW X2',
        registration: 'GJ01M20191',
        vin: 'MAT534006MPTS4325',
        year: 2022,
      },
    },
  };
}

function telemaxIgnition(now) {
  return {
    alertType: 'Ignition',
    vehicleId: 88421,
    vehicleName: 'Delivery Van 07',
    position: { lat: -33.8688, lng: 151.2093 },
    direction: 270,
    timestamp: `${new Date(now - 1_000).toISOString().slice(0, 19)}Z`,
    address: null,
    data: { isStarted: true },
  };
}
