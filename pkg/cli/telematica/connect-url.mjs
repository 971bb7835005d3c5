// The link of Telematica's Connect UI, at which a user gives consent.
// https://docs.telematica.so/reference/consent-ui-params

import { noMore, UsageError } from '../command.mjs';
import { isLoopback } from '../gateway.mjs';

const BASE = 'https://connect.telematica.so/connect';
const DEVICE_TYPES = ['vehicle', 'charger', 'hvac', 'inverter', 'battery'];
const ENVIRONMENTS = ['dev', 'stage', 'prod'];
const REGIONS = ['EU', 'US', 'IN'];

/** The parameters with the option of each, in the order of the link. */
const PARAMETERS = [
  { option: 'app', parameter: 'app', check: text },
  { option: 'user', parameter: 'user', check: text },
  { option: 'region', parameter: 'region', check: oneOf(REGIONS) },
  { option: 'device-type', parameter: 'deviceType', check: oneOf(DEVICE_TYPES) },
  { option: 'brand', parameter: 'brand', check: text },
  { option: 'callback-env', parameter: 'callbackEnv', check: oneOf(ENVIRONMENTS) },
  { option: 'redirect-url', parameter: 'redirectUrl', check: redirect },
  { option: 'site-id', parameter: 'siteId', check: text },
  { option: 'site-name', parameter: 'siteName', check: text },
];

export const connectUrl = {
  name: 'telematica connect-url',
  summary: 'prints the link at which a user connects vehicles',
  options: {
    ...Object.fromEntries(PARAMETERS.map(({ option }) => [option, { type: 'string' }])),
    base: { type: 'string' },
    metadata: { type: 'string', multiple: true },
  },
  help: `Usage: weighbridge telematica connect-url --app APP --user USER [options]

Prints the link at which a user connects vehicles to your application at Telematica. Nothing is sent. Afterwards
Telematica posts user.devices-connected to the endpoints that you registered there.

  --app APP               your application's id at Telematica
  --user USER             your id of the user: it comes back in every mapping
  --region REGION         ${REGIONS.join(', ')}
  --device-type TYPE      ${DEVICE_TYPES.join(', ')}; without it vehicle
  --brand BRAND           the brand to begin with, as Telematica spells it
  --callback-env NAME     ${ENVIRONMENTS.join(', ')}: which registered endpoint is told; without it all are
  --redirect-url URL      where the user's browser goes then; Telematica adds devices and deviceType
  --site-id ID            a site of yours, which comes back in the callback
  --site-name NAME        and its name
  --metadata NAME=VALUE   something of your own that comes back; may be repeated
  --base URL              another address of the Connect UI (default ${BASE})
  --json                  the link as JSON

  weighbridge telematica connect-url --app my-app --user user-1 --region EU --callback-env prod`,
  run,
};

async function run({ values, positionals }, { output }) {
  noMore(positionals, connectUrl);
  const url = linkOf(values);
  output.result({ url }, url);
  return true;
}

function linkOf(values) {
  const link = baseOf(values.base);
  for (const name of ['app', 'user']) {
    if (values[name] === undefined) throw new UsageError(`Say --${name}: Telematica needs it in every link.`);
  }
  for (const { option, parameter, check } of PARAMETERS) {
    const value = values[option];
    if (value === undefined) continue;
    check(value, `--${option}`);
    link.searchParams.set(parameter, value);
  }
  for (const pair of values.metadata ?? []) {
    const [name, value] = metadataOf(pair);
    if (link.searchParams.has(name))
      throw new UsageError('--metadata has the same name twice. Leave one out.');
    link.searchParams.set(name, value);
  }
  // A space as %20, which every reader of a query understands; the plus signs of values are escaped by now.
  link.search = link.search.replaceAll('+', '%20');
  return link.href;
}

function baseOf(given = BASE) {
  const url = secureUrl(given, '--base');
  if (url.search || url.hash) throw new UsageError('--base takes an address without ? and #.');
  return url;
}

/** Telematica adds its parameters to this address, so that its own must not be there yet. */
function redirect(value, option) {
  const url = secureUrl(value, option);
  if (url.hash)
    throw new UsageError(`${option} must not have a #: what Telematica adds would be lost behind it.`);
  if (url.searchParams.has('devices') || url.searchParams.has('deviceType'))
    throw new UsageError(`${option} must not have devices or deviceType itself: Telematica adds them.`);
}

/** An https URL, or an http one of this machine for trying things out. */
function secureUrl(value, option) {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  if (!isSafe)
    throw new UsageError(`${option} takes a whole URL with https://; http:// on this machine only.`);
  if (url.username || url.password)
    throw new UsageError(`${option} must not hold a user name or password: everybody sees the link.`);
  return url;
}

function metadataOf(pair) {
  const [, name, value] = /^([A-Za-z0-9_]{1,64})=(.*)$/s.exec(pair) ?? [];
  if (name === undefined)
    throw new UsageError('--metadata takes name=value, the name of letters, digits and _ only.');
  text(value, '--metadata');
  return [`metadata_${name.replace(/^metadata_/, '')}`, value];
}

function text(value, option) {
  if (value.trim() === '') throw new UsageError(`${option} is empty. Leave it out, or give it a value.`);
  if (value !== value.trim() || /\p{Cc}/u.test(value))
    throw new UsageError(`${option} has white space at an end, or control characters. Take them out.`);
  if (value.length > MOST) throw new UsageError(`${option} is longer than ${MOST} characters. Shorten it.`);
}

function oneOf(known) {
  return (value, option) => {
    if (known.includes(value)) return;
    throw new UsageError(`${option} must be one of ${known.join(', ')}, in exactly this spelling.`);
  };
}

/** No limit is documented; a longer value is surely a mistake, and links of 2,000 characters break. */
const MOST = 256;
