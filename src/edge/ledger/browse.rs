//! Reading what a lane stores, in pages: whatever is asked, only a bounded part of it is read.

use crate::edge::error::Result;
use crate::edge::ledger::{Key, Ledger, SEQ_PER_MILLI};
use crate::edge::object::text;
use crate::edge::overview::place_of;
use crate::edge::protocol::Filter;
use crate::edge::sql::Bound;
use crate::json::{FromJson, Value};
use crate::provider::PROVIDERS;
use crate::state::State;
use crate::timestamp::UtcMillis;

/// Events of a list.
pub struct Page {
    /// The events that fit, newest first.
    pub rows: Vec<Value>,
    /// The number of the last event that was looked at, where older ones were not.
    pub reached: Option<i64>,
}

impl Ledger {
    /// Events that fit, newest first, among those below `before`.
    ///
    /// No list reads more than [`SCANNED`] events: a filter that no index serves is held against so
    /// many of the newest ones, and the page says how far that reached.
    pub fn list(&self, filter: &Filter, before: Option<i64>, limit: u32) -> Result<Page> {
        let is_selective = self.is_selective(filter)?;
        let (conditions, mut bindings) = self.conditions(filter, is_selective)?;
        let before = before.unwrap_or(i64::MAX >> 10);
        bindings.insert(0, before.into());
        if is_selective {
            bindings.push(i64::from(limit).into());
            let statement = format!(
                "SELECT {ROW} FROM events WHERE seq < ? AND {conditions} ORDER BY seq DESC LIMIT ?"
            );
            return Ok(Page {
                rows: self.values(&statement, bindings)?,
                reached: None,
            });
        }
        bindings.insert(1, SCANNED.into());
        bindings.push(i64::from(limit).into());
        let statement = format!(
            "SELECT * FROM (SELECT {ROW} FROM events WHERE seq < ? ORDER BY seq DESC LIMIT ?)
             WHERE {conditions} ORDER BY seq DESC LIMIT ?"
        );
        let rows = self.values(&statement, bindings)?;
        let reached = self.value(
            "SELECT seq AS value FROM events WHERE seq < ? ORDER BY seq DESC LIMIT 1 OFFSET ?",
            vec![before.into(), (SCANNED - 1).into()],
        )?;
        Ok(Page { rows, reached })
    }

    /// Whether an index leads to few enough events.
    fn is_selective(&self, filter: &Filter) -> Result<bool> {
        if filter.vehicle.is_some() || filter.q.is_some() {
            return Ok(true);
        }
        let Some(state) = filter.state else {
            return Ok(false);
        };
        let counts = self.states()?;
        let of_state = counts.iter().filter(|count| count.state == state);
        Ok(of_state.map(|count| count.n).sum::<u64>() <= SCANNED.unsigned_abs())
    }

    /// One event.
    pub fn row(&self, seq: i64) -> Result<Option<Value>> {
        let statement = format!("SELECT {ROW} FROM events WHERE seq = ?");
        Ok(self.values(&statement, vec![seq.into()])?.pop())
    }

    /// The event, the record, the history and the finding of one event, each as JSON.
    pub fn texts(&self, seq: i64) -> Result<Option<Texts>> {
        let statement = "SELECT event, record, history, lookup FROM events WHERE seq = ?";
        Ok(self.rows(statement, vec![seq.into()])?.into_iter().next())
    }

    /// The vehicles whose events wait for a VIN, those with the most events first. Of very many
    /// events only [`UNMAPPED_COUNTED`] are counted.
    pub fn unmapped(&self, limit: u32) -> Result<Vec<Value>> {
        self.values(
            "SELECT count(*) AS events, max(received_at) AS latest_at, lookups.at AS looked_up_at,
                lookups.failure AS lookup, min(received_at) AS oldest_at, provider, vehicle
             FROM (SELECT * FROM events WHERE state = 'unmapped' AND due_at IS NOT NULL
                AND vehicle IS NOT NULL LIMIT ?)
             LEFT JOIN lookups USING (provider, vehicle)
             GROUP BY provider, vehicle ORDER BY events DESC LIMIT ?",
            vec![UNMAPPED_COUNTED.into(), i64::from(limit).into()],
        )
    }

    /// The last delivered position of each vehicle, among the latest [`SCANNED`] events.
    pub fn positions(&self, limit: u32) -> Result<Vec<Value>> {
        // `max` makes SQLite take the other columns from the row that has it.
        self.values(
            "SELECT max(event_ts) AS event_ts,
                json_extract(event, '$.position.latitude') AS latitude,
                json_extract(event, '$.position.longitude') AS longitude,
                provider, received_at, vehicle
             FROM (SELECT * FROM events ORDER BY seq DESC LIMIT ?)
             WHERE state = 'delivered' AND event IS NOT NULL AND vehicle IS NOT NULL
             GROUP BY provider, vehicle ORDER BY event_ts DESC LIMIT ?",
            vec![SCANNED.into(), i64::from(limit).into()],
        )
    }

