// Markdown tables.

/** The first row is the head; every column but the first is aligned to the right. */
export function table([head, ...rows]) {
  const rule = head.map((_, index) => (index === 0 ? '---' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The value in the middle. */
export function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** A multiple, as in `0.83 ×`. */
export function times(number) {
  return `${number.toFixed(number < 10 ? 2 : 1)} ×`;
}
