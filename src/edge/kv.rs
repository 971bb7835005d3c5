//! Workers KV: <https://developers.cloudflare.com/kv/api/>.
//!
//! The calls of the `worker` crate bring a second reader and writer of JavaScript values into the
//! Worker; these hand options and lists over as JSON.

use crate::edge::error::Result;
use crate::edge::object::{object, text};
use crate::json::Value;
use js_sys::{JSON, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::Env;

#[wasm_bindgen]
extern "C" {
    /// A KV namespace.
    #[derive(Clone)]
    pub type Namespace;

    /// The text that is stored under a key, or nothing.
    #[wasm_bindgen(method, catch)]
    pub fn get(this: &Namespace, key: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn put(this: &Namespace, key: &str, value: &str, options: &JsValue)
    -> Result<Promise, JsValue>;

    /// Removes a key.
    #[wasm_bindgen(method, catch)]
    pub fn delete(this: &Namespace, key: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn list(this: &Namespace, options: &JsValue) -> Result<Promise, JsValue>;
}

/// One page of keys.
pub struct Listing {
    /// What was stored with each key.
    pub metadata: Vec<Value>,
    /// Where the next page begins, unless this is the last one.
    pub cursor: Option<String>,
}

impl Namespace {
    /// The namespace of this binding, or `None` where there is none.
    pub fn bound(env: &Env, name: &str) -> Option<Self> {
        let namespace = Reflect::get(env, &name.into()).ok()?;
        namespace.is_object().then(|| namespace.unchecked_into())
    }

    /// Stores a text under a key, with what a list shows of it, and after how many seconds it is gone,
    /// unless it stays.
    pub fn store(
        &self,
        key: &str,
        text: &str,
        metadata: Value,
        expires_in: Option<u64>,
    ) -> Result<Promise, JsValue> {
        let mut options = object!({ "metadata": metadata });
        if let Some(seconds) = expires_in {
            options.set("expirationTtl", seconds);
        }
        self.put(key, text, &passed(&options)?)
    }

    /// One page of the keys that begin with `prefix`, from `cursor` on, for [`Listing::read`].
    pub fn page(
        &self,
        prefix: &str,
        limit: u32,
        cursor: Option<String>,
    ) -> Result<Promise, JsValue> {
        let mut options = object!({ "prefix": prefix, "limit": limit });
        if let Some(cursor) = cursor {
            options.set("cursor", cursor);
        }
        self.list(&passed(&options)?)
    }
}

impl Listing {
    /// Reads a page; `None` when it is none.
    pub fn read(page: &JsValue) -> Option<Self> {
        let page = String::from(JSON::stringify(page).ok()?);
        let mut page = Value::parse(page.as_bytes())?;
        let is_last = page.get("list_complete").and_then(Value::as_bool);
        let cursor = page.get("cursor").and_then(Value::as_str);
        Some(Self {
            cursor: cursor.filter(|_| is_last != Some(true)).map(str::to_owned),
            metadata: page
                .remove("keys")
                .into_elements()
                .into_iter()
                .map(|mut key| key.remove("metadata"))
                .collect(),
        })
    }
}

fn passed(options: &Value) -> Result<JsValue, JsValue> {
    JSON::parse(&text(options))
}
