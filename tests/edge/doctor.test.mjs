// `weighbridge doctor` and `weighbridge telematica check` against a real gateway: all right, and each thing wrong
// once. The gateway is asked from a folder of its own, so that no .dev.vars plays a part.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { backlog } from '../../pkg/cli/doctor/backlog.mjs';
import { key as tryKey } from '../../pkg/cli/doctor/cartrack.mjs';
import { Report } from '../../pkg/cli/doctor/report.mjs';
import { Gateway } from '../../pkg/cli/gateway.mjs';
import { startCartrack } from '../../pkg/emulator/cartrack.mjs';
import { startTelemax } from '../../pkg/emulator/telemax.mjs';
import { root } from '../../scripts/places.mjs';
import { DEMO_VARS } from '../../scripts/samples.mjs';
import { freePort } from '../../scripts/wrangler.mjs';
import { runToEnd } from '../npm/support/process.mjs';
import { alert, newNumber, newVin, vehicleState } from './deliveries.mjs';
import { sampleDeliveries, startWeighbridge, TELEMAX_MAPPING, until } from './harness.mjs';

const BIN = join(root, 'pkg', 'bin', 'weighbridge.mjs');
const BARE = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !Object.hasOwn(DEMO_VARS, name) && !/^(CARTRACK|SMARTCAR|TELEMAX)_/.test(name),
  ),
);
const OTHER = { svix: `whsec_${Buffer.from('quite another key, of 31 bytes').toString('base64')}` };

let bridge;
before(async () => {
  bridge = await startWeighbridge();
});
after(() => bridge?.close());

/** Runs a command with the gateway's own settings and `env`; what it prints must not tell a secret. */
async function weighbridge(args, env = {}) {
  const known = Object.fromEntries(Object.keys(DEMO_VARS).map((name) => [name, bridge.vars[name] ?? '']));
  const settings = { ...BARE, ...known, ...env };
  const said = await runToEnd(process.execPath, [BIN, ...args], { env: settings, cwd: bridge.folder });
  const told = said.stdout + said.stderr;
  for (const secret of [...Object.values(DEMO_VARS), ...Object.values(env)].filter((text) => text.length > 8))
    assert.ok(!told.includes(secret) || secret === env.NODE_OPTIONS, 'a secret is printed');
  for (const { record } of bridge.cartrack.requests) {
    assert.ok(!record?.chassis_number || !told.includes(record.chassis_number), 'a VIN is printed');
    assert.ok(!record?.position || !told.includes(`${record.position.latitude}`), 'a position is printed');
  }
  return said;
}

/** What the doctor found, by check, and how it ended. */
async function doctor(env, args = [bridge.url]) {
  const { code, stdout, stderr } = await weighbridge(['doctor', ...args, '--json'], env);
  assert.equal(stderr, '');
  const { ok, checks, ...rest } = JSON.parse(stdout);
  assert.equal(ok, code === 0);
  for (const { check, status, fix } of checks) assert.ok(status === 'ok' || fix, `${check} says what to do`);
  return { code, checks, ...rest, of: (name) => checks.find(({ check }) => check === name) };
}

/** That a check has this status, says this, and this is what to do. */
function assertCheck(found, name, status, message, fix) {
  const one = found.of(name);
  assert.ok(one, `there is a check ${name} among ${found.checks.map(({ check }) => check)}`);
  assert.equal(one.status, status, JSON.stringify(one));
  assert.match(one.message, message);
  if (fix) assert.match(one.fix, fix);
}

/** Sends what is refused until it is among the gateway's sample of refusals: one a second of each kind is. */
async function refused(delivery, provider) {
  const isKept = async () => {
    assert.equal((await bridge.deliver(delivery)).status, 401);
    const { refusals } = (await bridge.admin('GET', '/api/refusals')).body;
    return refusals.some((one) => one.provider === provider && !one.headers.includes('weighbridge-check'));
  };
  await until(isKept, { interval: 200, what: `a refusal of ${provider} in the sample` });
}

const failures = ({ checks }) => checks.filter(({ status }) => status === 'fail').map(({ check }) => check);

