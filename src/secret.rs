//! Secrets and keyrings. A secret never prints; a keyring holds several keys, so that a key can
//! be rotated with nothing refused.

use crate::base64;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A secret text. `Debug` shows that there is one and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text that must not be printed.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that has to send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How the bytes of a key are read from the text of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFormat {
    /// The decoded hex digits.
    Hex,
    /// The decoded base64 after an optional `whsec_`, padded or not (Standard Webhooks).
    StandardWebhooks,
    /// The UTF-8 bytes of the text.
    Utf8,
}

/// Why a text is no usable secret. The text itself is never part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretError {
    /// There is no secret at all, or it is empty or a bare prefix.
    Empty,
    /// Not base64, with or without padding.
    NotBase64,
    /// Not an even number of hex digits.
    NotHex,
    /// White space at an end or inside, which is a slip of copying.
    WhiteSpace,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl SecretError {
    /// What is wrong, and what to do.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "The secret is empty. Copy it from the provider's dashboard.",
            Self::NotBase64 => {
                "The secret is not base64 after its prefix whsec_. Copy it whole, as the \
                 provider's dashboard shows it."
            }
            Self::NotHex => {
                "The secret is not an even number of hex digits. Copy it whole, or set its \
                 encoding to utf8."
            }
            Self::WhiteSpace => "The secret has white space in it. Copy it again without.",
        }
    }
}

impl core::error::Error for SecretError {}

/// HMAC-SHA256 keys, tried in order; the first one also signs what has to be signed.
///
/// The keys are prepared once: making a MAC with them hashes no key material again.
#[derive(Clone)]
pub struct Keyring {
    first: Hmac<Sha256>,
    others: Vec<Hmac<Sha256>>,
}

impl Keyring {
    /// Makes a keyring of secrets taken verbatim.
    ///
    /// # Errors
    /// The first secret that is unusable, or [`SecretError::Empty`] when there is none.
    pub fn new<'a>(
        secrets: impl IntoIterator<Item = &'a str>,
        format: KeyFormat,
    ) -> Result<Self, SecretError> {
        let mut keys = secrets.into_iter().map(|secret| prepare(secret, format));
        let first = keys.next().ok_or(SecretError::Empty)??;
        Ok(Self {
            first,
            others: keys.collect::<Result<_, _>>()?,
        })
    }

    /// Makes a keyring of a configured list: values separated by commas or white space.
    ///
    /// Values that are unusable are left out, so that a slip in a new key does not refuse what
    /// the old one signs.
    ///
    /// # Errors
    /// What is wrong with the first value when none is usable.
    pub fn from_list(list: &str, format: KeyFormat) -> Result<Self, SecretError> {
        let mut fault = SecretError::Empty;
        let mut keys = Vec::new();
        for value in split_list(list) {
            match prepare(value, format) {
                Ok(key) => keys.push(key),
                Err(error) if fault == SecretError::Empty => fault = error,
                Err(_) => {}
            }
        }
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(fault)?;
        Ok(Self {
            first,
            others: keys.collect(),
        })
    }

    /// How many keys there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.others.len() + 1
    }
}

/// What signs and recognises: a [`Keyring`], or one whose HMAC the platform computes.
pub trait Keys {
    /// The tag of `parts`, one after the other, under the first key.
    fn sign(&self, parts: &[&[u8]]) -> [u8; 32];

    /// The place of the first key under which one of `tags` is the tag of `parts`.
    ///
    /// Tags are compared in constant time; every tag is compared under every key that is tried.
    fn find(&self, parts: &[&[u8]], tags: &[[u8; 32]]) -> Option<usize>;
}

impl Keys for Keyring {
    fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        tag(&self.first, parts)
    }

    fn find(&self, parts: &[&[u8]], tags: &[[u8; 32]]) -> Option<usize> {
        core::iter::once(&self.first)
            .chain(&self.others)
            .position(|key| is_among(tag(key, parts), tags))
    }
}

/// Whether `tag` is one of `tags`, each compared in constant time.
#[must_use]
pub fn is_among(tag: [u8; 32], tags: &[[u8; 32]]) -> bool {
    let guarded = |tag: [u8; 32]| CtOutput::<Hmac<Sha256>>::new(tag.into());
    let tag = guarded(tag);
    tags.iter()
        .fold(false, |found, other| found | (tag == guarded(*other)))
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} keys)", self.count())
    }
}

/// Bearer tokens, compared in constant time whatever their lengths.
#[derive(Clone)]
pub struct BearerRing(Vec<[u8; 32]>);

impl BearerRing {
    /// Makes a ring of tokens taken verbatim.
    ///
    /// # Errors
    /// [`SecretError::Empty`] when there is none or one of them is empty.
    pub fn new<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Result<Self, SecretError> {
        let tokens: Vec<&str> = tokens.into_iter().collect();
        if tokens.is_empty() || tokens.iter().any(|token| token.is_empty()) {
            return Err(SecretError::Empty);
        }
        Ok(Self(tokens.into_iter().map(digest).collect()))
    }

    /// Makes a ring of a configured list: tokens separated by commas or white space.
    ///
    /// # Errors
    /// [`SecretError::Empty`] when the list has no token.
    pub fn from_list(list: &str) -> Result<Self, SecretError> {
        Self::new(split_list(list))
    }

