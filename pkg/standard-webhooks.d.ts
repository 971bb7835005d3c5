import type { RejectionCode } from './index.js';

/** A delivery that is not genuine. The messages are those of `svix` and `standardwebhooks`. */
export class WebhookVerificationError extends Error {
  constructor(message: string, code?: RejectionCode);
  name: 'WebhookVerificationError';
  /** Why, more exactly than the message. */
  code?: RejectionCode;
}

export interface WebhookOptions {
  /** `raw`: the secret is the key itself and not base64. */
  format?: 'raw';
}

export interface VerifyOptions {
  /** False: the payload is verified only, and nothing is returned. */
  jsonParse?: boolean;
}

/**
 * Verifies and signs by the scheme of Standard Webhooks, wherever the class of `svix` or `standardwebhooks` stands.
 *
 * @example
 * const payload = new Webhook(secret).verify(rawBody, req.headers);
 */
export class Webhook {
  constructor(secret: string | Uint8Array, options?: WebhookOptions);

  /** The parsed payload; throws {@link WebhookVerificationError}. The headers are `svix-…` or `webhook-…`. */
  verify(
    payload: string | Uint8Array,
    headers: Headers | Record<string, string | string[] | undefined>,
    options?: VerifyOptions,
  ): unknown;

  /** The signature of a payload, as it stands in the header. */
  sign(msgId: string, timestamp: Date, payload: string | Uint8Array): string;
}
