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

/**
 * Receives a delivery: reads the body once, as bytes, verifies it, and answers or reads it.
 *
 * It never rejects because of what was sent. It does reject with a TypeError where the body was read before, or
 * where provider, secrets or options cannot be right.
 *
 * @example
 * const received = await receiveRequest('smartcar', request, env.SMARTCAR_MANAGEMENT_TOKEN);
 * if (received.kind === 'events') await store(received.events);
 * return toResponse(received);
 */
export function receiveRequest(
  provider: Provider,
  request: Request,
  secrets: Secrets,
  options?: ReceiveOptions,
): Promise<Received>;

/**
 * The reply to what was received: a challenge's answer, a refusal with its status, or 202 where an event is news
 * and 200 where none is.
 */
export function toResponse(received: Received): Response;
