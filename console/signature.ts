// What the counts at the door say about a provider's signatures: a diagnosis in a sentence.

import type { Health, ModeHealth, Overview } from './api.ts';
import { meaning, providerName, REFUSALS, SECRETS } from './words.ts';

export interface Diagnosis {
  tone: 'good' | 'info' | 'warn' | 'bad';
  title: string;
  text: string;
}

/** The diagnosis of every provider and mode. */
export function diagnoses(
  latest: Overview,
): { provider: string; mode: string; health: ModeHealth; diagnosis: Diagnosis }[] {
  return Object.entries(latest.signatures).flatMap(([provider, health]) =>
    Object.entries(health.modes).map(([mode, own]) => ({
      provider,
      mode,
      health: own,
      diagnosis: diagnose(provider, mode, health, recentOf(latest, provider, mode)),
    })),
  );
}

/** The diagnosis of one. */
function diagnose(provider: string, mode: string, { configured, modes }: Health, recent: Recent): Diagnosis {
  const name = providerName(provider);
  const own = modes[mode] ?? {};
  if (!configured) {
    return {
      tone: 'bad',
      title: 'no secret is set',
      text: `Every delivery is answered 503 until ${SECRETS[provider] ?? 'its secret'} is set. ${name} tries again, so that nothing is lost for now.`,
    };
  }
  const known = Object.keys(recent.refusals).length > 0 ? recent.refusals : (own.refusals ?? {});
  const code = gravest(known);
  const passes = own.last_accepted_at !== undefined && lag(own) < STOPPED_MS;
  const many = code !== undefined && (known[code] ?? 0) > Math.max(2, recent.accepted / 10);
  if (!code) {
    if (own.last_accepted_at)
      return { tone: 'good', title: 'healthy', text: 'Deliveries are proved genuine, and none was refused.' };
    if (own.last_challenge_at) {
      return {
        tone: 'info',
        title: 'no delivery yet',
        text: 'The challenge was answered. No delivery has come since.',
      };
    }
    return {
      tone: 'info',
      title: 'nothing yet',
      text: `Nothing has arrived. Look at ${name} whether the webhook points to /hooks/${provider} and is switched on.`,
    };
  }
  if (code === 'signature_mismatch') return mismatch(provider, mode, own, modes, passes, many);
  const { label, means, helps } = meaning(REFUSALS, code);
  const harmless = code === 'missing_header' || code === 'malformed_signature' || (passes && !many);
  const beside = own.last_accepted_at ? ' Genuine deliveries pass.' : '';
  return {
    tone: harmless ? 'info' : 'warn',
    title: TITLES[code] ?? label,
    text: `${means} ${helps ?? ''}${beside}`,
  };
}

function mismatch(
  provider: string,
  mode: string,
  own: ModeHealth,
  modes: Record<string, ModeHealth>,
  passes: boolean,
  many: boolean,
): Diagnosis {
  const all = Object.values(modes);
  const others = Object.entries(modes).some(([name, other]) => name !== mode && other.last_accepted_at);
  if (passes) {
    return {
      tone: many ? 'warn' : 'info',
      title: 'some do not match',
      text: `Genuine deliveries pass, so the secret is right. What is refused was sent by somebody else, or its body was altered on the way${many ? ': look for a proxy that rewrites some bodies, and try one of them in the playground' : ''}.`,
    };
  }
  if (
    provider === 'smartcar' &&
    mode === 'live' &&
    !own.last_accepted_at &&
    (others || all.some((one) => one.last_challenge_at))
  ) {
    return {
      tone: 'bad',
      title: 'challenge passes, live deliveries fail',
      text: 'The secret is right, for the challenge passes with it, and yet no live delivery matches. This is a known fault on Smartcar’s side: make a new application there. A new token does not cure it.',
    };
  }
  if (!own.last_accepted_at) {
    return {
      tone: 'bad',
      title: 'wrong secret',
      text: `No delivery ever matched. Compare ${SECRETS[provider]} with the secret at ${providerName(provider)}: most often it is another application’s, or was pasted with a space or a quotation mark.${provider === 'telemax' ? ' Look at TELEMAX_SECRET_ENCODING, too.' : ''}`,
    };
  }
  return {
    tone: 'warn',
    title: 'matched before, not any more',
    text: `Deliveries matched before, and the latest do not. Either the secret was changed at ${providerName(provider)} and not here, or something on the way alters bodies since, such as a proxy that rewrites JSON; or somebody sends forgeries. Put the new secret beside the old one in ${SECRETS[provider]}.`,
  };
}

/** What happened in the last hour. */
interface Recent {
  refusals: Record<string, number>;
  accepted: number;
}

function recentOf(latest: Overview, provider: string, mode: string): Recent {
  const refusals: Record<string, number> = {};
  for (const one of latest.refusal_series ?? []) {
    if (one.provider === provider && one.mode === mode)
      refusals[one.code] = (refusals[one.code] ?? 0) + one.n;
  }
  return { refusals, accepted: latest.providers?.[provider]?.hour.accepted ?? 0 };
}

/** The code that tells most, among those that are not rare beside the others. */
function gravest(refusals: Record<string, number>): string | undefined {
  const most = Math.max(0, ...Object.values(refusals));
  const common = Object.keys(refusals).filter((code) => (refusals[code] ?? 0) > most / 10);
  return GRAVITY.find((code) => common.includes(code)) ?? common[0];
}

/** How long after the last accepted delivery the last refused one came. */
function lag({ last_accepted_at: accepted = '', last_refused_at: refused = '' }: ModeHealth): number {
  return (Date.parse(refused) || 0) - (Date.parse(accepted) || 0);
}

/** Nothing accepted for so long while others are refused: then it is no chance. */
const STOPPED_MS = 600_000;

const GRAVITY = [
  'signature_mismatch',
  'unauthorized',
  'timestamp_too_old',
  'timestamp_too_new',
  'malformed_body',
  'challenge_refused',
  'invalid_timestamp',
  'malformed_signature',
  'missing_header',
];

const TITLES: Record<string, string> = {
  timestamp_too_new: 'a clock is off',
  timestamp_too_old: 'a clock is off, or recordings are played again',
  missing_header: 'unsigned requests',
  malformed_signature: 'not the provider’s scheme',
};
