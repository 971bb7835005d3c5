// Many mappings from a file: shown before anything is sent, sent in parts, errors by line.

import { useState } from 'preact/hooks';
import { call, type LineError } from '../../api.ts';
import { COLUMNS, type FileRead, type FileRow, readFile, toCsv } from '../../csv.ts';
import { refresh } from '../../live.ts';
import { Notice } from '../../parts/notice.tsx';
import { Personal } from '../../personal.tsx';

export function Import() {
  const [read, setRead] = useState<FileRead>();
  const [name, setName] = useState('');
  const [done, setDone] = useState<{
    sent: number;
    imported: number;
    errors: LineError[];
    stopped?: string;
  }>();
  const [busy, setBusy] = useState(false);
  const take = (text: string, from: string) => {
    setName(from);
    setDone(undefined);
    setRead(readFile(text));
  };
  const open = async (event: Event) => {
    const file = (event.currentTarget as HTMLInputElement).files?.[0];
    if (file) take(await file.text(), file.name);
  };
  const paste = (event: Event) => {
    const { value } = event.currentTarget as HTMLTextAreaElement;
    if (value.trim()) take(value, 'what you pasted');
    else setRead(undefined);
  };
  const rows = read?.rows ?? [];
  const good = rows.filter(({ error }) => !error);
  const bad = rows.filter(({ error }) => error);
  const send = async () => {
    setBusy(true);
    const result = { sent: 0, imported: 0, errors: bad.map(({ line, error = '' }) => ({ line, error })) };
    setDone(result);
    let state = result;
    try {
      for (let at = 0; at < good.length; at += PART) {
        const part = good.slice(at, at + PART);
        const reply = await sendPart(part);
        state = {
          sent: at + part.length,
          imported: state.imported + reply.imported,
          errors: [...state.errors, ...reply.errors],
        };
        setDone(state);
      }
    } catch (error) {
      setDone({ ...state, stopped: (error as Error).message });
    }
    setBusy(false);
    refresh();
  };
  return (
    <section class="card import" aria-label="Import">
      <p>
        A CSV file whose first line names the columns <code>provider</code>, <code>vehicle</code> and{' '}
        <code>vin</code>, and where known <code>user</code>, <code>make</code>, <code>model</code>,{' '}
        <code>year</code> and <code>registration</code>; or NDJSON with these members. An import replaces what
        was known of a vehicle.
      </p>
      <div class="sources">
        <label>
          File
          <input type="file" accept=".csv,.ndjson,.jsonl,.txt,text/csv" onChange={open} disabled={busy} />
        </label>
        <label>
          Or paste it
          <textarea
            rows={4}
            onInput={paste}
            disabled={busy}
            spellcheck={false}
            placeholder={'provider,vehicle,vin\ntelemax,88421,WDB9066331S000421'}
          />
        </label>
      </div>
      {read?.problem && <Notice tone="bad">{read.problem}</Notice>}
      {rows.length > 0 && (
        <>
          <h2>Preview of {name}</h2>
          <p>
            <strong>{good.length}</strong> {good.length === 1 ? 'line' : 'lines'} can be imported
            {bad.length > 0 && (
              <>
                , <strong class="error">{bad.length} cannot</strong> and will be left out
              </>
            )}
            .
            {read && read.ignored.length > 0 && (
              <> Columns that are not known are left out: {read.ignored.join(', ')}.</>
            )}
          </p>
          <Preview rows={[...bad.slice(0, SHOWN), ...good.slice(0, SHOWN)]} all={rows.length} />
          <div class="actions">
            <button
              type="button"
              class="primary"
              disabled={busy || good.length === 0 || done !== undefined}
              onClick={send}
            >
              {busy ? 'Importing…' : `Import ${good.length} ${good.length === 1 ? 'line' : 'lines'}`}
            </button>
            {busy && done && (
              <span role="status">
                <progress max={good.length} value={done.sent} aria-label="Importing" /> {done.sent} of{' '}
                {good.length}
              </span>
            )}
          </div>
        </>
      )}
      {done && !busy && <Result {...done} />}
    </section>
  );
}

/** Sends one part; the lines of errors are those of the whole file. */
async function sendPart(part: FileRow[]): Promise<{ imported: number; errors: LineError[] }> {
  const reply = await call<{ imported: number; errors: LineError[] }>('POST', '/api/mappings/import', {
    body: { text: toCsv(part), type: 'text/csv' },
  });
  const errors = reply.errors.map(({ line, error }) => ({ line: part[line - 2]?.line ?? line, error }));
  return { imported: reply.imported, errors };
}

function Preview({ rows, all }: { rows: FileRow[]; all: number }) {
  const columns = COLUMNS.filter((column) => rows.some(({ values }) => values[column]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
    <section class="scroll" aria-label="Preview" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col" class="number">
              Line
            </th>
            <th scope="col">Verdict</th>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ line, values, error }) => (
            <tr key={line} class={error ? 'bad' : ''}>
              <td class="number">{line}</td>
              <td>{error ?? 'good'}</td>
              {columns.map((column) => (
                <td key={column}>
                  {values[column] &&
                    (PLAIN.includes(column) ? (
                      values[column]
                    ) : (
                      <Personal value={values[column]} what={column} />
                    ))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {all > rows.length && <p class="soft">{all - rows.length} more lines are not shown.</p>}
    </section>
  );
}

function Result({ imported, errors, stopped }: { imported: number; errors: LineError[]; stopped?: string }) {
  return (
    <>
      <Notice tone={stopped || imported === 0 ? 'bad' : 'good'}>
        {stopped && <>It stopped: {stopped} The same file can be imported again without harm. </>}
        {imported} {imported === 1 ? 'mapping was' : 'mappings were'} imported. Events that waited for them go
        to Cartrack now.
      </Notice>
      {errors.length > 0 && (
        <>
          <h2>Left out</h2>
          <ul class="errors">
            {errors
              .sort((a, b) => a.line - b.line)
              .slice(0, SHOWN)
              .map(({ line, error }) => (
                <li key={line}>
                  <strong>Line {line}:</strong> {error}
                </li>
              ))}
          </ul>
          {errors.length > SHOWN && <p class="soft">{errors.length - SHOWN} more are not shown.</p>}
          <p>Mend these lines in the file and import it again: what is in already stays as it is.</p>
        </>
      )}
    </>
  );
}

const PART = 200;
const SHOWN = 50;
const PLAIN = ['provider', 'make', 'model', 'year'];