describe('a gateway that has seen nothing', () => {
  it('waits for each provider, and fails at nothing', async () => {
    const found = await doctor();
    assert.equal(found.code, 0);
    for (const provider of ['smartcar', 'telematica', 'telemax'])
      assertCheck(
        found,
        `${provider} deliveries`,
        'warn',
        /none has come yet/,
        new RegExp(`/hooks/${provider}`),
      );
    assert.deepEqual(found.sums, { ok: found.checks.length - 3, warn: 3, fail: 0 });
  });

  it('whose provider signs with another key has a wrong one', async () => {
    const [, , delivery] = sampleDeliveries({ ...bridge.vars, TELEMAX_WEBHOOK_SECRET: 'the other secret' });
    await refused(delivery, 'telemax');
    const found = await doctor();
    const message = /signature_mismatch .*none has ever passed\. A wrong key/;
    assertCheck(found, 'telemax deliveries', 'fail', message, /set TELEMAX_WEBHOOK_SECRET/);
    assert.deepEqual(failures(found), ['telemax deliveries']);
  });

  it("knows Smartcar's fault of live deliveries alone", async () => {
    const challenge = { eventType: 'VERIFY', data: { challenge: 'abc' } };
    assert.equal((await bridge.send('smartcar', challenge)).status, 200);
    assert.equal((await bridge.send('smartcar', vehicleState({ mode: 'TEST' }))).body.outcome, 'skipped');
    const forged = sampleDeliveries({ ...bridge.vars, SMARTCAR_MANAGEMENT_TOKEN: 'other' })[0];
    await refused(forged, 'smartcar');
    const found = await doctor();
    assertCheck(found, 'smartcar deliveries', 'fail', /on Smartcar's side/, /make a new application/);
  });
});

describe('a gateway at which all is right', () => {
  const before = {};

  it('has nothing but ok', async () => {
    await bridge.admin('PUT', TELEMAX_MAPPING.path, TELEMAX_MAPPING.mapping);
    for (const delivery of sampleDeliveries(bridge.vars)) {
      const { body } = await bridge.deliver(delivery);
      await bridge.eventIn('delivered', body.events[0].id);
    }
    before.keys = (await bridge.admin('GET', '/api/overview')).body.signatures;
    before.records = bridge.cartrack.received.length;
    before.posts = bridge.cartrack.requests.length;
    const found = await doctor({}, [bridge.url, '--cartrack']);
    assert.deepEqual(
      found.checks.filter(({ status }) => status !== 'ok'),
      [],
    );
    assert.deepEqual([found.code, found.url], [0, bridge.url]);
    assert.match(found.version, /^\d/);
    assertCheck(found, 'cartrack', 'ok', new RegExp(new URL(bridge.cartrack.url).origin));
    assertCheck(found, 'cartrack key', 'ok', /status 400/);
  });

  it('tells the same in a line for each check', async () => {
    const { code, stdout } = await weighbridge(['doctor', bridge.url]);
    const lines = stdout.trim().split('\n');
    assert.equal(code, 0, stdout);
    for (const line of lines.slice(0, -2)) assert.match(line, /^ok {4}\S.* \S/);
    assert.equal(lines.at(-1), `✓ ${lines.length - 2} ok, 0 to look at, 0 failed`);
  });

  it('was moved in nothing by it', async () => {
    assert.equal(bridge.cartrack.received.length, before.records);
    const posts = bridge.cartrack.requests.slice(before.posts);
    assert.deepEqual(
      posts.map(({ status, record }) => [status, record]),
      [[400, {}]],
    );
    const { mappings } = (await bridge.admin('GET', '/api/mappings')).body;
    assert.deepEqual(
      mappings.filter(({ vehicle }) => vehicle.startsWith('weighbridge-check')),
      [],
    );
    const { signatures } = (await bridge.admin('GET', '/api/overview')).body;
    for (const [provider, { keys }] of Object.entries(before.keys))
      assert.deepEqual(signatures[provider].keys, keys, 'a check is no sign that the provider uses a key');
    const { events } = (await bridge.admin('GET', '/api/events?limit=500')).body;
    const checks = events.filter(
      ({ vehicle, type }) => vehicle?.startsWith('weighbridge-check') || type === 'weighbridge-check',
    );
    assert.deepEqual(new Set(checks.map(({ state }) => state)), new Set(['skipped']));
    assert.deepEqual(
      new Set(checks.map(({ reason }) => reason)),
      new Set(['test_mode', 'no_cartrack_equivalent', 'unknown_event_type', 'unknown_alert_type']),
    );
  });

  it('has a key changed at the provider, where refusals follow what passed', async () => {
    const [, delivery] = sampleDeliveries({ ...bridge.vars, TELEMATICA_SVIX_SECRET: OTHER.svix });
    await refused(delivery, 'telematica');
    const found = await doctor();
    const message = /\d × signature_mismatch .*since the last one passed.* A wrong key/;
    assertCheck(found, 'telematica deliveries', 'warn', message, /TELEMATICA_SVIX_SECRET/);
    assert.equal(found.code, 0);
  });
});

describe('a wrong secret', () => {
  for (const [hook, name, value] of [
    ['smartcar', 'SMARTCAR_MANAGEMENT_TOKEN', 'another token of Smartcar'],
    ['telematica', 'TELEMATICA_SVIX_SECRET', OTHER.svix],
    ['telematica-callback', 'TELEMATICA_CALLBACK_TOKEN', 'another token of the callback'],
    ['telemax', 'TELEMAX_WEBHOOK_SECRET', 'another secret of Telemax'],
  ]) {
    it(`of ${hook} is named`, async () => {
      const found = await doctor({ [name]: value });
      assert.equal(found.code, 1);
      const message = new RegExp(`another ${name} than`);
      assertCheck(found, `${hook} genuine`, 'fail', message, new RegExp(`set ${name} in .*\\.dev\\.vars`));
      assertCheck(found, `${hook} forged`, 'ok', /refused/);
      const wrong = hook === 'smartcar' ? ['smartcar challenge', 'smartcar genuine'] : [`${hook} genuine`];
      assert.deepEqual(failures(found), wrong);
    });
  }

  it('that makes no key is named, and the rest is examined', async () => {
    const found = await doctor({ TELEMATICA_SVIX_SECRET: 'whsec_' });
    assertCheck(found, 'telematica genuine', 'fail', /TELEMATICA_SVIX_SECRET .* unusable/, /\.dev\.vars/);
    assertCheck(found, 'telemax genuine', 'ok', /taken/);
  });

  it('beside a right one is to be looked at', async () => {
    const found = await doctor({ TELEMAX_WEBHOOK_SECRET: `older,${DEMO_VARS.TELEMAX_WEBHOOK_SECRET}` });
    assertCheck(found, 'telemax genuine', 'warn', /1 of your 2 secrets passed/, /TELEMAX_WEBHOOK_SECRET/);
  });

  it('of the administration is named, and what needs none is examined', async () => {
    const found = await doctor({ ADMIN_TOKEN: 'another token of the administration' });
    assertCheck(found, 'administration', 'fail', /another ADMIN_TOKEN/, /ADMIN_TOKEN/);
    assert.deepEqual(failures(found), ['administration']);
    assertCheck(found, 'telemax genuine', 'ok', /taken/);
    assert.equal(found.of('mappings'), undefined);
  });

  it('or none, here, is said', async () => {
    const found = await doctor(Object.fromEntries(Object.keys(DEMO_VARS).map((name) => [name, ''])));
    assertCheck(found, 'administration', 'fail', /ADMIN_TOKEN is not set here/, /set ADMIN_TOKEN/);
    assertCheck(found, 'telemax', 'warn', /not tried: TELEMAX_WEBHOOK_SECRET is not set here/, /set TELEMAX/);
    assertCheck(found, 'clock', 'warn', /cannot be compared/, /ADMIN_TOKEN/);
  });
});

describe('a clock', () => {
  const shifted = (seconds) => {
    const shift = `const now = Date.now; Date.now = () => now() + ${seconds * 1000};`;
    return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}` };
  };

  it('that is further off than Svix allows fails, and what else is wrong can still be told', async () => {
    for (const [seconds, told] of [
      [400, /400 s ahead of the gateway's.*refused/],
      [-400, /400 s behind the gateway's.*refused/],
    ]) {
      const found = await doctor(shifted(seconds));
      assertCheck(found, 'clock', 'fail', told, /timedatectl|sntp|w32tm/);
      assertCheck(found, 'telematica genuine', 'ok', /taken/);
      assert.deepEqual(failures(found), ['clock']);
    }
  });

  it('that is a little off is to be looked at', async () => {
    assertCheck(await doctor(shifted(60)), 'clock', 'warn', /60 s ahead/, /timedatectl|sntp|w32tm/);
  });
});

describe('an address', () => {
  it('where nothing listens is said to be empty', async () => {
    const found = await doctor({}, [`http://127.0.0.1:${await freePort()}`]);
    assertCheck(found, 'gateway', 'fail', /Nothing listens at/, /npm start/);
    assert.deepEqual([found.code, found.checks.length], [1, 1]);
  });

  it('of something else is no gateway', async () => {
    const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const found = await doctor({}, [`http://127.0.0.1:${server.address().port}`]);
    server.closeAllConnections();
    server.close();
    assertCheck(found, 'gateway', 'fail', /something else than a gateway/, /npm run deploy/);
  });

  it('that is no address of a gateway is a mistake', async () => {
    for (const [args, message] of [
      [['gateway.example'], /takes a URL/],
      [['https://gateway.example/hooks'], /without a path/],
      [['http://gateway.example'], /https:\/\//],
      [[bridge.url, 'more'], /too many/],
    ]) {
      const { code, stdout, stderr } = await weighbridge(['doctor', ...args]);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, message);
    }
  });
});

