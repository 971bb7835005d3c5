//! Telematica: events signed by Svix, and the legacy callback with a bearer token.
//!
//! <https://www.svix.com/event-types/eu/org_2En3rjiZR5murmGVsT38qxnQUdJ> and
//! <https://docs.telematica.so/docs/callback-endpoint>.

use crate::event::{Event, SkipReason, TimeSource, to_km};
use crate::json::Value;
use crate::mapping::{Action, Mapping, MappingChange, Vin};
use crate::payload;
use crate::provider::{Provider, Reading};
use crate::rejection::Rejection;
use crate::secret::KeyFormat;
use crate::signature::{Scheme, Verified, headers_of};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// Telematica's Svix endpoint.
#[derive(Debug)]
pub struct Telematica;

impl Provider for Telematica {
    fn name(&self) -> &'static str {
        NAME
    }

    fn secret_name(&self) -> &'static str {
        "TELEMATICA_SVIX_SECRET"
    }

    fn key_format(&self) -> KeyFormat {
        KeyFormat::StandardWebhooks
    }

    fn scheme(&self) -> Scheme {
        Scheme::StandardWebhooks
    }

    fn headers(&self) -> &'static [&'static str] {
        headers_of(Scheme::StandardWebhooks)
    }

    fn read(&self, verified: &Verified<'_>) -> Result<Reading, Rejection> {
        let body = payload::parse_object(verified.body())?;
        Ok(match payload::text(&body, "/type") {
            Some("user.devices-connected") => connected(verified, &body),
            Some("user.devices-disconnected") => disconnected(&body),
            Some(kind @ ("vehicle.charging-status" | "vehicle.plug-status" | "vehicle.soc")) => {
                Reading::event(vehicle_state(verified, &body, kind))
            }
            Some(kind @ ("vehicle.charging-command" | "charger.charging-command")) => {
                let mut event = start(verified, kind);
                event.vehicle =
                    payload::id(&body, "/vehicleId").or_else(|| payload::id(&body, "/chargerId"));
                Reading::event(event.skipped(SkipReason::NoCartrackEquivalent))
            }
            kind => unknown(verified, kind),
        })
    }
}

/// Reads a genuine delivery to the legacy callback.
///
/// A bearer token travels through browsers, so that it proves less than a signature does: it is
/// believed for the connecting and disconnecting of vehicles only.
///
/// # Errors
/// [`Rejection::MalformedBody`] when the bytes are no JSON object.
pub fn read_callback(verified: &Verified<'_>) -> Result<Reading, Rejection> {
    let body = payload::parse_object(verified.body())?;
    Ok(match payload::text(&body, "/type") {
        Some("user.devices-connected") => connected(verified, &body),
        Some("user.devices-disconnected") => disconnected(&body),
        None if matches!(
            body.get("vehicles"),
            Some(Value::Array(_) | Value::Object(_))
        ) =>
        {
            Reading {
                changes: one_or_many(&body, "/vehicles")
                    .iter()
                    .filter_map(upsert)
                    .collect(),
                user: payload::id(&body, "/user"),
                events: Vec::new(),
            }
        }
        // A signature, unlike a token, vouches for every type.
        _ if verified.id().is_some() => return Telematica.read(verified),
        kind => unknown(verified, kind),
    })
}

/// The headers that the legacy callback looks at.
pub const CALLBACK_HEADERS: &[&str] = &[
    "authorization",
    "svix-id",
    "svix-timestamp",
    "svix-signature",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
];

fn start(verified: &Verified<'_>, kind: &str) -> Event {
    let id = verified
        .id()
        .map_or_else(|| ["cb-", &verified.body_hash()].concat(), str::to_owned);
    Event::of(verified, NAME, kind, id)
}

fn unknown(verified: &Verified<'_>, kind: Option<&str>) -> Reading {
    let event = start(verified, kind.unwrap_or("unknown"));
    Reading::event(event.skipped(SkipReason::UnknownEventType))
}

