//! Whether a signed time is recent enough. The clock is an argument; arithmetic saturates.

use crate::rejection::Rejection;

/// How far a signed time may lie from now, on either side and inclusive: Svix's 5 minutes.
pub const TOLERANCE_SECONDS: i64 = 300;

/// Reads a timestamp header: 1 to 12 decimal digits, not zero, in seconds since 1970.
///
/// Signs and trailing text are refused, because implementations disagree on which bytes they
/// then sign.
///
/// # Errors
/// [`Rejection::InvalidTimestamp`] for any other text.
pub fn parse_seconds(text: &str) -> Result<i64, Rejection> {
    let digit = |byte: u8| byte.checked_sub(b'0').filter(|digit| *digit <= 9);
    if text.len() > 12 {
        return Err(Rejection::InvalidTimestamp);
    }
    text.bytes()
        .try_fold(0, |seconds, byte| {
            Some(seconds * 10 + i64::from(digit(byte)?))
        })
        .filter(|seconds| *seconds > 0)
        .ok_or(Rejection::InvalidTimestamp)
}

/// Checks that `signed`, in seconds since 1970, lies within `tolerance` seconds of `now`.
///
/// # Errors
/// [`Rejection::TimestampTooOld`] or [`Rejection::TimestampTooNew`], with the distance in seconds.
pub const fn check(signed: i64, now: i64, tolerance: i64) -> Result<(), Rejection> {
    let age = now.saturating_sub(signed);
    if age > tolerance {
        Err(Rejection::TimestampTooOld(age))
    } else if age.saturating_neg() > tolerance {
        Err(Rejection::TimestampTooNew(age.saturating_neg()))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_passes_on_both_sides() {
        let signed = 1_614_265_330;
        assert_eq!(check(signed, signed + 300, 300), Ok(()));
        assert_eq!(check(signed, signed - 300, 300), Ok(()));
        assert_eq!(
            check(signed, signed + 301, 300),
            Err(Rejection::TimestampTooOld(301))
        );
        assert_eq!(
            check(signed, signed - 301, 300),
            Err(Rejection::TimestampTooNew(301))
        );
    }

    #[test]
    fn extremes_do_not_overflow() {
        assert!(check(i64::MIN, i64::MAX, 300).is_err());
        assert!(check(i64::MAX, i64::MIN, 300).is_err());
    }

    #[test]
    fn only_plain_digits_are_a_timestamp() {
        assert_eq!(parse_seconds("1614265330"), Ok(1_614_265_330));
        for text in [
            "",
            "0",
            "-1",
            "+1614265330",
            "1614265330abc",
            "1e9",
            " 1",
            "1234567890123",
        ] {
            assert_eq!(
                parse_seconds(text),
                Err(Rejection::InvalidTimestamp),
                "{text}"
            );
        }
    }
}
