// Data that comes from the gateway: once, again on demand, or again and again while the tab is looked at.

import { signal } from '@preact/signals';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { call, type Overview } from './api.ts';
import { token } from './session.ts';

/** Something that was asked for: what came, or what went wrong, and how to ask again. */
export interface Asked<T> {
  data: T | undefined;
  error: Error | undefined;
  busy: boolean;
  again: () => void;
}

/** Asks whenever one of `keys` changes, and forgets answers that come too late. */
export function useAsked<T>(ask: (signal: AbortSignal) => Promise<T>, keys: unknown[]): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, 'again'>>({
    data: undefined,
    error: undefined,
    busy: true,
  });
  const [turn, setTurn] = useState(0);
  const before = useRef(keys);
  useEffect(() => {
    const controller = new AbortController();
    const same = keys.every((key, index) => key === before.current[index]);
    before.current = keys;
    setState(({ data }) => ({ data: same ? data : undefined, error: undefined, busy: true }));
    ask(controller.signal).then(
      (data) => setState({ data, error: undefined, busy: false }),
      (error) => {
        if (!controller.signal.aborted) setState(({ data }) => ({ data, error, busy: false }));
      },
    );
    return () => controller.abort();
  }, [turn, ...keys]);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  return { ...state, again };
}

/** The overview, which every part of the console looks at. */
export const overview = signal<Overview | undefined>(undefined);
export const overviewError = signal<Error | undefined>(undefined);

/** How far this machine's clock is ahead of the gateway's, in milliseconds. */
export const clockAhead = signal(0);

/** Asks for the overview now. */
export async function refresh(): Promise<void> {
  const asker = token.value;
  try {
    const latest = await call<Overview>('GET', '/api/overview');
    if (token.value !== asker) return;
    if (latest.now) clockAhead.value = Date.now() - Date.parse(latest.now);
    overview.value = latest;
    overviewError.value = undefined;
  } catch (error) {
    if (token.value === asker) overviewError.value = error as Error;
  }
}

/** Keeps the overview fresh, gently: not while nobody looks. Gives the function that ends it. */
export function follow(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  const turn = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    await refresh();
    clearTimeout(timer);
    if (!ended) timer = setTimeout(turn, EVERY);
  };
  document.addEventListener('visibilitychange', turn);
  turn();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', turn);
    overview.value = undefined;
    overviewError.value = undefined;
  };
}

const EVERY = 5_000;
