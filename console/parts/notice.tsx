// What a view says instead of data, or beside it: loading, nothing there, gone wrong, done.

import type { ComponentChildren } from 'preact';

export function Notice({
  tone,
  children,
}: {
  tone: 'bad' | 'good' | 'info' | 'warn';
  children: ComponentChildren;
}) {
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {children}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <p class="loading" role="status">
      Loading {what}…
    </p>
  );
}

/** Nothing to show: says so, and what to do next. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="title">{title}</p>
      {children}
    </div>
  );
}

/** Something that could not be had, with the way to try again. */
export function Failure({ error, again }: { error: Error; again: () => void }) {
  return (
    <Notice tone="bad">
      {error.message}{' '}
      <button type="button" onClick={again}>
        Try again
      </button>
    </Notice>
  );
}
