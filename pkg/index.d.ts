/** The providers whose webhooks are known. */
export type Provider = 'smartcar' | 'telematica' | 'telemax';

/** One secret, verbatim, or several that are tried in order: that is how a key is rotated. */
export type Secrets = string | readonly string[];

/** A delivery as it came over the network. */
export interface Delivery {
  /** The request's headers. Names are compared without regard to case. */
  headers: Headers | Record<string, string | string[] | undefined>;
  /** The exact bytes of the body, or their text. Never an object that was parsed from them. */
  body: Uint8Array | string;
}

export interface Options {
  /** The time to compare signed times with; a number is in milliseconds. The clock's unless given. */
  now?: Date | number;
  /** How far a signed time may lie from now, on either side. Matters to Svix's scheme only; 300 unless given. */
  toleranceSeconds?: number;
  /** How the bytes of a Telemax key are read from its secret; `utf8` unless given. */
  secretEncoding?: 'utf8' | 'hex';
}

/** Why a delivery is refused. */
export type RejectionCode =
  | 'body_too_large'
  | 'challenge_refused'
  | 'invalid_timestamp'
  | 'malformed_body'
  | 'malformed_signature'
  | 'missing_header'
  | 'signature_mismatch'
  | 'timestamp_too_new'
  | 'timestamp_too_old'
  | 'unauthorized';

/** Why Cartrack has no use for a genuine event. */
export type SkipReason =
  | 'future_timestamp'
  | 'invalid_payload'
  | 'no_cartrack_equivalent'
  | 'no_position'
  | 'position_not_current'
  | 'provider_error'
  | 'provider_state'
  | 'stale_position'
  | 'test_mode'
  | 'unchanged_position'
  | 'unknown_alert_type'
  | 'unknown_event_type'
  | 'unsupported_device';

/** What `verify` says. */
export type Verdict = Genuine | Refused;

export interface Genuine {
  ok: true;
  /** The place in the secrets of the one that fits. */
  keyIndex: number;
  /** The signed message id, where the provider's scheme has one: the same over all retries. */
  id?: string;
  /** The signed time in seconds since 1970, where the provider's scheme has one. */
  timestamp?: number;
}

export interface Refused {
  ok: false;
  code: RejectionCode;
  /** What is wrong and what to do about it. Repeats neither secrets nor input. */
  message: string;
}

/** What `receive` says. */
export type Received =
  | { kind: 'challenge'; reply: ChallengeReply }
  | { kind: 'events'; events: TelematicsEvent[] }
  | { kind: 'mappings'; user?: string; changes: MappingChange[] }
  // weighbridge/web and weighbridge/node refuse every method but POST.
  | { kind: 'rejected'; status: number; code: RejectionCode | 'method_not_allowed'; message: string };

/** The answer to a challenge: sent as JSON with status 200. */
export interface ChallengeReply {
  challenge: string;
}

/** A value and when it was measured, where that is known. */
export interface Measured<T> {
  value: T;
  /** ISO 8601, UTC. */
  at?: string;
}

/** What one delivery says about one vehicle at one moment. What it does not say is absent. */
export interface TelematicsEvent {
  provider: Provider;
  /** The provider's id of the vehicle. */
  vehicle?: string;
  /** Other ids of the same vehicle. */
  aliases?: string[];
  /** The provider's id of the vehicle's user. */
  user?: string;
  /** The provider's own word for the kind of event. */
  type: string;
  mode: 'live' | 'simulated' | 'test';
  /** An id that stays the same over the provider's retries. */
  provider_event_id: string;
  /** A second id by which a repeated delivery is recognised. */
  delivery_id?: string;
  /** When the delivery arrived. ISO 8601, UTC, as all times here. */
  received_at: string;
  /** What happened, in Cartrack's terms. */
  moment: 'IGNITION_OFF' | 'IGNITION_ON' | 'PERIODIC';
  /** The time of the position. */
  event_ts?: string;
  /** Where `event_ts` was taken from. */
  time_source?: 'provider' | 'fetched' | 'delivered' | 'received';
  /** Decimal degrees, WGS 84. */
  position?: { latitude: number; longitude: number };
  /** Whether the provider repeats the last position in every event. */
  repeats_position?: boolean;
  speed_kmh?: Measured<number>;
  ignition?: Measured<boolean>;
  odometer_km?: Measured<number>;
  /** The VIN, where the payload names it. */
  vin?: string;
  /** Why Cartrack has no use for the event, where that is so. */
  skip?: SkipReason;
  /** What was left out on the way. */
  notes?: 'unknown_unit'[];
}

