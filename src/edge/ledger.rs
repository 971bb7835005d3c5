//! What a lane stores, in SQLite: one table is the memory of what was seen, one is outbox, dead
//! letters and history together.
//!
//! Statements between two awaits are one transaction in a Durable Object, and a reply is held back
//! until they are on disk.

mod browse;
mod schema;

use crate::edge::census::Census;
use crate::edge::protocol::{Filter, StateCount};
use crate::edge::sql::rows;
use crate::event::{Event, SkipReason};
use crate::relay::{Progress, Settled};
use crate::state::State;
use crate::timestamp::UtcMillis;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use worker::{Result, SqlStorage, SqlStorageValue};

/// The stored events of one lane.
pub struct Ledger {
    sql: SqlStorage,
    last_seq: Cell<i64>,
    census: Census,
    /// Vehicles whose VIN is known to be written down.
    named: RefCell<HashMap<(String, String), String>>,
}

/// An event that is due.
#[derive(Clone, Debug, Deserialize)]
pub struct Due {
    /// The event's number.
    pub seq: i64,
    /// The event as JSON.
    pub event: String,
    /// The provider's id of its vehicle.
    pub vehicle: Option<String>,
    state: State,
    failures: u32,
    since: Option<i64>,
}

impl Due {
    /// How far the event has come.
    pub fn progress(&self) -> Progress {
        Progress {
            state: self.state,
            failures: self.failures,
            since: self.since.map(UtcMillis::from_millis),
        }
    }
}

/// What is written down of one attempt to send.
#[derive(Debug)]
pub struct Attempt {
    /// The record as it was sent.
    pub record: String,
    /// Time, status, duration and reply, for the history.
    pub entry: Value,
}

/// What became of an event at the door.
pub enum Taken {
    /// It was seen before, under this number.
    Duplicate(i64),
    /// It is stored under this number, in this state.
    New(i64, State, Option<&'static str>),
}

impl Ledger {
    /// Opens the ledger and brings its schema up to date.
    pub fn open(sql: SqlStorage) -> Result<Self> {
        schema::migrate(&sql)?;
        let ledger = Self {
            sql,
            last_seq: Cell::new(0),
            census: Census::default(),
            named: RefCell::default(),
        };
        let last: Option<i64> = ledger.value("SELECT max(seq) AS value FROM events", vec![])?;
        ledger.last_seq.set(last.unwrap_or_default());
        Ok(ledger)
    }

    /// The number under which an event with one of this event's ids was stored.
    pub fn seen(&self, event: &Event) -> Result<Option<i64>> {
        for key in id_keys(event) {
            if let Some(seq) = self.seen_key(&key)? {
                return Ok(Some(seq));
            }
        }
        Ok(None)
    }

    /// Stores an event unless it was seen before; must be called inside a transaction.
    pub fn take(&self, event: &Event, mapped: bool, now: UtcMillis) -> Result<Taken> {
        if let Some(seq) = self.seen(event)? {
            return Ok(Taken::Duplicate(seq));
        }
        let place = place_key(event);
        let unchanged = match (&place, event.skip) {
            (Some(place), None) => self.seen_key(place)?.is_some(),
            _ => false,
        };
        let skip = if unchanged {
            Some(SkipReason::UnchangedPosition)
        } else {
            event.skip
        };
        let (state, reason, due_at) = match skip {
            Some(reason) => (
                State::Skipped,
                Some(reason.code()),
                kept_until(State::Skipped, now),
            ),
            None if mapped => {
                // An event that lies a little ahead is sent once its time has come.
                let due = event.event_ts.map_or(now, |time| time.max(now));
                (State::Pending, None, Some(due))
            }
            None => {
                let next = now.plus_millis(crate::backoff::recheck_delay(1, random()));
                (State::Unmapped, Some("unmapped_vehicle"), Some(next))
            }
        };
        let seq = self.next_seq(now);
        let since = (state == State::Unmapped).then_some(now);
        self.run(
            "INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason,
                provider_event_id, event_ts, received_at, due_at, since, event)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            vec![
                seq.into(),
                event.provider.as_str().into(),
                event.vehicle.clone().into(),
                event.aliases.first().cloned().into(),
                event.user.clone().into(),
                event.kind.as_str().into(),
                state.as_str().into(),
                reason.into(),
                event.provider_event_id.as_str().into(),
                millis(event.event_ts),
                millis(Some(event.received_at)),
                millis(due_at),
                millis(since),
                serde_json::to_string(event)?.into(),
            ],
        )?;
        self.census.moved(seq, &event.provider, None, state);
        for key in id_keys(event) {
            self.remember(&key, seq)?;
        }
        if let Some(place) = place.filter(|_| skip.is_none() || unchanged) {
            self.remember(&place, seq)?;
        }
        Ok(Taken::New(seq, state, reason))
    }

