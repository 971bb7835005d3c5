// The story of an event on a line of time: received, verified, mapped, each attempt, outcome.

import type { ComponentChildren } from 'preact';
import type { Attempt, EventStory } from '../api.ts';
import { PersonalText } from '../personal.tsx';
import { Age, Time } from '../time.tsx';
import { LOOKUPS, meaning, providerName, REASONS, STATE_WORDS } from '../words.ts';

export function Timeline({ story }: { story: EventStory }) {
  const { state, reason, event } = story;
  const attempts = story.history ?? [];
  const why = reason ? meaning(REASONS, reason) : undefined;
  return (
    <ol class="timeline">
      <Step tone="done" title="Received" at={story.received_at}>
        {providerName(story.provider)} sent “{story.type}”
        {event?.mode && event.mode !== 'live' ? `, which it calls ${event.mode}` : ''}.
        {story.event_ts && (
          <>
            {' '}
            The position is of <Time at={story.event_ts} />
            {event?.time_source ? `, as ${TIME_SOURCES[event.time_source] ?? event.time_source}` : ''}.
          </>
        )}
      </Step>
      <Step tone="done" title="Verified">
        The signature was proved over the bytes that arrived. Nothing else is stored.
      </Step>
      {story.lookup && <LookedUp {...story.lookup} story={story} />}
      {state === 'skipped' ? (
        <Step tone="skipped" title={`Skipped: ${why?.label ?? 'nothing for Cartrack'}`}>
          {why?.means} {why?.helps}
        </Step>
      ) : (
        <Mapped story={story} />
      )}
      {attempts.map((attempt, index) => (
        <Tried key={`${attempt.time} ${index}`} attempt={attempt} nth={index + 1} story={story} />
      ))}
      {state !== 'skipped' && <Outcome story={story} />}
    </ol>
  );
}

function LookedUp({ at, result, story }: { at: string; result: string; story: EventStory }) {
  const { label, means } = meaning(LOOKUPS, result);
  const telemetry = story.sources?.telemetry;
  const added = (['speed', 'ignition', 'odometer'] as const).filter((name) => telemetry?.[name] === 'lookup');
  return (
    <Step tone="done" title={`Looked up: ${label}`} at={at}>
      {means}
      {added.length > 0 && ` From it come: ${added.join(', ')}.`}
    </Step>
  );
}

function Mapped({ story }: { story: EventStory }) {
  if (story.record) {
    return (
      <Step tone="done" title="Mapped">
        {VIN_SOURCES[story.sources?.chassis_number ?? 'mapping']}
      </Step>
    );
  }
  if (story.reason === 'vin_conflict') {
    return (
      <Step tone="dead" title="Two VINs">
        The delivery names another VIN than the vehicle’s mapping. Which one is right is for a person to say.
      </Step>
    );
  }
  if (story.event === null) {
    return (
      <Step tone="skipped" title="Erased">
        What was personal in it is gone.
      </Step>
    );
  }
  return (
    <Step tone="unmapped" title="No VIN known">
      Weighbridge has no VIN for this vehicle, and Cartrack takes no event without.
    </Step>
  );
}

function Tried({ attempt, nth, story }: { attempt: Attempt; nth: number; story: EventStory }) {
  const { status, error, duration_ms: took, reply } = attempt;
  const good = status !== null && ((status >= 200 && status < 300) || status === 409);
  const names = [story.vehicle, story.event?.user, story.event?.vin].filter(
    (name) => typeof name === 'string',
  );
  return (
    <Step
      tone={good ? 'done' : status === null ? 'pending' : 'dead'}
      title={`Attempt ${nth}: ${status === null ? 'no answer' : `Cartrack answered ${status}`}`}
      at={attempt.time}
    >
      {error && <>{error}. </>}
      {took} ms{status === 409 ? '; Cartrack had it already' : ''}
      {reply && (
        <details open={!good}>
          <summary>Cartrack’s reply</summary>
          <pre class="reply">
            <PersonalText text={reply} names={names} />
          </pre>
        </details>
      )}
    </Step>
  );
}

function Outcome({ story }: { story: EventStory }) {
  const { state, reason, due_at: due } = story;
  const words = STATE_WORDS[state];
  const why = reason ? meaning(REASONS, reason) : undefined;
  return (
    <Step
      tone={state === 'delivered' ? 'done' : state}
      title={why ? `${words.label}: ${why.label}` : words.label}
      last
    >
      {why?.means ?? words.means}
      {due && (
        <>
          {' '}
          {state === 'unmapped' ? 'Looked at again' : 'Sent again'} <Age at={due} />.
        </>
      )}
    </Step>
  );
}

interface Step {
  tone: string;
  title: string;
  at?: string;
  last?: boolean;
  children: ComponentChildren;
}

function Step({ tone, title, at, last, children }: Step) {
  return (
    <li class={`${tone}${last ? ' last' : ''}`}>
      <h3>{title}</h3>
      {at && (
        <span class="at">
          <Time at={at} />
        </span>
      )}
      <div>{children}</div>
    </li>
  );
}

const VIN_SOURCES = {
  payload: 'The delivery names the vehicle’s VIN.',
  mapping: 'The vehicle’s VIN is known from its mapping.',
  lookup: 'The provider’s API named the vehicle’s VIN, which is its mapping from now on.',
};

const TIME_SOURCES: Record<string, string> = {
  provider: 'the vehicle or its maker stated it',
  fetched: 'of when the provider fetched it',
  delivered: 'of when the provider sent the delivery',
  received: 'of when the delivery arrived here',
};
