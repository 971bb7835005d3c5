// A provider's API: its token, its rate limits, and its errors in words.

import { setTimeout as pause } from 'node:timers/promises';
import { UsageError } from './command.mjs';
import { isLoopback } from './gateway.mjs';
import { exchange } from './http.mjs';

/** How long a command waits for rate limits in all, unless it says otherwise. */
const PATIENCE_SECONDS = 600;

/** An API's answer that is an error. Its message says what to do, and names no secret. */
export class ApiError extends Error {
  constructor(message, reply = {}) {
    super(message);
    this.status = reply.status;
    this.problem = reply.problem ?? {};
  }
}

/**
 * Calls one API.
 *
 * - `name`: the provider's; `variables`: the names of the settings that its key comes from
 * - `authorize`: gives the request for a token, `{ url, options }`
 * - `patience`: how many seconds it waits for rate limits in all
 * - `problemOf`: reads `{ type, code, text, requestId }` from the content of an error
 */
export class ApiClient {
  #name;
  #variables;
  #authorize;
  #headers;
  #problemOf;
  #output;
  #patience;
  #token;
  #waited = 0;

  constructor({ name, variables, authorize, headers = {}, patience = PATIENCE_SECONDS, problemOf, output }) {
    this.#patience = patience;
    this.#name = name;
    this.#variables = variables;
    this.#authorize = authorize;
    this.#headers = headers;
    this.#problemOf = problemOf;
    this.#output = output;
  }

  /** Calls it and gives the content of the reply; `accept` names statuses besides 2xx that are no errors. */
  async call(method, url, { content, headers, accept = [] } = {}) {
    for (let renewed = false; ; ) {
      this.#token ??= await this.#fetchToken();
      const authorization = `Bearer ${this.#token}`;
      const type = content === undefined ? {} : { 'content-type': 'application/json' };
      const reply = await this.#send(url, {
        method,
        headers: { authorization, ...this.#headers, ...type, ...headers },
        body: content === undefined ? undefined : JSON.stringify(content),
      });
      if (reply.status === 401 && !renewed) {
        this.#token = undefined;
        renewed = true;
      } else if (reply.ok || accept.includes(reply.status)) return reply.content;
      else throw this.#errorOf(reply);
    }
  }

  async #fetchToken() {
    const { url, options } = this.#authorize();
    const reply = await this.#send(url, options);
    if (!reply.ok) throw this.#errorOf(reply);
    if (typeof reply.content?.access_token === 'string') return reply.content.access_token;
    throw new ApiError(`${this.#name} gave no token: ${new URL(url).origin} seems to be another service.`);
  }

  /** Sends a request, again when a rate limit says so: the reply with its `content` and `problem`. */
  async #send(url, options) {
    for (;;) {
      const reply = await exchange(url, { hint: 'Check the address of the API.', ...options });
      if (reply.error) throw new ApiError(`${this.#name}: ${reply.error}`);
      const content = contentOf(reply.body);
      const problem = reply.ok ? {} : this.#problemOf(content ?? {});
      if (reply.status !== 429) return { ...reply, content, problem };
      await this.#wait(reply, problem);
    }
  }

  async #wait({ status, headers }, problem) {
    const seconds = Math.max(1, Math.ceil(Number(headers.get('retry-after') ?? 60)) || 60);
    this.#waited += seconds;
    if (this.#waited > this.#patience)
      throw new ApiError(`${this.#name} lets no more calls pass for now. Try again in ${seconds} s.`, {
        status,
        problem,
      });
    this.#output.progress(`${this.#name} lets no more calls pass for now: waiting ${seconds} s`);
    await pause(seconds * 1000);
  }

  #errorOf({ status, problem }) {
    const { type, code, text, requestId } = problem;
    const kind = [type, code].filter(Boolean).join(' ');
    const more = [kind, requestId && `request ${requestId}`].filter(Boolean).join(', ');
    const said = `${this.#name} answered ${status}${more ? ` (${more})` : ''}`;
    const variables = this.#variables.join(' and ');
    if (status === 401) return new ApiError(`${said}: it does not accept ${variables}.`, { status, problem });
    if (status >= 500) return new ApiError(`${said}: it failed. Try again later.`, { status, problem });
    if (status >= 300 && status < 400)
      return new ApiError(`${said}, a redirect: check the address of the API.`, { status, problem });
    return new ApiError(`${said}: ${text ?? 'it says no more'}`, { status, problem });
  }
}

/** The address of an API from the settings: https, or this machine. Without a slash at its end. */
export function apiAddress(env, variable, otherwise) {
  const text = env[variable] || otherwise;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  if (!isSafe) throw new UsageError(`${variable} must be an https:// address: the key is sent there.`);
  return text.replace(/\/+$/, '');
}

/** A setting that a command can't do without. */
export function requiredSetting(env, variable, what) {
  const value = env[variable]?.trim();
  if (value) return value;
  throw new UsageError(`${variable} is not set: ${what}. Set it in the environment or in .dev.vars.`);
}

function contentOf(body) {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
