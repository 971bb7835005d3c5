// Signature health: per provider and mode what arrived, what was refused and why, with a diagnosis.

import { call, type Health, type Overview, type Refusal } from '../api.ts';
import { overview, overviewError, refresh, useAsked } from '../live.ts';
import { PROVIDERS } from '../names.ts';
import { Chart } from '../parts/chart.tsx';
import { Empty, Failure, Loading } from '../parts/notice.tsx';
import { refusalsOf } from '../series.ts';
import { diagnoses } from '../signature.ts';
import { Age, Time } from '../time.tsx';
import { meaning, providerName, REFUSALS, SECRETS } from '../words.ts';

export function SignaturesView() {
  const latest = overview.value;
  const asked = useAsked((signal) => call<{ refusals: Refusal[] }>('GET', '/api/refusals', { signal }), []);
  if (!latest) {
    const error = overviewError.value;
    return error ? <Failure error={error} again={refresh} /> : <Loading what="signature health" />;
  }
  return (
    <>
      <h1>Signatures</h1>
      <p class="lead">Whether what arrives is genuine, and if it is refused, what is probably wrong.</p>
      {PROVIDERS.map((provider) => {
        const health = latest.signatures[provider];
        return health && <Provider key={provider} provider={provider} health={health} latest={latest} />;
      })}
      <section class="card list" aria-labelledby="refused-title">
        <div class="bar">
          <h2 id="refused-title">The last refused deliveries</h2>
          <button type="button" onClick={asked.again} disabled={asked.busy}>
            {asked.busy ? 'Refreshing…' : 'Refresh'}
          </button>
        </div>
        <p class="soft">
          A sample: one of each kind a second at most, the last 20 of each provider. Values and bodies are
          never kept.
        </p>
        {asked.error && <Failure error={asked.error} again={asked.again} />}
        {!asked.data && !asked.error && <Loading what="refusals" />}
        {asked.data && <Refused refusals={asked.data.refusals} />}
      </section>
    </>
  );
}

function Provider({ provider, health, latest }: { provider: string; health: Health; latest: Overview }) {
  const id = `signature-${provider}`;
  const { lines, minutes, rows } = refusalsOf(latest, provider);
  return (
    <section class="card signature" aria-labelledby={id}>
      <h2 id={id}>
        {providerName(provider)}{' '}
        <span class="soft small">{health.configured ? 'secret set' : `${SECRETS[provider]} is not set`}</span>
      </h2>
      <div class="halves">
        <div class="modes">
          {diagnoses(latest)
            .filter((one) => one.provider === provider)
            .map(({ mode, health: own, diagnosis }) => (
              <article key={mode} class={`diagnosis ${diagnosis.tone}`}>
                <h3>
                  <span class="mode">{mode}</span> {diagnosis.title}
                </h3>
                <p>{diagnosis.text}</p>
                <dl>
                  <dt>Last accepted</dt>
                  <dd>{own.last_accepted_at ? <Age at={own.last_accepted_at} /> : 'never'}</dd>
                  {provider === 'smartcar' && (
                    <>
                      <dt>Last challenge answered</dt>
                      <dd>{own.last_challenge_at ? <Age at={own.last_challenge_at} /> : 'never'}</dd>
                    </>
                  )}
                  <dt>Last refused</dt>
                  <dd>{own.last_refused_at ? <Age at={own.last_refused_at} /> : 'never'}</dd>
                  {Object.entries(own.refusals ?? {}).map(([code, n]) => (
                    <>
                      <dt key={code} class="code" title={meaning(REFUSALS, code).means}>
                        {code}
                      </dt>
                      <dd>{n} in all</dd>
                    </>
                  ))}
                </dl>
              </article>
            ))}
        </div>
        {lines.length > 0 ? (
          <Chart
            label={`Refused deliveries of ${providerName(provider)} in the last hour, by code`}
            lines={lines}
            minutes={minutes}
            rows={rows}
            height={130}
          />
        ) : (
          <p class="soft">Nothing was refused in the last hour.</p>
        )}
      </div>
    </section>
  );
}

function Refused({ refusals }: { refusals: Refusal[] }) {
  if (refusals.length === 0) {
    return (
      <Empty title="No delivery was refused.">
        <p>
          If a provider says that it sends and nothing arrives, compare its webhook’s address with this
          gateway’s: {location.origin}/hooks/…
        </p>
      </Empty>
    );
  }
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Provider</th>
          <th scope="col">Code</th>
          <th scope="col" class="wide">
            Mode
          </th>
          <th scope="col" class="wide number">
            Size
          </th>
          <th scope="col" class="wide">
            Names of headers
          </th>
        </tr>
      </thead>
      <tbody>
        {refusals.map((refusal, index) => (
          <tr key={`${refusal.time} ${index}`}>
            <td class="nowrap">
              <Time at={refusal.time} />
            </td>
            <td>{providerName(refusal.provider)}</td>
            <td class="anywhere" title={meaning(REFUSALS, refusal.code).means}>
              {refusal.code}
            </td>
            <td class="wide">{refusal.mode}</td>
            <td class="wide number nowrap">{SIZE.format(refusal.size)} B</td>
            <td class="wide headers">
              <details>
                <summary>{refusal.headers.length} headers</summary>
                {refusal.headers.join(', ')}
              </details>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const SIZE = new Intl.NumberFormat();
