// What the emulators of providers' APIs have in common: named routes, a log of calls, faults, rate limits.
//
// GET /requests  every call with its route and the status that it got, newest last
// GET /faults, PUT /faults  how to misbehave: one fault or an array (see faults.mjs); [] ends it

import { faultyAnswer, readFaults, replaces, takeFault } from './faults.mjs';
import { addressOf, keep, listen, parseJson, readBody, reply, routeOf } from './server.mjs';

/**
 * Serves an API. A route is `{ name, method, path, run }`; `run` is given the call, `{ route, values, query,
 * headers, body, json, fault }`, and gives `{ status, content, headers }`. `control` routes are the emulator's
 * own: neither logged nor subject to faults. `refusal(status, why)` is the vendor's form of an error.
 * Faults match on `route`, a route's name, and on the names in the paths; `members` are checks of faults that
 * the routes know besides.
 */
export async function serveApi({ port, routes, control = [], faults = [], members = {}, refusal }) {
  const matchable = ['route', ...new Set(routes.flatMap(({ path }) => path.match(/(?<=:)\w+/g) ?? []))];
  const read = (next) => readFaults(next, matchable, members);
  const state = { faults: read(faults), requests: [] };
  const own = [
    { method: 'GET', path: '/requests', run: () => ({ status: 200, content: state.requests }) },
    { method: 'GET', path: '/faults', run: () => ({ status: 200, content: state.faults }) },
    {
      method: 'PUT',
      path: '/faults',
      run: ({ json }) => {
        state.faults = read(json);
        return { status: 200, content: state.faults };
      },
    },
    ...control,
  ];

  const { base, close } = await listen(port, async (request, response) => {
    const { pathname, searchParams: query } = addressOf(request);
    const { method, headers } = request;
    const body = await readBody(request);
    const call = { query, headers, body, json: body?.length > 0 ? parseJson(body) : undefined };
    const served = routeOf(own, { method, pathname });
    const answer = served.route
      ? ownAnswer(served, call)
      : await apiAnswer(state, routeOf(routes, { method, pathname }), call, { refusal, response, method });
    if (answer.status === 0) return response.destroy();
    for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, String(value));
    return reply(response, answer.status, answer.content);
  });
  return {
    base,
    close,
    /** Every call, newest last: `{ at, route, status, values }`; status 0 is a dropped connection. */
    requests: state.requests,
    /** How often a route was called, with whatever answer. */
    calls: (name) => state.requests.filter(({ route }) => route === name).length,
    setFaults: (next) => {
      state.faults = read(next);
    },
  };
}

function ownAnswer({ route, values }, call) {
  try {
    return route.run({ ...call, values });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { status: 400, content: { error: 'invalid', message: error.message } };
  }
}

async function apiAnswer(state, { route, values, allow = [] }, call, { refusal, response, method }) {
  if (!route && allow.length > 0) return refusal(405, `${method} is not offered here.`, { Allow: allow });
  if (!route) return refusal(404, 'There is nothing at this path.');
  const fault = await takeFault(state.faults, { ...values, route: route.name });
  const answer = replaces(fault)
    ? { ...refusal(fault.status, 'The emulator was told to.'), ...faulty(fault, response) }
    : await route.run({ ...call, route, values, fault });
  keep(state.requests, { at: new Date().toISOString(), route: route.name, status: answer.status, values });
  return answer;
}

/** A fault's answer, with the vendor's form of an error where the fault has no body of its own. */
function faulty(fault, response) {
  const { status, content } = faultyAnswer(fault, response);
  return fault.body === undefined ? { status } : { status, content };
}

/** So many calls in so many milliseconds for each key, by a sliding window. */
export class SlidingWindow {
  #calls = new Map();
  #ms;

  constructor(ms) {
    this.#ms = ms;
  }

  /** Counts a call: `{ taken, remaining, wait }`, the last in milliseconds until there is room again. */
  take(key, limit, now = Date.now()) {
    const calls = (this.#calls.get(key) ?? []).filter((at) => now - at < this.#ms);
    const taken = calls.length < limit;
    if (taken) calls.push(now);
    this.#calls.set(key, calls);
    return { taken, remaining: limit - calls.length, wait: calls[0] + this.#ms - now };
  }
}
