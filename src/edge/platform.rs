//! What the core asks of the platform in the middle of its work, where that is JavaScript at the edge.

use crate::number;
use js_sys::Number;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{Result, Write};
use wasm_bindgen::JsValue;

/// Reads a number of JSON's form. One that is too large is infinite.
pub fn read_f64(text: &str) -> f64 {
    JsValue::from_str(text).unchecked_into_f64()
}

/// Writes a finite number as the shortest text in JSON's form that reads back as it.
pub fn write_f64(number: f64) -> Vec<u8> {
    let text = Number::from(number).to_string_with_radix(10);
    text.map(String::from).unwrap_or_default().into_bytes()
}

/// Writes a value that JSON lacks nothing for.
pub fn to_json(value: &(impl Serialize + ?Sized)) -> String {
    let mut text = Vec::with_capacity(128);
    let written = value.serialize(&mut Serializer::with_formatter(&mut text, Compact));
    whole(text, written.is_ok())
}

fn whole(text: Vec<u8>, is_written: bool) -> String {
    let text = String::from_utf8(text).ok();
    text.filter(|_| is_written).unwrap_or_default()
}

/// Numbers without `serde_json`'s own way of writing them, and no white space.
struct Compact;

impl Formatter for Compact {
    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, number: f64) -> Result<()> {
        writer.write_all(&number::written(number))
    }
}
