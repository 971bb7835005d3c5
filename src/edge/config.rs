//! What the installation sets: secrets and variables of the Worker.

use crate::cartrack::{INGEST_PATH, Region};
use crate::fault::Fault;
use crate::provider::Provider;
use crate::receive::Limits;
use crate::secret::{BearerRing, KeyFormat, Keyring, Secret};
use js_sys::{Number, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Url;
use worker::Env;

/// The value of a variable or a secret, unless it is empty. A number counts as its digits.
pub fn text(env: &Env, name: &'static str) -> Option<String> {
    with_known(env, |known| {
        if let Some((_, value)) = known.texts.iter().find(|(known, _)| *known == name) {
            return value.clone();
        }
        let value = read(env, name);
        known.texts.push((name, value.clone()));
        value
    })
}

fn read(env: &Env, name: &str) -> Option<String> {
    let value = Reflect::get(env, &name.into()).ok()?;
    let digits = || value.dyn_ref::<Number>()?.to_string_with_radix(10).ok();
    let value = value.as_string().or_else(|| digits().map(String::from))?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// What has been read of the settings, so that no delivery reads them again. They never change in
/// the life of an isolate; should they all the same come as another object, they are read anew.
#[derive(Default)]
struct Known {
    env: Option<JsValue>,
    texts: Vec<(&'static str, Option<String>)>,
    keyrings: Vec<(&'static str, Result<Rc<Keyring>, Fault>)>,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

fn with_known<T>(env: &Env, look: impl FnOnce(&mut Known) -> T) -> T {
    KNOWN.with_borrow_mut(|known| {
        let env: &JsValue = env.as_ref();
        if known.env.as_ref() != Some(env) {
            *known = Known {
                env: Some(env.clone()),
                ..Known::default()
            };
        }
        look(known)
    })
}

/// The keyring of a provider.
pub fn keyring(env: &Env, provider: &dyn Provider) -> Result<Rc<Keyring>, Fault> {
    let name = provider.name();
    let known = with_known(env, |known| {
        let mut keyrings = known.keyrings.iter();
        let found = keyrings.find(|(known, _)| *known == name);
        found.map(|(_, keyring)| keyring.clone())
    });
    known.unwrap_or_else(|| {
        let keyring = read_keyring(env, provider).map(Rc::new);
        with_known(env, |known| known.keyrings.push((name, keyring.clone())));
        keyring
    })
}

fn read_keyring(env: &Env, provider: &dyn Provider) -> Result<Keyring, Fault> {
    let format = match provider.encoding_name() {
        None => provider.key_format(),
        Some(name) => match text(env, name).as_deref() {
            None => provider.key_format(),
            Some("hex") => KeyFormat::Hex,
            Some("utf8") => KeyFormat::Utf8,
            Some(_) => return Err(Fault::NotConfigured(name)),
        },
    };
    let name = provider.secret_name();
    let list = text(env, name).unwrap_or_default();
    Keyring::from_list(&list, format).map_err(|_| Fault::NotConfigured(name))
}

/// The bearer tokens in a secret.
pub fn bearers(env: &Env, name: &'static str) -> Result<BearerRing, Fault> {
    let list = text(env, name).unwrap_or_default();
    BearerRing::from_list(&list).map_err(|_| Fault::NotConfigured(name))
}

/// The limits of what is accepted.
pub fn limits(env: &Env) -> Limits {
    let hours = number(env, "MAX_EVENT_AGE_HOURS", 0.0, 0.0, 1_000_000.0);
    #[allow(
        clippy::cast_possible_truncation,
        reason = "bounded to a million hours"
    )]
    let millis = (hours * 3_600_000.0) as i64;
    Limits {
        max_age: (millis > 0).then_some(millis),
        ..Limits::default()
    }
}

/// The largest body that is accepted, in bytes.
pub fn max_body_bytes(env: &Env) -> usize {
    whole(env, "MAX_BODY_BYTES", 1_048_576, 1, 64 * 1_048_576)
}

/// How many lanes share the vehicles.
pub fn lanes(env: &Env) -> u16 {
    u16::try_from(whole(env, "LANES", 8, 1, 256)).unwrap_or(8)
}

/// Where lanes must keep their data.
pub fn jurisdiction(env: &Env) -> Result<Option<&'static str>, Fault> {
    match text(env, "JURISDICTION").as_deref() {
        None => Ok(None),
        Some("eu") => Ok(Some("eu")),
        Some("fedramp") => Ok(Some("fedramp")),
        // Guessing would put data where it must not be.
        Some(_) => Err(Fault::Storage("JURISDICTION is neither eu nor fedramp")),
    }
}

/// Near which of the platform's regions lanes should live: the one of Cartrack's endpoint.
pub fn location_hint(env: &Env) -> Option<&'static str> {
    Some(match region(env)? {
        Region::Africa => "afr",
        Region::Asia => "apac",
        Region::Europe => "weur",
    })
}

/// Cartrack's region, where one is set.
pub fn region(env: &Env) -> Option<Region> {
    Region::parse(&text(env, "CARTRACK_REGION")?)
}

/// How Cartrack is reached.
#[derive(Clone, Debug)]
pub struct CartrackAccess {
    /// Where records are posted.
    pub endpoint: String,
    /// What is sent as `X-API-KEY`.
    pub key: Secret,
}

/// How Cartrack is reached, or which setting is missing.
pub fn cartrack(env: &Env) -> Result<CartrackAccess, &'static str> {
    let endpoint = endpoint(env)?;
    let key = Secret::new(text(env, "CARTRACK_API_KEY").ok_or("CARTRACK_API_KEY")?);
    Ok(CartrackAccess { endpoint, key })
}

