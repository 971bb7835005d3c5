//! The way of an event to Cartrack: weigh, send, settle.

use crate::backoff;
use crate::cartrack::record::{Record, Unsendable};
use crate::cartrack::{Reply, Sink};
use crate::event::Event;
use crate::fault::Fault;
use crate::mapping::{Mapping, Mappings};
use crate::outcome::Outcome;
use crate::state::State;
use crate::timestamp::UtcMillis;
use alloc::boxed::Box;
use alloc::string::String;

/// What one round of relaying an event came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Round {
    /// The mapping could not be looked up; nothing was sent.
    LookupFailed,
    /// It was sent, and something came back.
    Sent {
        /// What was sent.
        record: Box<Record>,
        /// The same, as it went over the wire.
        text: String,
        /// What came back.
        reply: Reply,
    },
    /// There is nothing to send, or not yet.
    Unsendable(Unsendable),
}

/// Weighs an event and, where that gives a record, sends it.
pub async fn round(event: &Event, mappings: &impl Mappings, sink: &impl Sink) -> Round {
    let Ok(mapping) = find_mapping(event, mappings).await else {
        return Round::LookupFailed;
    };
    let record = match Record::weigh(event, mapping.as_ref()) {
        Ok(record) => record,
        Err(unsendable) => return Round::Unsendable(unsendable),
    };
    learn(event, mapping, mappings).await;
    let text = record.to_json();
    let reply = sink.send(&text).await;
    let record = Box::new(record);
    Round::Sent {
        record,
        text,
        reply,
    }
}

/// The mapping of the event's vehicle, under any of its ids; one with a VIN is preferred.
///
/// # Errors
/// [`Fault`] when the store does not answer.
pub async fn find_mapping(
    event: &Event,
    mappings: &impl Mappings,
) -> Result<Option<Mapping>, Fault> {
    let mut found = None;
    for vehicle in event.mapping_ids() {
        match mappings.lookup(&event.provider, vehicle).await? {
            Some(mapping) if mapping.vin.is_some() => return Ok(Some(mapping)),
            mapping => found = found.or(mapping),
        }
    }
    Ok(found)
}

/// Keeps the VIN that a payload names, where `known` has none.
///
/// A failure to keep it changes nothing: the event is served either way, and another one will
/// teach the same.
pub async fn learn(event: &Event, known: Option<Mapping>, mappings: &impl Mappings) {
    let known = known.unwrap_or_default();
    let (Some(vehicle), Some(vin), None) = (&event.vehicle, &event.vin, &known.vin) else {
        return;
    };
    let news = Mapping {
        vin: Some(vin.clone()),
        user: event.user.clone(),
        ..Mapping::default()
    };
    let _ = mappings
        .learn(&event.provider, vehicle, known.updated_by(news))
        .await;
}

/// How far an event has come in the state that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The state that it waits in.
    pub state: State,
    /// Rounds in this state so far, this one not counted.
    pub failures: u32,
    /// When the first of them was.
    pub since: Option<UtcMillis>,
}

/// Where an event goes after a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The state that it moves to.
    pub state: State,
    /// Why, for states that need a reason.
    pub reason: Option<&'static str>,
    /// When it is looked at again; `None` for states in which it has settled.
    pub due_at: Option<UtcMillis>,
    /// Rounds in this wait, this one counted.
    pub failures: u32,
    /// When this wait began.
    pub since: UtcMillis,
}

