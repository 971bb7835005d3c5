//! HMAC-SHA256 (RFC 2104) under a key that is prepared once: the state of SHA-256 behind the key's block, for
//! either half.
//!
//! By hand over the library's compression function, because a small delivery has four blocks to hash, and
//! the library's buffers cost it as much as one of them.

use core::slice::from_ref;
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

/// A prepared key.
#[derive(Clone)]
pub struct MacKey {
    inner: State,
    outer: State,
}

type State = [u32; 8];

impl MacKey {
    /// Prepares a key of any length.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        let hashed: [u8; 32];
        let short = if key.len() > BLOCK {
            hashed = Sha256::digest(key).into();
            &hashed
        } else {
            key
        };
        let keyed = |pad: u8| {
            let mut block = [pad; BLOCK];
            for (byte, known) in block.iter_mut().zip(short) {
                *byte ^= known;
            }
            let mut state = INITIAL;
            compress256(&mut state, from_ref(&block));
            state
        };
        Self {
            inner: keyed(0x36),
            outer: keyed(0x5c),
        }
    }

    /// The tag of `parts`, one after the other.
    // Two copies of it would be a fiftieth of the npm package.
    #[inline(never)]
    #[must_use]
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut state = self.inner;
        // Behind what is held, a block is zero.
        let mut block = [0; BLOCK];
        let mut held = 0;
        let mut len = BLOCK;
        for part in parts {
            len += part.len();
            let mut part = *part;
            if held > 0 {
                let (begin, rest) = part.split_at(part.len().min(BLOCK - held));
                put(&mut block, held, begin);
                held += begin.len();
                part = rest;
                if held < BLOCK {
                    continue;
                }
                compress256(&mut state, from_ref(&block));
                block = [0; BLOCK];
            }
            let (blocks, rest) = part.as_chunks();
            compress256(&mut state, blocks);
            put(&mut block, 0, rest);
            held = rest.len();
        }
        self.finish(&ended(&mut state, &mut block, held, len))
    }

    /// The tag whose inner hash is `inner`.
    #[must_use]
    pub fn finish(&self, inner: &[u8; 32]) -> [u8; 32] {
        let mut block = [0; BLOCK];
        put(&mut block, 0, inner);
        ended(
            &mut self.outer.clone(),
            &mut block,
            inner.len(),
            BLOCK + inner.len(),
        )
    }
}

/// The hash of `len` bytes, the last of which are the first `held` ones of `block`, in front of zeros
/// (FIPS 180-4, section 5.1.1).
fn ended(state: &mut State, block: &mut [u8; BLOCK], held: usize, len: usize) -> [u8; 32] {
    put(block, held, &[0x80]);
    if held >= BLOCK - 8 {
        compress256(state, from_ref(block));
        *block = [0; BLOCK];
    }
    put(block, BLOCK - 8, &(len as u64 * 8).to_be_bytes());
    compress256(state, from_ref(block));
    let mut hash = [0; 32];
    for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    hash
}

/// Puts `bytes` into the block behind its first `held` ones.
#[inline]
fn put(block: &mut [u8; BLOCK], held: usize, bytes: &[u8]) {
    if let Some(place) = block.get_mut(held..held + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// How many bytes SHA-256 takes at a time.
const BLOCK: usize = 64;

/// FIPS 180-4, section 5.3.3.
const INITIAL: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tags_are_those_of_the_library(
            key in prop::collection::vec(any::<u8>(), 0..150),
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..6),
        ) {
            let mut known = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            for part in &parts {
                known.update(part);
            }
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let known: [u8; 32] = known.finalize().into_bytes().into();
            prop_assert_eq!(MacKey::new(&key).tag(&parts), known);
        }
    }

    #[test]
    fn every_length_around_a_block_is_padded_as_the_library_does() {
        let text = [7; 200];
        for len in 0..=text.len() {
            let text = &text[..len];
            let known = Hmac::<Sha256>::new_from_slice(b"key").unwrap();
            let known: [u8; 32] = known.chain_update(text).finalize().into_bytes().into();
            assert_eq!(MacKey::new(b"key").tag(&[text]), known, "{len}");
        }
    }
}
