//! Workers KV: <https://developers.cloudflare.com/kv/api/>.
//!
//! The calls of the `worker` crate bring a second reader and writer of JavaScript values into the
//! Worker; these hand options and lists over as JSON.

use crate::edge::decode::parse;
use crate::edge::error::Result;
use crate::edge::object::{object, text};
use crate::json::Value;
use js_sys::futures::JsFuture;
use js_sys::{JSON, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::Env;

#[wasm_bindgen]
extern "C" {
    /// A KV namespace.
    #[derive(Clone)]
    pub type Namespace;

    #[wasm_bindgen(method, catch)]
    fn get(this: &Namespace, key: &str) -> std::result::Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn put(
        this: &Namespace,
        key: &str,
        value: &str,
        options: &JsValue,
    ) -> std::result::Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn delete(this: &Namespace, key: &str) -> std::result::Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn list(this: &Namespace, options: &JsValue) -> std::result::Result<Promise, JsValue>;
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

    /// The text that is stored under a key.
    pub async fn text(&self, key: &str) -> Result<Option<String>> {
        Ok(JsFuture::from(self.get(key)?).await?.as_string())
    }

    /// Stores a text under a key, with what a list shows of it, and after how many seconds it is gone,
    /// unless it stays.
    pub async fn store(
        &self,
        key: &str,
        text: &str,
        metadata: Value,
        expires_in: Option<u64>,
    ) -> Result<()> {
        let mut options = object!({ "metadata": metadata });
        if let Some(seconds) = expires_in {
            options.set("expirationTtl", seconds);
        }
        JsFuture::from(self.put(key, text, &passed(&options)?)?).await?;
        Ok(())
    }

    /// Removes a key.
    pub async fn remove(&self, key: &str) -> Result<()> {
        JsFuture::from(self.delete(key)?).await?;
        Ok(())
    }

    /// One page of the keys that begin with `prefix`, from `cursor` on.
    pub async fn page(&self, prefix: &str, limit: u32, cursor: Option<String>) -> Result<Listing> {
        let mut options = object!({ "prefix": prefix, "limit": limit });
        if let Some(cursor) = cursor {
            options.set("cursor", cursor);
        }
        let page = JsFuture::from(self.list(&passed(&options)?)?).await?;
        let mut page = parse(&String::from(JSON::stringify(&page)?))?;
        let is_last = page.get("list_complete").and_then(Value::as_bool);
        let cursor = page.get("cursor").and_then(Value::as_str);
        Ok(Listing {
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

fn passed(options: &Value) -> Result<JsValue> {
    Ok(JSON::parse(&text(options))?)
}
