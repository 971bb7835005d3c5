//! Counts of what happens, kept in memory and carried to a lane now and then.
//!
//! An isolate at the door counts refusals and challenges here; the counts ride along with the next
//! accepted delivery, or are sent on their own after a short while. Losing a few seconds of counts
//! in a crash is accepted; losing an event is not, and events are never counted on this.

use crate::json::{FromJson, Value};
use crate::timestamp::UtcMillis;
use serde::Serialize;
use std::cell::{Cell, RefCell};

/// Counts by name, times by name, and a sample of refusals, as `{"counts", "marks", "refusals"}`; what is
/// empty is not there, and null is all of it empty.
///
/// Names are words joined by `|`, as in `refused|smartcar|live|signature_mismatch`.
#[derive(Clone, Debug, Serialize)]
pub struct Tally(Value);

impl Default for Tally {
    fn default() -> Self {
        Self(Value::Null)
    }
}

impl From<Tally> for Value {
    fn from(tally: Tally) -> Self {
        tally.0
    }
}

impl FromJson for Tally {
    fn from_value(tally: Value) -> Option<Self> {
        Some(Self(tally))
    }
}

impl Tally {
    /// Counts one more of `name`.
    pub fn count(&mut self, name: &str) {
        self.add(name, 1);
    }

    /// Counts `n` more of `name`.
    fn add(&mut self, name: &str, n: u64) {
        self.0.add(&[COUNTS, name], n);
    }

    /// Remembers when `name` happened last.
    pub fn mark(&mut self, name: &str, at: UtcMillis) {
        self.mark_at(name, at.as_millis());
    }

    fn mark_at(&mut self, name: &str, at: i64) {
        let known = self.0.find(&[MARKS, name]).and_then(Value::as_i64);
        self.0
            .put(&[MARKS, name], known.map_or(at, |known| known.max(at)));
    }

    /// Keeps a refused delivery, of which nothing must be told but what is in no value of it.
    pub fn sample(&mut self, refusal: Value) {
        let mut refusals = self.0.remove(REFUSALS).into_elements();
        refusals.push(refusal);
        self.0.set(REFUSALS, refusals);
    }

    /// Counts one attempt that took `ms` milliseconds, in the bucket of a histogram.
    pub fn observe_latency(&mut self, ms: i64) {
        let bucket = LATENCY_BUCKETS.into_iter().find(|limit| ms <= *limit);
        self.count(&format!(
            "latency|{}",
            bucket.map_or("more".to_owned(), |ms| ms.to_string())
        ));
        self.add("latency_sum", ms.unsigned_abs());
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (name, n) in other.counts() {
            self.add(name, n);
        }
        for (name, at) in other.marks() {
            self.mark_at(name, at);
        }
        for refusal in other.refusals() {
            self.sample(refusal.clone());
        }
    }

    /// How often each thing happened.
    pub fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        let counts = self.members(COUNTS).iter();
        counts.filter_map(|(name, n)| Some((name.as_str(), n.as_u64()?)))
    }

    /// When each thing happened last, in UTC milliseconds.
    pub fn marks(&self) -> impl Iterator<Item = (&str, i64)> {
        let marks = self.members(MARKS).iter();
        marks.filter_map(|(name, at)| Some((name.as_str(), at.as_i64()?)))
    }

    /// Some of the refused deliveries.
    pub fn refusals(&self) -> &[Value] {
        self.0.get(REFUSALS).map_or(&[], Value::elements)
    }

    fn members(&self, name: &str) -> &[(String, Value)] {
        self.0.get(name).map_or(&[], Value::members)
    }

    /// Whether there is nothing to carry.
    pub fn is_empty(&self) -> bool {
        self.0 == Value::Null
    }
}

const COUNTS: &str = "counts";
const MARKS: &str = "marks";
const REFUSALS: &str = "refusals";

/// The upper limits of the buckets of the relay's latency, in milliseconds.
pub const LATENCY_BUCKETS: [i64; 8] = [50, 100, 250, 500, 1000, 2500, 5000, 10_000];

thread_local! {
    static DOOR: RefCell<Tally> = RefCell::default();
    static SAMPLED: RefCell<Vec<(&'static str, &'static str, UtcMillis)>> = RefCell::default();
    static CARRIER: Cell<bool> = const { Cell::new(false) };
}

/// Counts something at this isolate's door.
pub fn at_door(change: impl FnOnce(&mut Tally)) {
    DOOR.with_borrow_mut(change);
}

/// Takes what this isolate has counted.
pub fn take() -> Tally {
    DOOR.take()
}

/// Whether a refusal of this kind should be sampled: one a second for each kind.
pub fn should_sample(provider: &'static str, code: &'static str, now: UtcMillis) -> bool {
    SAMPLED.with_borrow_mut(|sampled| {
        sampled.retain(|(_, _, last)| now.millis_since(*last) < 1000);
        let due = !sampled
            .iter()
            .any(|(of, known, _)| (*of, *known) == (provider, code));
        if due {
            sampled.push((provider, code, now));
        }
        due
    })
}

/// Whether the caller should carry the counts away in a while: true for one caller at a time.
pub fn become_carrier() -> bool {
    !CARRIER.replace(true)
}

/// The carrier is back: the next counts need a new one.
pub fn carried() {
    CARRIER.set(false);
}
