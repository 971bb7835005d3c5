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

use crate::number;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

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
        let in_range = Cell::new(true);
        let mut reader = serde_json::Deserializer::from_slice(text);
        let value = AnyValue(&in_range).deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        in_range.get().then_some(value)
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

/// Reads a value of any type, and notes whether every number in it fits. To fail in the middle would take
/// an error with words of its own, and what `serde_json` does with those.
#[derive(Clone, Copy)]
struct AnyValue<'a>(&'a Cell<bool>);

impl<'de> DeserializeSeed<'de> for AnyValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue<'_> {
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

    // No number comes so with `arbitrary_precision`, but the default is an error that knows how to print it.
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
        while let Some(element) = seq.next_element_seed(self)? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key()? {
            match key {
                Key::Name(name) => members.push((name, map.next_value_seed(self)?)),
                Key::Number => {
                    let number = number::read(&map.next_value::<String>()?);
                    self.0.set(self.0.get() && number.is_some());
                    return Ok(number.map_or(Value::Null, Value::Float));
                }
            }
        }
        Ok(Value::Object(members))
    }
}

/// What stands before a value in what `serde_json` calls a map.
enum Key {
    /// The name of an object's member.
    Name(String),
    /// Nothing in the text: with the feature `arbitrary_precision` a number that is not whole, or beyond
    /// 64 bits, comes as a map whose value is its text.
    Number,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Of a name in the text `serde_json` says that it is there; the one that it makes up for a number it
        // just gives. So a stranger's object with a member of that name is an object.
        deserializer.deserialize_option(AnyKey)
    }
}

struct AnyKey;

impl<'de> Visitor<'de> for AnyKey {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_some<D: Deserializer<'de>>(self, name: D) -> Result<Key, D::Error> {
        String::deserialize(name).map(Key::Name)
    }

    fn visit_str<E>(self, _: &str) -> Result<Key, E> {
        Ok(Key::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// What `serde_json` read, as one of ours; nothing where a number is too large.
    fn ours(read: &serde_json::Value) -> Option<Value> {
        Some(match read {
            serde_json::Value::Array(elements) => {
                Value::Array(elements.iter().map(ours).collect::<Option<_>>()?)
            }
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => Value::Unsigned(number),
                (None, Some(number)) if number < 0 => Value::Negative(number),
                // "-0" is the one that is no float for `serde_json`.
                _ => Value::Float(number.as_f64()?),
            },
            serde_json::Value::Object(members) => {
                let members = members.iter();
                let members = members.map(|(name, value)| Some((name.clone(), ours(value)?)));
                Value::Object(members.collect::<Option<_>>()?)
            }
            serde_json::Value::String(text) => Value::Text(text.clone()),
        })
    }

    /// The same with members in the order of their names, of which none comes twice.
    fn in_order(value: Value) -> Value {
        match value {
            Value::Array(elements) => Value::Array(elements.into_iter().map(in_order).collect()),
            Value::Object(members) => {
                let members: BTreeMap<_, _> = members.into_iter().collect();
                let members = members.into_iter();
                Value::Object(
                    members
                        .map(|(name, value)| (name, in_order(value)))
                        .collect(),
                )
            }
            other => other,
        }
    }

    fn agree(text: &[u8]) {
        let read: Option<serde_json::Value> = serde_json::from_slice(text).ok();
        let value = Value::parse(text);
        assert_eq!(value.clone().map(in_order), read.as_ref().and_then(ours));
        let (Some(value), Some(read)) = (value, read) else {
            return;
        };
        assert_eq!(value.as_bool(), read.as_bool());
        assert_eq!(value.as_f64(), read.as_f64());
        assert_eq!(value.as_i64(), read.as_i64().filter(|_| text != b"-0"));
        assert_eq!(value.as_str(), read.as_str());
        assert_eq!(value.as_u64(), read.as_u64());
        assert_eq!(value.elements().len(), read.as_array().map_or(0, Vec::len));
        for (name, member) in read.as_object().into_iter().flatten() {
            assert_eq!(value.get(name).cloned().map(in_order), ours(member));
        }
    }

    #[test]
    fn numbers_are_read_to_the_last_digit() {
        for text in [
            "-33.86880000000000450",
            "151.20930000000001",
            "0.1",
            "-0",
            "-0.0",
            "1e-7",
            "1E+22",
            "1e300",
            "5e-324",
            "9007199254740993.0",
            "18446744073709551616",
            "-9223372036854775809",
        ] {
            let Some(Value::Float(number)) = Value::parse(text.as_bytes()) else {
                panic!("{text} is no float");
            };
            let due: f64 = text.parse().unwrap();
            assert_eq!(number.to_bits(), due.to_bits(), "{text}");
        }
        for text in ["1e999", "-1e999", "[1e309]", "{\"a\":{\"b\":1e999}}"] {
            assert_eq!(Value::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn an_object_that_looks_like_a_number_is_an_object() {
        for name in [
            "$serde_json::private::Number",
            "\\u0024serde_json::private::Number",
        ] {
            for (text, value) in [
                ("\"1.5\"", Value::Text("1.5".to_owned())),
                ("\"1e999\"", Value::Text("1e999".to_owned())),
                ("1.5", Value::Float(1.5)),
                ("{}", Value::Object(Vec::new())),
            ] {
                let text = format!("[{{\"{name}\":{text},\"a\":2.5}}]");
                let name = "$serde_json::private::Number".to_owned();
                let members = vec![(name, value), ("a".to_owned(), Value::Float(2.5))];
                let due = Value::Array(vec![Value::Object(members)]);
                assert_eq!(Value::parse(text.as_bytes()), Some(due), "{text}");
            }
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
