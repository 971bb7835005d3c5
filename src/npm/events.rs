//! Reads an event back from the JSON that [`receive`](super::receive()) answered with.
//!
//! By hand: the members that Cartrack's record rests on are few, and what is derived for all of
//! them would be a fifth of the package.

use crate::event::{Event, Measured, Mode, Moment, Position, SkipReason};
use crate::json::Value;
use crate::mapping::Vin;
use crate::payload;
use alloc::borrow::ToOwned;
use alloc::vec::Vec;

/// A member that every event has is missing, or one is not of its form.
pub struct NoEvent;

/// The event in `value`.
pub fn read(value: &Value) -> Result<Event, NoEvent> {
    let text = |path| payload::text(value, path);
    let required = |path| text(path).map(str::to_owned).ok_or(NoEvent);
    Ok(Event {
        provider: required("/provider")?,
        vehicle: text("/vehicle").map(str::to_owned),
        aliases: Vec::new(),
        user: None,
        kind: required("/type")?,
        mode: Mode::Live,
        provider_event_id: required("/provider_event_id")?,
        delivery_id: None,
        received_at: payload::time(value, "/received_at").ok_or(NoEvent)?,
        moment: text("/moment").and_then(Moment::parse).ok_or(NoEvent)?,
        event_ts: payload::time(value, "/event_ts"),
        time_source: None,
        position: optional(payload::member(value, "/position"), position)?,
        repeats_position: false,
        speed_kmh: measured(value, "/speed_kmh", Value::as_f64)?,
        ignition: measured(value, "/ignition", Value::as_bool)?,
        odometer_km: measured(value, "/odometer_km", Value::as_f64)?,
        vin: optional(text("/vin"), Vin::parse)?,
        skip: optional(text("/skip"), SkipReason::parse)?,
        notes: Vec::new(),
    })
}

/// Nothing, or what is there, which then has to be of its form.
fn optional<S, T>(
    member: Option<S>,
    read: impl FnOnce(S) -> Option<T>,
) -> Result<Option<T>, NoEvent> {
    member.map(|member| read(member).ok_or(NoEvent)).transpose()
}

fn position(value: &Value) -> Option<Position> {
    let latitude = payload::number(value, "/latitude")?;
    Position::new(latitude, payload::number(value, "/longitude")?).ok()
}

fn measured<T>(
    value: &Value,
    path: &str,
    read: fn(&Value) -> Option<T>,
) -> Result<Option<Measured<T>>, NoEvent> {
    optional(payload::member(value, path), |measured| {
        let value = read(measured.get("value")?)?;
        Some(Measured {
            value,
            at: payload::time(measured, "/at"),
        })
    })
}
