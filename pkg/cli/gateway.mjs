// A gateway: where it is, what its hooks and its administration answer, and how its settings are set.

import { UsageError } from './command.mjs';
import { exchange } from './http.mjs';
import { post } from './post.mjs';
import { listOf } from './secrets.mjs';

/** The URL of a gateway as it was given; `name` is the argument that gave it. */
export function gatewayUrl(text = 'http://127.0.0.1:8787', name = '--to') {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new UsageError(`${name} takes a URL such as http://127.0.0.1:8787`);
  }
  return url;
}

/** A header that marks a delivery as a check's; a gateway keeps the names of refused deliveries' headers. */
export const MARK = 'weighbridge-check';

/** A gateway at an address, with the first of the tokens in ADMIN_TOKEN where there is one. */
export class Gateway {
  #token;

  constructor(url, adminToken) {
    if (url.pathname !== '/') throw new UsageError('Name the gateway without a path: https://<your worker>');
    if (url.protocol !== 'https:' && !isLoopback(url))
      throw new UsageError(
        'Name the gateway with https://: with http:// everybody on the way reads the token.',
      );
    this.url = url;
    [this.#token] = listOf(adminToken);
  }

  /** Whether there is an administrator's token to send. */
  get hasToken() {
    return this.#token !== undefined;
  }

  /** Whether the gateway runs on this machine, so that its settings are in a file. */
  get isLocal() {
    return isLoopback(this.url);
  }

  /** Posts a delivery to its hook, marked: `{ status, content }`, or `{ error }` where there was no reply. */
  async deliver(delivery) {
    const headers = { ...delivery.headers, [MARK]: '1' };
    return withContent(await post({ ...delivery, headers }, this.url));
  }

  /** Reads what needs no token: `{ status, headers, content }`, or `{ error }`. */
  async read(path) {
    return withContent(await exchange(new URL(path, this.url)));
  }

  /** Calls the administration: `{ status, headers, content }`, or `{ error }`. */
  async admin(method, path, content) {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
    const body = content && JSON.stringify(content);
    return withContent(await exchange(new URL(path, this.url), { method, headers, body }));
  }

  /** What to do to see why the gateway fails. */
  get readLog() {
    return this.isLocal ? 'read what wrangler prints' : 'npx wrangler tail';
  }

  /** What to do so that the gateway has a secret. */
  setSecret(name) {
    return this.isLocal ? inFile(name) : `npx wrangler secret put ${name}`;
  }

  /** What to do so that the gateway has a variable, such as a region. */
  setVariable(name) {
    return this.isLocal ? inFile(name) : `set ${name} in wrangler.toml, then npm run deploy`;
  }
}

/** Whether an address leads nowhere but to this machine. */
export function isLoopback({ hostname }) {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function inFile(name) {
  return `set ${name} in the gateway's .dev.vars, then start it again`;
}

/** A reply with the JSON object in its body as `content`; an empty one where there is none. */
function withContent({ body, ...reply }) {
  let content;
  try {
    content = JSON.parse(body);
  } catch {
    // Nothing answered, or something else than a gateway did.
  }
  return { ...reply, content: typeof content === 'object' && content !== null ? content : {} };
}
