// Much stored in little time: the events that a lane has, many times over, put into its database while nothing runs.

import { DatabaseSync } from 'node:sqlite';
import { laneFiles } from '../../tests/faults/state.mjs';

/**
 * Multiplies what the lanes in a state folder have until there are `count` events in all of them together. Copies
 * are older than what they are copies of, or with `newer` younger.
 */
export function fill(folder, count, { newer = false } = {}) {
  // A runtime that was just ended may hold its locks for another moment.
  const databases = laneFiles(folder).map((path) => new DatabaseSync(path, { timeout: 10_000 }));
  const filled = databases.filter((database) => stored(database) > 0);
  for (const database of filled) multiply(database, Math.ceil(count / filled.length), newer ? 1 : -1);
  for (const database of databases) database.close();
}

function stored(database) {
  const tables = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'events'").all();
  return tables.length > 0 ? database.prepare('SELECT count(*) AS n FROM events').get().n : 0;
}

function multiply(database, count, direction) {
  const { n, span } = database
    .prepare('SELECT count(*) AS n, max(seq) - min(seq) + 1 AS span FROM events')
    .get();
  const copies = Math.ceil(count / n) - 1;
  if (copies < 1) return;
  database.exec('BEGIN');
  for (const { name } of database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()) {
    const columns = database.prepare(`PRAGMA table_info("${name}")`).all();
    if (!columns.some((column) => column.name === 'seq')) continue;
    const values = columns.map((column) => copiedValue(column));
    database
      .prepare(
        `WITH RECURSIVE copies (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copies WHERE k < ?2)
         INSERT INTO "${name}" (${columns.map((column) => column.name).join()})
         SELECT ${values.join()} FROM copies CROSS JOIN "${name}"`,
      )
      .run({ 1: span * direction, 2: copies });
  }
  const surplus = database.prepare('SELECT count(*) AS n FROM events').get().n - count;
  database
    .prepare('DELETE FROM events WHERE seq IN (SELECT seq FROM events ORDER BY seq LIMIT ?)')
    .run(surplus);
  database.exec('COMMIT');
}

/** Numbers and due times move with the copy; keys are new, in the form that they had. */
function copiedValue({ name }) {
  if (name === 'seq') return 'seq + k * ?1';
  if (name === 'due_at') return 'due_at - k';
  if (/^keys?$/.test(name)) return `substr(lower(hex(randomblob(64))), 1, length(${name}))`;
  return name;
}