describe('events', () => {
  beforeEach(() => bridge.cartrack.setFaults([]));
  after(() => bridge.cartrack.setFaults([]));
  const mapped = async () => {
    const vehicle = newNumber();
    await bridge.map('telemax', String(vehicle), { vin: newVin() });
    return vehicle;
  };

  it('that wait for a VIN, wait for Cartrack, or were refused there are counted by reason', async () => {
    await bridge.accepted('telemax', alert());
    bridge.cartrack.setFaults({ status: 422, times: 1 });
    await bridge.eventIn('dead', await bridge.accepted('telemax', alert({ vehicle: await mapped() })));
    bridge.cartrack.setFaults({ status: 503 });
    const late = await bridge.accepted('telemax', alert({ vehicle: await mapped() }));
    await until(async () => (await bridge.event(late)).attempts > 0, { what: 'an attempt' });
    const found = await doctor();
    assertCheck(found, 'unmapped', 'warn', /1 event of 1 vehicle wait/, /\/api\/unmapped/);
    assertCheck(found, 'dead letters', 'warn', /1 with the reason refused_by_cartrack/, /\/api\/replay/);
    assertCheck(found, 'waiting', 'ok', /1 event waits/);
    assert.equal(found.code, 0);
    bridge.cartrack.setFaults([]);
    await bridge.admin('POST', '/api/replay', { state: 'pending' });
    await bridge.eventIn('delivered', late);
  });

  it('that have waited for long are to be looked at', async () => {
    const report = new Report();
    const now = Date.now();
    const time = (minutes) => new Date(now - minutes * 60_000).toISOString();
    const overview = {
      lanes: [],
      now: time(0),
      oldest_waiting_at: time(40),
      states: { dead: 0, pending: 3, unmapped: 0 },
    };
    await backlog({ gateway: new Gateway(new URL(bridge.url)), overview }, report);
    const { status, message, fix } = report.checks.find(({ check }) => check === 'waiting');
    assert.deepEqual(
      [status, message],
      ['warn', '3 events wait to be sent, one since 40 min: Cartrack is slow or down'],
    );
    assert.match(fix, /curl -X POST .*\/api\/replay/);
  });

  it('that are held for a refused key fail, with what to type', async () => {
    bridge.cartrack.setFaults({ status: 401 });
    const held = await bridge.accepted('telemax', alert({ vehicle: await mapped() }));
    await bridge.eventIn('held', held);
    const found = await doctor({}, [bridge.url, '--cartrack']);
    const fix = /set CARTRACK_API_KEY .*curl -X POST .*\/api\/resume/;
    assertCheck(found, 'lanes', 'fail', /1 of 8 are held: Cartrack refuses the key/, fix);
    assertCheck(found, 'cartrack key', 'fail', /refused by http:.* \(status 401\)/, /CARTRACK_API_KEY/);
    assert.deepEqual(failures(found), ['cartrack key', 'lanes']);
    bridge.cartrack.setFaults([]);
    await bridge.admin('POST', '/api/resume');
    await bridge.eventIn('delivered', held);
    assertCheck(await doctor(), 'lanes', 'ok', /none of 8 is held/);
  });
});

