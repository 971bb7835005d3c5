// Counts what a Worker asks of the platform: rows, alarms, KV, requests. It is bundled around a built Worker as
// that is deployed, and watches the platform's own objects; nothing in the Worker is changed for it.

const totals = { alarms: 0, kvReads: 0, kvWrites: 0, laneCalls: 0, requests: 0, statements: 0 };
const rows = { read: 0, written: 0 };
const texts = new Map();
let cursors = [];

const memories = [];

// Must run before the Worker makes its instance, so that the memory of it can be seen.
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(...given) {
    const instance = Reflect.construct(...given);
    memories.push(instance.exports.memory);
    return instance;
  },
});

/** The Worker's entry, which also answers `GET /bench/counts` and begins anew with `DELETE`. */
export function countingDoor(worker) {
  watchRequests();
  const answer = (request) => {
    if (new URL(request.url).pathname !== '/bench/counts') return undefined;
    if (request.method === 'DELETE') clear();
    return Response.json(report());
  };
  if (typeof worker === 'function') {
    return class extends worker {
      fetch(request) {
        return answer(request) ?? super.fetch(request);
      }
    };
  }
  return {
    ...worker,
    fetch: (request, ...others) => answer(request) ?? worker.fetch(request, ...others),
  };
}

/** The Durable Object class, watched. */
export function countingLane(lane) {
  return class extends lane {
    constructor(object, env) {
      watchStorage(object.storage);
      watchMappings(env.MAPPINGS);
      super(object, env);
    }

    fetch(request) {
      totals.laneCalls += 1;
      return super.fetch(request);
    }
  };
}

function report() {
  settle();
  const wasmBytes = memories.at(-1)?.buffer.byteLength;
  return {
    ...totals,
    rowsRead: rows.read,
    rowsWritten: rows.written,
    wasmBytes,
    texts: Object.fromEntries(texts),
  };
}

function clear() {
  for (const name of Object.keys(totals)) totals[name] = 0;
  [rows.read, rows.written] = [0, 0];
  cursors = [];
  texts.clear();
}

/** A cursor knows its rows once it has been read to the end. */
function settle() {
  for (const { cursor, text } of cursors) {
    const { rowsRead, rowsWritten } = cursor;
    rows.read += rowsRead;
    rows.written += rowsWritten;
    const known = texts.get(text) ?? { times: 0, rowsRead: 0, rowsWritten: 0 };
    known.times += 1;
    known.rowsRead += rowsRead;
    known.rowsWritten += rowsWritten;
    texts.set(text, known);
  }
  cursors = [];
}

function watchStorage(storage) {
  watch(storage.sql, 'exec', (cursor, text) => {
    totals.statements += 1;
    cursors.push({ cursor, text });
    return cursor;
  });
  // The platform counts an alarm that is set as one row written.
  watch(storage, 'setAlarm', count('alarms'));
}

function watchMappings(mappings) {
  for (const name of ['get', 'getWithMetadata', 'list']) watch(mappings, name, count('kvReads'));
  for (const name of ['put', 'delete']) watch(mappings, name, count('kvWrites'));
}

function watchRequests() {
  watch({ __proto__: globalThis }, 'fetch', count('requests'));
}

const count = (name) => (answer) => {
  totals[name] += 1;
  return answer;
};

const watched = new Set();

/** Puts `seen(answer, …arguments)` behind a method of the class that an object belongs to, once. */
function watch(object, name, seen) {
  let owner = Object.getPrototypeOf(object);
  while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  const method = owner[name];
  if (watched.has(method)) return;
  const observed = function (...values) {
    return seen(method.apply(this, values), ...values);
  };
  watched.add(observed);
  owner[name] = observed;
}
