// `npx weighbridge` of the packed and installed package.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { startCartrack } from '../../pkg/emulator/cartrack.mjs';
import { root } from '../../scripts/places.mjs';
import { smartcar, svix, telemax } from '../../scripts/sign.mjs';
import { freePort } from '../../scripts/wrangler.mjs';
import { BODIES, SECRETS } from './support/endpoint.mjs';
import { installPackage, nodes } from './support/installed.mjs';
import { runToEnd, startServer } from './support/process.mjs';

const installed = installPackage();
const { receive, receiveCallback, toCartrack } = await installed.load('weighbridge');
const cli = (name) =>
  import(pathToFileURL(join(installed.folder, 'node_modules/weighbridge/cli', name)).href);
const { SAMPLES } = await cli('samples.mjs');
const { makeFleet, drive } = await cli('fleet.mjs');
const { makeDelivery } = await cli('delivery.mjs');

const KEYS = { ...SECRETS, TELEMATICA_CALLBACK_TOKEN: 'callback-token-1' };
const BARE = Object.fromEntries(Object.entries(process.env).filter(([name]) => !Object.hasOwn(KEYS, name)));
const EVERY_SECRET = [...Object.values(KEYS), 'cartrack-key-1'];
const BODY = BODIES.telemax;
const genuine = telemax(KEYS.TELEMAX_WEBHOOK_SECRET, BODY);

/** A file in the package's folder. */
function file(name, content) {
  const path = join(installed.folder, name);
  writeFileSync(path, content);
  return path;
}

