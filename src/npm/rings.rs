//! Prepared keys and tokens, kept under a number.

use crate::npm::buffers::items;
use crate::secret::{BearerRing, KeyFormat, Keyring, SecretError};
use alloc::vec::Vec;
use atomic_refcell::AtomicRefCell;

static RINGS: AtomicRefCell<Vec<Option<Ring>>> = AtomicRefCell::new(Vec::new());

/// What a delivery is held against.
pub enum Ring {
    Keys(Keyring),
    Tokens(BearerRing),
}

impl Ring {
    /// Makes a ring of the secrets that are the items of `input`.
    ///
    /// `kind` is 0 for keys in UTF-8, 1 in hex, 2 of Standard Webhooks, and 3 for bearer tokens.
    pub fn new(kind: usize, input: &[u8], count: usize) -> Result<Self, SecretError> {
        let secrets =
            items(input, count).map(|(_, secret)| core::str::from_utf8(secret).unwrap_or_default());
        let format = match kind {
            0 => KeyFormat::Utf8,
            1 => KeyFormat::Hex,
            2 => KeyFormat::StandardWebhooks,
            _ => return BearerRing::new(secrets).map(Self::Tokens),
        };
        Keyring::new(secrets, format).map(Self::Keys)
    }
}

/// Keeps a ring under the first number that is free.
pub fn keep(ring: Ring) -> i32 {
    let mut rings = RINGS.borrow_mut();
    let place = rings
        .iter()
        .position(Option::is_none)
        .unwrap_or(rings.len());
    match rings.get_mut(place) {
        Some(free) => *free = Some(ring),
        None => rings.push(Some(ring)),
    }
    i32::try_from(place).unwrap_or(i32::MAX)
}

pub fn forget(place: usize) {
    if let Some(ring) = RINGS.borrow_mut().get_mut(place) {
        *ring = None;
    }
}

/// Runs with the keys under this number; `None` where there are none.
pub fn with_keys<T>(place: usize, run: impl FnOnce(&Keyring) -> T) -> Option<T> {
    match RINGS.borrow().get(place) {
        Some(Some(Ring::Keys(keys))) => Some(run(keys)),
        _ => None,
    }
}

/// Runs with the tokens under this number; `None` where there are none.
pub fn with_tokens<T>(place: usize, run: impl FnOnce(&BearerRing) -> T) -> Option<T> {
    match RINGS.borrow().get(place) {
        Some(Some(Ring::Tokens(tokens))) => Some(run(tokens)),
        _ => None,
    }
}
