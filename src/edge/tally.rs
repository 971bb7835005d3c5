//! Counts of what happens, kept in memory and carried to a lane now and then.
//!
//! An isolate at the door counts refusals and challenges here; the counts ride along with the next
//! accepted delivery, or are sent on their own after a short while. Losing a few seconds of counts
//! in a crash is accepted; losing an event is not, and events are never counted on this.

use crate::timestamp::UtcMillis;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// Counts by name, times by name, and a sample of refusals.
///
/// Names are words joined by `|`, as in `refused|smartcar|live|signature_mismatch`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// How often each thing happened.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
    /// When each thing happened last, in UTC milliseconds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub marks: BTreeMap<String, i64>,
    /// Some of the refused deliveries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
}

/// A refused delivery, without any of its values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refusal {
    /// When it came.
    pub time: UtcMillis,
    /// To whose hook it came.
    pub provider: String,
    /// Why it was refused.
    pub code: String,
    /// The mode that it claimed.
    pub mode: String,
    /// The size of its body in bytes.
    pub size: usize,
    /// The names of its headers.
    pub headers: Vec<String>,
}

impl Tally {
    /// Counts one more of `name`.
    pub fn count(&mut self, name: impl Into<String>) {
        self.add(name, 1);
    }

    /// Counts `n` more of `name`.
    pub fn add(&mut self, name: impl Into<String>, n: u64) {
        *self.counts.entry(name.into()).or_default() += n;
    }

    /// Remembers when `name` happened last.
    pub fn mark(&mut self, name: impl Into<String>, at: UtcMillis) {
        let mark = self.marks.entry(name.into()).or_default();
        *mark = at.as_millis().max(*mark);
    }

    /// Counts one attempt that took `ms` milliseconds, in the bucket of a histogram.
    pub fn observe_latency(&mut self, ms: i64) {
        let bucket = LATENCY_BUCKETS.into_iter().find(|limit| ms <= *limit);
        self.count(format!(
            "latency|{}",
            bucket.map_or("more".to_owned(), |ms| ms.to_string())
        ));
        self.add("latency_sum", ms.unsigned_abs());
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: Self) {
        for (name, n) in other.counts {
            self.add(name, n);
        }
        for (name, at) in other.marks {
            self.mark(name, UtcMillis::from_millis(at));
        }
        self.refusals.extend(other.refusals);
    }

    /// Whether there is nothing to carry.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.marks.is_empty() && self.refusals.is_empty()
    }
}

/// The upper limits of the buckets of the relay's latency, in milliseconds.
pub const LATENCY_BUCKETS: [i64; 8] = [50, 100, 250, 500, 1000, 2500, 5000, 10_000];

thread_local! {
    static DOOR: RefCell<Tally> = RefCell::default();
    static SAMPLED: RefCell<BTreeMap<String, i64>> = RefCell::default();
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
pub fn should_sample(provider: &str, code: &str, now: UtcMillis) -> bool {
    SAMPLED.with_borrow_mut(|sampled| {
        let last = sampled.entry(format!("{provider}|{code}")).or_default();
        let due = now.as_millis() - *last >= 1000;
        if due {
            *last = now.as_millis();
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
