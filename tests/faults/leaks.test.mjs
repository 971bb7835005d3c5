// What is nobody's business appears nowhere: markers are planted in everything personal and secret, and looked
// for in all output. After a user is erased they are looked for in the bytes on disk.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startSmartcar } from '../../pkg/emulator/smartcar.mjs';
import { startTelemax } from '../../pkg/emulator/telemax.mjs';
import { root } from '../../scripts/places.mjs';
import { smartcar } from '../../scripts/sign.mjs';
import { inParallel, startBridge, until } from './harness.mjs';
import { keeping } from './promises.mjs';
import { allRows, find } from './state.mjs';
import { delivery } from './traffic.mjs';

const SECRETS = {
  SMARTCAR_MANAGEMENT_TOKEN: 'marker-secret-smartcar-1',
  TELEMATICA_SVIX_SECRET: `whsec_${Buffer.from('marker-secret-svix-key-2').toString('base64')}`,
  TELEMATICA_CALLBACK_TOKEN: 'marker-secret-callback-3',
  TELEMAX_WEBHOOK_SECRET: 'marker-secret-telemax-4',
  CARTRACK_API_KEY: 'marker-secret-cartrack-5',
  ADMIN_TOKEN: 'marker-secret-admin-6',
  TELEMAX_API_KEY: 'marker-secret-api-10',
  SMARTCAR_CLIENT_SECRET: 'marker-secret-client-11',
};
const PERSONAL = {
  vin: 'TSTMARKER0VIN0001',
  user: 'marker-user-7',
  vehicle: 'marker-vehicle-8',
  latitude: '12.3456789',
  longitude: '98.7654321',
  body: 'marker-body-9',
};
/** A vehicle whose VIN only Telemax's API names. */
const LOOKED_UP = { id: 98_710_012, vin: 'TSTMARKER0VIN0013' };
const MARKERS = [
  ...Object.values(SECRETS),
  'marker-secret-svix-key-2',
  ...Object.values(PERSONAL),
  ...Object.values(LOOKED_UP).map(String),
];

let bridge;
let telemax;
let smartcarApi;
before(async () => {
  // One API tells what it knows, the other refuses the secret.
  telemax = await startTelemax({ apiKey: SECRETS.TELEMAX_API_KEY, vehicles: [LOOKED_UP] });
  smartcarApi = await startSmartcar({ clientId: 'client', clientSecret: 'another', connections: [] });
  bridge = await startBridge({
    vars: {
      ...SECRETS,
      LANES: '2',
      SMARTCAR_API_URL: smartcarApi.url,
      SMARTCAR_CLIENT_ID: 'client',
      SMARTCAR_TOKEN_URL: smartcarApi.tokenUrl,
      TELEMAX_API_URL: telemax.url,
    },
  });
});
after(async () => {
  await bridge?.close();
  await Promise.all([telemax?.close(), smartcarApi?.close()]);
});

/** A genuine Smartcar event, every member of which is a marker. */
function marked(changes = {}) {
  const now = Date.now();
  const at = { oemUpdatedAt: now - 2_000, fetchedAt: now - 1_000 };
  const signal = (code, body) => ({ code, body, meta: at, status: { value: 'SUCCESS' } });
  const { vin, user, vehicle, latitude, longitude, body: text } = { ...PERSONAL, ...changes };
  const body = JSON.stringify({
    eventId: `event-${now}-${Math.random()}`,
    eventType: 'VEHICLE_STATE',
    data: {
      user: { id: user },
      vehicle: { id: vehicle, nickname: text },
      signals: [
        ...(changes.withoutVin ? [] : [signal('vehicleidentification-vin', { value: vin })]),
        signal('location-preciselocation', { latitude: Number(latitude), longitude: Number(longitude) }),
      ],
    },
    meta: { version: '4.0', deliveredAt: now, mode: 'LIVE' },
  });
  return { path: '/hooks/smartcar', headers: smartcar(SECRETS.SMARTCAR_MANAGEMENT_TOKEN, body), body };
}

