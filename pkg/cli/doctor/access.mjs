// Whether there is a gateway at the address, and whether its administration lets us in.

/**
 * `{ version, gatewayTime, overview? }`: what the gateway says of itself, the overview only where the token is
 * right. Undefined where there is no gateway. `gatewayTime` is `{ at, local }`, both in milliseconds.
 */
export async function access(gateway, report) {
  const { isLocal } = gateway;
  const health = await gateway.read('/healthz');
  if (health.error) {
    report.fail('gateway', health.error, isLocal ? 'npm start' : 'npm run deploy, and compare the address');
    return undefined;
  }
  if (health.content.status !== 'ok') {
    const fix = 'give the address that npm run deploy prints, without a path';
    report.fail('gateway', `something else than a gateway answered with ${health.status}`, fix);
    return undefined;
  }
  const { version } = health.content;
  report.ok('gateway', `version ${version} answers`);
  const overview = await administration(gateway, report);
  return { version, overview: overview?.content, gatewayTime: timeOf(health) ?? timeOf(overview) };
}

async function administration(gateway, report) {
  const check = 'administration';
  if (!gateway.hasToken) {
    const message =
      'ADMIN_TOKEN is not set here, so that mappings, lanes, backlog and refusals are not examined';
    report.fail(
      check,
      message,
      'set ADMIN_TOKEN, in the environment or in .dev.vars, to the one of the gateway',
    );
    return undefined;
  }
  const reply = await gateway.admin('GET', '/api/overview');
  if (reply.status === 200) {
    report.ok(check, 'ADMIN_TOKEN is right');
    return reply;
  }
  if (reply.content.error === 'unauthorized')
    report.fail(
      check,
      'the gateway has another ADMIN_TOKEN than you have here',
      gateway.setSecret('ADMIN_TOKEN'),
    );
  else if (reply.content.error === 'provider_not_configured')
    report.fail(check, 'the gateway has no ADMIN_TOKEN', gateway.setSecret('ADMIN_TOKEN'));
  else report.fail(check, reply.error ?? `its overview was answered with ${reply.status}`, gateway.readLog);
  return undefined;
}

/** The gateway's clock beside this machine's, at the middle of a call. */
function timeOf(reply) {
  if (reply === undefined) return undefined;
  const local = Date.now() - reply.ms / 2;
  const date = Date.parse(reply.headers.get('date'));
  // A Date has whole seconds, so that half of one is the best guess for the rest.
  if (!Number.isNaN(date)) return { at: date + 500, local };
  const now = Date.parse(reply.content.now);
  return Number.isNaN(now) ? undefined : { at: now, local };
}
