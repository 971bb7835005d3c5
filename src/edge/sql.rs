//! Rows of a lane's database.

use crate::edge::decode::{from_value, parse};
use crate::edge::error::Result;
use crate::json::{FromJson, Value};
use js_sys::{Array, JSON};
use wasm_bindgen::{JsCast, JsValue};
use worker::{SqlStorage, SqlStorageValue, worker_sys};

/// All rows that a statement gives, as objects.
///
/// They come over as one JSON text. To ask JavaScript for each column of each row takes longer, and
/// the reader that this needs would be in the Worker for nothing else.
pub fn values(
    sql: &SqlStorage,
    statement: &str,
    values: Vec<SqlStorageValue>,
) -> Result<Vec<Value>> {
    let bindings: Array = values.into_iter().map(JsValue::from).collect();
    let sql: &worker_sys::SqlStorage = sql.as_ref().unchecked_ref();
    let rows = sql.exec(statement, bindings)?.to_array();
    Ok(parse(&String::from(JSON::stringify(&rows)?))?.into_elements())
}

/// The same, each row as one of these.
pub fn rows<T: FromJson>(
    sql: &SqlStorage,
    statement: &str,
    bindings: Vec<SqlStorageValue>,
) -> Result<Vec<T>> {
    from_value(Value::Array(values(sql, statement, bindings)?))
}
