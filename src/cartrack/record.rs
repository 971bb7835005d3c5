//! The record that Cartrack takes, in its wire shape. One that cannot be right cannot be made.
//!
//! <https://developer.cartrack.com/id/docs/telematics-data-ingestion/events>

use crate::event::{Event, Measured, Moment, Position, SkipReason};
use crate::mapping::{Mapping, Vin};
#[cfg(not(feature = "npm"))]
use crate::platform::to_json;
use crate::timestamp::UtcMillis;
use alloc::string::String;
use serde::Serialize;

/// One event in the form that Cartrack takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    event_type: Moment,
    event_ts: UtcMillis,
    chassis_number: Vin,
    source: Source,
    position: Position,
    #[serde(skip_serializing_if = "Option::is_none")]
    telemetry: Option<Telemetry>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Source {
    provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    provider_event_id: String,
    provider_received_ts: UtcMillis,
}

/// All three or nothing: Cartrack requires each member.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Telemetry {
    speed: f64,
    ignition: bool,
    odometer: f64,
}

/// Why an event gives no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsendable {
    /// Cartrack has no use for it.
    Skip(SkipReason),
    /// No VIN is known for the vehicle yet.
    Unmapped,
    /// The payload names another VIN than the mapping. Which one is right is for a person to say.
    VinConflict,
}

impl Unsendable {
    /// The stable code of this reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Skip(reason) => reason.code(),
            Self::Unmapped => "unmapped_vehicle",
            Self::VinConflict => "vin_conflict",
        }
    }
}

impl Record {
    /// Weighs an event with what is known of its vehicle.
    ///
    /// # Errors
    /// [`Unsendable`] with the reason why there is nothing to send, or not yet.
    pub fn weigh(event: &Event, mapping: Option<&Mapping>) -> Result<Self, Unsendable> {
        if let Some(reason) = event.skip {
            return Err(Unsendable::Skip(reason));
        }
        let position = event
            .position
            .ok_or(Unsendable::Skip(SkipReason::NoPosition))?;
        let event_ts = event
            .event_ts
            .ok_or(Unsendable::Skip(SkipReason::InvalidPayload))?;
        let mapped = mapping.and_then(|mapping| mapping.vin.as_ref());
        let chassis_number = match (event.vin.as_ref(), mapped) {
            (Some(stated), Some(mapped)) if stated != mapped => {
                return Err(Unsendable::VinConflict);
            }
            (Some(vin), _) | (None, Some(vin)) => vin.clone(),
            (None, None) => return Err(Unsendable::Unmapped),
        };
        Ok(Self {
            event_type: event.moment,
            event_ts,
            chassis_number,
            source: Source {
                provider: event.provider.clone(),
                device_id: event.vehicle.clone(),
                provider_event_id: event.provider_event_id.clone(),
                provider_received_ts: event.received_at,
            },
            position,
            telemetry: telemetry(event, event_ts),
        })
    }

    /// The VIN, by which Cartrack knows the vehicle.
    #[must_use]
    pub const fn vin(&self) -> &Vin {
        &self.chassis_number
    }

    /// The bytes that go over the wire: the same for the same event and mapping.
    #[cfg(not(feature = "npm"))]
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, finite numbers and booleans always have a JSON form.
        to_json(self)
    }
}

/// How far a measurement may lie from the event to describe the same moment, in milliseconds.
const FRESH: i64 = 5 * 60_000;

fn telemetry(event: &Event, event_ts: UtcMillis) -> Option<Telemetry> {
    Some(Telemetry {
        speed: fresh(event.speed_kmh, event_ts)?,
        ignition: fresh(event.ignition, event_ts)?,
        odometer: fresh(event.odometer_km, event_ts)?,
    })
}

fn fresh<T>(measured: Option<Measured<T>>, event_ts: UtcMillis) -> Option<T> {
    let Measured { value, at } = measured?;
    (at?.millis_since(event_ts).abs() <= FRESH).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::FromJson;
    use serde_json::json;

    fn event(extra: &serde_json::Value) -> Event {
        let mut value = json!({
            "provider": "telemax", "vehicle": "88421", "type": "Speeding",
            "provider_event_id": "tmx-1", "received_at": "2026-04-28T06:14:30Z",
            "event_ts": "2026-04-28T06:14:22Z",
            "position": {"latitude": -33.8688, "longitude": 151.2093},
        });
        let extra = extra.as_object().unwrap().clone();
        value.as_object_mut().unwrap().extend(extra);
        Event::from_json(value.to_string().as_bytes()).unwrap()
    }

    fn mapping(vin: &str) -> Mapping {
        Mapping {
            vin: Vin::parse(vin),
            ..Mapping::default()
        }
    }

    const VIN: &str = "5YJ3E7EB1LF000001";

    #[test]
    fn a_mapped_event_becomes_a_record_of_cartracks_shape() {
        let record = Record::weigh(&event(&json!({})), Some(&mapping(VIN))).unwrap();
        let expected = json!({
            "event_type": "PERIODIC", "event_ts": "2026-04-28T06:14:22Z", "chassis_number": VIN,
            "source": {"provider": "telemax", "device_id": "88421", "provider_event_id": "tmx-1",
                       "provider_received_ts": "2026-04-28T06:14:30Z"},
            "position": {"latitude": -33.8688, "longitude": 151.2093},
        });
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&record.to_json()).unwrap(),
            expected
        );
    }

    #[test]
    fn without_a_vin_it_waits_and_with_two_it_goes_nowhere() {
        let unmapped = Record::weigh(&event(&json!({})), Some(&Mapping::default()));
        assert_eq!(unmapped.err(), Some(Unsendable::Unmapped));
        let stated = event(&json!({"vin": "5YJ3E7EB1LF000002"}));
        assert_eq!(
            Record::weigh(&stated, Some(&mapping(VIN))).err(),
            Some(Unsendable::VinConflict)
        );
        assert!(Record::weigh(&stated, None).is_ok());
    }

    #[test]
    fn telemetry_is_all_or_nothing_and_fresh() {
        let whole = json!({
            "speed_kmh": {"value": 0.0, "at": "2026-04-28T06:14:22Z"},
            "ignition": {"value": false, "at": "2026-04-28T06:19:22Z"},
            "odometer_km": {"value": 12.5, "at": "2026-04-28T06:10:00Z"},
        });
        let sent = |extra| {
            Record::weigh(&event(&extra), Some(&mapping(VIN)))
                .unwrap()
                .telemetry
        };
        let telemetry = sent(whole.clone()).unwrap();
        assert_eq!(
            (telemetry.speed, telemetry.ignition, telemetry.odometer),
            (0.0, false, 12.5)
        );
        for (name, value) in [
            ("speed_kmh", json!(null)),
            ("ignition", json!({"value": true})),
            (
                "odometer_km",
                json!({"value": 12.5, "at": "2026-04-28T06:09:21.999Z"}),
            ),
        ] {
            let mut partial = whole.clone();
            partial[name] = value;
            assert_eq!(sent(partial), None, "{name}");
        }
    }
}
