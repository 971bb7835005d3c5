//! Numbers with a point, as JSON writes them.
//!
//! Up to 15 digits, and mostly 16, the number is one whole number by one power of ten, both of which an
//! `f64` holds exactly: one multiplication or division then rounds as it must. The rest is left to the
//! platform; tables of powers of ten for it would be a twentieth of each wasm build.

use crate::platform;
use alloc::vec::Vec;

/// Reads a number of JSON's form; nothing where it is too large for an `f64`.
#[must_use]
pub fn read(text: &str) -> Option<f64> {
    let number = read_short(text).unwrap_or_else(|| platform::read_f64(text));
    number.is_finite().then_some(number)
}

/// The shortest text that reads back as a finite `number`. One that is short has a point, as `1.0`.
#[must_use]
pub fn written(number: f64) -> Vec<u8> {
    write_short(number).unwrap_or_else(|| platform::write_f64(number))
}

/// Reads digits with or without a point, where they are few.
#[allow(
    clippy::cast_precision_loss,
    reason = "up to EXACT there is nothing to lose"
)]
fn read_short(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text),
    };
    let mut whole = 0;
    let mut places = None;
    for byte in digits.bytes() {
        match (byte, places) {
            (b'0'..=b'9', _) => {
                whole = whole * 10 + u64::from(byte - b'0');
                places = places.map(|places| places + 1);
            }
            (b'.', None) => places = Some(0),
            _ => return None,
        }
        if whole > EXACT {
            return None;
        }
    }
    let places = places.unwrap_or(0);
    (places <= MOST_PLACES).then(|| {
        let scale = (0..places).fold(1.0, |scale, _| scale * 10.0);
        sign * whole as f64 / scale
    })
}

/// Writes a number without an exponent, where that takes few digits.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "up to EXACT there is nothing to lose, and what is not equal does not read back"
)]
fn write_short(number: f64) -> Option<Vec<u8>> {
    let size = number.abs();
    let mut scale = 1.0;
    for places in 0..=MOST_PLACES {
        let scaled = size * scale;
        if scaled > EXACT as f64 {
            return None;
        }
        let below = scaled as u64;
        let nearest = below + u64::from(scaled - below as f64 >= 0.5);
        if nearest as f64 / scale == size {
            return Some(with_point(number.is_sign_negative(), nearest, places));
        }
        scale *= 10.0;
    }
    None
}

/// Digits of which so many are places after the point; one place at least.
#[allow(
    clippy::cast_possible_truncation,
    reason = "one digit fits into a byte"
)]
fn with_point(is_negative: bool, digits: u64, places: u32) -> Vec<u8> {
    let mut text = Vec::with_capacity(24);
    let mut rest = digits;
    if places == 0 {
        text.extend_from_slice(b"0.");
    }
    // From the end on, and one digit before the point at least.
    let mut written = 0;
    while rest > 0 || written <= places {
        if written == places && places > 0 {
            text.push(b'.');
        }
        text.push(b'0' + (rest % 10) as u8);
        rest /= 10;
        written += 1;
    }
    if is_negative {
        text.push(b'-');
    }
    text.reverse();
    text
}

/// Up to 2^53 every whole number is an `f64`.
const EXACT: u64 = 1 << 53;

/// The largest power of ten that is an `f64`.
const MOST_PLACES: u32 = 22;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text_of(number: f64) -> String {
        String::from_utf8(written(number)).unwrap()
    }

    /// The digits that count, without sign, point, exponent and zeros at both ends.
    fn digits(text: &str) -> String {
        let (text, _) = text.split_once('e').unwrap_or((text, ""));
        let digits = text.chars().filter(char::is_ascii_digit);
        digits.collect::<String>().trim_matches('0').to_owned()
    }

    fn is_read_as_the_standard_library_does(text: &str) {
        let due: f64 = text.parse().unwrap();
        let due = due.is_finite().then_some(due.to_bits());
        assert_eq!(read(text).map(f64::to_bits), due, "{text}");
    }

    fn comes_back(number: f64) {
        let text = text_of(number);
        let back = read(&text).map(f64::to_bits);
        assert_eq!(back, Some(number.to_bits()), "{text}");
        assert_eq!(digits(&text), digits(&format!("{number:e}")), "{text}");
        let json = serde_json::from_str::<serde_json::Number>(&text);
        assert_eq!(json.unwrap().as_f64(), Some(number), "{text}");
    }

    #[test]
    fn numbers_are_written_with_a_point_where_they_are_short() {
        for (number, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-33.8688, "-33.8688"),
            (100.0, "100.0"),
            (0.05, "0.05"),
            (-0.5, "-0.5"),
            (151.209_300_000_000_1, "151.2093000000001"),
            (9_007_199_254_740_992.0, "9007199254740992.0"),
            (0.000_000_1, "0.0000001"),
        ] {
            assert_eq!(text_of(number), text);
        }
    }

    #[test]
    fn numbers_at_the_limits_come_back() {
        for number in [
            f64::MIN_POSITIVE,
            f64::MAX,
            f64::MIN,
            5e-324,
            1e-22,
            1e-23,
            1e22,
            1e23,
            1e300,
            9_007_199_254_740_991.0,
            9_007_199_254_740_994.0,
            4_503_599_627_370_495.5,
            4_503_599_627_370_497.0,
            0.1 + 0.2,
            151.209_300_000_000_03,
        ] {
            comes_back(number);
            comes_back(-number);
        }
    }

    #[test]
    fn texts_at_the_limits_are_read_to_the_last_digit() {
        for text in [
            "-0",
            "9007199254740992",
            "9007199254740993",
            "900719925474099.3",
            "90071992547409.93000",
            "18446744073709551616",
            "1e22",
            "1e23",
            "1E+22",
            "0.0000000000000000000001",
            "0.00000000000000000000001",
            "2.2250738585072011e-308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "1e999",
            "-1e999",
            "1e-999",
        ] {
            is_read_as_the_standard_library_does(text);
        }
        let long = format!("1.{}1", "0".repeat(5000));
        is_read_as_the_standard_library_does(&long);
    }

    proptest! {
        #[test]
        fn any_number_comes_back(bits: u64) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            comes_back(number);
        }

        #[test]
        fn any_coordinate_comes_back(number in -180.0..180.0) {
            comes_back(number);
        }

        #[test]
        fn any_text_is_read_as_the_standard_library_does(
            text in r"-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,3})?"
        ) {
            is_read_as_the_standard_library_does(&text);
        }

        #[test]
        fn fifteen_digits_need_no_platform(text in r"-?(0|[1-9][0-9]{0,2})\.[0-9]{1,12}") {
            prop_assert!(read_short(&text).is_some(), "{}", text);
            let number: f64 = text.parse().unwrap();
            prop_assert!(write_short(number).is_some(), "{}", text);
            comes_back(number);
        }
    }
}
