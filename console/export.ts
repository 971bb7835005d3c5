// All mappings as a CSV file, read page by page.

import { call, type Mapping } from './api.ts';
import { COLUMNS, csvLine } from './csv.ts';

/** Reads all mappings, says after each page how many there are so far, and has the browser save them. */
export async function exportMappings(progress: (n: number) => void): Promise<void> {
  const parts = [csvLine([...COLUMNS])];
  let cursor: string | undefined;
  let n = 0;
  do {
    const page: { mappings: Mapping[]; cursor?: string } = await call('GET', '/api/mappings', {
      query: { limit: 500, cursor },
    });
    for (const mapping of page.mappings)
      parts.push(csvLine(COLUMNS.map((column) => String(mapping[column] ?? ''))));
    n += page.mappings.length;
    progress(n);
    cursor = page.cursor;
  } while (cursor);
  save(
    new Blob(parts, { type: 'text/csv' }),
    `weighbridge-mappings-${new Date().toISOString().slice(0, 10)}.csv`,
  );
}

function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