    /// A filter as conditions, with the values that belong to them. `by_index` says whether the
    /// events of a state are to be found by an index where it has one, rather than held against it.
    pub(super) fn conditions(
        &self,
        filter: &Filter,
        by_index: bool,
    ) -> Result<(String, Vec<Bound>)> {
        let indexed = filter.state.filter(|state| by_index && is_indexed(*state));
        let state = filter.state.filter(|_| indexed.is_none());
        let state = state.map(State::as_str);
        let after = |time: Option<UtcMillis>| time.map(|time| time.as_millis() * SEQ_PER_MILLI);
        let mut conditions = vec!["TRUE"];
        let mut values: Vec<Bound> = Vec::new();
        let texts = [
            ("state = ?", state),
            ("provider = ?", filter.provider.as_deref()),
            ("vehicle = ?", filter.vehicle.as_deref()),
            ("reason = ?", filter.reason.as_deref()),
        ];
        for (condition, value) in texts {
            if let Some(value) = value {
                conditions.push(condition);
                values.push(value.into());
            }
        }
        if by_index && state.is_some() {
            // The index of keys tells what was skipped, and is much smaller than the table.
            conditions.push("seq IN (SELECT seq FROM events WHERE skipped = ?)");
            values.push(i64::from(filter.state == Some(State::Skipped)).into());
        }
        if let Some(state) = indexed {
            conditions.push(
                "seq IN (SELECT seq FROM events WHERE state = ? AND due_at IS NOT NULL
                    UNION ALL
                    SELECT seq FROM events WHERE seq >= ? AND state = ? AND due_at IS NULL)",
            );
            values.push(state.as_str().into());
            values.push(self.fresh_from().into());
            values.push(state.as_str().into());
        }
        for (condition, seq) in [
            ("seq >= ?", after(filter.from)),
            ("seq < ?", after(filter.to)),
        ] {
            if let Some(seq) = seq {
                conditions.push(condition);
                values.push(seq.into());
            }
        }
        if let Some(q) = &filter.q {
            conditions.push(
                "(seq IN (SELECT value FROM json_each(?))
                  OR vehicle IN (SELECT value FROM json_each(?)))",
            );
            let (seqs, vehicles) = self.find(q.trim())?;
            values.push(text(&seqs).into());
            values.push(text(&vehicles).into());
        }
        Ok((conditions.join(" AND "), values))
    }

    /// The events and the vehicles that an id can mean: an event's, a vehicle's, or a VIN.
    fn find(&self, id: &str) -> Result<(Vec<i64>, Vec<String>)> {
        let mut seqs: Vec<i64> = place_of(id).map(|place| place.seq).into_iter().collect();
        let keys: Vec<Key> = PROVIDERS
            .iter()
            .map(|provider| Key::of_event(provider.name(), id))
            .collect();
        let short: Vec<String> = keys.iter().map(|key| key.short()).collect();
        // An index from ids to events would cost a row for each event. The index of keys is small
        // enough to be read as a whole for a person who searches.
        let numbered = self.values(
            "SELECT seq FROM events WHERE substr(keys, 1, 16) IN (SELECT value FROM json_each(?))",
            vec![text(&short).into()],
        )?;
        seqs.extend(numbered.iter().filter_map(|row| row.get("seq")?.as_i64()));
        for key in keys {
            seqs.extend(self.aside(key)?);
        }
        let named = self.values(
            "SELECT vehicle FROM vehicles WHERE vin = ?",
            vec![id.to_ascii_uppercase().into()],
        )?;
        let named = named.iter().filter_map(|row| row.get("vehicle")?.as_str());
        let vehicles = named.chain([id]).map(str::to_owned).collect();
        Ok((seqs, vehicles))
    }
}

/// The long texts of one event, each as JSON.
#[derive(Debug)]
pub struct Texts {
    /// The event; none once it is erased.
    pub event: Option<String>,
    /// The record as it was last sent.
    pub record: Option<String>,
    /// Every attempt.
    pub history: String,
    /// What was looked up for it.
    pub lookup: Option<String>,
}

impl FromJson for Texts {
    fn from_value(mut texts: Value) -> Option<Self> {
        Some(Self {
            event: texts.take("event")?,
            record: texts.take("record")?,
            history: texts.take("history")?,
            lookup: texts.take("lookup")?,
        })
    }
}

/// How many events a list reads at most.
const SCANNED: i64 = 5_000;

/// How many events are counted that wait for a VIN.
const UNMAPPED_COUNTED: i64 = 20_000;

/// Whether an index leads to the events of this state.
const fn is_indexed(state: State) -> bool {
    !matches!(state, State::Delivered | State::Skipped)
}

/// An event in a list; columns are in the order of their names, as members are. What was never tried is due since it was received; of an event that has
/// settled the due time is when it is forgotten, which is not shown.
const ROW: &str = "attempts, CASE WHEN state IN ('pending', 'unmapped', 'held') \
                   THEN ifnull(due_at, received_at) END AS due_at, event_ts, provider, \
                   provider_event_id, reason, received_at, seq, state, kind AS type, vehicle";
