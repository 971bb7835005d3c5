//! The one event model that every provider's dialect is turned into.
//!
//! Nothing in it is invented: what a delivery does not say is absent.

use crate::json::Value;
use crate::mapping::Vin;
use crate::signature::Verified;
use crate::timestamp::UtcMillis;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What one delivery says about one vehicle at one moment.
///
/// An event is made only of a [`Verified`] delivery, by [`Event::of`]; reading one back is for
/// the ledger that stored it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the vehicle, or of the device that the event is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<String>,
    /// Other ids of the same vehicle, under which its mapping may be known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The provider's id of the vehicle's user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The provider's own word for the kind of event, 64 characters at most.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the provider calls it live or a trial.
    #[serde(default)]
    pub mode: Mode,
    /// An id that stays the same over the provider's retries.
    pub provider_event_id: String,
    /// A second id by which a repeated delivery is recognised, where the provider sends one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
    /// When the delivery arrived.
    pub received_at: UtcMillis,
    /// What happened, in Cartrack's terms.
    #[serde(default)]
    pub moment: Moment,
    /// The time of the position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_ts: Option<UtcMillis>,
    /// Where `event_ts` was taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_source: Option<TimeSource>,
    /// Where the vehicle was at `event_ts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Whether the provider repeats the last position in every event, so that a position whose
    /// time was seen before is no news.
    #[serde(default, skip_serializing_if = "is_false")]
    pub repeats_position: bool,
    /// Speed in km/h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_kmh: Option<Measured<f64>>,
    /// Whether the ignition is on, where the provider says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignition: Option<Measured<bool>>,
    /// Odometer in km.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub odometer_km: Option<Measured<f64>>,
    /// The VIN, where the payload names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vin: Option<Vin>,
    /// Why Cartrack has no use for the event, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<SkipReason>,
    /// What was left out on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
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

/// Whether a provider calls an event live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A vehicle on the road.
    #[default]
    Live,
    /// Made up by the provider's simulator.
    Simulated,
    /// Sent by hand from the provider's dashboard.
    Test,
}

impl Mode {
    /// The word that the API and the metrics use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Simulated => "simulated",
            Self::Test => "test",
        }
    }

    /// Reads a provider's word in any case; an unknown one is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Live, Self::Simulated, Self::Test]
            .into_iter()
            .find(|mode| mode.as_str().eq_ignore_ascii_case(text))
    }
}

/// What happened, in Cartrack's terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Moment {
    /// The ignition was switched off: the end of a trip.
    IgnitionOff,
    /// The ignition was switched on: the start of a trip.
    IgnitionOn,
    /// A point of a track.
    #[default]
    Periodic,
}

impl Moment {
    /// Cartrack's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IgnitionOff => "IGNITION_OFF",
            Self::IgnitionOn => "IGNITION_ON",
            Self::Periodic => "PERIODIC",
        }
    }

    /// Reads Cartrack's word; an unknown one is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::IgnitionOff, Self::IgnitionOn, Self::Periodic]
            .into_iter()
            .find(|moment| moment.as_str() == text)
    }
}

/// Where the time of an event was taken from, the best source first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// Decimal degrees, WGS 84: finite, in range, and not the null fix.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Degrees")]
pub struct Position {
    latitude: f64,
    longitude: f64,
}

/// What is written down of a position, before it is one again.
#[derive(Deserialize)]
struct Degrees {
    latitude: f64,
    longitude: f64,
}

impl TryFrom<Degrees> for Position {
    type Error = &'static str;

    fn try_from(degrees: Degrees) -> Result<Self, Self::Error> {
        Self::new(degrees.latitude, degrees.longitude).map_err(SkipReason::code)
    }
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

/// A value with the time at which it was measured, where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured<T> {
    /// The value.
    pub value: T,
    /// When it was measured.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub at: Option<UtcMillis>,
}

/// Why Cartrack has no use for a genuine event. The names are public API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

impl SkipReason {
    /// The stable code of this reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::FutureTimestamp => "future_timestamp",
            Self::InvalidPayload => "invalid_payload",
            Self::NoCartrackEquivalent => "no_cartrack_equivalent",
            Self::NoPosition => "no_position",
            Self::PositionNotCurrent => "position_not_current",
            Self::ProviderError => "provider_error",
            Self::ProviderState => "provider_state",
            Self::StalePosition => "stale_position",
            Self::TestMode => "test_mode",
            Self::UnchangedPosition => "unchanged_position",
            Self::UnknownAlertType => "unknown_alert_type",
            Self::UnknownEventType => "unknown_event_type",
            Self::UnsupportedDevice => "unsupported_device",
        }
    }

    /// Reads a code; an unknown one is `None`.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    const ALL: [Self; 13] = [
        Self::FutureTimestamp,
        Self::InvalidPayload,
        Self::NoCartrackEquivalent,
        Self::NoPosition,
        Self::PositionNotCurrent,
        Self::ProviderError,
        Self::ProviderState,
        Self::StalePosition,
        Self::TestMode,
        Self::UnchangedPosition,
        Self::UnknownAlertType,
        Self::UnknownEventType,
        Self::UnsupportedDevice,
    ];
}

/// Something that was left out of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// A value came in a unit that is not known, and was dropped.
    UnknownUnit,
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
        let read = serde_json::from_str::<Position>;
        assert!(read(r#"{"latitude":3.0,"longitude":115.0}"#).is_ok());
        assert!(read(r#"{"latitude":3.0,"longitude":215.0}"#).is_err());
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
