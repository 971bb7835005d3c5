// A Worker in wrangler's local runtime.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modules, nodeBinary } from '../../../scripts/places.mjs';
import { startServer } from './process.mjs';

/** Starts `main` of `folder`; `{ url, stop }`. */
export async function startWorker(folder, main, flags) {
  const state = mkdtempSync(join(tmpdir(), 'weighbridge-worker-'));
  const config = join(folder, `wrangler-${flags.join('-') || 'plain'}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      name: 'conformance',
      main,
      compatibility_date: '2025-01-01',
      compatibility_flags: flags,
    }),
  );
  const wrangler = join(modules, 'wrangler', 'wrangler-dist', 'cli.js');
  const where = ['--ip', '127.0.0.1', '--port', '0', '--inspector-port', '0', '--persist-to', state];
  const args = [
    '--no-warnings',
    wrangler,
    'dev',
    '--config',
    config,
    ...where,
    '--show-interactive-dev-session=false',
  ];
  const server = await startServer(nodeBinary(), args, /Ready on (http:\/\/127\.0\.0\.1:\d+)/, {
    cwd: folder,
    env: {
      ...process.env,
      CI: 'true',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      NO_COLOR: '1',
      WRANGLER_LOG_PATH: join(state, 'logs'),
      WRANGLER_REGISTRY_PATH: join(state, 'registry'),
      WRANGLER_SEND_ERROR_REPORTS: 'false',
      WRANGLER_SEND_METRICS: 'false',
    },
  });
  return { url: server.found[1], stop: server.stop };
}
