//! Cartrack, seen from here: records go in, replies come back.

pub mod record;

use crate::json::Value;
use crate::timestamp::UtcMillis;
use alloc::string::String;
use core::future::Future;

/// Where records are sent.
pub trait Sink {
    /// Sends one record, as `Record::to_json` writes it, and waits for the
    /// reply. A failure to send is a [`Reply`] too.
    fn send(&self, record: &str) -> impl Future<Output = Reply>;
}

/// What came back for one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Cartrack's answer, or why there is none.
    pub answer: Answer,
    /// The earliest time at which Cartrack wants to hear of it again, where it says so.
    pub retry_at: Option<UtcMillis>,
    /// The beginning of the reply's body, [`REPLY_BYTES`] at most.
    pub body: String,
}

/// Cartrack's answer, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The connection failed or broke.
    Broken,
    /// An HTTP status.
    Status(u16),
    /// Nothing came in time.
    TimedOut,
}

/// How long a reply is waited for, in milliseconds.
pub const TIMEOUT: i64 = 10_000;

/// How much of a reply's body is kept.
pub const REPLY_BYTES: usize = 2048;

/// The path of the ingestion endpoint.
pub const INGEST_PATH: &str = "/api/data/ingest/telematics";

/// A region of Cartrack's ingestion service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// `af-webhooks-prod.cartrack.com`
    Africa,
    /// `as-webhooks-prod.cartrack.com`
    Asia,
    /// `eu-webhooks-prod.cartrack.com`
    Europe,
}

impl Region {
    /// Reads the configured name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "africa" => Some(Self::Africa),
            "asia" => Some(Self::Asia),
            "europe" => Some(Self::Europe),
            _ => None,
        }
    }

    /// The endpoint that takes records.
    #[must_use]
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::Africa => "https://af-webhooks-prod.cartrack.com/api/data/ingest/telematics",
            Self::Asia => "https://as-webhooks-prod.cartrack.com/api/data/ingest/telematics",
            Self::Europe => "https://eu-webhooks-prod.cartrack.com/api/data/ingest/telematics",
        }
    }
}

/// When Cartrack wants to hear of a record again, by the headers of its reply.
///
/// `Retry-After` in seconds or as a date is standard; the other two are what Cartrack's Fleet API
/// documents (<https://developer.cartrack.com/docs/fleet-api-general/rate-limiting>). The latest
/// time counts; one further away than [`MAX_RETRY_AFTER`] is brought there.
#[must_use]
pub fn retry_at(header: impl Fn(&str) -> Option<String>, now: UtcMillis) -> Option<UtcMillis> {
    let seconds = |name| {
        let text = header(name)?;
        let seconds = Value::parse(text.trim().as_bytes())?.as_f64()?;
        (seconds >= 0.0).then(|| now.plus_millis(rounded_millis(seconds)))
    };
    let date = |name| {
        let text = header(name)?;
        UtcMillis::parse_http_date(&text).or_else(|| UtcMillis::parse_iso(&text))
    };
    [
        seconds("retry-after"),
        date("retry-after"),
        seconds("x-ratelimit-retry-after-seconds"),
        date("x-ratelimit-retry-at"),
    ]
    .into_iter()
    .flatten()
    .max()
    .map(|at| at.min(now.plus_millis(MAX_RETRY_AFTER)))
}

/// Two days: a sink cannot put an event off for longer.
const MAX_RETRY_AFTER: i64 = 48 * 3_600_000;

/// Rounded up: not a millisecond earlier than asked.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the value is within two days of milliseconds"
)]
fn rounded_millis(seconds: f64) -> i64 {
    let ms = (seconds * 1000.0).min(172_800_000.0);
    let whole = ms as i64;
    whole + i64::from((whole as f64) < ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &'static str, value: &'static str) -> Option<i64> {
        let now = UtcMillis::parse_iso("2026-01-19T08:00:00Z").unwrap();
        retry_at(|asked| (asked == name).then(|| value.to_owned()), now)
            .map(|at| at.millis_since(now))
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(at("retry-after", "3"), Some(3000));
        assert_eq!(
            at("retry-after", "Mon, 19 Jan 2026 08:01:00 GMT"),
            Some(60_000)
        );
        assert_eq!(at("x-ratelimit-retry-after-seconds", "0.5"), Some(500));
        assert_eq!(
            at("x-ratelimit-retry-at", "2026-01-19T08:00:07Z"),
            Some(7000)
        );
    }

    #[test]
    fn nonsense_is_ignored_and_a_far_time_is_bounded() {
        for value in ["", "soon", "-1", "NaN"] {
            assert_eq!(at("retry-after", value), None, "{value}");
        }
        assert_eq!(at("retry-after", "1e300"), Some(MAX_RETRY_AFTER));
    }
}
