//! Numbers with a point: the double that a decimal number means, and the shortest decimal number
//! that means a double.
//!
//! `core` and `serde_json` do both, a little faster, with tables that are a twentieth of the Worker.
//! Here what devices send takes one multiplication or division, which is exact as long as both
//! sides are; everything else is long division.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::iter::repeat_n;
use core::ops::Range;

/// The double that is nearest to `digits` times ten to the power of `exponent`; `None` when it is
/// too large for one. The digits are ASCII.
#[must_use]
pub fn read(digits: &[u8], exponent: i64) -> Option<f64> {
    let leading = digits.iter().take_while(|digit| **digit == b'0').count();
    let digits = digits.get(leading..).unwrap_or_default();
    // No double needs more digits; of what follows only counts whether it is anything.
    let (kept, rest) = digits.split_at(digits.len().min(DIGITS));
    let exponent = exponent.saturating_add(i64::try_from(rest.len()).ok()?);
    if kept.len() <= 15 && rest.is_empty() && exponent.unsigned_abs() < 23 {
        let whole = kept
            .iter()
            .fold(0.0, |sum, digit| sum * 10.0 + f64::from(digit & 15));
        let power = power_of_ten(exponent.unsigned_abs());
        return Some(if exponent < 0 {
            whole / power
        } else {
            whole * power
        });
    }
    let first = exponent.saturating_add(i64::try_from(kept.len()).ok()?);
    if kept.is_empty() || first < -400 {
        return Some(0.0);
    }
    if first > 400 {
        return None;
    }
    let mut number = Natural::default();
    for digit in kept {
        number.times_plus(10, u32::from(digit & 15));
    }
    if rest.iter().any(|digit| *digit != b'0') {
        number.times_plus(10, 1);
        return nearest(number, exponent - 1);
    }
    nearest(number, exponent)
}

/// The shortest decimal number that is read as this double, as `serde_json` prints it.
#[must_use]
pub fn print(number: f64) -> String {
    let mut text = String::new();
    if number.is_sign_negative() {
        text.push('-');
    }
    let size = number.abs();
    if size == 0.0 {
        text.push_str("0.0");
        return text;
    }
    let (digits, exponent) = short(size).unwrap_or_else(|| long(size));
    let digits = digits.to_string();
    let shown = digits.trim_end_matches('0');
    let exponent = exponent + signed(digits.len() - shown.len());
    let point = signed(shown.len()) + exponent;
    lay_out(&mut text, shown, point);
    text
}

/// Writes digits with the point behind so many of them, or with an exponent.
fn lay_out(text: &mut String, digits: &str, point: i64) {
    let zeros = |count: i64| repeat_n('0', usize::try_from(count).unwrap_or_default());
    let behind = usize::try_from(point).unwrap_or_default();
    match digits.split_at_checked(behind) {
        Some((whole, rest)) if point > 0 && point <= 16 => {
            text.push_str(whole);
            text.push('.');
            text.push_str(if rest.is_empty() { "0" } else { rest });
        }
        None if point <= 16 => {
            text.push_str(digits);
            text.extend(zeros(point - signed(digits.len())));
            text.push_str(".0");
        }
        _ if point > -5 && point <= 0 => {
            text.push_str("0.");
            text.extend(zeros(-point));
            text.push_str(digits);
        }
        _ => {
            let (first, rest) = digits.split_at(1);
            text.push_str(first);
            if !rest.is_empty() {
                text.push('.');
                text.push_str(rest);
            }
            text.push_str(if point > 0 { "e+" } else { "e-" });
            text.push_str(&(point - 1).unsigned_abs().to_string());
        }
    }
}

/// The digits of a double that a division gives back, and the power of ten behind them.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "what was changed by a conversion is not given back"
)]
fn short(size: f64) -> Option<(u64, i64)> {
    if !COMMON.contains(&size) {
        return None;
    }
    for places in 0..20_i64 {
        let power = power_of_ten(places.unsigned_abs());
        let whole = (size * power + 0.5) as u64;
        // Up to 15 digits there is one decimal number for a double, and then the nearest of several.
        if whole >= 1_000_000_000_000_000 {
            break;
        }
        if whole as f64 / power == size {
            return Some((whole, -places));
        }
    }
    None
}

/// The fewest digits that are read as this double, whatever it is.
#[allow(clippy::float_cmp, reason = "it has to be the same double")]
fn long(size: f64) -> (u64, i64) {
    let of_size = |count| {
        let (digits, exponent) = rounded(size, count);
        (read(digits.to_string().as_bytes(), exponent) == Some(size)).then_some((digits, exponent))
    };
    let tried = if COMMON.contains(&size) { 15 } else { 0 };
    (tried + 1..17)
        .find_map(of_size)
        .unwrap_or_else(|| rounded(size, 17))
}

