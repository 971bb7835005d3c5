// `npx weighbridge smartcar` of the packed and installed package, against the emulator of Smartcar's API.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { startSmartcar } from '../../pkg/emulator/smartcar.mjs';
import { CONNECTIONS, connectionOf, WEBHOOKS } from '../../pkg/emulator/smartcar-fleet.mjs';
import { freePort } from '../../scripts/wrangler.mjs';
import { installPackage, nodes } from './support/installed.mjs';
import { runToEnd, startServer } from './support/process.mjs';

const CLIENT = { clientId: 'client_01EMULATED', clientSecret: 'a-secret-of-the-emulator-1' };
const TOKEN = '0f8fad5b-d9cb-469f-a165-70867728950e';
const [FIRST, SECOND, WITHOUT_VIN] = CONNECTIONS;
const [WEBHOOK] = WEBHOOKS;
const SECRETS = [CLIENT.clientSecret, TOKEN, ...CONNECTIONS.map(({ vin }) => vin), FIRST.userId];
const installed = installPackage();
const { receive } = await installed.load('weighbridge');

/** A gateway with `token`, or without one. */
const gateway = { token: TOKEN };
let server;
before(async () => {
  server = createServer(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray());
    const received = gateway.token && receive('smartcar', { headers: incoming.headers, body }, gateway.token);
    const [status, content] = answerTo(received);
    outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => server?.close());

function answerTo(received) {
  if (!received) return [503, { error: 'provider_not_configured', message: 'x' }];
  if (received.kind === 'challenge') return [200, received.reply];
  if (received.kind === 'rejected') return [received.status, { error: received.code, message: 'x' }];
  const events = received.events.map(({ skip }) => ({ id: 'evt_1', outcome: 'skipped', reason: skip }));
  return [200, { outcome: 'skipped', events }];
}

for (const [version, node] of nodes()) {
  describe(`on Node ${version}`, () => {
    let api;
    let folder;
    const start = async (options) => {
      await api?.close();
      api = await startSmartcar({ ...CLIENT, ...options });
    };
    beforeEach(async () => {
      api = undefined;
      await start();
      folder = mkdtempSync(join(installed.folder, 'run-'));
      gateway.token = TOKEN;
    });
    afterEach(() => api?.close());

    const ENV = { SMARTCAR_CLIENT_ID: CLIENT.clientId, SMARTCAR_CLIENT_SECRET: CLIENT.clientSecret };
    /** Runs `weighbridge smartcar …`; what it says must hold neither secrets nor VINs nor owners. */
    const run = async (args, env = {}) => {
      const addresses = {
        SMARTCAR_API_URL: api.url,
        SMARTCAR_MANAGEMENT_URL: api.url,
        SMARTCAR_TOKEN_URL: api.tokenUrl,
      };
      const said = await runToEnd(node, [installed.bin, 'smartcar', ...args], {
        cwd: folder,
        env: { PATH: process.env.PATH, ...ENV, ...addresses, ...env },
      });
      for (const secret of SECRETS)
        assert.ok(!`${said.stdout}${said.stderr}`.includes(secret), 'it is printed');
      assert.doesNotMatch(`${said.stdout}${said.stderr}`, /\n {4}at /);
      return said;
    };
    const json = async (args, env) => {
      const { code, stdout, stderr } = await run([...args, '--json'], env);
      return { code, value: JSON.parse(stdout || stderr) };
    };
    const outcomes = ({ value }) => value.vehicles.map(({ vehicle, outcome }) => [vehicle, outcome]);

    it('helps with everything', async () => {
      for (const words of [[], ['vehicles'], ['subscribe'], ['unsubscribe'], ['check'], ['emulator']]) {
        const { code, stdout } = await run([...words, '--help']);
        assert.equal(code, 0);
        assert.ok(stdout.startsWith(['Usage: weighbridge smartcar', ...words].join(' ')), stdout);
        assert.match(stdout, /--json/);
      }
    });

    it('answers mistakes with status 2 and with what to do', async () => {
      for (const [args, message, env] of [
        [[], /vehicles, subscribe, unsubscribe, check, emulator/],
        [['vehicles', 'all'], /no more arguments/],
        [['vehicles', '--mode', 'test'], /live or simulated/],
        [['vehicles', '--webhook', 'x'], /no webhook of that id/],
        [['vehicles'], /no webhook of that id/, { SMARTCAR_WEBHOOK_ID: 'x' }],
        [['subscribe'], /or add --all/],
        [['unsubscribe', 'v', '--all'], /not both/],
        [['vehicles'], /SMARTCAR_CLIENT_SECRET is not set/, { SMARTCAR_CLIENT_SECRET: '' }],
        [['vehicles'], /https:\/\//, { SMARTCAR_TOKEN_URL: 'http://iam.example/' }],
        [['check'], /SMARTCAR_MANAGEMENT_TOKEN/],
        [['check', '--to', 'gateway'], /--to takes a URL/],
        [['emulator', '--port', '-1'], /--port/],
      ]) {
        const { code, stdout, stderr } = await run(args, env);
        assert.equal(code, 2, `${args}: ${stdout}${stderr}`);
        assert.match(stderr, message);
        assert.equal(stdout, '');
      }
    });

    it('lists vehicles, who is subscribed, and why others are not heard of', async () => {
      await json(['subscribe', FIRST.vehicleId]);
      const { code, value } = await json(['vehicles']);
      assert.equal(code, 1);
      assert.equal(value.webhook.url, WEBHOOK.callbackUri);
      assert.deepEqual(
        value.vehicles.map(({ vehicle, subscribed, reason }) => [vehicle, subscribed, reason]),
        [
          [FIRST.vehicleId, true, undefined],
          [SECOND.vehicleId, false, 'it is not subscribed'],
          [
            WITHOUT_VIN.vehicleId,
            false,
            'its position may not be read, so nothing of it can be sent (read_location)',
          ],
        ],
      );
      const { stdout } = await run(['vehicles']);
      assert.match(stdout, /^Webhook Weighbridge: https:/);
      assert.match(
        stdout,
        new RegExp(
          `✗ ${SECOND.vehicleId}  VOLKSWAGEN ID.4 2021: it is not subscribed. Do: weighbridge smartcar subscribe`,
        ),
      );
      assert.equal(api.calls('signal'), 0);
    });

    it('asks each vehicle where it is told to', async () => {
      await start({
        connections: [
          connectionOf(1, { error: { type: 'CONNECTED_SERVICES_ACCOUNT', code: 'AUTHENTICATION_FAILED' } }),
          connectionOf(2, { error: { type: 'VEHICLE_STATE', code: 'ASLEEP' } }),
          connectionOf(3, { error: { type: 'COMPATIBILITY', code: 'VEHICLE_NOT_CAPABLE' } }),
          connectionOf(4, { permissions: ['read_location'] }),
        ],
      });
      const { value } = await json(['vehicles', '--ask']);
      assert.deepEqual(
        value.vehicles.map(({ reason }) => reason),
        [
          "the manufacturer does not accept the owner's account any more (CONNECTED_SERVICES_ACCOUNT AUTHENTICATION_FAILED)",
          'the vehicle cannot be reached now (VEHICLE_STATE ASLEEP)',
          'the vehicle or its make cannot do this (COMPATIBILITY VEHICLE_NOT_CAPABLE)',
          'its VIN may not be read (read_vin)',
        ],
      );
      assert.ok(value.vehicles.every(({ fix }) => fix));
      assert.equal(api.calls('signal'), 3);
    });

    it('says that the webhook is switched off, and which there are', async () => {
      await start({ webhooks: [{ ...WEBHOOK, isEnabled: false }] });
      assert.match((await run(['vehicles'])).stdout, /The webhook is switched off/);
      await start({ webhooks: [WEBHOOK, { ...WEBHOOK, id: 'second-1', name: 'Other' }] });
      const { code, stderr } = await run(['vehicles']);
      assert.deepEqual([code, /second-1 {2}Other/.test(stderr)], [2, true]);
      assert.equal((await json(['vehicles', '--webhook', 'second-1'])).value.webhook.name, 'Other');
      await start({ webhooks: [] });
      assert.match((await run(['vehicles'])).stderr, /create one in Smartcar's dashboard/);
    });

    it('subscribes some and all, again and again, and unsubscribes', async () => {
      const some = await json(['subscribe', FIRST.vehicleId, 'not-connected']);
      assert.equal(some.code, 1);
      assert.deepEqual(outcomes(some), [
        [FIRST.vehicleId, 'subscribed'],
        ['not-connected', 'failed'],
      ]);
      const all = await json(['subscribe', '--all']);
      assert.equal(all.code, 0);
      assert.deepEqual(outcomes(all), [
        [FIRST.vehicleId, 'already'],
        [SECOND.vehicleId, 'subscribed'],
        [WITHOUT_VIN.vehicleId, 'subscribed'],
      ]);
      assert.match(all.value.vehicles[2].reason, /read_location/);
      assert.equal(api.subscriptions.length, 3);
      const { stdout, stderr } = await run(['subscribe', '--all']);
      assert.match(stdout, /✓ Webhook Weighbridge: 3 already\./);
      assert.match(stderr, /1 of 3\n2 of 3\n3 of 3/);

      const off = await json(['unsubscribe', SECOND.vehicleId, 'not-connected']);
      assert.deepEqual(
        [off.code, outcomes(off)],
        [
          0,
          [
            [SECOND.vehicleId, 'unsubscribed'],
            ['not-connected', 'already'],
          ],
        ],
      );
      assert.deepEqual(
        outcomes(await json(['unsubscribe', '--all'])).map(([, outcome]) => outcome),
        ['unsubscribed', 'unsubscribed'],
      );
      assert.equal(api.subscriptions.length, 0);
    });

    it('holds nobody up for one vehicle that fails', async () => {
      await start({
        connections: [
          connectionOf(1, { error: { type: 'BILLING', code: 'VEHICLE_LIMIT' } }),
          connectionOf(2, {}),
          connectionOf(3, { error: { type: 'VEHICLE_STATE', code: 'UNREACHABLE' } }),
        ],
      });
      const { code, value } = await json(['subscribe', '--all']);
      assert.equal(code, 1);
      assert.deepEqual(
        value.vehicles.map(({ outcome, reason }) => [outcome, reason]),
        [
          ['failed', "the plan's limit is reached, or the plan lacks this (BILLING VEHICLE_LIMIT)"],
          ['subscribed', undefined],
          ['failed', 'the vehicle cannot be reached now (VEHICLE_STATE UNREACHABLE)'],
        ],
      );
    });

    it('subscribes a fleet of several pages, within the rate limit', async () => {
      const connections = Array.from({ length: 130 }, (_, index) => connectionOf(index, {}));
      await start({ connections, bucket: { capacity: 134, perMinute: 120 } });
      const { code, stderr, stdout } = await run(['subscribe', '--all']);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /130 subscribed/);
      assert.equal(api.subscriptions.length, 130);
      assert.equal(api.calls('connections'), 2);
      api.setFaults({ status: 429, retry_after: 1, times: 1, match: { route: 'webhooks' } });
      assert.match((await run(['vehicles'])).stderr, /Smartcar lets no more calls pass for now: waiting 1 s/);
    });

    it('says what is wrong at Smartcar', async () => {
      for (const [faults, env, message] of [
        [
          [],
          { SMARTCAR_CLIENT_SECRET: 'wrong' },
          /answered 401 \(invalid_client\).*SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET/,
        ],
        [{ status: 500 }, {}, /answered 500 .*Try again later/],
        [{ status: 403, match: { route: 'webhooks' } }, {}, /answered 403 \(PERMISSION, request /],
        [{ drop: true }, {}, /could not be reached/],
        [[], { SMARTCAR_TOKEN_URL: `http://127.0.0.1:${await freePort()}/` }, /Nothing listens/],
      ]) {
        api.setFaults(faults);
        const { code, stderr } = await run(['subscribe', '--all'], env);
        assert.equal(code, 1, stderr);
        assert.match(stderr, message);
      }
      api.setFaults([]);
      api.setFaults({ status: 401, times: 1, match: { route: 'connections' } });
      assert.equal((await run(['subscribe', '--all'])).code, 0, 'an expired token is renewed');
    });

    describe('check', () => {
      const env = { SMARTCAR_MANAGEMENT_TOKEN: TOKEN };
      const to = () => ['check', '--to', `http://127.0.0.1:${server.address().port}`];

      it('says that the dashboard will see all pass', async () => {
        const { code, value } = await json(to(), env);
        assert.equal(code, 0);
        assert.deepEqual(
          value.results.map(({ check, ok }) => [check, ok]),
          [
            ['challenge', true],
            ['test', true],
          ],
        );
        assert.match((await run(to(), env)).stdout, /✓ challenge: the dashboard will see that Verify passes/);
        const file = join(folder, 'token.txt');
        writeFileSync(file, `${TOKEN}\n`);
        assert.equal((await run([...to(), '--secret-file', file])).code, 0);
      });

      it('says what the dashboard will see of a wrong token, and of none', async () => {
        gateway.token = 'another';
        const wrong = await run(to(), env);
        assert.equal(wrong.code, 1);
        assert.match(wrong.stdout, /✗ challenge: .*error 424.*\n.*another SMARTCAR_MANAGEMENT_TOKEN/);
        assert.match(wrong.stdout, /✗ test: .*tries 4 times/);
        gateway.token = '';
        const none = await run(to(), env);
        assert.equal(none.code, 1);
        assert.match(none.stdout, /has no usable SMARTCAR_MANAGEMENT_TOKEN/);
        const nobody = await run(['check', '--to', `http://127.0.0.1:${await freePort()}`], env);
        assert.deepEqual([nobody.code, /Nothing listens/.test(nobody.stdout)], [1, true]);
      });
    });

    it('runs the emulator', async () => {
      const port = await freePort();
      const emulator = await startServer(
        node,
        [installed.bin, 'smartcar', 'emulator', '--port', String(port)],
        /SMARTCAR_TOKEN_URL=(\S+)/,
        { cwd: folder, env: { PATH: process.env.PATH, ...ENV } },
      );
      const base = `http://127.0.0.1:${port}`;
      assert.equal(emulator.found[1], `${base}/oauth2/token`);
      const addresses = {
        SMARTCAR_API_URL: `${base}/v3`,
        SMARTCAR_MANAGEMENT_URL: `${base}/v3`,
        SMARTCAR_TOKEN_URL: `${base}/oauth2/token`,
      };
      assert.equal((await run(['subscribe', '--all'], addresses)).code, 0);
      assert.equal(await emulator.stop('SIGINT'), 0);
    });
  });
}
