// A link to a place in the console. What must not be in an address travels beside it.

import type { ComponentChildren } from 'preact';
import { address, go } from '../route.ts';

interface Props {
  path: string;
  query?: Record<string, string>;
  unseen?: Record<string, string>;
  current?: boolean;
  class?: string;
  label?: string;
  children: ComponentChildren;
}

export function Link({ path, query = {}, unseen = {}, current = false, label, children, ...rest }: Props) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(path, query, unseen);
  };
  return (
    <a
      href={address(path, query)}
      class={rest.class}
      aria-label={label}
      aria-current={current ? 'page' : undefined}
      onClick={follow}
    >
      {children}
    </a>
  );
}