/// A double in so many digits, and the power of ten behind them.
fn rounded(size: f64, count: i64) -> (u64, i64) {
    let bits = size.to_bits();
    let (fraction, power) = (
        bits & ((1 << 52) - 1),
        i64::try_from(bits >> 52).unwrap_or_default(),
    );
    let (whole, power) = match power {
        0 => (fraction, -1074),
        power => (fraction | 1 << 52, power - 1075),
    };
    let log2 = power + i64::from(whole.checked_ilog2().unwrap_or_default());
    // Nearly log10(2).
    let mut exponent = ((log2 * 1233) >> 12) - count + 1;
    loop {
        // One bit more than is kept, by which is rounded.
        let mut number = Natural::from(whole);
        number.shift_left((power + 1).max(0));
        number.times_ten((-exponent).max(0));
        let mut divisor = Natural::from(1);
        divisor.shift_left((-power - 1).max(0));
        divisor.times_ten(exponent.max(0));
        let (twice, is_exact) = divided(number, divisor);
        // In the middle of two, to the even one.
        let up = twice & 1 & u64::from(!is_exact || twice & 2 != 0);
        let digits = twice / 2 + up;
        match i64::from(digits.checked_ilog10().unwrap_or_default()) + 1 {
            len if len > count => exponent += 1,
            len if len < count => exponent -= 1,
            _ => return (digits, exponent),
        }
    }
}

/// The double that is nearest to a number times ten to the power of `exponent`, to the even one of
/// two; `None` beyond the largest.
fn nearest(mut number: Natural, exponent: i64) -> Option<f64> {
    let mut divisor = Natural::from(1);
    number.times_ten(exponent.max(0));
    divisor.times_ten((-exponent).max(0));
    // So that the quotient has 63 or 64 bits.
    let shift = 63 - number.bits() + divisor.bits();
    number.shift_left(shift.max(0));
    divisor.shift_left((-shift).max(0));
    let (quotient, is_exact) = divided(number, divisor);
    let quotient = quotient | u64::from(!is_exact);
    // A double has 53 bits, and less where it is smallest.
    let dropped = (11 - i64::from(quotient.leading_zeros())).max(shift - 1074);
    let wide = u128::from(quotient);
    let kept = if dropped > 64 {
        0
    } else {
        let half = (1_u128 << dropped >> 1) - 1 + (wide >> dropped & 1);
        u64::try_from((wide + half) >> dropped).ok()?
    };
    let power = u64::try_from(dropped - shift + 1074).ok()?;
    if power > 2045 {
        return None;
    }
    let double = f64::from_bits((power << 52) + kept);
    double.is_finite().then_some(double)
}

/// The quotient, which is known to have 64 bits at most, and whether it is exact.
fn divided(mut number: Natural, mut divisor: Natural) -> (u64, bool) {
    let steps = (number.bits() - divisor.bits()).max(0);
    divisor.shift_left(steps);
    let mut quotient = 0;
    for _ in 0..=steps {
        quotient <<= 1;
        if number.compare(&divisor).is_ge() {
            number.subtract(&divisor);
            quotient |= 1;
        }
        number.shift_left(1);
    }
    (quotient, number.0.is_empty())
}

/// Ten to a power of 22 at most, which a double holds exactly.
fn power_of_ten(power: u64) -> f64 {
    (0..power).fold(1.0, |product, _| product * 10.0)
}

/// A whole number of any size: 32 bits in each element, the lowest first, the last one not zero.
#[derive(Default)]
struct Natural(Vec<u32>);

impl From<u64> for Natural {
    fn from(number: u64) -> Self {
        let mut natural = Self(Vec::new());
        natural.times_plus(0, low(number >> 32));
        natural.shift_left(32);
        natural.times_plus(1, low(number));
        natural
    }
}

impl Natural {
    fn times_plus(&mut self, factor: u32, plus: u32) {
        let mut carry = u64::from(plus);
        for part in &mut self.0 {
            carry += u64::from(*part) * u64::from(factor);
            *part = low(carry);
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(low(carry));
        }
    }

    fn times_ten(&mut self, times: i64) {
        for _ in 0..times / 9 {
            self.times_plus(1_000_000_000, 0);
        }
        for _ in 0..times % 9 {
            self.times_plus(10, 0);
        }
    }