for (const [version, node] of nodes()) {
  /** Runs the command line; what it says must never hold a secret. */
  const weighbridge = async (args, { input, env = KEYS, cwd = installed.folder } = {}) => {
    const said = await runToEnd(node, [installed.bin, ...args], {
      input,
      env: { ...BARE, ...env },
      cwd,
    });
    for (const secret of EVERY_SECRET)
      assert.ok(!`${said.stdout}${said.stderr}`.includes(secret), 'a secret is printed');
    return said;
  };
  const json = async (args, options) => {
    const { code, stdout, stderr } = await weighbridge([...args, '--json'], options);
    return { code, value: JSON.parse(stdout || stderr) };
  };
  const fields = (headers) => Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);

  describe(`weighbridge on Node ${version}`, () => {
    it('helps, overall and with each command', async () => {
      const { code, stdout } = await weighbridge(['--help']);
      assert.equal(code, 0);
      for (const name of ['verify', 'sign', 'send', 'cartrack', 'telematica', 'doctor']) {
        assert.match(stdout, new RegExp(`^ +${name} `, 'm'));
        const help = await weighbridge([name, '--help']);
        assert.equal(help.code, 0);
        assert.match(help.stdout, new RegExp(`^Usage: weighbridge ${name}`));
        assert.match(help.stdout, /--json/);
      }
      assert.equal((await weighbridge([])).code, 2);
    });

    it('says its version', async () => {
      const { version } = JSON.parse(readFileSync(join(root, 'pkg', 'package.json'), 'utf8'));
      assert.deepEqual(await weighbridge(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
      assert.deepEqual((await json(['--version'])).value, { version });
    });

    it('answers mistakes with status 2 and with what to do', async () => {
      for (const [args, message] of [
        [['frob'], /Known: verify, sign, send, cartrack, smartcar, telematica, telemax, doctor/],
        [['verify'], /first argument: smartcar, telematica, telemax/],
        [['verify', 'telemax', 'a', KEYS.TELEMAX_WEBHOOK_SECRET], /too many arguments/],
        [
          ['verify', 'telemax', `--secrte=${KEYS.TELEMAX_WEBHOOK_SECRET}`],
          /Unknown option '--secrte'.*verify --help/,
        ],
        [['verify', 'telemax', '--secret'], /--secret.*verify --help/],
        [['verify', 'telemax', 'nowhere.json'], /cannot be read: ENOENT/],
        [['verify', 'telemax', '--secret-file', 'nowhere.txt'], /--secret-file cannot be read: ENOENT/],
        [['verify', 'telemax', '-H', 'no colon here'], /'name: value'/],
        [['verify', 'telemax', '--now', 'teatime'], /--now takes a time/],
        [['verify', 'telemax', '--tolerance', '-1'], /--tolerance/],
        [['verify', 'telemax', '--encoding', 'rot13'], /utf8 or hex/],
        [['verify', 'telematica', '--secret', 'whsec_'], /secret/],
        [['sign', 'telemax', '--curl', 'example'], /http:\/\//],
        [['send', 'telemax'], /ignition-on/],
        [['send', 'all'], /with --count/],
        [['send', 'telemax', 'speeding', '--count', '0'], /from 1 to/],
        [['send', 'telemax', 'speeding', '--rate', '5'], /--count N/],
        [['send', 'telemax', 'speeding', '--to', 'ftp://x'], /--to takes a URL/],
        [['cartrack', 'now'], /options only/],
        [['cartrack', '--port', '70000', '--key', 'k'], /--port/],
      ]) {
        const { code, stdout, stderr } = await weighbridge(args, { input: '{}' });
        assert.equal(code, 2, `${args}: ${stdout}${stderr}`);
        assert.match(stderr, message);
        assert.equal(stdout, '');
        assert.doesNotMatch(stderr, /\n {4}at /);
        assert.equal((await json(args, { input: '{}' })).value.error, 'usage');
      }
    });

    it('says where a missing secret belongs', async () => {
      for (const [args, name] of [
        [['verify', 'smartcar'], 'SMARTCAR_MANAGEMENT_TOKEN'],
        [['sign', 'telematica'], 'TELEMATICA_SVIX_SECRET'],
        [['send', 'telemax', 'speeding'], 'TELEMAX_WEBHOOK_SECRET'],
        [['send', 'telematica', 'callback'], 'TELEMATICA_CALLBACK_TOKEN'],
        [['cartrack'], 'CARTRACK_API_KEY'],
      ]) {
        const { code, stderr } = await weighbridge(args, { input: '{}', env: {} });
        assert.deepEqual([code, stderr.includes(`${name}`)], [2, true], stderr);
      }
    });
  });

  describe(`settings of weighbridge on Node ${version}`, () => {
    const key = KEYS.TELEMAX_WEBHOOK_SECRET;
    const folder = mkdtempSync(join(installed.folder, 'settings-'));
    const verifies = async (args, env, cwd) => {
      const { code, value } = await json(['verify', 'telemax', ...fields(genuine), ...args], {
        input: BODY,
        env,
        cwd,
      });
      return [code, value.keyIndex];
    };

    it('come from .dev.vars where the command runs, or from the file of --vars', async () => {
      const named = join(folder, 'named.vars');
      writeFileSync(
        join(folder, '.dev.vars'),
        `# a comment\nADMIN_TOKEN=\nTELEMAX_WEBHOOK_SECRET="another,${key}"\n`,
      );
      writeFileSync(named, `export TELEMAX_WEBHOOK_SECRET=${key} # mine\n`);
      assert.deepEqual(await verifies([], {}, folder), [0, 1]);
      assert.deepEqual(await verifies(['--vars', named], {}, folder), [0, 0]);
      assert.deepEqual(await verifies(['--vars', named], {}), [0, 0]);
    });

    it('come from the environment first, unless that has an empty value', async () => {
      writeFileSync(join(folder, '.dev.vars'), 'TELEMAX_WEBHOOK_SECRET=another\n');
      assert.deepEqual(await verifies([], { TELEMAX_WEBHOOK_SECRET: key }, folder), [0, 0]);
      writeFileSync(join(folder, '.dev.vars'), `TELEMAX_WEBHOOK_SECRET=${key}\n`);
      assert.deepEqual(await verifies([], { TELEMAX_WEBHOOK_SECRET: '' }, folder), [0, 0]);
    });

    it('that are not there are a mistake', async () => {
      const { code, stderr } = await weighbridge(['verify', 'telemax', '--vars', 'nowhere'], { input: '' });
      assert.deepEqual([code, stderr], [2, '✗ The file of --vars cannot be read: ENOENT.\n']);
    });
  });

  describe(`weighbridge verify on Node ${version}`, () => {
    it('knows what is genuine, from a file, standard input, and every source of secrets', async () => {
      const body = file('body.json', BODY);
      const secret = file('secret.txt', `another-one\n${KEYS.TELEMAX_WEBHOOK_SECRET}\n`);
      for (const [args, options, index] of [
        [[body, ...fields(genuine)], {}, 0],
        [[...fields(genuine)], { input: BODY }, 0],
        [
          [
            '-',
            '--headers',
            file(
              'headers.txt',
              `POST / HTTP/1.1\r\nHost: x\r\nX-Telemax-Signature: ${genuine['X-Telemax-Signature']}\r\n`,
            ),
          ],
          { input: BODY },
          0,
        ],
        [[body, '--headers', file('headers.json', JSON.stringify(genuine))], {}, 0],
        [[body, ...fields(genuine), '--secret-file', secret], { env: {} }, 1],
        [
          [body, ...fields(genuine), '--secret', 'x', '--secret', KEYS.TELEMAX_WEBHOOK_SECRET],
          { env: {} },
          1,
        ],
        [
          [body, ...fields(genuine)],
          { env: { TELEMAX_WEBHOOK_SECRET: `a, b ${KEYS.TELEMAX_WEBHOOK_SECRET}` } },
          2,
        ],
      ]) {
        const { code, value } = await json(['verify', 'telemax', ...args], options);
        assert.deepEqual([code, value.ok, value.keyIndex], [0, true, index], JSON.stringify(value));
        assert.equal(value.received.events[0].type, 'Speeding');
        assert.deepEqual(value.received.events[0].cartrack, { ok: false, reason: 'unmapped_vehicle' });
      }
      const { stdout } = await weighbridge(['verify', 'telemax', body, ...fields(genuine)]);
      assert.match(
        stdout,
        /^✓ genuine: signed with secret 1 of 1\n {2}Speeding of vehicle 88421; for Cartrack: unmapped_vehicle\n$/,
      );
    });

    it('refuses with a diagnosis of the usual mistakes', async () => {
      const hex = telemax(KEYS.TELEMAX_WEBHOOK_SECRET, BODY, { encoding: 'hex' });
      const compact = JSON.stringify(JSON.parse(BODY));
      const old = svix(KEYS.TELEMATICA_SVIX_SECRET, BODIES.telematica, { timestamp: 1_700_000_000 });
      for (const [provider, headers, body, code, diagnosis] of [
        ['telemax', genuine, BODY.replace('127', '128'), 'signature_mismatch', /^(?!.*It is genuine)/s],
        ['telemax', genuine, `${BODY}\n`, 'signature_mismatch', /without the line break/],
        [
          'telemax',
          telemax(KEYS.TELEMAX_WEBHOOK_SECRET, `${BODY}\n`),
          BODY,
          'signature_mismatch',
          /with a line break/,
        ],
        [
          'telemax',
          telemax(KEYS.TELEMAX_WEBHOOK_SECRET, 'a\nb'),
          'a\r\nb',
          'signature_mismatch',
          /plain line breaks/,
        ],
        ['telemax', genuine, `\ufeff${BODY}`, 'signature_mismatch', /byte order mark/],
        [
          'telemax',
          telemax(KEYS.TELEMAX_WEBHOOK_SECRET, compact),
          JSON.stringify(JSON.parse(BODY), null, 2),
          'signature_mismatch',
          /white space between/,
        ],
        ['telemax', hex, BODY, 'signature_mismatch', /change --encoding/],
        ['telemax', smartcar('amt', BODY), BODY, 'missing_header', /is this a delivery of smartcar\?/],
        ['telemax', { 'X-Telemax-Signature': 'sha256=zz' }, BODY, 'malformed_signature', /64 hex digits/],
        ['telematica', old, BODIES.telematica, 'timestamp_too_old', /--now signed/],
        [
          'smartcar',
          {},
          '{"eventType":"VERIFY","data":{"challenge":"abc"}}',
          'missing_header',
          /It is a challenge/,
        ],
      ]) {
        const { code: status, value } = await json(['verify', provider, ...fields(headers)], { input: body });
        assert.deepEqual([status, value.ok, value.code], [1, false, code], JSON.stringify(value));
        const { code: again, stdout } = await weighbridge(['verify', provider, ...fields(headers)], {
          input: body,
        });
        assert.equal(again, 1);
        assert.match(stdout, new RegExp(`^✗ ${code}: `));
        assert.match(stdout, diagnosis);
      }
    });

    it('judges as of another time', async () => {
      const headers = svix(KEYS.TELEMATICA_SVIX_SECRET, BODIES.telematica, { timestamp: 1_700_000_000 });
      const args = ['verify', 'telematica', ...fields(headers)];
      for (const [more, code] of [
        [['--now', 'signed'], 0],
        [['--now', '2023-11-14T22:13:20Z'], 0],
        [['--now', '1700000299'], 0],
        [['--now', '1700000301'], 1],
        [['--now', '1700000301000', '--tolerance', '301'], 0],
      ]) {
        assert.equal(
          (await weighbridge([...args, ...more], { input: BODIES.telematica })).code,
          code,
          `${more}`,
        );
      }
    });

    it('calls genuine what is signed, though it cannot be read', async () => {
      const headers = telemax(KEYS.TELEMAX_WEBHOOK_SECRET, '[]');
      const { code, stdout } = await weighbridge(['verify', 'telemax', ...fields(headers)], { input: '[]' });
      assert.equal(code, 0);
      assert.match(stdout, /but malformed_body/);
    });
  });

  describe(`weighbridge sign on Node ${version}`, () => {
    const expected = {
      smartcar: smartcar(KEYS.SMARTCAR_MANAGEMENT_TOKEN, BODY),
      telematica: svix(KEYS.TELEMATICA_SVIX_SECRET, BODY, { id: 'msg_1', timestamp: 1_700_000_000 }),
      telemax: telemax(KEYS.TELEMAX_WEBHOOK_SECRET, BODY, { delivery: 'msg_1' }),
    };
    const lower = (headers) =>
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

    it('prints the headers that node:crypto gives', async () => {
      for (const [provider, headers] of Object.entries(expected)) {
        const args = ['sign', provider, '--id', 'msg_1', '--now', '1700000000'];
        const { code, stdout } = await weighbridge(args, { input: BODY });
        const lines = stdout
          .trim()
          .split('\n')
          .map((line) => line.split(': '));
        assert.deepEqual([code, Object.fromEntries(lines)], [0, lower(headers)]);
        const { value } = await json(args, { input: BODY });
        assert.deepEqual(value, {
          provider,
          headers: { 'content-type': 'application/json', ...lower(headers) },
        });
      }
    });

    it('prints what verify reads', async () => {
      for (const provider of Object.keys(expected)) {
        const { stdout } = await weighbridge(['sign', provider], { input: BODY });
        const headers = file('signed.txt', stdout);
        assert.equal(
          (await weighbridge(['verify', provider, '--headers', headers], { input: BODY })).code,
          0,
        );
      }
    });

    it('prints a curl line that a shell runs', async () => {
      let seen;
      const server = createServer(async (request, response) => {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        seen = { headers: request.headers, body: Buffer.concat(chunks) };
        response.end();
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const url = `http://127.0.0.1:${server.address().port}/hooks/telemax?a='b'`;
      const odd = `{"it's":"$HOME \`x\` \\\\ \\"é\\"", "n": 1.0}\n`;
      for (const [args, input] of [
        [[], odd],
        [[file("bo'dy.json", `${odd}\0`)], undefined],
      ]) {
        const { code, stdout } = await weighbridge(['sign', 'telemax', ...args, '--curl', url], { input });
        assert.equal(code, 0);
        assert.equal((await runToEnd('sh', [], { input: stdout })).code, 0);
        assert.equal(
          receive('telemax', seen, KEYS.TELEMAX_WEBHOOK_SECRET).code ?? 'genuine',
          args.length ? 'malformed_body' : 'genuine',
        );
        assert.equal(seen.headers['content-type'], 'application/json');
      }
      server.close();
      const bytes = Buffer.from([0xff, 0xfe]);
      const { code, stderr } = await weighbridge(['sign', 'telemax', '--curl', url], { input: bytes });
      assert.deepEqual([code, /Name a file/.test(stderr)], [2, true]);
    });
  });

  describe(`weighbridge send on Node ${version}`, () => {
    const gateway = { seen: [], status: undefined };
    before(async () => {
      gateway.server = createServer(async (request, response) => {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        const delivery = { headers: request.headers, body: Buffer.concat(chunks) };
        const hook = request.url.slice('/hooks/'.length);
        const received =
          hook === 'telematica-callback'
            ? receiveCallback(delivery, KEYS.TELEMATICA_CALLBACK_TOKEN)
            : receive(hook, delivery, KEYS[VARIABLES[hook]]);
        gateway.seen.push({ hook, received });
        response.statusCode = gateway.status ?? received.status ?? 202;
        response.end(JSON.stringify({ outcome: 'accepted' }));
      }).listen(0, '127.0.0.1');
      await once(gateway.server, 'listening');
      gateway.url = `http://127.0.0.1:${gateway.server.address().port}`;
    });
    after(() => {
      gateway.server.closeAllConnections();
      gateway.server.close();
    });
    const VARIABLES = {
      smartcar: 'SMARTCAR_MANAGEMENT_TOKEN',
      telematica: 'TELEMATICA_SVIX_SECRET',
      telemax: 'TELEMAX_WEBHOOK_SECRET',
    };

    it('sends one event of a type and tells the reply', async () => {
      for (const [provider, type, hook] of [
        ['smartcar', 'vehicle-state', 'smartcar'],
        ['telematica', 'callback', 'telematica-callback'],
        ['telemax', 'ignition-on', 'telemax'],
      ]) {
        gateway.seen = [];
        const { code, stdout } = await weighbridge(['send', provider, type, '--to', gateway.url]);
        assert.deepEqual([code, stdout], [0, `${provider} ${type}: 202 {"outcome":"accepted"}\n`]);
        assert.deepEqual(
          gateway.seen.map((one) => one.hook),
          [hook],
        );
        assert.notEqual(gateway.seen[0].received.kind, 'rejected');
      }
      const { value } = await json(['send', 'telemax', 'speeding', '--to', `${gateway.url}/hooks/telemax`]);
      assert.deepEqual(
        [value.provider, value.type, value.ok, value.status],
        ['telemax', 'speeding', true, 202],
      );
    });

    it('reports refusals, and gateways that are not there, with status 1', async () => {
      const wrong = { env: { TELEMAX_WEBHOOK_SECRET: 'another secret' } };
      const { code, stdout } = await weighbridge(['send', 'telemax', 'speeding', '--to', gateway.url], wrong);
      assert.deepEqual([code, stdout.startsWith('telemax speeding: 401')], [1, true]);
      const closed = await weighbridge([
        'send',
        'telemax',
        'speeding',
        '--to',
        `http://127.0.0.1:${await freePort()}`,
      ]);
      assert.equal(closed.code, 1);
      assert.match(closed.stdout, /Nothing listens at http:\/\/127\.0\.0\.1:\d+\. Start the gateway/);
    });

    it('streams a fleet at a rate, each event genuine and new', async () => {
      gateway.seen = [];
      const args = ['send', 'all', '--count', '60', '--rate', '60', '--vehicles', '7', '--to', gateway.url];
      const { code, stdout, stderr } = await weighbridge(args);
      assert.equal(code, 0, stdout);
      assert.match(stdout, /^✓ 60 of 60 were answered with 2xx in [\d.]+ s; .*\n {2}60 × 202 accepted\n$/);
      assert.match(stderr, /60 of 60 answered, 60 with 2xx, [\d.]+ a second\n$/);
      assert.ok(Number(/in ([\d.]+) s/.exec(stdout)[1]) >= 0.9);
      const events = gateway.seen.flatMap(({ received }) => received.events);
      assert.equal(events.length, 60);
      assert.equal(new Set(events.map((event) => event.provider_event_id)).size, 60);
      assert.equal(new Set(events.map((event) => `${event.provider} ${event.vehicle}`)).size, 21);
      for (const event of events) assert.ok(toCartrack(event, { vin: event.vin ?? '5YJ3E7EB1LF000001' }).ok);
    });

    it('sums up what was not answered with 2xx, as JSON', async () => {
      gateway.status = 503;
      const args = ['send', 'telemax', 'speeding', '--count', '5', '--rate', '100', '--to', gateway.url];
      const { code, value } = await json(args);
      gateway.status = undefined;
      assert.equal(code, 1);
      assert.deepEqual([value.sent, value.ok, value.replies], [5, 0, { '503 accepted': 5 }]);
    });

    it('lists its types', async () => {
      const { value } = await json(['send', '--list']);
      assert.deepEqual(
        value,
        SAMPLES.map(({ provider, type, about }) => ({ provider, type, about })),
      );
      const { stdout } = await weighbridge(['send', 'telemax', '--list']);
      assert.match(stdout, /^telemax +ignition-on +the start of a trip$/m);
      assert.doesNotMatch(stdout, /smartcar/);
    });
  });

  describe(`weighbridge cartrack on Node ${version}`, () => {
    const record = {
      event_type: 'PERIODIC',
      event_ts: '2026-01-19T08:42:15Z',
      chassis_number: 'ABC12345678901234',
      source: { provider: 'telemax', provider_event_id: 'e-1' },
      position: { latitude: 1.3521, longitude: 103.8198 },
    };
    const start = (args) => {
      const options = { env: { ...BARE, CARTRACK_API_KEY: 'cartrack-key-1' }, cwd: installed.folder };
      return startServer(
        node,
        [installed.bin, 'cartrack', '--port', '0', ...args],
        /(http:\/\/[^\s"]+)/,
        options,
      );
    };
    const send = (url, key) =>
      fetch(url, {
        method: 'POST',
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        body: JSON.stringify(record),
      });

    it('prints records as they come, and their count at the end', async () => {
      for (const args of [[], ['--json']]) {
        const emulator = await start(args);
        assert.equal((await send(emulator.found[1], 'wrong')).status, 401);
        assert.equal((await send(emulator.found[1], 'cartrack-key-1')).status, 202);
        assert.equal(await emulator.stop('SIGINT'), 0);
        const { stdout, stderr } = emulator.said;
        assert.ok(!stdout.includes('cartrack-key-1') && stderr === '', stderr);
        if (args.length > 0) {
          const [address, came, end] = stdout
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line));
          assert.deepEqual([address.url, came.record, end.received], [emulator.found[1], record, 1]);
        } else {
          assert.match(stdout, /"chassis_number":"ABC12345678901234"/);
          assert.match(stdout, /1 record came\.\n$/);
        }
      }
    });

    it('says which port to try when one is taken', async () => {
      const other = await startCartrack({ apiKey: 'k' });
      const port = Number(new URL(other.base).port);
      const { code, stderr } = await weighbridge(['cartrack', '--key', 'k', '--port', String(port)]);
      await other.close();
      assert.equal(code, 2);
      assert.match(stderr, new RegExp(`Port ${port} is in use. Choose another one: --port ${port + 1}`));
    });
  });
}

describe('samples', () => {
  const [vehicle] = makeFleet(1);
  const secretOf = ({ provider, hook }) =>
    hook
      ? KEYS.TELEMATICA_CALLBACK_TOKEN
      : Object.values(KEYS)[['smartcar', 'telematica', 'telemax'].indexOf(provider)];
  const received = (sample) => {
    const delivery = makeDelivery(sample, drive(vehicle), secretOf(sample));
    return sample.hook
      ? receiveCallback(delivery, secretOf(sample))
      : receive(sample.provider, delivery, secretOf(sample));
  };

  it('are genuine and understood, each as what it says', () => {
    const fates = Object.fromEntries(
      SAMPLES.map((sample) => {
        const { kind, events, changes } = received(sample);
        const fate = events
          ? (events[0].skip ?? toCartrack(events[0], { vin: vehicle.vin }).record?.event_type)
          : undefined;
        return [`${sample.provider} ${sample.type}`, fate ?? changes?.[0].action ?? kind];
      }),
    );
    assert.deepEqual(fates, {
      'smartcar vehicle-state': 'PERIODIC',
      'smartcar vehicle-state-without-location': 'no_position',
      'smartcar vehicle-state-test': 'test_mode',
      'smartcar vehicle-error': 'provider_error',
      'smartcar vehicle-error-resolved': 'provider_error',
      'smartcar verify': 'challenge',
      'smartcar v2-schedule': 'PERIODIC',
      'smartcar v2-dynamic': 'PERIODIC',
      'smartcar v2-charging-started': 'no_position',
      'smartcar v2-charging-stopped': 'no_position',
      'smartcar v2-charging-completed': 'no_position',
      'smartcar v2-verify': 'challenge',
      'telematica vehicle.charging-status': 'PERIODIC',
      'telematica vehicle.plug-status': 'PERIODIC',
      'telematica vehicle.soc': 'PERIODIC',
      'telematica vehicle.charging-command': 'no_cartrack_equivalent',
      'telematica charger.charging-command': 'no_cartrack_equivalent',
      'telematica user.devices-connected': 'upsert',
      'telematica user.devices-disconnected': 'remove',
      'telematica callback': 'upsert',
      'telematica callback-without-vin': 'upsert',
      'telemax ignition-on': 'IGNITION_ON',
      'telemax ignition-off': 'IGNITION_OFF',
      'telemax speeding': 'PERIODIC',
      'telemax geofence-entered': 'PERIODIC',
      'telemax geofence-left': 'PERIODIC',
      'telemax low-battery': 'PERIODIC',
      'telemax device-disconnected': 'position_not_current',
      'telemax device-reconnected': 'PERIODIC',
      'telemax engine-code': 'unknown_alert_type',
      'telemax fatigue': 'unknown_alert_type',
      'telemax geofence-speed': 'unknown_alert_type',
      'telemax idle': 'unknown_alert_type',
      'telemax mileage': 'unknown_alert_type',
      'telemax above-speed-limit': 'unknown_alert_type',
      'telemax doors-unlocked': 'unknown_alert_type',
      'telemax tire-pressure': 'unknown_alert_type',
      'telemax charging': 'unknown_alert_type',
      'telemax exceed-rpm': 'unknown_alert_type',
      'telemax exceed-engine-temp': 'unknown_alert_type',
      'telemax reminder': 'unknown_alert_type',
    });
  });

  it('name vehicles of which no two share an id, the same in every run', () => {
    const [first, second] = [makeFleet(1_000), makeFleet(1_000)];
    for (const idOf of [
      (one) => one.vin,
      (one) => one.ids.smartcar,
      (one) => one.ids.telematica,
      (one) => one.ids.telemax,
    ]) {
      assert.equal(new Set(first.map(idOf)).size, 1_000);
      assert.deepEqual(first.map(idOf), second.map(idOf));
    }
    for (const { vin } of first) assert.match(vin, /^[A-Z0-9]{17}$/);
  });

  it('move vehicles by road speeds, and never twice at one time', () => {
    const one = makeFleet(1, 1_000_000)[0];
    const { odometerKm } = one;
    const times = [one.at];
    for (let now = 1_000_000; now < 4_600_000; now += 10_000) times.push(drive(one, now).at);
    assert.equal(new Set(times).size, times.length);
    assert.ok(one.odometerKm - odometerKm > 10 && one.odometerKm - odometerKm < 120);
  });
});
