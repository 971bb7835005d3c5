//! Mappings in Workers KV: one key for each vehicle, and one for each user and vehicle.
//!
//! Two callbacks for one user never write the same key, and lists are read from the keys' metadata
//! alone. KV may lag by a minute, so that a mapping that is not there yet is no error.

use crate::edge::cartrack::now;
use crate::edge::decode::from_json;
use crate::edge::kv::{Listing, Namespace};
use crate::edge::object::{object, text};
use crate::edge::wait::within;
use crate::fault::Fault;
use crate::json::{FromJson, Value};
use crate::mapping::{Mapping, Mappings, Vin};
use crate::timestamp::UtcMillis;
use js_sys::Promise;
use js_sys::futures::JsFuture;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsValue;
use worker::{Delay, Env};

/// The mappings of this installation.
#[derive(Clone)]
pub struct KvMappings {
    kv: Namespace,
}

/// What is stored under a key, and what its metadata shows.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the vehicle.
    pub vehicle: String,
    /// What is known of the vehicle.
    pub mapping: Mapping,
    /// When the vehicle was disconnected. A later payload does not bring its mapping back; a new
    /// connection does.
    pub removed_at: Option<UtcMillis>,
    /// When the VIN was looked up at the provider's API, where it was learned so.
    pub looked_up_at: Option<UtcMillis>,
}

impl Stored {
    /// What is stored of a vehicle that is mapped.
    pub fn new(provider: &str, vehicle: &str, mapping: Mapping) -> Self {
        Self {
            provider: provider.to_owned(),
            vehicle: vehicle.to_owned(),
            mapping,
            removed_at: None,
            looked_up_at: None,
        }
    }
}

impl From<&Stored> for Value {
    fn from(stored: &Stored) -> Self {
        let (provider, vehicle) = (stored.provider.as_str(), stored.vehicle.as_str());
        let mut value = object!({ "provider": provider, "vehicle": vehicle });
        stored.mapping.show_in(&mut value);
        value.set_known("removed_at", stored.removed_at);
        value.set_known("looked_up_at", stored.looked_up_at);
        value
    }
}

impl Mapping {
    /// Puts what is known into an object.
    pub(crate) fn show_in(&self, object: &mut Value) {
        object.set_known("vin", self.vin.as_ref().map(Vin::as_str));
        object.set_known("user", self.user.as_deref());
        object.set_known("make", self.make.as_deref());
        object.set_known("model", self.model.as_deref());
        object.set_known("year", self.year);
        object.set_known("registration", self.registration.as_deref());
    }
}

impl FromJson for Stored {
    fn from_value(mut stored: Value) -> Option<Self> {
        Some(Self {
            provider: stored.take("provider")?,
            vehicle: stored.take("vehicle")?,
            removed_at: stored.take("removed_at")?,
            looked_up_at: stored.take("looked_up_at")?,
            mapping: Mapping::from_value(stored)?,
        })
    }
}

/// One page of a list.
pub struct Page {
    /// The mappings, as they are stored.
    pub mappings: Vec<Value>,
    /// Where the next page begins, unless this is the last.
    pub cursor: Option<String>,
}

impl KvMappings {
    /// The mappings in the binding `MAPPINGS`.
    pub fn of(env: &Env) -> Result<Self, Fault> {
        let kv = Namespace::bound(env, "MAPPINGS").ok_or(UNAVAILABLE)?;
        Ok(Self { kv })
    }

    /// What is stored of a vehicle; `None` also when it was disconnected.
    pub async fn find(&self, provider: &str, vehicle: &str) -> Result<Option<Stored>, Fault> {
        let stored = self.stored(provider, vehicle).await?;
        Ok(stored.filter(|stored| stored.removed_at.is_none()))
    }

    async fn stored(&self, provider: &str, vehicle: &str) -> Result<Option<Stored>, Fault> {
        let text = in_time(self.kv.get(&vehicle_key(provider, vehicle))).await?;
        Ok(text.as_string().and_then(|text| from_json(&text).ok()))
    }

    /// Stores a mapping in place of the one that was there; whether there was one.
    pub fn put(
        &self,
        provider: &str,
        vehicle: &str,
        mapping: Mapping,
    ) -> impl Future<Output = Result<bool, Fault>> {
        let stored = Stored::new(provider, vehicle, mapping);
        self.replace(provider, vehicle, Some(stored))
    }

    /// Removes a mapping by hand; whether there was one.
    pub fn remove(
        &self,
        provider: &str,
        vehicle: &str,
    ) -> impl Future<Output = Result<bool, Fault>> {
        self.replace(provider, vehicle, None)
    }

    /// Removes a mapping because the vehicle was disconnected; whether there was one.
    pub fn disconnect(
        &self,
        provider: &str,
        vehicle: &str,
    ) -> impl Future<Output = Result<bool, Fault>> {
        let removed = Stored {
            removed_at: Some(now()),
            ..Stored::new(provider, vehicle, Mapping::default())
        };
        self.replace(provider, vehicle, Some(removed))
    }

