// What a genuine delivery says, as events. zod describes the payloads; what does not fit is skipped with a reason.

import { z } from 'zod';
import { hmacHex, sha256Hex } from './verify.js';

const id = z.union([z.string(), z.number().int()]).transform(String);
const millis = z.number().int().positive();
const latitude = z.number().min(-90).max(90);
const longitude = z.number().min(-180).max(180);
const vin = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9]{17}$/);

const smartcarState = z.object({
  eventId: z.string(),
  eventType: z.literal('VEHICLE_STATE'),
  data: z.object({
    user: z.object({ id: z.string() }).optional(),
    vehicle: z.object({ id: z.string() }),
    signals: z.array(
      z.object({
        code: z.string(),
        body: z.record(z.string(), z.unknown()).optional(),
        meta: z.object({ oemUpdatedAt: z.number().optional(), fetchedAt: z.number().optional() }).optional(),
        status: z.object({ value: z.string() }).optional(),
      }),
    ),
  }),
  meta: z.object({ deliveredAt: z.number().optional(), mode: z.string().optional() }),
});

const smartcarPlace = z.object({ latitude, longitude });

const telematicaState = z.object({
  type: z.enum(['vehicle.charging-status', 'vehicle.plug-status', 'vehicle.soc']),
  vehicleId: id,
  vehicleState: z.object({
    location: z.object({ latitude, longitude, lastUpdated: z.iso.datetime({ offset: true }) }).optional(),
    state: z.string().optional(),
    staticAttributes: z.object({ vin: vin.optional() }).optional(),
  }),
});

const telemaxIgnition = z.object({
  alertType: z.literal('Ignition'),
  vehicleId: id,
  position: z.object({ lat: latitude, lng: longitude }),
  timestamp: z.iso.datetime({ offset: true }),
  data: z.object({ isStarted: z.boolean() }),
});

const smartcarChallenge = z.object({
  eventType: z.literal('VERIFY'),
  data: z.object({ challenge: z.string().regex(/^[!#-Z^-z|~]{1,256}$/) }),
});

/** The reply to Smartcar's challenge, or undefined where the body is none. */
export async function challengeReply(provider, bytes, env) {
  // Most deliveries are events: their text is not parsed for this.
  if (provider !== 'smartcar' || bytes.length > 8192) return undefined;
  const text = new TextDecoder().decode(bytes);
  if (!text.includes('VERIFY')) return undefined;
  const parsed = smartcarChallenge.safeParse(parse(text));
  if (!parsed.success) return undefined;
  return { challenge: await hmacHex(env.SMARTCAR_MANAGEMENT_TOKEN, parsed.data.data.challenge) };
}

/** By provider: `(verified, now)` gives the events of the delivery, or undefined when it is no JSON object. */
export const readers = {
  smartcar: async ({ bytes }, now) => {
    const json = parse(new TextDecoder().decode(bytes));
    if (!json) return undefined;
    const parsed = smartcarState.safeParse(json);
    if (!parsed.success) return [await odd('smartcar', json.eventType, bytes, now)];
    const { eventId, eventType, data, meta } = parsed.data;
    const signal = (code) =>
      data.signals.find(
        (one) => one.code === code && one.body && (one.status?.value ?? 'SUCCESS') === 'SUCCESS',
      );
    const event = {
      ...started('smartcar', eventType, eventId, now),
      vehicle: data.vehicle.id,
      user: data.user?.id,
      repeatsPosition: true,
    };
    const stated = vin.safeParse(signal('vehicleidentification-vin')?.body.value);
    if (stated.success) event.vin = stated.data;
    if (meta.mode && meta.mode.toUpperCase() !== 'LIVE') return [{ ...event, skip: 'test_mode' }];
    const location = signal('location-preciselocation');
    if (!location) return [{ ...event, skip: 'no_position' }];
    const place = smartcarPlace.safeParse(location.body);
    const at = [location.meta?.oemUpdatedAt, location.meta?.fetchedAt, meta.deliveredAt].find(
      (time) => millis.safeParse(time).success,
    );
    if (!place.success || !at) return [{ ...event, skip: 'invalid_payload' }];
    return [{ ...event, position: place.data, eventTs: at }];
  },

  telematica: async ({ bytes, id: messageId }, now) => {
    const json = parse(new TextDecoder().decode(bytes));
    if (!json) return undefined;
    const parsed = telematicaState.safeParse(json);
    if (!parsed.success) return [await odd('telematica', json.type, bytes, now)];
    const { type, vehicleId, vehicleState } = parsed.data;
    const event = {
      ...started('telematica', type, messageId, now),
      vehicle: vehicleId,
      vin: vehicleState.staticAttributes?.vin,
      repeatsPosition: true,
    };
    const { location } = vehicleState;
    if (!location) return [{ ...event, skip: 'no_position' }];
    return [
      {
        ...event,
        position: { latitude: location.latitude, longitude: location.longitude },
        eventTs: Date.parse(location.lastUpdated),
      },
    ];
  },

  telemax: async ({ bytes, deliveryId }, now) => {
    const json = parse(new TextDecoder().decode(bytes));
    if (!json) return undefined;
    const parsed = telemaxIgnition.safeParse(json);
    if (!parsed.success) return [await odd('telemax', json.alertType, bytes, now)];
    const { alertType, vehicleId, position, timestamp, data } = parsed.data;
    return [
      {
        ...started('telemax', alertType, `tmx-${await sha256Hex(bytes)}`, now),
        deliveryId,
        vehicle: vehicleId,
        moment: data.isStarted ? 'IGNITION_ON' : 'IGNITION_OFF',
        position: { latitude: position.lat, longitude: position.lng },
        eventTs: Date.parse(timestamp),
      },
    ];
  },
};

function started(provider, kind, providerEventId, now) {
  return { provider, kind, providerEventId, receivedAt: now, moment: 'PERIODIC' };
}

/** A genuine delivery of another kind than those that Cartrack has a use for. */
async function odd(provider, kind, bytes, now) {
  const event = started(provider, String(kind ?? 'unknown'), `odd-${await sha256Hex(bytes)}`, now);
  return { ...event, skip: kind ? 'unknown_event_type' : 'invalid_payload' };
}

function parse(text) {
  try {
    const json = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}
