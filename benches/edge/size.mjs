// What is uploaded, how long an instance of it takes to make, and how long a new process takes until it has answered
// its first delivery.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Problem } from '../../scripts/cli.mjs';
import { modules, nodeBinary, root } from '../../scripts/places.mjs';
import { capture } from '../../scripts/run.mjs';
import { DEMO_VARS } from '../../scripts/samples.mjs';
import { freePort } from '../../scripts/wrangler.mjs';
import { atMost, median, table } from '../table.mjs';
import { contenders, ensurePeer } from './contenders.mjs';
import { Fleet } from './load.mjs';

/** Sizes once, times as medians over `rounds`. */
export async function size({ base, rounds = 15 } = {}) {
  await ensurePeer();
  const folder = await mkdtemp(join(tmpdir(), 'weighbridge-size-'));
  try {
    const all = [];
    for (const [name, contender] of Object.entries(contenders({ base }))) {
      const uploaded = await upload(contender, join(folder, name));
      all.push({ name, lane: contender.lane, ...uploaded, instances: [], firsts: [] });
    }
    for (let round = 0; round < rounds; round++) {
      for (const one of all) {
        if (one.wasm) one.instances.push(await instantiation(one.folder));
        one.firsts.push(await firstReply(one));
      }
    }
    return report(all);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

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
  const files = readdirSync(outdir).filter((name) => /\.(js|wasm)$/.test(name));
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

/** Milliseconds that a new Node needs to make an instance of the compiled module with the Worker's imports. */
async function instantiation(folder) {
  const { code, stdout, output } = await capture(nodeBinary(), [
    join(root, 'benches', 'edge', 'instance.mjs'),
    folder,
  ]);
  if (code !== 0) throw new Problem(`The Worker's module gave no instance:\n\n${output}`);
  return Number(stdout);
}

/** Milliseconds from the start of a workerd of its own to its answer to a delivery. */
async function firstReply({ folder, files, lane }) {
  const port = await freePort();
  const config = join(folder, 'config.capnp');
  const disk = mkdtempSync(join(folder, 'disk-'));
  writeFileSync(config, workerdConfig({ files, lane, port, disk }));
  const [delivery] = new Fleet(DEMO_VARS, { vehicles: 1 }).deliveries(1);
  const begun = performance.now();
  const child = spawn(workerd(), ['serve', '--experimental', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (text) => {
    log += text;
  });
  try {
    for (;;) {
      const reply = await fetch(`http://127.0.0.1:${port}${delivery.path}`, {
        method: 'POST',
        ...delivery,
      }).catch(() => undefined);
      const took = performance.now() - begun;
      if (reply?.status === 202) return took;
      if (reply || child.exitCode !== null || took > 20_000) {
        throw new Problem(`workerd answered ${reply?.status} ${await reply?.text()}\n\n${log}`);
      }
      await pause(1);
    }
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** Only what the first delivery needs: it names its VIN, so that neither KV nor Cartrack is asked. */
function workerdConfig({ files, lane, port, disk }) {
  const entry = files.find((name) => name === 'index.js');
  const rest = files.filter((name) => name !== entry);
  const kind = (name) => (name.endsWith('.wasm') ? 'wasm' : 'esModule');
  const embedded = [entry, ...rest].map((name) => `(name = "${name}", ${kind(name)} = embed "${name}")`);
  const texts = Object.entries({ ...DEMO_VARS, LANES: '8' });
  const bindings = texts.map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`);
  const binding = { Lane: 'LANE', Outbox: 'OUTBOX' }[lane];
  if (binding) bindings.push(`(name = "${binding}", durableObjectNamespace = "${lane}")`);
  if (binding) bindings.push('(name = "MAPPINGS", kvNamespace = "nowhere")');
  const objects = binding
    ? `durableObjectNamespaces = [(className = "${lane}", uniqueKey = "${lane}", enableSql = true)],
       durableObjectStorage = (localDisk = "disk"),`
    : '';
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "nowhere", external = (address = "127.0.0.1:9")),
    (name = "disk", disk = (path = "${disk}", writable = true)),
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

function report(all) {
  const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  const ms = (times) => (times.length > 0 ? `${median(times).toFixed(1)} ms` : '–');
  const floor = all.find(({ lane }) => !lane);
  const results = all.map((one) => ({
    ...one,
    beyond: median(one.firsts.map((first, round) => first - floor.firsts[round])),
  }));
  const rows = results.map(({ name, raw, zipped, wasmBytes, instances, firsts, beyond }) => [
    name,
    wasmBytes ? kB(wasmBytes) : '–',
    kB(raw),
    kB(zipped),
    ms(instances),
    ms(firsts),
    `${beyond.toFixed(1)} ms`,
  ]);
  const head = ['Size and start', 'wasm', 'upload', 'gzipped', 'instance', 'first reply', 'beyond the floor'];
  const [{ zipped, instances: ours }] = results;
  const aims = [
    atMost('Upload, gzipped', zipped, 200_000, kB),
    atMost('Making an instance', median(ours), 10, (number) => `${number.toFixed(1)} ms`),
  ];
  return { results, aims, text: table([head, ...rows]) };
}
