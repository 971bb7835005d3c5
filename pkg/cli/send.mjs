// weighbridge send: one genuinely signed event, or a stream of them from a simulated fleet, to a gateway.

import { UsageError, wholeNumber } from './command.mjs';
import { makeDelivery } from './delivery.mjs';
import { drive, makeFleet } from './fleet.mjs';
import { gatewayUrl } from './gateway.mjs';
import { post } from './post.mjs';
import { PROVIDERS } from './providers.mjs';
import { everydaySamples, SAMPLES, sampleOf } from './samples.mjs';
import { encodingOf, SECRET_HELP, SECRET_OPTIONS, secretsOf } from './secrets.mjs';
import { stream } from './stream.mjs';

const MOST = { count: 1_000_000, rate: 2_000, vehicles: 100_000 };

export const send = {
  name: 'send',
  summary: 'sends one event, or a bounded stream from a simulated fleet, to a gateway',
  options: {
    ...SECRET_OPTIONS,
    count: { type: 'string' },
    list: { type: 'boolean' },
    rate: { type: 'string' },
    to: { type: 'string' },
    vehicles: { type: 'string' },
  },
  help: `Usage: weighbridge send <smartcar|telematica|telemax> <type>
       weighbridge send <smartcar|telematica|telemax|all> [type] --count N

Sends one event of a type, genuinely signed. With --count, sends a stream of them from a simulated fleet:
without a type, what a fleet sends all day long; with 'all', of every provider in turn.

  --to URL        the gateway, or the exact URL that takes the delivery (default http://127.0.0.1:8787)
  --count N       how many to send, ${MOST.count} at most
  --rate R        how many each second (default 10), ${MOST.rate} at most
  --vehicles N    how many vehicles the fleet has (default 20); a vehicle's ids stay the same in every run
  --list          lists the types and ends
${SECRET_HELP}
  --json          the replies, or their summary, as JSON

Exit status: 0 all were answered with 2xx, 1 some were not, 2 called in a wrong way.

  weighbridge send telemax ignition-on
  weighbridge send all --count 500 --rate 50`,
  run,
};

async function run({ values, positionals: [name, type, ...others] }, { env, output }) {
  if (values.list) return list(name, output);
  if (others.length > 0)
    throw new UsageError('There are too many arguments: one provider and one type are enough.');
  const samples = samplesOf(name, type, values.count !== undefined);
  const base = gatewayUrl(values.to);
  const options = encodingOf(values, env);
  const secrets = firstSecrets(samples, values, env);
  const make = (sample, vehicle) =>
    makeDelivery(sample, vehicle, secrets[hookOf(sample)], sample.provider === 'telemax' ? options : {});
  if (values.count !== undefined) return sendStream({ samples, base, make }, values, output);
  if (values.rate ?? values.vehicles)
    throw new UsageError('--rate and --vehicles belong to a stream: add --count N.');
  const [vehicle] = makeFleet(1);
  return sendOne(make(samples[0], vehicle), base, output);
}

async function sendOne(delivery, base, output) {
  const reply = await post(delivery, base);
  const { provider, type } = delivery;
  const text = reply.error ? `✗ ${reply.error}` : `${reply.status} ${reply.body}`;
  output.result({ provider, type, ...reply }, `${provider} ${type}: ${text}`);
  return reply.ok;
}

async function sendStream({ samples, base, make }, values, output) {
  const count = wholeNumber(values, 'count', { most: MOST.count });
  const rate = wholeNumber(values, 'rate', { otherwise: 10, most: MOST.rate });
  const fleet = makeFleet(wholeNumber(values, 'vehicles', { otherwise: 20, most: MOST.vehicles }));
  const next = (index) => make(samples[index % samples.length], drive(fleet[index % fleet.length]));
  const summary = await stream({ count, rate, send: (index) => post(next(index), base), output });
  output.result(summary, told(summary));
  return summary.ok === count;
}

function told({ sent, ok, seconds, replies, latency_ms: { p50, p99 } }) {
  const lines = Object.entries(replies).map(([reply, count]) => `  ${count} × ${reply}`);
  const sentence = `${ok === sent ? '✓' : '✗'} ${ok} of ${sent} were answered with 2xx in ${seconds} s`;
  return [`${sentence}; half within ${p50} ms, 99 % within ${p99} ms`, ...lines].join('\n');
}

function samplesOf(name, type, isStream) {
  if (name === 'all' && isStream && type === undefined)
    return shuffledTogether(PROVIDERS.map(everydaySamples));
  if (!PROVIDERS.includes(name)) {
    throw new UsageError(
      `Say which provider, as the first argument: ${PROVIDERS.join(', ')}; all, with --count.`,
    );
  }
  if (type === undefined && isStream) return everydaySamples(name);
  const sample = sampleOf(name, type);
  if (sample) return [sample];
  const types = SAMPLES.filter(({ provider }) => provider === name).map(({ type }) => type);
  throw new UsageError(`Say which event of ${name}: ${types.join(', ')}.`);
}

/** One of each list in turn, as long as the longest has some left. */
function shuffledTogether(lists) {
  const longest = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) => lists.map((list) => list[index % list.length])).flat();
}

function firstSecrets(samples, values, env) {
  const hooks = [...new Set(samples.map(hookOf))];
  if (hooks.length > 1 && (values.secret ?? values['secret-file'])) {
    throw new UsageError(
      'Of several providers the secrets come from the environment: leave out --secret-file.',
    );
  }
  return Object.fromEntries(hooks.map((hook) => [hook, secretsOf(hook, values, env)[0]]));
}

function hookOf({ provider, hook = provider }) {
  return hook;
}

function list(name, output) {
  const samples = SAMPLES.filter(({ provider }) => name === undefined || name === 'all' || provider === name);
  if (samples.length === 0) throw new UsageError(`Of these there are lists: ${PROVIDERS.join(', ')}.`);
  const types = samples.map(({ provider, type, about }) => ({ provider, type, about }));
  const line = ({ provider, type, about }) => `${provider.padEnd(12)}${type.padEnd(32)}${about}`;
  output.result(types, types.map(line).join('\n'));
  return true;
}
