// Storage that fails or is slow, panics on purpose, and a clock that runs ahead: what only the Worker with faults
// on demand can show.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { root } from '../../scripts/places.mjs';
import { smartcar, svix } from '../../scripts/sign.mjs';
import { inParallel, startBridge, until } from './harness.mjs';
import { keeping, LONG } from './promises.mjs';
import { delivery } from './traffic.mjs';

const KINDS = ['smartcar', 'telematica', 'telemax'];
const DAY = 86_400_000;

let bridge;
before(async () => {
  bridge = await startBridge({ faulty: true, vars: { LANES: '4' } });
});
after(() => bridge?.close());
beforeEach(() => bridge.plan({}));

async function counts() {
  const { body } = await bridge.admin('GET', '/api/overview');
  return Object.values(body.states).reduce((sum, n) => sum + n, 0);
}

test('what is deployed has no faults on demand', () => {
  const mark = 'a planned fault at';
  const has = (folder) => readFileSync(join(root, folder, 'index_bg.wasm')).includes(mark);
  assert.deepEqual([has('build-faults'), has('build')], [true, false]);
});

test('a lane that fails, or is slow, answers 503 and has nothing', () =>
  keeping('A failing lane gives 503 and stores nothing by halves', async () => {
    let tried = 0;
    for (const at of ['lane.accept', 'lane.transaction', 'lane.stored']) {
      for (const kind of [...KINDS, 'smartcarSchedule']) {
        const before = await counts();
        const sent = delivery(bridge.vars, kind);
        await bridge.plan({ faults: [{ at, times: 99, act: 'fail' }] });
        const { status, headers, body } = await bridge.deliver(sent);
        assert.equal(status, 503, `${at}: ${JSON.stringify(body)}`);
        assert.equal(body.error, 'storage_unavailable');
        assert.ok(headers.get('retry-after'));
        await bridge.plan({});
        // Where only the answer was lost the events are there, and the repeat says so.
        const stored = (await counts()) - before;
        assert.equal(stored, at === 'lane.stored' ? sent.expected.length : 0, at);
        const again = await bridge.deliver(sent);
        assert.equal(again.body.outcome, stored > 0 ? 'duplicate' : 'accepted');
        await bridge.allDelivered(sent.expected);
        assert.equal((await counts()) - before, sent.expected.length, 'each event is there once');
        tried += 1;
      }
    }
    const slow = delivery(bridge.vars, 'smartcar');
    await bridge.plan({ faults: [{ at: 'lane.accept', times: 1, act: { slow: 30_000 } }] });
    assert.equal(await bridge.status(slow), 503, 'a lane that does not answer');
    return `${tried} failures and one lane that hangs, each 503, each repeat ends once`;
  }));

test('a delivery for several lanes, of which one fails, ends exactly once', () =>
  keeping('One of several lanes failing: the repeat ends exactly once', async () => {
    const rounds = LONG ? 20 : 5;
    let events = 0;
    for (let round = 0; round < rounds; round += 1) {
      const before = await counts();
      const sent = delivery(bridge.vars, 'smartcarSchedule', { count: 12 });
      const lane = round % 4;
      await bridge.plan({ faults: [{ at: 'lane.transaction', lane, after: 1, times: 1, act: 'fail' }] });
      const first = await bridge.status(sent);
      await bridge.plan({});
      if (first === 503) assert.ok((await counts()) - before < 12, 'the failing lane kept nothing');
      const { status, body } = await bridge.deliver(sent);
      assert.ok(status === 200 || status === 202);
      assert.equal(body.events.length, 12);
      await bridge.allDelivered(sent.expected);
      assert.equal((await counts()) - before, 12);
      for (const { source } of sent.expected)
        assert.equal(bridge.sink.byId.get(source.provider_event_id).length, 1);
      events += 12;
    }
    return `${rounds} deliveries of 12 vehicles, ${events} events, each sent once`;
  }));

test('KV that fails or is slow stops no event, and no mapping is acknowledged that is not there', () =>
  keeping('KV failing or slow: events wait, mappings are answered 503', async () => {
    const kinds = ['smartcar', 'telematica', 'telemax'];
    await bridge.plan({ faults: [{ at: 'kv', times: 99, act: 'fail' }] });
    // New vehicles, so that nothing is remembered of them.
    const sent = kinds.map((kind) => delivery(bridge.vars, kind, kind === 'telemax' ? {} : undefined));
    for (const one of sent) assert.equal(await bridge.status(one), 202, one.kind);
    const change = delivery(bridge.vars, 'telematicaCallback');
    const refused = await bridge.deliver(change);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get('access-control-allow-origin'), '*');
    await bridge.plan({});
    assert.equal((await bridge.admin('GET', change.mapping.path)).status, 404);
    assert.equal(await bridge.status(change), 200);
    assert.equal((await bridge.admin('GET', change.mapping.path)).body.vin, change.mapping.vin);
    await bridge.plan({ clock_ms: 60_000 });
    await bridge.sweep();
    await bridge.allDelivered(sent.flatMap((one) => one.expected));

    await bridge.plan({ faults: [{ at: 'kv', times: 1, act: { slow: 30_000 } }] });
    assert.equal(
      await bridge.status(delivery(bridge.vars, 'telematicaCallback')),
      503,
      'KV that does not answer',
    );
    return 'every call of KV fails, one hangs; 3 events taken and delivered later, mappings refused';
  }));

