// The picture of the flow: providers, arrows with counts, what is stuck in the middle, Cartrack.

import type { Overview } from '../api.ts';
import { PROVIDERS, type State } from '../names.ts';
import { Age } from '../time.tsx';
import { providerName, STATE_WORDS } from '../words.ts';
import { Link } from './link.tsx';

export function Flow({ latest }: { latest: Overview }) {
  const delivered = hourOf(latest, 'delivered');
  return (
    <section class="flow card" aria-label="The flow of the last hour">
      <ol class="providers">
        {PROVIDERS.map((provider) => (
          <Provider key={provider} provider={provider} latest={latest} />
        ))}
      </ol>
      <div class="station">
        <h2>Weighbridge</h2>
        <ul aria-label="Where events are now">
          {STUCK.map((state) => (
            <Stuck key={state} state={state} n={latest.states[state] ?? 0} />
          ))}
        </ul>
      </div>
      <div class="out">
        <Arrow n={delivered} blocked={latest.held || !latest.cartrack.configured} />
        <p class="counts">
          <strong>{delivered}</strong> delivered
          {hourOf(latest, 'dead') > 0 && <span class="refused">{hourOf(latest, 'dead')} died</span>}
        </p>
      </div>
      <div class={`node cartrack${latest.held ? ' sick' : ''}`}>
        <h2>Cartrack</h2>
        <p class="soft">{cartrack(latest)}</p>
        <p>
          <Link path="events" query={{ state: 'delivered' }}>
            {latest.states.delivered ?? 0} kept as delivered
          </Link>
        </p>
      </div>
    </section>
  );
}

function Provider({ provider, latest }: { provider: string; latest: Overview }) {
  const health = latest.signatures[provider];
  const hour = latest.providers?.[provider]?.hour ?? {};
  const stuck = latest.providers?.[provider]?.states ?? {};
  const accepted = Object.values(health?.modes ?? {}).flatMap((mode) => mode.last_accepted_at ?? []);
  const last = accepted.sort().at(-1);
  const waiting = (stuck.pending ?? 0) + (stuck.unmapped ?? 0) + (stuck.held ?? 0);
  return (
    <li>
      <div class={`node${health?.configured ? '' : ' sick'}`}>
        <h2>
          <Link path="events" query={{ provider }}>
            {providerName(provider)}
          </Link>
        </h2>
        <p class="soft">
          {!health?.configured ? (
            'no secret set'
          ) : last ? (
            <>
              accepted <Age at={last} />
            </>
          ) : (
            'nothing yet'
          )}
        </p>
      </div>
      <div class="in">
        <Arrow n={hour.received ?? 0} blocked={!health?.configured} />
        <p class="counts">
          <strong>{hour.received ?? 0}</strong> received
          {(hour.refused ?? 0) > 0 && <span class="refused">{hour.refused} refused</span>}
          {waiting > 0 && <span class="waiting">{waiting} waiting</span>}
        </p>
      </div>
    </li>
  );
}

function Stuck({ state, n }: { state: State; n: number }) {
  const words = (
    <>
      <strong>{n}</strong> {lower(STATE_WORDS[state].label)}
    </>
  );
  return (
    <li class={`${state}${n > 0 ? ' some' : ''}`}>
      {n > 0 ? (
        <Link path="events" query={{ state }}>
          {words}
        </Link>
      ) : (
        <span>{words}</span>
      )}
    </li>
  );
}

/** An arrow: the more goes along it, the thicker; it moves while something does. */
function Arrow({ n, blocked }: { n: number; blocked: boolean }) {
  const width = n === 0 ? 1.5 : Math.min(8, 2 + Math.log10(n) * 2);
  return (
    <svg
      class={`arrow${blocked ? ' blocked' : n > 0 ? ' moving' : ''}`}
      viewBox="0 0 100 20"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <line x1="0" y1="10" x2="100" y2="10" vector-effect="non-scaling-stroke" stroke-width={width} />
      {n > 0 && !blocked && (
        <line
          class="dots"
          x1="0"
          y1="10"
          x2="100"
          y2="10"
          vector-effect="non-scaling-stroke"
          stroke-width={Math.max(1.5, width / 2)}
        />
      )}
    </svg>
  );
}

function cartrack({ cartrack, held }: Overview): string {
  if (!cartrack.configured) return 'not configured';
  return held ? 'refuses the credentials' : 'takes events';
}

/** Within a sentence: only the first letter gets small. */
function lower(label: string): string {
  return label.charAt(0).toLowerCase() + label.slice(1);
}

/** The sum of a line of the last hour. */
function hourOf(latest: Overview, name: string): number {
  return latest.series.reduce((sum, row) => sum + Number(row[name] ?? 0), 0);
}

const STUCK: State[] = ['pending', 'unmapped', 'held', 'dead'];
