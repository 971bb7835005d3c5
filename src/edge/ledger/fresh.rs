//! Events that were accepted to be sent at once, and were never tried.
//!
//! They have no due time, and so no entry in an index: they are those from a certain number on that
//! are pending without one. The next of them are in memory, so that an event is usually sent as it
//! came, without being read back.

use crate::edge::error::Result;
use crate::edge::ledger::{Due, Ledger, Next, StoredDue};
use crate::edge::object::text;
use std::cell::{Cell, RefCell};

/// What is known of events that were never tried.
#[derive(Default)]
pub struct Fresh {
    /// The next ones, oldest first.
    queue: RefCell<Vec<Due>>,
    /// Those that are being sent.
    out: RefCell<Vec<i64>>,
    /// Up to which number they are all in the queue, being sent, or done with.
    read_to: Cell<i64>,
    /// The highest number that was sent.
    newest: Cell<i64>,
    /// From which number on they are, as it is on disk.
    noted: Cell<i64>,
    /// How many were done with since then.
    done: Cell<u32>,
}

impl Ledger {
    /// Finds the place where such events begin, as it was noted.
    pub(super) fn open_fresh(&self) -> Result<()> {
        let noted = self.meta(FRESH_FROM)?.and_then(|from| from.parse().ok());
        self.fresh.noted.set(noted.unwrap_or_default());
        self.fresh.read_to.set(noted.unwrap_or_default() - 1);
        Ok(())
    }

    /// Puts what has just been stored into the queue, unless that has not come so far yet.
    /// `before` is the last number before.
    pub fn enqueue(&self, news: Vec<Due>, before: i64) {
        let fresh = &self.fresh;
        let mut queue = fresh.queue.borrow_mut();
        if fresh.read_to.get() >= before && queue.len() + news.len() <= QUEUED {
            queue.extend(news);
            fresh.read_to.set(self.last_seq.get());
        }
    }

    /// Whether there may be such an event that is not being sent.
    pub fn has_fresh(&self) -> bool {
        !self.fresh.queue.borrow().is_empty() || self.fresh.read_to.get() < self.last_seq.get()
    }

    /// The oldest such event that `is_free`; it counts as being sent from now on.
    pub fn next_fresh(&self, is_free: impl Fn(&Due) -> bool) -> Result<Option<Due>> {
        let fresh = &self.fresh;
        loop {
            let mut queue = fresh.queue.borrow_mut();
            if let Some(at) = queue.iter().position(&is_free) {
                let due = queue.remove(at);
                fresh.out.borrow_mut().push(due.seq);
                fresh.newest.set(fresh.newest.get().max(due.seq));
                return Ok(Some(due));
            }
            if fresh.read_to.get() >= self.last_seq.get() {
                return Ok(None);
            }
            let crowd = if queue.len() >= QUEUED {
                // All are of vehicles that are being served. They must not hold up what is behind.
                queue.drain(..).map(|due| due.seq).collect()
            } else {
                Vec::new()
            };
            drop(queue);
            self.give_due_time(&crowd)?;
            self.read_fresh()?;
        }
    }

    /// An event is done with, or waits by its due time from now on.
    pub(super) fn no_longer_fresh(&self, seq: i64) {
        let mut out = self.fresh.out.borrow_mut();
        if let Some(at) = out.iter().position(|out| *out == seq) {
            out.swap_remove(at);
            self.fresh.done.set(self.fresh.done.get().saturating_add(1));
        }
    }

    /// Reads anew from the disk, after many events were changed at once.
    pub(super) fn read_fresh_anew(&self) {
        self.read_fresh_from(i64::MAX);
    }

    /// The same, and at least from this number on.
    pub(super) fn read_fresh_from(&self, seq: i64) {
        let from = self.fresh_from().min(seq);
        self.fresh.queue.borrow_mut().clear();
        self.fresh.read_to.set(from - 1);
    }

    /// The number from which on such events are.
    pub(super) fn fresh_from(&self) -> i64 {
        let queued = self.fresh.queue.borrow().first().map(|due| due.seq);
        let out = self.fresh.out.borrow().iter().copied().min();
        let known = queued.into_iter().chain(out).min();
        known.unwrap_or(self.fresh.read_to.get() + 1)
    }

    /// Notes where such events begin, after so many that a restart would have much to search.
    pub fn note_fresh(&self) -> Result<()> {
        let fresh = &self.fresh;
        if fresh.done.get() < DONE {
            return Ok(());
        }
        // What others have overtaken by far would keep the beginning where it is.
        let late = fresh.newest.get() - OVERTAKEN;
        let mut queue = fresh.queue.borrow_mut();
        let overtaken = queue.iter().take_while(|due| due.seq < late).count();
        let overtaken: Vec<i64> = queue.drain(..overtaken).map(|due| due.seq).collect();
        drop(queue);
        self.give_due_time(&overtaken)?;
        let from = self.fresh_from();
        if from != fresh.noted.get() {
            self.set_meta(FRESH_FROM, Some(&from.to_string()))?;
            fresh.noted.set(from);
        }
        fresh.done.set(0);
        Ok(())
    }

    /// From now on these wait by a due time, which has come.
    fn give_due_time(&self, seqs: &[i64]) -> Result<()> {
        if seqs.is_empty() {
            return Ok(());
        }
        self.next_due.set(Next::Unknown);
        self.run(
            "UPDATE events SET due_at = received_at
             WHERE seq IN (SELECT value FROM json_each(?)) AND state = 'pending' AND due_at IS NULL",
            vec![text(seqs).into()],
        )
    }

    fn read_fresh(&self) -> Result<()> {
        let rows: Vec<StoredDue> = self.rows(
            "SELECT seq, event, state, failures, since, lookup, attempts FROM events
             WHERE seq > ? AND state = 'pending' AND due_at IS NULL AND event IS NOT NULL
             ORDER BY seq LIMIT ?",
            vec![self.fresh.read_to.get().into(), READ.into()],
        )?;
        let whole = rows.len() < usize::try_from(READ).unwrap_or_default();
        let last = rows.last().filter(|_| !whole).map(|row| row.seq);
        for row in rows {
            if self.fresh.out.borrow().contains(&row.seq) {
                continue;
            }
            if let Some(due) = self.readable(&row, true)? {
                self.fresh.queue.borrow_mut().push(due);
            }
        }
        self.fresh.read_to.set(last.unwrap_or(self.last_seq.get()));
        Ok(())
    }
}

/// The name under which it is noted where such events begin.
const FRESH_FROM: &str = "fresh_from";

/// How many wait in memory.
const QUEUED: usize = 256;

/// How many are read at once.
const READ: i64 = 64;

/// After how many that are done with it is noted where the others begin.
const DONE: u32 = 100;

/// By how much a later event's number is higher when it is ten seconds younger.
const OVERTAKEN: i64 = 10_000 * crate::edge::ledger::SEQ_PER_MILLI;
