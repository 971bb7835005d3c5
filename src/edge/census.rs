//! How many events a lane has of each provider in each state, and which waits longest.
//!
//! Counting reads as many index entries as there are events, so that it is done once and then kept
//! up with every change. Whoever changes many events at once has them counted anew.

use crate::edge::error::Result;
use crate::json::{FromJson, Value};
use crate::state::State;
use std::cell::{Cell, RefCell};

/// What is known without counting.
#[derive(Default)]
pub struct Census {
    counts: RefCell<Option<Vec<StateCount>>>,
    oldest: Cell<Oldest>,
}

/// How many events a provider has in a state.
#[derive(Clone, Debug)]
pub struct StateCount {
    /// The provider's name.
    pub provider: String,
    /// The state.
    pub state: State,
    /// How many there are.
    pub n: u64,
}

impl FromJson for StateCount {
    fn from_value(mut count: Value) -> Option<Self> {
        Some(Self {
            provider: count.take("provider")?,
            state: count.take("state")?,
            n: count.take("n")?,
        })
    }
}

/// Which event waits longest, by its number.
#[derive(Clone, Copy, Default)]
enum Oldest {
    Event(i64),
    Nobody,
    #[default]
    Unknown,
}

impl Census {
    /// An event came into a state, from another one or as a new one.
    pub fn moved(&self, seq: i64, provider: &str, from: Option<State>, to: State) {
        if let Some(counts) = self.counts.borrow_mut().as_mut() {
            let is = |count: &StateCount, state| count.state == state && count.provider == provider;
            if let Some(left) = counts
                .iter_mut()
                .find(|count| from.is_some_and(|from| is(count, from)))
            {
                left.n = left.n.saturating_sub(1);
            }
            match counts.iter_mut().find(|count| is(count, to)) {
                Some(count) => count.n += 1,
                None => counts.push(StateCount {
                    provider: provider.to_owned(),
                    state: to,
                    n: 1,
                }),
            }
        }
        match self.oldest.get() {
            // A new event has the highest number, so that it waits longest only alone.
            Oldest::Nobody if to.is_waiting() => self.oldest.set(Oldest::Event(seq)),
            Oldest::Event(oldest) if oldest == seq && !to.is_waiting() => {
                self.oldest.set(Oldest::Unknown);
            }
            _ => {}
        }
    }

    /// Many events were changed at once.
    pub fn forget(&self) {
        self.counts.replace(None);
        self.oldest.set(Oldest::Unknown);
    }

    /// The counts, made by `count` where they are not known.
    pub fn counts(
        &self,
        count: impl FnOnce() -> Result<Vec<StateCount>>,
    ) -> Result<Vec<StateCount>> {
        let mut counts = self.counts.borrow_mut();
        if counts.is_none() {
            *counts = Some(count()?);
        }
        Ok(counts.clone().unwrap_or_default())
    }

    /// The number of the longest waiting event, found by `find` where it is not known.
    pub fn oldest(&self, find: impl FnOnce() -> Result<Option<i64>>) -> Result<Option<i64>> {
        match self.oldest.get() {
            Oldest::Event(seq) => Ok(Some(seq)),
            Oldest::Nobody => Ok(None),
            Oldest::Unknown => {
                let found = find()?;
                self.oldest.set(found.map_or(Oldest::Nobody, Oldest::Event));
                Ok(found)
            }
        }
    }
}
