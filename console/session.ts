// Who is signed in: an admin token, kept for this tab only and forgotten when it closes.

import { signal } from '@preact/signals';

const KEY = 'weighbridge-token';

/** The token of the session; empty when nobody is signed in. */
export const token = signal(sessionStorage.getItem(KEY) ?? '');

/** What the sign-in page has to say about the end of the last session. */
export const farewell = signal('');

/** Whether personal data is shown everywhere at once. Never kept. */
export const unmasked = signal(false);

export function beginSession(value: string): void {
  sessionStorage.setItem(KEY, value);
  farewell.value = '';
  token.value = value;
}

export function endSession(why = ''): void {
  sessionStorage.removeItem(KEY);
  farewell.value = why;
  unmasked.value = false;
  token.value = '';
}
