//! What is forgotten, and when: dead events by their due time, others that have settled by their
//! numbers, which tell when they arrived.

use crate::edge::decode::from_json;
use crate::edge::error::Result;
use crate::edge::ledger::{Ledger, Next, SEQ_PER_MILLI, millis};
use crate::edge::object::text;
use crate::event::Event;
use crate::json::{FromJson, Value};
use crate::state::State;
use crate::timestamp::UtcMillis;
use std::cell::Cell;

/// How far the search for old events has come.
#[derive(Default)]
pub struct Sweep {
    /// Events up to this number were looked at in this round.
    past: Cell<i64>,
    /// When there is something to do again.
    next: Cell<Next>,
}

struct Old {
    seq: i64,
    state: State,
    since: Option<i64>,
    keys: Option<String>,
    /// Only where its keys are not in its row.
    event: Option<String>,
}

impl FromJson for Old {
    fn from_value(mut old: Value) -> Option<Self> {
        Some(Self {
            seq: old.take("seq")?,
            state: old.take("state")?,
            since: old.take("since")?,
            keys: old.take("keys")?,
            event: old.take("event")?,
        })
    }
}

impl Ledger {
    /// Forgets some of the events whose time is over, and the ids that belong to them.
    pub fn forget_old(&self, now: UtcMillis) -> Result<()> {
        if self.next_sweep()?.is_none_or(|next| next > now) {
            return Ok(());
        }
        let dead: Vec<Old> = self.rows(
            "SELECT seq, state, since, keys, CASE WHEN keys IS NULL THEN event END AS event
             FROM events WHERE state = 'dead' AND due_at <= ? LIMIT ?",
            vec![millis(Some(now)), AT_ONCE.into()],
        )?;
        let kept_for = State::Delivered.kept_for().unwrap_or_default();
        let oldest_kept = now.plus_millis(-kept_for).as_millis();
        let arrived: Vec<Old> = self.rows(
            "SELECT seq, state, since, keys, CASE WHEN keys IS NULL THEN event END AS event
             FROM events WHERE seq > ? AND seq < ? ORDER BY seq LIMIT ?",
            vec![
                self.sweep.past.get().into(),
                (oldest_kept * SEQ_PER_MILLI).into(),
                AT_ONCE.into(),
            ],
        )?;
        let full = |old: &[Old]| i64::try_from(old.len()).is_ok_and(|len| len >= AT_ONCE);
        let more = full(&dead) || full(&arrived);
        let last = arrived.last().filter(|_| full(&arrived)).map(|old| old.seq);
        self.sweep.past.set(last.unwrap_or_default());
        let settled = arrived.into_iter().filter(|old| {
            matches!(old.state, State::Delivered | State::Skipped)
                && old.since.is_none_or(|since| since <= oldest_kept)
        });
        let old: Vec<Old> = dead.into_iter().chain(settled).collect();
        self.forget(&old)?;
        let next = if more {
            Some(now)
        } else {
            self.find_next_sweep(now)?
        };
        self.sweep.next.set(next.map_or(Next::Unknown, Next::At));
        Ok(())
    }

    /// When there is something to forget.
    pub fn next_sweep(&self) -> Result<Option<UtcMillis>> {
        if let Next::At(next) = self.sweep.next.get() {
            return Ok(Some(next));
        }
        let kept_for = State::Delivered.kept_for().unwrap_or_default();
        let oldest: Option<i64> = self.value("SELECT min(seq) AS value FROM events", vec![])?;
        let oldest = oldest.map(|seq| arrival(seq).plus_millis(kept_for));
        let next = oldest.into_iter().chain(self.next_dead()?).min();
        self.sweep.next.set(next.map_or(Next::Unknown, Next::At));
        Ok(next)
    }

    /// When there is something to forget next, after all that could be was forgotten.
    fn find_next_sweep(&self, now: UtcMillis) -> Result<Option<UtcMillis>> {
        let kept_for = State::Delivered.kept_for().unwrap_or_default();
        let oldest_kept = now.plus_millis(-kept_for).as_millis() * SEQ_PER_MILLI;
        let next: Option<i64> = self.value(
            "SELECT min(seq) AS value FROM events WHERE seq >= ?",
            vec![oldest_kept.into()],
        )?;
        // One that settled late is among the older ones, and looked at with others.
        let older: Option<i64> = self.value(
            "SELECT min(seq) AS value FROM events WHERE seq < ?",
            vec![oldest_kept.into()],
        )?;
        let again = older.map(|_| now.plus_millis(SWEPT_EVERY));
        let next = next.map(|seq| {
            let due = arrival(seq).plus_millis(kept_for);
            due.max(now.plus_millis(SWEPT_EVERY))
        });
        let all = next.into_iter().chain(again).chain(self.next_dead()?);
        Ok(all.min())
    }

    fn next_dead(&self) -> Result<Option<UtcMillis>> {
        let dead: Option<i64> = self.value(
            "SELECT min(due_at) AS value FROM events WHERE state = 'dead' AND due_at IS NOT NULL",
            vec![],
        )?;
        Ok(dead.map(UtcMillis::from_millis))
    }

    fn forget(&self, old: &[Old]) -> Result<()> {
        if old.is_empty() {
            return Ok(());
        }
        for Old {
            seq, keys, event, ..
        } in old
        {
            if keys.is_none() {
                let event = event.as_ref();
                let event = event.and_then(|event| from_json::<Event>(event).ok());
                self.forget_keys(event.as_ref(), *seq)?;
            }
        }
        let seqs: Vec<i64> = old.iter().map(|old| old.seq).collect();
        self.run(
            "DELETE FROM events WHERE seq IN (SELECT value FROM json_each(?))",
            vec![text(&seqs).into()],
        )?;
        self.forget_memory();
        self.census.forget();
        Ok(())
    }
}

/// When the event of a number arrived.
fn arrival(seq: i64) -> UtcMillis {
    UtcMillis::from_millis(seq / SEQ_PER_MILLI)
}

/// How many events of each kind are looked at in one go.
const AT_ONCE: i64 = 200;

/// How often it is looked for old events, while there are any, in milliseconds.
const SWEPT_EVERY: i64 = 3_600_000;
