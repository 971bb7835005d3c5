// One mapping, in a form: a new one, or what is known of a vehicle.

import { useRef, useState } from 'preact/hooks';
import { call, type Mapping, mappingPath } from '../../api.ts';
import { PROVIDERS } from '../../names.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Notice } from '../../parts/notice.tsx';
import { providerName } from '../../words.ts';

interface Props {
  /** Empty for a new one. */
  mapping: Partial<Mapping>;
  close: (changed: boolean) => void;
}

export function EditMapping({ mapping, close }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const isNew = mapping.vehicle === undefined;
  const save = async (event: Event) => {
    event.preventDefault();
    if (!form.current) return;
    const given = new FormData(form.current);
    const text = (name: string) => String(given.get(name) ?? '').trim() || undefined;
    const provider = mapping.provider ?? text('provider') ?? '';
    const vehicle = mapping.vehicle ?? text('vehicle');
    const year = text('year');
    if (!vehicle) return setError('Write the provider’s id of the vehicle.');
    setBusy(true);
    setError('');
    try {
      await call('PUT', mappingPath(provider, vehicle), {
        json: {
          vin: text('vin')?.toUpperCase(),
          user: text('user'),
          make: text('make'),
          model: text('model'),
          year: year && Number(year),
          registration: text('registration'),
        },
      });
      close(true);
    } catch (problem) {
      setError((problem as Error).message);
      setBusy(false);
    }
  };
  return (
    <Dialog title={isNew ? 'Add a vehicle' : 'Edit the mapping'} close={() => close(false)}>
      <form ref={form} onSubmit={save} class="fields" noValidate>
        <label>
          Provider
          <select name="provider" value={mapping.provider} disabled={!isNew}>
            {PROVIDERS.map((provider) => (
              <option key={provider} value={provider}>
                {providerName(provider)}
              </option>
            ))}
          </select>
        </label>
        {FIELDS.map(({ name, label, hint }) => (
          <label key={name}>
            {label}
            <input
              name={name}
              defaultValue={String(mapping[name] ?? '')}
              disabled={name === 'vehicle' && !isNew}
              placeholder={hint}
              spellcheck={false}
              autocomplete="off"
            />
          </label>
        ))}
        {error && <Notice tone="bad">{error}</Notice>}
        <div class="actions">
          <button type="button" onClick={() => close(false)}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={busy}>
            {busy ? 'Saving…' : 'Save'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const FIELDS: { name: keyof Mapping; label: string; hint?: string }[] = [
  { name: 'vehicle', label: 'Vehicle', hint: 'the provider’s id' },
  { name: 'vin', label: 'VIN', hint: '17 letters and digits' },
  { name: 'make', label: 'Make' },
  { name: 'model', label: 'Model' },
  { name: 'year', label: 'Year' },
  { name: 'registration', label: 'Registration' },
  { name: 'user', label: 'User', hint: 'the provider’s id' },
];
