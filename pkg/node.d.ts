import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Options, Provider, Received, Secrets } from './index.js';

export interface ReceiveOptions extends Options {
  /** Larger bodies are refused with 413; 1048576 unless given. */
  maxBodyBytes?: number;
  /**
   * Bearer tokens of Telematica's legacy callback, for an endpoint that takes both: a delivery without a header
   * of Svix is received by its token then. One with such a header has to verify all the same.
   */
  callbackTokens?: Secrets;
}

/** What a delivery was received as, once challenges are answered and what is not genuine is refused. */
export type Genuine = Extract<Received, { kind: 'events' | 'mappings' }>;

declare global {
  namespace Express {
    interface Request {
      /** What the delivery says, behind the middleware of weighbridge/node. */
      weighbridge?: Genuine;
    }
  }
}

/**
 * Middleware for Express 4 and 5 and Connect. It lets genuine deliveries through only, with what they say at
 * `request.weighbridge` and their bytes at `request.rawBody`. It answers challenges and refuses by itself.
 *
 * It reads the body, so it comes before express.json(), or after one that keeps the bytes at `request.rawBody`;
 * otherwise `next` is called with an error that says so.
 *
 * @example
 * app.post('/hooks/smartcar', weighbridge('smartcar', process.env.SMARTCAR_MANAGEMENT_TOKEN), (req, res) => {
 *   respond(res, req.weighbridge);
 * });
 */
export function weighbridge(
  provider: Provider,
  secrets: Secrets,
  options?: ReceiveOptions,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

export interface FastifyWeighbridgeOptions extends ReceiveOptions {
  provider: Provider;
  secrets: Secrets;
}

/**
 * A plugin for Fastify 4 and 5. It lets genuine deliveries through only, to every route of the scope that it is
 * registered in: what they say is at `request.weighbridge`, their bytes are at `request.body`. It answers
 * challenges and refuses by itself. Scopes elsewhere keep their parsers.
 *
 * In TypeScript, tell Fastify of the property once:
 * `declare module 'fastify' { interface FastifyRequest { weighbridge: Genuine } }`
 *
 * @example
 * app.register(async (hooks) => {
 *   hooks.register(fastifyWeighbridge, { provider: 'smartcar', secrets: process.env.SMARTCAR_MANAGEMENT_TOKEN });
 *   hooks.post('/hooks/smartcar', async (request) => store(request.weighbridge));
 * });
 */
export function fastifyWeighbridge(
  // A FastifyInstance, whose type would make Fastify a dependency.
  fastify: object,
  options: FastifyWeighbridgeOptions,
): Promise<void>;

/**
 * Receives a delivery in a server of plain `node:http`: reads the body once, as bytes, verifies it, and answers
 * or reads it. The bytes stay at `request.rawBody`.
 *
 * It never rejects because of what was sent. It does reject with a TypeError where the body was read before, or
 * where provider, secrets or options cannot be right.
 *
 * @example
 * const received = await receiveIncoming('telemax', request, process.env.TELEMAX_WEBHOOK_SECRET);
 * if (received.kind === 'events') await store(received.events);
 * respond(response, received);
 */
export function receiveIncoming(
  provider: Provider,
  request: IncomingMessage,
  secrets: Secrets,
  options?: ReceiveOptions,
): Promise<Received>;

/** Sends the reply to what was received, as `toResponse` of weighbridge/web would make it. */
export function respond(response: ServerResponse, received: Received): void;
