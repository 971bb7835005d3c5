//! What a lane stores, in SQLite: one table is the memory of what was seen, one is outbox, dead
//! letters and history together.
//!
//! Statements between two awaits are one transaction in a Durable Object, and a reply is held back
//! until they are on disk.

mod browse;
mod fresh;
mod lookups;
mod memory;
mod retention;
mod schema;

pub use lookups::AGAIN;
pub use memory::{Key, Keys};

use crate::edge::census::{Census, StateCount};
use crate::edge::decode::{from_json, from_value};
use crate::edge::error::Result;
use crate::edge::ledger::fresh::Fresh;
use crate::edge::ledger::memory::Memory;
use crate::edge::ledger::retention::Sweep;
use crate::edge::log;
use crate::edge::object::{object, text};
use crate::edge::protocol::Filter;
use crate::edge::sql::{Bound, rows, run, values};
use crate::event::{Event, SkipReason};
use crate::json::{FromJson, Value};
use crate::relay::{Progress, Settled};
use crate::state::State;
use crate::timestamp::UtcMillis;
use std::cell::Cell;
use std::rc::Rc;
use worker::SqlStorage;

/// The stored events of one lane.
pub struct Ledger {
    sql: SqlStorage,
    last_seq: Cell<i64>,
    census: Census,
    memory: Memory,
    fresh: Fresh,
    sweep: Sweep,
    /// When the next event that has a due time is due.
    next_due: Cell<Next>,
}

/// The time of what comes next, as far as that is known without asking the database.
#[derive(Clone, Copy, Default)]
enum Next {
    At(UtcMillis),
    Never,
    #[default]
    Unknown,
}

/// An event that is due.
#[derive(Clone, Debug)]
pub struct Due {
    /// The event's number.
    pub seq: i64,
    /// The event.
    pub event: Rc<Event>,
    /// How far it has come.
    pub progress: Progress,
    /// Whether it was never tried, and so has no due time.
    pub is_fresh: bool,
    /// What was looked up for it, as JSON.
    pub lookup: Option<String>,
    /// How often it was sent.
    pub attempts: u32,
}

impl Due {
    /// An event that has just been stored, to be sent at once.
    pub const fn fresh(seq: i64, event: Rc<Event>) -> Self {
        Self {
            seq,
            event,
            progress: Progress {
                state: State::Pending,
                failures: 0,
                since: None,
            },
            is_fresh: true,
            lookup: None,
            attempts: 0,
        }
    }
}

/// An event that is due, as it is stored.
#[derive(Debug)]
struct StoredDue {
    seq: i64,
    event: String,
    state: State,
    failures: u32,
    since: Option<i64>,
    lookup: Option<String>,
    attempts: u32,
}

impl FromJson for StoredDue {
    fn from_value(mut due: Value) -> Option<Self> {
        Some(Self {
            seq: due.take("seq")?,
            event: due.take("event")?,
            state: due.take("state")?,
            failures: due.take("failures")?,
            since: due.take("since")?,
            lookup: due.take("lookup")?,
            attempts: due.take("attempts")?,
        })
    }
}

/// An event of a user who is to be forgotten.
struct Theirs {
    seq: i64,
    state: State,
    event: String,
}

impl FromJson for Theirs {
    fn from_value(mut theirs: Value) -> Option<Self> {
        Some(Self {
            seq: theirs.take("seq")?,
            state: theirs.take("state")?,
            event: theirs.take("event")?,
        })
    }
}

/// An event at a lane's door.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The event.
    pub event: Rc<Event>,
    /// By what it is recognised.
    pub keys: Keys,
    /// Whether its vehicle has a VIN.
    pub mapped: bool,
    /// Until when it waits for what is looked up, where something is.
    pub asked_until: Option<UtcMillis>,
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
    /// It is stored under this number.
    New {
        /// The number.
        seq: i64,
        /// The state that it begins in.
        state: State,
        /// Why, for states that need a reason.
        reason: Option<&'static str>,
        /// Whether it can be sent at once.
        is_fresh: bool,
    },
}

