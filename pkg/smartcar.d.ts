/**
 * The hex to answer a challenge of Smartcar with. Throws a `TypeError` on text that is no safe challenge: 1 to 256
 * printable ASCII characters without white space and without `{ } [ ] " \`.
 *
 * @example
 * res.status(200).json({ challenge: hashChallenge(amt, body.data.challenge) });
 */
export function hashChallenge(amt: string, challenge: string): string;

/**
 * Whether `signature`, the value of the header `SC-Signature`, is Smartcar's for these bytes. Compares in constant
 * time.
 *
 * @example
 * if (!verifyPayload(amt, req.headers['sc-signature'], rawBody)) return res.sendStatus(401);
 */
export function verifyPayload(amt: string, signature: string | undefined, body: string | Uint8Array): boolean;