test('no secret and nothing personal is in logs, metrics, URLs or errors', () =>
  keeping('No secret, VIN, position, user or body in logs, metrics, URLs, errors', async () => {
    const replies = [];
    const tell = async (sent) => {
      const reply = await bridge.deliver(sent);
      replies.push(JSON.stringify(reply.body) + JSON.stringify([...reply.headers]));
      return reply.status;
    };
    // Accepted and delivered; refused by Cartrack, which repeats the record; retried; not mapped.
    assert.equal(await tell(marked()), 202);
    await until(() => bridge.sink.requests.length === 1, { what: 'the record at Cartrack' });
    for (const behaviour of ['refuse', 'unavailable', 'reset']) {
      bridge.sink.choose = () => behaviour;
      const before = bridge.sink.requests.length;
      assert.equal(await tell(marked()), 202);
      await until(() => bridge.sink.requests.length > before, { what: `the record that meets ${behaviour}` });
    }
    bridge.sink.choose = () => undefined;
    assert.equal(await tell(delivery({ ...bridge.vars }, 'telemax', { vehicle: PERSONAL.vehicle })), 202);
    assert.equal(await tell(delivery({ ...bridge.vars }, 'telemax', { vehicle: LOOKED_UP.id })), 202);
    assert.equal(await tell(marked({ vehicle: `${PERSONAL.vehicle}-2`, withoutVin: true })), 202);
    await until(
      async () => {
        const { body } = await bridge.admin('GET', '/metrics');
        const results = [
          ['telemax', 'not_found'],
          ['telemax', '(telemetry|ignition_disagrees)'],
          ['smartcar', 'key_refused'],
        ];
        return results.every(([provider, result]) =>
          new RegExp(`weighbridge_lookups_total\\{provider="${provider}",result="${result}"\\} [1-9]`).test(
            body,
          ),
        );
      },
      { what: 'what came of each look-up' },
    );
    // Refused in every way that there is, with the markers in whatever can carry them.
    const good = marked();
    const headers = {
      'X-Marker': PERSONAL.user,
      Referer: `https://x/?${PERSONAL.vin}`,
      'User-Agent': PERSONAL.body,
    };
    for (const change of [
      { headers: {} },
      { headers: { 'SC-Signature': PERSONAL.vin } },
      { headers: { 'SC-Signature': SECRETS.SMARTCAR_MANAGEMENT_TOKEN } },
      { body: `${good.body} ` },
      { body: `{"eventType":"VERIFY","data":{"challenge":"{${PERSONAL.body}"}}` },
      { body: PERSONAL.body, headers: smartcar(SECRETS.SMARTCAR_MANAGEMENT_TOKEN, PERSONAL.body) },
      {
        path: '/hooks/telematica',
        headers: {
          'svix-id': PERSONAL.user,
          'svix-timestamp': PERSONAL.vin,
          'svix-signature': `v1,${PERSONAL.body}`,
        },
      },
      { path: '/hooks/telematica-callback', headers: { Authorization: `Bearer ${PERSONAL.user}` } },
      { path: '/hooks/telemax', headers: { 'X-Telemax-Signature': `sha256=${PERSONAL.body}` } },
      { path: `/hooks/${PERSONAL.vehicle}` },
    ]) {
      const status = await tell({
        ...good,
        ...change,
        headers: { ...headers, ...(change.headers ?? good.headers) },
      });
      assert.ok(status >= 400 && status < 500, `answered ${status}`);
    }
    // Administration with markers where it can fail.
    for (const [method, path, body] of [
      ['PUT', '/api/mappings/telemax/1', { vin: PERSONAL.body }],
      ['PUT', '/api/mappings/telemax/1', PERSONAL.body],
      ['POST', '/api/replay', { state: PERSONAL.body }],
      [
        'POST',
        '/api/mappings/import',
        `provider,vehicle,vin\n${PERSONAL.user},${PERSONAL.vehicle},${PERSONAL.body}`,
      ],
    ]) {
      const { status, body: reply } = await bridge.admin(method, path, body);
      assert.ok(status < 500);
      replies.push(JSON.stringify(reply));
    }
    const { body: metrics } = await bridge.admin('GET', '/metrics');
    const { body: refusals } = await bridge.admin('GET', '/api/refusals');
    const { body: overview } = await bridge.admin('GET', '/api/overview');
    const urls = bridge.sink.strangers.map(({ url }) => url);
    const places = {
      replies: replies.join('\n'),
      metrics,
      refusals: JSON.stringify(refusals),
      overview: JSON.stringify(overview),
      urls: urls.join(),
    };
    // wrangler itself prints the address of each request; of the gateway's own lines all are looked at.
    places.log = bridge
      .log()
      .split('\n')
      .filter((line) => !/^\[wrangler:info\] \w+ \//.test(line))
      .join('\n');
    assert.ok(places.log.includes('"stage":"relay"'), 'the log is there to be searched');
    for (const [place, text] of Object.entries(places)) {
      for (const marker of MARKERS) assert.ok(!text.includes(marker), `${marker} is in ${place}`);
    }
    // Deployed, the platform would write the address and the headers of each request down.
    const settings = readFileSync(join(root, 'wrangler.toml'), 'utf8');
    assert.match(settings, /\[observability\.logs\][^[]*\ninvocation_logs = false/);
    return `${MARKERS.length} markers, ${replies.length} replies, ${places.log.length} bytes of log, metrics, refusals, overview`;
  }));

test('an erased user leaves no trace', (t) =>
  keeping('Erasing a user: no row, key or value of KV and lanes names them', async () => {
    // So much beside it that pages are used again, and some of it waiting.
    const others = Array.from({ length: 60 }, () => delivery(bridge.vars, 'smartcar'));
    await inParallel(others, 8, (one) => bridge.status(one));
    bridge.sink.choose = () => 'unavailable';
    assert.equal(
      (
        await bridge.admin('PUT', `/api/mappings/smartcar/${PERSONAL.vehicle}`, {
          vin: PERSONAL.vin,
          user: PERSONAL.user,
          registration: PERSONAL.body,
        })
      ).status,
      200,
    );
    for (let count = 0; count < 5; count += 1) assert.equal(await bridge.status(marked()), 202);
    bridge.sink.choose = () => undefined;
    // The other provider's vehicle of this name has to go, too.
    assert.equal(
      (
        await bridge.admin('PUT', `/api/mappings/telemax/${PERSONAL.vehicle}`, {
          vin: PERSONAL.vin,
          user: PERSONAL.user,
        })
      ).status,
      200,
    );
    await bridge.allDelivered(others.flatMap(({ expected }) => expected));
    const personal = Object.values(PERSONAL);
    assert.ok(find(bridge.folder, personal).length > 0, 'the markers are on disk before');
    for (const provider of ['smartcar', 'telemax']) {
      const { status } = await bridge.admin('DELETE', `/api/users/${provider}/${PERSONAL.user}`);
      assert.equal(status, 200);
    }
    for (const q of [PERSONAL.vin, PERSONAL.vehicle]) {
      const { body } = await bridge.admin('GET', `/api/events?q=${q}`);
      assert.deepEqual(body.events, [], `${q} is found`);
    }
    const { body } = await bridge.admin('GET', `/api/mappings?user=${PERSONAL.user}`);
    assert.deepEqual(body.mappings, []);
    await bridge.gateway.close();
    // Of the local runtime's own record of requests nothing is deployed: see `invocation_logs` above.
    const mine = ({ path }) => !path.includes('observability');
    const rows = allRows(bridge.folder).filter(mine);
    assert.ok(rows.length >= 3, 'two lanes and KV');
    for (const { path, text } of rows)
      for (const marker of personal) assert.ok(!text.includes(marker), `${marker} is in ${path}`);
    const blobs = find(bridge.folder, personal).filter((found) => /blobs/.test(found));
    assert.deepEqual(blobs, []);
    // SQLite overwrites freed bytes when it needs them, and the platform lets nobody hurry it: see SECURITY.md.
    const freed = find(bridge.folder, personal).filter((found) => mine({ path: found }));
    t.diagnostic(`freed bytes that nothing refers to any more still hold markers in ${freed.length} places`);
    return `${personal.length} markers in 8 events and 2 mappings: none in ${rows.length} databases and the blobs`;
  }));
