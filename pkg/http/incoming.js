// Deliveries as Node's IncomingMessage, replies to its ServerResponse.

import { collector } from './bounded.js';
import { receiver } from './receiver.js';
import { bodyCutShort } from './refusals.js';
import { replyTo } from './reply.js';

/**
 * Receives a delivery: reads the body once, as bytes, verifies it, and answers or reads it. The bytes
 * stay at `request.rawBody`.
 *
 * It never rejects because of what was sent. It does reject with a TypeError where the body was read
 * before, or where provider, secrets or options cannot be right.
 *
 * @example
 * const server = http.createServer(async (request, response) => {
 *   const received = await receiveIncoming('telemax', request, process.env.TELEMAX_WEBHOOK_SECRET);
 *   if (received.kind === 'events') await store(received.events);
 *   respond(response, received);
 * });
 */
export async function receiveIncoming(provider, request, secrets, options) {
  return receiveWith(receiver(provider, secrets, options), request);
}

/** The same, with a receiver that was made before. */
export async function receiveWith({ maxBodyBytes, refuse, receive }, request) {
  const refusal = refuse(request.method);
  if (refusal) return refusal;
  const body = keptBody(request) ?? (await read(request, maxBodyBytes));
  return body.kind === 'rejected' ? body : receive({ headers: headersOf(request), body });
}

/** Sends the reply to what was received, as `toResponse` of weighbridge/web would make it. */
export function respond(response, received) {
  const { status, headers, body } = replyTo(received);
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** Every value of every header: in Node's joined form, a repeated one cannot be told from a list. */
export function headersOf(request) {
  return request.headersDistinct ?? request.headers;
}

/** Reads a stream to its end: its bytes, or a refusal. */
export function readStream(stream, limit) {
  const body = collector(limit);
  return new Promise((resolve) => {
    if (stream.destroyed) resolve(bodyCutShort());
    stream.on('data', (chunk) => {
      body.add(chunk);
      if (body.full) resolve(body.body);
    });
    stream.on('end', () => resolve(body.body));
    stream.on('error', () => resolve(bodyCutShort()));
    stream.on('close', () => resolve(bodyCutShort()));
  });
}

/** The bytes that somebody else kept, as platforms and `verify` callbacks of parsers do. */
function keptBody(request) {
  return [request.rawBody, request.body].find((body) => body instanceof Uint8Array);
}

async function read(request, limit) {
  if (request.readableDidRead || request.readableEnded) {
    throw new TypeError(
      'The body of this request was read already, by express.json() for instance, and signatures cover its bytes. ' +
        'Put weighbridge before the parser, or have the parser keep the bytes: ' +
        'express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes; } })',
    );
  }
  const body = await readStream(request, limit);
  if (body instanceof Uint8Array) {
    request.rawBody = body;
    // Parsers of Express and Connect that come later look at this, and leave a body that was read alone.
    request._body = true;
  }
  return body;
}