    async fn replace(
        &self,
        provider: &str,
        vehicle: &str,
        stored: Option<Stored>,
    ) -> Result<bool, Fault> {
        let before = self.find(provider, vehicle).await?;
        let was_there = before.is_some();
        let before = before.and_then(|before| before.mapping.user);
        let user = stored.as_ref().and_then(|new| new.mapping.user.as_deref());
        if let Some(before) = before.filter(|before| Some(before.as_str()) != user) {
            self.delete(&user_key(provider, &before, vehicle)).await?;
        }
        let key = vehicle_key(provider, vehicle);
        if let Some(stored) = &stored {
            if let Some(user) = user {
                self.write(&user_key(provider, user, vehicle), stored)
                    .await?;
            }
            self.write(&key, stored).await?;
        } else {
            self.delete(&key).await?;
        }
        Ok(was_there)
    }

    /// Stores what is new about a vehicle beside what is known, and answers with the whole.
    pub async fn upsert(
        &self,
        provider: &str,
        vehicle: &str,
        news: Mapping,
    ) -> Result<Mapping, Fault> {
        let known = self.find(provider, vehicle).await?;
        let known = known.map(|known| known.mapping);
        let mapping = known.clone().unwrap_or_default().updated_by(news);
        // KV takes one write a second for a key, and providers repeat themselves.
        if known.as_ref() != Some(&mapping) {
            self.put(provider, vehicle, mapping.clone()).await?;
        }
        Ok(mapping)
    }

    /// Removes everything about a user and names the vehicles that were theirs.
    pub async fn forget(&self, provider: &str, user: &str) -> Result<Vec<String>, Fault> {
        let mut vehicles = Vec::new();
        loop {
            // What is deleted drops out, so that the first page is always the next one.
            let page = self
                .list(Some(provider), Some(user), None, 100, None)
                .await?;
            if page.mappings.is_empty() {
                return Ok(vehicles);
            }
            for vehicle in page.mappings.iter().filter_map(vehicle_of) {
                self.delete(&vehicle_key(provider, vehicle)).await?;
                self.delete(&user_key(provider, user, vehicle)).await?;
                if vehicles.iter().any(|known| known == vehicle) {
                    // A list that lags behind its deletions has been seen to the end.
                    return Ok(vehicles);
                }
                vehicles.push(vehicle.to_owned());
            }
        }
    }

    /// Removes what is stored under a vehicle's id alone.
    pub fn forget_vehicle(
        &self,
        provider: &str,
        vehicle: &str,
    ) -> impl Future<Output = Result<JsValue, Fault>> + use<> {
        self.delete(&vehicle_key(provider, vehicle))
    }

    /// One page of mappings, of a provider or of one of its users, whose vehicle's id begins so.
    pub async fn list(
        &self,
        provider: Option<&str>,
        user: Option<&str>,
        begins: Option<&str>,
        limit: u32,
        cursor: Option<String>,
    ) -> Result<Page, Fault> {
        let begins = begins.map(encode).unwrap_or_default();
        let prefix = match (provider, user) {
            (Some(provider), Some(user)) => format!("user:{provider}:{}:{begins}", encode(user)),
            (Some(provider), None) => format!("vehicle:{provider}:{begins}"),
            (None, _) => "vehicle:".to_owned(),
        };
        let listing = in_time(self.kv.page(&prefix, limit, cursor)).await?;
        let listing = Listing::read(&listing).ok_or(UNAVAILABLE)?;
        let mut mappings = listing.metadata;
        mappings
            .retain(|stored| vehicle_of(stored).is_some() && stored.get("removed_at").is_none());
        Ok(Page {
            mappings,
            cursor: listing.cursor,
        })
    }

    fn write(
        &self,
        key: &str,
        stored: &Stored,
    ) -> impl Future<Output = Result<JsValue, Fault>> + use<> {
        let whole = Value::from(stored);
        let written = text(&whole);
        let mut shown = whole;
        // Metadata has 1,024 bytes; the names of make and model give way.
        if written.len() > 1000 {
            for name in ["make", "model", "year", "registration"] {
                let _ = shown.remove(name);
            }
        }
        let expires_in = stored.removed_at.map(|_| TOMBSTONE_SECONDS);
        in_time(self.kv.store(key, &written, shown, expires_in))
    }

    fn delete(&self, key: &str) -> impl Future<Output = Result<JsValue, Fault>> + use<> {
        in_time(self.kv.delete(key))
    }
}

/// Mappings as a lane sees them: remembered for a minute, so that a busy vehicle costs one read a
/// minute.
#[derive(Clone)]
pub struct RememberedMappings {
    kv: KvMappings,
    known: Rc<RefCell<HashMap<String, Box<Remembered>>>>,
}

#[derive(Clone)]
struct Remembered {
    mapping: Option<Mapping>,
    until: UtcMillis,
}

impl RememberedMappings {
    /// An empty memory in front of `kv`.
    pub fn new(kv: KvMappings) -> Self {
        Self {
            kv,
            known: Rc::default(),
        }
    }

    /// What is remembered of a vehicle, and still to be trusted.
    fn remembered(&self, provider: &str, vehicle: &str) -> Option<Remembered> {
        let known = self.known.borrow();
        let remembered = known.get(&known_by(provider, vehicle))?;
        (remembered.until > now()).then(|| Remembered::clone(remembered))
    }

