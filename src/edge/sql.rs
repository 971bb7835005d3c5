//! The database of a lane: <https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/>.

use crate::edge::decode::{from_value, parse};
use crate::edge::error::Result;
use crate::json::{FromJson, Value};
use js_sys::{Array, JSON};
use wasm_bindgen::{JsCast, JsValue};
use worker::{SqlStorage, worker_sys};

/// A value in place of a `?`, as the platform takes it.
pub struct Bound(JsValue);

/// Runs a statement, and answers with how many rows it wrote, those of indexes among them.
pub fn run(sql: &SqlStorage, statement: &str, bindings: Vec<Bound>) -> Result<f64> {
    Ok(exec(sql, statement, bindings)?.rows_written())
}

/// All rows that a statement gives, as objects.
///
/// They come over as one JSON text. To ask JavaScript for each column of each row takes longer, and
/// the reader that this needs would be in the Worker for nothing else.
pub fn values(sql: &SqlStorage, statement: &str, bindings: Vec<Bound>) -> Result<Vec<Value>> {
    let rows = exec(sql, statement, bindings)?.to_array();
    Ok(parse(&String::from(JSON::stringify(&rows)?))?.into_elements())
}

/// The same, each row as one of these.
pub fn rows<T: FromJson>(
    sql: &SqlStorage,
    statement: &str,
    bindings: Vec<Bound>,
) -> Result<Vec<T>> {
    from_value(Value::Array(values(sql, statement, bindings)?))
}

fn exec(
    sql: &SqlStorage,
    statement: &str,
    bindings: Vec<Bound>,
) -> Result<worker_sys::SqlStorageCursor> {
    let sql: &worker_sys::SqlStorage = sql.as_ref().unchecked_ref();
    let bindings: Array = bindings.into_iter().map(|Bound(value)| value).collect();
    Ok(sql.exec(statement, bindings)?)
}

impl From<&str> for Bound {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Bound {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<i64> for Bound {
    #[allow(
        clippy::cast_precision_loss,
        reason = "numbers of events are the largest, and are below 2^53 until the year 2255"
    )]
    fn from(number: i64) -> Self {
        Self((number as f64).into())
    }
}

impl<T: Into<Self>> From<Option<T>> for Bound {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self(JsValue::NULL), Into::into)
    }
}