    fn shift_left(&mut self, bits: i64) {
        if !self.0.is_empty() {
            let parts = usize::try_from(bits / 32).unwrap_or_default();
            self.times_plus(1 << (bits % 32), 0);
            self.0.splice(0..0, repeat_n(0, parts));
        }
    }

    fn bits(&self) -> i64 {
        let last = self.0.last().map_or(0, |last| 32 - last.leading_zeros());
        i64::from(last) + 32 * (signed(self.0.len()) - 1).max(0)
    }

    fn compare(&self, other: &Self) -> Ordering {
        let of_length = self.0.len().cmp(&other.0.len());
        of_length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Takes away a number that is not larger.
    fn subtract(&mut self, other: &Self) {
        let mut borrows = false;
        for (index, part) in self.0.iter_mut().enumerate() {
            let less = other.0.get(index).copied().unwrap_or_default();
            let (rest, below) = part.overflowing_sub(less);
            let (rest, further_below) = rest.overflowing_sub(u32::from(borrows));
            borrows = below || further_below;
            *part = rest;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

/// The lower half of a number.
#[allow(clippy::cast_possible_truncation, reason = "that is what is wanted")]
const fn low(number: u64) -> u32 {
    number as u32
}

/// A length as a number that can be subtracted from.
fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Doubles that `short` finds all digits of, where they are 15 or less.
const COMMON: Range<f64> = 1e-5..1e15;

/// Two different doubles, or a double and the middle of two, differ in so many digits at the latest.
const DIGITS: usize = 800;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agree(text: &str) {
        let (sign, text) = text
            .strip_prefix('-')
            .map_or((1.0, text), |text| (-1.0, text));
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let exponent: i64 = exponent.parse().unwrap();
        let digits = alloc::format!("{whole}{fraction}");
        let exponent = exponent - i64::try_from(fraction.len()).unwrap();
        let read = read(digits.as_bytes(), exponent).map(|size| (sign * size).to_bits());
        let theirs = text.parse::<f64>().unwrap();
        let theirs = theirs.is_finite().then_some((sign * theirs).to_bits());
        assert_eq!(read, theirs, "{text}");
    }

    fn prints(number: f64) {
        let text = print(number);
        assert_eq!(
            text.parse::<f64>().unwrap().to_bits(),
            number.to_bits(),
            "{text}"
        );
        assert_eq!(text, serde_json::to_string(&number).unwrap());
    }

    #[test]
    fn borders_are_read_to_the_nearest() {
        for text in [
            "0",
            "-0.0",
            "0e999",
            "1e22",
            "1e23",
            "9007199254740993",
            "9007199254740993.0001",
            "1.7976931348623157e308",
            "1.7976931348623159e308",
            "1e309",
            "1e-400",
            "1e99999",
            "2.2250738585072014e-308",
            "2.2250738585072011e-308",
            "4.9e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "5e-324",
            "51.507350912345671",
            "-0.12775834567890123",
            "0.000001",
            "123456789012345678901234567890",
        ] {
            agree(text);
        }
        let middle = alloc::format!("9007199254740993.{}1", "0".repeat(2_000));
        agree(&middle);
        agree(&alloc::format!("{}1", "0".repeat(2_000)));
    }

    #[test]
    fn borders_are_printed_as_serde_json_does() {
        for number in [
            0.0,
            -0.0,
            1.0,
            0.1,
            0.3,
            1e15,
            1e16,
            1e17,
            123_456.789,
            1e-4,
            1e-5,
            1.5e-5,
            1e-6,
            1e-7,
            5e-324,
            f64::MAX,
            f64::MIN_POSITIVE,
            1e21,
            1e23,
            9_007_199_254_740_993.0,
            4.35,
            0.1 + 0.2,
            -51.507_350_912_345_67,
            1.0 / 3.0,
            2.0 / 3.0,
            1e100,
            1.234e-100,
        ] {
            prints(number);
        }
    }

    proptest! {
        #[test]
        fn any_decimal_is_read_to_the_nearest(
            text in r"-?[0-9]{1,25}(\.[0-9]{1,25})?(e-?[0-9]{1,3})?"
        ) {
            agree(&text);
        }

        #[test]
        fn coordinates_are_read_to_the_nearest(text in r"-?1?[0-9]{1,2}\.[0-9]{1,17}") {
            agree(&text);
        }

        #[test]
        fn any_double_is_printed_as_serde_json_does(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            prints(number);
        }

        #[test]
        fn what_devices_send_is_printed_as_serde_json_does(
            whole in -100_000_000_i32..100_000_000, places in 0..8_i32, other in -180.0..180.0
        ) {
            prints(f64::from(whole) / 10_f64.powi(places));
            prints(other);
        }
    }
}
