// The gateway's interface below /api, as docs/operations.md describes it: types, and one function that calls.

import type { State } from './names.ts';
import { endSession, token } from './session.ts';

/** `GET /api/overview`. Counts that never happened are absent. */
export interface Overview {
  version: string;
  now?: string;
  states: Partial<Record<State, number>>;
  held: boolean;
  oldest_waiting_at: string | null;
  lanes: Lane[];
  series: SeriesRow[];
  signatures: Record<string, Health>;
  refusal_series?: RefusalCount[];
  events: Record<string, Partial<Record<string, number>>>;
  providers?: Record<string, ProviderFlow>;
  cartrack: { configured: boolean; missing: unknown; origin: string | null };
}

export interface Lane {
  lane: number;
  held: boolean;
  held_reason: string | null;
  oldest_waiting_at: string | null;
}

/** One minute: its start, and counts by name. */
export type SeriesRow = { minute: string } & Partial<Record<string, number | string>>;

export interface RefusalCount {
  minute: string;
  provider: string;
  mode: string;
  code: string;
  n: number;
}

export interface ProviderFlow {
  states: Partial<Record<State, number>>;
  hour: Partial<Record<string, number>>;
}

export interface Health {
  configured: boolean;
  modes: Record<string, ModeHealth>;
  /** When each key of the list, by its place, was last the one that fitted. */
  keys: Record<string, string>;
}

export interface ModeHealth {
  last_challenge_at?: string;
  last_accepted_at?: string;
  last_refused_at?: string;
  refusals?: Record<string, number>;
}

/** One line of `GET /api/events`. */
export interface EventRow {
  id: string;
  provider: string;
  vehicle: string | null;
  type: string;
  state: State;
  reason: string | null;
  provider_event_id: string;
  event_ts: string | null;
  received_at: string;
  due_at: string | null;
  attempts: number;
}

/** `GET /api/events/{id}`. */
export interface EventStory extends EventRow {
  event: StoredEvent | null;
  record: Record<string, unknown> | null;
  history: Attempt[] | null;
  /** What the provider's API was asked for; absent where it was not asked. */
  lookup?: { at: string; result: string };
  /** Where the record's values come from. */
  sources: Sources | null;
}

type Source = 'payload' | 'mapping' | 'lookup';

interface Sources {
  chassis_number: Source;
  telemetry?: { speed: Source; ignition: Source; odometer: Source };
}

/** The event as it was read; what the delivery didn't say is absent. */
export interface StoredEvent {
  mode?: string;
  user?: string;
  vin?: string;
  aliases?: string[];
  moment?: string;
  time_source?: string;
  position?: { latitude: number; longitude: number };
  speed_kmh?: Measured<number>;
  ignition?: Measured<boolean>;
  odometer_km?: Measured<number>;
  notes?: string[];
}

export interface Measured<T> {
  value: T;
  at?: string;
}

export interface Attempt {
  time: string;
  status: number | null;
  error: string | null;
  duration_ms: number;
  reply: string | null;
}

export interface Refusal {
  time: string;
  provider: string;
  code: string;
  mode: string;
  size: number;
  headers: string[];
}

export interface Mapping {
  provider: string;
  vehicle: string;
  vin?: string;
  user?: string;
  make?: string;
  model?: string;
  year?: number;
  registration?: string;
}

/** A vehicle whose events wait for a VIN. */
export interface Waiting {
  provider: string;
  vehicle: string;
  events: number;
  oldest_at: string;
  latest_at: string;
}

/** The latest delivered position of a vehicle. */
export interface Spot {
  provider: string;
  vehicle: string;
  latitude: number;
  longitude: number;
  event_ts: string;
  received_at: string;
}

export interface LineError {
  line: number;
  error: string;
}

/** Any answer but a good one. `status` is 0 when there was none. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export type Query = Record<string, string | number | undefined>;

interface Options {
  query?: Query;
  json?: unknown;
  /** A body that is sent as it is, with its type. */
  body?: { text: string; type: string };
  signal?: AbortSignal;
  /** Another token than the session's: to try one. */
  bearer?: string;
}

/** Calls the gateway. An answer of 401 ends the session. */
export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const { query, json, body, signal, bearer = token.value } = options;
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  if (json !== undefined) headers['Content-Type'] = 'application/json';
  if (body) headers['Content-Type'] = body.type;
  let reply: Response;
  try {
    reply = await fetch(path + search(query), {
      method,
      headers,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(body && { body: body.text }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused(
      0,
      'unreachable',
      'The gateway cannot be reached from this browser. Check the connection, then try again.',
    );
  }
  const content = await reply.json().catch(() => undefined);
  if (reply.ok) return content as T;
  const code = typeof content?.error === 'string' ? content.error : `http_${reply.status}`;
  const message =
    typeof content?.message === 'string' ? content.message : `The gateway answered ${reply.status}.`;
  if (reply.status === 401 && bearer === token.value) {
    endSession('The gateway no longer accepts the token. Sign in with a current one.');
  }
  throw new Refused(reply.status, code, message);
}

/** The path of a mapping; ids can hold any character. */
export function mappingPath(provider: string, vehicle: string): string {
  return `/api/mappings/${encodeURIComponent(provider)}/${encodeURIComponent(vehicle)}`;
}

function search(query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return text && `?${text}`;
}
