// What the playground says about a delivery.

import type { Judged } from '../judge.ts';
import { PersonalJson } from '../personal.tsx';
import { meaning, REASONS, REFUSALS } from '../words.ts';
import { Notice } from './notice.tsx';

export function Verdict({ judged: { received, weighed, problem, hints } }: { judged: Judged }) {
  if (problem || !received) return <Notice tone="bad">{problem}</Notice>;
  if (received.kind === 'rejected') {
    const { label, helps } = meaning(REFUSALS, received.code);
    return (
      <>
        <p class="outcome bad">
          <strong>Refused:</strong> {label}
        </p>
        <p>
          <code>
            {received.status} {received.code}
          </code>{' '}
          {received.message}
        </p>
        <h3>Diagnosis</h3>
        <ul class="hints">
          {hints.map((hint) => (
            <li key={hint}>{hint}</li>
          ))}
          {helps && received.code !== 'signature_mismatch' && <li>{helps}</li>}
        </ul>
      </>
    );
  }
  if (received.kind === 'challenge') {
    return (
      <>
        <p class="outcome good">
          <strong>A challenge.</strong> It is answered with the secret.
        </p>
        <h3>The reply</h3>
        <PersonalJson value={received.reply} />
        <p class="soft">A challenge proves nothing about its sender, and nothing is sent to Cartrack.</p>
      </>
    );
  }
  if (received.kind === 'mappings') {
    return (
      <>
        <p class="outcome good">
          <strong>Genuine.</strong> It connects or disconnects vehicles.
        </p>
        <PersonalJson value={received.changes} />
      </>
    );
  }
  return (
    <>
      <p class="outcome good">
        <strong>Genuine.</strong>{' '}
        {received.events.length === 1 ? 'One event' : `${received.events.length} events`} in it.
      </p>
      {received.events.map((event, index) => {
        const result = weighed[index];
        return (
          <article key={event.provider_event_id}>
            <h3>The Cartrack record {received.events.length > 1 ? `of event ${index + 1}` : 'of it'}</h3>
            {result?.ok ? (
              <PersonalJson value={result.record} />
            ) : (
              <Notice tone={result?.reason === 'unmapped_vehicle' ? 'warn' : 'info'}>
                <strong>None: {meaning(REASONS, result?.reason ?? '').label}.</strong>{' '}
                {meaning(REASONS, result?.reason ?? '').means}{' '}
                {result?.reason === 'unmapped_vehicle'
                  ? 'Give a VIN on the left to see the record.'
                  : meaning(REASONS, result?.reason ?? '').helps}
              </Notice>
            )}
            <details>
              <summary>The event as it was read</summary>
              <PersonalJson value={event} />
            </details>
          </article>
        );
      })}
    </>
  );
}