    /// Events of a state that are due, the longest due first, but for those of these vehicles.
    pub fn due(
        &self,
        state: State,
        now: UtcMillis,
        except: &[String],
        limit: u32,
    ) -> Result<Vec<Due>> {
        self.rows(
            "SELECT seq, event, vehicle, state, failures, since FROM events
             WHERE state = ? AND due_at <= ? AND event IS NOT NULL
                AND (vehicle IS NULL OR vehicle NOT IN (SELECT value FROM json_each(?)))
             ORDER BY due_at LIMIT ?",
            vec![
                state.as_str().into(),
                millis(Some(now)),
                serde_json::to_string(except)?.into(),
                i64::from(limit).into(),
            ],
        )
    }

    /// One event of a state, the longest waiting first, whether it is due or not.
    pub fn oldest(&self, state: State) -> Result<Option<Due>> {
        let rows = self.rows(
            "SELECT seq, event, vehicle, state, failures, since FROM events
             WHERE state = ? AND event IS NOT NULL ORDER BY due_at LIMIT 1",
            vec![state.as_str().into()],
        )?;
        Ok(rows.into_iter().next())
    }

    /// When the next event of a state is due.
    pub fn next_due(&self, state: State) -> Result<Option<UtcMillis>> {
        let due: Option<i64> = self.value(
            "SELECT min(due_at) AS value FROM events WHERE state = ?",
            vec![state.as_str().into()],
        )?;
        Ok(due.map(UtcMillis::from_millis))
    }

    /// Writes down what a round came to. An event that moved on meanwhile stays where it is.
    pub fn settle(
        &self,
        seq: i64,
        settled: Settled,
        attempt: Option<Attempt>,
        now: UtcMillis,
    ) -> Result<()> {
        let Some(before) = self.row(seq)?.filter(|row| row.state.is_waiting()) else {
            return Ok(());
        };
        self.census
            .moved(seq, &before.provider, Some(before.state), settled.state);
        let due_at = settled.due_at.or_else(|| kept_until(settled.state, now));
        let (record, entry) = match attempt {
            Some(attempt) => (Some(attempt.record), Some(attempt.entry.to_string())),
            None => (None, None),
        };
        self.run(
            "UPDATE events SET state = ?1, reason = ?2, due_at = ?3, since = ?4, failures = ?5,
                record = coalesce(?6, record), attempts = attempts + (?7 IS NOT NULL),
                history = CASE WHEN ?7 IS NULL THEN history
                    ELSE json_insert(history, '$[#]', json(?7)) END
             WHERE seq = ?8 AND state IN ('pending', 'unmapped', 'held') AND event IS NOT NULL",
            vec![
                settled.state.as_str().into(),
                settled.reason.into(),
                millis(due_at),
                millis(Some(settled.since)),
                i64::from(settled.failures).into(),
                record.into(),
                entry.into(),
                seq.into(),
            ],
        )
    }

    /// Looks at an event that waits at another time.
    pub fn put_off(&self, seq: i64, until: UtcMillis) -> Result<()> {
        self.run(
            "UPDATE events SET due_at = ?
             WHERE seq = ? AND state IN ('pending', 'unmapped', 'held')",
            vec![millis(Some(until)), seq.into()],
        )
    }

