// The mappings: listed page by page, searched, edited, deleted, and exported.

import { useRef, useState } from 'preact/hooks';
import { call, type Mapping, mappingPath, type Query } from '../../api.ts';
import { exportMappings } from '../../export.ts';
import { useAsked } from '../../live.ts';
import { PROVIDERS } from '../../names.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Link } from '../../parts/link.tsx';
import { Empty, Failure, Loading, Notice } from '../../parts/notice.tsx';
import { Personal } from '../../personal.tsx';
import { providerName } from '../../words.ts';
import { EditMapping } from './edit.tsx';

interface Search {
  provider: string;
  q: string;
  user: string;
}

export function Mappings() {
  const [search, setSearch] = useState<Search>({ provider: '', q: '', user: '' });
  const [cursors, setCursors] = useState<string[]>([]);
  const [editing, setEditing] = useState<Partial<Mapping>>();
  const [deleting, setDeleting] = useState<Mapping>();
  const { data, error, busy, again } = useAsked(
    (signal) =>
      call<{ mappings: Mapping[]; cursor?: string }>('GET', '/api/mappings', {
        query: { ...search, limit: PAGE, cursor: cursors.at(-1) } as Query,
        signal,
      }),
    [search.provider, search.q, search.user, cursors.join()],
  );
  const find = (next: Search) => {
    setCursors([]);
    setSearch(next);
  };
  return (
    <>
      <SearchForm find={find} />
      <section class="card list" aria-label="Mappings" aria-busy={busy}>
        <div class="bar">
          <span class="soft">
            {data ? `${data.mappings.length}${data.cursor ? ' on this page; there are more' : ' shown'}` : ''}
          </span>
          <span class="actions">
            <Export />
            <button type="button" onClick={() => setEditing({})}>
              Add a vehicle…
            </button>
          </span>
        </div>
        {error && <Failure error={error} again={again} />}
        {!data && !error && <Loading what="mappings" />}
        {data &&
          (data.mappings.length === 0 ? (
            <Nothing searched={Object.values(search).some(Boolean)} />
          ) : (
            <Rows mappings={data.mappings} edit={setEditing} remove={setDeleting} />
          ))}
        {data && (cursors.length > 0 || data.cursor) && (
          <nav class="pager" aria-label="Pages">
            <button
              type="button"
              disabled={cursors.length === 0 || busy}
              onClick={() => setCursors(cursors.slice(0, -1))}
            >
              ← Back
            </button>
            <button
              type="button"
              disabled={!data.cursor || busy}
              onClick={() => data.cursor && setCursors([...cursors, data.cursor])}
            >
              More →
            </button>
          </nav>
        )}
      </section>
      {editing && (
        <EditMapping
          mapping={editing}
          close={(changed) => {
            setEditing(undefined);
            if (changed) again();
          }}
        />
      )}
      {deleting && (
        <Delete
          mapping={deleting}
          close={(changed) => {
            setDeleting(undefined);
            if (changed) again();
          }}
        />
      )}
    </>
  );
}

function SearchForm({ find }: { find: (search: Search) => void }) {
  const form = useRef<HTMLFormElement>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    if (!form.current) return;
    const given = new FormData(form.current);
    const text = (name: string) => String(given.get(name) ?? '').trim();
    find({ provider: text('provider'), q: text('q'), user: text('user') });
  };
  return (
    <search aria-label="Mappings">
      <form class="filters card" ref={form} onSubmit={submit}>
        <label>
          Provider
          <select name="provider" onChange={submit}>
            <option value="">any</option>
            {PROVIDERS.map((provider) => (
              <option key={provider} value={provider}>
                {providerName(provider)}
              </option>
            ))}
          </select>
        </label>
        <label class="grow">
          Vehicle id begins with
          <input name="q" type="search" spellcheck={false} autocomplete="off" />
        </label>
        <label class="grow">
          User id
          <input name="user" type="search" spellcheck={false} autocomplete="off" />
        </label>
        <span class="actions">
          <button type="submit" class="primary">
            Search
          </button>
        </span>
      </form>
    </search>
  );
}

function Rows({
  mappings,
  edit,
  remove,
}: {
  mappings: Mapping[];
  edit: (mapping: Mapping) => void;
  remove: (mapping: Mapping) => void;
}) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Provider</th>
          <th scope="col">Vehicle</th>
          <th scope="col">VIN</th>
          <th scope="col" class="wide">
            Make and model
          </th>
          <th scope="col" class="wide">
            Registration
          </th>
          <th scope="col" class="wide">
            User
          </th>
          <th scope="col">
            <span class="unseen">Change</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {mappings.map((one) => (
          <tr key={`${one.provider} ${one.vehicle}`}>
            <td>{providerName(one.provider)}</td>
            <td>
              <Personal value={one.vehicle} what="vehicle id" />
            </td>
            <td>
              {one.vin ? <Personal value={one.vin} what="VIN" /> : <span class="badge unmapped">no VIN</span>}
            </td>
            <td class="wide">{[one.make, one.model, one.year].filter(Boolean).join(' ')}</td>
            <td class="wide">
              {one.registration && <Personal value={one.registration} what="registration" />}
            </td>
            <td class="wide">{one.user && <Personal value={one.user} what="user id" />}</td>
            <td class="actions">
              <button type="button" onClick={() => edit(one)}>
                Edit…
              </button>
              <button type="button" onClick={() => remove(one)}>
                Delete…
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Nothing({ searched }: { searched: boolean }) {
  if (searched) {
    return (
      <Empty title="No mapping fits.">
        <p>
          A vehicle id is found by its beginning, capitals and small letters apart. Events of a vehicle are
          found by its VIN, below Events.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="There are no mappings yet.">
      <p>
        Vehicles of Smartcar and Telematica mostly bring their VIN along. For others,{' '}
        <Link path="vehicles/import">import a list</Link> or add one.
      </p>
    </Empty>
  );
}

function Delete({ mapping, close }: { mapping: Mapping; close: (changed: boolean) => void }) {
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    setBusy(true);
    try {
      await call('DELETE', mappingPath(mapping.provider, mapping.vehicle));
      close(true);
    } catch (problem) {
      setError(problem as Error);
      setBusy(false);
    }
  };
  return (
    <Dialog title="Delete this mapping?" close={() => close(false)}>
      <p>
        The vehicle <Personal value={mapping.vehicle} what="vehicle id" /> of {providerName(mapping.provider)}{' '}
        loses its VIN. New events of it wait for one, unless they name it. Events that are stored already
        stay.
      </p>
      {error && <Notice tone="bad">{error.message}</Notice>}
      <div class="actions">
        <button type="button" onClick={() => close(false)}>
          Cancel
        </button>
        <button type="button" class="danger" disabled={busy} onClick={remove}>
          {busy ? 'Deleting…' : 'Delete'}
        </button>
      </div>
    </Dialog>
  );
}

function Export() {
  const [done, setDone] = useState<number>();
  const [error, setError] = useState('');
  const run = async () => {
    setError('');
    setDone(0);
    try {
      await exportMappings(setDone);
    } catch (problem) {
      setError((problem as Error).message);
    }
    setDone(undefined);
  };
  return (
    <>
      {error && <span role="alert">{error}</span>}
      {done !== undefined && (
        <span role="status">
          <progress aria-label="Exporting" /> {done} so far
        </span>
      )}
      <button type="button" disabled={done !== undefined} onClick={run}>
        Export as CSV
      </button>
    </>
  );
}

const PAGE = 50;
