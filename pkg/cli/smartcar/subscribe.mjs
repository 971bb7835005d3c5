// weighbridge smartcar subscribe, unsubscribe: which vehicles a webhook hears of.

import { UsageError } from '../command.mjs';
import { API_HELP, SmartcarApi, WEBHOOK_HELP, webhookOf } from './api.mjs';
import { lackOf, reasonOf } from './reasons.mjs';
import { keyOf, shown } from './vehicles.mjs';

const OPTIONS = { all: { type: 'boolean' }, webhook: { type: 'string' } };

/** Smartcar lets 120 calls pass at once and 2 more each minute: a fleet takes its time. */
const PATIENCE_SECONDS = 86_400;

export const subscribe = {
  name: 'smartcar subscribe',
  summary: 'subscribes vehicles to a webhook, some or all that are connected',
  options: OPTIONS,
  help: `Usage: weighbridge smartcar subscribe (VEHICLE… | --all) [--webhook ID]

Subscribes vehicles, by their ids at Smartcar, to a webhook. Those that are subscribed already stay so: after an
interruption run it again. Of those that cannot be subscribed it says why.

  --all          every vehicle that is connected
${WEBHOOK_HELP}
  --json         the outcome for each vehicle as JSON

Smartcar lets 120 calls pass at once and then 2 a minute, unless your plan says otherwise; it waits for that.

Exit status: 0 all are subscribed, 1 some are not, 2 called in a wrong way.

${API_HELP}`,
  run: runSubscribe,
};

export const unsubscribe = {
  name: 'smartcar unsubscribe',
  summary: 'takes vehicles off a webhook',
  options: OPTIONS,
  help: `Usage: weighbridge smartcar unsubscribe (VEHICLE… | --all) [--webhook ID]

Takes vehicles, by their ids at Smartcar, off a webhook: nothing of them is delivered any more. They stay
connected.

  --all          every vehicle that is subscribed
${WEBHOOK_HELP}
  --json         the outcome for each vehicle as JSON

Exit status: 0 done, 1 some are still subscribed, 2 called in a wrong way.

${API_HELP}`,
  run: runUnsubscribe,
};

async function runSubscribe({ values, positionals }, { env, output }) {
  const wanted = wantedOf(values, positionals, subscribe);
  const api = new SmartcarApi(env, output, { patience: PATIENCE_SECONDS });
  const webhook = await webhookOf(api, values.webhook, env);
  const subscribed = new Set((await api.subscriptions(webhook.id)).map(keyOf));
  const connections = await api.connections();
  const outcome = async (connection) => {
    const note = lackOf(connection);
    if (subscribed.has(keyOf(connection))) return { outcome: 'already', ...note };
    await api.subscribe(webhook.id, connection).catch((error) => {
      if (error.status !== 409 || error.problem?.type === 'VEHICLE_STATE') throw error;
    });
    return { outcome: 'subscribed', ...note };
  };
  const results = await each(chosen(connections, wanted), outcome, output);
  return tell(results, webhook, output);
}

async function runUnsubscribe({ values, positionals }, { env, output }) {
  const wanted = wantedOf(values, positionals, unsubscribe);
  const api = new SmartcarApi(env, output, { patience: PATIENCE_SECONDS });
  const webhook = await webhookOf(api, values.webhook, env);
  const subscriptions = await api.subscriptions(webhook.id);
  const outcome = async ({ id }) => {
    if (id === undefined) return { outcome: 'already' };
    await api.unsubscribe(id).catch((error) => {
      if (error.status !== 404) throw error;
    });
    return { outcome: 'unsubscribed' };
  };
  const strangers = [...(wanted ?? [])].filter((id) => subscriptions.every(({ vehicle }) => vehicle !== id));
  const found = subscriptions.filter(({ vehicle }) => wanted === undefined || wanted.has(vehicle));
  const results = await each([...found, ...strangers.map((vehicle) => ({ vehicle }))], outcome, output);
  return tell(results, webhook, output);
}

/** The vehicles that are named, or undefined for all. */
function wantedOf({ all }, positionals, { name }) {
  if (all && positionals.length > 0) throw new UsageError('Name vehicles or add --all, not both.');
  if (all) return undefined;
  if (positionals.length === 0)
    throw new UsageError(
      `Name vehicles by their ids, as smartcar vehicles lists them, or add --all. See weighbridge ${name} --help`,
    );
  return new Set(positionals);
}

function chosen(connections, wanted) {
  if (wanted === undefined) return connections;
  const strangers = [...wanted].filter((id) => connections.every(({ vehicle }) => vehicle !== id));
  const unknown = strangers.map((vehicle) => ({ vehicle, stranger: true }));
  return [...connections.filter(({ vehicle }) => wanted.has(vehicle)), ...unknown];
}

/** Does it for one vehicle after the other. What fails for one holds up no other, unless it would fail for all. */
async function each(vehicles, outcome, output) {
  const results = [];
  for (const vehicle of vehicles) {
    output.progress(`${results.length + 1} of ${vehicles.length}`);
    results.push({ ...shown(vehicle), ...(await tried(vehicle, outcome)) });
  }
  output.progressed();
  return results;
}

async function tried(vehicle, outcome) {
  if (vehicle.stranger)
    return { outcome: 'failed', ...reasonOf({ problem: { type: 'RESOURCE_NOT_FOUND' } }) };
  try {
    return await outcome(vehicle);
  } catch (error) {
    const isOfAll = error.status === undefined || [401, 429].includes(error.status);
    if (isOfAll) throw error;
    return { outcome: 'failed', ...reasonOf(error) };
  }
}

function tell(results, webhook, output) {
  const failed = results.filter(({ outcome }) => outcome === 'failed').length;
  const sums = Object.entries(countsOf(results));
  const summary = sums.map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'no vehicles';
  const lines = results.filter(({ reason }) => reason).map(line);
  const mark = failed === 0 ? '✓' : '✗';
  output.result(
    { webhook, vehicles: results },
    [...lines, `${mark} Webhook ${webhook.name ?? webhook.id}: ${summary}.`].join('\n'),
  );
  return failed === 0;
}

function countsOf(results) {
  const counts = {};
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

const line = ({ vehicle, outcome, reason, fix }) =>
  `${outcome === 'failed' ? '✗' : '·'} ${vehicle}: ${outcome}; ${reason}. Do: ${fix}`;
