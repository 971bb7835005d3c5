// Lists of mappings as files: read for a preview, cut into parts that are sent one after the other, and written.

import { PROVIDERS } from './names.ts';

export const COLUMNS = [
  'provider',
  'vehicle',
  'vin',
  'user',
  'make',
  'model',
  'year',
  'registration',
] as const;
export type Column = (typeof COLUMNS)[number];

/** One line of a file: where it begins, what it says, and what is wrong with it. */
export interface FileRow {
  line: number;
  values: Partial<Record<Column, string>>;
  error?: string;
}

export interface FileRead {
  rows: FileRow[];
  /** What is wrong with the file as a whole. */
  problem?: string;
  /** Columns that are not known and are left out. */
  ignored: string[];
}

/** Reads CSV with a header row, or NDJSON where the text begins with a brace. The gateway judges again. */
export function readFile(text: string): FileRead {
  const clean = text.replace(/^\uFEFF/, '');
  if (clean.trim() === '') return { rows: [], ignored: [], problem: 'The file is empty.' };
  return clean.trimStart().startsWith('{') ? readNdjson(clean) : readCsv(clean);
}

/** One part of a file as CSV. Values that hold a line break are cut to one line, so that lines can be counted. */
export function toCsv(rows: FileRow[]): string {
  const lines = rows.map(({ values }) => csvLine(COLUMNS.map((column) => values[column] ?? '')));
  return csvLine([...COLUMNS]) + lines.join('');
}

export function csvLine(values: string[]): string {
  const quoted = values.map((value) => {
    const one = value.replace(/[\r\n]+/g, ' ');
    return /[",]|^\s|\s$/.test(one) ? `"${one.replaceAll('"', '""')}"` : one;
  });
  return `${quoted.join(',')}\n`;
}

function readCsv(text: string): FileRead {
  const records = parse(text);
  const header = (records.shift()?.fields ?? []).map((name) => name.trim().toLowerCase());
  const missing = ['provider', 'vehicle', 'vin'].filter((name) => !header.includes(name));
  const ignored = header.filter((name) => name && !isColumn(name));
  if (missing.length > 0) {
    return {
      rows: [],
      ignored,
      problem: `The first line must name the columns; it lacks ${missing.join(', ')}.`,
    };
  }
  const rows = records.map(({ line, fields }) => {
    const values: FileRow['values'] = {};
    for (const [index, name] of header.entries()) {
      if (isColumn(name)) values[name] = fields[index]?.trim() ?? '';
    }
    values.provider = values.provider?.toLowerCase() ?? '';
    const error =
      fields.length === header.length
        ? fault(values)
        : `it has ${fields.length} values, and the header ${header.length}`;
    return { line, values, ...(error && { error }) };
  });
  return { rows, ignored };
}

function readNdjson(text: string): FileRead {
  const rows = text.split('\n').flatMap((content, index) => {
    if (content.trim() === '') return [];
    const line = index + 1;
    try {
      const read = JSON.parse(content) as Record<string, unknown>;
      const values: FileRow['values'] = {};
      for (const column of COLUMNS) if (read[column] != null) values[column] = String(read[column]).trim();
      values.provider = values.provider?.toLowerCase() ?? '';
      const error = fault(values);
      return [{ line, values, ...(error && { error }) }];
    } catch {
      return [{ line, values: {}, error: 'it is no JSON object' }];
    }
  });
  return { rows, ignored: [] };
}

/** What is wrong with a line. */
function fault({ provider = '', vehicle = '', vin = '', year = '' }: FileRow['values']): string | undefined {
  if (!(PROVIDERS as readonly string[]).includes(provider))
    return 'the provider is none of smartcar, telematica, telemax';
  if (!vehicle || new TextEncoder().encode(vehicle).length > 128)
    return 'the vehicle’s id is missing or too long';
  if (!/^[a-z0-9]{17}$/i.test(vin)) return 'a VIN has 17 letters and digits';
  if (year && !/^(19|20|21)\d\d$|^2200$/.test(year)) return 'the year is not a number from 1900 to 2200';
  return undefined;
}

/** The records of CSV with the lines on which they begin; empty lines are passed over. */
function parse(text: string): { line: number; fields: string[] }[] {
  const records: { line: number; fields: string[] }[] = [];
  let fields: string[] = [];
  let field = '';
  let quoted = false;
  let line = 1;
  let begun = 1;
  const end = () => {
    fields.push(field);
    if (fields.length > 1 || fields[0]?.trim()) records.push({ line: begun, fields });
    fields = [];
    field = '';
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '\n') line += 1;
    if (quoted) {
      if (char !== '"') field += char;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"' && field.trim() === '') {
      quoted = true;
      field = '';
    } else if (char === ',') {
      fields.push(field);
      field = '';
    } else if (char === '\n') {
      end();
      begun = line;
    } else if (char !== '\r') field += char;
  }
  if (field !== '' || fields.length > 0) end();
  return records;
}

function isColumn(name: string): name is Column {
  return (COLUMNS as readonly string[]).includes(name);
}
