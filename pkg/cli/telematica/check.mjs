// Posts what Telematica posts, about a vehicle that nobody has, and tells what the gateway made of it.

import { setTimeout as pause } from 'node:timers/promises';
import { noMore } from '../command.mjs';
import { makeDelivery } from '../delivery.mjs';
import { Gateway, gatewayUrl } from '../gateway.mjs';
import { makePhantom, PHANTOM } from '../phantom.mjs';
import { remedyOf } from '../remedy.mjs';
import { sampleOf } from '../samples.mjs';
import { listOf, secretsOf, VARIABLES } from '../secrets.mjs';

/** Workers KV takes one write a second to a key; a vehicle's mapping is one. */
const KV_PAUSE_MS = 1_100;

/** The vehicle of the callback is one of its own, so that no mapping is written twice in a second. */
const OF_CALLBACK = `${PHANTOM}-callback`;

const NO_POSITION = { outcome: 'skipped', reason: 'no_position' };
const NO_EQUIVALENT = { outcome: 'skipped', reason: 'no_cartrack_equivalent' };

/** What is posted, in this order, and what a gateway has to make of it. */
const STEPS = [
  { type: 'callback-without-vin', id: OF_CALLBACK, expected: { outcome: 'mapping_updated' } },
  { type: 'user.devices-connected', expected: { outcome: 'mapping_updated' } },
  { type: 'vehicle.charging-status', expected: NO_POSITION },
  { type: 'vehicle.plug-status', expected: NO_POSITION },
  { type: 'vehicle.soc', expected: NO_POSITION },
  { type: 'vehicle.charging-command', expected: NO_EQUIVALENT },
  { type: 'charger.charging-command', members: { chargerId: PHANTOM }, expected: NO_EQUIVALENT },
  {
    type: 'user.devices-disconnected',
    members: { devices: [PHANTOM, OF_CALLBACK] },
    changesAgain: true,
    expected: { outcome: 'mapping_removed' },
  },
];

export const check = {
  name: 'telematica check',
  summary: 'posts the callback and each event to a gateway, and says what became of them',
  options: { to: { type: 'string' } },
  help: `Usage: weighbridge telematica check [--to URL]

Posts the legacy callback, with a bearer token, and one signed event of each type to a gateway, and says what
became of each. It is safe with a gateway at work: all is about a vehicle '${PHANTOM}' that has neither
VIN nor position. A gateway skips an event without a position (no_position) and a command
(no_cartrack_equivalent), and sends neither to Cartrack. What stays are five skipped events in the console, for
7 days. The mappings that it makes it disconnects again; with ADMIN_TOKEN it also erases that they were there.

  --to URL   the gateway (default http://127.0.0.1:8787)
  --json     what became of each delivery, as JSON

The secrets are TELEMATICA_SVIX_SECRET, TELEMATICA_CALLBACK_TOKEN and ADMIN_TOKEN, of the environment, of
.dev.vars in the folder where you are, or of the file of --vars FILE. Without a callback token the callback is
left out.

Exit status: 0 all was taken as it should be, 1 something was not, 2 called in a wrong way.

  weighbridge telematica check --to https://<your worker>`,
  run,
};

async function run({ values, positionals }, { env, output }) {
  noMore(positionals, check);
  const gateway = new Gateway(gatewayUrl(values.to), env.ADMIN_TOKEN);
  const [secret] = secretsOf('telematica', {}, env);
  const [token] = listOf(env.TELEMATICA_CALLBACK_TOKEN);
  const secrets = { telematica: secret, 'telematica-callback': token };
  const results = [];
  const tell = (result) => {
    results.push(result);
    if (!values.json) output.text(line(result));
  };
  for (const step of STEPS) {
    if (step.changesAgain) await untilWritable(results);
    tell(await take(step, secrets, gateway));
    if (results.at(-1).unreachable) break;
  }
  if (!results.at(-1).unreachable) tell(await cleanUp(results, gateway));
  const ok = results.every((result) => result.ok !== false);
  if (values.json) output.result({ ok, results });
  return ok;
}

/** Posts one delivery: `{ type, ok, status, outcome, reason?, fix? }`; `ok` is null where it was left out. */
async function take({ type, id = PHANTOM, members, expected }, secrets, gateway) {
  const sample = sampleOf('telematica', type);
  const hook = sample.hook ?? 'telematica';
  const variable = VARIABLES[hook];
  if (secrets[hook] === undefined) return { type, ok: null, reason: `not sent: ${variable} is not set here` };
  const vehicle = makePhantom();
  vehicle.ids.telematica = id;
  const content = () => ({ ...sample.content(vehicle), ...members });
  const reply = await gateway.deliver(makeDelivery({ ...sample, content }, vehicle, secrets[hook]));
  const { status, content: answer } = reply;
  if (status === undefined)
    return { type, ok: false, unreachable: true, ...remedyOf(reply, variable, gateway) };
  if (answer.outcome === undefined) return { type, ok: false, status, ...remedyOf(reply, variable, gateway) };
  const { outcome, events: [{ reason } = {}] = [] } = answer;
  const ok = outcome === expected.outcome && reason === expected.reason;
  const should = [expected.outcome, expected.reason].filter(Boolean).join(', ');
  const told = { type, ok, status, outcome, reason };
  return ok
    ? told
    : { ...told, fix: `it should be ${should}: bring the gateway and this package to one version` };
}

/** Removes what the check has left, as far as the administration lets it. */
async function cleanUp(results, gateway) {
  const type = 'clean-up';
  const disconnected = results.at(-1).ok;
  if (!gateway.hasToken) {
    const reason = disconnected
      ? 'both mappings were disconnected; set ADMIN_TOKEN to erase also that they were there (30 days)'
      : `mappings without a VIN may be left, of ${PHANTOM} and ${OF_CALLBACK}; set ADMIN_TOKEN and check again`;
    return { type, ok: null, reason };
  }
  await untilWritable(results);
  const paths = [
    `/api/users/telematica/${PHANTOM}`,
    `/api/mappings/telematica/${PHANTOM}`,
    `/api/mappings/telematica/${OF_CALLBACK}`,
  ];
  for (const path of paths) {
    const reply = await gateway.admin('DELETE', path);
    const gone = reply.status === 200 || reply.content.error === 'unknown_mapping';
    if (!gone) return { type, ok: false, status: reply.status, ...remedyOf(reply, 'ADMIN_TOKEN', gateway) };
  }
  return { type, ok: true, reason: 'no mapping is left' };
}

/** Waits until a mapping that was written may be written again. */
async function untilWritable(results) {
  if (results.some(({ outcome }) => outcome?.startsWith('mapping_'))) await pause(KV_PAUSE_MS);
}

function line({ type, ok, outcome, reason, fix }) {
  const mark = { true: '✓', false: '✗', null: '·' }[ok];
  const told = [outcome, reason].filter(Boolean).join(', ');
  return `${mark} ${type}: ${told}${fix ? `. Do: ${fix}` : ''}`;
}
