// Decompression in JavaScript, against zlib's compression.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';
import { inflate } from '../../pkg/lib/inflate.js';
import { random } from './support/random.mjs';

it('gives back what was compressed, by every kind of block', () => {
  const draw = random('inflate');
  const { Z_FIXED, Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE } = constants;
  for (let round = 0; round < 300; round++) {
    const length = draw.below(round % 30 === 0 ? 300_000 : 3000);
    const kinds = [
      draw.bytes(length),
      Buffer.from(draw.text(length)),
      Buffer.alloc(length, draw.word(1 + draw.below(300))),
    ];
    const bytes = Buffer.from(kinds[round % 3]);
    for (const strategy of [Z_FIXED, Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE]) {
      for (const level of [0, 1, 9]) {
        const packed = deflateRawSync(bytes, { level, strategy });
        assert.ok(
          bytes.equals(inflate(packed, bytes.length)),
          `round ${round}, level ${level}, strategy ${strategy}`,
        );
      }
    }
  }
});
