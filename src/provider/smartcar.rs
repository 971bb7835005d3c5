//! Smartcar: webhooks of generation 4.0 (API v3) and 2.0.
//!
//! <https://smartcar.com/docs/api-reference/webhooks/events/vehicle-state> and
//! <https://smartcar.com/docs/integrations/webhooks/payload-verification>. Deliveries seen in
//! practice differ from the documentation in many places; both shapes are read.

use crate::challenge::Challenge;
use crate::event::{Event, Measured, Mode, SkipReason, TimeSource, to_km, to_kmh};
use crate::json::Value;
use crate::mapping::Vin;
use crate::payload;
use crate::provider::{Provider, Reading};
use crate::rejection::Rejection;
use crate::secret::KeyFormat;
use crate::signature::{Scheme, Verified};
use crate::timestamp::UtcMillis;
use alloc::string::{String, ToString};

/// Smartcar, keyed by application management tokens.
#[derive(Debug)]
pub struct Smartcar;

impl Provider for Smartcar {
    fn name(&self) -> &'static str {
        NAME
    }

    fn secret_name(&self) -> &'static str {
        "SMARTCAR_MANAGEMENT_TOKEN"
    }

    fn key_format(&self) -> KeyFormat {
        KeyFormat::Utf8
    }

    fn scheme(&self) -> Scheme {
        Scheme::HexOfBody {
            header: "sc-signature",
            prefix: "",
        }
    }

    fn headers(&self) -> &'static [&'static str] {
        &["sc-signature"]
    }

    fn challenge(&self, body: &[u8]) -> Option<Result<Challenge, Rejection>> {
        // Cheap signs first: most bodies are none, and this one may come from anybody.
        let says_verify = |body: &[u8]| body.windows(6).any(|w| w.eq_ignore_ascii_case(b"verify"));
        if body.len() > CHALLENGE_BODY_BYTES || !says_verify(body) {
            return None;
        }
        let body = payload::parse_object(body).ok()?;
        let is = |path, word: &str| {
            payload::text(&body, path).is_some_and(|text| text.eq_ignore_ascii_case(word))
        };
        let challenge = if is("/eventType", "VERIFY") {
            payload::member(&body, "/data/challenge")
        } else if is("/eventName", "verify") {
            payload::member(&body, "/payload/challenge")
        } else {
            return None;
        };
        Some(match challenge.and_then(Value::as_str) {
            Some(text) => Challenge::parse(text),
            None => Err(Rejection::ChallengeRefused),
        })
    }

    fn read(&self, verified: &Verified<'_>) -> Result<Reading, Rejection> {
        let body = payload::parse_object(verified.body())?;
        Ok(
            match (
                payload::text(&body, "/eventType"),
                payload::text(&body, "/eventName"),
            ) {
                (Some("VEHICLE_STATE"), _) => Reading::event(vehicle_state(verified, &body)),
                (Some("VEHICLE_ERROR"), _) => {
                    let event = envelope(verified, &body, "VEHICLE_ERROR");
                    Reading::event(event.skipped(SkipReason::ProviderError))
                }
                (Some(unknown), _) => {
                    let event = envelope(verified, &body, unknown);
                    Reading::event(event.skipped(SkipReason::UnknownEventType))
                }
                (None, Some("schedule" | "scheduled")) => vehicles(verified, &body, "schedule"),
                (None, Some("dynamic")) => vehicles(verified, &body, "dynamic"),
                (None, Some("eventBased")) => Reading::event(event_based(verified, &body)),
                (None, name) => {
                    let event = envelope(verified, &body, name.unwrap_or("unknown"));
                    Reading::event(event.skipped(SkipReason::UnknownEventType))
                }
            },
        )
    }

    fn claimed_mode(&self, body: &[u8]) -> Mode {
        // Documented deliveries have 50 KB at most; more is not worth reading for a count.
        let claim = (body.len() <= 65_536)
            .then(|| payload::parse_object(body).ok())
            .flatten();
        claim.as_ref().map_or(Mode::Live, mode)
    }
}

