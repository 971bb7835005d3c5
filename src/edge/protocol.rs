//! The messages between the Worker and its lanes.

use crate::edge::object::object;
use crate::edge::tally::Tally;
use crate::event::Event;
use crate::json::{FromJson, Value};
use crate::mapping::Mapping;
use crate::state::State;
use crate::timestamp::UtcMillis;
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

/// What the Worker asks of a lane, with the lane's own number.
#[derive(Debug)]
pub struct Message<C = Call> {
    /// The number of the lane that is asked.
    pub lane: u16,
    /// What it is asked.
    pub call: C,
}

/// What a lane can be asked.
#[derive(Debug)]
pub enum Call {
    /// Take these events; answers with one [`Accepted`] for each.
    Accept { events: Vec<Event>, tally: Tally },
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

impl<C: Serialize> Serialize for Message<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_struct("Message", 2)?;
        message.serialize_field("lane", &Value::from(self.lane))?;
        message.serialize_field("call", &self.call)?;
        message.end()
    }
}

impl FromJson for Message {
    fn from_value(mut message: Value) -> Option<Self> {
        Some(Self {
            lane: message.take("lane")?,
            call: message.take("call")?,
        })
    }
}

impl Serialize for Call {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, of) = match self {
            // Every event goes this way, and is written as it is.
            Self::Accept { events, tally } => {
                let accept = Accept { events, tally };
                return serializer.serialize_newtype_variant("Call", 0, "accept", &accept);
            }
            Self::Count { tally } => ("count", object!({ "tally": tally.clone() })),
            Self::Forget {
                provider,
                user,
                vehicles,
            } => {
                let vehicles: Vec<Value> = vehicles.iter().map(|id| id.as_str().into()).collect();
                let (provider, user) = (provider.as_str(), user.as_str());
                let of = object!({ "provider": provider, "user": user, "vehicles": vehicles });
                ("forget", of)
            }
            Self::List {
                filter,
                before,
                limit,
            } => {
                let before =
                    before.map(|Place { seq, lane }| object!({ "seq": seq, "lane": lane }));
                let of = object!({ "filter": filter, "before": before, "limit": *limit });
                ("list", of)
            }
            Self::Mapped { changes } => {
                let changes: Vec<Value> = changes.iter().map(Value::from).collect();
                ("mapped", object!({ "changes": changes }))
            }
            Self::Overview => ("overview", Value::Null),
            Self::Refusals => ("refusals", Value::Null),
            Self::Positions { limit } => ("positions", object!({ "limit": *limit })),
            Self::Replay { filter, dry_run } => {
                ("replay", object!({ "filter": filter, "dry_run": *dry_run }))
            }
            Self::ReplayOne { seq } => ("replay_one", object!({ "seq": *seq })),
            Self::Resume => ("resume", Value::Null),
            Self::Story { seq } => ("story", object!({ "seq": *seq })),
            Self::Touch => ("touch", Value::Null),
            Self::Unmapped { limit } => ("unmapped", object!({ "limit": *limit })),
        };
        let mut call = object!({});
        call.set(name, of);
        call.serialize(serializer)
    }
}

#[derive(Serialize)]
struct Accept<'a> {
    events: &'a [Event],
    tally: &'a Tally,
}

