//! Prepared keys and tokens, kept under a number.

use crate::npm::buffers::items;
use crate::secret::{BearerRing, KeyFormat, Keyring, SecretError, key_of};
use alloc::vec::Vec;
use atomic_refcell::AtomicRefCell;
use sha2::{Digest, Sha256};

static RINGS: AtomicRefCell<Vec<Option<Ring>>> = AtomicRefCell::new(Vec::new());

/// What a delivery is held against.
pub enum Ring {
    Keys(Keys),
    Tokens(BearerRing),
}

/// Keys whose HMAC is computed here, or from the half of it that the platform computed.
pub struct Keys {
    pub ring: Keyring,
    outer: Vec<Sha256>,
}

impl Keys {
    /// The tag under the key at this place whose inner hash is `inner`: the outer half of HMAC (RFC 2104).
    pub fn finish(&self, place: usize, inner: &[u8; 32]) -> Option<[u8; 32]> {
        let outer = self.outer.get(place)?.clone();
        Some(outer.chain_update(inner).finalize().into())
    }
}

/// The outer hash under this key, as far as it goes without the inner one.
fn outer(key: &[u8]) -> Sha256 {
    let hashed: [u8; 32];
    let mut block = [0x5c; 64];
    let short = if key.len() > block.len() {
        hashed = Sha256::digest(key).into();
        &hashed
    } else {
        key
    };
    for (byte, known) in block.iter_mut().zip(short) {
        *byte ^= known;
    }
    Sha256::new_with_prefix(block)
}

impl Ring {
    /// Makes a ring of the secrets that are the items of `input`.
    ///
    /// `kind` is 0 for keys in UTF-8, 1 in hex, 2 of Standard Webhooks, and 3 for bearer tokens.
    pub fn new(kind: usize, input: &[u8], count: usize) -> Result<Self, SecretError> {
        let secrets = || {
            items(input, count).map(|(_, secret)| core::str::from_utf8(secret).unwrap_or_default())
        };
        let format = match kind {
            0 => KeyFormat::Utf8,
            1 => KeyFormat::Hex,
            2 => KeyFormat::StandardWebhooks,
            _ => return BearerRing::new(secrets()).map(Self::Tokens),
        };
        let ring = Keyring::new(secrets(), format)?;
        let keys = secrets().map(|secret| key_of(secret, format));
        let outer = keys.map(|key| key.map(|key| outer(&key)));
        Ok(Self::Keys(Keys {
            ring,
            outer: outer.collect::<Result<_, _>>()?,
        }))
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
pub fn with_keys<T>(place: usize, run: impl FnOnce(&Keys) -> T) -> Option<T> {
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
