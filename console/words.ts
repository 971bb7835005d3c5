// What the codes of the interface mean to a person, and what would help.

import type { State } from './names.ts';

export interface Meaning {
  label: string;
  means: string;
  helps?: string;
}

const PROVIDER_NAMES: Record<string, string> = {
  smartcar: 'Smartcar',
  telematica: 'Telematica',
  telemax: 'Telemax',
};

export function providerName(provider: string): string {
  return PROVIDER_NAMES[provider] ?? provider;
}

/** The settings that hold each provider's secrets. */
export const SECRETS: Record<string, string> = {
  smartcar: 'SMARTCAR_MANAGEMENT_TOKEN',
  telematica: 'TELEMATICA_SVIX_SECRET',
  telemax: 'TELEMAX_WEBHOOK_SECRET',
};

export const STATE_WORDS: Record<State, Meaning> = {
  pending: {
    label: 'Waiting to be sent',
    means: 'Stored, and due to be sent to Cartrack.',
    helps: 'Nothing: it is sent by itself. If Cartrack is slow or down, it is tried again for 48 hours.',
  },
  unmapped: {
    label: 'Waiting for a VIN',
    means: 'Cartrack knows vehicles by their VIN, and none is known for this one.',
    helps:
      'Give the vehicle its VIN: the event goes at once. After 72 hours it dies, and can be replayed for 30 days.',
  },
  held: {
    label: 'Held',
    means: 'Cartrack refuses the credentials, so that nothing is sent but a probe every 5 minutes.',
    helps: 'Mend CARTRACK_API_KEY, CARTRACK_REGION or CARTRACK_URL, then resume.',
  },
  delivered: { label: 'Delivered', means: 'Cartrack took it, or had it already.' },
  skipped: { label: 'Skipped', means: 'Genuine and understood, but nothing for Cartrack.' },
  dead: { label: 'Dead', means: 'Given up: it is not sent again by itself.' },
};

/** Why an event is where it is. */
export const REASONS: Record<string, Meaning> = {
  configuration_refused: {
    label: 'credentials refused',
    means: 'Cartrack answered 401, 403 or a redirect.',
    helps: 'Mend CARTRACK_API_KEY, CARTRACK_REGION or CARTRACK_URL, then resume.',
  },
  erased: { label: 'erased', means: 'Its user was erased, and what was personal in it is gone.' },
  refused_by_cartrack: {
    label: 'refused by Cartrack',
    means: 'Cartrack refused the record for good.',
    helps: 'Read Cartrack’s reply below. Often the vehicle does not exist there: have it added, then replay.',
  },
  retries_exhausted: {
    label: 'retries used up',
    means: 'Cartrack could not be reached, or failed, for 48 hours.',
    helps: 'Once Cartrack is back, replay. “Replay all” below Events sends all of them at once.',
  },
  unmapped_vehicle: {
    label: 'no VIN known',
    means: 'No VIN is known for the vehicle.',
    helps: 'Give the vehicle its VIN. An event that died of this can be replayed then.',
  },
  vin_conflict: {
    label: 'two VINs',
    means: 'The delivery names another VIN than the mapping.',
    helps: 'Find out which is right, put the mapping right below Vehicles, then replay.',
  },
  future_timestamp: {
    label: 'time in the future',
    means: 'Its time lies more than a minute ahead.',
    helps: 'The clock of the device or of the provider is off. Tell the provider.',
  },
  invalid_payload: {
    label: 'incomplete or impossible',
    means: 'A needed member is missing or cannot be true.',
    helps: 'Try the delivery in the playground, and tell the provider.',
  },
  no_cartrack_equivalent: {
    label: 'no such event at Cartrack',
    means: 'Cartrack has no event of this kind, for example for a charging command.',
    helps: 'Nothing is wrong. To send fewer of them, subscribe to fewer events at the provider.',
  },
  no_position: {
    label: 'no position',
    means: 'There is no position in it, and none is made up.',
    helps:
      'If the vehicle never has one, look whether location is among the permissions granted at the provider.',
  },
  position_not_current: {
    label: 'position not current',
    means: 'The position is the last one known, not that of the event.',
    helps: 'Nothing is wrong: the vehicle’s next position is sent.',
  },
  provider_error: {
    label: 'provider’s error',
    means: 'The provider reports an error of the vehicle’s connection.',
    helps: 'Look the vehicle up at the provider. Often its owner has to connect it again.',
  },
  provider_state: {
    label: 'connection not active',
    means: 'There is no position because the vehicle’s connection is not active.',
    helps: 'Look the vehicle up at the provider. Often its owner has to connect it again.',
  },
  stale_position: {
    label: 'position too old',
    means: 'The position is older than MAX_EVENT_AGE_HOURS.',
    helps: 'Raise MAX_EVENT_AGE_HOURS if such positions are wanted.',
  },
  test_mode: {
    label: 'test',
    means: 'The provider calls it a test or a simulation.',
    helps: 'Nothing is wrong. For real positions, connect a live vehicle.',
  },
  unchanged_position: {
    label: 'position seen before',
    means:
      'A position of this vehicle with this time was accepted before: the vehicle has not moved on since.',
    helps: 'Nothing is wrong. If Cartrack lacks the position, look at the event before this one.',
  },
  unknown_alert_type: {
    label: 'unknown alert',
    means: 'An alert that Weighbridge does not know.',
    helps: 'Nothing can be sent. A newer version may know it.',
  },
  unknown_event_type: {
    label: 'unknown event',
    means: 'An event type that Weighbridge does not know.',
    helps: 'Nothing can be sent. A newer version may know it.',
  },
  unsupported_device: {
    label: 'not a vehicle',
    means: 'The event is of a device that is no vehicle.',
    helps: 'Nothing is wrong.',
  },
};

