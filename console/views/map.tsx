// The map: where the latest delivered positions are, on an outline of the world that is part of the page.

import { type GeoProjection, geoEqualEarth, geoGraticule10, geoPath } from 'd3-geo';
import type { FeatureCollection, MultiPoint } from 'geojson';
import { useMemo, useState } from 'preact/hooks';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import atlas from 'world-atlas/countries-110m.json';
import { call, type Spot } from '../api.ts';
import { useAsked } from '../live.ts';
import { PROVIDERS } from '../names.ts';
import { Link } from '../parts/link.tsx';
import { Empty, Failure, Loading } from '../parts/notice.tsx';
import { Personal } from '../personal.tsx';
import { unmasked } from '../session.ts';
import { Age, present } from '../time.tsx';
import { providerName } from '../words.ts';

export function MapView() {
  const { data, error, busy, again } = useAsked(
    (signal) => call<{ positions: Spot[] }>('GET', '/api/positions', { query: { limit: LIMIT }, signal }),
    [],
  );
  const [shown, setShown] = useState(false);
  const [close, setClose] = useState(true);
  const visible = shown || unmasked.value;
  const spots = data?.positions ?? [];
  return (
    <>
      <h1>Map</h1>
      {error && <Failure error={error} again={again} />}
      {!data && !error && <Loading what="positions" />}
      {data && spots.length === 0 && (
        <Empty title="No position was delivered yet.">
          <p>
            Once Cartrack has taken an event, its vehicle is shown here. <Link path="">The overview</Link>{' '}
            says what is stuck.
          </p>
        </Empty>
      )}
      {spots.length > 0 && (
        <section class="card map-card" aria-label="Latest delivered positions" aria-busy={busy}>
          <div class="bar">
            <ul class="keys" aria-label="Colours">
              {PROVIDERS.map((provider) => (
                <li key={provider}>
                  <svg width="12" height="12" aria-hidden="true">
                    <circle cx="6" cy="6" r="5" class={`spot ${provider}`} />
                  </svg>
                  {providerName(provider)}
                </li>
              ))}
              <li class="soft">filled: this hour · half: today · hollow: older</li>
            </ul>
            <span class="actions">
              {visible && (
                <button type="button" aria-pressed={!close} onClick={() => setClose(!close)}>
                  Whole world
                </button>
              )}
              {!unmasked.value && (
                <button type="button" onClick={() => setShown(!shown)}>
                  {shown
                    ? 'Hide positions'
                    : `Show ${spots.length} ${spots.length === 1 ? 'position' : 'positions'}`}
                </button>
              )}
              <button type="button" onClick={again} disabled={busy}>
                {busy ? 'Refreshing…' : 'Refresh'}
              </button>
            </span>
          </div>
          <World spots={visible ? spots : []} close={close && visible} />
          {!visible && <p class="soft">Positions are personal data, and hidden until you show them.</p>}
          <details>
            <summary>
              The same as a list ({spots.length}
              {spots.length === LIMIT ? ', the latest' : ''})
            </summary>
            <Listed spots={spots} />
          </details>
        </section>
      )}
    </>
  );
}

function World({ spots, close }: { spots: Spot[]; close: boolean }) {
  const projection = useMemo(() => fitted(close ? spots : []), [close, spots]);
  const path = useMemo(() => geoPath(projection), [projection]);
  return (
    <figure class="map" aria-label="World map">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`}>
        <title>Outline of the world</title>
        <path class="graticule" d={path(geoGraticule10()) ?? ''} />
        <path class="land" d={path(LAND) ?? ''} />
        <path class="borders" d={path(BORDERS) ?? ''} />
        {spots.map((spot) => (
          <Dot key={keyOf(spot)} spot={spot} at={projection([spot.longitude, spot.latitude]) ?? [0, 0]} />
        ))}
      </svg>
    </figure>
  );
}

/** One position; leads to the events of its vehicle. */
function Dot({ spot, at: [x, y] }: { spot: Spot; at: [number, number] }) {
  const { provider, vehicle } = spot;
  const label = `Vehicle of ${providerName(provider)}, ${AGES[ageOf(spot)]}: its events`;
  return (
    <Link path="events" query={{ provider }} unseen={{ vehicle }} label={label}>
      <circle cx={x} cy={y} r="6" class={`spot ${provider} ${ageOf(spot)}`}>
        <title>{label}</title>
      </circle>
    </Link>
  );
}

function Listed({ spots }: { spots: Spot[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Provider</th>
          <th scope="col">Vehicle</th>
          <th scope="col">Position</th>
          <th scope="col">Of</th>
          <th scope="col" class="wide">
            Arrived
          </th>
        </tr>
      </thead>
      <tbody>
        {spots.map((spot) => (
          <tr key={keyOf(spot)}>
            <td>{providerName(spot.provider)}</td>
            <td>
              <Personal value={spot.vehicle} what="vehicle id" />
            </td>
            <td>
              <Personal value={`${spot.latitude.toFixed(4)}, ${spot.longitude.toFixed(4)}`} what="position" />
            </td>
            <td class="nowrap">
              <Age at={spot.event_ts} />
            </td>
            <td class="wide nowrap">
              <Age at={spot.received_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The whole world, or no more of it than is needed to show all of `spots`. */
function fitted(spots: Spot[]): GeoProjection {
  const world = geoEqualEarth().fitExtent(FRAME, { type: 'Sphere' });
  if (spots.length === 0) return world;
  const points: MultiPoint = {
    type: 'MultiPoint',
    coordinates: spots.map(({ longitude, latitude }) => [longitude, latitude]),
  };
  const near = geoEqualEarth().fitExtent(INNER, points);
  // Nearer than a country's width the coarse outline tells nothing.
  const scale = Math.max(world.scale(), Math.min(near.scale(), NEAREST));
  if (scale === near.scale()) return near;
  if (scale === world.scale()) return world;
  const [[west, north], [east, south]] = geoPath(near).bounds(points);
  const middle = near.invert?.([(west + east) / 2, (north + south) / 2]) ?? [0, 0];
  const scaled = geoEqualEarth().scale(scale);
  const [x = 0, y = 0] = scaled.translate([0, 0])(middle) ?? [];
  return scaled.translate([WIDTH / 2 - x, HEIGHT / 2 - y]);
}

function keyOf({ provider, vehicle }: Spot): string {
  return `${provider} ${vehicle}`;
}

function ageOf({ event_ts }: Spot): 'hour' | 'day' | 'older' {
  const age = present.value - Date.parse(event_ts);
  if (age < 3_600_000) return 'hour';
  return age < 86_400_000 ? 'day' : 'older';
}

const LIMIT = 500;
const WIDTH = 1000;
const HEIGHT = 487;
const FRAME: [[number, number], [number, number]] = [
  [4, 4],
  [WIDTH - 4, HEIGHT - 4],
];
const INNER: [[number, number], [number, number]] = [
  [80, 60],
  [WIDTH - 80, HEIGHT - 60],
];
const NEAREST = 1400;
const AGES = { hour: 'position of this hour', day: 'position of today', older: 'older position' };

const TOPOLOGY = atlas as unknown as Topology<{ countries: GeometryCollection; land: GeometryCollection }>;
const LAND = feature(TOPOLOGY, TOPOLOGY.objects.land) as FeatureCollection;
const BORDERS = mesh(TOPOLOGY, TOPOLOGY.objects.countries, (a, b) => a !== b);
