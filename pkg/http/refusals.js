// Refusals for what the core never sees: it is handed a whole body, of a POST.

/** The body has more than `limit` bytes. */
export function bodyTooLarge(limit) {
  const message = `The body is larger than ${limit} bytes. Send less at once or raise the limit.`;
  return rejected(413, 'body_too_large', message);
}

/** The sender went away in the middle of the body. */
export function bodyCutShort() {
  return rejected(400, 'malformed_body', 'The connection ended before the whole body was there.');
}

/** Providers only ever send POST. */
export function methodNotAllowed() {
  return rejected(405, 'method_not_allowed', 'This path takes POST only.');
}

function rejected(status, code, message) {
  return { kind: 'rejected', status, code, message };
}
