// Starts the gateway in wrangler's local runtime, waits until it answers, and leaves no process behind.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from './cli.mjs';
import { modules, nodeBinary, root } from './places.mjs';

const HOST = '127.0.0.1';
const running = new Set();

/** A port of 127.0.0.1 that nothing listens on at this moment. */
export async function freePort() {
  return listenOnce(0);
}

/** Fails with a clear sentence when something listens on `port` already. */
export async function requirePort(port, variable) {
  await listenOnce(port).catch(() => {
    throw new Problem(
      `Port ${port} is in use by another program. Stop that one, or choose another port: ${variable}=${port + 100} npm start`,
    );
  });
}

/**
 * Starts `wrangler dev` and resolves once `/healthz` answers.
 *
 * `vars` are all the variables and secrets besides those of wrangler.toml; a `.dev.vars` file plays no
 * part. State is kept in `persistTo`. `config` is a configuration in place of wrangler.toml. With `onLog`,
 * each piece of wrangler's output is handed on.
 */
export async function startGateway({ vars = {}, persistTo, port, config, onLog, timeout = 120_000 }) {
  port ??= await freePort();
  const child = spawn(nodeBinary(), commandLine({ vars, persistTo, port, config }), {
    cwd: root,
    detached: true,
    env: environment(persistTo),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gateway = {
    url: `http://${HOST}:${port}`,
    port,
    pid: child.pid,
    log: '',
    exited: once(child, 'exit'),
  };
  running.add(child.pid);
  gateway.exited.then(() => gateway.kill());
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      gateway.log += text;
      onLog?.(text);
    });
  }
  /** Ends wrangler and its workerd in an orderly way. */
  gateway.close = async () => {
    signal(child.pid, 'SIGTERM');
    await Promise.race([gateway.exited, pause(10_000, undefined, { ref: false })]);
    await gateway.kill();
  };
  /** Ends everything at once, as a crash would. */
  gateway.kill = async () => {
    signal(child.pid, 'SIGKILL');
    await gateway.exited;
    running.delete(child.pid);
  };
  try {
    await untilHealthy(gateway, child, timeout);
  } catch (error) {
    await gateway.kill();
    throw error;
  }
  return gateway;
}

function commandLine({ vars, persistTo, port, config }) {
  const file = join(persistTo, 'vars.env');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, envFile(vars), { mode: 0o600 });
  const wrangler = join(modules, 'wrangler', 'wrangler-dist', 'cli.js');
  const where = ['--ip', HOST, '--port', String(port), '--inspector-ip', HOST, '--inspector-port', '0'];
  const how = ['--persist-to', persistTo, '--env-file', file, '--test-scheduled'];
  if (config) how.push('--config', config);
  return ['--no-warnings', wrangler, 'dev', ...where, ...how, '--show-interactive-dev-session=false'];
}

/** A file of variables that wrangler reads back exactly: it would expand a bare dollar sign. */
function envFile(vars) {
  const line = ([name, value]) => {
    const text = String(value);
    const quote = ["'", '`', '"'].find((mark) => !text.includes(mark));
    if (!quote)
      throw new Problem(
        `The value of ${name} has every kind of quotation mark; wrangler reads no such value.`,
      );
    return `${name}=${quote}${text.replaceAll('$', '\\$')}${quote}\n`;
  };
  return Object.entries(vars).map(line).join('');
}

/** No colours, no questions, nothing asked of the internet, and no state outside `persistTo`. */
function environment(persistTo) {
  return {
    ...process.env,
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    WRANGLER_HIDE_BANNER: 'true',
    WRANGLER_LOG_PATH: join(persistTo, 'logs'),
    WRANGLER_NO_SKILLS_UPDATE_PROMPTS: 'true',
    WRANGLER_REGISTRY_PATH: join(persistTo, 'registry'),
    WRANGLER_SEND_ERROR_REPORTS: 'false',
    WRANGLER_SEND_METRICS: 'false',
  };
}

async function untilHealthy(gateway, child, timeout) {
  const deadline = Date.now() + timeout;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Problem(`wrangler stopped before the gateway was up. It said:\n\n${gateway.log}`);
    }
    const reply = await fetch(`${gateway.url}/healthz`, { signal: AbortSignal.timeout(5_000) }).catch(
      () => null,
    );
    if (reply?.ok) return;
    if (Date.now() > deadline) {
      const state = reply ? `answers /healthz with ${reply.status}` : 'does not answer';
      throw new Problem(`The gateway ${state} after ${timeout / 1000} s. wrangler said:\n\n${gateway.log}`);
    }
    await pause(50);
  }
}

/** Signals a whole process group; one that is gone already is no error. */
function signal(group, name) {
  try {
    process.kill(-group, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

async function listenOnce(port) {
  const server = createServer().listen(port, HOST);
  await once(server, 'listening');
  const taken = server.address().port;
  server.close();
  await once(server, 'close');
  return taken;
}

process.on('exit', () => {
  for (const group of running) signal(group, 'SIGKILL');
});
