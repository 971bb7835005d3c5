// What has not arrived at Cartrack, and why: held lanes, events that wait, and dead letters.

/** From this age on the oldest event that waits is worth a look: the alarm of docs/operations.md. */
const SLOW_MS = 15 * 60_000;

/** So many events are looked at: dead letters for their reasons, pending ones for their age. */
const LOOKED_AT = 500;

export async function backlog({ gateway, overview }, report) {
  lanes(overview, gateway, report);
  await waiting(overview, gateway, report);
  await unmapped(overview, gateway, report);
  await dead(overview, gateway, report);
}

function lanes({ lanes }, gateway, report) {
  const held = lanes.filter((lane) => lane.held);
  if (held.length === 0) return report.ok('lanes', `none of ${lanes.length} is held`);
  const [{ held_reason: reason }] = held;
  const what = `${held.length} of ${lanes.length} are held`;
  const resume = curl(gateway, 'POST', '/api/resume');
  const [missing] = /^[A-Z_]+(?= is missing)/.exec(reason) ?? [];
  if (missing) return report.fail('lanes', `${what}: ${reason}`, settingOf(missing, gateway));
  const why = `${what}: Cartrack refuses the key, or redirects (${reason}); events wait and none is lost`;
  const look = 'weighbridge doctor --cartrack tells whether key or region is wrong';
  report.fail('lanes', why, `${gateway.setSecret('CARTRACK_API_KEY')}, then ${resume}; ${look}`);
}

function settingOf(name, gateway) {
  return name === 'CARTRACK_API_KEY' ? gateway.setSecret(name) : gateway.setVariable(name);
}

async function waiting(overview, gateway, report) {
  const { pending } = overview.states;
  if (pending === 0) return report.ok('waiting', 'no event waits to be sent');
  const age = Date.parse(overview.now) - (await oldestPending(overview, gateway));
  const message = `${counted(pending, 'event waits', 'events wait')} to be sent`;
  if (!(age > SLOW_MS)) return report.ok('waiting', message);
  const again = curl(gateway, 'POST', '/api/replay', { state: 'pending' });
  report.warn(
    'waiting',
    `${message}, one since ${duration(age)}: Cartrack is slow or down`,
    `when it is back, ${again}`,
  );
}

/** When the oldest event arrived that could be sent; where some wait for a VIN, of the newest ones only. */
async function oldestPending({ states, oldest_waiting_at: oldest }, gateway) {
  if (states.unmapped === 0) return Date.parse(oldest);
  const reply = await gateway.admin('GET', `/api/events?state=pending&limit=${LOOKED_AT}`);
  return Math.min(...(reply.content.events ?? []).map(({ received_at: at }) => Date.parse(at)));
}

async function unmapped({ states }, gateway, report) {
  if (states.unmapped === 0) return report.ok('unmapped', 'no event waits for a VIN');
  const reply = await gateway.admin('GET', '/api/unmapped?limit=500');
  const { vehicles = [] } = reply.content;
  const message = `${counted(states.unmapped, 'event', 'events')} of ${counted(vehicles.length, 'vehicle', 'vehicles')}`;
  const fix = `${curl(gateway, 'GET', '/api/unmapped')} names them; then PUT or import their mappings`;
  report.warn('unmapped', `${message} wait for a VIN, and die after 72 h`, fix);
}

async function dead({ states }, gateway, report) {
  if (states.dead === 0) return report.ok('dead letters', 'none');
  const reply = await gateway.admin('GET', `/api/events?state=dead&limit=${LOOKED_AT}`);
  const reasons = {};
  for (const { reason } of reply.content.events ?? []) reasons[reason] = (reasons[reason] ?? 0) + 1;
  for (const [reason, count] of Object.entries(reasons)) {
    const more = count === LOOKED_AT ? 'at least ' : '';
    const fix = DEAD[reason]?.(gateway) ?? curl(gateway, 'GET', `/api/events?state=dead&reason=${reason}`);
    report.warn('dead letters', `${more}${count} with the reason ${reason}`, fix);
  }
}

/** What helps a dead letter, by its reason. */
const DEAD = {
  erased: () => 'nothing: a user was forgotten, and their events with them',
  refused_by_cartrack: (gateway) => {
    const list = curl(gateway, 'GET', '/api/events?state=dead&reason=refused_by_cartrack');
    return `${list}, read Cartrack's reply in /api/events/<id>, put it right, then ${replay(gateway, 'refused_by_cartrack')}`;
  },
  retries_exhausted: (gateway) => replay(gateway, 'retries_exhausted'),
  unmapped_vehicle: (gateway) => `PUT or import the mappings, then ${replay(gateway, 'unmapped_vehicle')}`,
  vin_conflict: (gateway) => `put the mapping right, then ${replay(gateway, 'vin_conflict')}`,
};

function replay(gateway, reason) {
  return curl(gateway, 'POST', '/api/replay', { reason });
}

/** A call of the administration, to be typed; the shell puts the token in. */
function curl({ url }, method, path, content) {
  const data = content ? ` -d '${JSON.stringify(content)}'` : '';
  return `curl -X ${method} -H "Authorization: Bearer $ADMIN_TOKEN"${data} '${url.origin}${path}'`;
}

function counted(count, one, many) {
  return `${count} ${count === 1 ? one : many}`;
}

function duration(ms) {
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
