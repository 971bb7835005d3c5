// A plugin for Fastify 4 and 5.

import { headersOf, readStream } from './incoming.js';
import { triedReceiver } from './receiver.js';
import { replyTo } from './reply.js';

/**
 * A plugin that lets genuine deliveries through only, to every route of the scope that it is registered
 * in: what they say is at `request.weighbridge`, their bytes are at `request.body`. It answers challenges
 * and refuses by itself. Scopes elsewhere keep their parsers.
 *
 * @example
 * app.register(async (hooks) => {
 *   hooks.register(fastifyWeighbridge, { provider: 'smartcar', secrets: process.env.SMARTCAR_MANAGEMENT_TOKEN });
 *   hooks.post('/hooks/smartcar', async (request) => store(request.weighbridge));
 * });
 */
export async function fastifyWeighbridge(fastify, { provider, secrets, ...options }) {
  const { maxBodyBytes, refuse, receive } = triedReceiver(provider, secrets, options);
  if (!fastify.hasRequestDecorator('weighbridge')) fastify.decorateRequest('weighbridge', null);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, payload) => readStream(payload, maxBodyBytes));
  fastify.addHook('preValidation', async (request, reply) => {
    const { body = new Uint8Array() } = request;
    const refusal = refuse(request.method) ?? (body.kind === 'rejected' ? body : undefined);
    const received = refusal ?? receive({ headers: headersOf(request.raw), body });
    if (received.kind !== 'challenge' && received.kind !== 'rejected') {
      request.weighbridge = received;
      return;
    }
    const { status, headers, body: text } = replyTo(received);
    return reply.code(status).headers(headers).send(text);
  });
}

// Its effects are meant for the scope that registers it, not for one of its own.
fastifyWeighbridge[Symbol.for('skip-override')] = true;
fastifyWeighbridge[Symbol.for('fastify.display-name')] = 'weighbridge';
