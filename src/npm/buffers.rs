//! The two buffers through which JavaScript and the core exchange text and bytes.
//!
//! An item in the input is one byte, a number, four bytes, a little-endian length, and then as many
//! bytes.

use crate::inbound::Headers;
use alloc::vec::Vec;
use atomic_refcell::AtomicRefCell;

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

/// The items in `input`, each with its number.
pub fn items(mut input: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    core::iter::from_fn(move || {
        let (number, rest) = input.split_first()?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let (item, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        input = rest;
        Some((usize::from(*number), item))
    })
}

/// The headers in the first `head` bytes, whose items are numbered by their place in `names`.
pub fn headers_of(input: &[u8], head: usize, names: &[&'static str]) -> Headers {
    let mut headers = Headers::with_capacity(names.len(), head);
    for (name, value) in items(input.get(..head).unwrap_or_default()) {
        if let (Some(name), Ok(value)) = (names.get(name), core::str::from_utf8(value)) {
            headers.append_known(name, value);
        }
    }
    headers
}

/// The `len` bytes that follow the first `head`.
pub fn body_of(input: &[u8], head: usize, len: usize) -> &[u8] {
    input
        .get(head..)
        .and_then(|rest| rest.get(..len))
        .unwrap_or_default()
}