/// What every event of generation 4.0 has, and what an unknown event may have.
fn envelope(verified: &Verified<'_>, body: &Value, kind: &str) -> Event {
    let id =
        payload::id(body, "/eventId").unwrap_or_else(|| ["sc-", &verified.body_hash()].concat());
    let mut event = Event::of(verified, NAME, kind, id);
    event.vehicle =
        payload::id(body, "/data/vehicle/id").or_else(|| payload::id(body, "/vehicleId"));
    event.user = payload::id(body, "/data/user/id");
    event.repeats_position = true;
    with_mode(event, mode(body))
}

fn with_mode(mut event: Event, mode: Mode) -> Event {
    event.mode = mode;
    if mode == Mode::Live {
        event
    } else {
        event.skipped(SkipReason::TestMode)
    }
}

fn mode(body: &Value) -> Mode {
    let word = payload::text(body, "/meta/mode").or_else(|| payload::text(body, "/mode"));
    word.and_then(|word| Mode::parse(&word.to_ascii_lowercase()))
        .unwrap_or_default()
}

fn vehicle_state(verified: &Verified<'_>, body: &Value) -> Event {
    let mut event = envelope(verified, body, "VEHICLE_STATE");
    if event.vehicle.is_none() {
        return event.skipped(SkipReason::InvalidPayload);
    }
    if let Some(signal) = signal(body, "vehicleidentification-vin") {
        event.vin = payload::text(signal, "/body/value").and_then(Vin::parse);
    }
    if let Some(signal) = signal(body, "odometer-traveleddistance") {
        event.odometer_km = measured(&mut event, signal, to_km);
    }
    if let Some(signal) = signal(body, "motion-currentspeed") {
        event.speed_kmh = measured(&mut event, signal, to_kmh);
    }
    let Some(location) = signal(body, "location-preciselocation") else {
        return event.skipped(SkipReason::NoPosition);
    };
    let delivered = || payload::time(body, "/meta/deliveredAt");
    let stated = [
        (
            payload::time(location, "/meta/oemUpdatedAt"),
            TimeSource::Provider,
        ),
        (fetched_at(location), TimeSource::Fetched),
        (delivered(), TimeSource::Delivered),
    ];
    located(event, location, stated)
}

/// The signal of this code, when it holds a value.
fn signal<'a>(body: &'a Value, code: &str) -> Option<&'a Value> {
    payload::array(body, "/data/signals").iter().find(|signal| {
        let status =
            payload::text(signal, "/status/value").or_else(|| payload::text(signal, "/status"));
        payload::text(signal, "/code") == Some(code)
            && payload::member(signal, "/body").is_some()
            && status.is_none_or(|status| status.eq_ignore_ascii_case("SUCCESS"))
    })
}

fn fetched_at(signal: &Value) -> Option<UtcMillis> {
    payload::time(signal, "/meta/fetchedAt").or_else(|| payload::time(signal, "/meta/retrievedAt"))
}

/// A value with a unit, converted.
fn measured(
    event: &mut Event,
    signal: &Value,
    convert: fn(f64, &str) -> Option<f64>,
) -> Option<Measured<f64>> {
    let value = payload::number(signal, "/body/value")?;
    let unit = payload::text(signal, "/body/unit").unwrap_or_default();
    let at = payload::time(signal, "/meta/oemUpdatedAt").or_else(|| fetched_at(signal));
    event.convert(value, unit, convert, at)
}

/// The event at the position in `body`, at the first time that is known.
fn located(
    event: Event,
    body: &Value,
    times: impl IntoIterator<Item = (Option<UtcMillis>, TimeSource)>,
) -> Event {
    let known = times
        .into_iter()
        .find_map(|(time, source)| Some((time?, source)));
    event.located(
        payload::member(body, "/body/latitude"),
        payload::member(body, "/body/longitude"),
        known,
    )
}

