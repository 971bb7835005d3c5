// `npx weighbridge telemax` of the packed and installed package, against the emulator of Telemax's API.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { startTelemax } from '../../pkg/emulator/telemax.mjs';
import { freePort } from '../../scripts/wrangler.mjs';
import { installPackage, nodes } from './support/installed.mjs';
import { runToEnd, startServer } from './support/process.mjs';
import { standInForWrangler } from './support/wrangler.mjs';

const API_KEY = 'a3f1c2b4-5d6e-4890-abcd-ef1234567890';
const OLD_SECRET = '0ABFAA308801519BFA69ECBC050AACDD567D46B042C85CD08171E4F327E71981';
const VARIABLE = 'TELEMAX_WEBHOOK_SECRET';
const installed = installPackage();
const { verify } = await installed.load('weighbridge');

/** A hook that knows the secrets which `knows` gives, and what came to it. */
const hook = { knows: () => [], came: [] };
let server;
before(async () => {
  server = createServer(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray());
    const secrets = hook.knows();
    const ok = secrets.length > 0 && verify('telemax', { headers: incoming.headers, body }, secrets).ok;
    hook.came.push({ ok, body: JSON.parse(body) });
    outgoing.writeHead(ok ? 200 : secrets.length > 0 ? 401 : 503).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => server?.close());

for (const [version, node] of nodes())
  describe(`on Node ${version}`, () => {
    let folder;
    let telemax;
    let wrangler;
    beforeEach(async () => {
      telemax = await startTelemax({ apiKey: API_KEY, allowLoopback: true, windowMs: 1_000 });
      folder = mkdtempSync(join(installed.folder, 'run-'));
      symlinkSync(join(installed.folder, 'node_modules'), join(folder, 'node_modules'));
      wrangler = standInForWrangler(folder);
      wrangler.reset();
      hook.knows = () => [];
      hook.came = [];
    });
    afterEach(() => telemax?.close());

    const url = () => `http://127.0.0.1:${server.address().port}/hooks/telemax`;
    const inFolder = (name) => join(folder, name);
    const text = (name) => readFileSync(inFolder(name), 'utf8');

    /** Runs `weighbridge telemax …`; what it says must never hold the key, a token or a secret. */
    const run = async (args, { env = {}, key = API_KEY } = {}) => {
      const said = await runToEnd(node, [installed.bin, 'telemax', ...args], {
        cwd: folder,
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          TELEMAX_API_KEY: key,
          TELEMAX_API_URL: telemax.url,
          ...env,
        },
      });
      const all = `${said.stdout}${said.stderr}`;
      for (const { secret } of telemax.webhooks.values())
        assert.ok(!all.includes(secret), 'the secret is printed');
      assert.doesNotMatch(all, /[0-9A-F]{64}|eyJ/);
      if (key) assert.ok(!all.includes(key), 'the key is printed');
      assert.doesNotMatch(all, /\n {4}at /);
      return said;
    };
    const json = async (args, options) => {
      const { code, stdout, stderr } = await run([...args, '--json'], options);
      return { code, value: JSON.parse(stdout || stderr) };
    };
    const created = async (...args) => {
      const { code, value } = await json(['webhooks', 'create', '--url', url(), '--dev-vars', ...args]);
      assert.equal(code, 0, JSON.stringify(value));
      return telemax.webhooks.get(value.id);
    };
    const knowsWhatIsStored = () => {
      hook.knows = () =>
        existsSync(inFolder('.dev.vars')) ? [.../=(.*)/.exec(text('.dev.vars'))[1].split(',')] : [];
    };

    describe('weighbridge telemax', () => {
      it('helps with everything', async () => {
        for (const words of [
          [],
          ['webhooks'],
          ['alerts'],
          ['emulator'],
          ...['create', 'list', 'get', 'update', 'delete', 'link-alert', 'rotate'].map((name) => [
            'webhooks',
            name,
          ]),
        ]) {
          const { code, stdout } = await run([...words, '--help']);
          assert.equal(code, 0);
          assert.ok(stdout.startsWith(['Usage: weighbridge telemax', ...words].join(' ')), stdout);
          assert.match(stdout, /--json/);
        }
      });

      it('answers mistakes with status 2 and with what to do, and calls nobody', async () => {
        const many = Array.from({ length: 51 }, (_, index) => index + 1).join(',');
        const create = ['webhooks', 'create', '--url', url()];
        for (const [args, message, options] of [
          [[], /webhooks, alerts, emulator/],
          [['webhooks', 'make'], /create, list, get/],
          [['webhooks', 'list', 'now'], /no more arguments/],
          [['webhooks', 'get'], /by its number/],
          [['webhooks', 'get', 'x7'], /by its number/],
          [['webhooks', 'update', '7'], /what to change/],
          [['webhooks', 'update', '7', '--active', '--inactive'], /Choose --active or --inactive/],
          [['webhooks', 'link-alert', '7'], /by its number/],
          [['webhooks', 'create', '--global', '--dev-vars'], /--url/],
          [['webhooks', 'create', '--url', 'http://x.example/', '--global', '--dev-vars'], /https/],
          [[...create, '--dev-vars'], /--alerts 1,2,3/],
          [[...create, '--dev-vars', '--alerts', many], /50 alerts at most; these are 51/],
          [[...create, '--dev-vars', '--alerts', '1;2'], /by its number/],
          [[...create, '--global'], /shows the secret once/],
          [[...create, '--global', '--dev-vars', '--worker'], /one place/],
          [[...create, '--global', '--dev-vars', '--secret-to', 'x'], /shows the secret once/],
          [[...create, '--global', '--secret-to', 'no/where'], /--secret-to cannot be created: ENOENT/],
          [['webhooks', 'rotate'], /--worker or --dev-vars/],
          [['alerts', '--company', 'mine'], /by its number/],
          [['emulator', '--port', 'x'], /--port/],
          [['webhooks', 'list'], /TELEMAX_API_KEY is not set/, { key: '' }],
          [['webhooks', 'list'], /https:\/\//, { env: { TELEMAX_API_URL: 'http://api.example' } }],
        ]) {
          const { code, stdout, stderr } = await run(args, options);
          assert.equal(code, 2, `${args}: ${stdout}${stderr}`);
          assert.match(stderr, message);
          assert.equal(stdout, '');
        }
        assert.equal(telemax.requests.length, 0);
      });

      it('lists alerts, and which of them webhooks can have', async () => {
        const { code, value } = await json(['alerts']);
        assert.equal(code, 0);
        assert.equal(value.company, 997);
        assert.deepEqual(value.alerts[0], {
          id: 101,
          type: '8',
          label: 'Ignition',
          linkable: true,
          name: 'Ignition on and off',
          vehicles: 'all',
        });
        assert.equal(value.alerts.find(({ label }) => label === 'Idle').linkable, false);
        assert.match((await run(['alerts', '--company', '997'])).stdout, /105 +Idle .*only with --global/);
        const { stderr } = await run(['alerts'], { env: { TELEMAX_COMPANY_ID: '5' } });
        assert.match(
          stderr,
          /answered 403 \(AUTHORIZATION INVALID_SCOPE, request .*does not grant permission/,
        );
      });

      it('shows, changes, links and deletes', async () => {
        knowsWhatIsStored();
        const { id } = await created('--alerts', '101,102');
        assert.match(
          (await run(['webhooks', 'list'])).stdout,
          new RegExp(`^${id} +on +http.*alerts 101, 102`),
        );
        assert.match(
          (await run(['webhooks', 'get', String(id)])).stdout,
          /Telemax: Linked alerts have different types/,
        );

        assert.equal((await run(['webhooks', 'link-alert', String(id), '103'])).code, 0);
        const { value } = await json([
          'webhooks',
          'update',
          String(id),
          '--inactive',
          '--url',
          `${url()}?x=1`,
        ]);
        assert.deepEqual(
          [value.isActive, value.url, value.alertIds],
          [false, `${url()}?x=1`, [101, 102, 103]],
        );
        const global = await json(['webhooks', 'update', String(id), '--active', '--global']);
        assert.deepEqual([global.value.isActive, global.value.isGlobal], [true, true]);
        assert.equal((await json(['webhooks', 'update', String(id), '--linked', '--alerts', ''])).code, 2);

        assert.deepEqual((await json(['webhooks', 'delete', String(id)])).value, { deleted: id });
        assert.equal((await run(['webhooks', 'list'])).stdout, 'There are no webhooks.\n');
        for (const args of [['get'], ['update', '--active'], ['delete']]) {
          const [name, ...more] = args;
          const { code, stderr } = await run(['webhooks', name, String(id), ...more]);
          assert.deepEqual([code, /There is no webhook 41.*webhooks list/.test(stderr)], [1, true], stderr);
        }
      });

      it('lists all pages', async () => {
        telemax.setFaults([]);
        hook.knows = () => [];
        for (let index = 0; index < 120; index += 1)
          telemax.webhooks.set(1000 + index, {
            id: 1000 + index,
            url: 'https://x.example/',
            alertIds: [],
            isGlobal: true,
          });
        assert.equal((await json(['webhooks', 'list'])).value.length, 120);
      });

      it('says what is wrong at Telemax', async () => {
        for (const [faults, options, message] of [
          [[], { key: 'another-key' }, /answered 401 .*does not accept TELEMAX_API_KEY/],
          [{ status: 401, match: { route: 'webhooks.list' } }, {}, /does not accept TELEMAX_API_KEY/],
          [{ status: 500 }, {}, /answered 500 \(SERVER_ERROR INTERNAL_ERROR, request .*Try again later/],
          [{ status: 302, headers: { Location: 'https://x.example/' } }, {}, /a redirect/],
          [{ status: 200, body: 'hello', match: { route: 'token' } }, {}, /another service/],
          [{ drop: true }, {}, /could not be reached/],
          [[], { env: { TELEMAX_API_URL: `http://127.0.0.1:${await freePort()}` } }, /Nothing listens/],
        ]) {
          telemax.setFaults(faults);
          const { code, stderr } = await run(['webhooks', 'list'], options);
          assert.equal(code, 1, stderr);
          assert.match(stderr, message);
        }
      });

      it('goes on after a rate limit, and takes a new token for one that expired', async () => {
        telemax.setFaults([
          { status: 429, retry_after: 1, times: 1, match: { route: 'webhooks.list' } },
          { status: 401, times: 1, match: { route: 'webhooks.list' } },
        ]);
        const { code, stderr } = await run(['webhooks', 'list']);
        assert.equal(code, 0, stderr);
        assert.match(stderr, /lets no more calls pass for now: waiting 1 s/);
        assert.equal(telemax.calls('token'), 2);
        telemax.setFaults({ status: 429, retry_after: 3600 });
        const refused = await run(['webhooks', 'list']);
        assert.deepEqual([refused.code, /Try again in 3600 s/.test(refused.stderr)], [1, true]);
      });
    });

    describe('weighbridge telemax webhooks create', () => {
      it('puts the secret into .dev.vars, and switches the webhook on when the gateway knows it', async () => {
        writeFileSync(
          inFolder('.dev.vars'),
          `# mine\nADMIN_TOKEN=x\n${VARIABLE}=${OLD_SECRET} # of another\n`,
        );
        let asked = 0;
        hook.knows = () => {
          asked += 1;
          const known = [/=([0-9A-F,]+) #/.exec(text('.dev.vars'))[1].split(',')].flat();
          return asked < 2 ? [OLD_SECRET] : known;
        };
        const webhook = await created('--alerts', '101');
        assert.equal(
          text('.dev.vars'),
          `# mine\nADMIN_TOKEN=x\n${VARIABLE}=${webhook.secret},${OLD_SECRET} # of another\n`,
        );
        assert.equal(webhook.isActive, true);
        assert.deepEqual(
          hook.came.map(({ ok, body }) => [ok, body.alertType, body.position]),
          [
            [false, 'Idle', {}],
            [true, 'Idle', {}],
          ],
        );
        assert.deepEqual(
          telemax.requests.map(({ route }) => route),
          ['token', 'webhooks.create', 'webhooks.update'],
        );
      });

      it('puts it into the Worker by standard input', async () => {
        hook.knows = () => wrangler.secrets()[VARIABLE]?.split(',') ?? [];
        const args = [
          'webhooks',
          'create',
          '--url',
          url(),
          '--global',
          '--worker',
          '--worker-name',
          'bridge',
        ];
        assert.equal((await run(args)).code, 0);
        const [webhook] = telemax.webhooks.values();
        assert.deepEqual([webhook.isActive, wrangler.secrets()[VARIABLE]], [true, webhook.secret]);
        assert.deepEqual(wrangler.calls(), [
          ['secret', 'list', '--name', 'bridge'],
          ['secret', 'put', VARIABLE, '--name', 'bridge'],
        ]);
      });

      it('loses no secret of another webhook in the Worker', async () => {
        wrangler.set({ [VARIABLE]: OLD_SECRET });
        hook.knows = () => wrangler.secrets()[VARIABLE].split(',');
        const args = ['webhooks', 'create', '--url', url(), '--global', '--worker'];
        const refused = await run(args);
        assert.equal(refused.code, 2);
        assert.match(refused.stderr, /has a TELEMAX_WEBHOOK_SECRET already.*rotate.*--keep/);
        assert.equal(telemax.webhooks.size, 0);
        assert.equal((await run([...args, '--keep'])).code, 2, 'without the values');
        assert.equal((await run([...args, '--keep'], { env: { [VARIABLE]: OLD_SECRET } })).code, 0);
        const [{ secret }] = telemax.webhooks.values();
        assert.equal(wrangler.secrets()[VARIABLE], `${secret},${OLD_SECRET}`);
      });

      it('leaves it switched off where the gateway does not know the secret in time', async () => {
        hook.knows = () => [OLD_SECRET];
        const { code, stderr } = await run([
          'webhooks',
          'create',
          '--url',
          url(),
          '--global',
          '--dev-vars',
          '--wait',
          '0',
        ]);
        assert.equal(code, 1);
        assert.match(
          stderr,
          /switched off still: the gateway does not know the secret.*webhooks update 41 --active/,
        );
        const [webhook] = telemax.webhooks.values();
        assert.equal(webhook.isActive, false);
        assert.equal(text('.dev.vars'), `${VARIABLE}=${webhook.secret}\n`);
        assert.equal(statSync(inFolder('.dev.vars')).mode & 0o777, 0o600);
      });

      it('keeps the secret in a file that only its owner reads, where it was told to or cannot put it away', async () => {
        const told = await run([
          'webhooks',
          'create',
          '--url',
          url(),
          '--global',
          '--secret-to',
          'secret.txt',
        ]);
        assert.equal(told.code, 0);
        assert.match(told.stdout, /secret\.txt.*\n.*webhooks update 41 --active/);
        assert.equal(text('secret.txt'), `${telemax.webhooks.get(41).secret}\n`);
        assert.equal(statSync(inFolder('secret.txt')).mode & 0o777, 0o600);
        const again = await run([
          'webhooks',
          'create',
          '--url',
          url(),
          '--global',
          '--secret-to',
          'secret.txt',
        ]);
        assert.deepEqual([again.code, /EEXIST/.test(again.stderr)], [2, true]);

        wrangler.fail(1);
        const { code, stderr } = await run(['webhooks', 'create', '--url', url(), '--global', '--worker']);
        assert.equal(code, 1);
        assert.match(stderr, /secret put failed.*telemax-webhook-42\.secret/);
        assert.equal(text('telemax-webhook-42.secret'), `${telemax.webhooks.get(42).secret}\n`);
        assert.equal(statSync(inFolder('telemax-webhook-42.secret')).mode & 0o777, 0o600);
        assert.equal(telemax.webhooks.get(42).isActive, false);
      });

      it('deletes the webhook again where its secret can be kept nowhere', async () => {
        wrangler.fail(1);
        mkdirSync(inFolder('telemax-webhook-41.secret'));
        const { code, stderr } = await run(['webhooks', 'create', '--url', url(), '--global', '--worker']);
        assert.deepEqual([code, /deleted again/.test(stderr), telemax.webhooks.size], [1, true, 0], stderr);
      });

      it('says that a webhook may be there where the answer was lost', async () => {
        telemax.setFaults({ drop: true, match: { route: 'webhooks.create' } });
        const { code, stderr } = await run([
          'webhooks',
          'create',
          '--url',
          url(),
          '--global',
          '--secret-to',
          's.txt',
        ]);
        assert.equal(code, 1);
        assert.match(stderr, /is not known: look with weighbridge telemax webhooks list/);
        assert.equal(existsSync(inFolder('s.txt')), false);
      });

      it('tells what Telemax refuses', async () => {
        const { code, stderr } = await run([
          'webhooks',
          'create',
          '--url',
          url(),
          '--alerts',
          '105',
          '--dev-vars',
        ]);
        assert.equal(code, 1);
        assert.match(stderr, /answered 422 \(VALIDATION_ERROR .*Unsupported alert type/);
        assert.equal(existsSync(inFolder('.dev.vars')), false);
      });
    });

    describe('weighbridge telemax emulator', () => {
      it('runs, delivers and ends', async () => {
        const port = await freePort();
        const emulator = await startServer(
          node,
          [installed.bin, 'telemax', 'emulator', '--port', String(port)],
          /TELEMAX_API_URL=(\S+)/,
          { cwd: folder, env: { PATH: process.env.PATH, TELEMAX_API_KEY: API_KEY } },
        );
        const api = emulator.found[1];
        assert.equal(api, `http://127.0.0.1:${port}`);
        knowsWhatIsStored();
        const env = { TELEMAX_API_URL: api };
        const { code, stderr } = await run(
          ['webhooks', 'create', '--url', url(), '--alerts', '101', '--dev-vars'],
          { env },
        );
        assert.equal(code, 0, stderr);
        const alert = { alertType: 'Ignition', vehicleId: 88421, data: { isStarted: true } };
        await fetch(`${api}/alerts`, { method: 'POST', body: JSON.stringify(alert) });
        while (hook.came.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
        assert.deepEqual([hook.came[1].ok, hook.came[1].body.vehicleId], [true, 88421]);
        const taken = await run(['emulator', '--port', String(port)]);
        assert.deepEqual([taken.code, /is in use.*--port/.test(taken.stderr)], [2, true]);
        assert.equal(await emulator.stop('SIGINT'), 0);
        assert.match(emulator.said.stdout, /Ignition of 88421 to webhook 41: 200/);
      });
    });
  });
