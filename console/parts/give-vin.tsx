// A field beside a vehicle in which it is given its VIN.

import { useId, useRef, useState } from 'preact/hooks';
import { call, type Mapping, mappingPath, Refused } from '../api.ts';
import { providerName } from '../words.ts';

interface Props {
  provider: string;
  vehicle: string;
  given: () => void;
}

export function GiveVin({ provider, vehicle, given }: Props) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const save = async (event: Event) => {
    event.preventDefault();
    const vin = (field.current?.value ?? '').trim().toUpperCase();
    if (!/^[A-Z0-9]{17}$/.test(vin)) {
      setError(`A VIN has 17 letters and digits; this has ${vin.length}.`);
      field.current?.focus();
      return;
    }
    setBusy(true);
    setError('');
    try {
      await giveVin(provider, vehicle, vin);
      given();
    } catch (problem) {
      setError((problem as Error).message);
      setBusy(false);
    }
  };
  return (
    <form class="give-vin" onSubmit={save} noValidate>
      <label for={id} aria-hidden="true">
        VIN
      </label>
      <input
        id={id}
        aria-label={`VIN of the vehicle of ${providerName(provider)}`}
        ref={field}
        maxLength={24}
        size={20}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="characters"
        aria-invalid={error !== ''}
        aria-describedby={`${id}-error`}
      />
      <button type="submit" disabled={busy}>
        {busy ? 'Saving…' : 'Save'}
      </button>
      <span id={`${id}-error`} class="error" role="alert">
        {error}
      </span>
    </form>
  );
}

/** Stores the VIN beside what is known of the vehicle already. */
async function giveVin(provider: string, vehicle: string, vin: string): Promise<void> {
  const path = mappingPath(provider, vehicle);
  const known = await call<Mapping>('GET', path).catch((error) => {
    if (error instanceof Refused && error.status === 404) return {};
    throw error;
  });
  const { user, make, model, year, registration } = known as Partial<Mapping>;
  await call('PUT', path, { json: { vin, user, make, model, year, registration } });
}
