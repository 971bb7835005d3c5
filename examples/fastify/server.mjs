// Fastify: the plugin keeps the bytes in its own scope; routes elsewhere get parsed JSON as always.

import Fastify from 'fastify';
import { fastifyWeighbridge } from 'weighbridge/node';
import { toResponse } from 'weighbridge/web';
import { HOST, PORT, SECRETS } from '../settings.mjs';
import { store } from '../store.mjs';

const app = Fastify();

for (const [provider, secrets] of Object.entries(SECRETS)) {
  app.register(async (hooks) => {
    hooks.register(fastifyWeighbridge, { provider, secrets });
    hooks.all(`/hooks/${provider}`, async (request) => {
      await store(request.weighbridge);
      return toResponse(request.weighbridge);
    });
  });
}

app.post('/echo', async (request) => request.body);

console.log(await app.listen({ port: PORT, host: HOST }));
