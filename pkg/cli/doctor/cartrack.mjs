// Whether records can go to Cartrack: its settings in the gateway, and on demand the key itself.

import { isLoopback } from '../gateway.mjs';
import { exchange } from '../http.mjs';

const INGEST = '/api/data/ingest/telematics';

/** Cartrack's regions, by the values of CARTRACK_REGION. */
export const REGIONS = {
  africa: 'https://af-webhooks-prod.cartrack.com',
  asia: 'https://as-webhooks-prod.cartrack.com',
  europe: 'https://eu-webhooks-prod.cartrack.com',
};

export async function cartrack({ gateway, env, overview, tryKey }, report) {
  if (overview) settings(overview.cartrack, gateway, report);
  if (tryKey) await key({ gateway, env, origin: overview?.cartrack.origin }, report);
}

function settings({ configured, missing, origin }, gateway, report) {
  if (configured) return report.ok('cartrack', `records go to ${placeOf(origin, REGIONS) ?? 'it'}`);
  const fix = missing === 'CARTRACK_API_KEY' ? gateway.setSecret(missing) : gateway.setVariable(missing);
  report.fail('cartrack', `${missing} is missing or unusable, so that events wait and none is sent`, fix);
}

/**
 * Posts an empty record with the key that is known here. Cartrack refuses either, the key with 401 or 403, and
 * with any other status only the record, so that nothing is stored there. That the key is looked at first is not
 * documented.
 */
export async function key({ gateway, env, origin }, report, regions = REGIONS) {
  const check = 'cartrack key';
  const { CARTRACK_API_KEY: apiKey } = env;
  if (!apiKey) {
    return report.fail(
      check,
      'not tried: CARTRACK_API_KEY is not set here',
      'set it in the environment or in .dev.vars',
    );
  }
  const here = origin ?? originHere(env, regions);
  if (here === undefined) {
    const message = 'not tried: where records go is not known without ADMIN_TOKEN';
    return report.fail(check, message, 'set ADMIN_TOKEN here, or CARTRACK_REGION');
  }
  const isRegion = Object.values(regions).includes(here);
  // A key is not sent to whatever address a gateway names.
  if (!isRegion && !isLoopback(new URL(here)) && here !== originOf(env.CARTRACK_URL)) {
    const message = `not tried: records go to ${here}, which is no region of Cartrack`;
    return report.warn(check, message, 'set CARTRACK_URL here too if that address is yours');
  }
  const { verdict, told } = await judged(here, apiKey);
  const place = placeOf(here, regions);
  if (verdict === 'taken') return report.ok(check, `taken by ${place} (${told})`);
  if (verdict === 'unknown')
    return report.warn(check, `${place} gave no clear answer (${told})`, 'run this again in some minutes');
  const others = isRegion ? Object.keys(regions).filter((name) => regions[name] !== here) : [];
  for (const name of others) {
    if ((await judged(regions[name], apiKey)).verdict !== 'taken') continue;
    const fix = gateway.isLocal
      ? gateway.setVariable(`CARTRACK_REGION=${name}`)
      : `set CARTRACK_REGION = "${name}" in wrangler.toml, then npm run deploy`;
    return report.fail(check, `refused by ${place} (${told}), and taken by ${name}`, fix);
  }
  const elsewhere = others.length > 0 ? ', as by every other region' : '';
  const fix = `ask Cartrack for the key, then ${gateway.setSecret('CARTRACK_API_KEY')}`;
  report.fail(check, `refused by ${place} (${told})${elsewhere}`, fix);
}

/** How a place takes the key: `taken`, `refused` or `unknown`, and what was answered. */
async function judged(origin, apiKey) {
  const { status, error } = await exchange(origin + INGEST, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
    body: '{}',
  });
  if (status === undefined) return { verdict: 'unknown', told: error };
  const refused = status === 401 || status === 403 || (status >= 300 && status < 400);
  const unknown = status >= 500 || status === 404 || status === 408 || status === 429;
  return { verdict: refused ? 'refused' : unknown ? 'unknown' : 'taken', told: `status ${status}` };
}

function originHere({ CARTRACK_URL, CARTRACK_REGION = '' }, regions) {
  return CARTRACK_URL ? originOf(CARTRACK_URL) : regions[CARTRACK_REGION.trim().toLowerCase()];
}

function originOf(text) {
  return URL.canParse(text) ? new URL(text).origin : undefined;
}

function placeOf(origin, regions) {
  return Object.keys(regions).find((name) => regions[name] === origin) ?? origin;
}
