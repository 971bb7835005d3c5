// Hono on Node. The same app runs on Workers, Deno and Bun, where `serve` is left out.

import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { receiveRequest, toResponse } from 'weighbridge/web';
import { HOST, PORT, SECRETS } from '../settings.mjs';
import { store } from '../store.mjs';

const app = new Hono();

app.all('/hooks/:provider{smartcar|telematica|telemax}', async (context) => {
  const provider = context.req.param('provider');
  // The Request itself, so that its body is read once, as bytes.
  const received = await receiveRequest(provider, context.req.raw, SECRETS[provider]);
  if (received.kind === 'events' || received.kind === 'mappings') await store(received);
  return toResponse(received);
});

app.post('/echo', async (context) => context.json(await context.req.json()));

serve({ fetch: app.fetch, port: PORT, hostname: HOST }, ({ port }) => console.log(`http://${HOST}:${port}`));
