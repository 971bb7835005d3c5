// One event: what became of it and why, what would help, and everything that is known of it.

import { useEffect, useState } from 'preact/hooks';
import { call, type EventStory, Refused } from '../api.ts';
import { refresh, useAsked } from '../live.ts';
import { Badge } from '../parts/badge.tsx';
import { GiveVin } from '../parts/give-vin.tsx';
import { Link } from '../parts/link.tsx';
import { Empty, Failure, Loading, Notice } from '../parts/notice.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { Personal, PersonalJson } from '../personal.tsx';
import { Time } from '../time.tsx';
import { meaning, providerName, REASONS, STATE_WORDS } from '../words.ts';

export function EventView({ id }: { id: string }) {
  const asked = useAsked(
    (signal) => call<EventStory>('GET', `/api/events/${encodeURIComponent(id)}`, { signal }),
    [id],
  );
  const { data: story, error, busy, again } = asked;
  const [watching, setWatching] = useState<{ left: number; before: EventStory | undefined }>();
  // After a replay the event is looked at until it has settled.
  useEffect(() => {
    if (!watching || busy || (story === watching.before && !error)) return;
    if (!story || error || watching.left === 0 || !WAITING.includes(story.state)) {
      setWatching(undefined);
      refresh();
      return;
    }
    const timer = setTimeout(() => {
      setWatching({ left: watching.left - 1, before: story });
      again();
    }, 700);
    return () => clearTimeout(timer);
  }, [watching, busy, story, error]);
  const watch = () => {
    setWatching({ left: 20, before: story });
    again();
  };
  return (
    <>
      <p class="trail">
        <Link path="events">Events</Link> / {id}
      </p>
      {error && !story && <Missing error={error} again={again} />}
      {!story && !error && <Loading what="the event" />}
      {story && (
        <>
          <Verdict story={story} watch={watch} watching={watching !== undefined} />
          {error && <Failure error={error} again={again} />}
          <div class="halves story">
            <section class="card" aria-labelledby="story-title">
              <h2 id="story-title">What happened</h2>
              <Timeline story={story} />
            </section>
            <div>
              <Facts story={story} />
              <section class="card" aria-labelledby="record-title">
                <h2 id="record-title">
                  {story.attempts > 0 ? 'The record as it was sent' : 'The record as it would be sent'}
                </h2>
                {story.record ? (
                  <PersonalJson value={story.record} />
                ) : (
                  <Empty title="There is none.">
                    <p>
                      {story.reason
                        ? meaning(REASONS, story.reason).means
                        : 'The event has no record for Cartrack yet.'}
                    </p>
                  </Empty>
                )}
              </section>
            </div>
          </div>
        </>
      )}
    </>
  );
}

function Verdict({ story, watch, watching }: { story: EventStory; watch: () => void; watching: boolean }) {
  const [said, setSaid] = useState<{ tone: 'good' | 'bad' | 'info'; text: string }>();
  const [busy, setBusy] = useState(false);
  const words = STATE_WORDS[story.state];
  const why = story.reason ? meaning(REASONS, story.reason) : undefined;
  const act = async (path: string, done: string) => {
    setBusy(true);
    setSaid(undefined);
    try {
      const reply = await call<{ replayed?: number }>('POST', path);
      const nothing = reply.replayed === 0;
      setSaid(
        nothing ? { tone: 'info', text: 'There is nothing to send again.' } : { tone: 'good', text: done },
      );
      watch();
    } catch (error) {
      setSaid({ tone: 'bad', text: (error as Error).message });
    }
    setBusy(false);
  };
  const replay = () =>
    act(`/api/events/${encodeURIComponent(story.id)}/replay`, 'It is sent to Cartrack again.');
  return (
    <section class={`card verdict ${story.state}`} aria-labelledby="verdict-title">
      <div class="words">
        <h1 id="verdict-title">
          <Badge state={story.state} /> {why && <span class="why">{why.label}</span>}
        </h1>
        <p>{why?.means ?? words.means}</p>
        {(why?.helps ?? words.helps) && (
          <p class="helps">
            <strong>What would help:</strong> {why?.helps ?? words.helps}
          </p>
        )}
        {story.state === 'unmapped' || story.reason === 'unmapped_vehicle'
          ? story.vehicle && <GiveVin provider={story.provider} vehicle={story.vehicle} given={watch} />
          : null}
        {story.reason === 'vin_conflict' && <Link path="vehicles/mappings">Go to the mappings</Link>}
        {watching && (
          <p role="status">
            <progress aria-label="Being sent" /> Being sent…
          </p>
        )}
        {said && !watching && <Notice tone={said.tone}>{said.text}</Notice>}
      </div>
      <div class="actions">
        {(story.state === 'dead' || story.state === 'delivered') && story.reason !== 'erased' && (
          <button
            type="button"
            class={story.state === 'dead' ? 'primary' : ''}
            disabled={busy || watching}
            onClick={replay}
          >
            Replay
          </button>
        )}
        {story.state === 'held' && (
          <button
            type="button"
            class="primary"
            disabled={busy || watching}
            onClick={() => act('/api/resume', 'Nothing is held back now.')}
          >
            Resume
          </button>
        )}
        {story.vehicle && (
          <Link
            path="events"
            query={{ provider: story.provider }}
            unseen={{ vehicle: story.vehicle }}
            class="button"
          >
            All of this vehicle
          </Link>
        )}
      </div>
    </section>
  );
}

