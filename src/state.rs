//! The states of a stored event, and the arrows between them.

use crate::json::words;

/// Where an event stands. The names are public API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Refused for good, given up, or never mapped; replay takes it from here.
    Dead,
    /// Cartrack has it.
    Delivered,
    /// Cartrack refuses our credentials.
    Held,
    /// Due to be sent.
    Pending,
    /// Genuine and understood, but nothing for Cartrack.
    Skipped,
    /// Waits for its vehicle's VIN.
    Unmapped,
}

words! {
    /// The name in the API, in metrics and in storage.
    State.as_str {
        Dead = "dead",
        Delivered = "delivered",
        Held = "held",
        Pending = "pending",
        Skipped = "skipped",
        Unmapped = "unmapped",
    }
}

impl State {
    /// Whether the event still has to reach Cartrack.
    #[must_use]
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Held | Self::Pending | Self::Unmapped)
    }

    /// Whether an event may move from `self` to `next`.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Held | Self::Pending | Self::Unmapped => !matches!(next, Self::Skipped),
            // Only a person's replay leads out of these.
            Self::Dead | Self::Delivered => matches!(next, Self::Pending),
            Self::Skipped => false,
        }
    }

    /// How long an event is kept once it has settled in this state, in milliseconds; `None` for
    /// states in which it waits.
    #[must_use]
    pub const fn kept_for(self) -> Option<i64> {
        match self {
            Self::Delivered | Self::Skipped => Some(7 * DAY),
            Self::Dead => Some(30 * DAY),
            Self::Held | Self::Pending | Self::Unmapped => None,
        }
    }
}

const DAY: i64 = 24 * 3_600_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
        assert_eq!(State::parse("Dead"), None);
    }

    #[test]
    fn settled_events_move_only_by_replay_and_skipped_ones_never() {
        for next in State::ALL {
            assert!(!State::Skipped.may_become(next));
            assert_eq!(State::Dead.may_become(next), next == State::Pending);
            assert_eq!(State::Delivered.may_become(next), next == State::Pending);
            assert_eq!(State::Pending.may_become(next), next != State::Skipped);
        }
    }
}
