// Every example, run as it stands on the packed and installed package.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { nodeBinary, root } from '../../scripts/places.mjs';
import { freePort } from '../../scripts/wrangler.mjs';
import { behavesAsEndpoint, poster, SECRETS } from './support/endpoint.mjs';
import { installExamples, nodes } from './support/installed.mjs';
import { startServer } from './support/process.mjs';

const { folder } = installExamples();
const env = { ...process.env, ...SECRETS, PORT: '0' };

for (const [version, node] of nodes()) {
  for (const name of ['express', 'fastify', 'hono', 'http']) {
    describe(`examples/${name} on Node ${version}`, () => {
      let server;
      before(async () => {
        server = await startServer(node, [`${name}/server.mjs`], /(http:\/\/127\.0\.0\.1:\d+)/, {
          cwd: folder,
          env,
        });
      });
      after(() => server.stop());

      behavesAsEndpoint((...args) => poster(server.found[1])(...args));

      if (name !== 'http') {
        it('leaves other routes their parsed JSON', async () => {
          const reply = await poster(server.found[1])(
            '/echo',
            { 'content-type': 'application/json' },
            '{"n":1.0}',
          );
          assert.deepEqual([reply.status, reply.text], [200, '{"n":1}']);
        });
      }

      it('does not start without a secret', async () => {
        const { TELEMAX_WEBHOOK_SECRET: _, ...lacking } = env;
        const start = startServer(node, [`${name}/server.mjs`], /http:/, { cwd: folder, env: lacking });
        await assert.rejects(start, /TELEMAX_WEBHOOK_SECRET is not set/);
      });
    });
  }
}

describe('examples/next', () => {
  let route;
  before(async () => {
    Object.assign(process.env, SECRETS);
    route = await import(pathToFileURL(join(folder, 'next/app/hooks/[provider]/route.js')).href);
  });

  behavesAsEndpoint(
    async (path, headers, body) => {
      const fields = Object.entries(headers).flatMap(([name, value]) =>
        [value].flat().map((one) => [name, one]),
      );
      const request = new Request(`http://127.0.0.1${path}`, { method: 'POST', headers: fields, body });
      const provider = path.slice('/hooks/'.length);
      const reply = await route.POST(request, { params: Promise.resolve({ provider }) });
      return { status: reply.status, headers: Object.fromEntries(reply.headers), text: await reply.text() };
    },
    { method: false },
  );

  it('knows no other provider', async () => {
    const request = new Request('http://127.0.0.1/hooks/other', { method: 'POST', body: '{}' });
    assert.equal((await route.POST(request, { params: { provider: 'constructor' } })).status, 404);
  });
});

describe('examples/worker in wrangler dev', () => {
  let server;
  let base;
  before(async () => {
    const port = await freePort();
    const wrangler = join(root, 'node_modules', 'wrangler', 'wrangler-dist', 'cli.js');
    const where = [
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--inspector-ip',
      '127.0.0.1',
      '--inspector-port',
      '0',
    ];
    const vars = Object.entries(SECRETS).flatMap(([name, value]) => ['--var', `${name}:${value}`]);
    const args = [
      '--no-warnings',
      wrangler,
      'dev',
      ...where,
      ...vars,
      '--show-interactive-dev-session=false',
    ];
    const quiet = {
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      NO_COLOR: '1',
      WRANGLER_LOG_PATH: join(folder, 'logs'),
      WRANGLER_NO_SKILLS_UPDATE_PROMPTS: 'true',
      WRANGLER_REGISTRY_PATH: join(folder, 'registry'),
      WRANGLER_SEND_ERROR_REPORTS: 'false',
      WRANGLER_SEND_METRICS: 'false',
    };
    const options = { cwd: join(folder, 'worker'), env: { ...process.env, ...quiet } };
    server = await startServer(nodeBinary(), args, /Ready on/, options);
    base = `http://127.0.0.1:${port}`;
  });
  after(() => server.stop());

  behavesAsEndpoint((...args) => poster(base)(...args));
});
