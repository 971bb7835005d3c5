// The playground: one delivery is judged here in the page, by the same wasm as in the npm package.

import { useEffect, useState } from 'preact/hooks';
import type { Provider } from '../../pkg/index.js';
import { example } from '../examples.ts';
import { type Judged, judge, loadJudge, type Posed } from '../judge.ts';
import { PROVIDERS } from '../names.ts';
import { Loading, Notice } from '../parts/notice.tsx';
import { Verdict } from '../parts/verdict.tsx';
import { providerName, SECRETS } from '../words.ts';

export function PlaygroundView() {
  const [ready, setReady] = useState(false);
  const [error, setError] = useState('');
  const [posed, setPosed] = useState<Posed>(BLANK);
  const [judged, setJudged] = useState<Judged>();
  useEffect(() => {
    loadJudge().then(
      () => setReady(true),
      () => setError('The wasm module could not be loaded. Check the connection, then reload the page.'),
    );
  }, []);
  const change = (part: Partial<Posed>) => {
    setPosed({ ...posed, ...part });
    setJudged(undefined);
  };
  const look = (event: Event) => {
    event.preventDefault();
    setJudged(judge(posed));
  };
  const show = (kind: 'genuine' | 'forged') => {
    const next = example(posed.provider, kind);
    setPosed(next);
    setJudged(judge(next));
  };
  const openBody = async (event: Event) => {
    const file = (event.currentTarget as HTMLInputElement).files?.[0];
    if (file)
      change({
        bytes: new Uint8Array(await file.arrayBuffer()),
        body: `(the ${file.size} bytes of ${file.name})`,
      });
  };
  if (error) return <Notice tone="bad">{error}</Notice>;
  return (
    <>
      <h1>Playground</h1>
      <p class="lead">
        <strong>Nothing leaves this browser:</strong> the delivery is judged in this page, by the same
        WebAssembly that the npm package uses. Nothing is sent, and nothing is kept.
      </p>
      {!ready && <Loading what="the judge" />}
      <div class="halves playground">
        <form class="card fields" onSubmit={look} noValidate>
          <div class="pair">
            <label>
              Provider
              <select
                value={posed.provider}
                onChange={(event) => change({ provider: event.currentTarget.value as Provider })}
              >
                {PROVIDERS.map((provider) => (
                  <option key={provider} value={provider}>
                    {providerName(provider)}
                  </option>
                ))}
              </select>
            </label>
            <span class="actions">
              <button type="button" disabled={!ready} onClick={() => show('genuine')}>
                Genuine example
              </button>
              <button type="button" disabled={!ready} onClick={() => show('forged')}>
                Forged example
              </button>
            </span>
          </div>
          <label>
            Headers, one a line
            <textarea
              rows={5}
              value={posed.headers}
              spellcheck={false}
              placeholder={PLACEHOLDERS[posed.provider]}
              onInput={(event) => change({ headers: event.currentTarget.value })}
            />
          </label>
          <label>
            Body, exactly as it came
            <textarea
              rows={9}
              value={posed.body}
              spellcheck={false}
              readOnly={posed.bytes !== undefined}
              onInput={(event) => change({ body: event.currentTarget.value })}
            />
          </label>
          <div class="pair">
            <label>
              … or its bytes from a file
              <input type="file" onChange={openBody} />
            </label>
            {posed.bytes && (
              <button type="button" onClick={() => change({ bytes: undefined, body: '' })}>
                Without the file
              </button>
            )}
          </div>
          <label>
            Secret ({SECRETS[posed.provider]})
            <input
              type="password"
              value={posed.secret}
              spellcheck={false}
              autocomplete="off"
              onInput={(event) => change({ secret: event.currentTarget.value })}
            />
          </label>
          <div class="pair">
            {posed.provider === 'telemax' && (
              <label>
                The secret’s key is
                <select
                  value={posed.encoding}
                  onChange={(event) => change({ encoding: event.currentTarget.value as 'utf8' | 'hex' })}
                >
                  <option value="utf8">its text (utf8)</option>
                  <option value="hex">what its hex digits say (hex)</option>
                </select>
              </label>
            )}
            {posed.provider === 'telematica' && (
              <label>
                It arrived at (empty: now)
                <input
                  type="datetime-local"
                  step="1"
                  value={posed.arrived}
                  onInput={(event) => change({ arrived: event.currentTarget.value })}
                />
              </label>
            )}
            <label>
              VIN of the vehicle, if mapped
              <input
                value={posed.vin}
                spellcheck={false}
                autocomplete="off"
                onInput={(event) => change({ vin: event.currentTarget.value })}
              />
            </label>
          </div>
          <div class="actions">
            <button type="submit" class="primary" disabled={!ready}>
              Judge it
            </button>
          </div>
        </form>
        <section class="card" aria-label="Verdict" aria-live="polite">
          <h2>Verdict</h2>
          {judged ? (
            <Verdict judged={judged} />
          ) : (
            <p class="soft">
              Paste a delivery with its secret and have it judged, or look at an example. A body that was
              formatted anew or parsed and written again no longer matches its signature: take the bytes as
              they came.
            </p>
          )}
        </section>
      </div>
    </>
  );
}

const BLANK: Posed = {
  provider: 'smartcar',
  headers: '',
  body: '',
  bytes: undefined,
  secret: '',
  encoding: 'utf8',
  arrived: '',
  vin: '',
};

const PLACEHOLDERS: Record<Provider, string> = {
  smartcar: 'SC-Signature: 3f0a…',
  telematica: 'svix-id: msg_…\nsvix-timestamp: 1767225600\nsvix-signature: v1,…',
  telemax: 'X-Telemax-Delivery: …\nX-Telemax-Signature: sha256=…',
};