test('a panic anywhere is survived, and those beside it are answered', () =>
  keeping('A panic: the instance recovers, concurrent requests are answered', async () => {
    const rounds = LONG ? 5 : 1;
    let [answered, refused] = [0, 0];
    for (let round = 0; round < rounds; round += 1) {
      for (const at of [
        'fetch',
        'lane.accept',
        'lane.transaction',
        'lane.stored',
        'lane.alarm',
        'lane.sent',
      ]) {
        await bridge.plan({ faults: [{ at, times: 1, after: at === 'lane.alarm' ? 0 : 5, act: 'panic' }] });
        const marker = bridge.log().length;
        const sent = Array.from({ length: 15 }, (_, index) => delivery(bridge.vars, KINDS[index % 3]));
        const statuses = await inParallel(sent, 15, (one) => bridge.status(one));
        await until(() => bridge.log().includes(`a planned panic at ${at}`, marker), {
          what: `the panic at ${at}`,
        });
        assert.ok(
          statuses.every((status) => status === 202 || status === 503),
          `${at}: ${statuses}`,
        );
        answered += statuses.length;
        refused += statuses.filter((status) => status === 503).length;
        for (const one of sent) assert.ok([200, 202].includes(await bridge.status(one)), at);
        await bridge.allDelivered(sent.flatMap((one) => one.expected));
      }
    }
    return `${rounds * 6} panics at 6 places, ${answered} requests answered (${refused} with 503), all events delivered`;
  }));

test('duplicates are recognised in every form, and for seven days', () =>
  keeping(
    'Duplicates: at once, re-signed, under other ids, after a restart, to the edge of retention',
    async () => {
      const seenOnce = async (sent, variants) => {
        const answers = await inParallel(variants, 16, (one) => bridge.deliver(one));
        const accepted = answers.filter(({ status }) => status === 202);
        assert.ok(answers.every(({ status }) => status === 202 || status === 200));
        assert.equal(accepted.length, 1, `${accepted.length} of ${answers.length} were taken`);
        await bridge.allDelivered(sent.expected);
        for (const { source } of sent.expected)
          assert.equal(bridge.sink.byId.get(source.provider_event_id).length, 1);
        return answers.length;
      };
      let sentTogether = 0;
      for (const kind of [...KINDS, 'smartcarSchedule']) {
        const sent = delivery(bridge.vars, kind);
        sentTogether += await seenOnce(
          sent,
          Array.from({ length: 40 }, () => sent),
        );
      }
      // Svix signs a retry anew, with a new time and the same id.
      const signed = delivery(bridge.vars, 'telematica');
      const resigned = Array.from({ length: 20 }, (_, index) => ({
        ...signed,
        headers: svix(bridge.vars.TELEMATICA_SVIX_SECRET, signed.body, {
          id: signed.headers['svix-id'],
          timestamp: Date.now() / 1000 - index,
        }),
      }));
      sentTogether += await seenOnce(signed, resigned);
      // The same body under another id is the same position, which is not news.
      const other = { ...signed, headers: svix(bridge.vars.TELEMATICA_SVIX_SECRET, signed.body) };
      const unchanged = await bridge.deliver(other);
      assert.deepEqual([unchanged.status, unchanged.body.events[0].reason], [200, 'unchanged_position']);
      // Telemax: the same body under other delivery ids, and another body under the same delivery id.
      const alarm = delivery(bridge.vars, 'telemax');
      const renamed = Array.from({ length: 20 }, () => ({
        ...alarm,
        headers: { ...alarm.headers, 'X-Telemax-Delivery': randomUUID() },
      }));
      sentTogether += await seenOnce(alarm, renamed);
      // Smartcar: the same event, written and signed anew.
      const state = delivery(bridge.vars, 'smartcar');
      assert.equal(await bridge.status(state), 202);
      const rewritten = JSON.stringify(JSON.parse(state.body), null, 1);
      const repeat = {
        ...state,
        body: rewritten,
        headers: smartcar(bridge.vars.SMARTCAR_MANAGEMENT_TOKEN, rewritten),
      };
      assert.equal((await bridge.deliver(repeat)).body.outcome, 'duplicate');

      await bridge.allDelivered([...state.expected, ...alarm.expected]);
      await bridge.crash();
      for (const one of [state, repeat, alarm, renamed[3]]) {
        assert.equal((await bridge.deliver(one)).body.outcome, 'duplicate', 'after a crash');
      }
      // At the edge of retention the memory still holds, and past it the lane forgets.
      for (const [days, outcome] of [
        [7 - 1 / 24, 'duplicate'],
        [7 + 1 / 24, 'accepted'],
      ]) {
        await bridge.plan({ clock_ms: days * DAY });
        await bridge.sweep();
        if (outcome === 'accepted')
          await until(async () => (await counts()) === 0, { what: 'the lanes to forget' });
        assert.equal((await bridge.deliver(alarm)).body.outcome, outcome, `after ${days} days`);
      }
      const { source } = alarm.expected[0];
      await until(() => bridge.sink.byId.get(source.provider_event_id).length === 2, {
        what: 'the late repeat',
      });
      assert.equal(
        new Set(
          bridge.sink.byId.get(source.provider_event_id).map(({ record }) => record.source.provider_event_id),
        ).size,
        1,
      );
      return `${sentTogether} copies sent at once and after a crash, each event once; forgotten after 7 days, then again with its old id`;
    },
  ));
