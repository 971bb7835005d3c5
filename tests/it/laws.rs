//! What holds for every input: genuine deliveries are believed and others are not, nothing panics,
//! and events move only as they may.

mod inputs;

use self::inputs::{
    GENUINE, HOUR, Key, LAST_SECOND, NOW, RETRY_HEADERS, body, changed, config, header_name,
    header_value, hook_name, json_text, key_text, leaf, provider_name, resigned, retry_value,
    round, signed, table,
};
use crate::case::{Answer, Delivery, Gateway, Hook};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use weighbridge::backoff;
use weighbridge::cartrack::record::{Record, Unsendable};
use weighbridge::cartrack::{Answer as Sent, retry_at};
use weighbridge::challenge::Challenge;
use weighbridge::event::Event;
use weighbridge::import::{self, Form};
use weighbridge::json::FromJson;
use weighbridge::mapping::{Mapping, Vin};
use weighbridge::outcome::Outcome;
use weighbridge::provider::{self, PROVIDERS, Provider};
use weighbridge::receive::{self, Limits, MAX_LEAD};
use weighbridge::rejection::Rejection;
use weighbridge::relay::{Progress, Round, settle};
use weighbridge::secret::{KeyFormat, Keyring};
use weighbridge::state::State;
use weighbridge::timestamp::UtcMillis;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_signed_verifies(
        name in provider_name(),
        body in vec(any::<u8>(), 0..400),
        id in "[!-~]{1,64}",
        timestamp in 1..=LAST_SECOND,
        skew in -300_i64..=300,
        place in 0..3_usize,
    ) {
        let provider = provider::named(name).unwrap();
        let delivery = signed(provider, &id, timestamp, &body, Key::Other);
        let seconds = (timestamp + skew).clamp(0, LAST_SECOND);
        let delivery = delivery.at(UtcMillis::from_millis(seconds * 1000));
        let mut keys = vec!["1eaf", "5eaf"];
        keys.insert(place, key_text(provider, Key::Other));
        if provider.key_format() == KeyFormat::StandardWebhooks {
            keys = keys.into_iter().map(|key| if key.len() == 4 { "whsec_1eaf" } else { key }).collect();
        }
        let ring = Keyring::new(keys, provider.key_format()).unwrap();
        let inbound = delivery.inbound();
        let verified = receive::verify(provider, &inbound, &ring, Limits::default());
        let verified = verified.unwrap_or_else(|refused| panic!("{}: {refused}", provider.name()));
        prop_assert_eq!(verified.key_index(), place);
        prop_assert_eq!(verified.body(), &body[..]);
        prop_assert_eq!(verified.id().is_some(), provider.name() == "telematica");
    }

    #[test]
    fn a_changed_body_does_not(
        name in provider_name(),
        body in vec(any::<u8>(), 1..400),
        place in any::<Index>(),
        change in 1..=255_u8,
    ) {
        let provider = provider::named(name).unwrap();
        let delivery = signed(provider, "msg_1", 1_777_356_870, &body, Key::Configured);
        let mut changed = body.clone();
        changed[place.index(body.len())] ^= change;
        prop_assert_eq!(refusal(provider, &delivery.body(changed)), Some(Rejection::SignatureMismatch));
        prop_assert_eq!(refusal(provider, &delivery.body(&body[1..])), Some(Rejection::SignatureMismatch));
    }

    #[test]
    fn another_key_does_not(name in provider_name(), body in vec(any::<u8>(), 0..100)) {
        let provider = provider::named(name).unwrap();
        let delivery = signed(provider, "msg_1", 1_777_356_870, &body, Key::Other);
        prop_assert_eq!(refusal(provider, &delivery), Some(Rejection::SignatureMismatch));
    }

    #[test]
    fn nothing_from_outside_is_believed_or_panics(
        hook in hook_name(),
        headers in vec((header_name(), header_value()), 0..8),
        body in body(),
        now in any::<i64>(),
    ) {
        let delivery = Delivery { headers, body, now: UtcMillis::from_millis(now) };
        match Gateway::new(Hook::named(hook).unwrap(), &config()).answer(&delivery) {
            Answer::Read(reading) => prop_assert!(false, "believed: {reading:?}"),
            Answer::Challenge(challenge) => prop_assert_eq!(challenge.len(), 64),
            Answer::Refused(status, _) => prop_assert!([400, 401].contains(&status), "{status}"),
        }
    }

    #[test]
    fn genuine_bytes_of_any_kind_are_read_or_refused(name in provider_name(), body in body()) {
        let provider = provider::named(name).unwrap();
        let delivery = signed(provider, "msg_1", 1_777_356_870, &body, Key::Configured);
        let is_object = serde_json::from_slice::<Value>(&body).is_ok_and(|body| body.is_object());
        match Gateway::new(Hook::Of(provider), &config()).answer(&delivery) {
            Answer::Read(_) => prop_assert!(is_object),
            Answer::Challenge(_) => prop_assert!(is_object && provider.name() == "smartcar"),
            Answer::Refused(status, code) => {
                prop_assert_eq!((status, is_object), (400, code == "challenge_refused"), "{}", code);
            }
        }
    }

    #[test]
    fn challenges_cannot_be_events(text in prop_oneof![json_text(), "[ -~]{0,40}", any::<String>()]) {
        let event = serde_json::from_str::<Value>(&text);
        if event.is_ok_and(|value| value.is_object() || value.is_array()) {
            prop_assert_eq!(Challenge::parse(&text), Err(Rejection::ChallengeRefused));
        } else if Challenge::parse(&text).is_ok() {
            prop_assert!((1..=256).contains(&text.len()), "{}", text);
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{}", text);
        }
    }

    #[test]
    fn times_read_back_as_they_print(ms in any::<i64>(), near in -LAST_SECOND..=2 * LAST_SECOND) {
        for ms in [ms, near, near.saturating_mul(1000)] {
            let time = UtcMillis::from_millis(ms);
            let text = time.to_string();
            prop_assert_eq!(UtcMillis::parse_iso(&text), Some(time), "{}", text);
            let stored = serde_json::to_string(&time).unwrap();
            prop_assert_eq!(UtcMillis::from_json(stored.as_bytes()), Some(time), "{}", stored);
        }
    }

    #[test]
    fn any_file_of_mappings_is_read(text in prop_oneof![vec(any::<u8>(), 0..300), table()]) {
        for form in [Form::Csv, Form::Ndjson] {
            let lines = import::read(&text, form);
            let numbers: Vec<u64> = lines
                .iter()
                .map(|line| line.as_ref().map_or_else(|error| error.line, |entry| entry.line))
                .collect();
            prop_assert!(numbers.is_sorted() && !numbers.contains(&0), "{:?}", numbers);
            for entry in lines.into_iter().flatten() {
                prop_assert!(entry.mapping.vin.is_some() && import::is_vehicle(&entry.vehicle));
                prop_assert!(PROVIDERS.iter().any(|provider| provider.name() == entry.provider));
            }
        }
    }

    #[test]
    fn a_time_to_wait_for_is_bounded(
        headers in vec((select(RETRY_HEADERS), retry_value()), 0..5),
        now in NOW,
    ) {
        let now = UtcMillis::from_millis(now);
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone())
        };
        if let Some(at) = retry_at(header, now) {
            prop_assert!(at <= now.plus_millis(48 * HOUR), "{headers:?} at {now}: {at}");
        }
    }

    #[test]
    fn waits_are_spread_by_a_fifth_at_most(count in any::<u32>(), spread in 0.0..=1.0_f64) {
        let middle = backoff::retry_delay(count, 0.5);
        let delay = backoff::retry_delay(count, spread);
        prop_assert!((middle * 8 / 10..=middle * 12 / 10).contains(&delay), "{delay} of {middle}");
        prop_assert!((4_000..=4 * HOUR * 12 / 10).contains(&delay));
        prop_assert!(middle <= backoff::retry_delay(count.saturating_add(1), 0.5));
        prop_assert!((48_000..=HOUR * 12 / 10).contains(&backoff::recheck_delay(count, spread)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn events_move_only_as_they_may(
        round in round(),
        state in select(vec![State::Held, State::Pending, State::Unmapped]),
        failures in any::<u32>(),
        waited in prop_oneof![Just(None), (0..=100 * HOUR).prop_map(Some)],
        now in NOW,
        spread in prop_oneof![0.0..=1.0_f64, any::<f64>()],
    ) {
        let now = UtcMillis::from_millis(now);
        let progress = Progress { state, failures, since: waited.map(|waited| now.plus_millis(-waited)) };
        let settled = settle(&round, progress, now, spread);
        prop_assert!(state.may_become(settled.state), "{state:?} becomes {:?}", settled.state);
        prop_assert_eq!(settled.due_at.is_some(), settled.state.is_waiting(), "{:?}", settled);
        prop_assert!(settled.due_at.is_none_or(|due| due > now), "{settled:?}");
        let needs_reason = matches!(settled.state, State::Dead | State::Held | State::Unmapped);
        prop_assert_eq!(settled.reason.is_some(), needs_reason, "{:?}", settled);
        prop_assert!(settled.failures >= 1 && settled.since <= now, "{settled:?}");

        let Round::Sent { reply, .. } = &round else { return Ok(()) };
        match Outcome::of(reply.answer) {
            Outcome::Delivered => prop_assert_eq!(settled.state, State::Delivered),
            Outcome::Hold => prop_assert_eq!(settled.state, State::Held),
            Outcome::Refused => prop_assert_eq!(settled.state, State::Dead),
            Outcome::Retry => {
                // A wait for a VIN is another wait than that for Cartrack.
                let exhausted = state != State::Unmapped && waited >= Some(48 * HOUR);
                let due = if exhausted { State::Dead } else { State::Pending };
                prop_assert_eq!(settled.state, due);
                prop_assert!(exhausted || settled.due_at >= reply.retry_at, "{settled:?}");
            }
        }
    }

    #[test]
    fn whatever_a_genuine_delivery_says_is_sound(
        (case, changes) in (any::<Index>(), vec((any::<Index>(), leaf()), 0..5)),
    ) {
        let case = &GENUINE[case.index(GENUINE.len())];
        let body = changed(&case.delivery.body, &changes);
        let delivery = resigned(case, &body);
        let config = case.config.without("MAX_BODY_BYTES");
        match Gateway::new(case.hook, &config).answer(&delivery) {
            Answer::Challenge(_) => {}
            Answer::Refused(status, code) => {
                prop_assert_eq!((status, code), (400, "challenge_refused"), "{}", case.name);
            }
            Answer::Read(reading) => {
                for event in &reading.events {
                    assert_sound(event, &delivery);
                }
            }
        }
    }
}

#[test]
fn every_answer_means_something_and_only_success_delivers() {
    for status in 0..=u16::MAX {
        let outcome = Outcome::of(Sent::Status(status));
        let delivers = (200..300).contains(&status) || status == 409;
        assert_eq!(outcome == Outcome::Delivered, delivers, "{status}");
        assert!(!outcome.label().is_empty());
    }
    for silence in [Sent::Broken, Sent::TimedOut] {
        assert_eq!(Outcome::of(silence), Outcome::Retry, "{silence:?}");
    }
}

/// What holds for every event that is made of a genuine delivery.
fn assert_sound(event: &Event, delivery: &Delivery) {
    let shown = || format!("{event:?} of {}", String::from_utf8_lossy(&delivery.body));
    assert!(!event.provider_event_id.is_empty(), "{}", shown());
    assert!(
        (1..=64).contains(&event.kind.chars().count()),
        "{}",
        shown()
    );
    assert!(
        event
            .vehicle
            .as_ref()
            .is_none_or(|id| (1..=128).contains(&id.len())),
        "{}",
        shown()
    );
    assert_eq!(event.received_at, delivery.now);

    let stored = serde_json::to_string(event).unwrap();
    let read = Event::from_json(stored.as_bytes()).unwrap_or_else(|| panic!("{stored}"));
    let identity = |event: &Event| (event.provider_event_id.clone(), event.event_ts, event.skip);
    assert_eq!(identity(&read), identity(event), "{stored}");

    let mapping = Mapping {
        vin: Vin::parse("WBTLAWS0000000001"),
        ..Mapping::default()
    };
    match (event.skip, Record::weigh(event, Some(&mapping))) {
        (Some(reason), weighed) => {
            assert_eq!(weighed.err(), Some(Unsendable::Skip(reason)), "{}", shown());
        }
        (None, Err(reason)) => assert_eq!(reason, Unsendable::VinConflict, "{}", shown()),
        (None, Ok(record)) => {
            assert!(event.vehicle.is_some(), "{}", shown());
            let record: Value = serde_json::from_str(&record.to_json()).unwrap();
            let coordinate = |name: &str| record["position"][name].as_f64().unwrap();
            assert!(coordinate("latitude").abs() <= 90.0, "{record}");
            assert!(coordinate("longitude").abs() <= 180.0, "{record}");
            assert_eq!(
                record["chassis_number"].as_str().unwrap().len(),
                17,
                "{record}"
            );
            let time = UtcMillis::parse_iso(record["event_ts"].as_str().unwrap()).unwrap();
            assert!(time.millis_since(delivery.now) <= MAX_LEAD, "{record}");
            assert!(
                record.get("telemetry").is_none(),
                "no webhook has all of it: {record}"
            );
        }
    }
}

/// Why a delivery is refused under the configured keys.
fn refusal(provider: &dyn Provider, delivery: &Delivery) -> Option<Rejection> {
    let ring = Keyring::new([key_text(provider, Key::Configured)], provider.key_format()).unwrap();
    receive::verify(provider, &delivery.inbound(), &ring, Limits::default()).err()
}
