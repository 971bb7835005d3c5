// Next.js, App Router: put this file into app/hooks/[provider]/ of your project.

import { receiveRequest, toResponse } from 'weighbridge/web';

const SECRETS = {
  smartcar: process.env.SMARTCAR_MANAGEMENT_TOKEN,
  telematica: process.env.TELEMATICA_SVIX_SECRET,
  telemax: process.env.TELEMAX_WEBHOOK_SECRET,
};

export async function POST(request, { params }) {
  const { provider } = await params;
  if (!Object.hasOwn(SECRETS, provider)) return new Response(null, { status: 404 });
  const received = await receiveRequest(provider, request, SECRETS[provider]);
  if (received.kind === 'events' || received.kind === 'mappings') await store(received);
  return toResponse(received);
}

/** Stands for your database or queue: durable before the provider gets its 2xx. */
async function store(received) {
  console.log(JSON.stringify(received));
}
