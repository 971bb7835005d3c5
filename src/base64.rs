//! Base64 (RFC 4648, section 4) in the two forms that are needed here: strict for signatures, and for
//! secrets as the official libraries of Standard Webhooks read them.
//!
//! By hand, because it is so little; the library for it would be a fifteenth of the npm package.

use alloc::string::String;

/// How exactly a text has to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Padding is optional, and spare bits of the last digit do not matter.
    Lenient,
    /// Padded, and spare bits are zero: one text for the same bytes and no other.
    Strict,
}

/// Decodes `text` to the beginning of `bytes` and gives how many there are; `None` where it is not of
/// this form, or does not fit.
#[must_use]
pub fn decode(text: &[u8], form: Form, bytes: &mut [u8]) -> Option<usize> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = text.get(..text.len() - padding)?;
    let due = match digits.len() % 4 {
        0 => 0,
        2 => 2,
        3 => 1,
        _ => return None,
    };
    if padding > due || (padding < due && form == Form::Strict) {
        return None;
    }
    let len = digits.len() * 3 / 4;
    let bytes = bytes.get_mut(..len)?;
    let (groups, rest) = digits.as_chunks::<4>();
    let (places, last) = bytes.as_chunks_mut::<3>();
    for (group, place) in groups.iter().zip(places) {
        *place = bytes_of(*group)?;
    }
    let mut group = [b'A'; 4];
    for (digit, known) in group.iter_mut().zip(rest) {
        *digit = *known;
    }
    let mut spare = bytes_of(group)?.into_iter();
    for (byte, known) in last.iter_mut().zip(&mut spare) {
        *byte = known;
    }
    (form == Form::Lenient || spare.all(|byte| byte == 0)).then_some(len)
}

/// The bytes of four digits.
fn bytes_of(digits: [u8; 4]) -> Option<[u8; 3]> {
    let value = |digit: u8| VALUES.get(usize::from(digit)).copied().unwrap_or(NONE);
    let [a, b, c, d] = digits;
    let [a, b, c, d] = [value(a), value(b), value(c), value(d)];
    if (a | b | c | d) & NONE != 0 {
        return None;
    }
    Some([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d])
}

/// Encodes `bytes`, padded.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let held = group
            .iter()
            .zip([16, 8, 0])
            .fold(0, |held, (byte, shift)| held | u32::from(*byte) << shift);
        for (place, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let digit = DIGITS.get((held >> shift) as usize & 63);
            text.push(match digit {
                Some(digit) if place <= group.len() => char::from(*digit),
                _ => '=',
            });
        }
    }
    text
}

/// What is no digit.
const NONE: u8 = 0x80;

/// The value of each digit, by its byte: a table, as guessing branches takes longer than decoding.
#[allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "computed when compiled, where a slip is an error"
)]
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < DIGITS.len() {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::Engine;
    use ::base64::alphabet::STANDARD as ALPHABET;
    use ::base64::engine::general_purpose::STANDARD;
    use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    use proptest::prelude::*;

    /// What `Lenient` is to agree with.
    const INDIFFERENT: GeneralPurpose = GeneralPurpose::new(
        &ALPHABET,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );

    fn decoded(text: &str, form: Form) -> Option<Vec<u8>> {
        let mut bytes = vec![0; text.len()];
        let len = decode(text.as_bytes(), form, &mut bytes)?;
        bytes.truncate(len);
        Some(bytes)
    }

    fn agree(text: &str) {
        assert_eq!(
            decoded(text, Form::Strict),
            STANDARD.decode(text).ok(),
            "{text:?}"
        );
        assert_eq!(
            decoded(text, Form::Lenient),
            INDIFFERENT.decode(text).ok(),
            "{text:?}"
        );
    }

    #[test]
    fn every_short_text_is_what_the_library_makes_of_it() {
        let characters = [
            'A', 'Q', 'Z', 'a', 'g', 'w', 'z', '0', '9', '+', '/', '=', '-', ' ', 'é',
        ];
        let mut texts = vec![String::new()];
        for _ in 0..5 {
            let longer = texts
                .iter()
                .flat_map(|text| characters.map(|c| format!("{text}{c}")));
            texts = longer.collect();
            for text in &texts {
                agree(text);
            }
            if texts.len() > 100_000 {
                texts.retain(|text| text.starts_with("Qg"));
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(decode(b"QUFB", Form::Strict, &mut [0; 3]), Some(3));
        assert_eq!(decode(b"QUFB", Form::Strict, &mut [0; 2]), None);
    }

    proptest! {
        #[test]
        fn texts_are_what_the_library_makes_of_them(text in "[A-Za-z0-9+/]{0,90}[A-Za-z0-9+/=_ ]{0,4}") {
            agree(&text);
        }

        #[test]
        fn bytes_are_encoded_as_the_library_does(bytes in prop::collection::vec(any::<u8>(), 0..90)) {
            let text = encode(&bytes);
            prop_assert_eq!(&text, &STANDARD.encode(&bytes));
            prop_assert_eq!(decoded(&text, Form::Strict), Some(bytes));
        }
    }
}
