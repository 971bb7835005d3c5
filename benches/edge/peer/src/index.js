// The same job as the gateway's, in JavaScript with the libraries that most people would take: Hono for routes,
// svix and WebCrypto for signatures, zod for payloads, KV for mappings, a Durable Object as the outbox.
//
// It leaves out what the benchmarks do not ask for: metrics, console, administration beyond a mapping and the
// end of a hold, the legacy callback. So it does a little less for each delivery than the gateway does.

import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { storeMapping } from './mappings.js';
import { challengeReply, readers } from './read.js';
import { verifiers } from './verify.js';

export { Outbox } from './outbox.js';

const app = new Hono();

app.get('/healthz', (c) => c.json({ status: 'ok' }));

app.post(
  '/hooks/:provider',
  bodyLimit({ maxSize: 1 << 20, onError: (c) => refusal(c, 413, 'body_too_large') }),
  async (c) => {
    const provider = c.req.param('provider');
    const verify = verifiers[provider];
    if (!verify) return refusal(c, 404, 'unknown_route');
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const challenge = await challengeReply(provider, bytes, c.env);
    if (challenge) return c.json(challenge);
    const verified = await verify(c.req.raw.headers, bytes, c.env);
    if (!verified.ok) return refusal(c, verified.status ?? 401, verified.code);
    const events = await readers[provider](verified, Date.now());
    if (!events) return refusal(c, 400, 'malformed_body');
    const accepted = await accept(c.env, events);
    const outcome = ['accepted', 'duplicate', 'skipped'].find((one) =>
      accepted.some((event) => event.outcome === one),
    );
    console.log(JSON.stringify({ stage: 'accept', hook: provider, outcome, events: accepted }));
    return c.json({ outcome, events: accepted }, outcome === 'accepted' ? 202 : 200);
  },
);

app.use('/api/*', async (c, next) => {
  if (c.req.header('authorization') !== `Bearer ${c.env.ADMIN_TOKEN}`) return refusal(c, 401, 'unauthorized');
  return next();
});

app.put('/api/mappings/:provider/:vehicle', async (c) => {
  const mapping = await c.req.json();
  await storeMapping(c.env, c.req.param('provider'), c.req.param('vehicle'), mapping);
  return c.json(mapping);
});

app.post('/api/resume', async (c) => {
  const lanes = Array.from({ length: Number(c.env.LANES) }, (_, lane) => laneOf(c.env, lane).resume());
  await Promise.all(lanes);
  return c.json({ resumed: true });
});

app.onError((error, c) => {
  console.error(error);
  return refusal(c, 503, 'storage_unavailable');
});

export default app;

/** Stores events, each in its vehicle's lane; the answers in the order of the events. */
async function accept(env, events) {
  const byLane = new Map();
  for (const [index, event] of events.entries()) {
    const lane = await laneNumber(env, event);
    if (!byLane.has(lane)) byLane.set(lane, []);
    byLane.get(lane).push({ index, event });
  }
  const accepted = new Array(events.length);
  await Promise.all(
    [...byLane].map(async ([lane, entries]) => {
      const answers = await laneOf(env, lane).accept(entries.map(({ event }) => event));
      for (const [at, { index }] of entries.entries())
        accepted[index] = { ...answers[at], id: `${lane}-${answers[at].id}` };
    }),
  );
  return accepted;
}

async function laneNumber(env, { provider, vehicle, providerEventId }) {
  const text = new TextEncoder().encode(`${provider}\0${vehicle ?? providerEventId}`);
  const digest = await crypto.subtle.digest('SHA-256', text);
  return new DataView(digest).getUint32(0) % Number(env.LANES);
}

function laneOf(env, lane) {
  return env.OUTBOX.getByName(`lane-${lane}`);
}

function refusal(c, status, error) {
  return c.json({ error, message: 'See the code.' }, status);
}