function Facts({ story }: { story: EventStory }) {
  const { event } = story;
  const speed = event?.speed_kmh;
  const odometer = event?.odometer_km;
  return (
    <section class="card" aria-labelledby="facts-title">
      <h2 id="facts-title">What it says</h2>
      <dl class="facts">
        <dt>Provider</dt>
        <dd>{providerName(story.provider)}</dd>
        <dt>Type</dt>
        <dd>
          {story.type}
          {event?.mode && event.mode !== 'live' && <span class="soft"> ({event.mode})</span>}
        </dd>
        <dt>Vehicle</dt>
        <dd>{story.vehicle ? <Personal value={story.vehicle} what="vehicle id" /> : '–'}</dd>
        <dt>VIN</dt>
        <dd>{vinOf(story) ? <Personal value={vinOf(story) ?? ''} what="VIN" /> : 'not known'}</dd>
        {event?.user && (
          <>
            <dt>User</dt>
            <dd>
              <Personal value={event.user} what="user id" />
            </dd>
          </>
        )}
        <dt>Position</dt>
        <dd>
          {event?.position ? (
            <Personal value={`${event.position.latitude}, ${event.position.longitude}`} what="position" />
          ) : (
            'none'
          )}
          {story.event_ts && (
            <>
              {' '}
              at <Time at={story.event_ts} />
            </>
          )}
        </dd>
        {event?.ignition && (
          <>
            <dt>Ignition</dt>
            <dd>{event.ignition.value ? 'on' : 'off'}</dd>
          </>
        )}
        {speed && (
          <>
            <dt>Speed</dt>
            <dd>{NUMBER.format(speed.value)} km/h</dd>
          </>
        )}
        {odometer && (
          <>
            <dt>Odometer</dt>
            <dd>{NUMBER.format(odometer.value)} km</dd>
          </>
        )}
        {event?.notes?.includes('unknown_unit') && (
          <>
            <dt>Left out</dt>
            <dd>a value in a unit that is not known</dd>
          </>
        )}
        <dt>Provider’s event id</dt>
        <dd class="id">{story.provider_event_id}</dd>
      </dl>
    </section>
  );
}

function Missing({ error, again }: { error: Error; again: () => void }) {
  if (!(error instanceof Refused) || error.code !== 'unknown_event')
    return <Failure error={error} again={again} />;
  return (
    <Empty title="There is no event of this id.">
      <p>
        Delivered and skipped events are kept for 7 days, dead ones for 30.{' '}
        <Link path="events">Look at those that are there</Link>
      </p>
    </Empty>
  );
}

/** The VIN that the record has, or that the delivery names. */
function vinOf({ record, event }: EventStory): string | undefined {
  const recorded = record?.chassis_number;
  return typeof recorded === 'string' ? recorded : event?.vin;
}

const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const WAITING = ['pending', 'unmapped', 'held'];
