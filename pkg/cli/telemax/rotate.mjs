// weighbridge telemax webhooks rotate: a new secret, with no delivery refused on the way.
//
// Telemax has no call for it. So a second webhook comes beside the first, its secret in front of the first's, and
// the first goes when alerts are seen to verify with the new one. Each step is noted in a file before the next, so
// that an interrupted rotation goes on where it stopped.

import { setTimeout as pause } from 'node:timers/promises';
import { noMore, UsageError, wholeNumber } from '../command.mjs';
import { Gateway, gatewayUrl } from '../gateway.mjs';
import { STORE_HELP, STORE_OPTIONS, storeOf } from '../secret-store.mjs';
import { encodingOf, secretsOf } from '../secrets.mjs';
import { API_HELP, idOf, TelemaxApi } from './api.mjs';
import { untilKnown, VARIABLE } from './create.mjs';
import { Journal } from './journal.mjs';
import { Probe } from './probe.mjs';

/** So often in a row the gateway has to know a secret: a Worker's new version reaches every place in a while. */
const PROBES = 5;

export const rotate = {
  name: 'telemax webhooks rotate',
  summary: "changes a webhook's secret with no delivery refused; can be interrupted",
  options: {
    ...STORE_OPTIONS,
    encoding: { type: 'string' },
    gateway: { type: 'string' },
    journal: { type: 'string' },
    'secret-file': { type: 'string' },
    settle: { type: 'string' },
    wait: { type: 'string' },
  },
  help: `Usage: weighbridge telemax webhooks rotate [ID] (--worker | --dev-vars) [options]

Changes the secret of a webhook. With ID left out, of the only one that leads to /hooks/telemax. In this order:
  1 a second webhook is created with the same alerts, switched off
  2 its secret is put in front of the first's, in TELEMAX_WEBHOOK_SECRET of the gateway
  3 the gateway is asked until it knows both, and the second webhook is switched on
  4 the gateway is watched until an alert verified with the new secret
  5 the first webhook is deleted, and a while later its secret is taken out of the gateway
Ctrl-C does no harm at any moment: run it again, and it goes on.

${STORE_HELP}
  --gateway URL        the gateway; without it, where the webhook leads
  --wait SECONDS       how long to wait in a step before giving up for now (default 3600)
  --settle SECONDS     how long no alert may have come with the old secret before it goes (default 60)
  --journal FILE       where the steps are noted (default telemax-rotation.json); only you can read it, for it
                       has the new secret until the end
  --secret-file FILE   the first's secret; several, one a line
  --encoding FORM      how keys are read from secrets: utf8 (default) or hex
  --json               what was done, as JSON

The first's secret is TELEMAX_WEBHOOK_SECRET: with --dev-vars that of the file, with --worker that of --secret-file
or the environment, because a Worker's secrets cannot be read back. ADMIN_TOKEN is the gateway's.

${API_HELP}`,
  run,
};

const STEPS = [begin, createSecond, store, switchOn, watch, deleteFirst, finish];

async function run({ values, positionals: [id, ...others] }, { env, output }) {
  noMore(others, rotate);
  const store = storeOf(values, VARIABLE);
  if (store === undefined)
    throw new UsageError('Say where the gateway has its secrets: --worker or --dev-vars.');
  const journal = new Journal(values.journal ?? 'telemax-rotation.json');
  const rotation = {
    id: id === undefined ? undefined : idOf(id, 'webhook'),
    api: new TelemaxApi(env, output),
    store,
    journal,
    output,
    options: encodingOf(values, env),
    wait: wholeNumber(values, 'wait', { otherwise: 3600, most: 604_800 }),
    settle: wholeNumber(values, 'settle', { otherwise: 60, least: 0, most: 86_400 }),
    gatewayOf: (url) => gatewayOf(values.gateway ?? new URL(url).origin, env),
    givenSecrets: () => secretsOf('telemax', values, env),
  };
  const stop = () => {
    output.progressed();
    output.failure(
      'interrupted',
      'Interrupted. Every delivery is taken as before: run it again, and it goes on.',
    );
    process.exit(1);
  };
  process.once('SIGINT', stop);
  try {
    for (const step of STEPS) await step(rotation);
  } finally {
    process.removeListener('SIGINT', stop);
    output.progressed();
  }
  return true;
}

function gatewayOf(text, env) {
  const gateway = new Gateway(gatewayUrl(text, '--gateway'), env.ADMIN_TOKEN);
  if (gateway.hasToken) return gateway;
  throw new UsageError('ADMIN_TOKEN is not set: without it the gateway does not tell whether alerts verify.');
}

