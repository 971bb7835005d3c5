//! What a case is: one delivery, the gateway that it meets, and what has to come of it.
//!
//! `tests/providers/README.md` describes the form of the files.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use weighbridge::fault::Fault;
use weighbridge::inbound::Inbound;
use weighbridge::provider::telematica::Telematica;
use weighbridge::provider::{self, Provider, Reading};
use weighbridge::receive::{self, CallbackProof, Limits, Received};
use weighbridge::rejection::Rejection;
use weighbridge::secret::{BearerRing, KeyFormat, Keyring};
use weighbridge::signature;
use weighbridge::timestamp::UtcMillis;

/// One folder below `tests/providers`.
pub struct Case {
    /// The folder, as in `smartcar/mode-test`.
    pub name: String,
    pub source: String,
    pub about: String,
    pub hook: Hook,
    pub config: Config,
    pub delivery: Delivery,
    /// VINs that are known beforehand, by the provider's vehicle id.
    pub known: BTreeMap<String, String>,
    pub expected: Value,
}

impl Case {
    /// Every case of one provider, in the order of their names.
    pub fn all_of(provider: &str) -> Vec<Self> {
        let folder = tests_folder().join("providers").join(provider);
        let mut folders: Vec<PathBuf> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        folders.sort();
        folders
            .iter()
            .map(|path| Self::load(provider, path))
            .collect()
    }

    fn load(provider: &str, folder: &Path) -> Self {
        let name = format!("{provider}/{}", folder.file_name().unwrap().display());
        let read = |file: &str| {
            fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{name}/{file}: {error}"))
        };
        let json = |file: &str| -> Value {
            serde_json::from_slice(&read(file))
                .unwrap_or_else(|error| panic!("{name}/{file}: {error}"))
        };
        let case = json("case.json");
        let text = |member: &str| {
            let value = case[member].as_str();
            value
                .unwrap_or_else(|| panic!("{name}: case.json has no {member}"))
                .to_owned()
        };
        let texts = |member: &str| -> BTreeMap<String, String> {
            match &case[member] {
                Value::Null => BTreeMap::new(),
                value => serde_json::from_value(value.clone())
                    .unwrap_or_else(|error| panic!("{name}: {member}: {error}")),
            }
        };
        let hook = text("hook");
        Self {
            source: text("source"),
            about: text("about"),
            hook: Hook::named(&hook).unwrap_or_else(|| panic!("{name}: unknown hook {hook}")),
            config: Config(texts("config")),
            delivery: Delivery {
                headers: serde_json::from_value(case["headers"].clone())
                    .unwrap_or_else(|error| panic!("{name}: headers: {error}")),
                body: read("body.bin"),
                now: UtcMillis::from_millis(
                    case["now"]
                        .as_i64()
                        .unwrap_or_else(|| panic!("{name}: now")),
                ),
            },
            known: texts("mappings"),
            expected: json("expected.json"),
            name,
        }
    }

    /// The status of the expected reply.
    pub fn status(&self) -> u64 {
        let status = self.expected["reply"]["status"].as_u64();
        status.unwrap_or_else(|| panic!("{}: expected.json has no status", self.name))
    }

    /// Whether the expected reply answers a challenge.
    pub fn is_challenge(&self) -> bool {
        self.expected["reply"]["body"]["challenge"].is_string()
    }
}

/// The folder that this crate of tests and its data lie in.
pub fn tests_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// Where a delivery is posted to.
#[derive(Clone, Copy)]
pub enum Hook {
    /// Telematica's legacy callback.
    Callback,
    /// A provider's own hook.
    Of(&'static dyn Provider),
}

impl Hook {
    /// The hook at `/hooks/{name}`.
    pub fn named(name: &str) -> Option<Self> {
        if name == "telematica-callback" {
            Some(Self::Callback)
        } else {
            provider::named(name).map(Self::Of)
        }
    }

    /// The provider that speaks at this hook.
    pub fn provider(self) -> &'static dyn Provider {
        match self {
            Self::Callback => &Telematica,
            Self::Of(provider) => provider,
        }
    }
}

/// The names and values that a gateway is configured with.
#[derive(Clone)]
pub struct Config(pub BTreeMap<String, String>);

impl Config {
    /// The value, unless it is empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The same with another value.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut config = self.clone();
        config.0.insert(name.to_owned(), value.to_owned());
        config
    }

    /// The same without this name.
    pub fn without(&self, name: &str) -> Self {
        let mut config = self.clone();
        config.0.remove(name);
        config
    }

    /// How the keys of a provider are read.
    pub fn key_format(&self, provider: &dyn Provider) -> Result<KeyFormat, Fault> {
        let Some(name) = provider.encoding_name() else {
            return Ok(provider.key_format());
        };
        match self.text(name) {
            None => Ok(provider.key_format()),
            Some("hex") => Ok(KeyFormat::Hex),
            Some("utf8") => Ok(KeyFormat::Utf8),
            Some(_) => Err(Fault::NotConfigured(name)),
        }
    }

    fn keyring(&self, provider: &dyn Provider) -> Result<Keyring, Fault> {
        let format = self.key_format(provider)?;
        let name = provider.secret_name();
        Keyring::from_list(self.text(name).unwrap_or_default(), format)
            .map_err(|_| Fault::NotConfigured(name))
    }

    fn tokens(&self) -> Result<BearerRing, Fault> {
        let list = self.text(CALLBACK_TOKEN).unwrap_or_default();
        BearerRing::from_list(list).map_err(|_| Fault::NotConfigured(CALLBACK_TOKEN))
    }

    fn limits(&self) -> Limits {
        let hours: Option<i64> = self
            .text("MAX_EVENT_AGE_HOURS")
            .and_then(|text| text.parse().ok());
        Limits {
            max_age: hours
                .filter(|hours| *hours > 0)
                .map(|hours| hours * 3_600_000),
            ..Limits::default()
        }
    }

    fn max_body_bytes(&self) -> usize {
        let bytes = self
            .text("MAX_BODY_BYTES")
            .and_then(|text| text.parse().ok());
        bytes.unwrap_or(1_048_576)
    }
}

