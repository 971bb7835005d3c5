// Why a vehicle's deliveries do not come, in words.
// https://smartcar.com/docs/api-reference/api-errors

const RECONNECT = 'the owner has to connect the vehicle again, through Smartcar Connect';
const BY_CODE = {
  'CONNECTED_SERVICES_ACCOUNT VIRTUAL_KEY_REQUIRED': [
    'the vehicle has no virtual key of the application',
    'the owner has to add it, as Smartcar Connect shows',
  ],
  'CONNECTED_SERVICES_ACCOUNT SUBSCRIPTION': [
    "the owner's subscription at the manufacturer has ended",
    'the owner has to renew it',
  ],
};
const BY_TYPE = {
  BILLING: [
    "the plan's limit is reached, or the plan lacks this",
    "see the Billing tab of Smartcar's dashboard",
  ],
  COMPATIBILITY: ['the vehicle or its make cannot do this', 'leave it out'],
  CONNECTED_SERVICES_ACCOUNT: ["the manufacturer does not accept the owner's account any more", RECONNECT],
  PERMISSION: ['the owner has not allowed the application to read it', RECONNECT],
  RESOURCE_NOT_FOUND: ['it is not connected any more', RECONNECT],
  UPSTREAM: ['the manufacturer failed', 'try again later'],
  VEHICLE_STATE: ['the vehicle cannot be reached now', 'try again later'],
};

/** `{ reason, fix }` of an error of the API about a vehicle. */
export function reasonOf({ message, problem: { type, code } = {} }) {
  const [reason, fix] = BY_CODE[`${type} ${code}`] ?? BY_TYPE[type] ?? [message, 'see what Smartcar says'];
  const name = [type, code].filter(Boolean).join(' ');
  return { reason: name ? `${reason} (${name})` : reason, fix };
}

/** What the gateway misses of a connection whose permissions are known: `{ reason, fix }`, or undefined. */
export function lackOf({ permissions }) {
  if (permissions === undefined) return undefined;
  if (!permissions.includes('read_location'))
    return {
      reason: 'its position may not be read, so nothing of it can be sent (read_location)',
      fix: RECONNECT,
    };
  if (!permissions.includes('read_vin'))
    return {
      reason: 'its VIN may not be read (read_vin)',
      fix: `${RECONNECT}, or its VIN has to be mapped by hand`,
    };
  return undefined;
}
