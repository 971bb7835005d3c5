//! What a provider's API tells of a vehicle beyond its webhooks: the VIN, and the sample of speed,
//! ignition and odometer that an alert lacks.
//!
//! Pure: how answers are read, whether a sample belongs to an event, and what the event is with
//! it. Who asks, and when, is the edge's business.

pub mod budget;
pub mod smartcar;
pub mod telemax;

use crate::event::{Event, Measured};
use crate::json::{FromJson, Value, words};
use crate::mapping::Vin;
use crate::payload;
use crate::timestamp::UtcMillis;
use serde::Serialize;

/// What came of asking for one vehicle.
pub type Answer = Result<Known, Failure>;

/// What an API knows of a vehicle; what it does not say is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Known {
    /// The VIN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vin: Option<Vin>,
    /// What was measured last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
}

impl FromJson for Known {
    fn from_value(mut known: Value) -> Option<Self> {
        Some(Self {
            vin: known.take("vin")?,
            sample: known.take("sample")?,
        })
    }
}

impl FromJson for Answer {
    fn from_value(mut answer: Value) -> Option<Self> {
        match answer.take("Ok")? {
            Some(known) => Some(Ok(known)),
            None => answer.take("Err").map(Err),
        }
    }
}

/// Values that were measured together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// When they were measured.
    pub at: UtcMillis,
    /// Speed in km/h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_kmh: Option<f64>,
    /// Whether the ignition was on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignition: Option<bool>,
    /// Odometer in km.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub odometer_km: Option<f64>,
}

impl FromJson for Sample {
    fn from_value(mut sample: Value) -> Option<Self> {
        Some(Self {
            at: sample.take("at")?,
            speed_kmh: sample.take("speed_kmh")?,
            ignition: sample.take("ignition")?,
            odometer_km: sample.take("odometer_km")?,
        })
    }
}

/// Why an API told nothing. The names are public API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The vehicle's connection to the provider has ended, or wants its owner.
    Disconnected,
    /// The provider refuses the key.
    KeyRefused,
    /// A setting of the look-up cannot be used.
    Misconfigured,
    /// The key may not see this vehicle, or the owner did not grant it.
    NoPermission,
    /// The provider answered, and has no VIN of the vehicle.
    NoVin,
    /// It was not asked: too much was under way, or there was no time for it.
    NotAsked,
    /// The provider does not know the vehicle.
    NotFound,
    /// The provider's limit is reached, or would be.
    RateLimited,
    /// No answer came in time.
    TimedOut,
    /// The provider could not be reached, or failed.
    Unavailable,
    /// Nobody told which user the vehicle belongs to, without whom the provider tells nothing.
    UnknownUser,
    /// The answer is none that the provider documents, or is about another vehicle.
    UnreadableAnswer,
    /// The provider cannot tell it of this vehicle, or not under this plan.
    Unsupported,
}

words! {
    /// The stable code of this failure.
    Failure.code {
        Disconnected = "disconnected",
        KeyRefused = "key_refused",
        Misconfigured = "misconfigured",
        NoPermission = "no_permission",
        NoVin = "no_vin",
        NotAsked = "not_asked",
        NotFound = "not_found",
        RateLimited = "rate_limited",
        TimedOut = "timed_out",
        Unavailable = "unavailable",
        UnknownUser = "unknown_user",
        UnreadableAnswer = "unreadable_answer",
        Unsupported = "unsupported",
    }
}

impl Failure {
    /// For how long the same vehicle is not asked for again, in milliseconds. What only a person
    /// can change is not asked for again soon.
    #[must_use]
    pub const fn remembered_for(self) -> i64 {
        match self {
            Self::Disconnected
            | Self::NoPermission
            | Self::NoVin
            | Self::NotFound
            | Self::UnknownUser
            | Self::Unsupported => 3_600_000,
            Self::KeyRefused
            | Self::Misconfigured
            | Self::NotAsked
            | Self::RateLimited
            | Self::TimedOut
            | Self::Unavailable
            | Self::UnreadableAnswer => 60_000,
        }
    }
}

/// What a look-up gave for one event. It is kept with the event, so that every attempt to send it
/// sends the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// When the answer came, or when it was waited for no longer.
    pub at: UtcMillis,
    /// `telemetry`, why there is none, or a failure's code.
    pub result: String,
    /// The VIN that the provider names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vin: Option<Vin>,
    /// Whether nobody had told the VIN before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub learned: bool,
    /// The sample, where it belongs to the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
}

impl FromJson for Finding {
    fn from_value(mut finding: Value) -> Option<Self> {
        Some(Self {
            at: finding.take("at")?,
            result: finding.take("result")?,
            vin: finding.take("vin")?,
            learned: finding.take_or_default("learned")?,
            sample: finding.take("sample")?,
        })
    }
}

impl Finding {
    /// Holds an answer of the time `at` against the event that it was asked for. A sample further
    /// away from the event than `window` milliseconds tells nothing of it.
    #[must_use]
    pub fn of(event: &Event, answer: &Answer, at: UtcMillis, window: i64) -> Self {
        let known = match answer {
            Ok(known) => known,
            Err(failure) => return Self::without(*failure, at),
        };
        let result = verdict(event, known, window);
        Self {
            at,
            result: result.to_owned(),
            vin: known.vin.clone(),
            learned: false,
            sample: known.sample.filter(|_| result == TELEMETRY),
        }
    }

    /// What an event is sent with for which nothing was found.
    #[must_use]
    pub fn without(failure: Failure, at: UtcMillis) -> Self {
        Self {
            at,
            result: failure.code().to_owned(),
            vin: None,
            learned: false,
            sample: None,
        }
    }

