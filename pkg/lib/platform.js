// What the core asks of JavaScript in the middle of a call.

/** Gives the inner hash of the delivery at hand under the key of this index, a character for each byte. */
let hashOf;

/** Has `compute(index)` answer for hashes until the next call. */
export function computeHashesWith(compute) {
  hashOf = compute;
}

/** Called by the core: writes a hash. */
export function platformHash(index, hash) {
  const characters = hashOf(index);
  for (let at = 0; at < 32; at++) hash[at] = characters.charCodeAt(at);
}

/** Called by the core: reads a number, whose digits come as bytes. */
export function platformReadNumber(text) {
  let digits = '';
  for (const byte of text) digits += String.fromCharCode(byte);
  return Number(digits);
}

/** Called by the core: writes the shortest text that reads back as `number`, and gives its length. */
export function platformWriteNumber(number, text) {
  const digits = String(number);
  for (let at = 0; at < digits.length; at++) text[at] = digits.charCodeAt(at);
  return digits.length;
}
