// What lies on disk: the lanes' and the KV's databases in the state folder of the local runtime.

import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Every file below a folder. */
export function files(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

/** The databases of the lanes. */
export function laneFiles(folder) {
  return files(join(folder, 'v3', 'do')).filter(
    (path) => path.endsWith('.sqlite') && !path.endsWith('metadata.sqlite'),
  );
}

/** Asks every lane's database: `rows('SELECT …')`, of those that have the table. A copy is read, not the file. */
export function laneRows(folder, statement) {
  const copies = mkdtempSync(join(tmpdir(), 'weighbridge-copy-'));
  try {
    return laneFiles(folder).flatMap((path, index) => {
      const database = openCopy(path, join(copies, `${index}.sqlite`));
      try {
        return database.prepare(statement).all();
      } catch (error) {
        if (/no such table/.test(error.message)) return [];
        throw error;
      } finally {
        database.close();
      }
    });
  } finally {
    rmSync(copies, { recursive: true, force: true });
  }
}

/** How many rows each table of all lanes has. */
export function tableSizes(folder) {
  const tables = ['events', 'seen', 'vehicles', 'counts', 'marks', 'refusals'];
  return Object.fromEntries(
    tables.map((table) => [
      table,
      laneRows(folder, `SELECT count(*) AS n FROM ${table}`).reduce((sum, { n }) => sum + Number(n), 0),
    ]),
  );
}

/** Every row of every table of a folder's databases, as JSON by file. */
export function allRows(folder) {
  const copies = mkdtempSync(join(tmpdir(), 'weighbridge-copy-'));
  try {
    return files(folder)
      .filter((path) => path.endsWith('.sqlite'))
      .map((path, index) => {
        const database = openCopy(path, join(copies, `${index}.sqlite`));
        const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
        const rows = tables.flatMap(({ name }) => {
          const statement = database.prepare(`SELECT * FROM "${name}"`);
          statement.setReadBigInts(true);
          return statement.all();
        });
        database.close();
        return { path: path.slice(folder.length + 1), text: JSON.stringify(rows, plain) };
      });
  } finally {
    rmSync(copies, { recursive: true, force: true });
  }
}

function plain(_, value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  return typeof value === 'bigint' ? String(value) : value;
}

function openCopy(path, copy) {
  copyFileSync(path, copy);
  for (const suffix of ['-wal', '-shm'])
    if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
  return new DatabaseSync(copy);
}

/** The files below a folder that contain one of the markers, as `file: marker`. */
export function find(folder, markers) {
  return files(folder).flatMap((path) => {
    const bytes = readFileSync(path);
    return markers
      .filter((marker) => bytes.includes(marker))
      .map((marker) => `${path.slice(folder.length + 1)}: ${marker}`);
  });
}