/// Decides where an event goes after a round.
///
/// Waiting for a VIN and waiting for Cartrack are two waits: each begins with its own first round.
/// `spread` is a number from 0 to 1, drawn at random, by which waits are spread.
#[must_use]
pub fn settle(round: &Round, progress: Progress, now: UtcMillis, spread: f64) -> Settled {
    let continues = match round {
        Round::LookupFailed => true,
        Round::Sent { .. } => progress.state != State::Unmapped,
        Round::Unsendable(_) => progress.state == State::Unmapped,
    };
    let failures = if continues { progress.failures } else { 0 }.saturating_add(1);
    let since = progress.since.filter(|_| continues).unwrap_or(now);
    let waited = now.millis_since(since);
    let retry_at = now.plus_millis(backoff::retry_delay(failures, spread));
    let (state, due_at) = match round {
        Round::LookupFailed => (progress.state, Some(retry_at)),
        Round::Unsendable(Unsendable::Unmapped) if waited < backoff::UNMAPPED_FOR => {
            let recheck = now.plus_millis(backoff::recheck_delay(failures, spread));
            (State::Unmapped, Some(recheck))
        }
        Round::Unsendable(_) => (State::Dead, None),
        Round::Sent { reply, .. } => match Outcome::of(reply.answer) {
            Outcome::Delivered => (State::Delivered, None),
            Outcome::Hold => (State::Held, Some(now.plus_millis(backoff::PROBE_EVERY))),
            Outcome::Refused => (State::Dead, None),
            Outcome::Retry if waited >= backoff::RETRY_FOR => (State::Dead, None),
            Outcome::Retry => {
                let at = reply.retry_at.map_or(retry_at, |at| at.max(retry_at));
                (State::Pending, Some(at))
            }
        },
    };
    let reason = match (state, round) {
        (State::Held, _) => Some("configuration_refused"),
        (State::Unmapped, _) => Some(Unsendable::Unmapped.code()),
        (State::Dead, Round::Unsendable(unsendable)) => Some(unsendable.code()),
        (State::Dead, Round::Sent { reply, .. }) => Some(match Outcome::of(reply.answer) {
            Outcome::Retry => "retries_exhausted",
            _ => "refused_by_cartrack",
        }),
        _ => None,
    };
    Settled {
        state,
        reason,
        due_at,
        failures,
        since,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cartrack::Answer;
    use crate::json::FromJson;
    use crate::mapping::Vin;
    use serde_json::json;
    use std::cell::RefCell;
    use std::collections::HashMap;
    use std::future::{Future, ready};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    #[derive(Default)]
    struct InMemory {
        mappings: RefCell<HashMap<String, Mapping>>,
        fails: bool,
    }

    impl Mappings for InMemory {
        fn lookup(
            &self,
            _: &str,
            vehicle: &str,
        ) -> impl Future<Output = Result<Option<Mapping>, Fault>> {
            ready(if self.fails {
                Err(Fault::Storage("mappings"))
            } else {
                Ok(self.mappings.borrow().get(vehicle).cloned())
            })
        }

        fn learn(
            &self,
            _: &str,
            vehicle: &str,
            mapping: Mapping,
        ) -> impl Future<Output = Result<(), Fault>> {
            self.mappings
                .borrow_mut()
                .insert(vehicle.to_owned(), mapping);
            ready(Ok(()))
        }
    }

    struct Answers(Answer, Option<UtcMillis>);

    impl Sink for Answers {
        fn send(&self, _: &str) -> impl Future<Output = Reply> {
            ready(Reply {
                answer: self.0,
                retry_at: self.1,
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

    fn event(extra: &serde_json::Value) -> Event {
        let mut value = json!({
            "provider": "telematica", "vehicle": "v1", "aliases": ["v2"], "type": "vehicle.soc",
            "provider_event_id": "msg_1", "received_at": "2026-04-28T06:14:30Z",
            "event_ts": "2026-04-28T06:14:22Z", "position": {"latitude": 1.0, "longitude": 2.0},
        });
        value
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        Event::from_json(value.to_string().as_bytes()).unwrap()
    }

    fn with_vin(vin: &str) -> Mapping {
        Mapping {
            vin: Vin::parse(vin),
            ..Mapping::default()
        }
    }

    const VIN: &str = "5YJ3E7EB1LF000001";
    const NOW: UtcMillis = UtcMillis::from_millis(1_777_000_000_000);
    const FRESH: Progress = Progress {
        state: State::Pending,
        failures: 0,
        since: None,
    };

    fn sent(answer: Answer, retry_at: Option<UtcMillis>) -> Round {
        let mappings = InMemory::default();
        let event = event(&json!({ "vin": VIN }));
        now_or_never(round(&event, &mappings, &Answers(answer, retry_at)))
    }

    #[test]
    fn a_mapping_is_found_under_any_of_the_vehicles_ids() {
        let mappings = InMemory::default();
        mappings
            .mappings
            .borrow_mut()
            .insert("v1".into(), Mapping::default());
        mappings
            .mappings
            .borrow_mut()
            .insert("v2".into(), with_vin(VIN));
        let round = now_or_never(round(
            &event(&json!({})),
            &mappings,
            &Answers(Answer::Status(202), None),
        ));
        assert!(matches!(round, Round::Sent { .. }));
    }

    #[test]
    fn a_vin_in_the_payload_is_learned_only_where_none_is_known() {
        let mappings = InMemory::default();
        let event = event(&json!({ "vin": VIN, "user": "u1" }));
        now_or_never(round(
            &event,
            &mappings,
            &Answers(Answer::Status(202), None),
        ));
        let learned = mappings.mappings.borrow().get("v1").cloned().unwrap();
        assert_eq!(
            (learned.vin, learned.user.as_deref()),
            (Vin::parse(VIN), Some("u1"))
        );

        let other = with_vin("5YJ3E7EB1LF000002");
        mappings
            .mappings
            .borrow_mut()
            .insert("v1".into(), other.clone());
        let round = now_or_never(round(
            &event,
            &mappings,
            &Answers(Answer::Status(202), None),
        ));
        assert_eq!(round, Round::Unsendable(Unsendable::VinConflict));
        assert_eq!(mappings.mappings.borrow().get("v1"), Some(&other));
    }

    #[test]
    fn a_failing_store_sends_nothing_and_is_tried_again() {
        let mappings = InMemory {
            fails: true,
            ..InMemory::default()
        };
        let round = now_or_never(round(
            &event(&json!({})),
            &mappings,
            &Answers(Answer::Status(202), None),
        ));
        assert_eq!(round, Round::LookupFailed);
        assert_eq!(settle(&round, FRESH, NOW, 0.5).state, State::Pending);
    }

    #[test]
    fn answers_settle_events() {
        for (answer, state, reason) in [
            (Answer::Status(202), State::Delivered, None),
            (Answer::Status(409), State::Delivered, None),
            (
                Answer::Status(422),
                State::Dead,
                Some("refused_by_cartrack"),
            ),
            (
                Answer::Status(401),
                State::Held,
                Some("configuration_refused"),
            ),
            (
                Answer::Status(302),
                State::Held,
                Some("configuration_refused"),
            ),
            (Answer::Status(503), State::Pending, None),
            (Answer::Broken, State::Pending, None),
            (Answer::TimedOut, State::Pending, None),
        ] {
            let settled = settle(&sent(answer, None), FRESH, NOW, 0.5);
            assert_eq!(
                (settled.state, settled.reason),
                (state, reason),
                "{answer:?}"
            );
            assert_eq!(settled.due_at.is_some(), state.is_waiting(), "{answer:?}");
        }
    }

    #[test]
    fn retry_after_puts_off_but_never_brings_forward() {
        let due = |retry_at| settle(&sent(Answer::Status(429), retry_at), FRESH, NOW, 0.5).due_at;
        assert_eq!(
            due(Some(NOW.plus_millis(60_000))),
            Some(NOW.plus_millis(60_000))
        );
        assert_eq!(due(Some(NOW.plus_millis(1))), Some(NOW.plus_millis(5000)));
    }

    #[test]
    fn retries_end_after_48_hours_and_waiting_for_a_vin_after_72() {
        let late = |state, ms: i64| Progress {
            state,
            failures: 20,
            since: Some(NOW.plus_millis(-ms)),
        };
        let end = |round: &Round, state, ms| settle(round, late(state, ms), NOW, 0.5);
        let failed = sent(Answer::Status(503), None);
        let before = end(&failed, State::Pending, backoff::RETRY_FOR - 1);
        assert_eq!((before.state, before.failures), (State::Pending, 21));
        let after = end(&failed, State::Pending, backoff::RETRY_FOR);
        assert_eq!(
            (after.state, after.reason),
            (State::Dead, Some("retries_exhausted"))
        );

        let unmapped = Round::Unsendable(Unsendable::Unmapped);
        let before = end(&unmapped, State::Unmapped, backoff::UNMAPPED_FOR - 1);
        assert_eq!(before.state, State::Unmapped);
        let after = end(&unmapped, State::Unmapped, backoff::UNMAPPED_FOR);
        assert_eq!(
            (after.state, after.reason),
            (State::Dead, Some("unmapped_vehicle"))
        );
    }

    #[test]
    fn waiting_for_a_vin_does_not_count_against_cartrack_nor_the_other_way_round() {
        let long = |state| Progress {
            state,
            failures: 20,
            since: Some(UtcMillis::from_millis(0)),
        };
        let failed = settle(
            &sent(Answer::Status(503), None),
            long(State::Unmapped),
            NOW,
            0.5,
        );
        assert_eq!(
            (failed.state, failed.failures, failed.since),
            (State::Pending, 1, NOW)
        );
        let unmapped = Round::Unsendable(Unsendable::Unmapped);
        let lost = settle(&unmapped, long(State::Pending), NOW, 0.5);
        assert_eq!(
            (lost.state, lost.failures, lost.since),
            (State::Unmapped, 1, NOW)
        );
        let unsure = settle(&Round::LookupFailed, long(State::Unmapped), NOW, 0.5);
        assert_eq!((unsure.state, unsure.failures), (State::Unmapped, 21));
    }
}
