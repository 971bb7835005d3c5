//! A delivery as it came in: HTTP with HTTP removed. Nothing here has been verified.

use crate::timestamp::UtcMillis;
use alloc::borrow::{Cow, ToOwned};
use alloc::vec::Vec;
use core::fmt;

/// One delivery before verification: the headers that matter, the exact body bytes, and when it
/// arrived.
#[derive(Clone)]
pub struct Inbound<'a> {
    /// The request's headers, or at least those that the provider names.
    pub headers: Headers<'a>,
    /// The body as it came over the wire. A signature covers these bytes and no others.
    pub body: &'a [u8],
    /// When the delivery arrived.
    pub received_at: UtcMillis,
}

impl fmt::Debug for Inbound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            headers,
            body,
            received_at,
        } = self;
        write!(
            f,
            "Inbound({headers:?}, {} bytes, {received_at})",
            body.len()
        )
    }
}

/// What a lookup of one header gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// The header is not there.
    Absent,
    /// The header is there once; the value is without white space at its ends.
    Once(&'a str),
    /// The header came more than once, so that it cannot decide anything.
    Repeated,
}

/// Header names and values; names are compared without regard to case.
#[derive(Clone, Default)]
pub struct Headers<'a>(Vec<(Cow<'static, str>, Cow<'a, str>)>);

impl<'a> Headers<'a> {
    /// Makes room for this many headers.
    #[must_use]
    pub fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// Adds a header; adding a name again makes it a repeated one.
    pub fn append(&mut self, name: &str, value: impl Into<Cow<'a, str>>) {
        self.0
            .push((name.to_ascii_lowercase().into(), value.into()));
    }

    /// Adds a header whose name is known, and written in lower case.
    pub fn append_known(&mut self, name: &'static str, value: impl Into<Cow<'a, str>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Looks up `name`, which is written in lower case.
    ///
    /// HTTP stacks, Cloudflare's and Node's among them, fold repeated headers into one value
    /// joined by a comma and a space, which no single value that decides here contains.
    #[must_use]
    pub fn field(&self, name: &str) -> Field<'_> {
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        match (values.next(), values.next()) {
            (None, _) => Field::Absent,
            (Some((_, value)), None) => match trimmed(value) {
                value if is_folded(value.as_bytes()) => Field::Repeated,
                value => Field::Once(value),
            },
            _ => Field::Repeated,
        }
    }

    /// Whether a header of this name, written in lower case, is there at all.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

/// Shows names only: among the values are tokens.
impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// A value without white space at its ends. By bytes: every value is looked at.
fn trimmed(value: &str) -> &str {
    let blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    let bytes = value.as_bytes();
    let begin = bytes.iter().take_while(blank).count();
    let end = bytes.len() - bytes.iter().rev().take_while(blank).count();
    value.get(begin..end).unwrap_or_default()
}

/// Whether there is a space in `text`: eight bytes at a time, as this is asked of every value.
fn has_space(text: &[u8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const SPACES: u64 = u64::from_ne_bytes([b' '; 8]);
    let (words, rest) = text.as_chunks::<8>();
    let in_words = words.iter().any(|word| {
        let zero_at_space = u64::from_ne_bytes(*word) ^ SPACES;
        zero_at_space.wrapping_sub(ONES) & !zero_at_space & (ONES << 7) != 0
    });
    in_words || rest.contains(&b' ')
}

/// Whether a value is several ones joined by a comma and a space. A signature token that breaks off
/// behind its version, as in `v1, v1,…`, is a bad token and no joint.
fn is_folded(value: &[u8]) -> bool {
    if !has_space(value) {
        return false;
    }
    let mut words = value.split(|byte| *byte == b' ');
    words.next_back();
    words.any(|word| {
        word.strip_suffix(b",")
            .is_some_and(|word| !is_version(word))
    })
}

fn is_version(word: &[u8]) -> bool {
    word.len() <= 3 && word.starts_with(b"v")
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers<'_> {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            headers.append(name.as_ref(), value.as_ref().to_owned());
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_case_insensitive_and_values_trimmed() {
        let headers: Headers = [("SC-Signature", " ab\t")].into_iter().collect();
        assert_eq!(headers.field("sc-signature"), Field::Once("ab"));
        assert_eq!(headers.field("svix-id"), Field::Absent);
    }

    #[test]
    fn repeated_headers_are_told_apart_whether_folded_or_not() {
        let twice: Headers = [("svix-id", "a"), ("Svix-Id", "a")].into_iter().collect();
        assert_eq!(twice.field("svix-id"), Field::Repeated);
        let folded: Headers = [("svix-id", "a, a")].into_iter().collect();
        assert_eq!(folded.field("svix-id"), Field::Repeated);
        let tokens: Headers = [("svix-signature", "v1, v1,AAAA")].into_iter().collect();
        assert_eq!(tokens.field("svix-signature"), Field::Once("v1, v1,AAAA"));
        let joined: Headers = [("svix-signature", "v1,AAAA, v1,BBBB")]
            .into_iter()
            .collect();
        assert_eq!(joined.field("svix-signature"), Field::Repeated);
    }
}