/// Generation 2.0, `schedule` and `dynamic`: one event for each vehicle.
fn vehicles(verified: &Verified<'_>, body: &Value, kind: &str) -> Reading {
    let vehicles = payload::array(body, "/payload/vehicles");
    if vehicles.is_empty() {
        let event = Event::of(verified, NAME, kind, placed(verified, 0));
        let event = with_mode(event, mode(body)).skipped(SkipReason::InvalidPayload);
        return Reading::event(event);
    }
    let events = vehicles.iter().enumerate().map(|(index, vehicle)| {
        let id = payload::id(vehicle, "/vehicleId");
        let event_id = match (payload::id(vehicle, "/requestId"), &id) {
            (Some(request), Some(vehicle)) => [&request, ":", vehicle].concat(),
            _ => placed(verified, index),
        };
        let mut event = Event::of(verified, NAME, kind, event_id);
        event.vehicle = id;
        event.repeats_position = true;
        let event = with_mode(event, mode(body));
        if event.vehicle.is_some() {
            paths(event, vehicle)
        } else {
            event.skipped(SkipReason::InvalidPayload)
        }
    });
    Reading {
        events: events.collect(),
        ..Reading::default()
    }
}

/// The id of the part at `index` of a delivery without ids.
fn placed(verified: &Verified<'_>, index: usize) -> String {
    ["sc2-", &verified.body_hash(), "-", &index.to_string()].concat()
}

/// What the paths of one vehicle of generation 2.0 say.
fn paths(mut event: Event, vehicle: &Value) -> Event {
    if let Some(vin) = path(vehicle, "/vin") {
        event.vin = payload::text(vin, "/body/vin").and_then(Vin::parse);
    }
    if let Some(odometer) = path(vehicle, "/odometer") {
        let unit = match header(odometer, "sc-unit-system") {
            Some("metric") => "km",
            Some("imperial") => "miles",
            _ => "",
        };
        if let Some(distance) = payload::number(odometer, "/body/distance") {
            event.odometer_km = event.convert(distance, unit, to_km, data_age(odometer));
        }
    }
    let Some(location) = path(vehicle, "/location") else {
        return event.skipped(SkipReason::NoPosition);
    };
    let received = event.received_at;
    let times = [
        (data_age(location), TimeSource::Provider),
        (Some(received), TimeSource::Received),
    ];
    located(event, location, times)
}

/// The answer of one path, when it is one and not an error.
fn path<'a>(vehicle: &'a Value, name: &str) -> Option<&'a Value> {
    payload::array(vehicle, "/data").iter().find(|data| {
        payload::text(data, "/path") == Some(name)
            && payload::member(data, "/code").is_none_or(|code| code.as_u64() == Some(200))
    })
}

fn header<'a>(data: &'a Value, name: &str) -> Option<&'a str> {
    // Of several spellings the first in order counts, of the same one the last in the text.
    let headers = payload::member(data, "/headers")?.members().iter().rev();
    headers
        .filter(|(known, _)| known.eq_ignore_ascii_case(name))
        .min_by_key(|(known, _)| known)?
        .1
        .as_str()
}

/// When the vehicle recorded the value.
fn data_age(data: &Value) -> Option<UtcMillis> {
    header(data, "sc-data-age").and_then(UtcMillis::parse_iso)
}

/// Generation 2.0, `eventBased`: charging started, stopped or completed, without a position.
fn event_based(verified: &Verified<'_>, body: &Value) -> Event {
    let id = payload::id(body, "/payload/eventId");
    let id = id.unwrap_or_else(|| placed(verified, 0));
    let mut event = Event::of(verified, NAME, "eventBased", id);
    event.vehicle = payload::id(body, "/payload/vehicleId");
    event.event_ts = payload::time(body, "/payload/eventTime");
    with_mode(event, mode(body)).skipped(SkipReason::NoPosition)
}

const NAME: &str = "smartcar";

/// A body that is larger is no challenge and is not parsed before it is verified.
const CHALLENGE_BODY_BYTES: usize = 8 * 1024;
