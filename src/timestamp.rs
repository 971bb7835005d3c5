//! Points in time: UTC milliseconds since 1970, always handed in, never read from a clock.

use crate::json::{FromJson, Value};
use alloc::string::String;
use core::fmt;
use serde::ser::{Serialize, Serializer};

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
        let ms = rfc3339(text.trim().as_bytes())?;
        (0..=LAST).contains(&ms).then_some(Self(ms))
    }

    /// ISO 8601 with `Z`; milliseconds only when not zero.
    #[must_use]
    pub fn to_iso(self) -> String {
        let (day, ms) = (self.0 / DAY, self.0 % DAY);
        let (year, month, day) = date(day);
        let mut text = String::with_capacity(24);
        for (number, width, end) in [
            (year, 4, "-"),
            (month, 2, "-"),
            (day, 2, "T"),
            (ms / HOUR, 2, ":"),
            (ms / MINUTE % 60, 2, ":"),
            (ms / SECOND % 60, 2, ""),
        ] {
            push_digits(&mut text, number, width);
            text.push_str(end);
        }
        if ms % SECOND != 0 {
            text.push('.');
            push_digits(&mut text, ms % SECOND, 3);
        }
        text.push('Z');
        text
    }

    /// Reads the date of an HTTP header (`Wed, 21 Oct 2026 07:28:00 GMT`) in the form in which it must be
    /// sent (RFC 9110, section 5.6.7).
    #[must_use]
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let (_, date) = text.trim().split_once(',')?;
        let mut words = date.strip_prefix(' ')?.split(' ');
        let (day, month, year) = (words.next()?, words.next()?, words.next()?);
        let (time, zone) = (words.next()?, words.next()?);
        let month = MONTHS.into_iter().find(|(name, _)| *name == month)?.1;
        if zone != "GMT" || words.next().is_some() {
            return None;
        }
        Self::parse_iso(&[year, "-", month, "-", day, "T", time, "Z"].concat())
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
        f.write_str(&self.to_iso())
    }
}

impl Serialize for UtcMillis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_iso())
    }
}

impl FromJson for UtcMillis {
    fn from_value(value: Value) -> Option<Self> {
        Self::parse_iso(value.as_str()?)
    }
}

/// Reads RFC 3339 to UTC milliseconds, digits beyond which are cut off. As `chrono` does, and with less
/// code than its general reader of dates: a space may stand for the `T`, a second be the 60th, and
/// U+2212 be the minus of an offset, which is less than a day.
fn rfc3339(text: &[u8]) -> Option<i64> {
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T' | b't' | b' ',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        rest @ ..,
    ] = text
    else {
        return None;
    };
    let (year, month, day) = (
        number(&[*y1, *y2, *y3, *y4])?,
        number(&[*m1, *m2])?,
        number(&[*d1, *d2])?,
    );
    let (hour, minute, second) = (
        number(&[*h1, *h2])?,
        number(&[*n1, *n2])?,
        number(&[*s1, *s2])?,
    );
    let (ms, offset) = fraction(rest)?;
    if !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let time = hour * HOUR + minute * MINUTE + second * SECOND + ms;
    Some(days(year, month, day) * DAY + time - offset_of(offset)?)
}

/// The milliseconds of a fraction that may be there, and what follows it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let len = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (digits, rest) = digits.split_at_checked(len)?;
    let mut ms = [b'0'; 3];
    digits.first()?;
    for (place, digit) in ms.iter_mut().zip(digits) {
        *place = *digit;
    }
    Some((number(&ms)?, rest))
}

/// The milliseconds of an offset from UTC.
fn offset_of(text: &[u8]) -> Option<i64> {
    let (sign, text) = match text {
        b"Z" | b"z" => return Some(0),
        [b'+', text @ ..] => (1, text),
        [b'-', text @ ..] | [0xe2, 0x88, 0x92, text @ ..] => (-1, text),
        _ => return None,
    };
    let [h1, h2, b':', m1, m2] = text else {
        return None;
    };
    let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * HOUR + minutes * MINUTE))
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        Some(number * 10 + i64::from(digit))
    })
}

fn push_digits(text: &mut String, number: i64, width: u32) {
    for place in (0..width).rev() {
        let digit = number / 10_i64.pow(place) % 10;
        text.push(char::from(b'0' + u8::try_from(digit).unwrap_or_default()));
    }
}

/// How many days a month of the Gregorian calendar has.
const fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date. The year is taken to begin with March, so that the day that some
/// years have more is their last one.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let century_days =
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let month = (month + 9) % 12;
    century_days + (153 * month + 2) / 5 + day - 1 - DAYS_TO_1970
}

/// The date that lies `days` after 1970-01-01, as year, month and day: the inverse of [`days`].
const fn date(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_TO_1970;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month, day)
}