/** Why a delivery was turned away at the door. */
export const REFUSALS: Record<string, Meaning> = {
  body_too_large: {
    label: 'body too large',
    means: 'The body is larger than MAX_BODY_BYTES.',
    helps: 'Raise MAX_BODY_BYTES if the sender is the provider.',
  },
  challenge_refused: {
    label: 'challenge refused',
    means: 'The challenge is no text that is safe to answer.',
    helps: 'If the provider sent it, please report it: the form of its challenges has changed.',
  },
  invalid_timestamp: {
    label: 'no valid time',
    means: 'The signed time is empty or no number.',
    helps: 'The sender is not the provider, or something on the way rewrites headers.',
  },
  malformed_body: {
    label: 'not a JSON object',
    means: 'The signature was genuine, but the body is no JSON object.',
    helps: 'Tell the provider, with the time of the delivery.',
  },
  malformed_signature: {
    label: 'signature out of form',
    means: 'The signature does not have the scheme’s form, or came twice.',
    helps:
      'Look whether the right provider’s webhook points to this hook, and for a proxy that repeats headers.',
  },
  missing_header: {
    label: 'no signature',
    means: 'A header that carries the signature is missing.',
    helps:
      'Mostly scanners and people with a browser. If it is the provider, switch signing on there, and look for a proxy that drops headers.',
  },
  provider_not_configured: {
    label: 'no secret set',
    means: 'The provider’s secret is not set, so that nothing is accepted.',
    helps: 'Set the secret: the provider tries again.',
  },
  signature_mismatch: {
    label: 'signature does not match',
    means: 'The signature was made with another secret, or over another body.',
    helps: 'Compare the secret here with the one at the provider; then look for a proxy that changes bodies.',
  },
  storage_unavailable: {
    label: 'storage did not answer',
    means: 'Cloudflare’s storage did not answer.',
    helps: 'Nothing is lost: the provider tries again. Look at Cloudflare’s status page.',
  },
  timestamp_too_new: {
    label: 'signed in the future',
    means: 'The signed time lies more than five minutes ahead.',
    helps: 'The sender’s clock is off. Cloudflare’s is right: ask the sender.',
  },
  timestamp_too_old: {
    label: 'signed too long ago',
    means:
      'The signed time lies more than five minutes back: a recording that is played again, or a clock that is off.',
    helps: 'Ask the sender to look at its clock. A genuine retry is signed anew.',
  },
  unauthorized: {
    label: 'wrong bearer token',
    means: 'The bearer token of the callback is none of TELEMATICA_CALLBACK_TOKEN.',
    helps: 'Compare the token at Telematica with TELEMATICA_CALLBACK_TOKEN.',
  },
};

/** What came of asking the provider's API about an event's vehicle. */
export const LOOKUPS: Record<string, Meaning> = {
  disconnected: {
    label: 'disconnected',
    means: 'The vehicle’s account is no longer connected. Asked again after an hour.',
  },
  ignition_disagrees: {
    label: 'another ignition',
    means: 'The sample contradicts what the alert says of the ignition, so that nothing was added.',
  },
  incomplete: { label: 'incomplete', means: 'The sample lacks a value, so that nothing was added.' },
  key_refused: {
    label: 'key refused',
    means: 'The provider’s API refuses the key. Compare it with the one in the provider’s dashboard.',
  },
  misconfigured: {
    label: 'unusable setting',
    means: 'An address of the provider’s API is unusable. The overview of the API names the setting.',
  },
  no_permission: {
    label: 'no permission',
    means: 'The provider’s API may not tell of this vehicle. Asked again after an hour.',
  },
  no_vin: { label: 'no VIN', means: 'The provider’s API knows no VIN of this vehicle.' },
  not_asked: { label: 'not asked', means: 'Too much was asked at once, or the gateway was started anew.' },
  not_found: { label: 'not found', means: 'The provider’s API does not know this vehicle.' },
  outside_window: {
    label: 'too far in time',
    means: 'The sample is not of the time of the alert, so that nothing was added.',
  },
  rate_limited: { label: 'limit reached', means: 'The provider’s limit of calls is reached.' },
  telemetry: { label: 'telemetry', means: 'The provider’s API told a sample of the time of the alert.' },
  timed_out: { label: 'no answer in time', means: 'The provider’s API did not answer in time.' },
  unavailable: { label: 'no answer', means: 'The provider’s API did not answer, or with an error.' },
  unknown_user: {
    label: 'user not known',
    means: 'The provider tells of a vehicle only on behalf of its user, and none is known.',
  },
  unreadable_answer: {
    label: 'unreadable answer',
    means: 'The provider’s API answered in another form than is documented, or about another vehicle.',
  },
  unsupported: { label: 'not supported', means: 'The provider’s API cannot tell the VIN of this vehicle.' },
  vin: { label: 'VIN', means: 'The provider’s API told the VIN.' },
};

/** What is known of a code, or the code itself with its underscores as spaces. */
export function meaning(words: Record<string, Meaning>, code: string): Meaning {
  return words[code] ?? { label: code.replaceAll('_', ' '), means: code.replaceAll('_', ' ') };
}
