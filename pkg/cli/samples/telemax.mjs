// Telemax's alerts. https://docs.telemax.com.au/v2/webhooks-overview

/** The alerts without data of their own, by the names that Telemax's alert types have. */
const PLAIN = [
  'Device Disconnected',
  'Device Reconnected',
  'Engine Code',
  'Fatigue',
  'Geofence Speed',
  'Idle',
  'Mileage',
  'Above Speed Limit',
  'Doors Unlocked',
  'Tire Pressure',
  'Charging',
  'Exceed RPM',
  'Exceed Engine Temp',
  'Reminder',
];

/** Without `provider`, which all of them share. */
export const TELEMAX = [
  {
    type: 'ignition-on',
    about: 'the start of a trip',
    everyday: true,
    content: (vehicle) => alert('Ignition', vehicle, { isStarted: true }),
  },
  {
    type: 'ignition-off',
    about: 'the end of a trip',
    everyday: true,
    content: (vehicle) => alert('Ignition', vehicle, { isStarted: false }),
  },
  {
    type: 'speeding',
    about: 'a speed over the limit',
    everyday: true,
    content: (vehicle) => alert('Speeding', vehicle, { speed: vehicle.speedKmh + 60, maxSpeed: 110 }),
  },
  {
    type: 'geofence-entered',
    about: 'a fenced area was entered',
    content: (vehicle) => alert('Geofence', vehicle, { geofenceName: 'Depot', isExit: false }),
  },
  {
    type: 'geofence-left',
    about: 'a fenced area was left',
    content: (vehicle) => alert('Geofence', vehicle, { geofenceName: 'Depot', isExit: true }),
  },
  {
    type: 'low-battery',
    about: 'a battery under its threshold',
    content: (vehicle) => alert('Low battery', vehicle, { voltage: 11.4, threshold: 11.8 }),
  },
  ...PLAIN.map((label) => ({
    type: label.toLowerCase().replaceAll(' ', '-'),
    about: `the alert ${label}`,
    content: (vehicle) => alert(label, vehicle, null),
  })),
];

function alert(alertType, { ids, name, position, heading, at }, data) {
  return {
    alertType,
    vehicleId: ids.telemax,
    vehicleName: name,
    position: { lat: position.latitude, lng: position.longitude },
    direction: heading,
    timestamp: `${new Date(at).toISOString().slice(0, 19)}Z`,
    address: null,
    data,
  };
}
