//! One wide JSON line for each stage, with codes and ids only: never a secret, a VIN, a position,
//! a user or a body.

use serde_json::Value;
use worker::console_log;

/// Writes a log line; `fields` is an object.
pub fn line(stage: &str, mut fields: Value) {
    if let Some(object) = fields.as_object_mut() {
        object.insert("stage".to_owned(), stage.into());
    }
    console_log!("{fields}");
}
