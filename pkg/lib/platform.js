// What the core asks of JavaScript in the middle of a call.

/** Gives the tag of the delivery at hand under the key of this index, a character for each byte. */
let tagOf;

/** Has `compute(index)` answer for tags until the next call. */
export function computeTagsWith(compute) {
  tagOf = compute;
}

/** Called by the core: writes a tag. */
export function platformTag(index, tag) {
  const characters = tagOf(index);
  for (let at = 0; at < 32; at++) tag[at] = characters.charCodeAt(at);
}

/** Called by the core: writes the shortest text that reads back as `number`, and gives its length. */
export function platformNumber(number, text) {
  const digits = String(number);
  for (let at = 0; at < digits.length; at++) text[at] = digits.charCodeAt(at);
  return digits.length;
}