describe("Cartrack's key", () => {
  const places = {};
  before(async () => {
    for (const name of ['africa', 'asia', 'europe'])
      places[name] = await startCartrack({ apiKey: `key of ${name}` });
  });
  after(() => Promise.all(Object.values(places).map((place) => place.close())));
  const tried = async (env, origin) => {
    const report = new Report();
    const regions = Object.fromEntries(Object.entries(places).map(([name, { base }]) => [name, base]));
    await tryKey({ gateway: new Gateway(new URL('https://gateway.example')), env, origin }, report, regions);
    return report.checks[0];
  };

  it('is taken by its own region, where records that are none are refused', async () => {
    const found = await tried({ CARTRACK_API_KEY: 'key of asia' }, places.asia.base);
    assert.deepEqual([found.status, found.message], ['ok', 'taken by asia (status 400)']);
    assert.equal(places.asia.received.length, 0);
  });

  it('tells which region is right', async () => {
    const found = await tried({ CARTRACK_API_KEY: 'key of europe' }, places.asia.base);
    assert.deepEqual(
      [found.status, found.message],
      ['fail', 'refused by asia (status 401), and taken by europe'],
    );
    assert.equal(found.fix, 'set CARTRACK_REGION = "europe" in wrangler.toml, then npm run deploy');
  });

  it('that no region takes is wrong', async () => {
    const found = await tried({ CARTRACK_API_KEY: 'key of nobody' }, places.africa.base);
    assert.match(found.message, /refused by africa \(status 401\), as by every other region/);
    assert.match(found.fix, /npx wrangler secret put CARTRACK_API_KEY/);
  });

  it('is not judged by a fault, and not sent to an address that only the gateway names', async () => {
    places.asia.setFaults({ status: 503, times: 1 });
    const unclear = await tried({ CARTRACK_API_KEY: 'key of asia' }, places.asia.base);
    assert.deepEqual([unclear.status, /no clear answer/.test(unclear.message)], ['warn', true]);
    const strange = await tried({ CARTRACK_API_KEY: 'key of asia' }, 'https://collector.example');
    assert.deepEqual([strange.status, /no region of Cartrack/.test(strange.message)], ['warn', true]);
    assert.match((await tried({}, places.asia.base)).fix, /\.dev\.vars/);
  });
});

