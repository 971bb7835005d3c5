//! The one event model that every provider's dialect is turned into.
//!
//! Nothing in it is invented: what a delivery does not say is absent.

use crate::json::{FromJson, Value, words};
use crate::mapping::Vin;
use crate::signature::Verified;
use crate::timestamp::UtcMillis;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// What one delivery says about one vehicle at one moment.
///
/// An event is made only of a [`Verified`] delivery, by [`Event::of`]; reading one back is for
/// the ledger that stored it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the vehicle, or of the device that the event is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<String>,
    /// Other ids of the same vehicle, under which its mapping may be known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The provider's id of the vehicle's user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The provider's own word for the kind of event, 64 characters at most.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the provider calls it live or a trial.
    pub mode: Mode,
    /// An id that stays the same over the provider's retries.
    pub provider_event_id: String,
    /// A second id by which a repeated delivery is recognised, where the provider sends one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
    /// When the delivery arrived.
    pub received_at: UtcMillis,
    /// What happened, in Cartrack's terms.
    pub moment: Moment,
    /// The time of the position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_ts: Option<UtcMillis>,
    /// Where `event_ts` was taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_source: Option<TimeSource>,
    /// Where the vehicle was at `event_ts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Whether the provider repeats the last position in every event, so that a position whose
    /// time was seen before is no news.
    #[serde(skip_serializing_if = "is_false")]
    pub repeats_position: bool,
    /// Speed in km/h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_kmh: Option<Measured<f64>>,
    /// Whether the ignition is on, where the provider says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignition: Option<Measured<bool>>,
    /// Odometer in km.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub odometer_km: Option<Measured<f64>>,
    /// The VIN, where the payload names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vin: Option<Vin>,
    /// Why Cartrack has no use for the event, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip: Option<SkipReason>,
    /// What was left out on the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

impl Event {
    /// Starts an event of a genuine delivery; everything that is not said here is unknown.
    #[must_use]
    pub fn of(
        verified: &Verified<'_>,
        provider: &str,
        kind: &str,
        provider_event_id: String,
    ) -> Self {
        Self {
            provider: provider.to_owned(),
            vehicle: None,
            aliases: Vec::new(),
            user: None,
            kind: kind.chars().take(64).collect(),
            mode: Mode::Live,
            provider_event_id,
            delivery_id: None,
            received_at: verified.received_at(),
            moment: Moment::Periodic,
            event_ts: None,
            time_source: None,
            position: None,
            repeats_position: false,
            speed_kmh: None,
            ignition: None,
            odometer_km: None,
            vin: None,
            skip: None,
            notes: Vec::new(),
        }
    }

    /// The same event with a reason why Cartrack has no use for it. The first reason stays.
    #[must_use]
    pub fn skipped(mut self, reason: SkipReason) -> Self {
        self.skip.get_or_insert(reason);
        self
    }

    /// The same event at a position and the time of it, or with the reason why it has none. An
    /// absent coordinate is no position; one that is no number, or no place on earth, is a fault of
    /// the payload, and so is a position without a time.
    #[must_use]
    pub fn located(
        mut self,
        latitude: Option<&Value>,
        longitude: Option<&Value>,
        time: Option<(UtcMillis, TimeSource)>,
    ) -> Self {
        let (Some(latitude), Some(longitude)) = (latitude, longitude) else {
            return self.skipped(SkipReason::NoPosition);
        };
        let position = match latitude.as_f64().zip(longitude.as_f64()) {
            Some((latitude, longitude)) => Position::new(latitude, longitude),
            None => Err(SkipReason::InvalidPayload),
        };
        match (position, time) {
            (Ok(position), Some((time, source))) => {
                self.position = Some(position);
                self.event_ts = Some(time);
                self.time_source = Some(source);
                self
            }
            (Err(reason), _) => self.skipped(reason),
            (Ok(_), None) => self.skipped(SkipReason::InvalidPayload),
        }
    }

    /// Every id under which the vehicle's mapping may be known, the vehicle's own first.
    pub fn mapping_ids(&self) -> impl Iterator<Item = &str> {
        self.vehicle
            .as_deref()
            .into_iter()
            .chain(self.aliases.iter().map(String::as_str))
    }

    /// Converts a value that came with a unit. One in an unknown unit is dropped with a note; one
    /// that no number can hold after the conversion is dropped.
    pub fn convert(
        &mut self,
        value: f64,
        unit: &str,
        convert: fn(f64, &str) -> Option<f64>,
        at: Option<UtcMillis>,
    ) -> Option<Measured<f64>> {
        let Some(value) = convert(value, unit) else {
            self.note(Note::UnknownUnit);
            return None;
        };
        value.is_finite().then_some(Measured { value, at })
    }

    fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

impl FromJson for Event {
    fn from_value(mut event: Value) -> Option<Self> {
        Some(Self {
            provider: event.take("provider")?,
            vehicle: event.take("vehicle")?,
            aliases: event.take_or_default("aliases")?,
            user: event.take("user")?,
            kind: event.take("type")?,
            mode: event.take_or_default("mode")?,
            provider_event_id: event.take("provider_event_id")?,
            delivery_id: event.take("delivery_id")?,
            received_at: event.take("received_at")?,
            moment: event.take_or_default("moment")?,
            event_ts: event.take("event_ts")?,
            time_source: event.take("time_source")?,
            position: event.take("position")?,
            repeats_position: event.take_or_default("repeats_position")?,
            speed_kmh: event.take("speed_kmh")?,
            ignition: event.take("ignition")?,
            odometer_km: event.take("odometer_km")?,
            vin: event.take("vin")?,
            skip: event.take("skip")?,
            notes: event.take_or_default("notes")?,
        })
    }
}

/// Whether a provider calls an event live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// A vehicle on the road.
    #[default]
    Live,
    /// Made up by the provider's simulator.
    Simulated,
    /// Sent by hand from the provider's dashboard.
    Test,
}

words! {
    /// The word that the API and the metrics use.
    Mode.as_str {
        Live = "live",
        Simulated = "simulated",
        Test = "test",
    }
}

/// What happened, in Cartrack's terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Moment {
    /// The ignition was switched off: the end of a trip.
    IgnitionOff,
    /// The ignition was switched on: the start of a trip.
    IgnitionOn,
    /// A point of a track.
    #[default]
    Periodic,
}

words! {
    /// Cartrack's word for it.
    Moment.as_str {
        IgnitionOff = "IGNITION_OFF",
        IgnitionOn = "IGNITION_ON",
        Periodic = "PERIODIC",
    }
}

/// Where the time of an event was taken from, the best source first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSource {
    /// The vehicle or its manufacturer stated it.
    Provider,
    /// When the provider fetched the value from the manufacturer.
    Fetched,
    /// When the provider sent the delivery.
    Delivered,
    /// When the delivery arrived here.
    Received,
}

words! {
    /// The word that the API uses.
    TimeSource.as_str {
        Provider = "provider",
        Fetched = "fetched",
        Delivered = "delivered",
        Received = "received",
    }
}

/// Decimal degrees, WGS 84: finite, in range, and not the null fix.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Position {
    latitude: f64,
    longitude: f64,
}

impl Position {
    /// Accepts a position that can be true.
    ///
    /// # Errors
    /// [`SkipReason::InvalidPayload`] out of range, [`SkipReason::NoPosition`] for exactly (0, 0),
    /// which receivers send when they have no fix.
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, SkipReason> {
        if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
            Err(SkipReason::InvalidPayload)
        } else if latitude == 0.0 && longitude == 0.0 {
            Err(SkipReason::NoPosition)
        } else {
            Ok(Self {
                latitude,
                longitude,
            })
        }
    }

    /// Degrees north of the equator.
    #[must_use]
    pub const fn latitude(&self) -> f64 {
        self.latitude
    }

    /// Degrees east of Greenwich.
    #[must_use]
    pub const fn longitude(&self) -> f64 {
        self.longitude
    }
}

impl FromJson for Position {
    fn from_value(mut position: Value) -> Option<Self> {
        Self::new(position.take("latitude")?, position.take("longitude")?).ok()
    }
}

/// A value with the time at which it was measured, where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measured<T> {
    /// The value.
    pub value: T,
    /// When it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<UtcMillis>,
}

impl<T: FromJson> FromJson for Measured<T> {
    fn from_value(mut measured: Value) -> Option<Self> {
        Some(Self {
            value: measured.take("value")?,
            at: measured.take("at")?,
        })
    }
}

/// Why Cartrack has no use for a genuine event. The names are public API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// The event's time lies more than a minute ahead.
    FutureTimestamp,
    /// A needed member is missing or cannot be true.
    InvalidPayload,
    /// Cartrack has no event for this.
    NoCartrackEquivalent,
    /// No position in it, and none is made up.
    NoPosition,
    /// The position is not the vehicle's at the time of the event.
    PositionNotCurrent,
    /// The provider reports an error, not an event.
    ProviderError,
    /// The vehicle's connection is not active, and so there is no position.
    ProviderState,
    /// The position is older than the configured limit.
    StalePosition,
    /// Sent for trial by the provider.
    TestMode,
    /// A position of this vehicle with this time was accepted before.
    UnchangedPosition,
    /// An alert that has no meaning here.
    UnknownAlertType,
    /// An event type that is not known here.
    UnknownEventType,
    /// A device that is no vehicle.
    UnsupportedDevice,
}

