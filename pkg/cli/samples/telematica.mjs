// Telematica's deliveries, through Svix and to the legacy callback.
// https://www.svix.com/event-types/eu/org_2En3rjiZR5murmGVsT38qxnQUdJ
// https://docs.telematica.so/docs/callback-endpoint

const JOB = '641aeef260d202219c22aa3a';
const CALLBACK = 'telematica-callback';

/** Without `provider`, which all of them share. */
export const TELEMATICA = [
  {
    type: 'vehicle.charging-status',
    about: 'charging began, with a position and VIN',
    everyday: true,
    content: (vehicle) => changed('vehicle.charging-status', vehicle, { currentState: 'Charging' }),
  },
  {
    type: 'vehicle.plug-status',
    about: 'the plug is in, with a position and VIN',
    everyday: true,
    content: (vehicle) => changed('vehicle.plug-status', vehicle, { currentState: 'Plugged' }),
  },
  {
    type: 'vehicle.soc',
    about: 'a state of charge was reached, with a position and VIN',
    everyday: true,
    content: (vehicle) =>
      changed('vehicle.soc', vehicle, { currentSoc: Math.round(vehicle.chargePercent), targetSoc: 80 }),
  },
  {
    type: 'vehicle.charging-command',
    about: 'a command to a vehicle was carried out',
    content: ({ ids }) => command('vehicle.charging-command', { vehicleId: ids.telematica }),
  },
  {
    type: 'charger.charging-command',
    about: 'a command to a charger was carried out',
    content: () => command('charger.charging-command', { chargerId: '7c4a3e11ca00000000000001' }),
  },
  {
    type: 'user.devices-connected',
    about: 'a user connected a vehicle: a mapping with its VIN',
    content: ({ user, ids, vin, make, model, name, year }) => ({
      devices: [
        {
          clientUserId: user,
          country: 'ES',
          deviceId: ids.telematica,
          deviceType: 'vehicle',
          engineType: 'ELECTRIC',
          make,
          model,
          nickname: name,
          vin,
          year,
        },
      ],
      type: 'user.devices-connected',
      user,
    }),
  },
  {
    type: 'user.devices-disconnected',
    about: 'a user disconnected a vehicle: the end of its mapping',
    content: ({ user, ids }) => ({ devices: [ids.telematica], type: 'user.devices-disconnected', user }),
  },
  {
    type: 'callback',
    about: 'the legacy callback, with a bearer token: a mapping with its VIN',
    hook: CALLBACK,
    content: ({ user, ids, vin, make, model, year, registration }) => ({
      user,
      vehicles: [{ vehicleId: ids.telematica, vin, make, model, year, registration }],
    }),
  },
  {
    type: 'callback-without-vin',
    about: 'the legacy callback in its other form: a mapping without a VIN',
    hook: CALLBACK,
    content: ({ user, ids, registration }) => ({ user, vehicles: [{ registration, id: ids.telematica }] }),
  },
];

function changed(type, vehicle, members) {
  const message = `${type.slice('vehicle.'.length)} change detected`;
  return {
    ...members,
    jobId: JOB,
    message,
    type,
    vehicleId: vehicle.ids.telematica,
    vehicleState: stateOf(vehicle),
  };
}

function stateOf({
  ids,
  at,
  position,
  odometerKm,
  chargePercent,
  make,
  model,
  name,
  registration,
  vin,
  year,
}) {
  const lastUpdated = new Date(at).toISOString();
  return {
    batteryState: {
      chargeThresholdMet: chargePercent >= 80,
      isCharging: true,
      isPlugged: true,
      lastUpdated,
      range: Math.round(chargePercent * 4),
      rangeUnit: 'km',
      soc: Math.round(chargePercent),
    },
    id: ids.telematica,
    location: { lastUpdated, ...position },
    odo: { lastUpdated, unit: 'km', value: odometerKm },
    state: 'ACTIVE',
    stateDescription: 'The connection to vehicle is active and the data is up to date.',
    staticAttributes: { country: 'ES', make, model, nickname: name, registration, vin, year },
  };
}

function command(type, device) {
  return {
    action: 'START',
    code: '200',
    jobId: JOB,
    message: 'Charging started',
    success: true,
    type,
    ...device,
  };
}
