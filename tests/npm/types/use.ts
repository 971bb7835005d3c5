// Compiled, never run: the types say what the package does, and refuse what it would throw at.

import {
  type answerChallenge,
  type CartrackRecord,
  type ChallengeReply,
  type Delivery,
  type generateSecret,
  type MappingChange,
  type Options,
  type Provider,
  type Received,
  type RejectionCode,
  receive,
  receiveCallback,
  type Secrets,
  type SkipReason,
  sign,
  type TelematicsEvent,
  toCartrack,
  type Verdict,
  verify,
} from 'weighbridge';
import * as slim from 'weighbridge/slim';
import { hashChallenge, verifyPayload } from 'weighbridge/smartcar';
import { Webhook, WebhookVerificationError } from 'weighbridge/standard-webhooks';
import module from 'weighbridge/weighbridge.wasm';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_ extends true>(): void => {};

is<Equal<Provider, 'smartcar' | 'telematica' | 'telemax'>>();
is<Equal<Secrets, string | readonly string[]>>();
is<Equal<Received['kind'], 'challenge' | 'events' | 'mappings' | 'rejected'>>();
is<Equal<TelematicsEvent['skip'], SkipReason | undefined>>();
is<Equal<ReturnType<typeof answerChallenge>, ChallengeReply | null>>();
is<Equal<ReturnType<typeof generateSecret>, string>>();
is<Equal<typeof slim.verify, typeof verify>>();

const delivery: Delivery = { headers: new Headers(), body: new Uint8Array() };
const options: Options = { now: new Date(), toleranceSeconds: 300, secretEncoding: 'hex' };
const fromNode: Delivery = { headers: {} as Record<string, string | string[] | undefined>, body: '' };

const verdict: Verdict = verify('telematica', delivery, ['a', 'b'] as const, options);
if (verdict.ok) is<Equal<typeof verdict.keyIndex, number>>();
else is<Equal<typeof verdict.code, RejectionCode>>();

const received = receive('smartcar', fromNode, 'secret');
switch (received.kind) {
  case 'challenge':
    is<Equal<typeof received.reply.challenge, string>>();
    break;
  case 'events':
    for (const event of received.events) {
      const weighed = toCartrack(event, { vin: '5YJ3E7EB1LF000001' });
      if (weighed.ok) is<Equal<typeof weighed.record, CartrackRecord>>();
      else is<Equal<typeof weighed.reason, SkipReason | 'unmapped_vehicle' | 'vin_conflict'>>();
    }
    break;
  case 'mappings':
    is<Equal<typeof received.changes, MappingChange[]>>();
    break;
  case 'rejected':
    is<Equal<typeof received.status, number>>();
    break;
  default:
    is<Equal<typeof received, never>>();
}

receiveCallback(delivery, 'token') satisfies Received;
sign('telemax', new Uint8Array(), 'secret', { id: 'me', now: 0 }) satisfies Record<string, string>;
slim.initSync(module);
slim.initSync(new Uint8Array());
hashChallenge('amt', 'challenge') satisfies string;
verifyPayload('amt', undefined, '{}') satisfies boolean;
new Webhook(new Uint8Array(24), { format: 'raw' }).verify('', {}) satisfies unknown;
new WebhookVerificationError('x', 'missing_header').code satisfies RejectionCode | undefined;

// @ts-expect-error an unknown provider
verify('svix', delivery, 'secret');
// @ts-expect-error a body that was parsed
verify('smartcar', { headers: {}, body: { a: 1 } }, 'secret');
// @ts-expect-error no secret
verify('smartcar', delivery, undefined);
// @ts-expect-error an encoding that is none
verify('telemax', delivery, 'secret', { secretEncoding: 'base64' });
// @ts-expect-error several secrets to sign with
sign('smartcar', '', ['a', 'b']);
// @ts-expect-error not every verdict has a code
verdict.code satisfies string;
