//! Proves that a delivery is genuine. This is the only place that makes a [`Verified`].
//!
//! Standard Webhooks: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use crate::base64;
use crate::freshness;
use crate::inbound::{Field, Headers, Inbound};
use crate::rejection::{Malformed, Rejection};
use crate::secret::{BearerRing, Keys};
use crate::timestamp::UtcMillis;
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use sha2::{Digest, Sha256};

/// What a provider signs, and where it puts the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Hex of HMAC-SHA256 over the body, in one header, after a prefix that may be empty.
    HexOfBody {
        /// The header's name in lower case.
        header: &'static str,
        /// What stands before the 64 hex digits.
        prefix: &'static str,
    },
    /// `id.timestamp.body`, in the headers `svix-…` or `webhook-…`.
    StandardWebhooks,
}

/// A delivery that is proven genuine.
#[derive(Clone, Debug)]
pub struct Verified<'a> {
    inbound: &'a Inbound<'a>,
    key_index: usize,
    id: Option<&'a str>,
    timestamp: Option<i64>,
}

impl<'a> Verified<'a> {
    /// The exact bytes that were signed.
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        self.inbound.body
    }

    /// The headers. Apart from those that the scheme covers, they are the sender's word only.
    #[must_use]
    pub const fn headers(&self) -> &'a Headers<'a> {
        &self.inbound.headers
    }

    /// The signed message id, where the scheme has one.
    #[must_use]
    pub const fn id(&self) -> Option<&'a str> {
        self.id
    }

    /// The place in the keyring of the key, or the token, that fits.
    #[must_use]
    pub const fn key_index(&self) -> usize {
        self.key_index
    }

    /// When the delivery arrived.
    #[must_use]
    pub const fn received_at(&self) -> UtcMillis {
        self.inbound.received_at
    }

    /// The signed time in seconds since 1970, where the scheme has one.
    #[must_use]
    pub const fn timestamp(&self) -> Option<i64> {
        self.timestamp
    }

    /// The SHA-256 of the body in hex: an id for deliveries that carry none.
    #[must_use]
    pub fn body_hash(&self) -> String {
        hex::encode(Sha256::digest(self.body()))
    }
}

/// The headers that `scheme` reads, in lower case.
#[must_use]
pub const fn headers_of(scheme: Scheme) -> &'static [&'static str] {
    match scheme {
        Scheme::HexOfBody { .. } => &[],
        Scheme::StandardWebhooks => &STANDARD_WEBHOOKS_HEADERS,
    }
}

/// Verifies a delivery against a keyring, at the time of its arrival.
///
/// `tolerance` is in seconds and matters only to schemes that sign a time.
///
/// # Errors
/// The first of: a missing header, an invalid or stale timestamp, a malformed signature, a
/// signature that no key gives.
pub fn verify<'a>(
    scheme: Scheme,
    inbound: &'a Inbound<'a>,
    keyring: &impl Keys,
    tolerance: i64,
) -> Result<Verified<'a>, Rejection> {
    match scheme {
        Scheme::HexOfBody { header, prefix } => verify_hex(inbound, keyring, header, prefix),
        Scheme::StandardWebhooks => verify_standard_webhooks(inbound, keyring, tolerance),
    }
}

/// Verifies a delivery by the bearer token in its `Authorization` header.
///
/// # Errors
/// [`Rejection::MissingHeader`] without the header, [`Rejection::MalformedSignature`] when it
/// came more than once, [`Rejection::Unauthorized`] when no token fits.
pub fn verify_bearer<'a>(
    inbound: &'a Inbound<'a>,
    tokens: &BearerRing,
) -> Result<Verified<'a>, Rejection> {
    let value = required(&inbound.headers, &["authorization"])?;
    let key_index = tokens
        .find_in_header(value)
        .ok_or(Rejection::Unauthorized)?;
    Ok(Verified {
        inbound,
        key_index,
        id: None,
        timestamp: None,
    })
}

/// Whether any header of Standard Webhooks is there, in either spelling.
#[must_use]
pub fn has_standard_webhooks_headers(headers: &Headers<'_>) -> bool {
    STANDARD_WEBHOOKS_HEADERS
        .iter()
        .any(|name| headers.contains(name))
}

