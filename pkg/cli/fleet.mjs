// A simulated fleet: vehicles that drive about, each known to all three providers.

const PLACES = [
  { latitude: -26.2041, longitude: 28.0473 },
  { latitude: 1.3521, longitude: 103.8198 },
  { latitude: 40.4168, longitude: -3.7038 },
  { latitude: -33.8688, longitude: 151.2093 },
  { latitude: 38.7223, longitude: -9.1393 },
  { latitude: 37.4292, longitude: -122.1381 },
];
const MODELS = [
  { make: 'TESLA', model: 'Model 3', year: 2020 },
  { make: 'BMW', model: 'X2 xDrive25e', year: 2022 },
  { make: 'VOLKSWAGEN', model: 'ID.4', year: 2021 },
  { make: 'Mercedes-Benz', model: 'Sprinter', year: 2019 },
];
const KM_PER_DEGREE = 111.32;

/**
 * @typedef {object} Vehicle
 * @property {string} vin  17 characters
 * @property {string} make
 * @property {string} model
 * @property {number} year
 * @property {string} name  what its owner calls it
 * @property {string} registration
 * @property {string} user  its owner's id
 * @property {{ smartcar: string, telematica: string, telemax: number }} ids  each provider's id of it
 * @property {{ latitude: number, longitude: number }} position
 * @property {number} heading  degrees, 0 to 359
 * @property {number} speedKmh
 * @property {number} odometerKm
 * @property {number} chargePercent
 * @property {boolean} ignition
 * @property {number} at  the time of all this, in milliseconds
 */

/** `size` vehicles as of `now`. The same numbers are the same vehicles in every run, so that mappings stay. */
export function makeFleet(size, now = Date.now()) {
  return Array.from({ length: size }, (_, index) => makeVehicle(index, now));
}

/** @returns {Vehicle} */
function makeVehicle(index, at) {
  const serial = (width) => String(index + 1).padStart(width, '0');
  const place = PLACES[index % PLACES.length];
  return {
    ...MODELS[index % MODELS.length],
    vin: `WBSIM${serial(12)}`,
    name: `Van ${serial(3)}`,
    registration: `WB ${serial(5)}`,
    user: `fleet-owner-${1 + (index % 7)}`,
    ids: {
      smartcar: `5117ca12-0000-4000-8000-${serial(12)}`,
      telematica: `7e1e3a71ca00${serial(12)}`,
      telemax: 90_000 + index,
    },
    position: {
      latitude: rounded(place.latitude + between(-0.05, 0.05)),
      longitude: rounded(place.longitude + between(-0.05, 0.05)),
    },
    heading: Math.floor(between(0, 360)),
    speedKmh: 50,
    odometerKm: 10_000 + 137 * index,
    chargePercent: 80,
    ignition: true,
    at,
  };
}

/** Drives a vehicle on to `now`, at least one millisecond, so that no two of its positions have one time. */
export function drive(vehicle, now = Date.now()) {
  const at = Math.max(now, vehicle.at + 1);
  const km = (vehicle.speedKmh * (at - vehicle.at)) / 3_600_000;
  const angle = (vehicle.heading * Math.PI) / 180;
  const { latitude, longitude } = vehicle.position;
  const degrees = km / KM_PER_DEGREE;
  vehicle.position = {
    latitude: rounded(limited(latitude + degrees * Math.cos(angle), -80, 80)),
    longitude: rounded(
      limited(longitude + (degrees * Math.sin(angle)) / Math.cos((latitude * Math.PI) / 180), -179, 179),
    ),
  };
  vehicle.odometerKm = rounded(vehicle.odometerKm + km);
  vehicle.chargePercent = rounded(limited(vehicle.chargePercent - km / 4, 5, 100));
  vehicle.heading = Math.floor((vehicle.heading + between(-20, 20) + 360) % 360);
  vehicle.speedKmh = Math.round(limited(vehicle.speedKmh + between(-10, 10), 15, 120));
  vehicle.at = at;
  return vehicle;
}

function between(low, high) {
  return low + Math.random() * (high - low);
}

function limited(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

function rounded(value) {
  return Math.round(value * 1e6) / 1e6;
}
