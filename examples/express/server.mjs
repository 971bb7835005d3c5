// Express 4 or 5: the middleware verifies, and sets request.weighbridge.

import express from 'express';
import { respond, weighbridge } from 'weighbridge/node';
import { HOST, PORT, SECRETS } from '../settings.mjs';
import { store } from '../store.mjs';

const app = express();

// Before express.json(): a signature covers the bytes, which the parser does not keep.
for (const [provider, secret] of Object.entries(SECRETS)) {
  app.all(`/hooks/${provider}`, weighbridge(provider, secret), async (request, response) => {
    await store(request.weighbridge);
    respond(response, request.weighbridge);
  });
}

app.use(express.json());
app.post('/echo', (request, response) => response.json(request.body));

const server = app.listen(PORT, HOST, () => console.log(`http://${HOST}:${server.address().port}`));
