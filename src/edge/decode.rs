//! Reading the Worker's own JSON: messages between its parts, rows, and what is stored as text.
//!
//! `serde_json` could read it straight into the types, and faster, but its reader is in the Worker once
//! for each of them, with the words of every error: a fifth of the whole. Here it reads a [`Value`], and
//! what follows is small. Whoever wrote the text was this program, so that no error needs words.

use crate::json::Value;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    self, Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess,
    IntoDeserializer, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::fmt;

/// Reads a value of any type.
pub fn from_json<T: DeserializeOwned>(text: &str) -> worker::Result<T> {
    from_value(parse(text)?)
}

/// The same of what was read before.
pub fn from_value<T: DeserializeOwned>(value: Value) -> worker::Result<T> {
    T::deserialize(Tree(value)).map_err(|_| unlike())
}

/// Reads a text.
pub fn parse(text: &str) -> worker::Result<Value> {
    Value::parse(text.as_bytes()).ok_or_else(unlike)
}

fn unlike() -> worker::Error {
    worker::Error::RustError(Unlike.to_string())
}

/// The text is not a value of the type.
#[derive(Debug)]
struct Unlike;

impl fmt::Display for Unlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text is not JSON of this form")
    }
}

impl std::error::Error for Unlike {}

impl de::Error for Unlike {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Tree(Value);

impl IntoDeserializer<'_, Unlike> for Tree {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Tree {
    type Error = Unlike;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unlike> {
        match self.0 {
            Value::Array(elements) => {
                visitor.visit_seq(SeqDeserializer::new(elements.into_iter().map(Tree)))
            }
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Float(number) => visitor.visit_f64(number),
            Value::Negative(number) => visitor.visit_i64(number),
            Value::Null => visitor.visit_unit(),
            Value::Object(members) => visitor.visit_map(members_of(members)),
            Value::Text(text) => visitor.visit_string(text),
            Value::Unsigned(number) => visitor.visit_u64(number),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unlike> {
        visitor.visit_enum(match self.0 {
            Value::Object(mut members) => {
                let (name, value) = members.pop().filter(|_| members.is_empty()).ok_or(Unlike)?;
                Variant { name, value }
            }
            Value::Text(name) => Variant {
                name,
                value: Value::Null,
            },
            _ => return Err(Unlike),
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unlike> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unlike> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unlike> {
        match self.0 {
            Value::Object(members) => visitor.visit_map(members_of(members)),
            _ => Err(Unlike),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

fn members_of<'de>(
    members: Vec<(String, Value)>,
) -> MapDeserializer<'de, impl Iterator<Item = (String, Tree)>, Unlike> {
    MapDeserializer::new(members.into_iter().map(|(name, value)| (name, Tree(value))))
}

/// One variant of an enum: its name alone, or an object with its name and what it holds.
struct Variant {
    name: String,
    value: Value,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Unlike;
    type Variant = Tree;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Tree), Unlike> {
        let variant = seed.deserialize(self.name.into_deserializer())?;
        Ok((variant, Tree(self.value)))
    }
}

impl<'de> VariantAccess<'de> for Tree {
    type Error = Unlike;

    fn unit_variant(self) -> Result<(), Unlike> {
        Deserialize::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Unlike> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unlike> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unlike> {
        self.deserialize_struct("", fields, visitor)
    }
}
