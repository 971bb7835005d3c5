//! Reads an event back from the JSON that [`receive`](super::receive) answered with.
//!
//! By hand: the members that Cartrack's record rests on are few, and what is derived for all of
//! them would be a fifth of the package.

use crate::event::{Event, Measured, Mode, Moment, Position, SkipReason};
use crate::mapping::Vin;
use crate::payload;
use serde_json::Value;

/// The event in `value`; `None` where a member that every event has is missing or not of its form.
pub fn read(value: &Value) -> Option<Event> {
    let text = |path| payload::text(value, path);
    Some(Event {
        provider: text("/provider")?.to_owned(),
        vehicle: text("/vehicle").map(str::to_owned),
        aliases: Vec::new(),
        user: None,
        kind: text("/type")?.to_owned(),
        mode: Mode::Live,
        provider_event_id: text("/provider_event_id")?.to_owned(),
        delivery_id: None,
        received_at: payload::time(value, "/received_at")?,
        moment: Moment::parse(text("/moment")?)?,
        event_ts: payload::time(value, "/event_ts"),
        time_source: None,
        position: position(value)?,
        repeats_position: false,
        speed_kmh: measured(value, "/speed_kmh", Value::as_f64)?,
        ignition: measured(value, "/ignition", Value::as_bool)?,
        odometer_km: measured(value, "/odometer_km", Value::as_f64)?,
        vin: optional(text("/vin"), Vin::parse)?,
        skip: optional(text("/skip"), SkipReason::parse)?,
        notes: Vec::new(),
    })
}

/// Nothing, or what is there when it can be read; `None` when it cannot.
fn optional<T>(text: Option<&str>, parse: fn(&str) -> Option<T>) -> Option<Option<T>> {
    text.map_or(Some(None), |text| parse(text).map(Some))
}

fn position(value: &Value) -> Option<Option<Position>> {
    let Some(position) = payload::member(value, "/position") else {
        return Some(None);
    };
    let latitude = payload::number(position, "/latitude")?;
    let longitude = payload::number(position, "/longitude")?;
    Position::new(latitude, longitude).ok().map(Some)
}

fn measured<T>(
    value: &Value,
    path: &str,
    read: fn(&Value) -> Option<T>,
) -> Option<Option<Measured<T>>> {
    let Some(measured) = payload::member(value, path) else {
        return Some(None);
    };
    let value = read(measured.get("value")?)?;
    Some(Some(Measured {
        value,
        at: payload::time(measured, "/at"),
    }))
}
