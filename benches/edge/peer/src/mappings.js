// Mappings in KV, and what a lane remembers of them for a minute.

const REMEMBERED_MS = 60_000;
const REMEMBERED = 10_000;

export async function storeMapping(env, provider, vehicle, mapping) {
  await env.MAPPINGS.put(key(provider, vehicle), JSON.stringify(mapping));
}

/** The mappings as one lane sees them. */
export class Mappings {
  #env;
  #known = new Map();

  constructor(env) {
    this.#env = env;
  }

  /** What is known of a vehicle, or undefined. */
  async find(provider, vehicle) {
    const remembered = this.#known.get(key(provider, vehicle));
    if (remembered && remembered.until > Date.now()) return remembered.mapping;
    const mapping = (await this.#env.MAPPINGS.get(key(provider, vehicle), 'json')) ?? undefined;
    this.#remember(provider, vehicle, mapping);
    return mapping;
  }

  /** Keeps a VIN that a payload names, where none was known. */
  async learn(provider, vehicle, mapping) {
    this.#remember(provider, vehicle, mapping);
    await storeMapping(this.#env, provider, vehicle, mapping);
  }

  #remember(provider, vehicle, mapping) {
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(key(provider, vehicle), { mapping, until: Date.now() + REMEMBERED_MS });
  }
}

function key(provider, vehicle) {
  return `vehicle:${provider}:${encodeURIComponent(vehicle)}`;
}
