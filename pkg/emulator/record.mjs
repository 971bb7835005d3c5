// What Cartrack's event specification asks of one event, read as strictly as it can be read.

const EVENT_TYPES = ['IGNITION_ON', 'IGNITION_OFF', 'PERIODIC'];

/**
 * What is wrong with an event, as `{ path, message }`; empty when nothing is. `now` is the time in
 * milliseconds that `event_ts` must not be after.
 */
export function problems(record, now) {
  const found = [];
  const report = (path, message) => found.push({ path, message });
  checkObject(record, '', EVENT, { report, now });
  return found;
}

const EVENT = {
  event_type: {
    required: true,
    check: (value) => EVENT_TYPES.includes(value) || `must be one of ${EVENT_TYPES.join(', ')}`,
  },
  event_ts: {
    required: true,
    check: (value, now) => timeProblem(value) ?? (Date.parse(value) <= now || 'must not be in the future'),
  },
  chassis_number: {
    required: true,
    check: (value) =>
      (typeof value === 'string' && /^[A-Z0-9]{17}$/.test(value)) || 'must be 17 characters of A-Z and 0-9',
  },
  source: {
    required: true,
    members: {
      provider: { required: true, check: text },
      device_id: { check: text },
      provider_event_id: { check: text },
      provider_received_ts: { check: (value) => timeProblem(value) ?? true },
    },
  },
  position: {
    required: true,
    members: {
      latitude: { required: true, check: (value) => number(value, -90, 90) },
      longitude: { required: true, check: (value) => number(value, -180, 180) },
      altitude: { check: (value) => number(value) },
    },
  },
  telemetry: {
    members: {
      speed: { required: true, check: (value) => number(value, 0) },
      ignition: { required: true, check: (value) => typeof value === 'boolean' || 'must be true or false' },
      odometer: { required: true, check: (value) => number(value, 0) },
      rpm: { check: (value) => number(value, 0) },
    },
  },
};

function checkObject(value, path, members, context) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return context.report(path || '(event)', 'must be an object');
  }
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(members, name))
      context.report(join(path, name), 'is not a member of the specification');
  }
  for (const [name, rule] of Object.entries(members)) {
    if (Object.hasOwn(value, name)) checkMember(value[name], join(path, name), rule, context);
    else if (rule.required) context.report(join(path, name), 'is required');
  }
}

function checkMember(value, path, rule, context) {
  if (rule.members) return checkObject(value, path, rule.members, context);
  const verdict = rule.check(value, context.now);
  if (verdict !== true) context.report(path, verdict);
}

function join(path, name) {
  return path ? `${path}.${name}` : name;
}

function text(value) {
  return (typeof value === 'string' && value !== '') || 'must be a string that is not empty';
}

function number(value, low = -Infinity, high = Infinity) {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a number';
  if (value < low) return `must be at least ${low}`;
  return value <= high || `must be at most ${high}`;
}

/** Why a value is no ISO 8601 time in UTC, or undefined. A date that the calendar lacks comes back changed. */
function timeProblem(value) {
  const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?Z$/.exec(typeof value === 'string' ? value : '');
  if (!form) return 'must be an ISO 8601 time in UTC, such as 2026-01-19T08:42:15Z';
  const time = Date.parse(value);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 19) !== form[1])
    return 'is no time that exists';
  return undefined;
}
