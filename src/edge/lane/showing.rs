//! What a lane shows of what it has: its part of the lists of the administration API, one event
//! with its history, and how it stands.

use crate::cartrack::record::Record;
use crate::edge::cartrack::now;
use crate::edge::decode::{from_value, parse};
use crate::edge::error::Result;
use crate::edge::lane::Lane;
use crate::edge::object::{object, text};
use crate::edge::overview;
use crate::edge::protocol::{Filter, List, Place};
use crate::event::Event;
use crate::json::Value;
use crate::lookup::{Finding, Sources};
use crate::relay;
use crate::state::State;
use crate::timestamp::UtcMillis;
use serde::Serialize;

impl Lane {
    /// A page of events.
    pub(super) fn events(
        &self,
        filter: &Filter,
        before: Option<Place>,
        limit: u32,
    ) -> Result<List> {
        let before = before.map(|place| self.below(place));
        let page = self.ledger()?.list(filter, before, limit)?;
        Ok(List {
            reached: page.reached,
            ..List::whole(page.rows, &|row| self.show_event(row))
        })
    }

    /// Shows an event as lists do; its number.
    fn show_event(&self, row: &mut Value) -> Option<i64> {
        let seq = row.take("seq")?;
        row.set("id", self.event_id(seq));
        row.show_times(&TIMES);
        Some(seq)
    }

    /// The vehicles whose events wait for a VIN.
    pub(super) fn unmapped(&self, limit: u32) -> Result<List> {
        let rows = self.ledger()?.unmapped(limit)?;
        Ok(List::whole(rows, &|row| {
            row.show_times(&TIMES);
            let (at, result) = (row.remove("looked_up_at"), row.remove("lookup"));
            if result.as_str().is_some() {
                row.set("lookup", object!({ "at": at, "result": result }));
            }
            row.get("events")?.as_i64()
        }))
    }

    /// Where each vehicle was.
    pub(super) fn positions(&self, limit: u32) -> Result<List> {
        let rows = self.ledger()?.positions(limit)?;
        Ok(List::whole(rows, &|row| {
            let time = row.get("event_ts")?.as_i64()?;
            row.show_times(&TIMES);
            Some(time)
        }))
    }

    /// The sampled refusals.
    pub(super) fn refusals(&self) -> Result<List> {
        self.write_counts()?;
        let kept = overview::refusals(self.ledger()?.sql())?;
        Ok(List::whole(kept, &|refusal| {
            let time = UtcMillis::parse_iso(refusal.get("time")?.as_str()?)?;
            Some(time.as_millis())
        }))
    }

    /// One event with all that is known of it; null where there is none.
    pub(super) async fn story(&self, seq: i64) -> Result<Value> {
        let ledger = self.ledger()?;
        let (Some(mut shown), Some(texts)) = (ledger.row(seq)?, ledger.texts(seq)?) else {
            return Ok(Value::Null);
        };
        let finding = texts.finding()?;
        let stored = texts.event.as_deref().map_or(Ok(Value::Null), parse)?;
        let event: Option<Event> = match &stored {
            Value::Null => None,
            stored => Some(from_value(stored.clone())?),
        };
        let record = match (&texts.record, &event) {
            (Some(record), _) => parse(record)?,
            (None, Some(event)) => self.would_be(event, finding.as_ref()).await?,
            (None, None) => Value::Null,
        };
        let sources = event
            .filter(|_| record != Value::Null)
            .map(|event| Sources::of(&event, finding.as_ref()));
        let lookup = match (finding, shown.get("vehicle").and_then(Value::as_str)) {
            (None, Some(vehicle)) if is_unmapped(&shown) => {
                let provider = shown.get("provider").and_then(Value::as_str);
                self.why_unmapped(provider.unwrap_or_default(), vehicle)?
            }
            (finding, _) => finding,
        };
        self.show_event(&mut shown);
        shown.set("event", stored);
        shown.set("record", record);
        shown.set("history", parse(&texts.history)?);
        if let Some(lookup) = lookup {
            shown.set("lookup", written(&lookup)?);
        }
        shown.set("sources", written(&sources)?);
        Ok(shown)
    }

    /// The record that an event would give now, with what was found for it.
    async fn would_be(&self, event: &Event, finding: Option<&Finding>) -> Result<Value> {
        let Ok(mapping) = relay::find_mapping(event, self).await else {
            return Ok(Value::Null);
        };
        let event = finding.map_or_else(|| event.clone(), |finding| finding.add_to(event.clone()));
        let record = Record::weigh(&event, mapping.as_ref());
        record.map_or(Ok(Value::Null), |record| parse(&record.to_json()))
    }

    /// How the lane stands.
    pub(super) fn overview(&self) -> Result<Value> {
        self.write_counts()?;
        let ledger = self.ledger()?;
        let held = match (&self.sink, self.probe_at.get()) {
            (Err(missing), _) => Some(format!("{missing} is missing or unusable")),
            (Ok(_), Some(_)) => Some("configuration_refused".to_owned()),
            (Ok(_), None) => None,
        };
        let states = ledger.states()?.into_iter().map(
            |count| object!({ "provider": count.provider, "state": count.state, "n": count.n }),
        );
        Ok(object!({
            "states": states.collect::<Vec<_>>(),
            "held": held,
            "oldest_waiting_at": ledger.oldest_waiting()?.map(UtcMillis::as_millis),
            "counts": overview::counts(ledger.sql(), now())?,
            "marks": overview::marks(ledger.sql())?,
        }))
    }

    /// The number below which this lane's events come after `place`.
    fn below(&self, place: Place) -> i64 {
        if self.number.get().unwrap_or_default() < place.lane {
            place.seq + 1
        } else {
            place.seq
        }
    }
}

fn is_unmapped(row: &Value) -> bool {
    row.get("state").and_then(Value::as_str) == Some(State::Unmapped.as_str())
}

/// What serde writes, as a value.
fn written(value: &impl Serialize) -> Result<Value> {
    parse(&text(value))
}

/// The columns that are times.
const TIMES: [&str; 6] = [
    "due_at",
    "event_ts",
    "latest_at",
    "looked_up_at",
    "oldest_at",
    "received_at",
];
