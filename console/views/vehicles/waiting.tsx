// The vehicles whose events wait for a VIN, most events first, each with a field to give it.

import { useState } from 'preact/hooks';
import { call, type Waiting } from '../../api.ts';
import { refresh, useAsked } from '../../live.ts';
import { GiveVin } from '../../parts/give-vin.tsx';
import { Link } from '../../parts/link.tsx';
import { Empty, Failure, Loading, Notice } from '../../parts/notice.tsx';
import { Personal } from '../../personal.tsx';
import { Age } from '../../time.tsx';
import { providerName } from '../../words.ts';

export function WaitingVehicles() {
  const { data, error, busy, again } = useAsked(
    (signal) => call<{ vehicles: Waiting[] }>('GET', '/api/unmapped', { query: { limit: LIMIT }, signal }),
    [],
  );
  const [said, setSaid] = useState('');
  // Their events leave this list a moment later, when their lane has sent them.
  const [served, setServed] = useState<string[]>([]);
  const given = (one: Waiting) => {
    const { provider, events } = one;
    setServed([...served, keyOf(one)]);
    setSaid(
      `The vehicle of ${providerName(provider)} has its VIN. ${events === 1 ? 'Its event goes' : `Its ${events} events go`} to Cartrack now.`,
    );
    again();
    refresh();
  };
  if (error && !data) return <Failure error={error} again={again} />;
  if (!data) return <Loading what="vehicles" />;
  const vehicles = data.vehicles.filter((one) => !served.includes(keyOf(one)));
  return (
    <section class="card list" aria-label="Waiting for a VIN" aria-busy={busy}>
      {said && <Notice tone="good">{said}</Notice>}
      {vehicles.length === 0 ? (
        <Empty title="No vehicle waits for a VIN.">
          <p>
            If a vehicle does not show up in Cartrack all the same, search its VIN or its id below{' '}
            <Link path="events">Events</Link>.
          </p>
        </Empty>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Provider</th>
              <th scope="col">Vehicle</th>
              <th scope="col" class="number">
                Events
              </th>
              <th scope="col" class="wide">
                Waiting since
              </th>
              <th scope="col" class="wide">
                Latest
              </th>
              <th scope="col">Its VIN</th>
            </tr>
          </thead>
          <tbody>
            {vehicles.map((one) => (
              <tr key={keyOf(one)}>
                <td>{providerName(one.provider)}</td>
                <td>
                  <Personal value={one.vehicle} what="vehicle id" />
                </td>
                <td class="number">
                  <Link
                    path="events"
                    query={{ state: 'unmapped', provider: one.provider }}
                    unseen={{ vehicle: one.vehicle }}
                    label={`${one.events} events; look at them`}
                  >
                    {one.events}
                  </Link>
                </td>
                <td class="wide nowrap">
                  <Age at={one.oldest_at} />
                </td>
                <td class="wide nowrap">
                  <Age at={one.latest_at} />
                </td>
                <td>
                  <GiveVin provider={one.provider} vehicle={one.vehicle} given={() => given(one)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {data.vehicles.length === LIMIT && (
        <p class="soft">The {LIMIT} with the most events. For many at once, use Import.</p>
      )}
    </section>
  );
}

function keyOf({ provider, vehicle }: Waiting): string {
  return `${provider} ${vehicle}`;
}

const LIMIT = 100;