    /// Makes events that wait for this vehicle's mapping due; how many there are.
    pub fn wake(&self, provider: &str, vehicle: &str, now: UtcMillis) -> Result<u64> {
        let at = millis(Some(now));
        self.changed(
            "UPDATE events SET due_at = ?1
             WHERE state = 'unmapped' AND provider = ?2 AND (vehicle = ?3 OR alias = ?3)",
            vec![at, provider.into(), vehicle.into()],
        )
    }

    /// Makes all held events due.
    pub fn release(&self, now: UtcMillis) -> Result<u64> {
        self.census.forget();
        self.changed(
            "UPDATE events SET state = 'pending', reason = NULL, due_at = ? WHERE state = 'held'",
            vec![millis(Some(now))],
        )
    }

    /// Sends events again: those that have settled start anew, those that wait are due now.
    pub fn replay(&self, filter: &Filter, now: UtcMillis) -> Result<u64> {
        self.census.forget();
        let (conditions, values) = self.conditions(filter)?;
        let values = std::iter::once(millis(Some(now))).chain(values).collect();
        self.changed(
            &format!("{REPLAY} WHERE {REPLAYABLE} AND {conditions}"),
            values,
        )
    }

    /// How many events a replay would send again.
    pub fn replayable(&self, filter: &Filter) -> Result<u64> {
        let (conditions, values) = self.conditions(filter)?;
        let statement =
            format!("SELECT count(*) AS value FROM events WHERE {REPLAYABLE} AND {conditions}");
        Ok(self.value(&statement, values)?.unwrap_or_default())
    }

    /// Sends one event again; `None` when there is no such event.
    pub fn replay_one(&self, seq: i64, now: UtcMillis) -> Result<Option<u64>> {
        self.census.forget();
        if self.row(seq)?.is_none() {
            return Ok(None);
        }
        let statement = format!("{REPLAY} WHERE {REPLAYABLE} AND seq = ?");
        self.changed(&statement, vec![millis(Some(now)), seq.into()])
            .map(Some)
    }

    /// How many events each provider has in each state.
    pub fn states(&self) -> Result<Vec<StateCount>> {
        self.census.counts(|| {
            // All of it is in the index `events_due`.
            self.rows(
                "SELECT provider, state, count(*) AS n FROM events GROUP BY state, provider",
                vec![],
            )
        })
    }

    /// When the oldest event that still waits arrived.
    pub fn oldest_waiting(&self) -> Result<Option<UtcMillis>> {
        let seq = self.census.oldest(|| {
            self.value(
                "SELECT min(seq) AS value FROM events
                 WHERE state IN ('pending', 'unmapped', 'held')",
                vec![],
            )
        })?;
        Ok(seq.map(|seq| UtcMillis::from_millis(seq / SEQ_PER_MILLI)))
    }

    /// What was believed of a transaction that was rolled back.
    pub fn rolled_back(&self) {
        self.census.forget();
    }

    /// Remembers the VIN of an event's vehicle, by which its events can be found, unless the event
    /// was erased while it was sent.
    pub fn name_vehicle(&self, seq: i64, provider: &str, vehicle: &str, vin: &str) -> Result<()> {
        let place = (provider.to_owned(), vehicle.to_owned());
        if self
            .named
            .borrow()
            .get(&place)
            .is_some_and(|known| known == vin)
        {
            return Ok(());
        }
        self.run(
            "INSERT INTO vehicles (provider, vehicle, vin)
                SELECT ?1, ?2, ?3 FROM events WHERE seq = ?4 AND event IS NOT NULL
             ON CONFLICT (provider, vehicle) DO UPDATE SET vin = excluded.vin
             WHERE vin <> excluded.vin",
            vec![provider.into(), vehicle.into(), vin.into(), seq.into()],
        )?;
        let mut named = self.named.borrow_mut();
        if named.len() >= NAMED {
            named.clear();
        }
        named.insert(place, vin.to_owned());
        Ok(())
    }