impl FromJson for Call {
    fn from_value(call: Value) -> Option<Self> {
        let (name, mut of) = match call {
            Value::Object(mut members) => members.pop()?,
            // As an earlier version writes what has no members.
            name => (String::from_value(name)?, Value::Null),
        };
        Some(match name.as_str() {
            "accept" => Self::Accept {
                events: of.take("events")?,
                tally: of.take_or_default("tally")?,
            },
            "count" => Self::Count {
                tally: of.take("tally")?,
            },
            "forget" => Self::Forget {
                provider: of.take("provider")?,
                user: of.take("user")?,
                vehicles: of.take("vehicles")?,
            },
            "list" => Self::List {
                filter: of.take("filter")?,
                before: of.take("before")?,
                limit: of.take("limit")?,
            },
            "mapped" => Self::Mapped {
                changes: of.take("changes")?,
            },
            "overview" => Self::Overview,
            "refusals" => Self::Refusals,
            "positions" => Self::Positions {
                limit: of.take("limit")?,
            },
            "replay" => Self::Replay {
                filter: of.take("filter")?,
                dry_run: of.take("dry_run")?,
            },
            "replay_one" => Self::ReplayOne {
                seq: of.take("seq")?,
            },
            "resume" => Self::Resume,
            "story" => Self::Story {
                seq: of.take("seq")?,
            },
            "touch" => Self::Touch,
            "unmapped" => Self::Unmapped {
                limit: of.take("limit")?,
            },
            _ => return None,
        })
    }
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

impl FromJson for Accepted {
    fn from_value(mut accepted: Value) -> Option<Self> {
        Some(Self {
            seq: accepted.take("seq")?,
            outcome: accepted.take("outcome")?,
            reason: accepted.take("reason")?,
        })
    }
}

/// One vehicle's new mapping; none when it was removed.
#[derive(Clone, Debug)]
pub struct Mapped {
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the vehicle.
    pub vehicle: String,
    /// What is now known of it.
    pub mapping: Option<Mapping>,
}

impl From<&Mapped> for Value {
    fn from(mapped: &Mapped) -> Self {
        let mapping = mapped.mapping.as_ref().map(|mapping| {
            let mut shown = object!({});
            mapping.show_in(&mut shown);
            shown
        });
        let (provider, vehicle) = (mapped.provider.as_str(), mapped.vehicle.as_str());
        object!({ "provider": provider, "vehicle": vehicle, "mapping": mapping })
    }
}

impl FromJson for Mapped {
    fn from_value(mut mapped: Value) -> Option<Self> {
        Some(Self {
            provider: mapped.take("provider")?,
            vehicle: mapped.take("vehicle")?,
            mapping: mapped.take("mapping")?,
        })
    }
}

/// Which events are meant; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The state.
    pub state: Option<State>,
    /// The provider's name.
    pub provider: Option<String>,
    /// The provider's id of the vehicle.
    pub vehicle: Option<String>,
    /// The reason for the state.
    pub reason: Option<String>,
    /// Not before this time of arrival.
    pub from: Option<UtcMillis>,
    /// Before this time of arrival.
    pub to: Option<UtcMillis>,
    /// An id: the event's, the provider's id of event or vehicle, or a VIN.
    pub q: Option<String>,
}

impl From<&Filter> for Value {
    fn from(filter: &Filter) -> Self {
        object!({
            "state": filter.state, "provider": filter.provider.as_deref(),
            "vehicle": filter.vehicle.as_deref(), "reason": filter.reason.as_deref(),
            "from": filter.from, "to": filter.to, "q": filter.q.as_deref(),
        })
    }
}

impl FromJson for Filter {
    /// A person may have written it: a member that is not known is refused.
    fn from_value(mut filter: Value) -> Option<Self> {
        let read = Self {
            state: filter.take("state")?,
            provider: filter.take("provider")?,
            vehicle: filter.take("vehicle")?,
            reason: filter.take("reason")?,
            from: filter.take("from")?,
            to: filter.take("to")?,
            q: filter.take("q")?,
        };
        filter.members().is_empty().then_some(read)
    }
}

/// A place in the order of all events: newest first, and of two at once the higher lane first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The event's number in its lane, which grows with the time of arrival.
    pub seq: i64,
    /// The lane.
    pub lane: u16,
}

impl FromJson for Place {
    fn from_value(mut place: Value) -> Option<Self> {
        Some(Self {
            seq: place.take("seq")?,
            lane: place.take("lane")?,
        })
    }
}