/// The configured bearer tokens of the legacy callback.
pub const CALLBACK_TOKEN: &str = "TELEMATICA_CALLBACK_TOKEN";

/// What comes in at a hook.
#[derive(Clone)]
pub struct Delivery {
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub now: UtcMillis,
}

impl Delivery {
    /// The delivery as the core takes it.
    pub fn inbound(&self) -> Inbound<'_> {
        Inbound {
            headers: self
                .headers
                .iter()
                .map(|(name, value)| (name, value))
                .collect(),
            body: &self.body,
            received_at: self.now,
        }
    }

    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The same without the headers of this name.
    pub fn without(&self, name: &str) -> Self {
        let mut changed = self.clone();
        changed
            .headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        changed
    }

    /// The same with one more header.
    pub fn and(&self, name: &str, value: &str) -> Self {
        let mut changed = self.clone();
        changed.headers.push((name.to_owned(), value.to_owned()));
        changed
    }

    /// The same with this header in place of those of its name.
    pub fn with(&self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// The same with another body.
    pub fn body(&self, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..self.clone()
        }
    }

    /// The same at another time.
    pub fn at(&self, now: UtcMillis) -> Self {
        Self {
            now,
            ..self.clone()
        }
    }
}

/// A small model of the door of the Worker, around the core's own functions.
pub struct Gateway {
    hook: Hook,
    keyring: Result<Keyring, Fault>,
    tokens: Result<BearerRing, Fault>,
    limits: Limits,
    max_body_bytes: usize,
}

/// What a delivery is answered with, before anything is stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A challenge was answered.
    Challenge(String),
    /// The delivery is genuine and says this.
    Read(Reading),
    /// The delivery is refused.
    Refused(u16, &'static str),
}

impl Gateway {
    /// A gateway with one hook.
    pub fn new(hook: Hook, config: &Config) -> Self {
        Self {
            hook,
            keyring: config.keyring(hook.provider()),
            tokens: config.tokens(),
            limits: config.limits(),
            max_body_bytes: config.max_body_bytes(),
        }
    }

    /// Answers a delivery.
    pub fn answer(&self, delivery: &Delivery) -> Answer {
        match self.received(delivery) {
            Ok(Received::Challenge(reply)) => Answer::Challenge(reply.challenge),
            Ok(Received::Reading(reading, _)) => Answer::Read(reading),
            Err(Refusal::Fault(fault)) => Answer::Refused(503, fault.code()),
            Err(Refusal::Rejection(refusal)) => Answer::Refused(refusal.status(), refusal.code()),
        }
    }

    /// The place of the key or token by which a delivery is genuine.
    pub fn key_index(&self, delivery: &Delivery) -> Option<usize> {
        let inbound = delivery.inbound();
        let verified = if self.is_by_token(&inbound) {
            signature::verify_bearer(&inbound, self.tokens.as_ref().ok()?)
        } else {
            let provider = self.hook.provider();
            receive::verify(provider, &inbound, self.keyring.as_ref().ok()?, self.limits)
        };
        Some(verified.ok()?.key_index())
    }

    fn received(&self, delivery: &Delivery) -> Result<Received, Refusal> {
        let inbound = delivery.inbound();
        let fits = || {
            let fits = inbound.body.len() <= self.max_body_bytes;
            fits.then_some(())
                .ok_or(Rejection::BodyTooLarge(self.max_body_bytes))
        };
        if let Hook::Of(provider) = self.hook {
            let keyring = self.keyring.as_ref().map_err(|fault| *fault)?;
            fits()?;
            return Ok(receive::receive(provider, &inbound, keyring, self.limits)?);
        }
        let proof = if self.is_by_token(&inbound) {
            CallbackProof::Bearer(self.tokens.as_ref().map_err(|fault| *fault)?)
        } else {
            CallbackProof::Signature(self.keyring.as_ref().map_err(|fault| *fault)?)
        };
        fits()?;
        let reading = receive::receive_callback(&inbound, proof, self.limits)?;
        Ok(Received::Reading(reading, 0))
    }

    fn is_by_token(&self, inbound: &Inbound<'_>) -> bool {
        let signed = signature::has_standard_webhooks_headers(&inbound.headers);
        matches!(self.hook, Hook::Callback) && !signed
    }
}

enum Refusal {
    Fault(Fault),
    Rejection(Rejection),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejection(rejection)
    }
}