describe('weighbridge telematica check', () => {
  it('is taken as it should be, and leaves no mapping and nothing at Cartrack', async () => {
    const posts = bridge.cartrack.requests.length;
    const { code, stdout } = await weighbridge(['telematica', 'check', '--to', bridge.url, '--json']);
    assert.equal(code, 0, stdout);
    const { results } = JSON.parse(stdout);
    assert.deepEqual(
      results.map(({ type, outcome, reason }) => [type, outcome, reason]),
      [
        ['callback-without-vin', 'mapping_updated', undefined],
        ['user.devices-connected', 'mapping_updated', undefined],
        ['vehicle.charging-status', 'skipped', 'no_position'],
        ['vehicle.plug-status', 'skipped', 'no_position'],
        ['vehicle.soc', 'skipped', 'no_position'],
        ['vehicle.charging-command', 'skipped', 'no_cartrack_equivalent'],
        ['charger.charging-command', 'skipped', 'no_cartrack_equivalent'],
        ['user.devices-disconnected', 'mapping_removed', undefined],
        ['clean-up', undefined, 'no mapping is left'],
      ],
    );
    const { mappings } = (await bridge.admin('GET', '/api/mappings?provider=telematica')).body;
    assert.deepEqual(
      mappings.filter(({ vehicle }) => vehicle.startsWith('weighbridge-check')),
      [],
    );
    assert.equal(bridge.cartrack.requests.length, posts);
  });

  it('disconnects what it has connected, without a token too', async () => {
    const { code, stdout } = await weighbridge(['telematica', 'check', '--to', bridge.url], {
      ADMIN_TOKEN: '',
    });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^✓ user\.devices-disconnected: mapping_removed$/m);
    assert.match(stdout, /^· clean-up: .*set ADMIN_TOKEN/m);
    const { mappings } = (await bridge.admin('GET', '/api/mappings?provider=telematica')).body;
    assert.deepEqual(
      mappings.filter(({ vehicle }) => vehicle.startsWith('weighbridge-check')),
      [],
    );
  });
});