    /// Whether there is anything in it that the event lacks.
    #[must_use]
    pub const fn tells(&self) -> bool {
        self.vin.is_some() || self.sample.is_some()
    }

    /// The event with what was found. What its payload says itself stays.
    #[must_use]
    pub fn add_to(&self, mut event: Event) -> Event {
        event.vin = event.vin.or_else(|| self.vin.clone());
        if let Some(sample) = self.sample {
            event.speed_kmh = event.speed_kmh.or(measured(sample.speed_kmh, sample.at));
            event.ignition = event.ignition.or(measured(sample.ignition, sample.at));
            event.odometer_km = event
                .odometer_km
                .or(measured(sample.odometer_km, sample.at));
        }
        event
    }
}

/// Where the values of a record come from: `payload`, `mapping` or `lookup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sources {
    chassis_number: &'static str,
    position: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    telemetry: Option<TelemetrySources>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct TelemetrySources {
    speed: &'static str,
    ignition: &'static str,
    odometer: &'static str,
}

impl Sources {
    /// Where what is sent for an event comes from, given what was looked up for it.
    #[must_use]
    pub fn of(event: &Event, finding: Option<&Finding>) -> Self {
        let chassis_number = match finding {
            _ if event.vin.is_some() => PAYLOAD,
            Some(finding) if finding.learned => LOOKUP,
            _ => MAPPING,
        };
        let or_lookup = |stated: bool| if stated { PAYLOAD } else { LOOKUP };
        let sample = finding.and_then(|finding| finding.sample);
        Self {
            chassis_number,
            position: PAYLOAD,
            telemetry: sample.map(|_| TelemetrySources {
                speed: or_lookup(event.speed_kmh.is_some()),
                ignition: or_lookup(event.ignition.is_some()),
                odometer: or_lookup(event.odometer_km.is_some()),
            }),
        }
    }
}

/// What opens an API for a while.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// What is sent as `Authorization: Bearer …`.
    pub bearer: String,
    /// When a new one is asked for.
    pub renew_at: UtcMillis,
}

impl Token {
    /// Reads the answer of a token endpoint (`access_token`, `expires_in` in seconds), of the time
    /// `now`. It is renewed five minutes before its end, as Telemax advises, or at half its time.
    #[must_use]
    pub fn read(body: &[u8], now: UtcMillis) -> Option<Self> {
        let body = payload::parse_object(body).ok()?;
        let bearer = payload::text(&body, "/access_token")?;
        let seconds = payload::number(&body, "/expires_in")?;
        // A header takes no more than visible characters.
        if !bearer.bytes().all(|byte| byte.is_ascii_graphic()) || !(1.0..=1e9).contains(&seconds) {
            return None;
        }
        #[allow(clippy::cast_possible_truncation, reason = "a billion seconds at most")]
        let lives = seconds as i64 * 1000;
        Some(Self {
            bearer: bearer.to_owned(),
            renew_at: now.plus_millis((lives - RENEW_BEFORE).max(lives / 2)),
        })
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Why an answer's sample is added to an event, or is not.
fn verdict(event: &Event, known: &Known, window: i64) -> &'static str {
    let Some((sample, event_ts)) = known.sample.zip(event.event_ts) else {
        return if known.vin.is_some() {
            "vin"
        } else {
            Failure::NoVin.code()
        };
    };
    let disagrees = |stated: Measured<bool>| sample.ignition.is_some_and(|on| on != stated.value);
    let whole = (event.speed_kmh.is_some() || sample.speed_kmh.is_some())
        && sample.ignition.is_some()
        && (event.odometer_km.is_some() || sample.odometer_km.is_some());
    if sample.at.millis_since(event_ts).abs() > window {
        "outside_window"
    } else if event.ignition.is_some_and(disagrees) {
        "ignition_disagrees"
    } else if whole {
        TELEMETRY
    } else {
        "incomplete"
    }
}

fn measured<T>(value: Option<T>, at: UtcMillis) -> Option<Measured<T>> {
    value.map(|value| Measured {
        value,
        at: Some(at),
    })
}

/// A quantity that can be true: finite and not negative.
fn quantity(value: &Value, path: &str) -> Option<f64> {
    payload::number(value, path).filter(|value| value.is_finite() && *value >= 0.0)
}

const TELEMETRY: &str = "telemetry";
const PAYLOAD: &str = "payload";
const MAPPING: &str = "mapping";
const LOOKUP: &str = "lookup";

/// How long before its end a token is renewed, in milliseconds.
const RENEW_BEFORE: i64 = 300_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::assert_reads_back;

    #[test]
    fn answers_and_findings_read_back() {
        let at = UtcMillis::from_millis(1_777_000_000_000);
        let bare = Sample {
            at,
            speed_kmh: None,
            ignition: None,
            odometer_km: None,
        };
        let whole = Sample {
            at,
            speed_kmh: Some(80.5),
            ignition: Some(false),
            odometer_km: Some(12.0),
        };
        let vin = Vin::parse("5YJ3E7EB1LF000001");
        for sample in [None, Some(bare), Some(whole)] {
            assert_reads_back(&Answer::Ok(Known {
                vin: vin.clone(),
                sample,
            }));
            assert_reads_back(&Finding {
                at,
                result: TELEMETRY.to_owned(),
                vin: vin.clone(),
                learned: true,
                sample,
            });
        }
        assert_reads_back(&Answer::Ok(Known::default()));
        for failure in Failure::ALL {
            assert_reads_back(&Answer::Err(failure));
            assert_reads_back(&Finding::without(failure, at));
        }
        for text in ["{}", r#"{"Ok":null}"#, r#"{"Err":"else"}"#] {
            assert!(Answer::from_json(text.as_bytes()).is_none(), "{text}");
        }
    }
}
