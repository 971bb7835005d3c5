// Each hook: whether it has its secret, refuses what is forged, answers a challenge, and takes what is genuine.
// Everything is about a vehicle that nobody has, and of a kind that is skipped, so that nothing goes to Cartrack.

import { randomBytes, randomUUID } from 'node:crypto';
import { generateSecret } from '../../index.js';
import { makeDelivery } from '../delivery.mjs';
import { makePhantom, PHANTOM } from '../phantom.mjs';
import { remedyOf } from '../remedy.mjs';
import { sampleOf } from '../samples.mjs';
import { encodingOf, listOf, VARIABLES } from '../secrets.mjs';
import { askChallenge } from '../smartcar/challenge.mjs';

const MISMATCH = 'signature_mismatch';
const LATE_SECONDS = 330;

/** The deliveries that a gateway verifies, stores as skipped, and never sends; `refused` is a forgery's code. */
const HOOKS = [
  { hook: 'smartcar', refused: MISMATCH, sample: sampleOf('smartcar', 'vehicle-state-test') },
  { hook: 'telematica', refused: MISMATCH, sample: sampleOf('telematica', 'vehicle.charging-command') },
  {
    hook: 'telematica-callback',
    refused: 'unauthorized',
    sample: {
      provider: 'telematica',
      hook: 'telematica-callback',
      // A callback has no id, so that the same body again would be a duplicate.
      content: ({ user }) => ({ type: PHANTOM, user, check: randomUUID() }),
    },
  },
  { hook: 'telemax', refused: MISMATCH, sample: sampleOf('telemax', 'idle') },
];

/**
 * `offset` is how many milliseconds the gateway's clock is ahead: deliveries are signed by that clock. A hook
 * whose secret is not known here gets none: a forgery alone would look like a wrong key in the console.
 */
export async function hooks({ gateway, env, offset, overview }, report) {
  for (const { hook, refused, sample } of HOOKS) {
    const variable = VARIABLES[hook];
    const secrets = listOf(env[variable]);
    if (secrets.length === 0) {
      untried({ hook, variable, isConfigured: overview?.signatures[hook]?.configured }, gateway, report);
      continue;
    }
    const send = (secret, { ageSeconds = 0, ...options } = {}) => {
      const vehicle = makePhantom(Date.now() + offset - ageSeconds * 1000);
      return gateway.deliver(makeDelivery(sample, vehicle, secret, options));
    };
    const visit = { hook, refused, variable, secrets, send, gateway, report };
    if (await refusesForgeries(visit)) await takesGenuine(visit, env);
  }
}

function untried({ hook, variable, isConfigured }, gateway, report) {
  if (isConfigured === false) {
    const fix = `if you use it, ${gateway.setSecret(variable)}`;
    report.warn(hook, `the gateway has no usable ${variable}, and accepts nothing here`, fix);
  } else report.warn(hook, `not tried: ${variable} is not set here`, setHere(variable));
}

/** Whether the hook has a secret at all, and takes no other one. */
async function refusesForgeries({ hook, refused, variable, send, gateway, report }) {
  const reply = await send(
    hook === 'telematica-callback' ? randomBytes(24).toString('hex') : generateSecret(hook),
  );
  if (reply.content.error === refused) {
    report.ok(`${hook} forged`, 'a forged delivery is refused');
    return true;
  }
  const { reason, fix } = remedyOf(reply, variable, gateway);
  if (reply.content.outcome === undefined) report.fail(hook, reason, fix);
  else
    report.fail(
      `${hook} forged`,
      'a forged delivery was ACCEPTED: this is no gateway to trust',
      'npm run deploy',
    );
  return false;
}

async function takesGenuine(visit, env) {
  const { hook, variable, secrets, report } = visit;
  try {
    if (hook === 'smartcar') await answersChallenge(visit);
    const isTaken = await takesEach(visit, hook === 'telemax' ? encodings(secrets, env) : [{}]);
    if (hook === 'telematica' && isTaken) await refusesLate(visit);
  } catch (error) {
    // A secret from which no key can be made.
    if (!(error instanceof TypeError)) throw error;
    const message = `the ${variable} that you have here is unusable: ${error.message}`;
    report.fail(`${hook} genuine`, message, setHere(variable));
  }
}

/** Smartcar's challenge is answered with the first token. */
async function answersChallenge({ secrets, gateway, report }) {
  const check = 'smartcar challenge';
  const { ok, reason, fix } = await askChallenge(gateway, secrets[0]);
  if (ok) report.ok(check, 'is answered with your token');
  else report.fail(check, reason, fix);
}

/** Whether deliveries that are signed with the secrets known here are taken, each of them; `ways` to read a key. */
async function takesEach({ hook, variable, secrets, send, gateway, report }, ways) {
  const check = `${hook} genuine`;
  const passed = [];
  let refusal;
  for (const secret of secrets) {
    const replies = [];
    for (const way of ways) {
      replies.push(await send(secret, way));
      if (isTaken(replies.at(-1))) break;
    }
    if (isTaken(replies.at(-1))) passed.push(ways[replies.length - 1]);
    else refusal = replies[0];
  }
  const { reason, fix } = refusal ? remedyOf(refusal, variable, gateway) : {};
  const other = passed.find((way) => way !== ways[0]);
  const how = other ? `, its key read as ${other.secretEncoding}` : '';
  if (!refusal) report.ok(check, `a genuine delivery is taken${how}`);
  else if (passed.length === 0) report.fail(check, reason, fix);
  else
    report.warn(
      check,
      `${passed.length} of your ${secrets.length} secrets passed${how}; of the others one: ${reason}`,
      fix,
    );
  return passed.length > 0;
}

function isTaken({ content }) {
  return content.outcome === 'skipped' || content.outcome === 'duplicate';
}

/** How Telemax's keys may be read: as is set here, then the other way, for what counts is the gateway's setting. */
function encodings(secrets, env) {
  const { secretEncoding = 'utf8' } = encodingOf({}, env);
  const isHex = secrets.every((secret) => /^([0-9a-f]{2})+$/i.test(secret));
  const other = secretEncoding === 'utf8' ? 'hex' : 'utf8';
  return isHex ? [{ secretEncoding }, { secretEncoding: other }] : [{ secretEncoding }];
}

/** What was signed over five minutes ago must be refused, or recordings could be played again. */
async function refusesLate({ variable, secrets, send, gateway, report }) {
  const check = 'telematica late';
  const reply = await send(secrets[0], { ageSeconds: LATE_SECONDS });
  const { error, outcome } = reply.content;
  if (error === 'timestamp_too_old')
    return report.ok(check, `a delivery signed ${LATE_SECONDS} s ago is refused`);
  if (outcome !== undefined)
    return report.fail(check, `a delivery signed ${LATE_SECONDS} s ago was ACCEPTED`, 'npm run deploy');
  const { reason, fix } = remedyOf(reply, variable, gateway);
  report.fail(check, reason, fix);
}

function setHere(variable) {
  return `set ${variable}, in the environment or in .dev.vars, to the one of the gateway`;
}
