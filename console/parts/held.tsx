// The banner over every view while lanes hold back, or nothing can be sent at all.

import { useState } from 'preact/hooks';
import { call } from '../api.ts';
import { overview, refresh } from '../live.ts';
import { meaning, REASONS } from '../words.ts';
import { Link } from './link.tsx';

export function HeldBanner() {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const latest = overview.value;
  if (!latest?.held) return null;
  const held = latest.lanes.filter((lane) => lane.held);
  const reasons = [...new Set(held.map((lane) => lane.held_reason ?? ''))];
  const resume = async () => {
    setBusy(true);
    try {
      const { resumed } = await call<{ resumed: number }>('POST', '/api/resume');
      setSaid(`${lanes(resumed)} will try again now.`);
      await refresh();
    } catch (error) {
      setSaid((error as Error).message);
    }
    setBusy(false);
  };
  return (
    <section class="banner" role="alert" aria-label="Held">
      <div>
        <strong>Held: nothing is sent to Cartrack on {lanes(held.length)}.</strong>{' '}
        {reasons.map((reason) => (
          <span key={reason}>{REASONS[reason] ? meaning(REASONS, reason).means : `${reason}.`} </span>
        ))}
        Events wait and none is lost.{' '}
        <span class="helps">
          Mend <code>CARTRACK_API_KEY</code>, <code>CARTRACK_REGION</code> or <code>CARTRACK_URL</code>,
          deploy, then resume; or wait for the next probe, at most 5 minutes.
        </span>{' '}
        {said && <span role="status">{said}</span>}
      </div>
      <div class="actions">
        <Link path="events" query={{ state: 'held' }} class="button">
          See what was refused
        </Link>
        <button type="button" class="primary" disabled={busy} onClick={resume}>
          {busy ? 'Resuming…' : 'Resume now'}
        </button>
      </div>
    </section>
  );
}

function lanes(n: number): string {
  return n === 1 ? '1 lane' : `${n} lanes`;
}
