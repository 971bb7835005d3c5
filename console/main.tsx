// The console's beginning: puts it into the page.

import { render } from 'preact';
import { Shell } from './shell.tsx';

const place = document.getElementById('console');
if (place) {
  place.replaceChildren();
  render(<Shell />, place);
}
