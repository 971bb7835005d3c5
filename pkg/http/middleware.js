// Middleware for Express 4 and 5, Connect, and whatever else calls (request, response, next).

import { receiveWith, respond } from './incoming.js';
import { triedReceiver } from './receiver.js';

/**
 * Middleware that lets genuine deliveries through only, with what they say at `request.weighbridge` and
 * their bytes at `request.rawBody`. It answers challenges and refuses by itself.
 *
 * It reads the body, so it comes before express.json(), or after one that keeps the bytes at
 * `request.rawBody`; otherwise `next` is called with an error that says so.
 *
 * @example
 * app.post('/hooks/smartcar', weighbridge('smartcar', process.env.SMARTCAR_MANAGEMENT_TOKEN), (req, res) => {
 *   respond(res, req.weighbridge);
 * });
 */
export function weighbridge(provider, secrets, options) {
  const prepared = triedReceiver(provider, secrets, options);
  return function receiveDelivery(request, response, next) {
    const settle = (received) => {
      if (received.kind === 'challenge' || received.kind === 'rejected') return respond(response, received);
      request.weighbridge = received;
      return next();
    };
    receiveWith(prepared, request).then(settle, next);
  };
}
