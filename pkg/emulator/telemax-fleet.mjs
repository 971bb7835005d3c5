// The vehicles and alert configurations that the Telemax emulator tells of. All of them are invented.

export const COMPANY = { id: 997, name: 'Emulated Fleet Pty Ltd' };

export const VEHICLES = [
  { id: 88421, name: 'Delivery Van 07', vin: 'WDB9066331S000421', make: 'Mercedes-Benz', odometer: 45321.2 },
  { id: 88422, name: 'Delivery Van 08', vin: 'WDB9066331S000422', make: 'Mercedes-Benz', odometer: 9120.7 },
  { id: 88423, name: 'Trailer 01', vin: null, odometer: null, ignition: false, speed: 0 },
];

/** Types 1, 2, 5, 8, 9 and 10 can be linked to a webhook; 7 cannot. */
export const ALERTS = [
  alertOf(101, 8, 'Ignition on and off'),
  alertOf(102, 10, 'Faster than 110 km/h'),
  alertOf(103, 5, 'Depot zone'),
  alertOf(104, 9, 'Battery below 11.8 V'),
  alertOf(105, 7, 'Idling'),
  alertOf(106, 1, 'Device lost'),
  alertOf(107, 2, 'Device back'),
];

/** An alert configuration. Its type is a string, as the vendor has it here and only here. */
export function alertOf(alertId, type, alertName) {
  return {
    alertId,
    alertType: String(type),
    companyId: COMPANY.id,
    alertName,
    alertDescription: alertName,
    isAllFleet: true,
    isAllTags: false,
    units: [],
    tags: [],
  };
}

const DEFAULTS = {
  vin: null,
  make: null,
  lat: -33.8688,
  lng: 151.2093,
  speed: 54,
  course: 142,
  ignition: true,
  odometer: 100,
  voltage: 12.8,
  isOnline: true,
  at: null,
};

/** A vehicle with everything that positions tell: km/h, km, volts; `at` is the sample's UTC ms, null is now. */
export function makeVehicle({ id, ...rest }) {
  if (!Number.isInteger(id) || id < 0) throw new TypeError('A vehicle needs an id: a whole number.');
  const imei = String(353_148_090_000_000 + id);
  return { id, name: `Vehicle ${id}`, imei, ...DEFAULTS, ...rest };
}

/** The last position as the vendor has it, or null where there is none. Times are UTC without a Z. */
export function positionOf(vehicle, { sample = {}, age_seconds: age = 0 } = {}) {
  if (vehicle.lat === null) return null;
  const at = (vehicle.at ?? Date.now()) - age * 1000;
  const utcTime = withoutZone(at);
  return {
    id: Math.floor(at / 1000) ^ vehicle.id,
    utcTime,
    userTime: withoutZone(at + 10 * 3_600_000),
    lat: vehicle.lat,
    lng: vehicle.lng,
    speed: vehicle.speed,
    course: vehicle.course,
    ignition: vehicle.ignition,
    odometer: vehicle.odometer,
    voltage: vehicle.voltage,
    deviceId: vehicle.id,
    deviceName: vehicle.name,
    imei: vehicle.imei,
    vin: vehicle.vin,
    address: null,
    startedTime: utcTime,
    endTime: utcTime,
    isOnline: vehicle.isOnline,
    ...sample,
  };
}

const withoutZone = (ms) => new Date(ms).toISOString().slice(0, 19);
