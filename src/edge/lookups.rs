//! Look-ups at the providers' APIs.
//!
//! Each provider has one *desk*, a Durable Object of the lanes' class under a name of its own. It
//! has the token and the budget that all lanes share. A lane asks the desk, waits as long as it
//! likes, and no event depends on the answer.

mod desk;
mod joint;

pub use desk::Desk;

use crate::edge::config;
use crate::edge::lanes::Lanes;
use crate::edge::wait::Lost;
use crate::json::{FromJson, Value};
use crate::lookup::{Answer, Failure};
use crate::timestamp::UtcMillis;
use serde::Serialize;
use std::time::Duration;
use worker::Env;

/// The APIs that can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// The VIN.
    Smartcar,
    /// The VIN, and a sample of the telemetry.
    Telemax,
}

impl Api {
    /// The API of a provider, where its key is set.
    pub fn of(env: &Env, provider: &str) -> Option<Self> {
        match provider {
            "smartcar" if is_set(&config::smartcar(env)) => Some(Self::Smartcar),
            "telemax" if is_set(&config::telemax(env)) => Some(Self::Telemax),
            _ => None,
        }
    }

    /// Whether it tells anything of a vehicle whose VIN is known.
    pub fn tells_telemetry(self) -> bool {
        self == Self::Telemax
    }
}

/// An unusable setting counts as set: what comes of it is shown.
fn is_set<T>(access: &Result<Option<T>, &'static str>) -> bool {
    !matches!(access, Ok(None))
}

/// What a lane asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Query {
    /// The provider's name.
    pub provider: String,
    /// The provider's id of the vehicle.
    pub vehicle: String,
    /// The provider's id of its user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// What a desk tells.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// What the provider answered, or why it did not.
    pub answer: Answer,
    /// Before this time it would be the same again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<UtcMillis>,
    /// Whether it would be the same for any vehicle.
    pub for_all: bool,
}

impl FromJson for Query {
    fn from_value(mut query: Value) -> Option<Self> {
        Some(Self {
            provider: query.take("provider")?,
            vehicle: query.take("vehicle")?,
            user: query.take("user")?,
        })
    }
}

impl FromJson for Told {
    fn from_value(mut told: Value) -> Option<Self> {
        Some(Self {
            answer: told.take("answer")?,
            until: told.take("until")?,
            for_all: told.take_or_default("for_all")?,
        })
    }
}

impl From<Answer> for Told {
    fn from(answer: Answer) -> Self {
        Self {
            answer,
            until: None,
            for_all: false,
        }
    }
}

/// Asks the provider's desk, and waits for so long at most.
pub async fn ask(env: &Env, query: &Query, wait: Duration) -> Told {
    match Lanes::of(env).look_up(query, wait).await {
        Ok(told) => told,
        Err(Lost::Broken) => Err(Failure::Unavailable).into(),
        Err(Lost::TimedOut) => Err(Failure::TimedOut).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::assert_reads_back;
    use crate::lookup::Known;

    #[test]
    fn questions_and_answers_read_back() {
        for user in [None, Some("u".to_owned())] {
            assert_reads_back(&Query {
                provider: "p".into(),
                vehicle: "v".into(),
                user,
            });
        }
        assert_reads_back(&Told::from(Ok(Known::default())));
        assert_reads_back(&Told {
            answer: Err(Failure::RateLimited),
            until: Some(UtcMillis::from_millis(1_777_000_000_000)),
            for_all: true,
        });
    }
}
