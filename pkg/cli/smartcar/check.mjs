// weighbridge smartcar check: what Smartcar's dashboard will see of a gateway.

import { noMore } from '../command.mjs';
import { makeDelivery } from '../delivery.mjs';
import { Gateway, gatewayUrl } from '../gateway.mjs';
import { makePhantom, PHANTOM } from '../phantom.mjs';
import { remedyOf } from '../remedy.mjs';
import { sampleOf } from '../samples.mjs';
import { secretsOf, VARIABLES } from '../secrets.mjs';
import { askChallenge } from './challenge.mjs';

export const check = {
  name: 'smartcar check',
  summary: "sends a gateway a challenge and a signed test, and says what Smartcar's dashboard will see",
  options: { 'secret-file': { type: 'string' }, to: { type: 'string' } },
  help: `Usage: weighbridge smartcar check [--to URL]

Asks a gateway what Smartcar's dashboard asks it: a challenge, as its Verify button does, and a signed event in
mode TEST, as its test button does. It says what the dashboard will show. The test is about a vehicle
'${PHANTOM}', is skipped (test_mode) and never sent to Cartrack; it shows in the console for 7 days.

  --to URL             the gateway (default http://127.0.0.1:8787)
  --secret-file FILE   the application management token; several, one a line
  --json               the outcome of both as JSON

The token is SMARTCAR_MANAGEMENT_TOKEN, of the environment or of .dev.vars in the folder where you are, or of the
file of --vars FILE. It has to be the gateway's.

Exit status: 0 both pass, 1 one does not, 2 called in a wrong way.`,
  run,
};

async function run({ values, positionals }, { env, output }) {
  noMore(positionals, check);
  const gateway = new Gateway(gatewayUrl(values.to), env.ADMIN_TOKEN);
  const [secret] = secretsOf('smartcar', values, env);
  const results = [
    { check: 'challenge', ...(await askChallenge(gateway, secret)) },
    { check: 'test', ...(await sendTest(gateway, secret)) },
  ].map((result) => ({ ...result, dashboard: DASHBOARD[result.check][result.ok] }));
  const ok = results.every((result) => result.ok);
  output.result({ url: gateway.url.origin, ok, results }, results.map(line).join('\n'));
  return ok;
}

const DASHBOARD = {
  challenge: {
    true: 'Verify passes, and the webhook is active',
    false: 'Verify fails (with another token as error 424), and nothing is delivered',
  },
  test: {
    true: 'a test is delivered with status 200, and shows in the console as skipped, test_mode',
    false:
      'a test fails, and each live delivery with it: Smartcar tries 4 times in 3 minutes, then it is lost',
  },
};

async function sendTest(gateway, secret) {
  const delivery = makeDelivery(sampleOf('smartcar', 'vehicle-state-test'), makePhantom(), secret);
  const reply = await gateway.deliver(delivery);
  const { outcome, events: [{ reason } = {}] = [] } = reply.content;
  if (outcome === 'skipped' && reason === 'test_mode') return { ok: true };
  if (outcome === undefined) return { ok: false, ...remedyOf(reply, VARIABLES.smartcar, gateway) };
  return {
    ok: false,
    reason: `it made of a test: ${[outcome, reason].filter(Boolean).join(', ')}`,
    fix: 'bring the gateway and this package to one version',
  };
}

function line({ check: name, ok, dashboard, reason, fix }) {
  const told = `${ok ? '✓' : '✗'} ${name}: the dashboard will see that ${dashboard}`;
  return ok ? told : `${told}\n  ${reason}. Do: ${fix}`;
}
