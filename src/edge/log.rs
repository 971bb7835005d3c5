//! One wide JSON line for each stage, with codes and ids only: never a secret, a VIN, a position,
//! a user or a body.

use crate::edge::object::text;
use crate::json::Value;
use worker::console_log;

/// Writes a log line; `fields` is an object.
pub fn line(stage: &str, mut fields: Value) {
    fields.set("stage", stage);
    console_log!("{}", text(&fields));
}