    /// Replaces what is remembered of a vehicle.
    pub fn remember(&self, provider: &str, vehicle: &str, mapping: Option<Mapping>) {
        let mut known = self.known.borrow_mut();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let until = now().plus_millis(REMEMBERED_FOR);
        let remembered = Box::new(Remembered { mapping, until });
        known.insert(known_by(provider, vehicle), remembered);
    }
}

impl RememberedMappings {
    /// Keeps the VIN that the provider's API told, for a vehicle that had none.
    pub async fn learn_looked_up(
        &self,
        provider: &str,
        vehicle: &str,
        mapping: Mapping,
    ) -> Result<(), Fault> {
        self.keep(provider, vehicle, mapping, Some(now())).await
    }

    async fn keep(
        &self,
        provider: &str,
        vehicle: &str,
        mapping: Mapping,
        looked_up_at: Option<UtcMillis>,
    ) -> Result<(), Fault> {
        self.remember(provider, vehicle, Some(mapping.clone()));
        // Neither a newer mapping nor a disconnection is overwritten by what a provider says.
        match self.kv.stored(provider, vehicle).await? {
            Some(stored) if stored.removed_at.is_some() || stored.mapping.vin.is_some() => Ok(()),
            _ => {
                let stored = Stored {
                    looked_up_at,
                    ..Stored::new(provider, vehicle, mapping)
                };
                self.kv.replace(provider, vehicle, Some(stored)).await?;
                Ok(())
            }
        }
    }
}

impl Mappings for RememberedMappings {
    async fn lookup(&self, provider: &str, vehicle: &str) -> Result<Option<Mapping>, Fault> {
        if let Some(remembered) = self.remembered(provider, vehicle) {
            return Ok(remembered.mapping);
        }
        let mapping = self.kv.find(provider, vehicle).await?;
        let mapping = mapping.map(|stored| stored.mapping);
        // What was learned while KV was asked is newer than its answer.
        if let Some(learned) = self.remembered(provider, vehicle) {
            return Ok(learned.mapping);
        }
        self.remember(provider, vehicle, mapping.clone());
        Ok(mapping)
    }

    async fn learn(&self, provider: &str, vehicle: &str, mapping: Mapping) -> Result<(), Fault> {
        self.keep(provider, vehicle, mapping, None).await
    }
}

/// Waits for KV, but not for longer than a provider would wait for us.
async fn in_time(answer: Result<Promise, JsValue>) -> Result<JsValue, Fault> {
    let answer = answer.map_err(|_| UNAVAILABLE)?;
    #[cfg(feature = "faults")]
    let answer = crate::edge::faults::around_kv(answer);
    let mut limit = Delay::from(Duration::from_secs(4));
    let answer = within(JsFuture::from(answer), &mut limit).await;
    answer.map_err(|_| UNAVAILABLE)
}

/// A vehicle among those that are remembered.
fn known_by(provider: &str, vehicle: &str) -> String {
    format!("{provider}|{vehicle}")
}

fn vehicle_of(stored: &Value) -> Option<&str> {
    stored.get("vehicle")?.as_str()
}

fn vehicle_key(provider: &str, vehicle: &str) -> String {
    format!("vehicle:{provider}:{}", encode(vehicle))
}

fn user_key(provider: &str, user: &str, vehicle: &str) -> String {
    format!("user:{provider}:{}:{}", encode(user), encode(vehicle))
}

/// An id as a part of a key: percent-encoded, without colons, and short enough for KV's 512 bytes. `~`
/// marks a hashed id.
fn encode(id: &str) -> String {
    let mut encoded = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&hex::encode_upper([byte]));
        }
    }
    if encoded.len() <= 200 {
        encoded
    } else {
        format!("~{}", hex::encode(Sha256::digest(id)))
    }
}

const UNAVAILABLE: Fault = Fault::Storage("mappings");

/// How long a disconnection is remembered: 30 days.
const TOMBSTONE_SECONDS: u64 = 30 * 86_400;

/// How many vehicles a lane remembers.
const REMEMBERED: usize = 10_000;

/// How long a lane trusts what it remembers, in milliseconds.
const REMEMBERED_FOR: i64 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_of_a_vehicle_reads_back() {
        let bare = Stored {
            provider: "p".into(),
            vehicle: "v".into(),
            mapping: Mapping::default(),
            removed_at: None,
            looked_up_at: None,
        };
        let whole = Stored {
            mapping: Mapping {
                vin: Vin::parse("5YJ3E7EB1LF000001"),
                user: Some("u".into()),
                make: Some("m".into()),
                model: Some("o".into()),
                year: Some(2020),
                registration: Some("r".into()),
            },
            removed_at: Some(UtcMillis::from_millis(1)),
            looked_up_at: Some(UtcMillis::from_millis(2)),
            ..bare.clone()
        };
        for stored in [bare, whole] {
            let value = Value::from(&stored);
            let read = Stored::from_value(value.clone());
            assert_eq!(read.as_ref().map(Value::from), Some(value));
        }
    }
}
