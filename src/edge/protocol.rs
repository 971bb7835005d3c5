//! The messages between the Worker and its lanes.

use crate::edge::tally::{Refusal, Tally};
use crate::event::Event;
use crate::mapping::Mapping;
use crate::state::State;
use crate::timestamp::UtcMillis;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// One page of events, newest first; answers with a [`Page`].
    List {
        filter: Filter,
        before: Option<Place>,
        limit: u32,
    },
    /// Mappings were changed; events that waited for them are due now.
    Mapped { changes: Vec<Mapped> },
    /// How things stand; answers with a [`LaneOverview`].
    Overview,
    /// The sampled refusals; answers with a list.
    Refusals,
    /// The latest delivered position of each vehicle; answers with [`VehiclePosition`]s.
    Positions { limit: u32 },
    /// Send these events again, or only count them; answers with a number.
    Replay { filter: Filter, dry_run: bool },
    /// Send one event again; answers with a number, or null when there is no such event.
    ReplayOne { seq: i64 },
    /// Stop holding back; answers whether anything was held.
    Resume,
    /// One event with its history; answers null when there is no such event.
    Story { seq: i64 },
    /// Make sure that the alarm is set.
    Touch,
    /// The vehicles whose events wait for a VIN; answers with [`UnmappedVehicle`]s.
    Unmapped { limit: u32 },
}

/// What became of one event at a lane's door.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Accepted {
    /// The event's number in the lane.
    pub seq: i64,
    /// `accepted`, `duplicate` or `skipped`.
    pub outcome: String,
    /// Why it was skipped, or for what it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
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

/// One event in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// The event's number in its lane.
    pub seq: i64,
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the vehicle.
    pub vehicle: Option<String>,
    /// The provider's word for the kind of event.
    pub kind: String,
    /// Where it stands.
    pub state: State,
    /// Why, for states that have a reason.
    pub reason: Option<String>,
    /// The id that stays the same over retries and replays.
    pub provider_event_id: String,
    /// The time of the position, in UTC milliseconds.
    pub event_ts: Option<i64>,
    /// When it arrived, in UTC milliseconds.
    pub received_at: i64,
    /// When it is looked at again, in UTC milliseconds.
    pub due_at: Option<i64>,
    /// How often it was sent.
    pub attempts: u32,
}

/// One lane's part of a page of events.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Page {
    /// The events that fit, newest first.
    pub rows: Vec<Row>,
    /// The number of the last event that was looked at, where older ones were not.
    pub reached: Option<i64>,
}

/// One event with everything that is known of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Story {
    /// As in a list.
    pub row: Row,
    /// The event as it was read; null once it is erased.
    pub event: Value,
    /// The record as it was sent, or as it would be; null where there is none.
    pub record: Value,
    /// Every attempt, oldest first.
    pub history: Value,
    /// What was looked up for it; null where nothing was.
    pub lookup: Value,
    /// Where the values of the record come from; null where there is none.
    pub sources: Value,
}

/// A vehicle whose events wait for a VIN.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnmappedVehicle {
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the vehicle.
    pub vehicle: String,
    /// How many events wait.
    pub events: u64,
    /// When the first of them arrived, in UTC milliseconds.
    pub oldest_at: i64,
    /// When the last of them arrived, in UTC milliseconds.
    pub latest_at: i64,
    /// Why its provider did not tell the VIN, where it was asked.
    pub lookup: Option<String>,
    /// When it was asked, in UTC milliseconds.
    pub looked_up_at: Option<i64>,
}

/// Where a vehicle was, by its last delivered event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VehiclePosition {
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the vehicle.
    pub vehicle: String,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// The time of the position, in UTC milliseconds.
    pub event_ts: i64,
    /// When the event arrived, in UTC milliseconds.
    pub received_at: i64,
}

/// How many events a provider has in a state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StateCount {
    /// The provider's name.
    pub provider: String,
    /// The state.
    pub state: State,
    /// How many there are.
    pub n: u64,
}

/// How a lane stands.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LaneOverview {
    /// Events by provider and state.
    pub states: Vec<StateCount>,
    /// Why the lane sends nothing, when it does not.
    pub held: Option<String>,
    /// When the oldest waiting event arrived.
    pub oldest_waiting_at: Option<UtcMillis>,
    /// Everything counted.
    pub totals: Tally,
    /// The last hour.
    pub minutes: Minutes,
}

/// What was counted minute by minute: minutes since 1970, name, count.
pub type Minutes = Vec<(i64, String, u64)>;

/// The sampled refusals of a lane.
pub type Refusals = Vec<Refusal>;
