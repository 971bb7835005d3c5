//! Reading the Worker's own JSON: messages between its parts, rows, and what is stored as text.
//!
//! Whoever wrote the text was this program, so that no error needs words.

use crate::edge::error::{Error, Result};
use crate::json::{FromJson, Value};

/// Reads a value of any type.
pub fn from_json<T: FromJson>(text: &str) -> Result<T> {
    from_value(parse(text)?)
}

/// The same of what was read before.
pub fn from_value<T: FromJson>(value: Value) -> Result<T> {
    T::from_value(value).ok_or_else(unlike)
}

/// Reads a text.
pub fn parse(text: &str) -> Result<Value> {
    Value::parse(text.as_bytes()).ok_or_else(unlike)
}

fn unlike() -> Error {
    Error::new("the text is not JSON of this form")
}