/// The headers that a provider would send with `body`.
///
/// `id` and `timestamp` (in seconds) are used by schemes that sign them.
#[must_use]
pub fn sign(
    scheme: Scheme,
    keyring: &impl Keys,
    id: &str,
    timestamp: i64,
    body: &[u8],
) -> Vec<(&'static str, String)> {
    match scheme {
        Scheme::HexOfBody { header, prefix } => {
            vec![(
                header,
                [prefix, &hex::encode(keyring.sign(&[body]))].concat(),
            )]
        }
        Scheme::StandardWebhooks => {
            let timestamp = timestamp.to_string();
            let tag = keyring.sign(&[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]);
            vec![
                ("svix-id", id.to_owned()),
                ("svix-timestamp", timestamp),
                ("svix-signature", ["v1,", &base64::encode(&tag)].concat()),
            ]
        }
    }
}

fn verify_hex<'a>(
    inbound: &'a Inbound<'a>,
    keyring: &impl Keys,
    header: &'static str,
    prefix: &'static str,
) -> Result<Verified<'a>, Rejection> {
    let value = required(&inbound.headers, &[header])?;
    let digits = value
        .strip_prefix(prefix)
        .ok_or(Rejection::MalformedSignature(Malformed::Prefix(prefix)))?;
    let mut tag = [0; 32];
    if hex::decode_to_slice(digits, &mut tag).is_err() {
        let malformed = if decode_tag(digits.as_bytes()).is_some() {
            Malformed::Base64
        } else {
            Malformed::NotHex
        };
        return Err(Rejection::MalformedSignature(malformed));
    }
    let key_index = keyring
        .find(&[inbound.body], &[tag])
        .ok_or(Rejection::SignatureMismatch)?;
    Ok(Verified {
        inbound,
        key_index,
        id: None,
        timestamp: None,
    })
}

fn verify_standard_webhooks<'a>(
    inbound: &'a Inbound<'a>,
    keyring: &impl Keys,
    tolerance: i64,
) -> Result<Verified<'a>, Rejection> {
    // Either spelling, header by header, as the official libraries do.
    let id = required(&inbound.headers, &["svix-id", "webhook-id"])?;
    let signatures = required(&inbound.headers, &["svix-signature", "webhook-signature"])?;
    let timestamp = present(&inbound.headers, &["svix-timestamp", "webhook-timestamp"])?;
    let seconds = freshness::parse_seconds(timestamp)?;
    freshness::check(seconds, inbound.received_at.as_seconds(), tolerance)?;

    // Tokens of another version, and what is no token at all, are left for others to read.
    let tags: Vec<[u8; 32]> = signatures
        .as_bytes()
        .split(|byte| *byte == b' ')
        .filter_map(|token| token.strip_prefix(b"v1,"))
        .filter_map(decode_tag)
        .collect();
    if tags.is_empty() {
        return Err(Rejection::MalformedSignature(Malformed::NoToken));
    }
    // The timestamp is signed as the text that came, never as the number that it means.
    let parts = [
        id.as_bytes(),
        b".",
        timestamp.as_bytes(),
        b".",
        inbound.body,
    ];
    let key_index = keyring
        .find(&parts, &tags)
        .ok_or(Rejection::SignatureMismatch)?;
    Ok(Verified {
        inbound,
        key_index,
        id: Some(id),
        timestamp: Some(seconds),
    })
}

/// The first of `names` that is there, which must be there once and not be empty.
fn required<'a>(headers: &'a Headers<'a>, names: &[&'static str]) -> Result<&'a str, Rejection> {
    match present(headers, names)? {
        "" => Err(Rejection::MissingHeader(
            names.first().copied().unwrap_or_default(),
        )),
        value => Ok(value),
    }
}

/// The first of `names` that is there, which must be there once and may be empty.
fn present<'a>(headers: &'a Headers<'a>, names: &[&'static str]) -> Result<&'a str, Rejection> {
    for name in names {
        match headers.field(name) {
            Field::Absent => {}
            Field::Once(value) => return Ok(value),
            Field::Repeated => {
                return Err(Rejection::MalformedSignature(Malformed::Repeated(name)));
            }
        }
    }
    Err(Rejection::MissingHeader(
        names.first().copied().unwrap_or_default(),
    ))
}

/// Reads 32 bytes of strict, padded base64: one text for one tag, so that no byte can be changed.
fn decode_tag(text: &[u8]) -> Option<[u8; 32]> {
    let mut tag = [0; 32];
    let len = base64::decode(text, base64::Form::Strict, &mut tag)?;
    (len == tag.len()).then_some(tag)
}

const STANDARD_WEBHOOKS_HEADERS: [&str; 6] = [
    "svix-id",
    "svix-timestamp",
    "svix-signature",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
];
