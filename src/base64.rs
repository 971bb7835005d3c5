//! Base64 of the standard alphabet, strict: one text for one sequence of bytes.

/// Writes bytes in base64, padded.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = joined(chunk.iter().copied(), 8);
        for place in 0..4 {
            let digit = (bits >> (18 - 6 * place)) & 63;
            text.push(if place > chunk.len() {
                '='
            } else {
                symbol(digit)
            });
        }
    }
    text
}

/// Reads base64 with its padding.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len().is_multiple_of(4) {
        decode_unpadded(text.trim_end_matches('='), text)
    } else {
        None
    }
}

/// Reads base64 with its padding or without any.
#[must_use]
pub fn decode_lenient(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if digits == text {
        decode_unpadded(digits, text)
    } else {
        decode(text)
    }
}

/// Reads `digits`, which is `text` without its padding.
fn decode_unpadded(digits: &str, text: &str) -> Option<Vec<u8>> {
    if text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for chunk in digits.as_bytes().chunks(4) {
        let mut values = [0; 4];
        for (value, digit) in values.iter_mut().zip(chunk) {
            *value = value_of(*digit)?;
        }
        let [_, triple @ ..] = joined(values.into_iter(), 6).to_be_bytes();
        // One digit alone is no byte, and bits that are left over must be zero.
        let (whole, rest) = triple.split_at_checked(chunk.len().checked_sub(1)?)?;
        if whole.is_empty() || rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(whole);
    }
    Some(bytes)
}

/// Puts values of so many bits one after the other, from the top of 24 bits on.
fn joined(values: impl Iterator<Item = u8>, width: u32) -> u32 {
    let put = |(bits, place): (u32, u32), value| {
        let place = place - width;
        (bits | (u32::from(value) << place), place)
    };
    values.fold((0, 24), put).0
}

fn symbol(digit: u32) -> char {
    let digit = u8::try_from(digit).unwrap_or_default();
    char::from(match digit {
        0..26 => b'A' + digit,
        26..52 => b'a' + (digit - 26),
        52..62 => b'0' + (digit - 52),
        62 => b'+',
        _ => b'/',
    })
}

const fn value_of(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard_go_both_ways() {
        // RFC 4648, section 10.
        let examples = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (bytes, text) in examples {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()), "{text}");
            let bare = text.trim_end_matches('=');
            assert_eq!(
                decode_lenient(bare).as_deref(),
                Some(bytes.as_bytes()),
                "{bare}"
            );
            assert_eq!(
                decode_lenient(text).as_deref(),
                Some(bytes.as_bytes()),
                "{text}"
            );
        }
    }

    #[test]
    fn every_digit_has_its_value() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&bytes)), Some(bytes));
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        assert_eq!(encode(&decode(alphabet).unwrap()), alphabet);
    }

    #[test]
    fn other_texts_are_none() {
        for text in [
            "Zg", "Zm8", "Z", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v====", "=", "====", "Zg==Zg==",
            "Zm-_", "Zm9 ", "Zm9é",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
        for text in [
            "Z", "Zg=", "Zg===", "Zh", "Zm9", "Zm9v=", "Zm9v==", "Zm9vZ", "=", "Zm-_",
        ] {
            assert_eq!(decode_lenient(text), None, "{text}");
        }
    }
}