const MONTHS: [(&str, &str); 12] = [
    ("Jan", "01"),
    ("Feb", "02"),
    ("Mar", "03"),
    ("Apr", "04"),
    ("May", "05"),
    ("Jun", "06"),
    ("Jul", "07"),
    ("Aug", "08"),
    ("Sep", "09"),
    ("Oct", "10"),
    ("Nov", "11"),
    ("Dec", "12"),
];

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// From the first of March of the year 0.
const DAYS_TO_1970: i64 = 719_468;

/// 9999-12-31T23:59:59.999Z.
const LAST: i64 = 253_402_300_799_999;

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, SecondsFormat};
    use proptest::prelude::*;

    fn agree(text: &str) {
        let theirs = DateTime::parse_from_rfc3339(text.trim()).ok();
        let theirs = theirs.map(|time| time.timestamp_millis());
        let theirs = theirs.filter(|ms| (0..=LAST).contains(ms)).map(UtcMillis);
        assert_eq!(UtcMillis::parse_iso(text), theirs, "{text:?}");
    }

    #[test]
    fn days_are_printed_as_chrono_does_and_read_back() {
        let rare = (50_000..=LAST / DAY).step_by(97);
        for day in (0..50_000).chain(rare) {
            let time = UtcMillis(day * DAY + (day * 7_919) % DAY);
            let theirs = DateTime::from_timestamp_millis(time.0).unwrap();
            let text = time.to_iso();
            assert_eq!(text, theirs.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            assert_eq!(UtcMillis::parse_iso(&text), Some(time));
        }
    }

    #[test]
    fn odd_times_are_what_chrono_makes_of_them() {
        for text in [
            "2026-02-29T00:00:00Z",
            "2024-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2000-02-29 00:00:00z",
            "2026-04-31T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T23:60:00Z",
            "2026-01-01T23:59:60Z",
            "2026-01-01T23:59:60.999Z",
            "2026-01-01T23:59:61Z",
            "2016-12-31t23:59:59+00:00",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.1Z",
            "2026-01-01T00:00:00.1234567890123Z",
            "2026-01-01T00:00:00.9999Z",
            "2026-01-01T00:00:00+23:59",
            "2026-01-01T00:00:00-23:59",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00+23:60",
            "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00+01",
            "2026-01-01T00:00:00+01:0",
            "2026-01-01T00:00:00+01:000",
            "2026-01-01T00:00:00\u{2212}01:00",
            "2026-01-01T00:00:00\u{2013}01:00",
            "2026-01-01T00:00:00ZZ",
            "2026-01-01T00:00:00 Z",
            "+026-01-01T00:00:00Z",
            "2026-1-01T00:00:00Z",
            "1970-01-01T00:00:00+00:01",
            "1970-01-01T00:00:00-00:01",
            "9999-12-31T23:59:59.999Z",
            "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00Z",
            "2026-01-01T00:00Z",
            "2026-01-01\u{a0}00:00:00Z",
            "\u{2003}2026-01-01T00:00:00Z\u{a0}",
            "2026-01-01T00:00:00é",
            "é",
        ] {
            agree(text);
        }
    }

    proptest! {
        #[test]
        fn times_are_what_chrono_makes_of_them(
            text in "(19[67]|20[0-9]|999)[0-9]-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,12})?(Z|z|[+−-][0-2][0-9]:[0-6][0-9])"
        ) {
            agree(&text);
        }

        #[test]
        fn texts_with_a_slip_are_what_chrono_makes_of_them(place in 0_usize..26, slip in "[0-9TZz:. +\u{2212}é-]{0,2}") {
            let text = "2026-01-19T08:42:15.123+02:00";
            agree(&format!("{}{slip}{}", &text[..place], &text[place..]));
            agree(&format!("{}{slip}{}", &text[..place], &text[place + 1..]));
        }
    }

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
        for day in (0..20_000).step_by(13) {
            let time = UtcMillis(day * DAY + (day * 7_919_000) % DAY);
            let theirs = DateTime::from_timestamp_millis(time.0).unwrap();
            let text = theirs.format("%a, %d %b %Y %T GMT").to_string();
            assert_eq!(UtcMillis::parse_http_date(&text), Some(time), "{text}");
        }
        for text in [
            "",
            "21 Oct 2015 07:28:00 GMT",
            "Wed, 21 Oct 2015 07:28:00",
            "Wed, 21 Oct 2015 07:28:00 CET",
            "Wed, 21 Oct 2015 07:28:00 GMT again",
            "Wed, 21 oct 2015 07:28:00 GMT",
            "Wed, 31 Nov 2015 07:28:00 GMT",
            "Wednesday, 21-Oct-15 07:28:00 GMT",
        ] {
            assert_eq!(UtcMillis::parse_http_date(text), None, "{text}");
        }
    }
}
