// weighbridge telematica: the consent link of Telematica's Connect UI, and a check of both its hooks.

import { UsageError } from './command.mjs';
import { check } from './telematica/check.mjs';
import { CONNECT_OPTIONS, connectUrl } from './telematica/connect-url.mjs';

const ACTIONS = { check, 'connect-url': connectUrl };
const OPTIONS = { check: { to: { type: 'string' } }, 'connect-url': CONNECT_OPTIONS };

export const telematica = {
  name: 'telematica',
  summary: "makes Telematica's consent link, and checks a gateway's hooks for it",
  options: { ...OPTIONS.check, ...OPTIONS['connect-url'] },
  help: `Usage: weighbridge telematica connect-url --app APP --user USER [options]
       weighbridge telematica check [--to URL]

connect-url prints the link at which a user connects vehicles to your application at Telematica. Nothing is
sent. Afterwards Telematica posts user.devices-connected to the endpoints that you registered there.

  --app APP               your application's id at Telematica
  --user USER             your id of the user: it comes back in every mapping
  --region REGION         EU, US or IN
  --device-type TYPE      vehicle (default), charger, hvac, inverter or battery
  --brand BRAND           the brand to begin with, as Telematica spells it
  --callback-env NAME     dev, stage or prod: which registered endpoint is told; without it all are
  --redirect-url URL      where the user's browser goes then; Telematica adds devices and deviceType
  --site-id ID            a site of yours, which comes back in the callback
  --site-name NAME        and its name
  --metadata NAME=VALUE   something of your own that comes back; may be repeated
  --base URL              another address of the Connect UI (default https://connect.telematica.so/connect)

check posts the legacy callback, with a bearer token, and one signed event of each type to a gateway, and says
what became of each. It is safe with a gateway at work: all is about a vehicle 'weighbridge-check' that has
neither VIN nor position. The gateway skips an event without a position (no_position) or of a command
(no_cartrack_equivalent) before it looks for anything else, and sends none of them to Cartrack. What stays are
five skipped events in the console, for 7 days. The mappings that it makes it disconnects again; with
ADMIN_TOKEN it also erases that they were there.

  --to URL                the gateway (default http://127.0.0.1:8787)

  --json                  the link, or what became of each delivery, as JSON

The secrets are TELEMATICA_SVIX_SECRET, TELEMATICA_CALLBACK_TOKEN and ADMIN_TOKEN, of the environment, of
.dev.vars in the folder where you are, or of the file of --vars FILE.

Exit status: 0 done, and all was taken; 1 something was not; 2 called in a wrong way.

  weighbridge telematica connect-url --app my-app --user user-1 --region EU --callback-env prod
  weighbridge telematica check --to https://<your worker>`,
  run,
};

async function run({ values, positionals: [action, ...others] }, context) {
  if (!Object.hasOwn(ACTIONS, action ?? ''))
    throw new UsageError('Say what to do: connect-url or check. See weighbridge telematica --help');
  if (others.length > 0)
    throw new UsageError(`${action} takes options only. See weighbridge telematica --help`);
  for (const name of Object.keys(telematica.options)) {
    if (values[name] !== undefined && !Object.hasOwn(OPTIONS[action], name))
      throw new UsageError(`--${name} is no option of ${action}. See weighbridge telematica --help`);
  }
  return ACTIONS[action](values, context);
}
