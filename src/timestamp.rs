//! Points in time: UTC milliseconds since 1970, always handed in, never read from a clock.

use alloc::borrow::Cow;
use chrono::{DateTime, SecondsFormat};
use core::fmt;
use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// A point in time between the years 1970 and 9999, in UTC milliseconds.
///
/// It prints, and is stored, as ISO 8601 with `Z`; milliseconds appear only when not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcMillis(i64);

impl UtcMillis {
    /// Takes UTC milliseconds; a value outside the supported years is brought to the nearest one.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Self {
        if ms < 0 {
            Self(0)
        } else if ms > LAST {
            Self(LAST)
        } else {
            Self(ms)
        }
    }

    /// Reads ISO 8601 (RFC 3339) with `Z` or an offset; anything else is `None`.
    #[must_use]
    pub fn parse_iso(text: &str) -> Option<Self> {
        let ms = DateTime::parse_from_rfc3339(text.trim())
            .ok()?
            .timestamp_millis();
        (0..=LAST).contains(&ms).then_some(Self(ms))
    }

    /// Reads the date of an HTTP header (`Wed, 21 Oct 2026 07:28:00 GMT`).
    #[must_use]
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let ms = DateTime::parse_from_rfc2822(text.trim())
            .ok()?
            .timestamp_millis();
        (0..=LAST).contains(&ms).then_some(Self(ms))
    }

    /// UTC milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole UTC seconds since 1970, rounded down.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0 / 1000
    }

    /// This time moved by `ms` milliseconds, kept within the supported years.
    #[must_use]
    pub const fn plus_millis(self, ms: i64) -> Self {
        Self::from_millis(self.0.saturating_add(ms))
    }

    /// How many milliseconds `self` lies after `earlier`; negative when it lies before.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

impl fmt::Display for UtcMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The constructors keep every value within the years that chrono can print.
        let time = DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Serialize for UtcMillis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UtcMillis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse_iso(&text).ok_or_else(|| D::Error::custom("not an ISO 8601 time in UTC"))
    }
}

/// 9999-12-31T23:59:59.999Z.
const LAST: i64 = 253_402_300_799_999;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_milliseconds_only_when_there_are_any() {
        assert_eq!(
            UtcMillis(1_731_926_100_000).to_string(),
            "2024-11-18T10:35:00Z"
        );
        assert_eq!(
            UtcMillis(1_688_038_151_815).to_string(),
            "2023-06-29T11:29:11.815Z"
        );
    }

    #[test]
    fn reads_offsets_and_refuses_local_times() {
        let utc = UtcMillis::parse_iso("2026-01-19T08:42:15Z");
        assert_eq!(UtcMillis::parse_iso("2026-01-19T10:42:15+02:00"), utc);
        for text in [
            "2026-01-19T08:42:15",
            "2026-01-19",
            "",
            "now",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(UtcMillis::parse_iso(text), None, "{text}");
        }
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(UtcMillis::from_millis(i64::MIN).as_millis(), 0);
        assert_eq!(UtcMillis(5).plus_millis(i64::MAX).as_millis(), LAST);
        assert_eq!(UtcMillis(5).plus_millis(i64::MIN).as_millis(), 0);
    }

    #[test]
    fn reads_http_dates() {
        let date = UtcMillis::parse_http_date("Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(date, UtcMillis::parse_iso("2015-10-21T07:28:00Z"));
    }
}
