// The state of an event: a colour, and always a word.

import type { State } from '../names.ts';
import { STATE_WORDS } from '../words.ts';

export function Badge({ state }: { state: State }) {
  return (
    <span class={`badge ${state}`} title={STATE_WORDS[state]?.means}>
      {STATE_WORDS[state]?.label ?? state}
    </span>
  );
}