    /// Forgets settled events whose time is over, and the ids that belong to them.
    pub fn forget_old(&self, now: UtcMillis, limit: u32) -> Result<u64> {
        let mut forgotten = 0;
        for state in State::ALL
            .into_iter()
            .filter(|state| state.kept_for().is_some())
        {
            #[derive(Deserialize)]
            struct Old {
                seq: i64,
                event: Option<String>,
            }
            let old: Vec<Old> = self.rows(
                "SELECT seq, event FROM events WHERE state = ? AND due_at <= ? LIMIT ?",
                vec![
                    state.as_str().into(),
                    millis(Some(now)),
                    i64::from(limit).into(),
                ],
            )?;
            for Old { seq, event } in old {
                // An erased event has no ids left to compute its keys from.
                let event = event.and_then(|event| serde_json::from_str::<Event>(&event).ok());
                for key in event
                    .iter()
                    .flat_map(|event| id_keys(event).chain(place_key(event)))
                {
                    self.run(
                        "DELETE FROM seen WHERE key = ? AND seq = ?",
                        vec![key.into(), seq.into()],
                    )?;
                }
                self.run("DELETE FROM events WHERE seq = ?", vec![seq.into()])?;
                forgotten += 1;
            }
        }
        if forgotten > 0 {
            self.census.forget();
        }
        Ok(forgotten)
    }

    /// Blanks what is stored of a user and of these vehicles; how many events that were.
    pub fn erase(
        &self,
        provider: &str,
        user: &str,
        vehicles: &[String],
        now: UtcMillis,
    ) -> Result<u64> {
        #[derive(Deserialize)]
        struct Theirs {
            seq: i64,
            state: State,
            event: String,
        }
        let theirs: Vec<Theirs> = self.rows(
            "SELECT seq, state, event FROM events WHERE provider = ?1 AND event IS NOT NULL
             AND (user = ?2 OR vehicle IN (SELECT value FROM json_each(?3))
                  OR alias IN (SELECT value FROM json_each(?3)))",
            vec![
                provider.into(),
                user.into(),
                serde_json::to_string(vehicles)?.into(),
            ],
        )?;
        self.census.forget();
        let erased = theirs.len() as u64;
        self.named.borrow_mut().clear();
        self.run(
            "DELETE FROM vehicles WHERE provider = ?1 AND vehicle IN (
                SELECT value FROM json_each(?2) UNION SELECT vehicle FROM events
                WHERE provider = ?1 AND user = ?3)",
            vec![
                provider.into(),
                serde_json::to_string(vehicles)?.into(),
                user.into(),
            ],
        )?;
        for Theirs { seq, state, event } in theirs {
            let place = serde_json::from_str::<Event>(&event)
                .ok()
                .and_then(|e| place_key(&e));
            if let Some(place) = place {
                self.run("DELETE FROM seen WHERE key = ?", vec![place.into()])?;
            }
            let (state, reason) = if state.is_waiting() {
                (State::Dead, Some("erased"))
            } else {
                (state, None)
            };
            self.run(
                "UPDATE events SET vehicle = NULL, alias = NULL, user = NULL, event = NULL,
                    record = NULL, history = '[]', provider_event_id = '', event_ts = NULL,
                    state = ?1, reason = coalesce(?2, reason), due_at = coalesce(?3, due_at)
                 WHERE seq = ?4",
                vec![
                    state.as_str().into(),
                    reason.into(),
                    if reason.is_some() {
                        millis(kept_until(state, now))
                    } else {
                        SqlStorageValue::Null
                    },
                    seq.into(),
                ],
            )?;
        }
        Ok(erased)
    }

    /// The value that is kept under a name.
    pub fn meta(&self, name: &str) -> Result<Option<String>> {
        self.value("SELECT value FROM meta WHERE name = ?", vec![name.into()])
    }

    /// Keeps a value under a name, or removes it.
    pub fn set_meta(&self, name: &str, value: Option<&str>) -> Result<()> {
        match value {
            Some(value) => self.run(
                "INSERT INTO meta (name, value) VALUES (?, ?)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                vec![name.into(), value.into()],
            ),
            None => self.run("DELETE FROM meta WHERE name = ?", vec![name.into()]),
        }
    }

    /// The database itself, for other tables in it.
    pub const fn sql(&self) -> &SqlStorage {
        &self.sql
    }

    /// Numbers grow with the time of arrival, so that the newest events have the highest ones.
    fn next_seq(&self, now: UtcMillis) -> i64 {
        let seq = (self.last_seq.get() + 1).max(now.as_millis() * SEQ_PER_MILLI);
        self.last_seq.set(seq);
        seq
    }

    fn seen_key(&self, key: &str) -> Result<Option<i64>> {
        self.value(
            "SELECT seq AS value FROM seen WHERE key = ?",
            vec![key.into()],
        )
    }

    fn remember(&self, key: &str, seq: i64) -> Result<()> {
        self.run(
            "INSERT INTO seen (key, seq) VALUES (?, ?)
             ON CONFLICT (key) DO UPDATE SET seq = excluded.seq",
            vec![key.into(), seq.into()],
        )
    }

    fn run(&self, statement: &str, values: Vec<SqlStorageValue>) -> Result<()> {
        self.sql.exec(statement, values).map(|_| ())
    }

    fn changed(&self, statement: &str, values: Vec<SqlStorageValue>) -> Result<u64> {
        self.run(statement, values)?;
        let changed: Option<u64> = self.value("SELECT changes() AS value", vec![])?;
        Ok(changed.unwrap_or_default())
    }

    fn rows<T: DeserializeOwned>(
        &self,
        statement: &str,
        values: Vec<SqlStorageValue>,
    ) -> Result<Vec<T>> {
        rows(&self.sql, statement, values)
    }

    fn value<T: DeserializeOwned>(
        &self,
        statement: &str,
        values: Vec<SqlStorageValue>,
    ) -> Result<Option<T>> {
        #[derive(Deserialize)]
        struct Single<T> {
            value: Option<T>,
        }
        let rows: Vec<Single<T>> = self.rows(statement, values)?;
        Ok(rows.into_iter().next().and_then(|row| row.value))
    }
}

