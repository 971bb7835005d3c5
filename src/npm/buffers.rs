//! The two buffers through which JavaScript and the core exchange text and bytes.
//!
//! The input begins with a table of items. Each is three little-endian words: a number, and the places
//! in the input where the item begins and ends.

use crate::inbound::{Headers, Inbound};
use crate::timestamp::UtcMillis;
use alloc::vec::Vec;
use atomic_refcell::AtomicRefCell;

/// The number of the item that is a body. Those of headers are smaller.
pub const BODY: usize = 256;

/// The number of the item that is the inner hash which the platform computed under the first key.
const HASH: usize = 257;

static INPUT: AtomicRefCell<Vec<u8>> = AtomicRefCell::new(Vec::new());
static OUTPUT: AtomicRefCell<Vec<u8>> = AtomicRefCell::new(Vec::new());

pub fn input(len: usize) -> *const u8 {
    let mut input = INPUT.borrow_mut();
    // A fresh buffer: growing the old one would copy what nobody needs any more.
    *input = Vec::new();
    input.resize(len, 0);
    input.as_mut_ptr().cast_const()
}

pub fn with_input<T>(run: impl FnOnce(&[u8]) -> T) -> T {
    run(&INPUT.borrow())
}

pub fn output() -> *const u8 {
    OUTPUT.borrow().as_ptr()
}

/// Keeps an answer and gives its length.
pub fn answer(text: Vec<u8>) -> usize {
    let mut output = OUTPUT.borrow_mut();
    *output = text;
    output.len()
}

/// The first `count` items of `input`, each with its number.
pub fn items(input: &[u8], count: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let (words, _) = input.as_chunks::<4>();
    let (table, _) = words.as_chunks::<3>();
    table.iter().take(count).filter_map(|item| {
        let [number, begin, end] = item.map(|word| u32::from_le_bytes(word) as usize);
        Some((number, input.get(begin..end)?))
    })
}

/// The first item of this number; empty where there is none.
pub fn item(input: &[u8], count: usize, wanted: usize) -> &[u8] {
    items(input, count)
        .find(|(number, _)| *number == wanted)
        .map_or(&[], |(_, item)| item)
}

/// The delivery in the input, whose headers are numbered by their place in `names`, and the inner hash
/// that came with it.
pub fn delivery<'a>(
    input: &'a [u8],
    count: usize,
    names: &[&'static str],
    received_at: UtcMillis,
) -> (Inbound<'a>, Option<&'a [u8; 32]>) {
    let mut headers = Headers::with_capacity(count);
    let mut body: &[u8] = &[];
    let mut hash = None;
    for (number, item) in items(input, count) {
        match number {
            BODY => body = item,
            HASH => hash = item.first_chunk(),
            _ => {
                if let (Some(name), Ok(value)) = (names.get(number), core::str::from_utf8(item)) {
                    headers.append_known(name, value);
                }
            }
        }
    }
    let inbound = Inbound {
        headers,
        body,
        received_at,
    };
    (inbound, hash)
}
