//! Every case folder gives what its `expected.json` says: verified, read and weighed natively, under
//! the case's own clock and configuration.

use crate::case::{Answer, Case, Gateway};
use crate::say;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use weighbridge::cartrack::record::Record;
use weighbridge::cartrack::{Answer as Sent, Reply, Sink};
use weighbridge::event::{Event, Measured, SkipReason};
use weighbridge::fault::Fault;
use weighbridge::mapping::{Action, Mapping, Mappings, Vin};
use weighbridge::provider::{PROVIDERS, Reading};
use weighbridge::relay::{self, Round};

#[test]
fn every_case_of_every_provider_turns_out_as_it_says() {
    let failures: Vec<String> = PROVIDERS
        .iter()
        .filter_map(|provider| run(provider.name()))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn no_provider_is_without_cases_of_every_kind() {
    let mut faults = Vec::new();
    for provider in PROVIDERS.iter().map(|provider| provider.name()) {
        let cases = Case::all_of(provider);
        let with = |status: u64| cases.iter().filter(|case| case.status() == status).count();
        for (what, count, least) in [
            ("at all", cases.len(), 10),
            ("accepted", with(202), 1),
            ("skipped or otherwise answered", with(200), 1),
            ("refused for the body", with(400), 1),
            ("refused for the signature", with(401), 3),
        ] {
            if count < least {
                faults.push(format!(
                    "{provider}: {count} cases {what}, fewer than {least}"
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_case_names_its_source_and_what_it_shows() {
    for provider in PROVIDERS.iter().map(|provider| provider.name()) {
        for case in Case::all_of(provider) {
            assert!(
                !case.source.trim().is_empty(),
                "{} has no source",
                case.name
            );
            assert!(
                !case.about.trim().is_empty(),
                "{} is about nothing",
                case.name
            );
        }
    }
}

/// Runs every case of a provider; what fails, if any does.
fn run(provider: &str) -> Option<String> {
    let cases = Case::all_of(provider);
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let differences = differences(case);
            let lines = differences.join("\n    ");
            (!differences.is_empty())
                .then(|| format!("{} ({})\n    {lines}", case.name, case.about))
        })
        .collect();
    let (all, failed) = (cases.len(), failures.len());
    say(&format!("{provider}: {all} cases, {failed} failing"));
    (failed > 0).then(|| format!("{failed} of {all} cases fail:\n{}", failures.join("\n")))
}

/// In what the case turns out otherwise than expected.
fn differences(case: &Case) -> Vec<String> {
    let mut told = Differences(Vec::new());
    let reply = &case.expected["reply"];
    let (status, body) = match Gateway::new(case.hook, &case.config).answer(&case.delivery) {
        Answer::Challenge(challenge) => (200, json!({ "challenge": challenge })),
        Answer::Refused(status, code) => (status, json!({ "error": code })),
        Answer::Read(reading) => {
            let weighed: Vec<_> = reading
                .events
                .iter()
                .map(|event| weigh(case, event))
                .collect();
            told.compare_reading(case, &reading, &weighed);
            replied(&reading, &weighed)
        }
    };
    told.compare("status", &json!(status), &reply["status"]);
    told.compare("reply", &body, &reply["body"]);
    told.0
}

/// The status and the body of the reply to a genuine delivery, without ids.
fn replied(reading: &Reading, weighed: &[Weighed]) -> (u16, Value) {
    let mut seen = HashSet::new();
    let events: Vec<Value> = reading
        .events
        .iter()
        .zip(weighed)
        .map(|(event, weighed)| match (event.skip, weighed.word) {
            _ if !seen.insert(&event.provider_event_id) => json!({ "outcome": "duplicate" }),
            (Some(reason), _) => json!({ "outcome": "skipped", "reason": reason.code() }),
            (None, word @ "unmapped_vehicle") => json!({ "outcome": "accepted", "reason": word }),
            (None, _) => json!({ "outcome": "accepted" }),
        })
        .collect();
    let has_event = |outcome: &str| events.iter().any(|event| event["outcome"] == outcome);
    let has_change = |action| reading.changes.iter().any(|change| change.action == action);
    let had = [
        ("accepted", has_event("accepted")),
        ("mapping_updated", has_change(Action::Upsert)),
        ("mapping_removed", has_change(Action::Remove)),
        ("duplicate", has_event("duplicate")),
    ];
    let outcome = had
        .iter()
        .find(|(_, had)| *had)
        .map_or("skipped", |(outcome, _)| outcome);
    let status = if outcome == "accepted" { 202 } else { 200 };
    (status, json!({ "outcome": outcome, "events": events }))
}

/// What weighing an event came to: `record` or why there is none, and the record.
struct Weighed {
    word: &'static str,
    record: Option<Record>,
}

fn weigh(case: &Case, event: &Event) -> Weighed {
    let mappings = Known(RefCell::new(case.known.clone()));
    match now_or_never(relay::round(event, &mappings, &Accepting)) {
        Round::LookupFailed => panic!("{}: these mappings never fail", case.name),
        Round::Sent { record, .. } => Weighed {
            word: "record",
            record: Some(*record),
        },
        Round::Unsendable(reason) => Weighed {
            word: reason.code(),
            record: None,
        },
    }
}

struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, what: &str, got: &Value, expected: &Value) {
        if !alike(got, expected) {
            self.0
                .push(format!("{what}: expected {expected}, got {got}"));
        }
    }

    fn compare_reading(&mut self, case: &Case, reading: &Reading, weighed: &[Weighed]) {
        let expected = &case.expected;
        let events = expected["events"].as_array().cloned().unwrap_or_default();
        self.compare(
            "number of events",
            &json!(reading.events.len()),
            &json!(events.len()),
        );
        for (index, (event, expected)) in reading.events.iter().zip(&events).enumerate() {
            self.compare_event(case, index, event, expected);
        }
        let words: Vec<&str> = weighed.iter().map(|weighed| weighed.word).collect();
        self.compare("weigh", &json!(words), &expected["weigh"]);
        let records: Vec<Value> = weighed
            .iter()
            .map(|weighed| self.wire(case, weighed))
            .collect();
        self.compare("records", &json!(records), &expected["records"]);
        if expected["mappings"].is_null() {
            self.compare("changes of mappings", &json!(reading.changes), &json!([]));
        } else {
            let mappings = json!({ "user": reading.user, "changes": reading.changes });
            self.compare("mappings", &mappings, &expected["mappings"]);
        }
    }

    fn compare_event(&mut self, case: &Case, index: usize, event: &Event, expected: &Value) {
        let got = normal(event);
        let provider = case.hook.provider().name();
        self.compare("provider", &json!(event.provider), &json!(provider));
        self.compare(
            "received_at",
            &json!(event.received_at),
            &json!(case.delivery.now),
        );
        let given = expected
            .as_object()
            .unwrap_or_else(|| panic!("{}: events", case.name));
        let always = ["type", "provider_event_id", "skip"];
        for (member, value) in &got {
            let is_due = always.contains(&member.as_str())
                || given.contains_key(member)
                || (event.skip.is_none() && member != "vehicle");
            if is_due {
                self.compare(
                    &format!("event {index}: {member}"),
                    value,
                    &expected[member],
                );
            }
        }
        for member in given.keys().filter(|member| !got.contains_key(*member)) {
            self.0.push(format!(
                "expected.json has an unknown member of an event: {member}"
            ));
        }
    }

    /// The record as it goes over the wire, without the time of receipt, which the case's clock gives.
    fn wire(&mut self, case: &Case, weighed: &Weighed) -> Value {
        let Some(record) = &weighed.record else {
            return Value::Null;
        };
        let mut wire: Value = serde_json::from_str(&record.to_json()).unwrap();
        let received = wire["source"]["provider_received_ts"].take();
        self.compare("provider_received_ts", &received, &json!(case.delivery.now));
        wire["source"]
            .as_object_mut()
            .unwrap()
            .remove("provider_received_ts");
        wire
    }
}

/// The members of an event that cases speak of; what is unknown is null.
fn normal(event: &Event) -> Map<String, Value> {
    let notes = if event.notes.is_empty() {
        Value::Null
    } else {
        json!(event.notes)
    };
    let normal = json!({
        "vehicle": event.vehicle,
        "type": event.kind,
        "provider_event_id": event.provider_event_id,
        "skip": event.skip.map(SkipReason::code),
        "event_ts": event.event_ts,
        "time_source": event.time_source,
        "vin": event.vin.as_ref().map(Vin::as_str),
        "odometer_km": event.odometer_km.map(finite),
        "speed_kmh": event.speed_kmh.map(finite),
        "ignition": event.ignition.map(|ignition| ignition.value),
        "notes": notes,
    });
    normal.as_object().cloned().unwrap()
}

/// The measured value; JSON would make null of one that is not finite.
fn finite(measured: Measured<f64>) -> Value {
    let value = measured.value;
    if value.is_finite() {
        json!(value)
    } else {
        json!(value.to_string())
    }
}

/// Whether two values are equal, numbers within 1e-9.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || (one.as_f64().unwrap() - other.as_f64().unwrap()).abs() <= 1e-9
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| {
                    other
                        .get(name)
                        .is_some_and(|counterpart| alike(value, counterpart))
                })
        }
        _ => one == other,
    }
}

/// The mappings that a case names beforehand.
struct Known(RefCell<BTreeMap<String, String>>);

impl Mappings for Known {
    fn lookup(
        &self,
        _: &str,
        vehicle: &str,
    ) -> impl Future<Output = Result<Option<Mapping>, Fault>> {
        let vin = self
            .0
            .borrow()
            .get(vehicle)
            .map(|vin| Vin::parse(vin).unwrap());
        ready(Ok(vin.map(|vin| Mapping {
            vin: Some(vin),
            ..Mapping::default()
        })))
    }

    fn learn(
        &self,
        _: &str,
        vehicle: &str,
        mapping: Mapping,
    ) -> impl Future<Output = Result<(), Fault>> {
        let vin = mapping.vin.unwrap().as_str().to_owned();
        self.0.borrow_mut().insert(vehicle.to_owned(), vin);
        ready(Ok(()))
    }
}

/// A sink that takes every record.
struct Accepting;

impl Sink for Accepting {
    fn send(&self, _: &str) -> impl Future<Output = Reply> {
        ready(Reply {
            answer: Sent::Status(202),
            retry_at: None,
            body: String::new(),
        })
    }
}

/// The doubles answer at once, so that one poll is enough.
fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a double waited"),
    }
}