/// A number from 0 to 1, drawn at random.
pub fn random() -> f64 {
    let mut bytes = [0; 4];
    // Without randomness waits are not spread, and still right.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

/// How many numbers there are for one millisecond of arrival.
const SEQ_PER_MILLI: i64 = 1000;

/// For how many vehicles it is remembered that their VIN is written down.
const NAMED: usize = 10_000;

const REPLAY: &str = "UPDATE events SET due_at = ?, failures = 0,
        since = CASE state WHEN 'unmapped' THEN since END,
        reason = CASE state WHEN 'unmapped' THEN reason END,
        state = CASE state WHEN 'unmapped' THEN 'unmapped' ELSE 'pending' END
        ";

const REPLAYABLE: &str =
    "state IN ('dead', 'delivered', 'pending', 'unmapped') AND event IS NOT NULL";

/// The keys by which a repeated delivery is recognised: the event's id, and the delivery's where
/// there is one. Hashed, so that the memory holds no id of a vehicle or a person.
fn id_keys(event: &Event) -> impl Iterator<Item = String> {
    let delivery = event
        .delivery_id
        .as_deref()
        .map(|id| key(&["delivery", &event.provider, id]));
    std::iter::once(key(&["event", &event.provider, &event.provider_event_id])).chain(delivery)
}

/// The key of a vehicle's position at a time, for providers that repeat the last position.
fn place_key(event: &Event) -> Option<String> {
    let vehicle = event
        .vehicle
        .as_deref()
        .filter(|_| event.repeats_position)?;
    event.position?;
    Some(key(&[
        "place",
        &event.provider,
        vehicle,
        &event.event_ts?.to_string(),
    ]))
}

fn key(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest: [u8; 32] = hash.finalize().into();
    hex::encode(digest.get(..16).unwrap_or(&digest))
}

fn kept_until(state: State, now: UtcMillis) -> Option<UtcMillis> {
    Some(now.plus_millis(state.kept_for()?))
}

fn millis(time: Option<UtcMillis>) -> SqlStorageValue {
    time.map(UtcMillis::as_millis).into()
}
