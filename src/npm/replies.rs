//! Answers to JavaScript, as JSON.

use crate::cartrack::record::{Record, Unsendable};
use crate::challenge::Reply;
use crate::event::Event;
use crate::mapping::MappingChange;
use crate::npm::{buffers, platform_number};
use crate::provider::telematica::CALLBACK_HEADERS;
use crate::provider::{PROVIDERS, Reading};
use crate::receive::Received;
use crate::rejection::Rejection;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

/// Answers with `value` and gives the length of its JSON.
pub fn reply(value: &impl Serialize) -> usize {
    let mut json = Vec::new();
    // Strings, finite numbers and booleans always have a JSON form.
    let written = value.serialize(&mut Serializer::with_formatter(&mut json, PlatformNumbers));
    buffers::answer(if written.is_ok() { json } else { Vec::new() })
}

/// Has JavaScript write the numbers with a point: its text for them is the shortest, too, and the
/// tables for it would be a quarter of the package.
struct PlatformNumbers;

impl Formatter for PlatformNumbers {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let mut text = [0; 32];
        let len = platform_number(value, &mut text);
        writer.write_all(text.get(..len).unwrap_or_default())
    }
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
    message: String,
    status: u16,
}

impl Refusal {
    pub fn of(rejection: &Rejection) -> Self {
        Self {
            code: rejection.code(),
            message: rejection.to_string(),
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
    Rejected(Refusal),
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
            Err(rejection) => Self::Rejected(Refusal::of(&rejection)),
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