/// Scheme, host and port of where records go: nothing that a person could have put a secret into.
pub fn cartrack_origin(env: &Env) -> Option<String> {
    let url = Url::new(&endpoint(env).ok()?).ok()?;
    Some(url.origin())
}

fn endpoint(env: &Env) -> Result<String, &'static str> {
    match text(env, "CARTRACK_URL") {
        Some(url) => override_endpoint(&url).ok_or("CARTRACK_URL"),
        None => Ok(region(env).ok_or("CARTRACK_REGION")?.endpoint().to_owned()),
    }
}

/// How Telemax's API is asked.
#[derive(Clone, Debug)]
pub struct TelemaxAccess {
    /// Where the API is, without a slash at its end.
    pub url: String,
    /// What is exchanged for a token.
    pub key: Secret,
    /// The company all of whose vehicles can be asked for at once.
    pub company: Option<String>,
}

/// How Telemax's API is asked, where it is to be; or which setting is unusable.
pub fn telemax(env: &Env) -> Result<Option<TelemaxAccess>, &'static str> {
    let Some(key) = text(env, "TELEMAX_API_KEY") else {
        return Ok(None);
    };
    Ok(Some(TelemaxAccess {
        url: base(env, "TELEMAX_API_URL", "https://api.telemax.com.au")?,
        key: Secret::new(key),
        company: text(env, "TELEMAX_COMPANY_ID"),
    }))
}

/// How Smartcar's API is asked.
#[derive(Clone, Debug)]
pub struct SmartcarAccess {
    /// Where version 3 of the API is, without a slash at its end.
    pub url: String,
    /// Where a token is got.
    pub token_url: String,
    /// The application's id.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: Secret,
}

/// How Smartcar's API is asked, where it is to be; or which setting is unusable.
pub fn smartcar(env: &Env) -> Result<Option<SmartcarAccess>, &'static str> {
    let (id, secret) = (
        text(env, "SMARTCAR_CLIENT_ID"),
        text(env, "SMARTCAR_CLIENT_SECRET"),
    );
    let (client_id, secret) = match (id, secret) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err("SMARTCAR_CLIENT_ID"),
        (Some(_), None) => return Err("SMARTCAR_CLIENT_SECRET"),
        (Some(id), Some(secret)) => (id, secret),
    };
    let token_url = "https://iam.smartcar.com/oauth2/token";
    Ok(Some(SmartcarAccess {
        url: base(
            env,
            "SMARTCAR_API_URL",
            "https://vehicle.api.smartcar.com/v3",
        )?,
        token_url: base(env, "SMARTCAR_TOKEN_URL", token_url)?,
        client_id,
        client_secret: Secret::new(secret),
    }))
}

/// How far a sample may lie from an alert, in milliseconds; a record takes five minutes at most.
pub fn telemax_window(env: &Env) -> i64 {
    seconds(env, "TELEMAX_WINDOW_SECONDS", 60.0, 300.0)
}

/// How long an event that could be sent waits for a look-up, in milliseconds.
pub fn lookup_delay(env: &Env) -> i64 {
    seconds(env, "LOOKUP_DELAY_SECONDS", 5.0, 60.0)
}

/// The endpoint in place of a region's. One without a path gets the usual one.
fn override_endpoint(text: &str) -> Option<String> {
    let url = safe_url(text)?;
    if url.pathname() == "/" {
        url.set_pathname(INGEST_PATH);
    }
    Some(url.href())
}

/// An address of an API, without a slash at its end.
fn base(env: &Env, name: &'static str, default: &str) -> Result<String, &'static str> {
    let url = text(env, name).unwrap_or_else(|| default.to_owned());
    let url = safe_url(&url).ok_or(name)?;
    Ok(url.href().trim_end_matches('/').to_owned())
}

/// https, or http on this machine only, so that a key never crosses a network in the clear.
fn safe_url(text: &str) -> Option<Url> {
    let url = Url::new(text).ok()?;
    let host = url.hostname();
    // A name that merely begins like an address is none.
    let is_address = host
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let loopback =
        host == "localhost" || host == "[::1]" || (host.starts_with("127.") && is_address);
    (url.protocol() == "https:" || (url.protocol() == "http:" && loopback)).then_some(url)
}

#[allow(clippy::cast_possible_truncation, reason = "minutes at most")]
fn seconds(env: &Env, name: &'static str, default: f64, most: f64) -> i64 {
    (number(env, name, default, 0.0, most) * 1000.0) as i64
}

fn number(env: &Env, name: &'static str, default: f64, least: f64, most: f64) -> f64 {
    let value = text(env, name).map(|value| JsValue::from(value).unchecked_into_f64());
    value
        .filter(|value| (least..=most).contains(value))
        .unwrap_or(default)
}

fn whole(env: &Env, name: &'static str, default: usize, least: usize, most: usize) -> usize {
    let value = text(env, name).and_then(|value| value.parse().ok());
    value
        .filter(|value| (least..=most).contains(value))
        .unwrap_or(default)
}
