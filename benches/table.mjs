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

/** A line for the last table: whether what was measured is at most what it aims at. */
export function atMost(what, value, aim, show = (number) => number.toFixed(2)) {
  return [what, show(value), `≤ ${show(aim)}`, value <= aim ? '✓' : '✗'];
}

/** The same where it should be at least that. */
export function atLeast(what, value, aim, show = (number) => number.toFixed(2)) {
  return [what, show(value), `≥ ${show(aim)}`, value >= aim ? '✓' : '✗'];
}

/** A multiple, as in `0.83 ×`. */
export function times(number) {
  return `${number.toFixed(number < 10 ? 2 : 1)} ×`;
}
