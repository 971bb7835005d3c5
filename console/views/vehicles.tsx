// Vehicles: those that wait for a VIN, the mappings, the way in and out for many of them, and erasure.

import { Link } from '../parts/link.tsx';
import { Erase } from './vehicles/erase.tsx';
import { Import } from './vehicles/import.tsx';
import { Mappings } from './vehicles/mappings.tsx';
import { WaitingVehicles } from './vehicles/waiting.tsx';

export function VehiclesView({ tab }: { tab: string }) {
  const chosen = TABS[tab] ?? TABS[''];
  return (
    <>
      <h1>Vehicles</h1>
      <nav class="tabs" aria-label="Vehicles">
        {Object.entries(TABS).map(([name, { title }]) => (
          <Link key={name} path={name ? `vehicles/${name}` : 'vehicles'} current={chosen === TABS[name]}>
            {title}
          </Link>
        ))}
      </nav>
      {chosen?.view()}
    </>
  );
}

const TABS: Record<string, { title: string; view: () => preact.JSX.Element }> = {
  '': { title: 'Waiting for a VIN', view: () => <WaitingVehicles /> },
  mappings: { title: 'Mappings', view: () => <Mappings /> },
  import: { title: 'Import', view: () => <Import /> },
  erase: { title: 'Erase a user', view: () => <Erase /> },
};
