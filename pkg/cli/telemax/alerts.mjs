// weighbridge telemax alerts: the alert configurations that a webhook can be linked to.

import { noMore } from '../command.mjs';
import { ALERT_TYPES, API_HELP, idOf, LINKABLE, TelemaxApi } from './api.mjs';

export const alerts = {
  name: 'telemax alerts',
  summary: 'lists the alerts that webhooks can be linked to',
  options: { company: { type: 'string' } },
  help: `Usage: weighbridge telemax alerts [--company ID]

Lists the alert configurations of a company with their numbers, for telemax webhooks create --alerts.

  --company ID   the company; without it TELEMAX_COMPANY_ID, else the first that the key belongs to
  --json         the list as JSON

${API_HELP}`,
  run,
};

async function run({ values, positionals }, { env, output }) {
  noMore(positionals, alerts);
  const api = new TelemaxApi(env, output);
  const given = values.company ?? (env.TELEMAX_COMPANY_ID || undefined);
  const company = given === undefined ? await firstCompany(api) : idOf(given, 'company');
  const found = (await api.alerts(company)).map(shown);
  output.result({ company, alerts: found }, [`Alerts of company ${company}:`, ...found.map(line)].join('\n'));
  return true;
}

async function firstCompany(api) {
  const [company] = await api.companies();
  if (company === undefined) throw new Error('The key belongs to no company. Name one with --company ID.');
  return company.id ?? company.companyId;
}

function shown({ alertId, alertType, alertName, isAllFleet, units = [] }) {
  const type = String(alertType);
  return {
    id: alertId,
    type,
    label: ALERT_TYPES[type] ?? type,
    linkable: LINKABLE.includes(type),
    name: alertName,
    vehicles: isAllFleet ? 'all' : units.length,
  };
}

function line({ id, label, linkable, name, vehicles }) {
  const told = linkable ? '' : '  (only with --global)';
  return `  ${String(id).padEnd(8)}${label.padEnd(22)}${String(vehicles).padStart(5)} vehicles  ${name}${told}`;
}
