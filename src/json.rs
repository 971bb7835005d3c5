//! A JSON value as the readers of payloads need it.
//!
//! `serde_json` would read the same, with the place and the words of every error, which nobody is
//! told, and with members in a tree, which a payload of a few dozen does not need.

use crate::decimal;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// A JSON value (RFC 8259).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Values in their order.
    Array(Vec<Self>),
    /// `true` or `false`.
    Bool(bool),
    /// A number with a point or an exponent, or a whole one beyond 64 bits.
    Float(f64),
    /// A whole number below zero.
    Negative(i64),
    /// Nothing.
    Null,
    /// Names and values in the order of the text; of a name that comes twice the last one counts.
    Object(Vec<(String, Self)>),
    /// A text.
    Text(String),
    /// A whole number from zero on.
    Unsigned(u64),
}

impl Value {
    /// Reads a text as `serde_json` does: nothing may follow the value, and 128 levels of nesting are
    /// refused.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = str::from_utf8(text).ok()?;
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        reader.skip_space();
        (reader.at == text.len()).then_some(value)
    }

    /// The member of this name, where this is an object that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let mut members = self.members().iter().rev();
        members
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// The members of an object; none of anything else.
    #[must_use]
    pub fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of an array; none of anything else.
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        match self {
            Self::Array(elements) => elements,
            _ => &[],
        }
    }

    /// The text, where this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is `true`, where this is a truth value.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, where this is one.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "what JSON calls a number has no more precision than that"
    )]
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            Self::Negative(number) => Some(*number as f64),
            Self::Unsigned(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// The whole number, where this is one that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Negative(number) => Some(*number),
            Self::Unsigned(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The whole number from zero on, where this is one.
    #[must_use]
    pub const fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Unsigned(number) => Some(*number),
            _ => None,
        }
    }
}

/// Reads a text from its beginning; `None` as soon as it is no JSON.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes past bytes of a kind, and gives them.
    fn pass(&mut self, is_of_kind: impl Fn(u8) -> bool) -> &'a str {
        let begin = self.at;
        while self.peek().is_some_and(&is_of_kind) {
            self.at += 1;
        }
        self.text.get(begin..self.at).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.pass(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
    }

    /// Goes past white space, and past `byte` where that follows.
    fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let follows = self.peek() == Some(byte);
        self.at += usize::from(follows);
        follows
    }

    /// A value, around which there are so many arrays and objects.
    fn value(&mut self, depth: u8) -> Option<Value> {
        if self.take(b'{') {
            let mut members = Vec::new();
            let add = |reader: &mut Self| {
                let name = reader.take(b'"').then(|| reader.text())??;
                let value = reader.take(b':').then(|| reader.value(depth + 1))??;
                members.push((name, value));
                Some(())
            };
            self.list(b'}', depth, add)?;
            return Some(Value::Object(members));
        }
        if self.take(b'[') {
            let mut elements = Vec::new();
            let add = |reader: &mut Self| {
                elements.push(reader.value(depth + 1)?);
                Some(())
            };
            self.list(b']', depth, add)?;
            return Some(Value::Array(elements));
        }
        if self.take(b'"') {
            return self.text().map(Value::Text);
        }
        match self.pass(|byte| byte.is_ascii_lowercase()) {
            "" => self.number(),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            "true" => Some(Value::Bool(true)),
            _ => None,
        }
    }

    /// What lies between commas, up to `end`.
    fn list(
        &mut self,
        end: u8,
        depth: u8,
        mut add: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        if depth >= DEPTH {
            return None;
        }
        if self.take(end) {
            return Some(());
        }
        loop {
            add(self)?;
            if !self.take(b',') {
                return self.take(end).then_some(());
            }
        }
    }

    /// The rest of a text, behind its first quote.
    fn text(&mut self) -> Option<String> {
        let mut text = self.plain().to_owned();
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(text),
                b'\\' => text.push(self.escaped()?),
                _ => return None,
            }
            text.push_str(self.plain());
        }
    }

    fn plain(&mut self) -> &'a str {
        self.pass(|byte| !matches!(byte, b'"' | b'\\' | ..b' '))
    }

    fn escaped(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'/' | b'\\' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                let code = match first {
                    0xd800..0xdc00 => {
                        let second = self.pass_escape().then(|| self.unit())??;
                        let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                        0x1_0000 + (first - 0xd800) * 0x400 + low
                    }
                    _ => first,
                };
                char::from_u32(code)?
            }
            _ => return None,
        })
    }

    fn pass_escape(&mut self) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let follows = rest.starts_with(b"\\u");
        self.at += if follows { 2 } else { 0 };
        follows
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        let digits = digits.chars().map(|digit| digit.to_digit(16));
        digits.reduce(|high, low| Some(high? * 16 + low?))?
    }

    fn number(&mut self) -> Option<Value> {
        let is_negative = self.peek() == Some(b'-');
        self.at += usize::from(is_negative);
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            return None;
        }
        let is_whole = !matches!(self.peek(), Some(b'.' | b'e' | b'E'));
        if is_whole && let Ok(number) = whole.parse::<u64>() {
            match (is_negative, i64::try_from(number)) {
                (false, _) => return Some(Value::Unsigned(number)),
                (true, Ok(number)) if number > 0 => return Some(Value::Negative(-number)),
                (true, Err(_)) if number == 1 << 63 => return Some(Value::Negative(i64::MIN)),
                _ => {}
            }
        }
        let mut fraction = "";
        if self.peek() == Some(b'.') {
            self.at += 1;
            fraction = self.digits()?;
        }
        let mut exponent = 0;
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            let sign = self.peek().filter(|byte| matches!(byte, b'+' | b'-'));
            self.at += usize::from(sign.is_some());
            // What does not fit is beyond all doubles.
            let size = self.digits()?.parse().unwrap_or(i64::from(i32::MAX));
            exponent = if sign == Some(b'-') { -size } else { size };
        }
        let digits = [whole, fraction].concat();
        let exponent = exponent.saturating_sub(i64::try_from(fraction.len()).ok()?);
        let size = decimal::read(digits.as_bytes(), exponent)?;
        Some(Value::Float(if is_negative { -size } else { size }))
    }

    /// One digit or more.
    fn digits(&mut self) -> Option<&'a str> {
        let digits = self.pass(|byte| byte.is_ascii_digit());
        (!digits.is_empty()).then_some(digits)
    }
}

