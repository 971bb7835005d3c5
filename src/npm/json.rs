//! The JSON of an answer.
//!
//! The shapes are those that serde derives. `serde_json` would write them too, but brings along how
//! numbers with a point are printed, which would be a quarter of the package; without `std` there is no
//! telling it another way.

use crate::number;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt::Error;
use serde::Serialize;
use serde::ser::{
    Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer,
};

/// Writes `value` as JSON; nothing where it holds what no answer holds.
pub fn written(value: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::new();
    match value.serialize(Json(&mut text)) {
        Ok(()) => text,
        Err(Error) => Vec::new(),
    }
}

/// Writes one value after what is in the text already.
struct Json<'a>(&'a mut Vec<u8>);

impl<'a> Json<'a> {
    fn begin(self, begin: u8, end: u8) -> Members<'a> {
        self.0.push(begin);
        Members {
            text: self.0,
            is_first: true,
            end,
        }
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
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        let text: &[u8] = if value { b"true" } else { b"false" };
        self.0.extend_from_slice(text);
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.0.extend_from_slice(&number::written(value));
        Ok(())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.0
            .extend_from_slice(u64::from(value).to_string().as_bytes());
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        push_text(self.0, value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(self.begin(b'[', b']'))
    }

    fn serialize_tuple(self, _len: usize) -> Result<Members<'a>, Error> {
        Ok(self.begin(b'[', b']'))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(self.begin(b'{', b'}'))
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Members<'a>, Error> {
        Ok(self.begin(b'{', b'}'))
    }

    // No answer holds any of these.

    fn serialize_i8(self, _value: i8) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_i16(self, _value: i16) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_i32(self, _value: i32) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_i64(self, _value: i64) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_u8(self, _value: u8) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_u32(self, _value: u32) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_u64(self, _value: u64) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_f32(self, _value: f32) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_char(self, _value: char) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_bytes(self, _value: &[u8]) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        Err(Error)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(Error)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(Error)
    }
}

/// The elements of an array, or the members of an object.
struct Members<'a> {
    text: &'a mut Vec<u8>,
    is_first: bool,
    end: u8,
}

impl Members<'_> {
    fn next(&mut self) -> Json<'_> {
        if !self.is_first {
            self.text.push(b',');
        }
        self.is_first = false;
        Json(self.text)
    }

    fn value(&mut self) -> Json<'_> {
        self.text.push(b':');
        Json(self.text)
    }

    fn close(self) {
        self.text.push(self.end);
    }
}

impl SerializeSeq for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(self.next())
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl SerializeTuple for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(self.next())
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
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
        self.close();
        Ok(())
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.next().serialize_str(key)?;
        value.serialize(self.value())
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

/// Writes a text in quotes, with what must be escaped as `\u00…` (RFC 8259, section 7).
fn push_text(json: &mut Vec<u8>, text: &str) {
    json.push(b'"');
    for byte in text.bytes() {
        if byte < b' ' || byte == b'"' || byte == b'\\' {
            let mut digits = [0; 2];
            // Two digits always have room for one byte.
            let _ = hex::encode_to_slice([byte], &mut digits);
            json.extend_from_slice(b"\\u00");
            json.extend_from_slice(&digits);
        } else {
            json.push(byte);
        }
    }
    json.push(b'"');
}
