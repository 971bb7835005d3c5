//! What look-ups gave: for an event, kept with it; for a vehicle, why the provider told nothing.

use crate::edge::decode::from_json;
use crate::edge::error::Result;
use crate::edge::ledger::browse::Texts;
use crate::edge::ledger::{Ledger, Next, millis};
use crate::edge::object::text;
use crate::json::{FromJson, Value};
use crate::lookup::{Failure, Finding};
use crate::timestamp::UtcMillis;

/// In place of a finding: what was found is not to be relied on, and is to be looked up again.
pub const AGAIN: &str = "";

impl Ledger {
    /// Keeps what was found for an event that was never sent and has no finding to rely on. One that only
    /// waited for it is due at once; one that waits for a VIN keeps a finding that tells something.
    pub fn found(&self, seq: i64, finding: &Finding, now: UtcMillis) -> Result<()> {
        self.next_due.set(Next::Unknown);
        self.run(
            "UPDATE events SET lookup = ?1,
                due_at = CASE state WHEN 'pending' THEN max(?2, coalesce(event_ts, 0)) ELSE due_at END
             WHERE seq = ?3 AND event IS NOT NULL AND coalesce(lookup, '') = '' AND attempts = 0
                AND (state = 'pending' OR state = 'unmapped' AND ?4)",
            vec![
                text(finding).into(),
                millis(Some(now)),
                seq.into(),
                i64::from(finding.tells()).into(),
            ],
        )
    }

    /// Keeps what an event is sent with, before it is sent.
    pub fn fix_finding(&self, seq: i64, finding: &Finding) -> Result<()> {
        self.run(
            "UPDATE events SET lookup = ? WHERE seq = ? AND event IS NOT NULL",
            vec![text(finding).into(), seq.into()],
        )
    }

    /// Waits until then for what an event's vehicle is looked up for again.
    pub fn await_finding(&self, seq: i64, until: UtcMillis) -> Result<()> {
        self.next_due.set(Next::Unknown);
        self.run(
            "UPDATE events SET lookup = NULL, due_at = ? WHERE seq = ? AND state = 'pending'",
            vec![millis(Some(until)), seq.into()],
        )
    }

    /// Whether an event is there and was not erased.
    pub fn is_kept(&self, seq: i64) -> Result<bool> {
        let kept: Option<i64> = self.value(
            "SELECT seq AS value FROM events WHERE seq = ? AND event IS NOT NULL",
            vec![seq.into()],
        )?;
        Ok(kept.is_some())
    }

    /// Remembers why nothing was told of an event's vehicle, and until when it is not asked again.
    pub fn remember_failure(
        &self,
        seq: i64,
        provider: &str,
        vehicle: &str,
        failure: Failure,
        until: UtcMillis,
        now: UtcMillis,
    ) -> Result<()> {
        self.run(
            "DELETE FROM lookups WHERE at < ?",
            vec![millis(Some(now.plus_millis(-KEPT_FOR)))],
        )?;
        self.run(
            "INSERT INTO lookups (provider, vehicle, failure, at, until)
                SELECT ?1, ?2, ?3, ?4, ?5 FROM events WHERE seq = ?6 AND event IS NOT NULL
             ON CONFLICT (provider, vehicle) DO UPDATE
                SET failure = excluded.failure, at = excluded.at, until = excluded.until",
            vec![
                provider.into(),
                vehicle.into(),
                failure.code().into(),
                millis(Some(now)),
                millis(Some(until)),
                seq.into(),
            ],
        )
    }

    /// Why nothing was told of a vehicle when it was asked for last.
    pub fn last_failure(&self, provider: &str, vehicle: &str) -> Result<Option<LastFailure>> {
        let rows = self.rows(
            "SELECT failure, at, until FROM lookups WHERE provider = ? AND vehicle = ?",
            vec![provider.into(), vehicle.into()],
        )?;
        Ok(rows.into_iter().next())
    }

    /// Forgets why nothing was told of a vehicle: more is known of it now.
    pub fn forget_failure(&self, provider: &str, vehicle: &str) -> Result<()> {
        self.run(
            "DELETE FROM lookups WHERE provider = ? AND vehicle = ?",
            vec![provider.into(), vehicle.into()],
        )
    }
}

impl Texts {
    /// What was looked up for the event.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn finding(&self) -> Result<Option<Finding>> {
        let finding = self.lookup.as_deref().filter(|finding| *finding != AGAIN);
        finding.map(from_json).transpose()
    }
}

/// Why a provider told nothing of a vehicle.
#[derive(Debug)]
pub struct LastFailure {
    /// The reason.
    pub failure: Failure,
    /// When it was asked, in UTC milliseconds.
    pub at: i64,
    /// Until when it is not asked again, in UTC milliseconds.
    pub until: i64,
}

impl FromJson for LastFailure {
    fn from_value(mut last: Value) -> Option<Self> {
        Some(Self {
            failure: last.take("failure")?,
            at: last.take("at")?,
            until: last.take("until")?,
        })
    }
}

/// For how long it is shown why nothing was told of a vehicle, in milliseconds: 30 days.
const KEPT_FOR: i64 = 30 * 86_400_000;
