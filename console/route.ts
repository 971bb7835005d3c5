// Where in the console one is. The address holds nothing personal: a vehicle, a VIN or a text that was searched
// for travels in the history's state, which the browser shows nowhere.

import { signal } from '@preact/signals';

export interface Route {
  view: string;
  id: string;
  /** What the address says behind `?`. */
  query: Record<string, string>;
  /** What it doesn't say. */
  unseen: Record<string, string>;
}

export const route = signal(read());

/** The address of a place. */
export function address(path: string, query: Record<string, string> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== '');
  const text = new URLSearchParams(given).toString();
  return `#/${path}${text && `?${text}`}`;
}

/** Goes to a place, as a click on a link to it would. */
export function go(
  path: string,
  query: Record<string, string> = {},
  unseen: Record<string, string> = {},
): void {
  history.pushState({ unseen }, '', address(path, query));
  route.value = read();
}

function read(): Route {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [view = '', id = ''] = path.split('/');
  return {
    view: view || 'glance',
    id: decodeURIComponent(id),
    query: Object.fromEntries(new URLSearchParams(query)),
    unseen: history.state?.unseen ?? {},
  };
}

addEventListener('popstate', () => {
  route.value = read();
});