impl Ledger {
    /// Opens the ledger and brings its schema up to date.
    pub fn open(sql: SqlStorage) -> Result<Self> {
        schema::migrate(&sql)?;
        let ledger = Self {
            sql,
            last_seq: Cell::new(0),
            census: Census::default(),
            memory: Memory::default(),
            fresh: Fresh::default(),
            sweep: Sweep::default(),
            next_due: Cell::default(),
        };
        let last: Option<i64> = ledger.value("SELECT max(seq) AS value FROM events", vec![])?;
        ledger.last_seq.set(last.unwrap_or_default());
        ledger.look_aside()?;
        ledger.open_fresh()?;
        Ok(ledger)
    }

    /// The highest number that was given.
    pub fn last_seq(&self) -> i64 {
        self.last_seq.get()
    }

    /// Stores an event unless it was seen before; must be called inside a transaction.
    pub fn take(&self, arrival: &Arrival, now: UtcMillis) -> Result<Taken> {
        let Arrival {
            event,
            keys,
            mapped,
            asked_until,
        } = arrival;
        if let Some(seq) = self.seen(event, keys)? {
            return Ok(Taken::Duplicate(seq));
        }
        let unchanged = event.skip.is_none() && self.seen_place(event, keys)?;
        let skip = if unchanged {
            Some(SkipReason::UnchangedPosition)
        } else {
            event.skip
        };
        let keys = if skip.is_none() || unchanged {
            *keys
        } else {
            keys.without_place()
        };
        let (state, reason, due_at) = match skip {
            Some(reason) => (State::Skipped, Some(reason.code()), None),
            // An event that lies a little ahead is sent once its time has come.
            None if *mapped => (
                State::Pending,
                None,
                event.event_ts.filter(|time| *time > now).max(*asked_until),
            ),
            None => {
                let next = now.plus_millis(crate::backoff::recheck_delay(1, random()));
                (State::Unmapped, Some("unmapped_vehicle"), Some(next))
            }
        };
        let seq = self.next_seq(now);
        let since = (state != State::Pending).then_some(now);
        self.run(
            "INSERT INTO events (seq, provider, vehicle, alias, user, kind, state, reason,
                provider_event_id, event_ts, received_at, due_at, since, event, keys, skipped)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                text(event.as_ref()).into(),
                keys.column(event).into(),
                i64::from(state == State::Skipped).into(),
            ],
        )?;
        self.census.moved(seq, &event.provider, None, state);
        self.waits_until(due_at);
        self.remember(event, &keys, seq)?;
        Ok(Taken::New {
            seq,
            state,
            reason,
            is_fresh: state == State::Pending && due_at.is_none(),
        })
    }

    /// Events of a state whose due time has come, the longest due first, but for those of these
    /// vehicles.
    pub fn due(
        &self,
        state: State,
        now: UtcMillis,
        except: &[&str],
        limit: u32,
    ) -> Result<Vec<Due>> {
        let rows: Vec<StoredDue> = self.rows(
            "SELECT seq, event, state, failures, since, lookup, attempts FROM events
             WHERE state = ? AND due_at <= ? AND event IS NOT NULL
                AND (vehicle IS NULL OR vehicle NOT IN (SELECT value FROM json_each(?)))
             ORDER BY due_at LIMIT ?",
            vec![
                state.as_str().into(),
                millis(Some(now)),
                text(except).into(),
                i64::from(limit).into(),
            ],
        )?;
        let read = rows.iter().map(|row| self.readable(row, false));
        read.filter_map(Result::transpose).collect()
    }

    /// One event of a state that has a due time, the first due first, whether that has come or not.
    pub fn oldest(&self, state: State) -> Result<Option<Due>> {
        let rows: Vec<StoredDue> = self.rows(
            "SELECT seq, event, state, failures, since, lookup, attempts FROM events
             WHERE state = ? AND due_at IS NOT NULL AND event IS NOT NULL
             ORDER BY due_at LIMIT 1",
            vec![state.as_str().into()],
        )?;
        let row = rows.into_iter().next();
        row.map_or(Ok(None), |row| self.readable(&row, false))
    }

    /// An event as it was stored. One that cannot be read holds up no other: it is put off.
    fn readable(&self, row: &StoredDue, is_fresh: bool) -> Result<Option<Due>> {
        let Ok(event) = from_json(&row.event) else {
            log::line("unreadable", object!({ "seq": row.seq }));
            let later = crate::edge::cartrack::now().plus_millis(PUT_OFF);
            return self.put_off(row.seq, later).map(|()| None);
        };
        Ok(Some(Due {
            seq: row.seq,
            event: Rc::new(event),
            progress: Progress {
                state: row.state,
                failures: row.failures,
                since: row.since.map(UtcMillis::from_millis),
            },
            is_fresh,
            lookup: row.lookup.clone(),
            attempts: row.attempts,
        }))
    }

    /// When the next event that has a due time and waits is due.
    pub fn next_due(&self) -> Result<Option<UtcMillis>> {
        match self.next_due.get() {
            Next::At(next) => return Ok(Some(next)),
            Next::Never => return Ok(None),
            Next::Unknown => {}
        }
        let due: Option<i64> = self.value(
            "SELECT min(due_at) AS value FROM (
                SELECT min(due_at) AS due_at FROM events WHERE state = 'held' AND due_at IS NOT NULL
                UNION ALL
                SELECT min(due_at) FROM events WHERE state = 'pending' AND due_at IS NOT NULL
                UNION ALL
                SELECT min(due_at) FROM events WHERE state = 'unmapped' AND due_at IS NOT NULL)",
            vec![],
        )?;
        let next = due.map(UtcMillis::from_millis);
        self.next_due.set(next.map_or(Next::Never, Next::At));
        Ok(next)
    }

    /// Writes down what a round came to. An event that moved on meanwhile stays where it is.
    pub fn settle(
        &self,
        due: &Due,
        settled: Settled,
        attempt: Option<Attempt>,
        now: UtcMillis,
    ) -> Result<()> {
        let Settled { state, since, .. } = settled;
        let (due_at, since) = match state {
            State::Delivered | State::Skipped => (None, now),
            _ => (settled.due_at.or_else(|| kept_until(state, now)), since),
        };
        let (record, entry) = match attempt {
            Some(attempt) => (Some(attempt.record), Some(text(&attempt.entry))),
            None => (None, None),
        };
        let written = run(
            &self.sql,
            "UPDATE events SET state = ?1, reason = ?2, due_at = ?3, since = ?4, failures = ?5,
                record = coalesce(?6, record), attempts = attempts + (?7 IS NOT NULL),
                history = CASE WHEN ?7 IS NULL THEN history
                    ELSE json_insert(history, '$[#]', json(?7)) END
             WHERE seq = ?8 AND state IN ('pending', 'unmapped', 'held') AND event IS NOT NULL",
            vec![
                state.as_str().into(),
                settled.reason.into(),
                millis(due_at),
                millis(Some(since)),
                i64::from(settled.failures).into(),
                record.into(),
                entry.into(),
                due.seq.into(),
            ],
        )?;
        self.no_longer_fresh(due.seq);
        if !due.is_fresh {
            self.next_due.set(Next::Unknown);
        }
        self.waits_until(due_at.filter(|_| state.is_waiting()));
        if written > 0.0 {
            let (seq, from) = (due.seq, due.progress.state);
            self.census
                .moved(seq, &due.event.provider, Some(from), state);
        }
        Ok(())
    }

    /// Looks at an event that waits at another time.
    pub fn put_off(&self, seq: i64, until: UtcMillis) -> Result<()> {
        let put = self.run(
            "UPDATE events SET due_at = ?
             WHERE seq = ? AND state IN ('pending', 'unmapped', 'held')",
            vec![millis(Some(until)), seq.into()],
        );
        self.no_longer_fresh(seq);
        if put.is_err() {
            // It is as it was, and must not be taken for done with.
            self.read_fresh_from(seq);
        }
        self.next_due.set(Next::Unknown);
        put
    }

    /// Makes events that wait for this vehicle's mapping due; how many there are.
    pub fn wake(&self, provider: &str, vehicle: &str, now: UtcMillis) -> Result<u64> {
        let at = millis(Some(now));
        self.next_due.set(Next::Unknown);
        self.changed(
            "UPDATE events SET due_at = ?1
             WHERE state = 'unmapped' AND due_at IS NOT NULL AND provider = ?2 AND (vehicle = ?3 OR alias = ?3)",
            vec![at, provider.into(), vehicle.into()],
        )
    }

    /// Makes all held events due.
    pub fn release(&self, now: UtcMillis) -> Result<u64> {
        self.many_changed();
        self.changed(
            "UPDATE events SET state = 'pending', reason = NULL, due_at = ?
             WHERE state = 'held' AND due_at IS NOT NULL",
            vec![millis(Some(now))],
        )
    }

    /// Sends events again: those that have settled start anew, those that wait are due now.
    pub fn replay(&self, filter: &Filter, now: UtcMillis) -> Result<u64> {
        let (conditions, values) = self.conditions(filter, true)?;
        let values = std::iter::once(millis(Some(now))).chain(values).collect();
        let replayed = self.changed(
            &format!("{REPLAY} WHERE {REPLAYABLE} AND {conditions}"),
            values,
        );
        self.many_changed();
        replayed
    }

    /// How many events a replay would send again.
    pub fn replayable(&self, filter: &Filter) -> Result<u64> {
        let (conditions, values) = self.conditions(filter, true)?;
        let statement =
            format!("SELECT count(*) AS value FROM events WHERE {REPLAYABLE} AND {conditions}");
        Ok(self.value(&statement, values)?.unwrap_or_default())
    }

    /// Sends one event again; `None` when there is no such event.
    pub fn replay_one(&self, seq: i64, now: UtcMillis) -> Result<Option<u64>> {
        if self.row(seq)?.is_none() {
            return Ok(None);
        }
        let statement = format!("{REPLAY} WHERE {REPLAYABLE} AND seq = ?");
        let replayed = self.changed(&statement, vec![millis(Some(now)), seq.into()]);
        self.many_changed();
        replayed.map(Some)
    }

    /// How many events each provider has in each state.
    pub fn states(&self) -> Result<Vec<StateCount>> {
        self.census.counts(|| {
            // All of it is in the indexes, but for those that were never tried, which are few. What
            // was not skipped, and neither waits nor is dead, is delivered.
            self.rows(
                "WITH waiting AS (
                    SELECT provider, state, count(*) AS n FROM events
                    WHERE due_at IS NOT NULL GROUP BY state, provider
                    UNION ALL
                    SELECT provider, state, count(*) FROM events
                    WHERE seq >= ? AND state = 'pending' AND due_at IS NULL GROUP BY provider),
                 counts AS (
                    SELECT provider, state, n FROM waiting
                    UNION ALL
                    SELECT provider, CASE skipped WHEN 0 THEN 'delivered' ELSE 'skipped' END,
                        count(*) FROM events GROUP BY skipped, provider
                    UNION ALL
                    SELECT provider, 'delivered', -n FROM waiting WHERE state <> 'skipped')
                 SELECT provider, state, sum(n) AS n FROM counts
                 GROUP BY provider, state HAVING sum(n) > 0",
                vec![self.fresh_from().into()],
            )
        })
    }

    /// When the oldest event that still waits arrived.
    pub fn oldest_waiting(&self) -> Result<Option<UtcMillis>> {
        let seq = self.census.oldest(|| {
            self.value(
                "SELECT min(seq) AS value FROM (
                    SELECT min(seq) AS seq FROM events
                    WHERE due_at IS NOT NULL AND state IN ('pending', 'unmapped', 'held')
                    UNION ALL
                    SELECT * FROM (SELECT seq FROM events
                        WHERE seq >= ? AND state = 'pending' AND due_at IS NULL
                        ORDER BY seq LIMIT 1))",
                vec![self.fresh_from().into()],
            )
        })?;
        Ok(seq.map(|seq| UtcMillis::from_millis(seq / SEQ_PER_MILLI)))
    }

    /// What was believed of a transaction that was rolled back.
    pub fn rolled_back(&self) {
        self.census.forget();
        self.forget_memory();
        self.next_due.set(Next::Unknown);
    }

    /// Many events were changed at once: what is in memory of them is read anew.
    fn many_changed(&self) {
        self.census.forget();
        self.next_due.set(Next::Unknown);
        self.read_fresh_anew();
    }

    /// An event waits until this time, where it has one.
    fn waits_until(&self, due_at: Option<UtcMillis>) {
        let next = match (self.next_due.get(), due_at) {
            (Next::At(next), Some(due_at)) => Next::At(next.min(due_at)),
            (Next::Never, Some(due_at)) => Next::At(due_at),
            (next, _) => next,
        };
        self.next_due.set(next);
    }

    /// Blanks what is stored of a user and of these vehicles; how many events that were.
    pub fn erase(
        &self,
        provider: &str,
        user: &str,
        vehicles: &[String],
        now: UtcMillis,
    ) -> Result<u64> {
        let theirs: Vec<Theirs> = self.rows(
            "SELECT seq, state, event FROM events WHERE provider = ?1 AND event IS NOT NULL
             AND (user = ?2 OR vehicle IN (SELECT value FROM json_each(?3))
                  OR alias IN (SELECT value FROM json_each(?3)))",
            vec![provider.into(), user.into(), text(vehicles).into()],
        )?;
        let erased = theirs.len() as u64;
        self.forget_memory();
        for table in ["vehicles", "lookups"] {
            self.run(
                &format!(
                    "DELETE FROM {table} WHERE provider = ?1 AND vehicle IN (
                        SELECT value FROM json_each(?2) UNION SELECT vehicle FROM events
                        WHERE provider = ?1 AND user = ?3)"
                ),
                vec![provider.into(), text(vehicles).into(), user.into()],
            )?;
        }
        for Theirs { seq, state, event } in theirs {
            if let Ok(event) = from_json::<Event>(&event) {
                self.keep_ids(&event, seq)?;
            }
            let (state, reason) = if state.is_waiting() {
                (State::Dead, Some("erased"))
            } else {
                (state, None)
            };
            self.run(
                "UPDATE events SET vehicle = NULL, alias = NULL, user = NULL, event = NULL,
                    record = NULL, lookup = NULL, history = '[]', provider_event_id = '',
                    event_ts = NULL,
                    keys = NULL, state = ?1, reason = coalesce(?2, reason), due_at = coalesce(?3, due_at)
                 WHERE seq = ?4",
                vec![
                    state.as_str().into(),
                    reason.into(),
                    if reason.is_some() {
                        millis(kept_until(state, now))
                    } else {
                        None::<i64>.into()
                    },
                    seq.into(),
                ],
            )?;
        }
        self.many_changed();
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

    fn run(&self, statement: &str, values: Vec<Bound>) -> Result<()> {
        run(&self.sql, statement, values)?;
        Ok(())
    }

    fn changed(&self, statement: &str, values: Vec<Bound>) -> Result<u64> {
        self.run(statement, values)?;
        let changed: Option<u64> = self.value("SELECT changes() AS value", vec![])?;
        Ok(changed.unwrap_or_default())
    }

    fn values(&self, statement: &str, bindings: Vec<Bound>) -> Result<Vec<Value>> {
        values(&self.sql, statement, bindings)
    }

    fn rows<T: FromJson>(&self, statement: &str, values: Vec<Bound>) -> Result<Vec<T>> {
        rows(&self.sql, statement, values)
    }

    /// The column `value` of the first row.
    fn value<T: FromJson>(&self, statement: &str, bindings: Vec<Bound>) -> Result<Option<T>> {
        let mut rows = self.values(statement, bindings)?;
        from_value(rows.first_mut().map(|row| row.remove("value")).into())
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

/// How long an event waits that could not be read or noted, in milliseconds.
pub const PUT_OFF: i64 = 60_000;

const REPLAY: &str = "UPDATE events SET due_at = ?, failures = 0,
        since = CASE state WHEN 'unmapped' THEN since END,
        lookup = CASE WHEN attempts = 0 AND lookup IS NOT NULL THEN '' ELSE lookup END,
        reason = CASE state WHEN 'unmapped' THEN reason END,
        state = CASE state WHEN 'unmapped' THEN 'unmapped' ELSE 'pending' END
        ";

const REPLAYABLE: &str =
    "state IN ('dead', 'delivered', 'pending', 'unmapped') AND event IS NOT NULL";

fn kept_until(state: State, now: UtcMillis) -> Option<UtcMillis> {
    Some(now.plus_millis(state.kept_for()?))
}

fn millis(time: Option<UtcMillis>) -> Bound {
    time.map(UtcMillis::as_millis).into()
}
