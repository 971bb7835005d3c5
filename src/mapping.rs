//! Which vehicle is which: the link from a provider's vehicle id to a VIN and a user.

use crate::fault::Fault;
use crate::json::{FromJson, Value};
use alloc::string::String;
use core::fmt;
use core::future::Future;
use serde::Serialize;

/// A vehicle identification number: 17 letters and digits, in capitals.
///
/// I, O and Q pass and no check digit is computed: Cartrack states the length only, and check
/// digits are not used all over the world.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Vin(String);

impl Vin {
    /// Reads a VIN in any case, with white space at its ends.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let vin = text.trim().to_ascii_uppercase();
        let sound = vin.len() == 17 && vin.bytes().all(|byte| byte.is_ascii_alphanumeric());
        sound.then_some(Self(vin))
    }

    /// The 17 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Vin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vin(…)")
    }
}

impl FromJson for Vin {
    fn from_value(value: Value) -> Option<Self> {
        Self::parse(value.as_str()?)
    }
}

/// What is known of one vehicle. One without a VIN is incomplete: its events wait.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Mapping {
    /// The VIN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vin: Option<Vin>,
    /// The provider's id of the user who connected the vehicle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The manufacturer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The model year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    /// The registration, as on the number plate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration: Option<String>,
}

impl Mapping {
    /// This mapping with the news in `later`; what `later` does not say stays.
    #[must_use]
    pub fn updated_by(self, later: Self) -> Self {
        Self {
            vin: later.vin.or(self.vin),
            user: later.user.or(self.user),
            make: later.make.or(self.make),
            model: later.model.or(self.model),
            year: later.year.or(self.year),
            registration: later.registration.or(self.registration),
        }
    }
}

impl FromJson for Mapping {
    fn from_value(mut mapping: Value) -> Option<Self> {
        Some(Self {
            vin: mapping.take("vin")?,
            user: mapping.take("user")?,
            make: mapping.take("make")?,
            model: mapping.take("model")?,
            year: mapping.take("year")?,
            registration: mapping.take("registration")?,
        })
    }
}

/// A change of one vehicle's mapping, as a provider reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MappingChange {
    /// What to do.
    pub action: Action,
    /// The provider's id of the vehicle.
    pub vehicle: String,
    /// What is known of it; empty when it is removed.
    #[serde(flatten)]
    pub mapping: Mapping,
}

/// What a change does to a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The vehicle is disconnected; its events wait again.
    Remove,
    /// The vehicle is connected, or more is known of it.
    Upsert,
}

/// Where mappings are looked up while an event is weighed.
pub trait Mappings {
    /// What is known of a vehicle; `None` when nothing is.
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer.
    fn lookup(
        &self,
        provider: &str,
        vehicle: &str,
    ) -> impl Future<Output = Result<Option<Mapping>, Fault>>;

    /// Keeps the VIN that a genuine payload named, for a vehicle that had none.
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer.
    fn learn(
        &self,
        provider: &str,
        vehicle: &str,
        mapping: Mapping,
    ) -> impl Future<Output = Result<(), Fault>>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::assert_reads_back;

    #[test]
    fn vins_are_trimmed_and_capitalised_and_need_17_characters() {
        let vin = Vin::parse(" 5yj3e7eb1lf000001\n").unwrap();
        assert_eq!(vin.as_str(), "5YJ3E7EB1LF000001");
        for text in [
            "",
            "5YJ3E7EB1LF00000",
            "5YJ3E7EB1LF0000012",
            "5YJ3E7EB1LF-00001",
            "5YJ3E7EB1LF00000é",
        ] {
            assert_eq!(Vin::parse(text), None, "{text}");
        }
        assert_eq!(format!("{vin:?}"), "Vin(…)");
    }

    #[test]
    fn mappings_read_back() {
        assert_reads_back(&Mapping::default());
        assert_reads_back(&Mapping {
            vin: Vin::parse("5YJ3E7EB1LF000001"),
            user: Some("u".into()),
            make: Some("m".into()),
            model: Some("o".into()),
            year: Some(2020),
            registration: Some("r".into()),
        });
        let read = Mapping::from_json;
        assert_eq!(read(b"{}"), Some(Mapping::default()));
        assert_eq!(read(br#"{"vin":"SHORT"}"#), None);
    }

    #[test]
    fn an_update_keeps_what_it_does_not_say() {
        let known = Mapping {
            vin: Vin::parse("5YJ3E7EB1LF000001"),
            year: Some(2020),
            ..Mapping::default()
        };
        let later = Mapping {
            year: Some(2021),
            registration: Some("X".into()),
            ..Mapping::default()
        };
        let merged = known.clone().updated_by(later);
        assert_eq!((merged.vin, merged.year), (known.vin, Some(2021)));
        assert_eq!(merged.registration.as_deref(), Some("X"));
    }
}
