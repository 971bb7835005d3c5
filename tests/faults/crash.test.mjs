// Nothing that was acknowledged is lost when the runtime is killed: not at any moment of a delivery, and not
// between Cartrack's answer and the note of it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomFrom, SEED, sentTwice, startBridge, until } from './harness.mjs';
import { keeping, LONG } from './promises.mjs';
import { delivery, KINDS, stream } from './traffic.mjs';

const ROUNDS = LONG ? 20 : 3;
const SENDERS = 8;

let bridge;
before(async () => {
  bridge = await startBridge({ vars: { LANES: '4' } });
});
after(() => bridge?.close());

test('every acknowledged delivery outlives the death of the runtime', (t) =>
  keeping('A crash loses nothing that was acknowledged', async () => {
    const random = randomFrom(SEED);
    t.diagnostic(`seed ${SEED}`);
    const acknowledged = [];
    const unanswered = [];
    const traffic = stream(bridge.vars);
    for (let round = 0; round < ROUNDS; round += 1) {
      const fatal = Math.floor(random() * 60) + 1;
      let answered = 0;
      let over = false;
      const die = async () => {
        over = true;
        await bridge.gateway.kill();
      };
      let death;
      const sender = async () => {
        while (!over) {
          const sent = unanswered.shift() ?? traffic.next().value;
          const status = await bridge.status(sent);
          if (status >= 200 && status < 300) acknowledged.push(sent);
          // A provider sends again what was not answered with a 2xx, when the gateway is up again.
          else unanswered.push(sent);
          answered += 1;
          if (answered === fatal) death = die();
        }
      };
      await Promise.all(Array.from({ length: SENDERS }, sender));
      await death;
      await bridge.crash();
    }
    for (const sent of unanswered) {
      const status = await bridge.status(sent);
      assert.ok(status === 200 || status === 202, `a repeated delivery was answered ${status}`);
      acknowledged.push(sent);
    }
    const expected = acknowledged.flatMap((sent) => sent.expected);
    const twice = await bridge.allDelivered(expected);
    for (const { mapping } of acknowledged.filter((sent) => sent.mapping)) {
      const { status, body } = await bridge.admin('GET', mapping.path);
      assert.equal(status, 200, 'an acknowledged mapping is lost');
      assert.equal(body.vin, mapping.vin);
    }
    const known = new Set(expected.map((record) => record.source.provider_event_id));
    assert.deepEqual(
      [...bridge.sink.accepted.keys()].filter((id) => !known.has(id)),
      [],
      'invented events',
    );
    const kinds = new Set(acknowledged.map(({ kind }) => kind));
    assert.deepEqual([...kinds].sort(), Object.keys(KINDS).sort());
    return `${ROUNDS} kills, ${acknowledged.length} acknowledged (${expected.length} events), 0 lost, ${twice} sent twice`;
  }));

test('an event whose delivery was not noted goes out again as it was', () =>
  keeping('A crash between sent and noted repeats the same bytes', async () => {
    const rounds = LONG ? 10 : 2;
    const kinds = ['smartcar', 'telematica', 'telemax', 'smartcarSchedule'];
    const expected = [];
    for (let round = 0; round < rounds; round += 1) {
      const sent = delivery(bridge.vars, kinds[round % kinds.length]);
      const [{ source }] = sent.expected;
      let death;
      // The answer leaves and the runtime dies; in every second round it dies before the answer.
      bridge.sink.choose = ({ id, attempt }) => {
        if (id !== source.provider_event_id || attempt > 1) return undefined;
        death = round % 2 === 0 ? bridge.gateway.kill() : setImmediate(() => bridge.gateway.kill());
        return 'honest';
      };
      const status = await bridge.status(sent);
      await until(() => death !== undefined, { what: 'the event at Cartrack' });
      await bridge.gateway.exited;
      await bridge.crash();
      // The reply to the provider can have died, too: then it sends again.
      if (status === 0) assert.ok([200, 202].includes(await bridge.status(sent)));
      expected.push(...sent.expected);
      const { provider_event_id: id } = source;
      await until(() => bridge.sink.byId.get(id).length > 1 || isDelivered(id), { what: 'the repeat' });
    }
    await bridge.allDelivered(expected);
    const delivered = async () => {
      const { body } = await bridge.admin('GET', '/api/overview');
      return body.states.pending === 0 && body.states.dead === 0;
    };
    await until(delivered, { what: 'all events noted as delivered' });
    const twice = sentTwice(bridge.sink, expected);
    assert.ok(twice > 0, 'no kill fell between sent and noted');
    return `${rounds} kills at the receipt, ${expected.length} events, 0 lost, ${twice} sent twice with the same id and bytes`;
  }));

async function isDelivered(id) {
  const { body } = await bridge.admin('GET', `/api/events?q=${encodeURIComponent(id)}`);
  return body.events.some((event) => event.state === 'delivered');
}
