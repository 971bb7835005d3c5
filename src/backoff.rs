//! When to try again.

/// The wait after the `failures`-th failure in a row, in milliseconds, spread by ±20 %.
///
/// `spread` is a number from 0 to 1 that the caller draws at random.
#[must_use]
pub fn retry_delay(failures: u32, spread: f64) -> i64 {
    spread_out(step(&RETRY_SECONDS, failures), spread)
}

/// The wait after the `checks`-th look for a mapping that was not there, in milliseconds.
#[must_use]
pub fn recheck_delay(checks: u32, spread: f64) -> i64 {
    spread_out(step(&RECHECK_SECONDS, checks), spread)
}

/// How long Cartrack's failures are borne from the first one on, in milliseconds: 48 h.
pub const RETRY_FOR: i64 = 48 * HOUR * 1000;

/// How long a mapping is waited for, in milliseconds: 72 h.
pub const UNMAPPED_FOR: i64 = 72 * HOUR * 1000;

/// How long a held lane waits between two probes, in milliseconds.
pub const PROBE_EVERY: i64 = 5 * MINUTE * 1000;

fn step(seconds: &[i64], count: u32) -> i64 {
    let index = usize::try_from(count.saturating_sub(1)).unwrap_or(usize::MAX);
    let last = seconds.len().saturating_sub(1);
    seconds.get(index.min(last)).copied().unwrap_or(HOUR)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "delays are hours at most, in milliseconds"
)]
fn spread_out(seconds: i64, spread: f64) -> i64 {
    let factor = 0.8 + 0.4 * spread.clamp(0.0, 1.0);
    (seconds as f64 * 1000.0 * factor) as i64
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

const RETRY_SECONDS: [i64; 8] = [
    5,
    30,
    2 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
];

const RECHECK_SECONDS: [i64; 6] = [
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_four_hours_and_stay_there() {
        let waits: Vec<i64> = (1..=10)
            .map(|failures| retry_delay(failures, 0.5) / 1000)
            .collect();
        assert_eq!(
            waits,
            [5, 30, 120, 600, 1800, 3600, 7200, 14400, 14400, 14400]
        );
        assert_eq!(retry_delay(0, 0.5), 5000);
        assert_eq!(retry_delay(u32::MAX, 0.5), 4 * HOUR * 1000);
    }

    #[test]
    fn waits_are_spread_by_a_fifth() {
        assert_eq!((retry_delay(1, 0.0), retry_delay(1, 1.0)), (4000, 6000));
        assert_eq!(
            (
                retry_delay(1, -9.0),
                retry_delay(1, f64::NAN).clamp(0, 6000)
            ),
            (4000, 0)
        );
    }
}
