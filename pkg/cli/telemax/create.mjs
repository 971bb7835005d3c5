// weighbridge telemax webhooks create: a webhook, and its secret put where the gateway has it.

import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { noMore, UsageError, wholeNumber } from '../command.mjs';
import { STORE_HELP, STORE_OPTIONS, storeOf, writePrivately } from '../secret-store.mjs';
import { encodingOf, secretsOf } from '../secrets.mjs';
import { API_HELP, MOST_ALERTS, TelemaxApi } from './api.mjs';
import { Probe } from './probe.mjs';
import { alertIdsOf, CONFIGURATION_OPTIONS, line, urlOf } from './webhooks.mjs';

export const VARIABLE = 'TELEMAX_WEBHOOK_SECRET';

export const create = {
  name: 'telemax webhooks create',
  summary: 'creates a webhook and puts its secret where the gateway has it',
  options: {
    ...CONFIGURATION_OPTIONS,
    ...STORE_OPTIONS,
    keep: { type: 'boolean' },
    'secret-to': { type: 'string' },
    wait: { type: 'string' },
  },
  help: `Usage: weighbridge telemax webhooks create --url URL (--alerts 1,2,3 | --global)
                                             (--worker | --dev-vars | --secret-to FILE)

Creates a webhook. Telemax shows its secret once, and it is put away without being printed. The webhook is
switched on when the gateway at its address is seen to know the secret, so that no alert is refused.

  --url URL            where alerts go: https://<your worker>/hooks/telemax
  --alerts 1,2,3       the numbers of the alerts, as telemax alerts lists them, ${MOST_ALERTS} at most
  --global             every alert of the company
${STORE_HELP}
  --secret-to FILE     it goes into a new file that only you can read, and the webhook stays switched off
  --keep               the Worker's secrets of other webhooks stay: TELEMAX_WEBHOOK_SECRET must name them here
  --wait SECONDS       how long to wait for the gateway to know the secret (default 60)
  --json               the webhook as JSON, without its secret

If the secret cannot be put away, it is kept in a file that only you can read, and its name is told.

${API_HELP}`,
  run,
};

async function run({ values, positionals }, { env, output }) {
  noMore(positionals, create);
  const configuration = configurationOf(values, env);
  const seconds = wholeNumber(values, 'wait', { otherwise: 60, least: 0, most: 3600 });
  const file = values['secret-to'];
  const store = storeOf(values, VARIABLE);
  if ((store === undefined) === (file === undefined))
    throw new UsageError(
      'Telemax shows the secret once. Say where it goes: --worker, --dev-vars or --secret-to FILE.',
    );
  if (file !== undefined) reserve(file);
  const api = new TelemaxApi(env, output);
  const others = store === undefined ? [] : await othersOf(store, values, env);

  const created = await createOff(api, configuration, file);
  const { secret, ...webhook } = created;
  if (file !== undefined) {
    writePrivately(file, `${secret}\n`);
    tell(
      output,
      webhook,
      `Its secret is in ${file}. Put it into the gateway, then switch the webhook on:\n  ${switchOn(webhook)}`,
    );
    return true;
  }
  await putAway(api, store, created, others);
  const probe = new Probe(webhook.url, encodingOf(values, env));
  const known = await untilKnown(probe, secret, seconds, output);
  if (!known.ok) {
    throw new Error(
      `Webhook ${webhook.id} is created and its secret is in ${store.name}, but it is switched off still: ${known.reason}. When the gateway has the secret, switch it on: ${switchOn(webhook)}`,
    );
  }
  tell(output, await switchedOn(api, webhook), `Its secret is in ${store.name}, and the gateway knows it.`);
  return true;
}

function configurationOf(values, env) {
  if (values.url === undefined)
    throw new UsageError('Say where alerts go: --url https://<your worker>/hooks/telemax');
  const alertIds = alertIdsOf(values.alerts ?? '');
  if (alertIds.length === 0 && !values.global)
    throw new UsageError('Say which alerts: --alerts 1,2,3, as telemax alerts lists them, or --global.');
  return { url: urlOf(values.url, env), alertIds, isGlobal: values.global === true };
}

/** The secrets that have to stay beside the new one. */
async function othersOf(store, values, env) {
  const current = await store.current();
  if (current !== undefined) return current;
  if (values.keep) return secretsOf('telemax', values, env);
  throw new UsageError(
    `${store.name} has a ${VARIABLE} already, which would be lost. To change the secret of a webhook use telemax webhooks rotate; to add another webhook, set ${VARIABLE} here to what the Worker has, and add --keep.`,
  );
}

/** Creates the file, so that nothing is created at Telemax for a file that cannot be. */
function reserve(file) {
  try {
    writePrivately(file, '', 0o600, 'wx');
  } catch (error) {
    throw new UsageError(`The file of --secret-to cannot be created: ${error.code}.`);
  }
}

async function createOff(api, configuration, file) {
  try {
    return await api.createWebhook({ ...configuration, isActive: false });
  } catch (error) {
    if (file !== undefined) rmSync(file, { force: true });
    if (error.status !== undefined) throw error;
    throw new Error(
      `${error.message} Whether the webhook was created is not known: look with weighbridge telemax webhooks list, and delete one that is off and that you don't know.`,
    );
  }
}

/** Puts the secret away: in the store, else in a file, else there is no webhook. */
async function putAway(api, store, { id, secret }, others) {
  try {
    await store.put([secret, ...others]);
  } catch (error) {
    throw new Error(`${error.message} ${await rescue(api, id, secret)}`);
  }
}

async function rescue(api, id, secret) {
  const file = `telemax-webhook-${id}.secret`;
  try {
    writePrivately(file, `${secret}\n`);
    return `Webhook ${id} is created and switched off. Its secret is in the file ${file}, which only you can read: put it into the gateway, switch the webhook on (telemax webhooks update ${id} --active), and delete the file.`;
  } catch {
    return api.deleteWebhook(id).then(
      () => `The secret could not be written to a file either, so webhook ${id} is deleted again.`,
      () =>
        `Neither could the secret be written to a file, nor webhook ${id} be deleted: it is switched off; delete it with telemax webhooks delete ${id}.`,
    );
  }
}

/** Asks the gateway until it takes what is signed with the secret. */
export async function untilKnown(probe, secret, seconds, output) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await probe.ask(secret);
    if (answer.ok || Date.now() >= end) return answer;
    output.progress(`waiting until the gateway knows the secret: ${answer.reason}`);
    await pause(1000);
  }
}

async function switchedOn(api, webhook) {
  try {
    return await api.updateWebhook(webhook.id, { ...webhook, isActive: true });
  } catch (error) {
    throw new Error(
      `${error.message} The webhook is created and its secret put away. Switch it on: ${switchOn(webhook)}`,
    );
  }
}

const switchOn = ({ id }) => `weighbridge telemax webhooks update ${id} --active`;

function tell(output, webhook, sentence) {
  output.result(webhook, `${line(webhook)}\n${sentence}`);
}
