//! Why a delivery is refused at the door. Nothing of a refused delivery is stored or sent on.

use alloc::borrow::Cow;
use alloc::string::ToString;
use core::fmt;

/// A refusal: the sender's fault, answered once with a 4xx.
///
/// [`code`](Self::code) is public API: it is the `error` of the HTTP reply, a metric label, a log
/// field and the `code` in JavaScript. The text says what to do and never contains input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The body is larger than the limit, in bytes.
    BodyTooLarge(usize),
    /// A challenge that is none of the safe form (see [`Challenge`](crate::challenge::Challenge)).
    ChallengeRefused,
    /// The timestamp header is empty, not a plain number, or zero.
    InvalidTimestamp,
    /// Genuine bytes that are no JSON object.
    MalformedBody,
    /// The signature header is not of the scheme's form.
    MalformedSignature(Malformed),
    /// A header that the scheme needs is absent or empty.
    MissingHeader(&'static str),
    /// Well formed, but made with another key or over other bytes.
    SignatureMismatch,
    /// The signed time lies further in the future than the tolerance: seconds ahead.
    TimestampTooNew(i64),
    /// The signed time lies further in the past than the tolerance: seconds behind.
    TimestampTooOld(i64),
    /// The bearer token is not one that is known here.
    Unauthorized,
}

/// In which way a signature header is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// 44 characters of base64 where hex is due.
    Base64,
    /// No token of the form `v1,` and 32 bytes in base64.
    NoToken,
    /// Not 64 hex digits.
    NotHex,
    /// The prefix that the scheme writes before the hex is not there.
    Prefix(&'static str),
    /// The header came more than once.
    Repeated(&'static str),
}

impl Rejection {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BodyTooLarge(_) => "body_too_large",
            Self::ChallengeRefused => "challenge_refused",
            Self::InvalidTimestamp => "invalid_timestamp",
            Self::MalformedBody => "malformed_body",
            Self::MalformedSignature(_) => "malformed_signature",
            Self::MissingHeader(_) => "missing_header",
            Self::SignatureMismatch => "signature_mismatch",
            Self::TimestampTooNew(_) => "timestamp_too_new",
            Self::TimestampTooOld(_) => "timestamp_too_old",
            Self::Unauthorized => "unauthorized",
        }
    }

    /// What is wrong, and what to do.
    #[must_use]
    pub fn message(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::BodyTooLarge(limit) => {
                return told(
                    "The body is larger than ",
                    &limit.to_string(),
                    " bytes. Send less at once or raise the limit.",
                );
            }
            Self::ChallengeRefused => {
                "The challenge is not 1 to 256 printable characters without braces, brackets, \
                 quotes, backslashes or white space. It was not answered, because an answer \
                 would sign whatever it is."
            }
            Self::InvalidTimestamp => {
                "The timestamp header is not a positive whole number of seconds since 1970."
            }
            Self::MalformedBody => {
                "The signature is right, but the body is not a JSON object in UTF-8."
            }
            Self::MalformedSignature(Malformed::Base64) => {
                "The signature is base64, but this provider writes 64 hex digits."
            }
            Self::MalformedSignature(Malformed::NoToken) => {
                "The signature header has no token of the form v1,<base64 of 32 bytes>."
            }
            Self::MalformedSignature(Malformed::NotHex) => "The signature is not 64 hex digits.",
            Self::MalformedSignature(Malformed::Prefix(prefix)) => {
                let begin = "The signature header does not begin with ";
                return told(begin, prefix, " as it must.");
            }
            Self::MalformedSignature(Malformed::Repeated(name)) => {
                let end = " came more than once; it must be there once.";
                return told("The header ", name, end);
            }
            Self::MissingHeader(name) => {
                let end = " is absent or empty. Is this request from the provider?";
                return told("The header ", name, end);
            }
            Self::SignatureMismatch => {
                "No configured secret gives this signature for these bytes. Either the secret is \
                 another one than the provider signs with, or the body was changed on its way, \
                 for example parsed and written again."
            }
            Self::TimestampTooNew(seconds) => {
                let end = " s in the future. Check the clock of this machine.";
                return told("The delivery was signed ", &seconds.to_string(), end);
            }
            Self::TimestampTooOld(seconds) => {
                let end = " s ago. It is a replay, or the clock of this machine is off.";
                return told("The delivery was signed ", &seconds.to_string(), end);
            }
            Self::Unauthorized => "The bearer token is not one that is configured here.",
        })
    }

    /// The HTTP status that this refusal is answered with.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::BodyTooLarge(_) => 413,
            Self::ChallengeRefused | Self::MalformedBody => 400,
            Self::InvalidTimestamp
            | Self::MalformedSignature(_)
            | Self::MissingHeader(_)
            | Self::SignatureMismatch
            | Self::TimestampTooNew(_)
            | Self::TimestampTooOld(_)
            | Self::Unauthorized => 401,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for Rejection {}

/// Without `format!`, whose machinery would be a twentieth of the npm package.
fn told(begin: &str, what: &str, end: &str) -> Cow<'static, str> {
    Cow::Owned([begin, what, end].concat())
}