describe('a gateway whose settings lack something', () => {
  it('says which secret of a provider, and which setting of Cartrack', async () => {
    await bridge.restart({ TELEMAX_WEBHOOK_SECRET: undefined, CARTRACK_API_KEY: undefined });
    const found = await doctor({ TELEMAX_WEBHOOK_SECRET: DEMO_VARS.TELEMAX_WEBHOOK_SECRET });
    assertCheck(
      found,
      'telemax',
      'fail',
      /no usable TELEMAX_WEBHOOK_SECRET/,
      /set TELEMAX_WEBHOOK_SECRET in/,
    );
    assertCheck(found, 'cartrack', 'fail', /CARTRACK_API_KEY is missing/, /set CARTRACK_API_KEY in/);
    assertCheck(found, 'lanes', 'fail', /CARTRACK_API_KEY is missing/, /set CARTRACK_API_KEY in/);
    assert.deepEqual(failures(found), ['telemax', 'cartrack', 'lanes']);
    const unused = await doctor({ TELEMAX_WEBHOOK_SECRET: '' });
    assertCheck(unused, 'telemax', 'warn', /no usable TELEMAX_WEBHOOK_SECRET/, /if you use it/);
  });

  it('says how it reads a key, and that it has no token', async () => {
    await bridge.restart({ TELEMAX_SECRET_ENCODING: 'hex', ADMIN_TOKEN: undefined });
    const found = await doctor({ ADMIN_TOKEN: DEMO_VARS.ADMIN_TOKEN });
    assertCheck(found, 'administration', 'fail', /the gateway has no ADMIN_TOKEN/, /set ADMIN_TOKEN in/);
    assertCheck(found, 'telemax genuine', 'ok', /its key read as hex/);
  });
});

describe('look-ups', () => {
  const KEY = { TELEMAX_API_KEY: 'a key of the API' };
  let telemax;
  before(async () => {
    const vehicle = { id: newNumber(), vin: newVin() };
    telemax = await startTelemax({ apiKey: KEY.TELEMAX_API_KEY, vehicles: [vehicle] });
    telemax.vehicle = vehicle.id;
  });
  after(() => telemax.close());

  it('that are not configured are no fault, and keys known here are tried', async () => {
    await bridge.restart();
    const api = { TELEMAX_API_URL: telemax.url };
    const found = await doctor({ ...api, ...KEY });
    assertCheck(found, 'smartcar look-up', 'ok', /not configured, and need not be/);
    assertCheck(found, 'telemax look-up', 'ok', /not configured, and need not be/);
    assertCheck(found, 'telemax API', 'ok', /TELEMAX_API_KEY is accepted/);
    assert.equal(found.of('smartcar API'), undefined);
    const refused = await doctor({ ...api, TELEMAX_API_KEY: 'another key of the API' });
    assertCheck(refused, 'telemax API', 'fail', /does not accept TELEMAX_API_KEY/, /set TELEMAX_API_KEY/);
  });

  it('that work tell what came of the last, and those with a refused key fail', async () => {
    await bridge.restart({ ...KEY, TELEMAX_API_URL: telemax.url });
    assertCheck(await doctor(), 'telemax look-up', 'ok', /no event has needed it yet/);
    await bridge.eventIn('delivered', await bridge.accepted('telemax', alert({ vehicle: telemax.vehicle })));
    assertCheck(await doctor(), 'telemax look-up', 'ok', /the last one, at .*, ended as \w+/);

    await bridge.restart({ TELEMAX_API_KEY: 'another key of the API', TELEMAX_API_URL: telemax.url });
    const id = await bridge.accepted('telemax', alert());
    await until(async () => (await bridge.event(id)).lookup?.result === 'key_refused', {
      what: 'the refusal',
    });
    const found = await doctor();
    assertCheck(found, 'telemax look-up', 'fail', /ended as key_refused/, /set TELEMAX_API_KEY in/);
    assert.deepEqual(failures(found), ['telemax look-up']);
  });

  it('that cannot be made for a setting name it', async () => {
    await bridge.restart({ ...KEY, TELEMAX_API_URL: 'http://telemax.example' });
    assertCheck(
      await doctor(),
      'telemax look-up',
      'fail',
      /TELEMAX_API_URL is unusable/,
      /set TELEMAX_API_URL/,
    );
  });
});
