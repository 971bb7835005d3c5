// Counts by minute as a chart, drawn by uPlot, and as a table for those who cannot see it.

import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { Line } from '../series.ts';

interface Props {
  label: string;
  lines: Line[];
  minutes: number[];
  rows: number[][];
  height?: number;
}

export function Chart({ label, lines, minutes, rows, height = 190 }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [hidden, setHidden] = useState<string[]>([]);
  const names = lines.map(({ name }) => name).join();
  useEffect(() => {
    const host = place.current;
    if (!host) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(lines, hidden, host, height), [minutes, ...rows], host);
    };
    draw();
    const sizes = new ResizeObserver(() => plot.current?.setSize({ width: host.clientWidth, height }));
    sizes.observe(host);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => {
      sizes.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [names, hidden, height]);
  useEffect(() => {
    plot.current?.setData([minutes, ...rows]);
  }, [minutes[0], JSON.stringify(rows)]);
  const toggle = (name: string) =>
    setHidden(hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name]);
  return (
    <figure class="chart">
      <ul class="legend" aria-label="Lines">
        {lines.map(({ name, label, colour }, index) => (
          <li key={name}>
            <button type="button" aria-pressed={!hidden.includes(name)} onClick={() => toggle(name)}>
              <svg width="18" height="8" aria-hidden="true">
                <line
                  x1="0"
                  y1="4"
                  x2="18"
                  y2="4"
                  class="swatch"
                  style={{ stroke: `var(${colour})` }}
                  stroke-dasharray={lines[index]?.dash?.join(' ')}
                />
              </svg>
              <span>
                {label} <strong>{sum(rows[index])}</strong>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <div ref={place} role="img" aria-label={`${label}. ${spoken(lines, rows)}`} />
    </figure>
  );
}

function options(lines: Line[], hidden: string[], host: HTMLElement, height: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui',
  };
  return {
    width: host.clientWidth || 300,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    padding: [8, 20, 0, 0],
    scales: { y: { range: (_, __, most) => [0, Math.max(4, Math.ceil(most * 1.1))] } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((tick) => CLOCK.format(tick * 1000)), space: 70, size: 26 },
      {
        ...axis,
        size: 44,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000],
      },
    ],
    series: [
      {},
      ...lines.map(({ name, label, colour: variable, dash }) => ({
        label,
        show: !hidden.includes(name),
        stroke: colour(variable),
        width: 2,
        points: { show: false },
        ...(dash && { dash }),
      })),
    ],
  };
}

function spoken(lines: Line[], rows: number[][]): string {
  return lines
    .map(
      ({ label }, index) =>
        `${label}: ${sum(rows[index])}, at most ${Math.max(0, ...(rows[index] ?? []))} in a minute.`,
    )
    .join(' ');
}

function sum(row: number[] = []): number {
  return row.reduce((total, n) => total + n, 0);
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
