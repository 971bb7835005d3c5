// weighbridge telemax webhooks list, get, update, delete, link-alert.

import { noMore, UsageError } from '../command.mjs';
import { isLoopback } from '../gateway.mjs';
import { API_HELP, idOf, MOST_ALERTS, TelemaxApi } from './api.mjs';

/** What create and update both take. */
export const CONFIGURATION_OPTIONS = {
  alerts: { type: 'string' },
  global: { type: 'boolean' },
  url: { type: 'string' },
};

export const list = {
  name: 'telemax webhooks list',
  summary: 'lists the webhooks',
  options: {},
  help: `Usage: weighbridge telemax webhooks list

Lists the webhooks of the company that the key belongs to. Secrets are never among what Telemax tells.

  --json   the list as JSON

${API_HELP}`,
  run: async ({ positionals }, { env, output }) => {
    noMore(positionals, list);
    const webhooks = await new TelemaxApi(env, output).listWebhooks();
    output.result(webhooks, webhooks.map(line).join('\n') || 'There are no webhooks.');
    return true;
  },
};

export const get = {
  name: 'telemax webhooks get',
  summary: 'shows one webhook',
  options: {},
  help: `Usage: weighbridge telemax webhooks get ID

  --json   the webhook as JSON

${API_HELP}`,
  run: async ({ positionals: [id, ...others] }, { env, output }) => {
    noMore(others, get);
    show(output, await onWebhook(idOf(id, 'webhook'), (known) => new TelemaxApi(env, output).webhook(known)));
    return true;
  },
};

export const update = {
  name: 'telemax webhooks update',
  summary: 'changes where a webhook leads, its alerts, or switches it on or off',
  options: {
    ...CONFIGURATION_OPTIONS,
    active: { type: 'boolean' },
    inactive: { type: 'boolean' },
    linked: { type: 'boolean' },
  },
  help: `Usage: weighbridge telemax webhooks update ID [options]

Changes what is named and keeps the rest, although Telemax itself replaces the whole.

  --url URL        where it leads: https only
  --alerts 1,2,3   the alerts that it is linked to, in place of those before, ${MOST_ALERTS} at most
  --global         every alert of the company; --linked: only those that it is linked to
  --active         switches it on; --inactive: off
  --json           the webhook as JSON

${API_HELP}`,
  run: runUpdate,
};

async function runUpdate({ values, positionals: [text, ...others] }, { env, output }) {
  noMore(others, update);
  const id = idOf(text, 'webhook');
  const changes = {
    ...(values.url !== undefined && { url: urlOf(values.url, env) }),
    ...(values.alerts !== undefined && { alertIds: alertIdsOf(values.alerts) }),
    ...choice(values, 'isGlobal', 'global', 'linked'),
    ...choice(values, 'isActive', 'active', 'inactive'),
  };
  if (Object.keys(changes).length === 0)
    throw new UsageError(`Say what to change. See weighbridge ${update.name} --help`);
  const api = new TelemaxApi(env, output);
  const before = await onWebhook(id, (known) => api.webhook(known));
  const next = { ...before, ...changes };
  if (!next.isGlobal && next.alertIds.length === 0)
    throw new UsageError('Without alerts it would never fire: add --alerts 1,2,3 or --global.');
  show(output, await api.updateWebhook(id, next));
  return true;
}

export const remove = {
  name: 'telemax webhooks delete',
  summary: 'deletes a webhook: deliveries stop at once',
  options: {},
  help: `Usage: weighbridge telemax webhooks delete ID

Deletes a webhook for good. Its deliveries stop at once, those too that were to be tried again. To change its
secret, use telemax webhooks rotate.

  --json   what was deleted, as JSON

${API_HELP}`,
  run: async ({ positionals: [text, ...others] }, { env, output }) => {
    noMore(others, remove);
    const id = idOf(text, 'webhook');
    await onWebhook(id, () => new TelemaxApi(env, output).deleteWebhook(id));
    output.result(
      { deleted: id },
      `✓ Webhook ${id} is deleted. Take its secret out of TELEMAX_WEBHOOK_SECRET.`,
    );
    return true;
  },
};

export const linkAlert = {
  name: 'telemax webhooks link-alert',
  summary: 'links one more alert to a webhook',
  options: {},
  help: `Usage: weighbridge telemax webhooks link-alert ID ALERT

Links an alert, by its number in telemax alerts, to a webhook. It may be linked already. A webhook has
${MOST_ALERTS} at most.

  --json   what was linked, as JSON

${API_HELP}`,
  run: async ({ positionals: [webhook, alert, ...others] }, { env, output }) => {
    noMore(others, linkAlert);
    const [id, alertId] = [idOf(webhook, 'webhook'), idOf(alert, 'alert')];
    await new TelemaxApi(env, output).linkAlert(id, alertId);
    output.result({ webhook: id, alert: alertId }, `✓ Alert ${alertId} is linked to webhook ${id}.`);
    return true;
  },
};

/** What asks about a webhook, with words for one that does not exist. */
async function onWebhook(id, ask) {
  try {
    return await ask(id);
  } catch (error) {
    if (error.status !== 404) throw error;
    throw new Error(
      `There is no webhook ${id}. weighbridge telemax webhooks list shows those that there are.`,
    );
  }
}

function choice(values, member, yes, no) {
  if (values[yes] && values[no]) throw new UsageError(`Choose --${yes} or --${no}.`);
  return values[yes] || values[no] ? { [member]: values[yes] === true } : {};
}

/** Where a webhook leads: https, or this machine where the API is an emulator there. */
export function urlOf(text, env) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const api = URL.canParse(env.TELEMAX_API_URL ?? '') ? new URL(env.TELEMAX_API_URL) : undefined;
  const isLocal = url?.protocol === 'http:' && isLoopback(url) && api !== undefined && isLoopback(api);
  if (url?.protocol === 'https:' || isLocal) return text;
  throw new UsageError('--url must be an https:// address, such as https://<your worker>/hooks/telemax');
}

/** The numbers of --alerts. */
export function alertIdsOf(text) {
  const ids = [
    ...new Set(
      text
        .split(/[\s,]+/)
        .filter(Boolean)
        .map((id) => idOf(id, 'alert')),
    ),
  ];
  if (ids.length <= MOST_ALERTS) return ids;
  throw new UsageError(
    `A webhook has ${MOST_ALERTS} alerts at most; these are ${ids.length}. Or use --global.`,
  );
}

function show(output, webhook) {
  output.result(webhook, line(webhook));
}

/** A webhook in one line, and Telemax's warning below. */
export function line({ id, url, alertIds = [], isActive, isGlobal, warning }) {
  const what = isGlobal ? 'all alerts' : `alerts ${alertIds.join(', ') || 'none'}`;
  const told = `${String(id).padEnd(6)}${(isActive ? 'on' : 'off').padEnd(5)}${url}  ${what}`;
  return warning ? `${told}\n      Telemax: ${warning}` : told;
}
