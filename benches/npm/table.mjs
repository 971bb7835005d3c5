// Medians as a Markdown table: one candidate in microseconds, the others as multiples of it.

/** `columns` is `{ size: { candidate: number } }`; `base` is the candidate that is in microseconds. */
export function table(title, columns, base) {
  const sizes = Object.keys(columns);
  const names = Object.keys(columns[sizes[0]]);
  const cell = (name, size) => {
    const number = columns[size][name];
    if (name !== base) return `${number.toFixed(number < 10 ? 2 : 1)} ×`;
    return `${number.toFixed(number < 10 ? 2 : 0)} µs`;
  };
  const rows = names.map((name) => [name, ...sizes.map((size) => cell(name, size))]);
  const lines = [[title, ...sizes], ['---', ...sizes.map(() => '--:')], ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
