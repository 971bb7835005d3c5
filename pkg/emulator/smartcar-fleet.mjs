// The connections and webhooks that the Smartcar emulator tells of. All of them are invented.

const PERMISSIONS = ['read_vehicle_info', 'read_vin', 'read_location', 'read_odometer'];

export const WEBHOOKS = [
  {
    id: 'abde94ff-d57d-43b9-8d09-6020db2d977a',
    name: 'Weighbridge',
    callbackUri: 'https://weighbridge.example/hooks/smartcar',
    isEnabled: true,
    autoSubscribe: false,
  },
];

export const CONNECTIONS = [
  connectionOf(1, { make: 'TESLA', model: 'Model 3', year: 2020, vin: '5YJ3E7EB1LF000001' }),
  connectionOf(2, { make: 'VOLKSWAGEN', model: 'ID.4', year: 2021, vin: 'WVGZZZE2ZMP000002' }),
  connectionOf(3, {
    make: 'FORD',
    model: 'Transit',
    year: 2022,
    vin: 'WF0XXXTTGXNA00003',
    permissions: ['read_vehicle_info'],
  }),
];

/** A connection of a vehicle whose ids are made from a number. */
export function connectionOf(number, rest) {
  const id = (kind) => `${kind}0000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return { id: id('c'), vehicleId: id('a'), userId: id('b'), ...rest };
}

/** A connection with everything that the API tells of it. */
export function makeConnection({ vehicleId, ...rest }) {
  if (typeof vehicleId !== 'string') throw new TypeError('A connection needs a vehicleId.');
  return {
    id: `c-${vehicleId}`,
    vehicleId,
    userId: `u-${vehicleId}`,
    make: 'TESLA',
    model: 'Model 3',
    year: 2020,
    mode: 'live',
    powertrainType: 'BEV',
    vin: null,
    odometer: 1609.3,
    permissions: PERMISSIONS,
    ...rest,
  };
}
