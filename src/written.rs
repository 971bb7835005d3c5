//! JSON text of what serde derives.
//!
//! The shapes are those of `serde_json`. But that has a function for each type of value, and for
//! numbers with a point tables of powers of ten: see [`decimal`].

use crate::decimal;
use alloc::string::{String, ToString};
use core::fmt::{Error, Write};
use serde::Serialize;
use serde::ser::{
    Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, Serializer,
};

/// The text of a value; null where it holds what nothing here does: bytes, tuples with a name.
#[must_use]
pub fn json(value: &(impl Serialize + ?Sized)) -> String {
    let mut text = String::new();
    match value.serialize(Json(&mut text)) {
        Ok(()) => text,
        Err(Error) => "null".to_string(),
    }
}

/// Writes one value after what is in the text already.
struct Json<'a>(&'a mut String);

impl<'a> Json<'a> {
    #[allow(
        clippy::unnecessary_wraps,
        reason = "every method of a serializer ends so"
    )]
    fn push(self, text: &str) -> Result<(), Error> {
        self.0.push_str(text);
        Ok(())
    }

    /// Begins what has members or elements.
    fn begin(self, begin: &str, end: &'static str) -> Members<'a> {
        self.0.push_str(begin);
        Members {
            text: self.0,
            is_first: true,
            end,
        }
    }

    /// Begins an object of one member, whose name is written.
    fn variant(self, name: &str) -> Self {
        self.0.push('{');
        push_text(self.0, name);
        self.0.push(':');
        self
    }
}

impl<'a> Serializer for Json<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Members<'a>;
    type SerializeTuple = Members<'a>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Members<'a>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.push(if value { "true" } else { "false" })
    }

    fn serialize_i8(self, number: i8) -> Result<(), Error> {
        self.serialize_i64(number.into())
    }

    fn serialize_i16(self, number: i16) -> Result<(), Error> {
        self.serialize_i64(number.into())
    }

    fn serialize_i32(self, number: i32) -> Result<(), Error> {
        self.serialize_i64(number.into())
    }

    fn serialize_i64(self, number: i64) -> Result<(), Error> {
        self.push(&number.to_string())
    }

    fn serialize_u8(self, number: u8) -> Result<(), Error> {
        self.serialize_u64(number.into())
    }

    fn serialize_u16(self, number: u16) -> Result<(), Error> {
        self.serialize_u64(number.into())
    }

    fn serialize_u32(self, number: u32) -> Result<(), Error> {
        self.serialize_u64(number.into())
    }

    fn serialize_u64(self, number: u64) -> Result<(), Error> {
        self.push(&number.to_string())
    }

    fn serialize_f32(self, number: f32) -> Result<(), Error> {
        self.serialize_f64(number.into())
    }

    fn serialize_f64(self, number: f64) -> Result<(), Error> {
        if number.is_finite() {
            self.push(&decimal::print(number))
        } else {
            self.push("null")
        }
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        push_text(self.0, text);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.push("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.push("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.push("null")
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let json = self.variant(variant);
        value.serialize(Json(json.0))?;
        json.push("}")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(self.begin("[", "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Members<'a>, Error> {
        Ok(self.begin("[", "]"))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        Err(Error)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(Error)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(self.begin("{", "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'a>, Error> {
        Ok(self.begin("{", "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'a>, Error> {
        Ok(self.variant(variant).begin("{", "}}"))
    }
}

/// The elements of an array, or the members of an object.
struct Members<'a> {
    text: &'a mut String,
    is_first: bool,
    end: &'static str,
}

impl Members<'_> {
    fn next(&mut self) -> Json<'_> {
        if !self.is_first {
            self.text.push(',');
        }
        self.is_first = false;
        Json(self.text)
    }

    fn value(&mut self) -> Json<'_> {
        self.text.push(':');
        Json(self.text)
    }

    fn name(&mut self, name: &str) -> Json<'_> {
        push_text(self.next().0, name);
        self.value()
    }

    fn close(self) -> Result<(), Error> {
        Json(self.text).push(self.end)
    }
}

impl SerializeSeq for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(self.next())
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeTuple for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(self.next())
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(self.next())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(self.value())
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self.name(name))
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

impl SerializeStructVariant for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self.name(name))
    }

    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

/// Writes a text in quotes, with what must be escaped (RFC 8259, section 7).
fn push_text(json: &mut String, text: &str) {
    json.push('"');
    let mut rest = text;
    while let Some(place) = rest.find(|each| matches!(each, '"' | '\\' | ..' ')) {
        let (plain, from_here) = rest.split_at(place);
        let (escaped, behind) = from_here.split_at(1);
        json.push_str(plain);
        match escaped {
            "\"" => json.push_str("\\\""),
            "\\" => json.push_str("\\\\"),
            "\u{8}" => json.push_str("\\b"),
            "\t" => json.push_str("\\t"),
            "\n" => json.push_str("\\n"),
            "\u{c}" => json.push_str("\\f"),
            "\r" => json.push_str("\\r"),
            _ => {
                for byte in escaped.bytes() {
                    // Writing to a string cannot fail.
                    let _ = write!(json, "\\u{byte:04x}");
                }
            }
        }
        rest = behind;
    }
    json.push_str(rest);
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    #[derive(Serialize)]
    struct Everything<'a> {
        text: &'a str,
        letter: char,
        none: Option<u8>,
        some: Option<i8>,
        numbers: (i16, u16, i32, u32, i64, u64, f64),
        list: Vec<Kind>,
        map: BTreeMap<&'a str, bool>,
        unit: (),
        empty: Vec<u8>,
        result: Result<f64, Kind>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        Wrapping(u64),
        WithFields { one: u8, two: Option<u8> },
        WithoutFields {},
    }

    fn agree(value: &impl Serialize) {
        assert_eq!(json(value), serde_json::to_string(value).unwrap());
    }

    #[test]
    fn whatever_serde_derives_is_written_as_serde_json_does() {
        for result in [Ok(0.5), Ok(f64::NAN), Ok(-0.0), Err(Kind::Wrapping(7))] {
            agree(&Everything {
                text: "a\"b\\c\u{8}\t\n\u{c}\r\u{0}\u{1f}\u{7f}é€😀",
                letter: '"',
                none: None,
                some: Some(-1),
                numbers: (-2, 3, -4, 5, i64::MIN, u64::MAX, 51.507_35),
                list: alloc::vec![
                    Kind::Plain,
                    Kind::Wrapping(1),
                    Kind::WithFields { one: 1, two: None },
                    Kind::WithoutFields {},
                ],
                map: BTreeMap::from([("", true), ("b\n", false)]),
                unit: (),
                empty: Vec::new(),
                result,
            });
        }
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_json_does(text in any::<String>()) {
            agree(&text);
        }
    }
}
