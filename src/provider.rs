//! What a provider is: one trait, and the list of those that are known.
//!
//! A new provider is one file that implements [`Provider`], one line in [`PROVIDERS`], one folder
//! of cases and one page of documentation; routes, configuration and metrics follow from these.

pub mod smartcar;
pub mod telematica;
pub mod telemax;

use crate::challenge::Challenge;
use crate::event::{Event, Mode};
use crate::mapping::MappingChange;
use crate::rejection::Rejection;
use crate::secret::KeyFormat;
use crate::signature::{Scheme, Verified};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// One provider's dialect. Implementations hold no state and touch neither network nor clock.
pub trait Provider: Sync {
    /// The name in routes (`/hooks/{name}`), in records (`source.provider`) and in metrics.
    fn name(&self) -> &'static str;

    /// The configured list of secrets.
    fn secret_name(&self) -> &'static str;

    /// How keys are read from the secrets, unless [`encoding_name`](Self::encoding_name) says.
    fn key_format(&self) -> KeyFormat;

    /// The setting that chooses between `utf8` and `hex` keys, where the provider leaves it open.
    fn encoding_name(&self) -> Option<&'static str> {
        None
    }

    /// What is signed, and in which header the signature comes.
    fn scheme(&self) -> Scheme;

    /// Every header that verification and reading look at, in lower case.
    fn headers(&self) -> &'static [&'static str];

    /// The challenge in a body that need not be signed, where the provider sends challenges:
    /// `None` for a body that is none, an error for one that must not be answered.
    fn challenge(&self, _body: &[u8]) -> Option<Result<Challenge, Rejection>> {
        None
    }

    /// Reads a genuine delivery.
    ///
    /// # Errors
    /// [`Rejection::MalformedBody`] when the bytes are no JSON object.
    fn read(&self, verified: &Verified<'_>) -> Result<Reading, Rejection>;

    /// The mode that an unverified body claims, for the statistics of refusals only.
    fn claimed_mode(&self, _body: &[u8]) -> Mode {
        Mode::Live
    }
}

/// What a genuine delivery says: events, changes of mappings, or nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// What happened to vehicles.
    pub events: Vec<Event>,
    /// Which vehicles came and went.
    pub changes: Vec<MappingChange>,
    /// Whose vehicles the changes are about.
    pub user: Option<String>,
}

impl Reading {
    /// A delivery that says one thing.
    #[must_use]
    pub fn event(event: Event) -> Self {
        Self {
            events: vec![event],
            ..Self::default()
        }
    }
}

/// The providers that are known.
pub const PROVIDERS: &[&dyn Provider] = &[
    &smartcar::Smartcar,
    &telematica::Telematica,
    &telemax::Telemax,
];

/// The provider of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static dyn Provider> {
    PROVIDERS
        .iter()
        .copied()
        .find(|provider| provider.name() == name)
}
