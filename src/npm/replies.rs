//! Answers to JavaScript, as JSON.

use crate::cartrack::record::{Record, Unsendable};
use crate::challenge::Reply;
use crate::event::Event;
use crate::mapping::MappingChange;
use crate::npm::{buffers, json};
use crate::provider::telematica::CALLBACK_HEADERS;
use crate::provider::{PROVIDERS, Reading};
use crate::receive::Received;
use crate::rejection::Rejection;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// Answers with `value` and gives the length of its JSON.
pub fn reply(value: &impl Serialize) -> usize {
    buffers::answer(json::written(value))
}

/// What JavaScript has to know of the providers.
#[derive(Serialize)]
pub struct Catalogue {
    providers: Vec<Entry>,
    callback: &'static [&'static str],
}

#[derive(Serialize)]
struct Entry {
    name: &'static str,
    headers: &'static [&'static str],
}

impl Catalogue {
    pub fn known() -> Self {
        let entry = |provider: &&'static dyn crate::provider::Provider| Entry {
            name: provider.name(),
            headers: provider.headers(),
        };
        Self {
            providers: PROVIDERS.iter().map(entry).collect(),
            callback: CALLBACK_HEADERS,
        }
    }
}

/// Why a delivery is refused.
#[derive(Serialize)]
pub struct Refusal {
    code: &'static str,
    message: Cow<'static, str>,
    status: u16,
}

impl Refusal {
    pub fn of(rejection: &Rejection) -> Self {
        Self {
            code: rejection.code(),
            message: rejection.message(),
            status: rejection.status(),
        }
    }
}

/// What came of a delivery.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    Challenge {
        reply: Reply,
    },
    Events {
        events: Vec<Event>,
    },
    Mappings {
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        changes: Vec<MappingChange>,
    },
    Rejected {
        #[serde(flatten)]
        refusal: Refusal,
    },
}

impl Outcome {
    pub fn of(received: Result<Received, Rejection>) -> Self {
        match received {
            Ok(Received::Challenge(reply)) => Self::Challenge { reply },
            Ok(Received::Reading(reading, _)) => {
                let Reading {
                    events,
                    changes,
                    user,
                } = reading;
                if events.is_empty() {
                    Self::Mappings { user, changes }
                } else {
                    Self::Events { events }
                }
            }
            Err(rejection) => Self::Rejected {
                refusal: Refusal::of(&rejection),
            },
        }
    }
}

/// What Cartrack is sent.
#[derive(Serialize)]
pub struct Weighed {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<Record>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl Weighed {
    pub fn of(weighed: Result<Record, Unsendable>) -> Self {
        let reason = weighed.as_ref().err().map(|reason| reason.code());
        Self {
            ok: weighed.is_ok(),
            record: weighed.ok(),
            reason,
        }
    }
}
