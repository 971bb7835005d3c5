//! A JSON value as the readers of payloads need it.
//!
//! `serde_json` reads it; its own `Value` keeps members in a tree, which a payload of a few dozen
//! members does not need and which would be a twentieth of the npm package.

mod read;
mod words;

pub use read::FromJson;
#[cfg(test)]
pub(crate) use read::assert_reads_back;
pub(crate) use words::words;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

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
    /// Reads a text as `serde_json` does: nothing may follow the value, and nesting beyond 128 levels
    /// is refused.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
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

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(u64::try_from(number).map_or(Value::Negative(number), Value::Unsigned))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Unsigned(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Value::Object(members))
    }
}

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
