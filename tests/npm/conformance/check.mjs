// Holds a copy of the package to the cases. Runs in every runtime, so that it imports nothing.

const SECRETS = {
  smartcar: 'SMARTCAR_MANAGEMENT_TOKEN',
  telematica: 'TELEMATICA_SVIX_SECRET',
  telemax: 'TELEMAX_WEBHOOK_SECRET',
  'telematica-callback': 'TELEMATICA_CALLBACK_TOKEN',
};

/** Checks every case in every form that a caller could hand it over in: `{ checked, skipped, failures }`. */
export function check(weighbridge, cases) {
  const result = { checked: 0, skipped: 0, failures: [] };
  for (const one of cases) {
    if (isBeyondTheLibrary(one)) {
      result.skipped += 1;
      continue;
    }
    for (const [form, delivery] of Object.entries(formsOf(one))) {
      result.checked += 1;
      try {
        checkOne(weighbridge, one, delivery);
      } catch (error) {
        result.failures.push(`${one.name} (${form}): ${error.message}`);
      }
    }
  }
  return result;
}

/** What is the gateway's alone: its limits and its configuration, and signatures on the legacy callback. */
function isBeyondTheLibrary({ hook, headers, expected }) {
  if (expected.reply.status === 413 || expected.reply.status === 503) return true;
  if (expected.weigh?.includes('stale_position')) return true;
  return hook === 'telematica-callback' && headers.some(([name]) => /^(svix|webhook)-/i.test(name));
}

function formsOf({ headers, body }) {
  const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
  const record = {};
  for (const [name, value] of headers) {
    if (!Object.hasOwn(record, name)) record[name] = value;
    else record[name] = [record[name], value].flat();
  }
  const forms = { 'bytes and a record': { headers: record, body: bytes } };
  try {
    forms['bytes and Headers'] = { headers: new Headers(headers), body: bytes };
  } catch {
    // A value that cannot stand in a Headers object.
  }
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  if (equal(Array.from(new TextEncoder().encode(text)), Array.from(bytes))) {
    forms['text and a record'] = { headers: record, body: text };
  }
  return forms;
}

function checkOne(weighbridge, { hook, now, config, mappings, expected }, delivery) {
  const options = { now, secretEncoding: config.TELEMAX_SECRET_ENCODING };
  const secrets = secretsOf(weighbridge, hook, config, options);
  const received =
    hook === 'telematica-callback'
      ? weighbridge.receiveCallback(delivery, secrets, options)
      : weighbridge.receive(hook, delivery, secrets, options);
  const { status, body } = expected.reply;
  if (hook !== 'telematica-callback' && !body.challenge && body.error !== 'challenge_refused') {
    const verdict = weighbridge.verify(hook, delivery, secrets, options);
    same('verify', verdict.ok ? 'genuine' : verdict.code, status === 401 ? body.error : 'genuine');
  }
  if (status >= 400) {
    const { kind, code } = received;
    same('receive', { kind, status: received.status, code }, { kind: 'rejected', status, code: body.error });
    if (typeof received.message !== 'string' || received.message === '')
      throw new Error('there is no message');
  } else if (body.challenge) {
    same('receive', received, { kind: 'challenge', reply: body });
    same('answerChallenge', weighbridge.answerChallenge(delivery, secrets), body);
  } else if (expected.events.length > 0) {
    same('receive', received.kind, 'events');
    same('number of events', received.events.length, expected.events.length);
    received.events.forEach((event, place) => {
      checkEvent(event, expected.events[place]);
      const mapping = mappings?.[event.vehicle] ?? event.aliases?.map((id) => mappings?.[id]).find(Boolean);
      checkRecord(weighbridge.toCartrack(event, mapping && { vin: mapping.vin ?? mapping }), expected, place);
    });
  } else {
    const { user, changes } = expected.mappings;
    same('receive', [received.kind, received.user ?? null], ['mappings', user ?? null]);
    same('changes', received.changes, changes);
  }
}

const ALWAYS = ['type', 'provider_event_id', 'skip'];
const NEVER = [
  'provider',
  'received_at',
  'mode',
  'user',
  'aliases',
  'delivery_id',
  'repeats_position',
  'position',
];

function checkEvent(event, wanted) {
  const names = new Set([...ALWAYS, ...Object.keys(wanted)]);
  if (!wanted.skip) for (const name of Object.keys(event)) names.add(name);
  for (const name of names) {
    if (NEVER.includes(name) && !(name in wanted)) continue;
    if (name === 'vehicle' && !('vehicle' in wanted)) continue;
    if (name === 'moment' && !('moment' in wanted)) continue;
    same(name, plain(event[name]), plain(wanted[name]));
  }
}

/** A measured value without its time, unless the time is wanted. */
function plain(value) {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : (value ?? null);
}

function checkRecord(weighed, { records, weigh }, place) {
  same('weigh', weighed.ok ? 'record' : weighed.reason, weigh[place]);
  if (!weighed.ok) return;
  const { provider_received_ts: received, ...source } = weighed.record.source;
  same('record', { ...weighed.record, source }, records[place]);
  if (!received) throw new Error('the record does not say when it was received');
}

/** The gateway leaves out what is unusable in a list; to the library it would be a programmer's mistake. */
function secretsOf(weighbridge, hook, config, options) {
  const isUsable = (secret) => {
    try {
      if (hook !== 'telematica-callback')
        weighbridge.verify(hook, { headers: {}, body: '' }, secret, options);
      return secret !== '';
    } catch {
      return false;
    }
  };
  return config[SECRETS[hook]].split(/[\s,]+/).filter(isUsable);
}

function same(what, actual, expected) {
  if (!equal(actual, expected)) {
    throw new Error(`${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
  }
}

function equal(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= 1e-9;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => equal(a[name], b[name]));
}
