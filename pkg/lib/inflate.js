// Decompression of raw deflate data (RFC 1951), for platforms that have none that answers at once.

/** Decompresses `input` into `size` bytes. It has to be right: it comes from this package. */
export function inflate(input, size) {
  const output = new Uint8Array(size);
  let [from, to, bits, held] = [0, 0, 0, 0];

  const take = (count) => {
    while (held < count) {
      bits |= input[from++] << held;
      held += 8;
    }
    const value = bits & ((1 << count) - 1);
    bits >>>= count;
    held -= count;
    return value;
  };

  /** The next symbol of a canonical code: `counts` codes of each length, and their symbols in order. */
  const decode = ({ counts, symbols }) => {
    for (; held < LONGEST; held += 8) bits |= input[from++] << held;
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; ; length++) {
      code |= (bits >>> (length - 1)) & 1;
      const count = counts[length];
      if (code - count < first) {
        bits >>>= length;
        held -= length;
        return symbols[index + code - first];
      }
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
  };

  const copyBlock = (literals, distances) => {
    for (;;) {
      const symbol = decode(literals);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) {
        output[to++] = symbol;
        continue;
      }
      const length = LENGTHS[symbol - 257] + take(LENGTH_BITS[symbol - 257]);
      const place = decode(distances);
      const distance = DISTANCES[place] + take(DISTANCE_BITS[place]);
      for (const end = to + length; to < end; to++) output[to] = output[to - distance];
    }
  };

  const dynamicCodes = () => {
    const [literals, distances, lengths] = [take(5) + 257, take(5) + 1, take(4) + 4];
    const order = new Uint8Array(19);
    for (let index = 0; index < lengths; index++) order[CODE_ORDER[index]] = take(3);
    const code = codeOf(order);
    const all = [];
    while (all.length < literals + distances) {
      const symbol = decode(code);
      if (symbol < 16) all.push(symbol);
      else if (symbol === 16) push(all, all[all.length - 1], 3 + take(2));
      else push(all, 0, symbol === 17 ? 3 + take(3) : 11 + take(7));
    }
    return [codeOf(all.slice(0, literals)), codeOf(all.slice(literals))];
  };

  for (let last = 0; last === 0; ) {
    last = take(1);
    const kind = take(2);
    if (kind === 0) {
      from -= held >> 3;
      [bits, held] = [0, 0];
      const length = input[from] | (input[from + 1] << 8);
      output.set(input.subarray(from + 4, from + 4 + length), to);
      from += 4 + length;
      to += length;
    } else {
      copyBlock(...(kind === 1 ? FIXED_CODES : dynamicCodes()));
    }
  }
  return output;
}

/** The canonical code in which symbol `n` has a code of `lengths[n]` bits. */
function codeOf(lengths) {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length] += 1;
  counts[0] = 0;
  const places = new Uint16Array(17);
  for (let length = 1; length < 16; length++) places[length + 1] = places[length] + counts[length];
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length > 0) symbols[places[length]++] = symbol;
  });
  return { counts, symbols };
}

function push(list, value, times) {
  for (let time = 0; time < times; time++) list.push(value);
}

/** What grows with its number of extra bits, from `start` on. */
function sums(start, bits) {
  let sum = start;
  return bits.map((extra) => {
    const here = sum;
    sum += 1 << extra;
    return here;
  });
}

const LONGEST = 15;
const END_OF_BLOCK = 256;
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTH_BITS = [...Array.from({ length: 28 }, (_, place) => Math.max(0, (place >> 2) - 1)), 0];
const LENGTHS = [...sums(3, LENGTH_BITS.slice(0, 28)), 258];
const DISTANCE_BITS = Array.from({ length: 30 }, (_, place) => Math.max(0, (place >> 1) - 1));
const DISTANCES = sums(1, DISTANCE_BITS);
const FIXED_CODES = [
  codeOf(
    Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
  ),
  codeOf(new Array(30).fill(5)),
];