/// One lane's part of a list. All parts together are sorted, the largest keys first.
#[derive(Debug, Default)]
pub struct List {
    /// Each element as it is shown, with the key that it is sorted by.
    pub rows: Vec<(i64, Value)>,
    /// Below this key the lane did not look, where it did not look everywhere.
    pub reached: Option<i64>,
}

impl List {
    /// All of these, as `show` makes them what is shown; without a key one is left out.
    pub fn whole(rows: Vec<Value>, show: &dyn Fn(&mut Value) -> Option<i64>) -> Self {
        let mut list = Self::default();
        for mut row in rows {
            if let Some(key) = show(&mut row) {
                list.rows.push((key, row));
            }
        }
        list
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::assert_reads_back;

    const AT: UtcMillis = UtcMillis::from_millis(1_777_000_000_000);

    fn tally() -> Tally {
        let mut tally = Tally::default();
        tally.count("refused|smartcar");
        tally.mark("challenge|smartcar|live", AT);
        tally.sample(object!({ "time": AT, "headers": Value::Array(vec!["a".into()]) }));
        tally
    }

    fn filter() -> Filter {
        Filter {
            state: Some(State::Dead),
            provider: Some("p".into()),
            vehicle: Some("v".into()),
            reason: Some("r".into()),
            from: Some(AT),
            to: Some(AT.plus_millis(1)),
            q: Some("q".into()),
        }
    }

    fn event() -> Event {
        let text = br#"{"provider":"telemax","type":"Speeding","provider_event_id":"tmx-1",
            "received_at":"2026-04-28T06:14:30Z"}"#;
        Event::from_json(text).unwrap()
    }

    #[test]
    fn every_message_reads_back() {
        let calls = [
            Call::Accept {
                events: vec![event(), event()],
                tally: tally(),
            },
            Call::Accept {
                events: vec![],
                tally: Tally::default(),
            },
            Call::Count { tally: tally() },
            Call::Forget {
                provider: "p".into(),
                user: "u".into(),
                vehicles: vec!["v".into()],
            },
            Call::List {
                filter: filter(),
                before: Some(Place { seq: 7, lane: 3 }),
                limit: 50,
            },
            Call::List {
                filter: Filter::default(),
                before: None,
                limit: 1,
            },
            Call::Mapped {
                changes: vec![
                    Mapped {
                        provider: "p".into(),
                        vehicle: "v".into(),
                        mapping: Some(Mapping::default()),
                    },
                    Mapped {
                        provider: "p".into(),
                        vehicle: "w".into(),
                        mapping: None,
                    },
                ],
            },
            Call::Overview,
            Call::Refusals,
            Call::Positions { limit: 2 },
            Call::Replay {
                filter: filter(),
                dry_run: true,
            },
            Call::ReplayOne { seq: 5 },
            Call::Resume,
            Call::Story { seq: 6 },
            Call::Touch,
            Call::Unmapped { limit: 4 },
        ];
        for call in calls {
            assert_reads_back(&Message { lane: 255, call });
        }
        for call in [
            r#""else""#,
            r#""accept""#,
            r#"{"list":{"filter":{"x":1},"limit":1}}"#,
            "{}",
        ] {
            assert!(Call::from_json(call.as_bytes()).is_none(), "{call}");
        }
    }

    #[test]
    fn an_accepted_event_reads_back() {
        for reason in [None, Some("stale_position".to_owned())] {
            let accepted = Value::from(Accepted {
                seq: 1,
                outcome: "accepted".into(),
                reason,
            });
            let read = Accepted::from_value(accepted.clone());
            assert_eq!(read.map(Value::from), Some(accepted));
        }
    }

    #[test]
    fn a_list_reads_back() {
        for reached in [None, Some(3)] {
            let rows = vec![(9, object!({ "id": "a" })), (-1, Value::Null)];
            let read = List::of(
                List {
                    rows: rows.clone(),
                    reached,
                }
                .into_value(),
            );
            assert_eq!((read.rows, read.reached), (rows, reached));
        }
    }
}
