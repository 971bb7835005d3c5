//! Workers KV: <https://developers.cloudflare.com/kv/api/>.
//!
//! The calls of the `worker` crate bring a second reader and writer of JavaScript values into the
//! Worker; these hand options and lists over as JSON.

use crate::edge::decode::from_json;
use js_sys::futures::JsFuture;
use js_sys::{JSON, Promise, Reflect};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::{Env, Result};

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

/// What is stored with a value.
#[derive(Serialize)]
pub struct PutOptions<M> {
    /// What a list shows of the key.
    pub metadata: M,
    /// After how many seconds the key is gone, unless it stays.
    #[serde(rename = "expirationTtl", skip_serializing_if = "Option::is_none")]
    pub expiration_ttl: Option<u64>,
}

/// Which keys are listed.
#[derive(Serialize)]
pub struct ListOptions {
    /// How the keys begin.
    pub prefix: String,
    /// How many are wanted at most.
    pub limit: u64,
    /// Where the page begins, unless it is the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One page of keys.
#[derive(Deserialize)]
pub struct Listing<M> {
    /// The keys.
    pub keys: Vec<Key<M>>,
    /// Whether this is the last page.
    pub list_complete: bool,
    /// Where the next page begins.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// One key of a list.
#[derive(Deserialize)]
pub struct Key<M> {
    /// What was stored with it.
    #[serde(default = "Option::default")]
    pub metadata: Option<M>,
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

    /// Stores a text under a key.
    pub async fn store<M: Serialize>(
        &self,
        key: &str,
        text: &str,
        options: &PutOptions<M>,
    ) -> Result<()> {
        JsFuture::from(self.put(key, text, &object(options)?)?).await?;
        Ok(())
    }

    /// Removes a key.
    pub async fn remove(&self, key: &str) -> Result<()> {
        JsFuture::from(self.delete(key)?).await?;
        Ok(())
    }

    /// One page of keys.
    pub async fn page<M: for<'de> Deserialize<'de>>(
        &self,
        options: &ListOptions,
    ) -> Result<Listing<M>> {
        let page = JsFuture::from(self.list(&object(options)?)?).await?;
        from_json(&String::from(JSON::stringify(&page)?))
    }
}

fn object(options: &impl Serialize) -> Result<JsValue> {
    Ok(JSON::parse(&serde_json::to_string(options)?)?)
}
