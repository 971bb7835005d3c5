// Sends all events that fit a filter again, after it said how many they are.

import { useState } from 'preact/hooks';
import { call } from '../api.ts';
import { useAsked } from '../live.ts';
import type { State } from '../names.ts';
import { STATE_WORDS } from '../words.ts';
import { Dialog } from './dialog.tsx';
import { Failure, Notice } from './notice.tsx';

interface Props {
  /** As the list was asked; without a state dead letters are meant. */
  filter: { state: string };
  done: () => void;
}

/** The button; not there where nothing of the list can be sent again. */
export function ReplayAll({ filter, done }: Props) {
  const [open, setOpen] = useState(false);
  if (!REPLAYED.includes(filter.state)) return null;
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Replay all…
      </button>
      {open && (
        <Question
          filter={filter}
          close={() => {
            setOpen(false);
            done();
          }}
        />
      )}
    </>
  );
}

function Question({ filter, close }: { filter: Props['filter']; close: () => void }) {
  const state = (filter.state || 'dead') as State;
  const given = Object.fromEntries(
    Object.entries<string>({ ...filter, state }).filter(([, value]) => value !== ''),
  );
  const { data, error, again } = useAsked(
    (signal) =>
      call<{ matching: number }>('POST', '/api/replay', { json: { ...given, dry_run: true }, signal }),
    [],
  );
  const [sending, setSending] = useState(false);
  const [said, setSaid] = useState<{ tone: 'good' | 'bad'; text: string }>();
  const send = async () => {
    setSending(true);
    try {
      const { replayed } = await call<{ replayed: number }>('POST', '/api/replay', { json: given });
      setSaid({
        tone: 'good',
        text: `${events(replayed)} will be sent again now. Refresh the list to see what Cartrack says.`,
      });
    } catch (problem) {
      setSaid({ tone: 'bad', text: (problem as Error).message });
    }
    setSending(false);
  };
  return (
    <Dialog title="Replay all that match" close={close}>
      {error && <Failure error={error} again={again} />}
      {!data && !error && <p role="status">Counting…</p>}
      {data && !said && (
        <>
          <p>
            <strong>{events(data.matching)}</strong> in the state “{STATE_WORDS[state].label}”{' '}
            {Object.keys(given).length > 1 ? 'and within the filter ' : ''}
            will be sent to Cartrack again, on all pages of the list. Their ids stay the same, so that
            Cartrack takes none twice.
          </p>
          {filter.state === '' && <p class="soft">No state was chosen, so dead letters are meant.</p>}
        </>
      )}
      {sending && <progress aria-label="Replaying" />}
      {said && <Notice tone={said.tone}>{said.text}</Notice>}
      <div class="actions">
        {said ? (
          <button type="button" class="primary" onClick={close}>
            Close
          </button>
        ) : (
          <>
            <button type="button" onClick={close}>
              Cancel
            </button>
            <button type="button" class="primary" disabled={!data?.matching || sending} onClick={send}>
              {data ? `Replay ${events(data.matching)}` : 'Replay'}
            </button>
          </>
        )}
      </div>
    </Dialog>
  );
}

function events(n: number): string {
  return n === 1 ? '1 event' : `${n} events`;
}

/** Skipped events stay as they are, and those that wait are sent by themselves. */
const REPLAYED = ['', 'dead', 'delivered'];
