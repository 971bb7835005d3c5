// Personal data, which stays masked until somebody clicks on it.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { unmasked } from './session.ts';

/** A value that is masked; `what` tells those who cannot see the dots what is behind them. */
export function Personal({ value, what }: { value: string; what: string }) {
  const [shown, setShown] = useState(false);
  if (unmasked.value) return <span class="personal shown">{value}</span>;
  return (
    <button
      type="button"
      class={shown ? 'personal shown' : 'personal'}
      title={shown ? `Hide the ${what}` : `Show the ${what}`}
      onClick={() => setShown(!shown)}
    >
      <span class="unseen">{shown ? `${what}: ` : `${what}, hidden: `}</span>
      {shown ? value : mask(value, what)}
    </button>
  );
}

/** JSON with its personal members masked. */
export function PersonalJson({ value }: { value: unknown }) {
  return (
    <pre class="json">
      <code>{json(value, '', '')}</code>
    </pre>
  );
}

/** A text of somebody else's in which `names` and whatever looks like a VIN are masked. */
export function PersonalText({ text, names }: { text: string; names: string[] }) {
  const known = names
    .filter((name) => name.length > 2)
    .map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const pattern = new RegExp(`(${[...known, '\\b[A-Za-z0-9]{17}\\b'].join('|')})`);
  return (
    <>
      {text
        .split(pattern)
        .map((part, index) => (index % 2 === 1 ? <Personal value={part} what="personal data" /> : part))}
    </>
  );
}

/** Dots, and of a long id its end, by which two can be told apart. */
function mask(value: string, what: string): string {
  return value.length < 12 || what === 'position' ? '•••••' : `••••${value.slice(-3)}`;
}

function json(value: unknown, name: string, indent: string): ComponentChildren {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return [
      '[\n',
      ...value.map((item, index) => [
        deeper,
        json(item, name, deeper),
        index < value.length - 1 ? ',\n' : '\n',
      ]),
      indent,
      ']',
    ];
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value);
    if (members.length === 0) return '{}';
    return [
      '{\n',
      ...members.map(([key, item], index) => [
        deeper,
        <span class="key">"{key}"</span>,
        ': ',
        json(item, key, deeper),
        index < members.length - 1 ? ',\n' : '\n',
      ]),
      indent,
      '}',
    ];
  }
  const what = PERSONAL[name];
  if (typeof value === 'string' && what) return ['"', <Personal value={value} what={what} />, '"'];
  if (typeof value === 'number' && what) return <Personal value={String(value)} what={what} />;
  return JSON.stringify(value);
}

/** The members of records and events that are personal, and what they are. */
const PERSONAL: Record<string, string> = {
  address: 'address',
  aliases: 'vehicle id',
  chassis_number: 'VIN',
  device_id: 'vehicle id',
  latitude: 'latitude',
  longitude: 'longitude',
  registration: 'registration',
  user: 'user id',
  vehicle: 'vehicle id',
  vin: 'VIN',
};