/// How many arrays and objects there are around each other at most.
const DEPTH: u8 = 127;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// The same in `serde_json`'s own form.
    fn theirs(value: &Value) -> serde_json::Value {
        match value {
            Value::Array(elements) => elements.iter().map(theirs).collect(),
            Value::Bool(value) => json!(value),
            Value::Float(number) => json!(number),
            Value::Negative(number) => json!(number),
            Value::Null => json!(null),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (name.clone(), theirs(value)))
                .collect(),
            Value::Text(text) => json!(text),
            Value::Unsigned(number) => json!(number),
        }
    }

    fn agree(text: &[u8]) {
        let read: Option<serde_json::Value> = serde_json::from_slice(text).ok();
        let ours = Value::parse(text);
        assert_eq!(ours.as_ref().map(theirs), read);
        let (Some(ours), Some(read)) = (ours, read) else {
            return;
        };
        assert_eq!(ours.as_bool(), read.as_bool());
        assert_eq!(ours.as_f64(), read.as_f64());
        assert_eq!(ours.as_i64(), read.as_i64());
        assert_eq!(ours.as_str(), read.as_str());
        assert_eq!(ours.as_u64(), read.as_u64());
        assert_eq!(ours.elements().len(), read.as_array().map_or(0, Vec::len));
        for (name, value) in read.as_object().into_iter().flatten() {
            assert_eq!(ours.get(name).map(theirs).as_ref(), Some(value));
        }
    }

    #[test]
    fn of_a_name_that_comes_twice_the_last_one_counts() {
        let value = Value::parse(br#"{"a":1,"b":2,"a":{"c":3}}"#).unwrap();
        assert_eq!(value.get("a").unwrap().get("c"), Some(&Value::Unsigned(3)));
        assert_eq!(value.get("c"), None);
    }

    #[test]
    fn numbers_and_odd_texts_are_what_serde_json_makes_of_them() {
        for text in [
            "0",
            "-0",
            "-1",
            "1.0",
            "1e2",
            "-1E-2",
            "1e999",
            "01",
            "1.",
            ".5",
            "+1",
            "NaN",
            "",
            "18446744073709551615",
            "18446744073709551616",
            "-9223372036854775808",
            "-9223372036854775809",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\t\"",
            "[1,]",
            "{\"a\":1,}",
            "{\"a\"}",
            "nul",
            "true false",
            " [ ] ",
            "\t{ \"a\" : [ 1 , 2 ] }\r\n",
            "-",
            "1e",
            "1e+",
            "1e1000000000000000000000",
            "0e1000000000000000000000",
            "-1e-1000000000000000000000",
            "123456789012345678901234567890",
            "51.507350912345671",
            "\"\\u00e9\\u20AC\\n\\/\\b\\f\\r\\t\\\\\\\"\"",
            "\"\\ud83dx\"",
            "\"\\ud83d\\u0041\"",
            "\"\\ude00\"",
            "\"\\u+123\"",
            "\"\\u12\"",
            "\"\\u12é4\"",
            "\"\\x\"",
            "\"",
            "\"\\",
            "\u{feff}1",
            "{\"a\" 1}",
            "[1 2]",
            "[",
            "{\"a\":",
            "truex",
            "true1",
            "1 1",
            "1\"",
            "nullnull",
            "\u{0}",
            "1\u{0}",
            "{\"a\":1,\"a\":2}",
        ] {
            agree(text.as_bytes());
        }
        agree(b"\"\xff\"");
        for depth in [127, 128, 129] {
            agree(format!("{}{}", "[".repeat(depth), "]".repeat(depth)).as_bytes());
        }
    }

    proptest! {
        #[test]
        fn texts_like_json_are_what_serde_json_makes_of_them(
            text in r#"([\[\]{}:, ]|"a"|"b"|-?[0-9]{1,20}|[0-9]\.[0-9]{1,3}|1[eE][+-]?[0-9]{1,3}|true|null|"\\[a-z\\/]?"){0,12}"#
        ) {
            agree(text.as_bytes());
        }

        #[test]
        fn objects_are_what_serde_json_makes_of_them(
            members in prop::collection::vec(("[ab]", r#"-?[1-9][0-9]{0,19}|\[\]|\{"c":\[1,2\]\}|"[ -~&&[^"\\]]{0,5}""#), 0..6)
        ) {
            let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            agree(format!("{{{}}}", members.join(",")).as_bytes());
        }
    }
}