/** Chooses the webhook, and makes sure that the gateway can be asked and that its secret is what it is held to be. */
async function begin(rotation) {
  const { journal, api, store } = rotation;
  if (!journal.is.begun) {
    const first = chosen(await api.listWebhooks(), rotation.id);
    const gateway = rotation.gatewayOf(first.url);
    await overviewOf(gateway);
    const current = (await store.current()) ?? rotation.givenSecrets();
    if (current.length === 0)
      throw new UsageError(`${store.name} has no ${VARIABLE}. Use telemax webhooks create.`);
    const probe = new Probe(hookOf(gateway), rotation.options);
    for (const secret of current) {
      const answer = await probe.ask(secret);
      if (!answer.ok)
        throw new Error(
          `What you have as ${VARIABLE} is not what the gateway has: ${answer.reason}. Nothing was changed.`,
        );
    }
    journal.note({ begun: new Date().toISOString(), first, current });
  }
  const { first } = journal.is;
  if (rotation.id !== undefined && rotation.id !== first.id)
    throw new UsageError(
      `A rotation of webhook ${first.id} is under way. End it first, or name another --journal.`,
    );
  rotation.gateway = rotation.gatewayOf(first.url);
  rotation.probe = new Probe(hookOf(rotation.gateway), rotation.options);
}

function chosen(webhooks, id) {
  const fitting = webhooks.filter((webhook) =>
    id === undefined
      ? webhook.isActive && new URL(webhook.url).pathname === '/hooks/telemax'
      : webhook.id === id,
  );
  if (fitting.length === 1) return fitting[0];
  if (id !== undefined)
    throw new UsageError(`There is no webhook ${id}. See weighbridge telemax webhooks list`);
  const ids = fitting.map((webhook) => webhook.id).join(', ');
  throw new UsageError(
    ids ? `Name one of the webhooks: ${ids}.` : 'No webhook that is on leads to /hooks/telemax: name one.',
  );
}

async function createSecond({ api, journal, output }) {
  if (journal.is.second) return;
  const { url, alertIds, isGlobal } = journal.is.first;
  if (journal.is.creating) await deleteOrphans(api, journal.is);
  journal.note({ creating: true });
  const { id, secret } = await api.createWebhook({ url, alertIds, isGlobal, isActive: false });
  journal.note({ second: { id, secret } });
  output.progress(`webhook ${id} is created beside ${journal.is.first.id}, switched off`);
}

/** Of an attempt that ended before its secret was noted, the webhook is of no use. */
async function deleteOrphans(api, { first, begun }) {
  const same = ({ url, alertIds, isGlobal }) => JSON.stringify([url, alertIds, isGlobal]);
  const isOrphan = (webhook) =>
    webhook.id !== first.id &&
    same(webhook) === same(first) &&
    !webhook.isActive &&
    `${webhook.createdAt}Z` >= begun.slice(0, 19);
  for (const { id } of (await api.listWebhooks()).filter(isOrphan)) await api.deleteWebhook(id);
}

async function store({ store, journal, output }) {
  if (journal.is.stored) return;
  const { second, current } = journal.is;
  await store.put([second.secret, ...current]);
  journal.note({ stored: true });
  output.progress(`its secret is in ${store.name}, in front of the first's`);
}

/** Switches the second webhook on, once the gateway knows its secret and still the first's. */
async function switchOn({ api, journal, gateway, probe, output, wait, store }) {
  const { first, second, current } = journal.is;
  if (journal.is.since) return;
  if (gateway.isLocal && !(await probe.ask(second.secret)).ok)
    output.progress(`a gateway on this machine reads ${store.name} when it starts: start it again`);
  for (const secret of [second.secret, ...current]) {
    for (let times = 0; times < PROBES; times += 1) {
      const { ok, reason } = await untilKnown(probe, secret, wait, output);
      if (!ok)
        throw new Error(`${sentence(reason)} Webhook ${second.id} stays switched off. Run it again later.`);
    }
  }
  const { now } = await overviewOf(gateway);
  const { url, alertIds, isGlobal } = first;
  await api.updateWebhook(second.id, { url, alertIds, isGlobal, isActive: true });
  journal.note({ since: now });
  output.progress(`the gateway knows both secrets, and webhook ${second.id} is switched on`);
}

