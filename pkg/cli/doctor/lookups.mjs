// The optional look-ups at the APIs of Smartcar and Telemax: whether the gateway is to ask them, what came of it
// last, and whether the keys that are known here are accepted.

import { ApiError } from '../api-client.mjs';
import { UsageError } from '../command.mjs';
import { SmartcarApi } from '../smartcar/api.mjs';
import { TelemaxApi } from '../telemax/api.mjs';

/** A doctor does not wait for a rate limit to pass. */
const AT_ONCE = { patience: 0 };

const APIS = [
  {
    provider: 'smartcar',
    variables: ['SMARTCAR_CLIENT_ID', 'SMARTCAR_CLIENT_SECRET'],
    ask: (env, output) => new SmartcarApi(env, output, AT_ONCE).webhooks(),
  },
  {
    provider: 'telemax',
    variables: ['TELEMAX_API_KEY'],
    ask: (env, output) => new TelemaxApi(env, output, AT_ONCE).companies(),
  },
];

export async function lookups({ gateway, env, overview, output }, report) {
  for (const api of APIS) {
    const told = overview?.lookups?.[api.provider];
    if (told) judge(api, told, gateway, report);
    if (api.variables.some((name) => env[name])) await tryKey(api, { gateway, env, output }, report);
  }
}

/** What the gateway tells of its look-ups. */
function judge({ provider, variables }, { configured, missing, last }, gateway, report) {
  const check = `${provider} look-up`;
  if (missing)
    return report.fail(check, `${missing} is unusable, and nothing is asked`, gateway.setVariable(missing));
  if (!configured) return report.ok(check, `not configured, and need not be (${variables.join(', ')})`);
  const [[result, at] = []] = Object.entries(last).sort(([, one], [, other]) => (one < other ? 1 : -1));
  if (result === undefined) return report.ok(check, 'configured; no event has needed it yet');
  const message = `configured; the last one, at ${at}, ended as ${result}`;
  if (result === 'key_refused') {
    const fix = variables.map((name) => gateway.setSecret(name)).join(', and ');
    return report.fail(check, `${message}: events go plain, and unmapped ones wait`, fix);
  }
  const fix = `read what it means in docs/providers/${provider}.md`;
  if (FAILED.includes(result)) report.warn(check, message, fix);
  else report.ok(check, message);
}

/** Results that tell of the look-up itself; all others tell of a vehicle. */
const FAILED = [
  'misconfigured',
  'not_asked',
  'rate_limited',
  'timed_out',
  'unavailable',
  'unreadable_answer',
];

/** Asks the API itself for what changes nothing. */
async function tryKey({ provider, variables, ask }, { gateway, env, output }, report) {
  const check = `${provider} API`;
  try {
    await ask(env, output);
    report.ok(check, `${variables.join(' and ')} ${variables.length > 1 ? 'are' : 'is'} accepted`);
  } catch (error) {
    if (error instanceof UsageError)
      return report.fail(check, error.message, `set ${variables.join(' and ')} here, or none`);
    if (!(error instanceof ApiError)) throw error;
    const isRefused = error.status === 401 || error.status === 403;
    const fix = variables.map((name) => gateway.setSecret(name)).join(', and ');
    if (isRefused) report.fail(check, error.message, `set ${variables.join(' and ')} here; then ${fix}`);
    else report.warn(check, error.message, 'run this again in some minutes');
  }
}
