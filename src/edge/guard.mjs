// What the Worker consists of, as the platform sees it: the gateway, and a guard around it.
//
// A panic ends the instance of the wasm module, and with it every request that the instance was serving:
// their promises would never settle. The guard hears of it, answers those requests with a 503, so that
// their senders try again, and resets the lanes that were at work, so that they begin anew from what is on
// disk. The next call finds a new instance.

import { DurableObject } from 'cloudflare:workers';
import Gateway, { Lane as GatewayLane } from './gateway.js';

// The generated code wakes its tasks by this. The platform's own makes an object of the runtime of each call; a
// promise that is settled already does the same for a fraction of that. What is thrown becomes the same event, by
// which the generated code notes a panic.
const settled = Promise.resolve();
globalThis.queueMicrotask = (work) => {
  settled.then(work).catch(reportError);
};

const LOST = Symbol('the instance is lost');

/** How to tell each call that is at work that the instance is lost. A promise belongs to one request. */
const atWork = new Set();

// The generated code notes a panic in this object, and looks there before each call.
const state = globalThis.__worker_init_state;
let criticalError = state.criticalError;
Object.defineProperty(state, 'criticalError', {
  get: () => criticalError,
  set: (value) => {
    criticalError = value;
    if (value) for (const tell of atWork) tell(LOST);
  },
});

/** What `work` comes to, or LOST when that can't be known any more. */
async function watched(work) {
  const { promise: answer, resolve: tell, reject } = Promise.withResolvers();
  atWork.add(tell);
  try {
    work().then(tell, reject);
    return await answer;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return LOST;
    throw error;
  } finally {
    atWork.delete(tell);
  }
}

export default class extends Gateway {
  async fetch(request) {
    const answer = await watched(() => super.fetch(request));
    return answer === LOST ? unavailable() : answer;
  }

  async scheduled(event) {
    await watched(() => super.scheduled(event));
  }
}

export class Lane extends DurableObject {
  #lane;

  constructor(object, env) {
    super(object, env);
    this.#lane = new GatewayLane(object, env);
  }

  /** Answers a message of the gateway's. */
  async ask(message) {
    const answer = await this.#kept(() => this.#lane.ask(message));
    // What is due is sent without waiting for the alarm, which stands behind it.
    if (this.#lane.wantsAlarm()) this.ctx.waitUntil(this.alarm().catch(() => {}));
    return answer;
  }

  /** Asks a provider's API, in the object that is the desk of one. */
  lookUp(query) {
    return this.#kept(() => this.#lane.lookUp(query));
  }

  alarm() {
    return this.#kept(() => this.#lane.alarm());
  }

  async #kept(work) {
    const answer = await watched(work);
    if (answer !== LOST) return answer;
    this.ctx.abort('The instance was lost.');
    throw new Error('The instance was lost.');
  }
}

function unavailable() {
  const message =
    'The gateway failed while it worked on this. Nothing is known to be accepted; send it again.';
  const headers = { 'cache-control': 'no-store', 'retry-after': '1', 'x-content-type-options': 'nosniff' };
  return Response.json({ error: 'storage_unavailable', message }, { status: 503, headers });
}