/** Waits for an alert that verified with the new secret, and goes back where alerts are refused. */
async function watch({ api, journal, gateway, output, wait }) {
  const { first, second, since } = journal.is;
  if (journal.is.verified) return;
  const before = mismatches(await overviewOf(gateway));
  const end = Date.now() + wait * 1000;
  for (;;) {
    const overview = await overviewOf(gateway);
    if (keyTimes(overview)[0] > Date.parse(since)) break;
    if (mismatches(overview) > before && !(await stillVerifies(gateway, since))) {
      await api.updateWebhook(second.id, { ...first, isActive: false });
      journal.note({ since: undefined });
      throw new Error(
        `The gateway refuses alerts with signature_mismatch, so webhook ${second.id} is switched off again. Is TELEMAX_SECRET_ENCODING right? Then run it again.`,
      );
    }
    if (Date.now() >= end)
      throw new Error(
        `No alert came with the new secret in ${wait} s. Both are known to the gateway: run it again later.`,
      );
    output.progress(`waiting for an alert that verifies with the new secret, since ${since}`);
    await pause(2000);
  }
  journal.note({ verified: true });
  output.progress('an alert verified with the new secret');
}

/** Whether the new secret fitted after all: refusals may be somebody's who guesses. */
async function stillVerifies(gateway, since) {
  await pause(3000);
  return keyTimes(await overviewOf(gateway))[0] > Date.parse(since);
}

async function deleteFirst({ api, journal, output }) {
  if (journal.is.deleted) return;
  const { id } = journal.is.first;
  await api.deleteWebhook(id).catch((error) => {
    if (error.status !== 404) throw error;
  });
  journal.note({ deleted: new Date().toISOString() });
  output.progress(`webhook ${id} is deleted`);
}

/** Takes the old secret out, once nothing has come with it for a while. */
async function finish({ journal, gateway, store, output, settle, probe, wait }) {
  const { first, second, current } = journal.is;
  const result = { first: first.id, second: second.id, url: first.url, store: store.name };
  if (current.length > 1) {
    journal.remove();
    output.result(
      { ...result, old_secret: 'kept' },
      `✓ Webhook ${second.id} has taken the place of ${first.id}. ${VARIABLE} had ${current.length} secrets before, and which one was of webhook ${first.id} is not known: take it out of ${store.name} yourself.`,
    );
    return;
  }
  await untilQuiet({ gateway, output, settle, end: Date.now() + (wait + settle) * 1000 });
  await store.put([second.secret]);
  const { ok, reason } = await untilKnown(probe, second.secret, wait, output);
  if (!ok) throw new Error(`${sentence(reason)} The new secret alone is in ${store.name}. Run it again.`);
  journal.remove();
  output.result(
    { ...result, old_secret: 'removed' },
    `✓ Webhook ${second.id} has taken the place of ${first.id}, and the new secret is the only one in ${store.name}.${gateway.isLocal ? ' A gateway on this machine forgets the old one when it starts again.' : ''}`,
  );
}

async function untilQuiet({ gateway, output, settle, end }) {
  const begun = Date.parse((await overviewOf(gateway)).now);
  for (;;) {
    const overview = await overviewOf(gateway);
    const last = Math.max(begun, ...keyTimes(overview).slice(1).filter(Number.isFinite));
    const left = last + settle * 1000 - Date.parse(overview.now);
    if (left <= 0) return;
    if (Date.now() >= end) throw new Error('Alerts still come with the old secret. Run it again later.');
    output.progress(`the old secret goes when nothing has come with it for ${settle} s`);
    await pause(Math.min(2000, left));
  }
}

const hookOf = ({ url }) => new URL('/hooks/telemax', url).href;
const sentence = (reason) => `${reason[0].toUpperCase()}${reason.slice(1).replace(/\.$/, '')}.`;

async function overviewOf(gateway) {
  const { error, status, content } = await gateway.admin('GET', '/api/overview');
  if (error) throw new Error(error);
  if (status === 401) throw new Error('The gateway does not accept ADMIN_TOKEN. Set the one that it has.');
  if (status !== 200 || content.signatures?.telemax === undefined)
    throw new Error(`The gateway answered ${status} where its overview should be. Is it the right address?`);
  if (content.signatures.telemax.keys === undefined)
    throw new Error(
      'The gateway is older than this package and does not tell which key fits: deploy the current one.',
    );
  return content;
}

/** When each key of the list last fitted, by its place, in UTC ms. */
function keyTimes({ signatures }) {
  const times = [];
  for (const [place, time] of Object.entries(signatures.telemax.keys))
    times[Number(place)] = Date.parse(time);
  return times;
}

function mismatches({ signatures }) {
  const { modes } = signatures.telemax;
  return Object.values(modes).reduce((sum, { refusals = {} }) => sum + (refusals.signature_mismatch ?? 0), 0);
}
