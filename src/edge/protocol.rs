//! The messages between the Worker and its lanes.

use crate::edge::object::object;
use crate::edge::tally::Tally;
use crate::event::Event;
use crate::json::Value;
use crate::mapping::Mapping;
use crate::state::State;
use crate::timestamp::UtcMillis;
use serde::{Deserialize, Serialize};

/// What the Worker asks of a lane, with the lane's own number.
#[derive(Debug, Serialize, Deserialize)]
pub struct Message {
    /// The number of the lane that is asked.
    pub lane: u16,
    /// What it is asked.
    pub call: Call,
}

/// What a lane can be asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Take these events; answers with one [`Accepted`] for each.
    Accept {
        events: Vec<Event>,
        #[serde(default)]
        tally: Tally,
    },
    /// Add these counts.
    Count { tally: Tally },
    /// Blank what is stored of a user; answers with a number.
    Forget {
        provider: String,
        user: String,
        vehicles: Vec<String>,
    },
    /// One page of events; answers with a [`List`] by their numbers.
    List {
        filter: Filter,
        before: Option<Place>,
        limit: u32,
    },
    /// Mappings were changed; events that waited for them are due now.
    Mapped { changes: Vec<Mapped> },
    /// How things stand; answers with `states`, `held`, `oldest_waiting_at`, `counts` and `marks`.
    Overview,
    /// The sampled refusals; answers with a [`List`] by their times.
    Refusals,
    /// The latest delivered position of each vehicle; answers with a [`List`] by their times.
    Positions { limit: u32 },
    /// Send these events again, or only count them; answers with a number.
    Replay { filter: Filter, dry_run: bool },
    /// Send one event again; answers with a number, or null when there is no such event.
    ReplayOne { seq: i64 },
    /// Stop holding back; answers whether anything was held.
    Resume,
    /// One event with its history, as it is shown; answers null when there is no such event.
    Story { seq: i64 },
    /// Make sure that the alarm is set.
    Touch,
    /// The vehicles whose events wait for a VIN; answers with a [`List`] by the number of events.
    Unmapped { limit: u32 },
}

/// What became of one event at a lane's door.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The event's number in the lane.
    pub seq: i64,
    /// `accepted`, `duplicate` or `skipped`.
    pub outcome: String,
    /// Why it was skipped, or for what it waits.
    pub reason: Option<String>,
}

impl From<Accepted> for Value {
    fn from(accepted: Accepted) -> Self {
        object!({
            "seq": accepted.seq, "outcome": accepted.outcome, "reason": accepted.reason,
        })
    }
}

impl Accepted {
    /// Reads a lane's answer for several events.
    pub fn all(answer: Value) -> Option<Vec<Self>> {
        let each = answer.into_elements().into_iter();
        each.map(|one| {
            let text = |name| one.get(name)?.as_str().map(str::to_owned);
            Some(Self {
                seq: one.get("seq")?.as_i64()?,
                outcome: text("outcome")?,
                reason: text("reason"),
            })
        })
        .collect()
    }
}

/// One vehicle's new mapping; none when it was removed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mapped {
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the vehicle.
    pub vehicle: String,
    /// What is now known of it.
    pub mapping: Option<Mapping>,
}

/// Which events are meant; what is absent does not matter.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// The provider's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The provider's id of the vehicle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<String>,
    /// The reason for the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Not before this time of arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<UtcMillis>,
    /// Before this time of arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<UtcMillis>,
    /// An id: the event's, the provider's id of event or vehicle, or a VIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

/// A place in the order of all events: newest first, and of two at once the higher lane first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The event's number in its lane, which grows with the time of arrival.
    pub seq: i64,
    /// The lane.
    pub lane: u16,
}

/// One lane's part of a list. All parts together are sorted, the largest keys first.
#[derive(Debug, Default)]
pub struct List {
    /// Each element as it is shown, with the key that it is sorted by.
    pub rows: Vec<(i64, Value)>,
    /// Below this key the lane did not look, where it did not look everywhere.
    pub reached: Option<i64>,
}

impl From<Vec<(i64, Value)>> for List {
    fn from(rows: Vec<(i64, Value)>) -> Self {
        Self {
            rows,
            reached: None,
        }
    }
}

impl List {
    /// As a lane answers it.
    pub fn into_value(self) -> Value {
        let rows = self.rows.into_iter();
        let rows = rows.map(|(key, shown)| Value::Array(vec![key.into(), shown]));
        object!({ "rows": rows.collect::<Vec<_>>(), "reached": self.reached })
    }

    /// Reads a lane's answer.
    pub fn of(mut answer: Value) -> Self {
        let reached = answer.get("reached").and_then(Value::as_i64);
        let rows = answer.remove("rows").into_elements().into_iter();
        let rows = rows.filter_map(|row| {
            let [key, shown] = row.into_elements().try_into().ok()?;
            Some((key.as_i64()?, shown))
        });
        Self {
            rows: rows.collect(),
            reached,
        }
    }
}
