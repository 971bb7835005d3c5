// Erasing a user: looked up first, then asked once more, because nobody can undo it.

import { useRef, useState } from 'preact/hooks';
import { call, type Mapping } from '../../api.ts';
import { refresh } from '../../live.ts';
import { PROVIDERS } from '../../names.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Notice } from '../../parts/notice.tsx';
import { Personal } from '../../personal.tsx';
import { providerName } from '../../words.ts';

interface Found {
  provider: string;
  user: string;
  vehicles: Mapping[];
  more: boolean;
}

export function Erase() {
  const form = useRef<HTMLFormElement>(null);
  const [found, setFound] = useState<Found>();
  const [said, setSaid] = useState<{ tone: 'good' | 'bad'; text: string }>();
  const [busy, setBusy] = useState(false);
  const look = async (event: Event) => {
    event.preventDefault();
    if (!form.current) return;
    const given = new FormData(form.current);
    const provider = String(given.get('provider'));
    const user = String(given.get('user') ?? '').trim();
    setSaid(undefined);
    if (!user) {
      setSaid({ tone: 'bad', text: 'Write the provider’s id of the user.' });
      return;
    }
    setBusy(true);
    try {
      const { mappings, cursor } = await call<{ mappings: Mapping[]; cursor?: string }>(
        'GET',
        '/api/mappings',
        { query: { provider, user, limit: 100 } },
      );
      setFound({ provider, user, vehicles: mappings, more: cursor !== undefined });
    } catch (error) {
      setSaid({ tone: 'bad', text: (error as Error).message });
    }
    setBusy(false);
  };
  return (
    <section class="card" aria-label="Erase a user">
      <p>
        For somebody who wants to be forgotten. Their mappings go, and what is personal in stored events:
        vehicle, user, position, VIN, record and history. Events that still wait are never sent.{' '}
        <strong>Nobody can undo it.</strong>
      </p>
      <form ref={form} class="filters" onSubmit={look} noValidate>
        <label>
          Provider
          <select name="provider">
            {PROVIDERS.map((provider) => (
              <option key={provider} value={provider}>
                {providerName(provider)}
              </option>
            ))}
          </select>
        </label>
        <label class="grow">
          User id
          <input name="user" spellcheck={false} autocomplete="off" />
        </label>
        <span class="actions">
          <button type="submit" disabled={busy}>
            {busy ? 'Looking…' : 'Look up…'}
          </button>
        </span>
      </form>
      {said && <Notice tone={said.tone}>{said.text}</Notice>}
      {found && (
        <Question
          found={found}
          close={(text) => {
            setFound(undefined);
            if (text) {
              setSaid({ tone: 'good', text });
              form.current?.reset();
              refresh();
            }
          }}
        />
      )}
    </section>
  );
}

function Question({ found, close }: { found: Found; close: (done?: string) => void }) {
  const { provider, user, vehicles, more } = found;
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const erase = async () => {
    setBusy(true);
    try {
      const path = `/api/users/${encodeURIComponent(provider)}/${encodeURIComponent(user)}`;
      const { mappings, events } = await call<{ mappings: number; events: number }>('DELETE', path);
      close(
        `The user is erased: ${mappings} ${mappings === 1 ? 'mapping' : 'mappings'} and what was personal in ${events} ${events === 1 ? 'event' : 'events'}.`,
      );
    } catch (problem) {
      setError((problem as Error).message);
      setBusy(false);
    }
  };
  return (
    <Dialog title="Erase this user for good?" close={() => close()}>
      <p>
        The user <Personal value={user} what="user id" /> of {providerName(provider)} has{' '}
        <strong>
          {vehicles.length}
          {more ? ' or more' : ''} {vehicles.length === 1 && !more ? 'vehicle' : 'vehicles'}
        </strong>{' '}
        in the mappings.
        {vehicles.length === 0 &&
          ' Stored events that name the user are erased all the same. If you expected vehicles, look whether provider and id are right.'}
      </p>
      {vehicles.length > 0 && (
        <ul>
          {vehicles.slice(0, 10).map((one) => (
            <li key={one.vehicle}>
              {[one.make, one.model].filter(Boolean).join(' ') || 'Vehicle'}{' '}
              <Personal value={one.vehicle} what="vehicle id" />
            </li>
          ))}
          {vehicles.length > 10 && <li>and {vehicles.length - 10} more</li>}
        </ul>
      )}
      <Notice tone="warn">
        This cannot be undone, neither here nor by Cloudflare’s support. What Cartrack has of the vehicles
        already stays there: ask Cartrack.
      </Notice>
      <label class="check">
        <input type="checkbox" checked={sure} onChange={(event) => setSure(event.currentTarget.checked)} /> I
        understand that this erases the data for good
      </label>
      {error && <Notice tone="bad">{error}</Notice>}
      <div class="actions">
        <button type="button" onClick={() => close()}>
          Cancel
        </button>
        <button type="button" class="danger" disabled={!sure || busy} onClick={erase}>
          {busy ? 'Erasing…' : 'Erase'}
        </button>
      </div>
    </Dialog>
  );
}
