// The way in: an admin token, tried before it is kept.

import { useEffect, useRef, useState } from 'preact/hooks';
import { call, Refused } from '../api.ts';
import { Notice } from '../parts/notice.tsx';
import { beginSession, farewell } from '../session.ts';

export function SignIn() {
  const field = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  useEffect(() => {
    document.title = 'Sign in · Weighbridge';
    field.current?.focus();
  }, []);
  const enter = async (event: Event) => {
    event.preventDefault();
    const bearer = field.current?.value.trim() ?? '';
    if (!bearer) {
      setError('Type the admin token first.');
      field.current?.focus();
      return;
    }
    setBusy(true);
    setError('');
    try {
      await call('GET', '/api/overview', { bearer });
      beginSession(bearer);
    } catch (problem) {
      setError(explain(problem as Error));
      setBusy(false);
      field.current?.select();
    }
  };
  return (
    <main class="door" aria-label="Sign in">
      <form class="card" onSubmit={enter} noValidate>
        <h1>
          <img src="icon.svg" alt="" width="40" height="40" /> Weighbridge
        </h1>
        <p class="soft">See what is happening to a fleet’s events, and put it right.</p>
        {farewell.value && !error && <Notice tone="info">{farewell.value}</Notice>}
        <label for="token">Admin token</label>
        <input
          id="token"
          ref={field}
          type="password"
          autocomplete="off"
          spellcheck={false}
          aria-describedby="token-help"
          aria-invalid={error !== ''}
        />
        <p id="token-help" class="hint">
          One of the values of <code>ADMIN_TOKEN</code>. It is kept in this tab only, until you sign out or
          close it.
        </p>
        {error && <Notice tone="bad">{error}</Notice>}
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}

function explain(error: Error): string {
  if (!(error instanceof Refused)) return error.message;
  if (error.status === 401) {
    return 'This is not one of the gateway’s admin tokens. Compare it with ADMIN_TOKEN: no quotation marks, no spaces, and one value only where there are several.';
  }
  if (error.code === 'provider_not_configured') {
    return 'The gateway has no ADMIN_TOKEN, so that nobody can sign in. Set it with `npx wrangler secret put ADMIN_TOKEN`.';
  }
  return error.message;
}
