//! Telemax: alerts of the V2 webhooks.
//!
//! <https://docs.telemax.com.au/v2/webhooks-overview>. The signature covers the body only and
//! there is no signed delivery time, so that nothing but the memory of what was accepted stops a
//! replay.

use crate::event::{Event, Measured, Moment, SkipReason, TimeSource};
use crate::inbound::Field;
use crate::json::Value;
use crate::payload;
use crate::provider::{Provider, Reading};
use crate::rejection::Rejection;
use crate::secret::KeyFormat;
use crate::signature::{Scheme, Verified};
use alloc::string::String;

/// Telemax, keyed by webhook secrets.
#[derive(Debug)]
pub struct Telemax;

impl Provider for Telemax {
    fn name(&self) -> &'static str {
        NAME
    }

    fn secret_name(&self) -> &'static str {
        "TELEMAX_WEBHOOK_SECRET"
    }

    fn key_format(&self) -> KeyFormat {
        KeyFormat::Utf8
    }

    fn encoding_name(&self) -> Option<&'static str> {
        Some("TELEMAX_SECRET_ENCODING")
    }

    fn scheme(&self) -> Scheme {
        Scheme::HexOfBody {
            header: "x-telemax-signature",
            prefix: "sha256=",
        }
    }

    fn headers(&self) -> &'static [&'static str] {
        &["x-telemax-signature", "x-telemax-delivery"]
    }

    fn read(&self, verified: &Verified<'_>) -> Result<Reading, Rejection> {
        let body = payload::parse_object(verified.body())?;
        let label = payload::text(&body, "/alertType");
        let id = ["tmx-", &verified.body_hash()].concat();
        let mut event = Event::of(verified, NAME, label.unwrap_or("unknown"), id);
        event.vehicle = payload::id(&body, "/vehicleId");
        // The documentation calls the delivery id both "per attempt" and a key for idempotency;
        // so it is remembered beside the body's hash.
        if let Field::Once(delivery) = verified.headers().field("x-telemax-delivery") {
            event.delivery_id = (1..=64)
                .contains(&delivery.len())
                .then(|| delivery.to_ascii_lowercase());
        }
        Ok(Reading::event(read_alert(event, &body, label)))
    }
}

fn read_alert(mut event: Event, body: &Value, label: Option<&str>) -> Event {
    let Some(label) = label else {
        return event.skipped(SkipReason::UnknownEventType);
    };
    let alert = Alert::parse(label);
    if alert == Alert::Other {
        return event.skipped(SkipReason::UnknownAlertType);
    }
    if alert == Alert::DeviceDisconnected {
        // The position is the last fix, the time that of the alarm.
        return event.skipped(SkipReason::PositionNotCurrent);
    }
    if event.vehicle.is_none() {
        return event.skipped(SkipReason::InvalidPayload);
    }
    let time = payload::time(body, "/timestamp");
    match alert {
        Alert::Ignition => {
            let Some(started) = payload::member(body, "/data/isStarted").and_then(Value::as_bool)
            else {
                return event.skipped(SkipReason::InvalidPayload);
            };
            event.moment = if started {
                Moment::IgnitionOn
            } else {
                Moment::IgnitionOff
            };
            event.ignition = Some(Measured {
                value: started,
                at: time,
            });
        }
        Alert::Speeding => {
            let speed = payload::number(body, "/data/speed");
            event.speed_kmh = speed.map(|value| Measured { value, at: time });
        }
        Alert::DeviceDisconnected | Alert::Other | Alert::PositionOnly => {}
    }
    event.located(
        payload::member(body, "/position/lat"),
        payload::member(body, "/position/lng"),
        time.map(|time| (time, TimeSource::Provider)),
    )
}

/// The alerts that mean something to Cartrack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alert {
    DeviceDisconnected,
    Ignition,
    Other,
    PositionOnly,
    Speeding,
}

impl Alert {
    /// Reads a label. The wording of some labels is not documented, so that case, spaces and
    /// punctuation do not count.
    fn parse(label: &str) -> Self {
        let word: String = label
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        match word.as_str() {
            "devicedisconnected" => Self::DeviceDisconnected,
            "ignition" => Self::Ignition,
            "devicereconnected" | "geofence" | "lowbattery" => Self::PositionOnly,
            "exceedmaximumspeed" | "speeding" => Self::Speeding,
            _ => Self::Other,
        }
    }
}

const NAME: &str = "telemax";