    /// The place of the first token that equals `token`.
    #[must_use]
    pub fn find(&self, token: &str) -> Option<usize> {
        let given = digest(token);
        self.0.iter().position(|known| is_among(given, &[*known]))
    }

    /// Whether the value of an `Authorization` header carries one of these tokens.
    #[must_use]
    pub fn find_in_header(&self, value: &str) -> Option<usize> {
        let (scheme, token) = value.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            self.find(token.trim())
        } else {
            None
        }
    }
}

impl fmt::Debug for BearerRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BearerRing({} tokens)", self.0.len())
    }
}

/// Reads a configured list: values separated by commas or white space, empty ones left out.
pub fn split_list(list: &str) -> impl Iterator<Item = &str> {
    list.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|value| !value.is_empty())
}

fn prepare(secret: &str, format: KeyFormat) -> Result<Hmac<Sha256>, SecretError> {
    key_of(secret, format).map(|key| keyed(&key))
}

/// The bytes of the key in a secret.
///
/// # Errors
/// What is wrong with the secret.
pub fn key_of(secret: &str, format: KeyFormat) -> Result<Vec<u8>, SecretError> {
    if secret.chars().any(char::is_whitespace) {
        return Err(SecretError::WhiteSpace);
    }
    let key = match format {
        KeyFormat::Hex => hex::decode(secret).map_err(|_| SecretError::NotHex)?,
        KeyFormat::StandardWebhooks => {
            let text = secret.strip_prefix("whsec_").unwrap_or(secret);
            let mut key = vec![0; text.len()];
            // As the official libraries read secrets; signatures are read strictly.
            let len = base64::decode(text.as_bytes(), base64::Form::Lenient, &mut key)
                .ok_or(SecretError::NotBase64)?;
            key.truncate(len);
            key
        }
        KeyFormat::Utf8 => secret.as_bytes().to_vec(),
    };
    if key.is_empty() {
        return Err(SecretError::Empty);
    }
    Ok(key)
}

/// HMAC takes keys of every length, so that this cannot fail.
#[inline(never)]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .unwrap_or_else(|_| Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default()))
}

// Two copies of it would be a fiftieth of the npm package.
#[inline(never)]
fn tag(key: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = key.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Tokens are compared by a digest, so that the comparison tells nothing about their length.
fn digest(token: &str) -> [u8; 32] {
    tag(&keyed(b"weighbridge bearer token"), &[token.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_prints() {
        let ring = Keyring::new(["hunter2"], KeyFormat::Utf8).unwrap();
        let tokens = BearerRing::new(["hunter2"]).unwrap();
        let shown = format!("{:?} {ring:?} {tokens:?}", Secret::new("hunter2"));
        assert_eq!(shown, "Secret(…) Keyring(1 keys) BearerRing(1 tokens)");
    }

    #[test]
    fn lists_without_a_usable_value_are_no_keyring() {
        for list in ["", " ", ",", ", ,\n", "whsec_", "whsec_,whsec_"] {
            let made = Keyring::from_list(list, KeyFormat::StandardWebhooks);
            assert_eq!(made.err(), Some(SecretError::Empty), "{list:?}");
        }
        let made = Keyring::from_list("whsec_!", KeyFormat::StandardWebhooks);
        assert_eq!(made.err(), Some(SecretError::NotBase64));
        assert_eq!(
            Keyring::from_list("abc", KeyFormat::Hex).err(),
            Some(SecretError::NotHex)
        );
        assert_eq!(BearerRing::from_list(" , ").err(), Some(SecretError::Empty));
    }

    #[test]
    fn a_slip_in_one_value_leaves_the_others_usable() {
        let ring = Keyring::from_list("whsec_!! whsec_AAAA", KeyFormat::StandardWebhooks).unwrap();
        assert_eq!(ring.find(&[b"x"], &[ring.sign(&[b"x"])]), Some(0));
    }

    #[test]
    fn padding_of_a_secret_is_optional() {
        let padded = Keyring::new(["whsec_QUFBQQ=="], KeyFormat::StandardWebhooks).unwrap();
        let bare = Keyring::new(["QUFBQQ"], KeyFormat::StandardWebhooks).unwrap();
        assert_eq!(padded.sign(&[b"x"]), bare.sign(&[b"x"]));
    }

    #[test]
    fn a_secret_with_white_space_is_told() {
        let made = Keyring::new(["amt "], KeyFormat::Utf8);
        assert_eq!(made.err(), Some(SecretError::WhiteSpace));
    }

    #[test]
    fn bearer_headers_need_the_scheme_and_the_whole_token() {
        let ring = BearerRing::from_list("one two").unwrap();
        assert_eq!(ring.find_in_header("Bearer two"), Some(1));
        assert_eq!(ring.find_in_header("bearer  one"), Some(0));
        for value in [
            "two",
            "Basic two",
            "Bearer",
            "Bearer ",
            "Bearer tw",
            "Bearer two2",
            "Bearertwo",
        ] {
            assert_eq!(ring.find_in_header(value), None, "{value}");
        }
    }
}