fn connected(verified: &Verified<'_>, body: &Value) -> Reading {
    // Older deliveries list the vehicles a second time, or only there.
    let devices = match payload::member(body, "/devices") {
        Some(_) => payload::array(body, "/devices"),
        None => payload::array(body, "/vehicles"),
    };
    let is_vehicle = |device: &&Value| {
        payload::text(device, "/deviceType").is_none_or(|kind| kind.eq_ignore_ascii_case("vehicle"))
    };
    let changes: Vec<_> = devices
        .iter()
        .filter(is_vehicle)
        .filter_map(upsert)
        .collect();
    let user = payload::id(body, "/user");
    let events = if changes.is_empty() && !devices.is_empty() {
        let mut event = start(verified, "user.devices-connected");
        event.user.clone_from(&user);
        vec![event.skipped(SkipReason::UnsupportedDevice)]
    } else {
        Vec::new()
    };
    Reading {
        events,
        changes,
        user,
    }
}

fn disconnected(body: &Value) -> Reading {
    let remove = |device: &Value| {
        let vehicle = payload::id(device, "").or_else(|| device_id(device))?;
        Some(MappingChange {
            action: Action::Remove,
            vehicle,
            mapping: Mapping::default(),
        })
    };
    Reading {
        events: Vec::new(),
        changes: payload::array(body, "/devices")
            .iter()
            .filter_map(remove)
            .collect(),
        user: payload::id(body, "/user"),
    }
}

/// One connected vehicle, in any of the shapes that are documented for it.
fn upsert(device: &Value) -> Option<MappingChange> {
    let text = |path| payload::text(device, path).map(|text| text.chars().take(64).collect());
    let year = payload::member(device, "/year")
        .and_then(|year| year.as_u64().or_else(|| year.as_str()?.trim().parse().ok()));
    Some(MappingChange {
        action: Action::Upsert,
        vehicle: device_id(device)?,
        mapping: Mapping {
            vin: payload::text(device, "/vin").and_then(Vin::parse),
            user: None,
            make: text("/make"),
            model: text("/model"),
            year: year
                .and_then(|year| u16::try_from(year).ok())
                .filter(|year| MODEL_YEARS.contains(year)),
            registration: text("/registration"),
        },
    })
}

/// A list, or a single object in its place: copies of the documentation leave the brackets out.
fn one_or_many<'a>(body: &'a Value, path: &str) -> &'a [Value] {
    match payload::member(body, path) {
        Some(one @ Value::Object(_)) => core::slice::from_ref(one),
        _ => payload::array(body, path),
    }
}

fn device_id(device: &Value) -> Option<String> {
    ["/deviceId", "/vehicleId", "/id"]
        .iter()
        .find_map(|path| payload::id(device, path))
}

fn vehicle_state(verified: &Verified<'_>, body: &Value, kind: &str) -> Event {
    let mut event = start(verified, kind);
    let state_id = payload::id(body, "/vehicleState/id");
    event.repeats_position = true;
    event.vin = payload::text(body, "/vehicleState/staticAttributes/vin").and_then(Vin::parse);
    match payload::id(body, "/vehicleId") {
        Some(vehicle) => {
            event.aliases.extend(state_id.filter(|id| *id != vehicle));
            event.vehicle = Some(vehicle);
        }
        None => event.vehicle = state_id,
    }
    if let Some(value) = payload::number(body, "/vehicleState/odo/value") {
        let unit = payload::text(body, "/vehicleState/odo/unit").unwrap_or_default();
        let at = payload::time(body, "/vehicleState/odo/lastUpdated");
        event.odometer_km = event.convert(value, unit, to_km, at);
    }
    if event.vehicle.is_none() {
        return event.skipped(SkipReason::InvalidPayload);
    }
    located(event, body)
}

/// The event at its location, at that location's own time: a signed delivery says when it was sent,
/// not when the vehicle was there.
fn located(event: Event, body: &Value) -> Event {
    let latitude = payload::member(body, "/vehicleState/location/latitude");
    let longitude = payload::member(body, "/vehicleState/location/longitude");
    let inactive = payload::text(body, "/vehicleState/state")
        .is_some_and(|state| !state.eq_ignore_ascii_case("ACTIVE"));
    if inactive && (latitude.is_none() || longitude.is_none()) {
        return event.skipped(SkipReason::ProviderState);
    }
    let time = payload::time(body, "/vehicleState/location/lastUpdated");
    event.located(
        latitude,
        longitude,
        time.map(|time| (time, TimeSource::Provider)),
    )
}

const NAME: &str = "telematica";

/// A year outside is a slip.
const MODEL_YEARS: core::ops::RangeInclusive<u16> = 1900..=2200;
