// Forged traffic as fast as it comes: it leaves nothing behind, and genuine deliveries pass beside it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inParallel, startBridge, until } from './harness.mjs';
import { keeping, LONG } from './promises.mjs';
import { tableSizes } from './state.mjs';
import { delivery } from './traffic.mjs';

const LANES = 2;
const FORGED = LONG ? 30_000 : 3_000;
const EVENT_KINDS = ['smartcar', 'telematica', 'telemax'];

let bridge;
before(async () => {
  bridge = await startBridge({ vars: { LANES: String(LANES) } });
});
after(() => bridge?.close());

test('a flood stores nothing and stops nobody', (t) =>
  keeping('A flood of forgeries stores nothing, genuine deliveries pass', async () => {
    const first = await inParallel(EVENT_KINDS, 1, (kind) => bridge.status(delivery(bridge.vars, kind)));
    assert.deepEqual(first, [202, 202, 202]);
    await settled();
    const before = tableSizes(bridge.folder);
    const other = {
      ...bridge.vars,
      SMARTCAR_MANAGEMENT_TOKEN: 'x',
      TELEMAX_WEBHOOK_SECRET: 'x',
      TELEMATICA_SVIX_SECRET: 'whsec_eA==',
      TELEMATICA_CALLBACK_TOKEN: 'x',
    };
    const hooks = [...EVENT_KINDS, 'telematicaCallback'];
    const genuine = [];
    const started = process.hrtime.bigint();
    await inParallel(Array.from({ length: FORGED }), 24, async (_, index) => {
      const status = await bridge.status(delivery(other, hooks[index % hooks.length]));
      assert.equal(status, 401);
      if (index % 50 === 0) {
        const sent = delivery(bridge.vars, EVENT_KINDS[(index / 50) % 3]);
        assert.equal(await bridge.status(sent), 202, 'a genuine delivery in the flood');
        genuine.push(sent);
      }
    });
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    await bridge.allDelivered(genuine.flatMap(({ expected }) => expected));
    await settled();
    const { events, seen, refusals, marks, counts } = tableSizes(bridge.folder);
    // Genuine ones leave an event and its ids; the flood leaves none.
    assert.equal(events - before.events, genuine.length);
    assert.ok(seen - before.seen <= genuine.length * 2, `${seen - before.seen} ids`);
    assert.ok(refusals <= LANES * 3 * 20, `${refusals} refusals are kept`);
    assert.ok(marks <= LANES * 30 && counts <= LANES * 400, `${marks} marks, ${counts} counts`);
    const { body } = await bridge.admin('GET', '/metrics');
    const refused = [...body.matchAll(/^weighbridge_refused_total\{.*\} (\d+)$/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
    assert.equal(refused, FORGED, 'every refusal is counted');
    const lines = bridge
      .log()
      .split('\n')
      .filter((line) => line.includes('"stage":"refuse"')).length;
    t.diagnostic(`${Math.round(FORGED / seconds)} a second on this machine, ${lines} log lines`);
    return `${FORGED} forgeries beside ${genuine.length} genuine deliveries: 0 rows for events or ids, ${refusals} sampled refusals, ${lines} log lines, all genuine delivered`;
  }));

async function settled() {
  await until(async () => (await bridge.admin('GET', '/api/overview')).body.states.pending === 0, {
    what: 'all sent',
  });
}
