// weighbridge doctor: whether a gateway is set up right, what is not, and what to type.

import { UsageError } from './command.mjs';
import { access } from './doctor/access.mjs';
import { backlog } from './doctor/backlog.mjs';
import { cartrack } from './doctor/cartrack.mjs';
import { clock } from './doctor/clock.mjs';
import { hooks } from './doctor/hooks.mjs';
import { lookups } from './doctor/lookups.mjs';
import { mappings } from './doctor/mappings.mjs';
import { refusals } from './doctor/refusals.mjs';
import { Report } from './doctor/report.mjs';
import { Gateway, gatewayUrl } from './gateway.mjs';

export const doctor = {
  name: 'doctor',
  summary: 'says whether a gateway is set up right, what is not, and what to type',
  options: { cartrack: { type: 'boolean' } },
  help: `Usage: weighbridge doctor [URL] [--cartrack]

Examines a gateway, one on this machine or a deployed one, and prints a line for each check: ok, warn or fail,
why, and what to do. It looks at the administration, the clocks, each provider's secret, challenge and
signature, the mappings, Cartrack's settings, the optional look-ups, held lanes, dead letters, events that wait,
and refusals.

  URL         the gateway (default http://127.0.0.1:8787)
  --cartrack  also tries CARTRACK_API_KEY: posts an empty record to Cartrack, which has to be refused, and
              looks how. Where the region that the gateway names refuses the key, the other regions are asked
  --json      as JSON: { url, version, ok, sums, checks: [{ check, status, message, fix? }] }

Secrets come from the environment, from .dev.vars in the folder where you are, or from the file of --vars
FILE: ADMIN_TOKEN, SMARTCAR_MANAGEMENT_TOKEN, TELEMATICA_SVIX_SECRET, TELEMATICA_CALLBACK_TOKEN,
TELEMAX_WEBHOOK_SECRET. They have to be the gateway's own. What cannot be tried without one is said, and a
provider whose secret is not set here is sent nothing.

Where TELEMAX_API_KEY, or SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET, are set here, their API is asked one
thing that changes nothing.

It is safe with a gateway at work. To each hook it posts one forged and a genuine delivery about a vehicle
'weighbridge-check', without VIN and position, of kinds that a gateway skips and never sends to Cartrack: a
test of Smartcar, a charging command of Telematica, an unknown event at the callback, an unknown alert of
Telemax. They show in the console as skipped, for 7 days, and their forgeries among the refusals. One mapping
is written, read and deleted again. Neither secrets, VINs nor positions are printed.

Exit status: 0 nothing failed, 1 something did, 2 called in a wrong way.

  weighbridge doctor
  weighbridge doctor https://<your worker> --cartrack --json`,
  run,
};

async function run({ values, positionals: [address, ...others] }, { env, output }) {
  if (others.length > 0)
    throw new UsageError('There are too many arguments: one URL is enough. See weighbridge doctor --help');
  const gateway = new Gateway(gatewayUrl(address, 'The argument'), env.ADMIN_TOKEN);
  const report = new Report(values.json ? undefined : (line) => output.text(line));
  const known = await access(gateway, report);
  if (known) await examine({ ...known, gateway, env, output, tryKey: values.cartrack === true }, report);
  const { passed: ok, sums, checks } = report;
  output.result({ url: gateway.url.origin, version: known?.version, ok, sums, checks }, `\n${told(sums)}`);
  return ok;
}

async function examine(visit, report) {
  const offset = clock(visit, report);
  // What the gateway remembers is read before the checks themselves add to it.
  await refusals(visit, report);
  await hooks({ ...visit, offset }, report);
  if (visit.overview) await mappings(visit, report);
  await cartrack(visit, report);
  await lookups(visit, report);
  if (visit.overview) await backlog(visit, report);
}

function told({ ok, warn, fail }) {
  return `${fail === 0 ? '✓' : '✗'} ${ok} ok, ${warn} to look at, ${fail} failed`;
}
