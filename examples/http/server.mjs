// Plain node:http: no framework, no middleware.

import { createServer } from 'node:http';
import { receiveIncoming, respond } from 'weighbridge/node';
import { HOST, PORT, SECRETS } from '../settings.mjs';
import { store } from '../store.mjs';

const server = createServer(async (request, response) => {
  const [, provider] = /^\/hooks\/(smartcar|telematica|telemax)$/.exec(request.url) ?? [];
  if (provider === undefined) return response.writeHead(404).end();
  try {
    const received = await receiveIncoming(provider, request, SECRETS[provider]);
    if (received.kind === 'events' || received.kind === 'mappings') await store(received);
    return respond(response, received);
  } catch (error) {
    console.error(error);
    return response.writeHead(500).end();
  }
});

server.listen(PORT, HOST, () => console.log(`http://${HOST}:${server.address().port}`));
