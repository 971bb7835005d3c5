// weighbridge smartcar vehicles: which vehicles are connected, and which of them a webhook hears of.

import { noMore, UsageError } from '../command.mjs';
import { API_HELP, SmartcarApi, WEBHOOK_HELP, webhookOf } from './api.mjs';
import { lackOf, reasonOf } from './reasons.mjs';

export const vehicles = {
  name: 'smartcar vehicles',
  summary: 'lists the vehicles that are connected, which are subscribed, and why others are not heard of',
  options: { ask: { type: 'boolean' }, mode: { type: 'string' }, webhook: { type: 'string' } },
  help: `Usage: weighbridge smartcar vehicles [--webhook ID] [--mode live|simulated] [--ask]

Lists the vehicles that owners have connected to the application, whether each is subscribed to the webhook, and
what keeps its events from Cartrack. Owners and VINs are not printed.

${WEBHOOK_HELP}
  --mode MODE    only live or only simulated vehicles
  --ask          also asks each vehicle once: one API request of its allowance, which tells what the list cannot
  --json         the list as JSON

Exit status: 0 all are heard of, 1 some are not, 2 called in a wrong way.

${API_HELP}`,
  run,
};

async function run({ values, positionals }, { env, output }) {
  noMore(positionals, vehicles);
  if (values.mode !== undefined && !['live', 'simulated'].includes(values.mode))
    throw new UsageError('--mode must be live or simulated.');
  const api = new SmartcarApi(env, output);
  const webhook = await webhookOf(api, values.webhook, env);
  const subscribed = new Set((await api.subscriptions(webhook.id)).map(keyOf));
  const connections = await api.connections(values.mode);
  const found = [];
  for (const connection of connections) {
    if (values.ask) output.progress(`asking vehicle ${found.length + 1} of ${connections.length}`);
    const isSubscribed = subscribed.has(keyOf(connection));
    found.push({ ...shown(connection), subscribed: isSubscribed, ...(await why(connection, isSubscribed)) });
  }
  output.progressed();
  output.result({ webhook, vehicles: found }, [aboutWebhook(webhook), ...found.map(line)].join('\n'));
  return webhook.isEnabled !== false && found.every(({ reason }) => reason === undefined);

  /** Why nothing of a vehicle reaches Cartrack, as far as it is known. */
  async function why(connection, isSubscribed) {
    const lack = lackOf(connection);
    if (lack) return lack;
    const problem = values.ask ? await asked(api, connection) : undefined;
    if (problem) return problem;
    if (isSubscribed) return {};
    return {
      reason: 'it is not subscribed',
      fix: `weighbridge smartcar subscribe ${connection.vehicle}`,
    };
  }
}

/** The owner's and the vehicle's id: a vehicle may have several owners. */
export const keyOf = ({ vehicle, user }) => JSON.stringify([vehicle, user]);

async function asked(api, connection) {
  try {
    await api.vin(connection);
    return undefined;
  } catch (error) {
    if (error.problem?.type === undefined || [401, 429].includes(error.status)) throw error;
    return reasonOf(error);
  }
}

/** What may be told of a connection. */
export function shown({ vehicle, make, model, year, mode }) {
  return { vehicle, make, model, year, mode };
}

function aboutWebhook({ name, id, url, isEnabled }) {
  const off =
    isEnabled === false ? '\n✗ The webhook is switched off: enable it in Smartcar’s dashboard.' : '';
  return `Webhook ${name ?? id}: ${url ?? 'address unknown'}${off}`;
}

function line({ vehicle, make, model, year, mode, subscribed, reason, fix }) {
  const what = [make, model, year, mode === 'live' ? undefined : mode].filter(Boolean).join(' ');
  const state = subscribed ? 'subscribed' : 'not subscribed';
  return `${reason ? '✗' : '✓'} ${vehicle}  ${what}: ${reason ? `${reason}. Do: ${fix}` : state}`;
}
