// A Cloudflare Worker. Secrets come from `wrangler secret put SMARTCAR_MANAGEMENT_TOKEN`, and so on.

import { receiveRequest, toResponse } from 'weighbridge/web';

const VARIABLES = {
  smartcar: 'SMARTCAR_MANAGEMENT_TOKEN',
  telematica: 'TELEMATICA_SVIX_SECRET',
  telemax: 'TELEMAX_WEBHOOK_SECRET',
};

export default {
  async fetch(request, env) {
    const [, provider] = /^\/hooks\/(smartcar|telematica|telemax)$/.exec(new URL(request.url).pathname) ?? [];
    if (provider === undefined) return new Response(null, { status: 404 });
    const received = await receiveRequest(provider, request, env[VARIABLES[provider]]);
    if (received.kind === 'events' || received.kind === 'mappings') await store(received);
    return toResponse(received);
  },
};

/** Stands for a queue or a database: durable before the provider gets its 2xx. */
async function store(received) {
  console.log(JSON.stringify(received));
}
