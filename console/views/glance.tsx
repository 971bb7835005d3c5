// The first screen: the flow, what is stuck, and the last hour.

import type { Overview } from '../api.ts';
import { overview, overviewError, refresh } from '../live.ts';
import type { State } from '../names.ts';
import { Chart } from '../parts/chart.tsx';
import { Flow } from '../parts/flow.tsx';
import { Link } from '../parts/link.tsx';
import { Failure, Loading } from '../parts/notice.tsx';
import { SERIES, seriesOf } from '../series.ts';
import { diagnoses } from '../signature.ts';
import { present, span, Time } from '../time.tsx';
import { providerName } from '../words.ts';

export function GlanceView() {
  const latest = overview.value;
  if (!latest) {
    const error = overviewError.value;
    return error ? <Failure error={error} again={refresh} /> : <Loading what="the overview" />;
  }
  return (
    <div class="glance">
      <h1 class="unseen">Overview</h1>
      <Flow latest={latest} />
      <div class="halves">
        <section class="card chart-card" aria-labelledby="series-title">
          <h2 id="series-title">The last hour, by minute</h2>
          <Chart
            label="Deliveries received and refused, events delivered and dead, by minute"
            lines={SERIES}
            height={250}
            {...seriesOf(latest)}
          />
        </section>
        <Attention latest={latest} />
      </div>
    </div>
  );
}

/** What a person should look at, the most urgent first; or that there is nothing. */
function Attention({ latest }: { latest: Overview }) {
  const oldest = latest.oldest_waiting_at;
  const waited = oldest ? Math.round((present.value - Date.parse(oldest)) / 1000) : 0;
  const sick = diagnoses(latest).filter(
    ({ diagnosis }) => diagnosis.tone === 'bad' || diagnosis.tone === 'warn',
  );
  return (
    <section class="card attention" aria-labelledby="attention-title">
      <h2 id="attention-title">What wants a look</h2>
      <dl class="oldest">
        <dt>Oldest waiting event</dt>
        <dd class={waited > 600 ? 'late' : ''}>
          {oldest ? (
            <>
              <strong>{span(waited)}</strong>{' '}
              <span class="soft">
                since <Time at={oldest} />
              </span>
            </>
          ) : (
            <strong>nothing waits</strong>
          )}
        </dd>
      </dl>
      <ul>
        {TASKS.filter(({ state }) => latest.states[state]).map(({ state, path, query, text }) => (
          <li key={state} class={state}>
            <Link path={path} query={query}>
              {text(latest.states[state] ?? 0)}
            </Link>
          </li>
        ))}
        {sick.map(({ provider, mode, diagnosis }) => (
          <li key={`${provider} ${mode}`} class={diagnosis.tone}>
            <Link path="signatures">
              {providerName(provider)}: {diagnosis.title}
            </Link>
          </li>
        ))}
        {!latest.cartrack.configured && (
          <li class="bad">
            Cartrack is not configured: set CARTRACK_API_KEY and CARTRACK_REGION. Events wait.
          </li>
        )}
        {sick.length === 0 &&
          TASKS.every(({ state }) => !latest.states[state]) &&
          latest.cartrack.configured && (
            <li class="good">Nothing. To look for one vehicle, search its VIN below Events.</li>
          )}
      </ul>
    </section>
  );
}

const TASKS: { state: State; path: string; query: Record<string, string>; text: (n: number) => string }[] = [
  {
    state: 'dead',
    path: 'events',
    query: { state: 'dead' },
    text: (n) => `${n === 1 ? '1 dead letter' : `${n} dead letters`}: find out why, then replay`,
  },
  {
    state: 'unmapped',
    path: 'vehicles',
    query: {},
    text: (n) => `${n === 1 ? '1 event waits' : `${n} events wait`} for a VIN: give the vehicles theirs`,
  },
];
