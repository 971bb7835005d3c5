// What is measured side by side: the gateway, a JavaScript Worker for the same job, the floor, and on demand an
// earlier build of the gateway.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configurationOf } from '../../scripts/build.mjs';
import { Problem, step } from '../../scripts/cli.mjs';
import { root } from '../../scripts/places.mjs';
import { run } from '../../scripts/run.mjs';
import { DEMO_VARS } from '../../scripts/samples.mjs';
import { startGateway } from '../../scripts/wrangler.mjs';
import { request } from '../../tests/edge/harness.mjs';
import { cpuSeconds, idleCpuSeconds, residentBytes, runtimeOf } from './processes.mjs';
import { startRuntime, upload } from './runtime.mjs';

const here = join(root, 'benches', 'edge');

/** By name: the module of the Worker, its Durable Object class and its configuration. */
export function contenders({ base } = {}) {
  const gateway = (folder) => ({
    main: join(folder, 'build', 'index.js'),
    lane: 'Lane',
    configuration: (main) => configurationOf(main, join(folder, 'www')),
  });
  const javascript = (name, main, lane) => ({
    main: join(here, name, main),
    lane,
    configuration: (entry) =>
      readFileSync(join(here, name, 'wrangler.toml'), 'utf8').replace(/^main = .*$/m, `main = "${entry}"`),
  });
  return {
    weighbridge: gateway(root),
    ...(base && { base: gateway(base) }),
    peer: javascript('peer', 'src/index.js', 'Outbox'),
    floor: javascript('floor', 'index.js'),
  };
}

/**
 * Starts one of them in a runtime of its own, relaying to `sink`. `folder` is the state of one that was stopped.
 * Call `close` when done. With `counting`, its calls of the platform are counted: see counting.mjs.
 */
export async function start(contender, { sink, lanes = 8, counting = false, folder } = {}) {
  const state = await stateFolder(folder);
  const vars = variables(sink, lanes);
  const uploaded = await upload(
    { ...contender, main: entryOf(contender, state, counting) },
    join(state, 'code'),
  );
  const runtime = await startRuntime(uploaded, { lane: contender.lane, vars, state });
  await runtime.healthy();
  return worker({ url: runtime.url, pid: runtime.pid, vars, state, stop: runtime.kill });
}

/** Starts one of them in `wrangler dev`, with its KV; otherwise as `start` does. */
export async function startDev(contender, { sink, lanes = 8, counting = false, folder, onLog } = {}) {
  const state = await stateFolder(folder);
  const config = join(state, 'wrangler.toml');
  writeFileSync(config, contender.configuration(entryOf(contender, state, counting)));
  const vars = variables(sink, lanes);
  const gateway = await startGateway({ vars, persistTo: state, config, onLog });
  const pid = runtimeOf(gateway.pid, gateway.port);
  return worker({ url: gateway.url, pid, vars, state, stop: gateway.close });
}

async function stateFolder(folder) {
  const state = folder ?? (await mkdtemp(join(tmpdir(), 'weighbridge-bench-')));
  mkdirSync(state, { recursive: true });
  return state;
}

function variables(sink, lanes) {
  return { ...DEMO_VARS, CARTRACK_URL: sink?.url, LANES: String(lanes) };
}

/** The module that the Worker begins with. */
function entryOf({ main, lane }, state, counting) {
  if (!counting) return main;
  const entry = join(state, 'counting.mjs');
  writeFileSync(entry, countingEntry(main, lane));
  return entry;
}

function worker({ url, pid, vars, state, stop }) {
  const admin = (method, path, content) =>
    request(url + path, {
      method,
      headers: { Authorization: `Bearer ${vars.ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
      body: content && JSON.stringify(content),
    });
  return {
    url,
    vars,
    folder: state,
    admin,
    cpu: () => cpuSeconds(pid),
    idleCpu: () => idleCpuSeconds(pid),
    resident: () => residentBytes(pid),
    /** Makes the vehicles known that need it. */
    async map(fleet) {
      for (const { path, mapping } of fleet.mappings()) {
        const { status } = await admin('PUT', path, mapping);
        if (status !== 200) throw new Problem(`PUT ${path} was answered ${status}.`);
      }
    },
    /** What was asked of the platform since the last `clear`. */
    counts: async () => (await request(`${url}/bench/counts`)).body,
    clearCounts: () => request(`${url}/bench/counts`, { method: 'DELETE' }),
    /** Ends the processes and keeps the state. */
    stop,
    async close() {
      await stop();
      await rm(state, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The libraries of the JavaScript Worker as its lock file says. */
export async function ensurePeer() {
  const folder = join(here, 'peer');
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  const stamp = join(folder, 'node_modules', '.weighbridge-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  step('installing the libraries of the Worker that is compared with');
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
  });
  writeFileSync(stamp, lock);
}

function countingEntry(main, lane) {
  const counting = JSON.stringify(join(here, 'counting.mjs'));
  const worker = JSON.stringify(main);
  // The counting comes first: it has to be there before the Worker begins.
  return `import { countingDoor, countingLane } from ${counting};
import worker from ${worker};
export default countingDoor(worker);
${lane ? `import { ${lane} as Watched } from ${worker};\nexport const ${lane} = countingLane(Watched);` : ''}
`;
}
