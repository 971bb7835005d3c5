//! Rows of a lane's database.

use crate::edge::decode::from_json;
use js_sys::{Array, JSON};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use worker::{Result, SqlStorage, SqlStorageValue, worker_sys};

/// All rows that a statement gives.
///
/// They come over as one JSON text. To ask JavaScript for each column of each row takes longer, and
/// the reader that this needs would be in the Worker for nothing else.
pub fn rows<T: DeserializeOwned>(
    sql: &SqlStorage,
    statement: &str,
    values: Vec<SqlStorageValue>,
) -> Result<Vec<T>> {
    let bindings: Array = values.into_iter().map(JsValue::from).collect();
    let sql: &worker_sys::SqlStorage = sql.as_ref().unchecked_ref();
    let rows = sql.exec(statement, bindings)?.to_array();
    from_json(&String::from(JSON::stringify(&rows)?))
}
