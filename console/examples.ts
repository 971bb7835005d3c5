// Deliveries to try the playground with. Vehicles, people and secrets in them are made up.

import { generateSecret, type Provider, sign } from '../pkg/slim.js';
import type { Posed } from './judge.ts';

/** A delivery with a made-up secret, genuine or with one byte changed after it was signed. */
export function example(provider: Provider, kind: 'genuine' | 'forged'): Posed {
  const secret = generateSecret(provider);
  const body = JSON.stringify(BODIES[provider](new Date()), null, 2);
  const headers = sign(provider, body, secret);
  return {
    provider,
    headers: Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
    body:
      kind === 'genuine'
        ? body
        : body.replace(/"(latitude|lat)": (\d)/, (_, name, digit) => `"${name}": ${(Number(digit) + 1) % 9}`),
    bytes: undefined,
    secret,
    encoding: 'utf8',
    arrived: '',
    vin: provider === 'telemax' ? 'WDB9066331S000421' : '',
  };
}

const BODIES: Record<Provider, (now: Date) => unknown> = {
  smartcar: (now) => ({
    eventId: crypto.randomUUID(),
    eventType: 'VEHICLE_STATE',
    vehicleId: '00000000-0000-4000-8000-000000000001',
    data: {
      user: { id: '00000000-0000-4000-8000-000000000002' },
      vehicle: { id: '00000000-0000-4000-8000-000000000001', make: 'TESLA', model: 'Model 3', year: 2020 },
      triggers: [],
      signals: [
        {
          code: 'vehicleidentification-vin',
          name: 'VIN',
          group: 'VehicleIdentification',
          body: { value: '5YJ3E7EB1LF000001' },
          meta: { oemUpdatedAt: now.getTime(), fetchedAt: now.getTime() },
          status: { value: 'SUCCESS' },
        },
        {
          code: 'location-preciselocation',
          name: 'PreciseLocation',
          group: 'Location',
          body: { latitude: 37.4292, longitude: -122.1381 },
          meta: { oemUpdatedAt: now.getTime() - 2000, fetchedAt: now.getTime() - 1000 },
          status: { value: 'SUCCESS' },
        },
      ],
    },
    meta: { version: '4.0', deliveryId: crypto.randomUUID(), deliveredAt: now.getTime(), mode: 'LIVE' },
  }),
  telematica: (now) => ({
    type: 'vehicle.charging-status',
    message: 'Charging-status change detected',
    vehicleId: '641aeef260d202219c220001',
    currentState: 'Charging',
    vehicleState: {
      id: '641aeef260d202219c220001',
      location: {
        latitude: 12.345678,
        longitude: 7.3321,
        lastUpdated: new Date(now.getTime() - 2000).toISOString(),
      },
      state: 'ACTIVE',
      staticAttributes: { make: 'BMW', model: 'X2 xDrive25e', vin: 'MAT534006MPTS4325' },
    },
  }),
  telemax: (now) => ({
    alertType: 'Ignition',
    vehicleId: 88421,
    vehicleName: 'Delivery Van 07',
    position: { lat: 33.8688, lng: 151.2093 },
    direction: 270,
    timestamp: `${new Date(now.getTime() - 1000).toISOString().slice(0, 19)}Z`,
    address: null,
    data: { isStarted: true },
  }),
};
