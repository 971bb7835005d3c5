// weighbridge/web: deliveries as Request, replies as Response. For Workers, Deno, Bun, Hono, Next.js and
// whatever else speaks Fetch.

import { collector } from './http/bounded.js';
import { receiver } from './http/receiver.js';
import { bodyCutShort } from './http/refusals.js';
import { replyTo } from './http/reply.js';

/**
 * Receives a delivery: reads the body once, as bytes, verifies it, and answers or reads it.
 *
 * It never rejects because of what was sent. It does reject with a TypeError where the body was read
 * before, or where provider, secrets or options cannot be right.
 *
 * @example
 * const received = await receiveRequest('smartcar', request, env.SMARTCAR_MANAGEMENT_TOKEN);
 * if (received.kind === 'events') await queue.sendBatch(received.events.map((body) => ({ body })));
 * return toResponse(received);
 */
export async function receiveRequest(provider, request, secrets, options) {
  const { maxBodyBytes, refuse, receive } = receiver(provider, secrets, options);
  const refusal = refuse(request.method);
  if (refusal) return refusal;
  const body = await read(request, maxBodyBytes);
  return body.kind === 'rejected' ? body : receive({ headers: request.headers, body });
}

/**
 * The reply to what was received: a challenge's answer, a refusal with its status, or 202 where an event
 * is news and 200 where none is.
 */
export function toResponse(received) {
  const { status, headers, body } = replyTo(received);
  return new Response(body, { status, headers });
}

/** The body's bytes, or a refusal. */
async function read(request, limit) {
  if (request.bodyUsed || request.body?.locked) {
    throw new TypeError(
      'The body of this request was read already, and signatures cover its bytes. Call receiveRequest before ' +
        'request.json() or request.text(), or hand it request.clone() before they are called.',
    );
  }
  const body = collector(limit);
  try {
    if (request.body) await drain(request.body.getReader(), body);
    else body.add(new Uint8Array(await request.arrayBuffer()));
  } catch {
    return bodyCutShort();
  }
  return body.body;
}

async function drain(reader, body) {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    body.add(value);
    if (body.full) {
      await reader.cancel();
      return;
    }
  }
}
