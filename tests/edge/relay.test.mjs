// What happens to an event when Cartrack does not simply take it: retries, refusals, holds, replays, and a
// gateway that dies in between. The gateways of this file run side by side, so that waits overlap.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startCartrack } from '../../pkg/emulator/cartrack.mjs';
import { alert, newId, newNumber, newVin, vehicleState } from './deliveries.mjs';
import { startWeighbridge, until } from './harness.mjs';

const isLeft = ({ times }) => times > 0;
const statuses = (list) => list.map(({ status }) => status);

describe('relaying', { concurrency: true }, () => {
  describe('faults of one event', { concurrency: true }, () => {
    let bridge;
    const faults = [];
    before(async () => {
      bridge = await startWeighbridge();
    });
    after(() => bridge?.close());

    /** An event whose vehicle meets `fault` at Cartrack, and its id. */
    const meets = async (fault) => {
      const vehicle = newId();
      faults.push({ times: 1_000, ...fault, match: { device_id: vehicle } });
      // Setting faults begins their counts anew, so that what has been met is taken off.
      const left = ({ times, match }) => times - bridge.postsOf(match.device_id).length;
      bridge.cartrack.setFaults(faults.map((one) => ({ ...one, times: left(one) })).filter(isLeft));
      const id = await bridge.accepted('smartcar', vehicleState({ vehicle, vin: newVin() }));
      return { vehicle, id };
    };

    test('503 is tried again: the same record under the same id, until it is taken', async () => {
      const { vehicle, id } = await meets({ status: 503, times: 1, body: { error: 'busy' } });
      const failed = await until(async () => {
        const event = await bridge.event(id);
        return event.attempts === 1 && event;
      });
      assert.equal(failed.state, 'pending');
      const [attempt] = failed.history;
      const wait = Date.parse(failed.due_at) - Date.parse(attempt.time) - attempt.duration_ms;
      assert.ok(wait >= 3_900 && wait <= 6_100, `the first wait is 5 s ± 20 %, not ${wait} ms`);

      const event = await bridge.eventIn('delivered', id);
      assert.equal(event.attempts, 2);
      assert.deepEqual(statuses(event.history), [503, 202]);
      assert.equal(event.history[0].reply, '{"error":"busy"}');
      const posts = bridge.postsOf(vehicle);
      assert.deepEqual(statuses(posts), [503, 202]);
      const [first, second] = posts.map(({ record, headers }) => [
        JSON.stringify(record),
        headers['content-length'],
      ]);
      assert.deepEqual(first, second);
      assert.equal(posts[1].record.source.provider_event_id, event.provider_event_id);
    });

    test('429 is not tried again before Retry-After is over', async () => {
      // Longer than the longest first wait, so that only this header can be the cause.
      const { vehicle, id } = await meets({ status: 429, times: 1, retry_after: 8 });
      await bridge.eventIn('delivered', id);
      const [refused, taken] = bridge.postsOf(vehicle);
      assert.deepEqual([refused.status, taken.status], [429, 202]);
      assert.ok(Date.parse(taken.at) - Date.parse(refused.at) >= 8_000);
    });

    test('a connection that breaks is tried again', async () => {
      const { vehicle, id } = await meets({ drop: true, times: 1 });
      const event = await bridge.eventIn('delivered', id);
      assert.deepEqual(statuses(event.history), [null, 202]);
      assert.equal(event.history[0].error, 'connection_failed');
      assert.equal(bridge.recordsOf(vehicle).length, 1);
    });

    test('a record that was taken before its answer was lost is not sent under another id', async () => {
      const { vehicle, id } = await meets({ drop: true, accept: true, times: 1 });
      const event = await bridge.eventIn('delivered', id);
      assert.deepEqual(statuses(event.history), [null, 409]);
      assert.equal(bridge.recordsOf(vehicle).length, 1);
    });

    for (const status of [400, 404, 422]) {
      test(`${status} is a dead letter, with the beginning of Cartrack's reply`, async () => {
        const reply = 'no '.repeat(2_000);
        const { vehicle, id } = await meets({ status, body: reply });
        const event = await bridge.eventIn('dead', id);
        assert.equal(event.reason, 'refused_by_cartrack');
        assert.equal(event.due_at, null);
        assert.deepEqual(statuses(event.history), [status]);
        assert.equal(event.history[0].reply, JSON.stringify(reply).slice(0, 2048));
        assert.equal(bridge.postsOf(vehicle).length, 1);
      });
    }

    test('409 means that Cartrack has it', async () => {
      const { vehicle, id } = await meets({ status: 409 });
      const event = await bridge.eventIn('delivered', id);
      assert.deepEqual(statuses(event.history), [409]);
      assert.equal(bridge.postsOf(vehicle).length, 1);
    });

    test('a dead letter that is replayed by its id keeps its provider_event_id', async () => {
      const { vehicle, id } = await meets({ status: 422, times: 1 });
      const dead = await bridge.eventIn('dead', id);
      const { status, body } = await bridge.admin('POST', `/api/events/${id}/replay`);
      assert.deepEqual([status, body], [200, { replayed: 1 }]);
      const event = await bridge.eventIn('delivered', id);
      assert.deepEqual(statuses(event.history), [422, 202]);
      assert.equal(event.provider_event_id, dead.provider_event_id);
      const ids = bridge.postsOf(vehicle).map(({ record }) => record.source.provider_event_id);
      assert.deepEqual(ids, [dead.provider_event_id, dead.provider_event_id]);
    });

    test('dead letters that are replayed by a filter are those that fit', async () => {
      const chosen = await meets({ status: 422, times: 1 });
      const other = await meets({ status: 422, times: 1 });
      await bridge.eventIn('dead', chosen.id);
      await bridge.eventIn('dead', other.id);
      const replay = (filter) => bridge.admin('POST', '/api/replay', filter);
      for (const filter of [
        { state: 'dead', vehicle: chosen.vehicle, provider: 'telemax' },
        { state: 'dead', vehicle: chosen.vehicle, reason: 'vin_conflict' },
        { state: 'dead', vehicle: newId() },
      ]) {
        assert.deepEqual((await replay(filter)).body, { replayed: 0 });
      }
      const filter = { state: 'dead', provider: 'smartcar', reason: 'refused_by_cartrack' };
      assert.deepEqual((await replay({ ...filter, vehicle: chosen.vehicle })).body, { replayed: 1 });
      const event = await bridge.eventIn('delivered', chosen.id);
      const ids = bridge.postsOf(chosen.vehicle).map(({ record }) => record.source.provider_event_id);
      assert.deepEqual(ids, [event.provider_event_id, event.provider_event_id]);
      assert.equal((await bridge.event(other.id)).state, 'dead');
      assert.equal(bridge.postsOf(other.vehicle).length, 1);
    });

    test('a delivered event can be sent again, under the same id', async () => {
      const { vehicle, id } = await meets({ status: 200, accept: true, times: 1 });
      await bridge.eventIn('delivered', id);
      assert.deepEqual((await bridge.admin('POST', `/api/events/${id}/replay`)).body, { replayed: 1 });
      await until(async () => (await bridge.event(id)).attempts === 2);
      assert.equal((await bridge.eventIn('delivered', id)).history[1].status, 409);
      const ids = bridge.postsOf(vehicle).map(({ record }) => record.source.provider_event_id);
      assert.equal(new Set(ids).size, 1);
      assert.equal(bridge.recordsOf(vehicle).length, 1);
    });

    test('nothing that was skipped can be replayed', async () => {
      const vehicle = newId();
      const { body } = await bridge.send('smartcar', vehicleState({ vehicle, position: null }));
      const [{ id }] = body.events;
      assert.deepEqual((await bridge.admin('POST', `/api/events/${id}/replay`)).body, { replayed: 0 });
      const filter = { state: 'skipped', vehicle };
      assert.deepEqual((await bridge.admin('POST', '/api/replay', filter)).body, { replayed: 0 });
      assert.equal((await bridge.event(id)).state, 'skipped');
      assert.deepEqual(bridge.postsOf(vehicle), []);
    });
  });

  describe('a Cartrack that hangs', () => {
    let bridge;
    before(async () => {
      bridge = await startWeighbridge({ vars: { LANES: '1' } });
    });
    after(() => bridge?.close());

    test('is given up after 10 s, and holds up no other vehicle of the lane', async () => {
      const vehicle = newId();
      bridge.cartrack.setFaults({ delay_ms: 12_000, times: 1, match: { device_id: vehicle } });
      const hanging = await bridge.accepted('smartcar', vehicleState({ vehicle, vin: newVin() }));
      const others = Array.from({ length: 12 }, () => vehicleState({ vin: newVin() }));
      const ids = await Promise.all(others.map((other) => bridge.accepted('smartcar', other)));
      for (const id of ids) await bridge.eventIn('delivered', id);
      const meanwhile = await bridge.event(hanging);
      assert.deepEqual([meanwhile.state, meanwhile.attempts], ['pending', 0]);

      const failed = await until(
        async () => {
          const event = await bridge.event(hanging);
          return event.attempts === 1 && event;
        },
        { timeout: 30_000, what: 'the end of the attempt that hangs' },
      );
      const [{ error, status, duration_ms }] = failed.history;
      assert.deepEqual([failed.state, error, status], ['pending', 'timed_out', null]);
      assert.ok(duration_ms >= 9_900, `given up after ${duration_ms} ms`);
      await bridge.admin('POST', `/api/events/${hanging}/replay`);
      await bridge.eventIn('delivered', hanging);
      assert.equal(bridge.recordsOf(vehicle).length, 1);
    });
  });

  describe('a Cartrack that refuses the credentials', { concurrency: 1 }, () => {
    let bridge;
    before(async () => {
      bridge = await startWeighbridge({ vars: { LANES: '1' } });
    });
    after(() => bridge?.close());

    const overview = async () => (await bridge.admin('GET', '/api/overview')).body;
    const resume = () => bridge.admin('POST', '/api/resume');
    const some = async () => {
      const vehicle = newId();
      return { vehicle, id: await bridge.accepted('smartcar', vehicleState({ vehicle, vin: newVin() })) };
    };

    for (const status of [401, 403]) {
      test(`${status} holds the lane until it is resumed, and then everything goes`, async () => {
        bridge.cartrack.clear();
        bridge.cartrack.setFaults({ status, body: { error: 'key' } });
        const refused = await some();
        const held = await bridge.eventIn('held', refused.id);
        assert.equal(held.reason, 'configuration_refused');
        assert.deepEqual(
          held.history.map((attempt) => [attempt.status, attempt.reply]),
          [[status, '{"error":"key"}']],
        );
        const others = [await some(), await some(), await some()];
        for (const { id } of others) assert.equal((await bridge.event(id)).state, 'pending');
        const shown = await overview();
        assert.equal(shown.held, true);
        assert.deepEqual([shown.states.held, shown.states.pending], [1, 3]);
        const [lane] = shown.lanes;
        assert.deepEqual([lane.held, lane.held_reason], [true, 'configuration_refused']);

        bridge.cartrack.setFaults([]);
        assert.deepEqual((await resume()).body, { resumed: 1 });
        for (const { id } of [refused, ...others]) await bridge.eventIn('delivered', id);
        // Nobody but the first was ever shown to a Cartrack that refuses.
        assert.deepEqual(statuses(bridge.postsOf(refused.vehicle)), [status, 202]);
        for (const { vehicle } of others) assert.deepEqual(statuses(bridge.postsOf(vehicle)), [202]);
        assert.equal((await overview()).held, false);
      });
    }

    test('a lane that is still refused after it was resumed is held again', async () => {
      bridge.cartrack.setFaults({ status: 401, times: 2 });
      const { vehicle, id } = await some();
      await bridge.eventIn('held', id);
      await resume();
      await until(async () => (await bridge.event(id)).attempts === 2);
      await bridge.eventIn('held', id);
      await resume();
      await bridge.eventIn('delivered', id);
      assert.deepEqual(statuses(bridge.postsOf(vehicle)), [401, 401, 202]);
    });

    test('a redirect holds too, and the key does not follow it', async () => {
      const elsewhere = await startCartrack({ apiKey: bridge.vars.CARTRACK_API_KEY });
      try {
        for (const status of [302, 307, 308]) {
          bridge.cartrack.setFaults({ status, headers: { Location: elsewhere.url } });
          const { vehicle, id } = await some();
          const held = await bridge.eventIn('held', id);
          assert.deepEqual(statuses(held.history), [status]);
          bridge.cartrack.setFaults([]);
          await resume();
          await bridge.eventIn('delivered', id);
          assert.deepEqual(statuses(bridge.postsOf(vehicle)), [status, 202]);
          assert.deepEqual(elsewhere.requests, []);
        }
      } finally {
        await elsewhere.close();
      }
    });

    test('a hold outlives a crash', async () => {
      bridge.cartrack.setFaults({ status: 401, times: 1 });
      const refused = await some();
      await bridge.eventIn('held', refused.id);
      const waiting = await some();
      await bridge.crash();
      const shown = await overview();
      assert.deepEqual([shown.held, shown.states.held, shown.states.pending], [true, 1, 1]);
      const later = await some();
      assert.equal((await bridge.event(later.id)).state, 'pending');
      await resume();
      for (const { id } of [refused, waiting, later]) await bridge.eventIn('delivered', id);
      assert.deepEqual(statuses(bridge.postsOf(refused.vehicle)), [401, 202]);
    });
  });

  describe('a gateway that dies', () => {
    let bridge;
    before(async () => {
      bridge = await startWeighbridge();
    });
    after(() => bridge?.close());

    test('loses nothing: what waited is delivered after a single call of /healthz', async () => {
      bridge.cartrack.setFaults({ status: 503 });
      const send = async () => {
        const vehicle = newId();
        await bridge.accepted('smartcar', vehicleState({ vehicle, vin: newVin() }));
        return vehicle;
      };
      const unmapped = newNumber();
      const waiting = await bridge.accepted('telemax', alert({ vehicle: unmapped }));
      const failed = await Promise.all(Array.from({ length: 20 }, send));
      const all = () => failed.every((vehicle) => bridge.postsOf(vehicle).length > 0);
      await until(all, { what: 'an attempt for each event' });
      bridge.cartrack.setFaults([]);
      // These have just been answered when the processes are killed.
      const fresh = await Promise.all(Array.from({ length: 20 }, send));
      // The harness starts it again and asks for /healthz until that is answered.
      await bridge.crash();

      const vehicles = [...failed, ...fresh];
      await until(() => vehicles.every((vehicle) => bridge.recordsOf(vehicle).length > 0), {
        timeout: 30_000,
        what: 'a record of each event that was pending',
      });
      for (const vehicle of vehicles) assert.equal(bridge.recordsOf(vehicle).length, 1);
      const isDone = async () => (await bridge.admin('GET', '/api/overview')).body.states;
      await until(async () => (await isDone()).pending === 0, { what: 'nothing pending' });
      const { delivered, unmapped: still, dead } = await isDone();
      assert.deepEqual({ delivered, still, dead }, { delivered: 40, still: 1, dead: 0 });

      await bridge.map('telemax', unmapped, { vin: newVin() });
      await bridge.eventIn('delivered', waiting);
    });
  });

  describe('a gateway without a key for Cartrack', () => {
    let bridge;
    before(async () => {
      bridge = await startWeighbridge({ vars: { CARTRACK_API_KEY: undefined } });
    });
    after(() => bridge?.close());

    test('accepts and keeps deliveries, says what is missing, and sends them once it has the key', async () => {
      const vehicle = newId();
      const id = await bridge.accepted('smartcar', vehicleState({ vehicle, vin: newVin() }));
      assert.equal((await bridge.event(id)).state, 'pending');
      const { body } = await bridge.admin('GET', '/api/overview');
      const { origin } = new URL(bridge.cartrack.url);
      assert.deepEqual(body.cartrack, { configured: false, missing: 'CARTRACK_API_KEY', origin });
      assert.equal(body.held, true);

      await bridge.restart({ CARTRACK_API_KEY: 'demo-cartrack-key' });
      await until(() => bridge.recordsOf(vehicle).length > 0, { what: 'the record that was kept' });
      assert.deepEqual(statuses(bridge.cartrack.requests), [202], 'nothing was sent without the key');
      await bridge.eventIn('delivered', id);
      assert.equal((await bridge.admin('GET', '/api/overview')).body.held, false);
    });
  });
});