/** A change of what is known about one vehicle. */
export interface MappingChange {
  action: 'remove' | 'upsert';
  /** The provider's id of the vehicle. */
  vehicle: string;
  vin?: string;
  user?: string;
  make?: string;
  model?: string;
  year?: number;
  registration?: string;
}

/** One event in the form that Cartrack takes. */
export interface CartrackRecord {
  event_type: 'IGNITION_OFF' | 'IGNITION_ON' | 'PERIODIC';
  event_ts: string;
  chassis_number: string;
  source: {
    provider: Provider;
    device_id?: string;
    provider_event_id: string;
    provider_received_ts: string;
  };
  position: { latitude: number; longitude: number };
  telemetry?: { speed: number; ignition: boolean; odometer: number };
}

/** What `toCartrack` says. */
export type Weighed =
  | { ok: true; record: CartrackRecord }
  | { ok: false; reason: SkipReason | 'unmapped_vehicle' | 'vin_conflict' };

/**
 * Says whether a delivery is genuine, and never parses its body.
 *
 * @example
 * const verdict = verify('smartcar', { headers: req.headers, body: rawBody }, process.env.SMARTCAR_TOKEN);
 * if (!verdict.ok) return res.status(401).json({ error: verdict.code, message: verdict.message });
 */
export function verify(provider: Provider, delivery: Delivery, secrets: Secrets, options?: Options): Verdict;

/**
 * Answers a challenge, or verifies a delivery and reads it.
 *
 * @example
 * const received = receive('telemax', { headers: req.headers, body: rawBody }, secret);
 * if (received.kind === 'events') for (const event of received.events) save(event);
 */
export function receive(
  provider: Provider,
  delivery: Delivery,
  secrets: Secrets,
  options?: Options,
): Received;

/**
 * Receives a delivery to Telematica's legacy callback, which proves itself by a bearer token.
 *
 * @example
 * const received = receiveCallback({ headers: req.headers, body: rawBody }, process.env.CALLBACK_TOKEN);
 */
export function receiveCallback(
  delivery: Delivery,
  tokens: Secrets,
  options?: Pick<Options, 'now'>,
): Received;

/**
 * Brings an event into the form that Cartrack takes, or says why there is nothing to send.
 *
 * @example
 * const weighed = toCartrack(event, { vin: '5YJ3E7EB1LF000001' });
 * if (weighed.ok) await post(weighed.record);
 */
export function toCartrack(event: TelematicsEvent, mapping?: { vin: string }): Weighed;

/**
 * Answers Smartcar's challenge with the first token. Null where the body is no challenge, or no safe one: an
 * answer to any text at all would sign forged events for whoever asks.
 *
 * @example
 * const reply = answerChallenge({ headers: req.headers, body: rawBody }, token);
 * if (reply) return res.status(200).json(reply);
 */
export function answerChallenge(delivery: Delivery, tokens: Secrets): ChallengeReply | null;

/**
 * The headers that a provider would send with this body: for tests.
 *
 * @example
 * const headers = sign('telematica', body, secret, { id: 'msg_1', now: Date.now() });
 */
export function sign(
  provider: Provider,
  body: string | Uint8Array,
  secret: string,
  options?: Options & { id?: string },
): Record<string, string>;

/**
 * A new secret of the form that the provider gives out: for tests.
 *
 * @example
 * const secret = generateSecret('telematica'); // whsec_…
 */
export function generateSecret(provider: Provider): string;
