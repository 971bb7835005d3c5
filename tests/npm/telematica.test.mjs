// `npx weighbridge telematica` of the packed and installed package: the consent link, and how its check takes
// gateways that do not do what they should. Its check of a real gateway is tested in tests/edge.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../../scripts/wrangler.mjs';
import { SECRETS } from './support/endpoint.mjs';
import { installPackage, nodes } from './support/installed.mjs';
import { runToEnd } from './support/process.mjs';

const installed = installPackage();
const KEYS = { ...SECRETS, TELEMATICA_CALLBACK_TOKEN: 'callback-token-1', ADMIN_TOKEN: 'admin-token-1' };
const BARE = Object.fromEntries(Object.entries(process.env).filter(([name]) => !Object.hasOwn(KEYS, name)));

for (const [version, node] of nodes()) {
  const telematica = async (args, env = KEYS) => {
    const said = await runToEnd(node, [installed.bin, 'telematica', ...args], {
      env: { ...BARE, ...env },
      cwd: installed.folder,
    });
    for (const secret of Object.values(KEYS))
      assert.ok(!`${said.stdout}${said.stderr}`.includes(secret), 'a secret is printed');
    return said;
  };
  const link = async (args) => {
    const { code, stdout, stderr } = await telematica(['connect-url', ...args, '--json'], {});
    assert.equal(code, 0, stderr);
    const url = new URL(JSON.parse(stdout).url);
    return { url, query: Object.fromEntries(url.searchParams) };
  };
  const USER = ['--app', 'my-app', '--user', 'user-1'];

  describe(`weighbridge telematica connect-url on Node ${version}`, () => {
    it('makes the shortest link there is, and prints nothing else', async () => {
      const { code, stdout, stderr } = await telematica(['connect-url', ...USER], {});
      assert.deepEqual(
        { code, stdout, stderr },
        {
          code: 0,
          stdout: 'https://connect.telematica.so/connect?app=my-app&user=user-1\n',
          stderr: '',
        },
      );
    });

    it('has a parameter for each option', async () => {
      const { url, query } = await link([
        ...['--app', 'my-app', '--user', 'user+1 & söhne', '--region', 'EU', '--device-type', 'charger'],
        ...[
          '--brand',
          'Mercedes-Benz',
          '--callback-env',
          'prod',
          '--site-id',
          's-1',
          '--site-name',
          'Depot 7',
        ],
        ...['--redirect-url', 'https://app.example/back?from=telematica', '--metadata', 'fleet=north'],
        ...['--metadata', 'metadata_cost=a=b', '--base', 'https://us.telematica.so/connect'],
      ]);
      assert.equal(url.origin + url.pathname, 'https://us.telematica.so/connect');
      assert.match(url.search, /user=user%2B1%20%26%20s%C3%B6hne/);
      assert.deepEqual(query, {
        app: 'my-app',
        user: 'user+1 & söhne',
        region: 'EU',
        deviceType: 'charger',
        brand: 'Mercedes-Benz',
        callbackEnv: 'prod',
        redirectUrl: 'https://app.example/back?from=telematica',
        siteId: 's-1',
        siteName: 'Depot 7',
        metadata_fleet: 'north',
        metadata_cost: 'a=b',
      });
    });

    it('takes a redirect to this machine over http', async () => {
      const { query } = await link([...USER, '--redirect-url', 'http://127.0.0.1:3000/back']);
      assert.equal(query.redirectUrl, 'http://127.0.0.1:3000/back');
    });

    it('says what to do about every mistake, and never repeats a value', async () => {
      for (const [args, message] of [
        [[], /Say what to do: connect-url, check/],
        [['frob'], /Say what to do: connect-url, check/],
        [['connect-url'], /Say --app/],
        [['connect-url', '--app', 'a'], /Say --user/],
        [['connect-url', ...USER, 'more'], /takes no more arguments/],
        [['connect-url', ...USER, '--to', 'https://x.example'], /'--to'.*telematica connect-url --help/],
        [['connect-url', '--app', '', '--user', 'u'], /--app is empty/],
        [['connect-url', '--app', ' SECRET', '--user', 'u'], /--app has white space/],
        [['connect-url', '--app', 'SEC\nRET', '--user', 'u'], /--app has white space .* or control/],
        [['connect-url', '--app', 'a', '--user', 'SECRET'.repeat(50)], /--user is longer than 256/],
        [['connect-url', ...USER, '--region', 'eu-SECRET'], /--region must be one of EU, US, IN/],
        [
          ['connect-url', ...USER, '--device-type', 'SECRET'],
          /--device-type must be one of vehicle, charger/,
        ],
        [
          ['connect-url', ...USER, '--callback-env', 'SECRET'],
          /--callback-env must be one of dev, stage, prod/,
        ],
        [['connect-url', ...USER, '--redirect-url', 'SECRET'], /--redirect-url takes a whole URL with https/],
        [
          ['connect-url', ...USER, '--redirect-url', 'http://SECRET.example/'],
          /http:\/\/ on this machine only/,
        ],
        [['connect-url', ...USER, '--redirect-url', 'https://u:SECRET@x.example/'], /user name or password/],
        [['connect-url', ...USER, '--redirect-url', 'https://x.example/#SECRET'], /must not have a #/],
        [['connect-url', ...USER, '--redirect-url', 'https://x.example/?devices=SECRET'], /adds them/],
        [['connect-url', ...USER, '--base', 'https://x.example/?a=SECRET'], /--base .* without \? and #/],
        [['connect-url', ...USER, '--metadata', 'SECRET'], /--metadata takes name=value/],
        [['connect-url', ...USER, '--metadata', 'a b=SECRET'], /letters, digits and _ only/],
        [['connect-url', ...USER, '--metadata', 'a='], /--metadata is empty/],
        [['connect-url', ...USER, '--metadata', 'a=1', '--metadata', 'a=SECRET'], /same name twice/],
        [['check', '--app', 'a'], /'--app'.*telematica check --help/],
        [['check', '--to', 'ftp://x.example'], /--to takes a URL/],
        [['check', '--to', 'https://x.example/hooks/telematica'], /without a path/],
        [['check', '--to', 'http://x.example'], /with https:\/\//],
        [['check', '--to', 'http://127.x.example'], /with https:\/\//],
      ]) {
        const { code, stdout, stderr } = await telematica(args);
        assert.equal(code, 2, `${args}: ${stdout}${stderr}`);
        assert.match(stderr, message);
        assert.doesNotMatch(stderr, /SECRET|\n {4}at /);
        assert.equal(stdout, '');
      }
      const { code, stderr } = await telematica(['check'], {});
      assert.deepEqual([code, stderr.includes('TELEMATICA_SVIX_SECRET')], [2, true]);
    });
  });

  describe(`weighbridge telematica check on Node ${version}`, () => {
    const gateway = { answer: undefined, seen: [] };
    before(async () => {
      gateway.server = createServer(async (request, response) => {
        const chunks = await request.toArray();
        gateway.seen.push({
          request: `${request.method} ${request.url}`,
          body: Buffer.concat(chunks).toString(),
        });
        const [status, body] = gateway.answer;
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      }).listen(0, '127.0.0.1');
      await once(gateway.server, 'listening');
      gateway.url = `http://127.0.0.1:${gateway.server.address().port}`;
    });
    after(() => {
      gateway.server.closeAllConnections();
      gateway.server.close();
    });
    const check = async (answer, env) => {
      Object.assign(gateway, { answer, seen: [] });
      const { code, stdout } = await telematica(['check', '--to', gateway.url, '--json'], env);
      return { code, ...JSON.parse(stdout) };
    };

    it('calls what a gateway made of an event wrong where it should have made something else', async () => {
      const { code, ok, results } = await check([
        202,
        { outcome: 'accepted', events: [{ outcome: 'accepted' }] },
      ]);
      assert.deepEqual([code, ok], [1, false]);
      const soc = results.find(({ type }) => type === 'vehicle.soc');
      assert.deepEqual([soc.ok, soc.status, soc.outcome], [false, 202, 'accepted']);
      assert.match(soc.fix, /should be skipped, no_position/);
    });

    it('says what a refusal means', async () => {
      for (const [answer, reason, fix] of [
        [[401, { error: 'signature_mismatch' }], /another TELEMATICA_SVIX_SECRET/, /TELEMATICA_SVIX_SECRET/],
        [[503, { error: 'provider_not_configured' }], /no usable TELEMATICA_SVIX_SECRET/, /\.dev\.vars/],
        [[401, { error: 'timestamp_too_old' }], /clock/, /\w/],
        [[404, { error: 'unknown_route' }], /no such hook/, /address/],
        [[502, 'a proxy'], /answered 502/, /wrangler/],
      ]) {
        const { code, results } = await check(answer);
        assert.equal(code, 1);
        const soc = results.find(({ type }) => type === 'vehicle.soc');
        assert.match(soc.reason, reason);
        assert.match(soc.fix, fix);
      }
    });

    it('sends neither a VIN nor a position, and no callback without its token', async () => {
      const { results } = await check([200, { outcome: 'skipped', events: [] }], {
        TELEMATICA_SVIX_SECRET: KEYS.TELEMATICA_SVIX_SECRET,
      });
      assert.equal(gateway.seen.length, 7);
      for (const { request, body } of gateway.seen) {
        assert.equal(request, 'POST /hooks/telematica');
        assert.match(body, /weighbridge-check/);
        assert.doesNotMatch(body, /"(vin|latitude|longitude)"/);
      }
      assert.deepEqual(results[0], {
        type: 'callback-without-vin',
        ok: null,
        reason: 'not sent: TELEMATICA_CALLBACK_TOKEN is not set here',
      });
    });

    it('stops where nothing answers', async () => {
      const { code, stdout } = await telematica(['check', '--to', `http://127.0.0.1:${await freePort()}`]);
      assert.equal(code, 1);
      assert.match(stdout, /^✗ callback-without-vin: Nothing listens at [^\n]*\n$/);
    });
  });
}
