// What is around every view: the way in and out, the way from view to view, and what concerns all of them.

import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { follow, overview, overviewError } from './live.ts';
import { HeldBanner } from './parts/held.tsx';
import { Link } from './parts/link.tsx';
import { Loading, Notice } from './parts/notice.tsx';
import { route } from './route.ts';
import { endSession, token, unmasked } from './session.ts';
import { ZONE } from './time.tsx';
import { EventView } from './views/event.tsx';
import { EventsView } from './views/events.tsx';
import { GlanceView } from './views/glance.tsx';
import { SignIn } from './views/sign-in.tsx';
import { SignaturesView } from './views/signatures.tsx';
import { VehiclesView } from './views/vehicles.tsx';

export function Shell() {
  if (!token.value) return <SignIn />;
  return <Console />;
}

function Console() {
  const { view, id } = route.value;
  const title = TITLES[view];
  useEffect(follow, []);
  useEffect(() => {
    document.title = `${title ?? 'Not found'} · Weighbridge`;
    document.getElementById('main')?.focus();
    scrollTo(0, 0);
  }, [view, id]);
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <header class="top">
        <span class="brand">
          <img src="icon.svg" alt="" width="26" height="26" /> Weighbridge
        </span>
        <nav aria-label="Views">
          {Object.entries(TITLES).map(([name, title]) => (
            <Link key={name} path={name === 'glance' ? '' : name} current={view === name}>
              {title}
              <Count view={name} />
            </Link>
          ))}
        </nav>
        <span class="session">
          <button
            type="button"
            class="quiet"
            aria-pressed={unmasked.value}
            onClick={() => (unmasked.value = !unmasked.value)}
          >
            {unmasked.value ? 'Hide personal data' : 'Show personal data'}
          </button>
          <button type="button" class="quiet" onClick={() => endSession()}>
            Sign out
          </button>
        </span>
      </header>
      <main id="main" tabIndex={-1} aria-label={title}>
        {overviewError.value && overview.value && (
          <Notice tone="bad">
            {overviewError.value.message} What is shown below may be out of date; the console keeps trying.
          </Notice>
        )}
        <HeldBanner />
        {VIEWS[view]?.(id) ?? (
          <Notice tone="bad">
            There is no such page. <Link path="">Go to the overview</Link>
          </Notice>
        )}
      </main>
      <footer>
        Weighbridge {overview.value?.version} · times in {ZONE}, UTC on hover · distances in km, speeds in
        km/h · <a href="licences.txt">licences</a>
      </footer>
    </>
  );
}

const TITLES: Record<string, string> = {
  glance: 'Overview',
  signatures: 'Signatures',
  events: 'Events',
  vehicles: 'Vehicles',
  map: 'Map',
  playground: 'Playground',
};

const VIEWS: Record<string, (id: string) => preact.JSX.Element> = {
  glance: () => <GlanceView />,
  signatures: () => <SignaturesView />,
  events: (id) => (id ? <EventView id={id} key={id} /> : <EventsView />),
  vehicles: (id) => <VehiclesView tab={id} />,
  map: () => <Later key="map" load={loadMap} />,
  playground: () => <Later key="playground" load={loadPlayground} />,
};

/** How many things in a view want to be looked at. */
function Count({ view }: { view: string }) {
  const states = overview.value?.states ?? {};
  const n = view === 'events' ? states.dead : view === 'vehicles' ? states.unmapped : 0;
  if (!n) return null;
  const what = view === 'events' ? 'dead' : 'waiting for a VIN';
  return (
    <span class={`count ${view === 'events' ? 'dead' : 'unmapped'}`}>
      {n > 999 ? '999+' : n}
      <span class="unseen"> {what}</span>
    </span>
  );
}

/** A view whose code is fetched when it is first looked at. */
function Later({ load }: { load: () => Promise<ComponentType> }) {
  const [View, setView] = useState<{ is: ComponentType }>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    load().then((is) => setView({ is }), setError);
  }, []);
  if (error) {
    return (
      <Notice tone="bad">
        This part of the console could not be loaded. Check the connection, then reload the page.
      </Notice>
    );
  }
  return View ? <View.is /> : <Loading what="this part of the console" />;
}

const loadMap = async () => (await import('./views/map.tsx')).MapView;
const loadPlayground = async () => (await import('./views/playground.tsx')).PlaygroundView;

function skip(): void {
  document.getElementById('main')?.focus();
}
