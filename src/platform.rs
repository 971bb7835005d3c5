//! What the core asks of the platform in the middle of its work. This is the standard library's part; in
//! wasm a file of the Worker or of the package stands in its place.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// Reads a number of JSON's form. One that is too large is infinite.
pub fn read_f64(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// Writes a finite number as the shortest text in JSON's form that reads back as it.
pub fn write_f64(number: f64) -> Vec<u8> {
    format!("{number:?}").into_bytes()
}

/// Writes a value that JSON lacks nothing for.
pub fn to_json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
