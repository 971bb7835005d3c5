//! Challenges, by which a provider makes sure that an endpoint knows the secret.
//!
//! Smartcar's answer to a challenge and its signature of an event are the same function under the
//! same key. Whoever answers any text as a challenge therefore signs forged events for strangers.
//! So a challenge is a parsed type that no JSON object can be, and an event must be a JSON object.

use crate::rejection::Rejection;
use crate::secret::Keys;
use alloc::borrow::ToOwned;
use alloc::string::String;
use serde::Serialize;

/// A challenge that is safe to answer: 1 to 256 printable ASCII characters without white space and
/// without `{ } [ ] " \`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// Accepts a safe challenge.
    ///
    /// # Errors
    /// [`Rejection::ChallengeRefused`] for every other text.
    pub fn parse(text: &str) -> Result<Self, Rejection> {
        let safe = |byte: u8| byte.is_ascii_graphic() && !br#"{}[]"\"#.contains(&byte);
        if (1..=256).contains(&text.len()) && text.bytes().all(safe) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Rejection::ChallengeRefused)
        }
    }

    /// Answers with the keyring's first key.
    #[must_use]
    pub fn answer(&self, keyring: &impl Keys) -> Reply {
        Reply {
            challenge: hex::encode(keyring.sign(&[self.0.as_bytes()])),
        }
    }
}

/// The answer to a challenge, sent as JSON with status 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// Lower-case hex of the HMAC-SHA256 of the challenge.
    pub challenge: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{KeyFormat, Keyring};

    #[test]
    fn known_challenges_pass_and_are_answered_with_the_first_key() {
        let ring = Keyring::new(["amt", "older"], KeyFormat::Utf8).unwrap();
        let reply = Challenge::parse("challenge").unwrap().answer(&ring);
        // Published with Smartcar's Node, Java and Ruby SDKs.
        let hex = "9baf5a7464bd86740ad5a06e439dcf535a075022ed2c92d74efacf646d79328e";
        assert_eq!(reply.challenge, hex);
        for text in [
            "nsQsLU7wY9WKt2IU",
            "any-abcd",
            "3a5c8f72-e6d9-4b1a-9f2e-8c7d6a5b4e3f",
            "a+/=",
        ] {
            assert!(Challenge::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn nothing_that_could_be_an_event_is_answered() {
        let long = "a".repeat(257);
        for text in [
            "",
            r#"{"eventType":"VEHICLE_STATE"}"#,
            "{",
            "[]",
            "a b",
            "a\n",
            "\"",
            "\\",
            "é",
            &long,
        ] {
            assert_eq!(
                Challenge::parse(text),
                Err(Rejection::ChallengeRefused),
                "{text}"
            );
        }
    }
}