words! {
    /// The stable code of this reason.
    SkipReason.code {
        FutureTimestamp = "future_timestamp",
        InvalidPayload = "invalid_payload",
        NoCartrackEquivalent = "no_cartrack_equivalent",
        NoPosition = "no_position",
        PositionNotCurrent = "position_not_current",
        ProviderError = "provider_error",
        ProviderState = "provider_state",
        StalePosition = "stale_position",
        TestMode = "test_mode",
        UnchangedPosition = "unchanged_position",
        UnknownAlertType = "unknown_alert_type",
        UnknownEventType = "unknown_event_type",
        UnsupportedDevice = "unsupported_device",
    }
}

/// Something that was left out of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A value came in a unit that is not known, and was dropped.
    UnknownUnit,
}

words! {
    /// The word that the API uses.
    Note.as_str {
        UnknownUnit = "unknown_unit",
    }
}

/// Kilometres in a statute mile, exactly.
pub const KM_PER_MILE: f64 = 1.609_344;

/// Brings a distance to km; an unknown unit is `None`.
#[must_use]
pub fn to_km(value: f64, unit: &str) -> Option<f64> {
    match unit.to_ascii_lowercase().as_str() {
        "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" => Some(value),
        "mi" | "mile" | "miles" => Some(value * KM_PER_MILE),
        _ => None,
    }
}

/// Brings a speed to km/h; an unknown unit is `None`.
#[must_use]
pub fn to_kmh(value: f64, unit: &str) -> Option<f64> {
    match unit.to_ascii_lowercase().as_str() {
        "kph" | "km/h" | "kmh" => Some(value),
        "mph" => Some(value * KM_PER_MILE),
        _ => None,
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::assert_reads_back;
    use alloc::vec;

    #[test]
    fn positions_that_cannot_be_true_are_not_positions() {
        assert!(Position::new(-90.0, 180.0).is_ok());
        assert!(Position::new(0.0, 0.1).is_ok());
        assert_eq!(Position::new(0.0, -0.0), Err(SkipReason::NoPosition));
        for (latitude, longitude) in [
            (90.1, 0.0),
            (0.0, -180.1),
            (f64::NAN, 1.0),
            (1.0, f64::INFINITY),
        ] {
            assert_eq!(
                Position::new(latitude, longitude),
                Err(SkipReason::InvalidPayload)
            );
        }
        let read = Position::from_json;
        assert!(read(br#"{"latitude":3.0,"longitude":115.0}"#).is_some());
        assert!(read(br#"{"latitude":3.0,"longitude":215.0}"#).is_none());
    }

    #[test]
    fn events_read_back() {
        let at = UtcMillis::from_millis(1_777_000_000_123);
        let bare = Event {
            provider: "telemax".into(),
            vehicle: None,
            aliases: vec![],
            user: None,
            kind: "Speeding".into(),
            mode: Mode::Live,
            provider_event_id: "tmx-1".into(),
            delivery_id: None,
            received_at: at,
            moment: Moment::Periodic,
            event_ts: None,
            time_source: None,
            position: None,
            repeats_position: false,
            speed_kmh: None,
            ignition: None,
            odometer_km: None,
            vin: None,
            skip: None,
            notes: vec![],
        };
        assert_reads_back(&bare);
        let least = br#"{"provider":"telemax","type":"Speeding","provider_event_id":"tmx-1",
            "received_at":"2026-04-24T03:06:40.123Z"}"#;
        assert_eq!(Event::from_json(least), Some(bare));
        let whole = Event {
            provider: "smartcar".into(),
            vehicle: Some("v1".into()),
            aliases: vec!["v2".into(), "v3".into()],
            user: Some("u1".into()),
            kind: "VEHICLE_STATE".into(),
            mode: Mode::Simulated,
            provider_event_id: "e1".into(),
            delivery_id: Some("d1".into()),
            received_at: at,
            moment: Moment::IgnitionOn,
            event_ts: Some(at.plus_millis(1)),
            time_source: Some(TimeSource::Fetched),
            position: Position::new(1.5, -2.5).ok(),
            repeats_position: true,
            speed_kmh: Some(Measured {
                value: 80.5,
                at: Some(at.plus_millis(2)),
            }),
            ignition: Some(Measured {
                value: true,
                at: None,
            }),
            odometer_km: Some(Measured {
                value: 12.0,
                at: None,
            }),
            vin: Vin::parse("5YJ3E7EB1LF000001"),
            skip: Some(SkipReason::StalePosition),
            notes: vec![Note::UnknownUnit],
        };
        assert_reads_back(&whole);
    }

    #[test]
    fn miles_are_exact_and_unknown_units_unknown() {
        assert_eq!(to_km(1000.0, "miles"), Some(1609.344));
        assert_eq!(to_km(12.0, "Kilometers"), Some(12.0));
        assert_eq!(to_km(12.0, "leagues"), None);
        assert_eq!(to_kmh(1.0, "mph"), Some(1.609_344));
        assert_eq!(to_kmh(1.0, "kn"), None);
    }
}
