// What the providers' own deliveries were answered: a diagnosis of the refusals since the last one that passed.

import { MARK } from '../gateway.mjs';
import { PHANTOM } from '../phantom.mjs';
import { PROVIDERS } from '../providers.mjs';
import { VARIABLES } from '../secrets.mjs';

export async function refusals({ gateway, overview }, report) {
  if (!overview) return;
  const { content } = await gateway.admin('GET', '/api/refusals');
  // Those of the doctor's own forgeries say nothing.
  const foreign = (content.refusals ?? []).filter(({ headers }) => !headers.includes(MARK));
  for (const provider of PROVIDERS) {
    if (!overview.signatures[provider].configured) continue;
    const events = await genuineEvents(gateway, provider);
    const theirs = foreign.filter((refusal) => refusal.provider === provider);
    judge({ provider, events, theirs, modes: overview.signatures[provider].modes }, gateway, report);
  }
}

/** The latest events of a provider's own, newest first. */
async function genuineEvents(gateway, provider) {
  const { content } = await gateway.admin('GET', `/api/events?provider=${provider}&limit=100`);
  return (content.events ?? []).filter(
    ({ type, vehicle }) => type !== PHANTOM && !vehicle?.startsWith(PHANTOM),
  );
}

function judge({ provider, events, theirs, modes }, gateway, report) {
  const check = `${provider} deliveries`;
  const [latest] = events;
  const since = theirs.filter(({ time }) => latest === undefined || time > latest.received_at);
  if (since.length === 0) {
    return latest
      ? report.ok(check, `the last one passed, at ${latest.received_at}`)
      : report.warn(
          check,
          'none has come yet',
          `register ${gateway.url.origin}/hooks/${provider} at ${provider}, and cause one`,
        );
  }
  const codes = countsOf(since);
  const told = Object.entries(codes)
    .map(([code, count]) => `${count} × ${code}`)
    .join(', ');
  const when = latest ? `since the last one passed, at ${latest.received_at}` : 'and none has ever passed';
  const only = Object.keys(codes).length === 1 ? Object.keys(codes)[0] : undefined;
  const { reason, fix, isCertain } = DIAGNOSES[only]?.({ provider, latest, modes, gateway }) ?? MIXED;
  const message = `refused: ${told} (a sample), ${when}. ${reason}`;
  if (isCertain) report.fail(check, message, fix);
  else report.warn(check, message, fix);
}

function countsOf(refusals) {
  const counts = {};
  for (const { code } of refusals) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

const MIXED = {
  reason: 'Of several kinds: mostly somebody else than the provider',
  fix: 'look at the console, and at /api/refusals',
};

const otherTime = () => ({
  reason: "The sender's clock is off, or somebody plays recordings",
  fix: "ask the sender: Cloudflare's clock is right",
});
const unsigned = ({ provider }) => ({
  reason: `Without a signature of ${provider}: somebody else, or a wrong hook`,
  fix: `look where the webhook at ${provider} leads to`,
});

/** What it means that all of the refusals have one code. */
const DIAGNOSES = {
  malformed_signature: unsigned,
  missing_header: unsigned,
  provider_not_configured: ({ provider }) => ({
    reason: `${VARIABLES[provider]} was missing then, and is there now`,
    fix: `wait for the next delivery of ${provider}`,
  }),
  signature_mismatch: ({ provider, latest, modes, gateway }) => {
    // A check's own challenge says that it is a test; one of Smartcar's does not.
    const challenged = modes.live?.last_challenge_at !== undefined;
    if (provider === 'smartcar' && latest?.reason === 'test_mode' && challenged) {
      return {
        isCertain: true,
        reason:
          "Challenge and tests pass, and live deliveries don't: a fault on Smartcar's side that was seen before",
        fix: 'make a new application at Smartcar; a new token does not cure it',
      };
    }
    const fix = gateway.setSecret(VARIABLES[provider]);
    return latest
      ? { reason: 'A wrong key: it was changed at the provider and not here, unless somebody forges', fix }
      : { isCertain: true, reason: "A wrong key: it is another one than the provider's", fix };
  },
  storage_unavailable: () => ({
    reason: 'The storage did not answer; providers try again',
    fix: 'look at https://www.cloudflarestatus.com',
  }),
  timestamp_too_new: otherTime,
  timestamp_too_old: otherTime,
  unauthorized: ({ gateway }) => ({
    reason: 'The callback came with another token',
    fix: `${gateway.setSecret(VARIABLES['telematica-callback'])}, the one that Telematica sends`,
  }),
};
