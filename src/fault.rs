//! What goes wrong on our side or the platform's. The provider is asked to try again.

use core::fmt;

/// A failure that is not the sender's: answered with 503, so that nothing is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A secret or a setting that the route needs is missing or unusable.
    NotConfigured(&'static str),
    /// Storage did not answer, or not in time.
    Storage(&'static str),
}

impl Fault {
    /// The stable code of this fault.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotConfigured(_) => "provider_not_configured",
            Self::Storage(_) => "storage_unavailable",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConfigured(name) => {
                write!(
                    f,
                    "Set {name} to a usable value; until then nothing is accepted here."
                )
            }
            Self::Storage(what) => {
                write!(
                    f,
                    "Storage is not available ({what}). Nothing was accepted; send it again."
                )
            }
        }
    }
}

impl core::error::Error for Fault {}
