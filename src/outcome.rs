//! What Cartrack's answer means for an event: one total function over every answer.
//!
//! Cartrack documents only that the status tells whether an event was accepted; the classes below
//! are this project's reading of the standard.

use crate::cartrack::Answer;

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Cartrack has it, now or from before.
    Delivered,
    /// Our configuration is at fault, not the event: nothing is sent until that is mended.
    Hold,
    /// Refused for good.
    Refused,
    /// Not now; later perhaps.
    Retry,
}

impl Outcome {
    /// Reads an answer.
    #[must_use]
    pub const fn of(answer: Answer) -> Self {
        match answer {
            Answer::Status(200..=299 | 409) => Self::Delivered,
            Answer::Status(300..=399 | 401 | 403) => Self::Hold,
            Answer::Status(408 | 425 | 429) => Self::Retry,
            Answer::Status(400..=499) => Self::Refused,
            Answer::Status(_) | Answer::Broken | Answer::TimedOut => Self::Retry,
        }
    }

    /// The label in metrics and logs.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Hold => "held",
            Self::Refused => "refused",
            Self::Retry => "retry",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_one_meaning() {
        for status in 0..=u16::MAX {
            let expected = match status {
                200..=299 | 409 => Outcome::Delivered,
                300..=399 | 401 | 403 => Outcome::Hold,
                400 | 402 | 404..=407 | 410..=424 | 426..=428 | 430..=499 => Outcome::Refused,
                _ => Outcome::Retry,
            };
            assert_eq!(Outcome::of(Answer::Status(status)), expected, "{status}");
        }
        assert_eq!(Outcome::of(Answer::Broken), Outcome::Retry);
        assert_eq!(Outcome::of(Answer::TimedOut), Outcome::Retry);
    }
}
