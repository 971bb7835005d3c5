// The platform's runtime by itself: `workerd` with a Worker as `wrangler deploy` would upload it. What
// `wrangler dev` adds in the same process (its own Workers around ours, KV and the files of the console) would be
// counted otherwise, and differs with what is configured.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, extname, join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Problem } from '../../scripts/cli.mjs';
import { modules, nodeBinary } from '../../scripts/places.mjs';
import { capture } from '../../scripts/run.mjs';
import { freePort } from '../../scripts/wrangler.mjs';
import { kvAddress, NAMESPACE_HEADER } from './kv.mjs';

/** What `wrangler deploy` would send, in a folder, with its sizes in bytes. */
export async function upload({ main, configuration }, folder) {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'wrangler.toml');
  const outdir = join(folder, 'upload');
  writeFileSync(config, configuration(main));
  const wrangler = join(modules, 'wrangler', 'wrangler-dist', 'cli.js');
  const args = ['--no-warnings', wrangler, 'deploy', '--dry-run', '--outdir', outdir, '--config', config];
  const env = { ...process.env, WRANGLER_LOG_PATH: folder, WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' };
  const { code, output } = await capture(nodeBinary(), args, { env });
  if (code !== 0) throw new Problem(`\`wrangler deploy --dry-run\` failed:\n\n${output}`);
  // The first one is where the Worker begins.
  const entry = `${basename(main, extname(main))}.js`;
  const others = readdirSync(outdir).filter((name) => /\.(js|wasm)$/.test(name) && name !== entry);
  const files = [entry, ...others];
  const bytes = files.map((name) => readFileSync(join(outdir, name)));
  const sum = (sizes) => sizes.reduce((total, each) => total + each, 0);
  const wasm = files.find((name) => name.endsWith('.wasm'));
  return {
    folder: outdir,
    files,
    wasm,
    raw: sum(bytes.map(({ length }) => length)),
    zipped: sum(bytes.map((content) => gzipSync(content).length)),
    wasmBytes: wasm && readFileSync(join(outdir, wasm)).length,
  };
}

/**
 * Starts an uploaded Worker, whose lanes are stored where `wrangler dev` would store them in the folder `state`.
 * `lane` is its Durable Object class. Gives `{ url, pid, begun, log, healthy, kill }` at once;
 * `healthy` waits until it answers, `begun` is by the clock of `performance`.
 */
export async function startRuntime({ folder, files }, { lane, vars, state }) {
  const port = await freePort();
  const disk = join(state, 'v3', 'do');
  mkdirSync(disk, { recursive: true });
  const config = join(state, 'config.capnp');
  const modulesOf = files.map((name) => relative(state, join(folder, name)));
  const kv = await kvAddress();
  writeFileSync(config, configuration({ files, modulesOf, lane, vars, port, disk, kv, namespace: state }));
  const child = spawn(workerd(), ['serve', '--experimental', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  const runtime = { url: `http://127.0.0.1:${port}`, pid: child.pid, begun: performance.now(), log: '' };
  runtime.exited = once(child, 'exit');
  child.stderr.on('data', (text) => {
    runtime.log += text;
  });
  // What the Worker logs is read, so that it never waits for a reader.
  child.stdout.resume();
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  runtime.kill = async () => {
    end();
    await runtime.exited;
    process.removeListener('exit', end);
  };
  runtime.healthy = () => untilHealthy(runtime, child);
  return runtime;
}

async function untilHealthy(runtime, child) {
  for (let tries = 0; tries < 2_000; tries++) {
    const reply = await fetch(`${runtime.url}/healthz`).catch(() => undefined);
    if (reply?.ok) return;
    if (child.exitCode !== null) break;
    await pause(10);
  }
  throw new Problem(`workerd does not answer. It said:\n\n${runtime.log}`);
}

function configuration({ files, modulesOf, lane, vars, port, disk, kv, namespace }) {
  const text = (value) => JSON.stringify(String(value));
  const kind = (name) => (name.endsWith('.wasm') ? 'wasm' : 'esModule');
  const embedded = files.map(
    (name, index) => `(name = ${text(name)}, ${kind(name)} = embed ${text(modulesOf[index])})`,
  );
  const bindings = Object.entries(vars).map(
    ([name, value]) => `(name = ${text(name)}, text = ${text(value)})`,
  );
  const binding = { Lane: 'LANE', Outbox: 'OUTBOX' }[lane];
  if (binding) bindings.push(`(name = "${binding}", durableObjectNamespace = "${lane}")`);
  if (binding) bindings.push('(name = "MAPPINGS", kvNamespace = "kv")');
  const objects = binding
    ? `durableObjectNamespaces = [(className = "${lane}", uniqueKey = "${lane}", enableSql = true)],
       durableObjectStorage = (localDisk = "disk"),`
    : '';
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["private"])),
    (name = "kv", external = (
      address = "${kv}",
      http = (injectRequestHeaders = [(name = "${NAMESPACE_HEADER}", value = ${text(namespace)})]),
    )),
    (name = "disk", disk = (path = ${text(disk)}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  modules = [${embedded.join(', ')}],
  bindings = [${bindings.join(', ')}],
  ${objects}
);
`;
}

function workerd() {
  return createRequire(join(modules, 'wrangler', 'package.json')).resolve('workerd/bin/workerd');
}
