// The list of events: filtered, page by page, and sent again all at once.

import { useRef, useState } from 'preact/hooks';
import { call, type EventRow, type Query } from '../api.ts';
import { useAsked } from '../live.ts';
import { PROVIDERS, STATES } from '../names.ts';
import { Badge } from '../parts/badge.tsx';
import { Link } from '../parts/link.tsx';
import { Empty, Failure, Loading } from '../parts/notice.tsx';
import { ReplayAll } from '../parts/replay-all.tsx';
import { Personal } from '../personal.tsx';
import { go, route } from '../route.ts';
import { Time } from '../time.tsx';
import { meaning, providerName, REASONS, STATE_WORDS } from '../words.ts';

export function EventsView() {
  const { query, unseen } = route.value;
  const filter = filterOf(query, unseen);
  return (
    <>
      <h1>Events</h1>
      <Filters key={JSON.stringify(filter)} filter={filter} />
      <List key={`list ${JSON.stringify(filter)}`} filter={filter} />
    </>
  );
}

interface Filter {
  state: string;
  provider: string;
  reason: string;
  from: string;
  to: string;
  vehicle: string;
  q: string;
}

function filterOf(query: Record<string, string>, unseen: Record<string, string>): Filter {
  const { state = '', provider = '', reason = '', from = '', to = '' } = query;
  const { vehicle = '', q = '' } = unseen;
  return { state, provider, reason, from, to, vehicle, q };
}

function Filters({ filter }: { filter: Filter }) {
  const form = useRef<HTMLFormElement>(null);
  const apply = (event?: Event) => {
    event?.preventDefault();
    if (!form.current) return;
    const given = new FormData(form.current);
    const text = (name: string) => String(given.get(name) ?? '').trim();
    const time = (name: string) => text(name) && new Date(text(name)).toISOString();
    go(
      'events',
      {
        state: text('state'),
        provider: text('provider'),
        reason: text('reason'),
        from: time('from'),
        to: time('to'),
      },
      { vehicle: text('vehicle'), q: text('q') },
    );
  };
  const some = Object.values(filter).some((value) => value !== '');
  return (
    <search aria-label="Events">
      <form class="filters card" ref={form} onSubmit={apply}>
        <label class="grow">
          Find
          <input
            name="q"
            type="search"
            defaultValue={filter.q}
            placeholder="VIN, vehicle or event id"
            spellcheck={false}
            autocomplete="off"
          />
        </label>
        <label>
          State
          <select name="state" value={filter.state} onChange={apply}>
            <option value="">any</option>
            {STATES.map((state) => (
              <option key={state} value={state}>
                {STATE_WORDS[state].label}
              </option>
            ))}
          </select>
        </label>
        <label>
          Provider
          <select name="provider" value={filter.provider} onChange={apply}>
            <option value="">any</option>
            {PROVIDERS.map((provider) => (
              <option key={provider} value={provider}>
                {providerName(provider)}
              </option>
            ))}
          </select>
        </label>
        <label>
          Reason
          <select name="reason" value={filter.reason} onChange={apply}>
            <option value="">any</option>
            {Object.entries(REASONS).map(([code, { label }]) => (
              <option key={code} value={code}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {filter.vehicle ? (
          <span class="chosen-vehicle">
            Vehicle
            <span>
              <Personal value={filter.vehicle} what="vehicle id" />
              <input type="hidden" name="vehicle" value={filter.vehicle} />
            </span>
          </span>
        ) : null}
        <label>
          From
          <input name="from" type="datetime-local" defaultValue={local(filter.from)} />
        </label>
        <label>
          To
          <input name="to" type="datetime-local" defaultValue={local(filter.to)} />
        </label>
        <span class="actions">
          <button type="submit" class="primary">
            Search
          </button>
          {some && (
            <button type="button" onClick={() => go('events')}>
              Clear
            </button>
          )}
        </span>
      </form>
    </search>
  );
}

function List({ filter }: { filter: Filter }) {
  // The cursors of the pages up to this one; the first page has none.
  const [cursors, setCursors] = useState<string[]>([]);
  const asked = useAsked(
    (signal) =>
      call<{ events: EventRow[]; cursor?: string }>('GET', '/api/events', {
        query: { ...filter, limit: PAGE, cursor: cursors.at(-1) } as Query,
        signal,
      }),
    [cursors.join()],
  );
  const { data, error, busy, again } = asked;
  if (error && !data) return <Failure error={error} again={again} />;
  if (!data) return <Loading what="events" />;
  const { cursor, events } = data;
  return (
    <section class="card list" aria-label="Events found" aria-busy={busy}>
      <div class="bar">
        <span class="soft">{page(cursors.length, events.length, cursor)}</span>
        <span class="actions">
          {events.length > 0 && <ReplayAll filter={filter} done={again} />}
          <button type="button" onClick={again} disabled={busy}>
            {busy ? 'Refreshing…' : 'Refresh'}
          </button>
        </span>
      </div>
      {error && <Failure error={error} again={again} />}
      {events.length === 0 ? <Nothing filter={filter} /> : <Rows events={events} />}
      {(cursors.length > 0 || cursor) && (
        <nav class="pager" aria-label="Pages">
          <button
            type="button"
            disabled={cursors.length === 0 || busy}
            onClick={() => setCursors(cursors.slice(0, -1))}
          >
            ← Newer
          </button>
          <button
            type="button"
            disabled={!cursor || busy}
            onClick={() => cursor && setCursors([...cursors, cursor])}
          >
            Older →
          </button>
        </nav>
      )}
    </section>
  );
}

function Rows({ events }: { events: EventRow[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Received</th>
          <th scope="col">Provider</th>
          <th scope="col">Vehicle</th>
          <th scope="col" class="wide">
            Type
          </th>
          <th scope="col" class="wide number">
            Attempts
          </th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr key={event.id} class="opens">
            <td>
              <Link
                path={`events/${event.id}`}
                class="cover"
                label={`${STATE_WORDS[event.state].label}, ${providerName(event.provider)}, event ${event.id}`}
              >
                <Badge state={event.state} />
              </Link>
              {event.reason && <span class="reason">{meaning(REASONS, event.reason).label}</span>}
            </td>
            <td class="nowrap">
              <Time at={event.received_at} />
            </td>
            <td>{providerName(event.provider)}</td>
            <td>
              {event.vehicle ? (
                <Personal value={event.vehicle} what="vehicle id" />
              ) : (
                <span class="soft">–</span>
              )}
            </td>
            <td class="wide">{event.type}</td>
            <td class="wide number">{event.attempts}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Nothing({ filter }: { filter: Filter }) {
  const some = Object.values(filter).some((value) => value !== '');
  if (!some) {
    return (
      <Empty title="No event has arrived yet.">
        <p>
          Point a provider’s webhook to <code>{location.origin}/hooks/…</code>, then look at{' '}
          <Link path="signatures">Signatures</Link> for what arrives.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No stored event fits.">
      <p>
        Delivered and skipped events are kept for 7 days, dead ones for 30. If the vehicle sends nothing at
        all, look at <Link path="signatures">Signatures</Link> for refused deliveries, and whether it is
        connected at the provider.
      </p>
    </Empty>
  );
}

function page(before: number, n: number, cursor?: string): string {
  if (n === 0) return 'none';
  const first = before * PAGE + 1;
  return `${first} to ${first + n - 1}, newest first${cursor ? '; there are more' : ''}`;
}

/** A moment in the form of a field for date and time, in the operator's zone. */
function local(at: string): string {
  if (!at || Number.isNaN(Date.parse(at))) return '';
  const moment = new Date(at);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const PAGE = 50;
