//! What the laws are tried on: deliveries that are genuine, nearly genuine or nothing of the kind.

use crate::case::{CALLBACK_TOKEN, Case, Config, Delivery, Hook};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;
use weighbridge::cartrack::record::{Record, Unsendable};
use weighbridge::cartrack::{Answer as Sent, Reply};
use weighbridge::event::Event;
use weighbridge::json::FromJson;
use weighbridge::provider::telematica::CALLBACK_HEADERS;
use weighbridge::provider::{PROVIDERS, Provider};
use weighbridge::relay::Round;
use weighbridge::secret::{KeyFormat, Keyring};
use weighbridge::signature;
use weighbridge::timestamp::UtcMillis;

/// Deliveries of every hook that were accepted, as the matter to change.
pub(super) static GENUINE: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let cases = PROVIDERS
        .iter()
        .flat_map(|provider| Case::all_of(provider.name()));
    let genuine: Vec<Case> = cases
        .filter(|case| case.status() < 300 && case.delivery.body.len() < 5000)
        .collect();
    assert!(
        genuine.len() > 100,
        "only {} genuine deliveries",
        genuine.len()
    );
    genuine
});

/// The delivery of a case with another body, signed anew.
pub(super) fn resigned(case: &Case, body: &[u8]) -> Delivery {
    let provider = case.hook.provider();
    let by_token = matches!(case.hook, Hook::Callback)
        && case.delivery.header("svix-id").is_none()
        && case.delivery.header("webhook-id").is_none();
    if by_token {
        return case.delivery.body(body);
    }
    let format = case.config.key_format(provider).unwrap();
    let list = case.config.text(provider.secret_name()).unwrap();
    let ring = Keyring::from_list(list, format).unwrap();
    let now = case.delivery.now;
    let headers = signature::sign(provider.scheme(), &ring, "msg_1", now.as_seconds(), body);
    let headers = headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    Delivery {
        headers: headers.collect(),
        body: body.to_vec(),
        now,
    }
}

/// The JSON with values in some places removed or put in.
pub(super) fn changed(body: &[u8], changes: &[(Index, Option<Value>)]) -> Vec<u8> {
    let mut body: Value = serde_json::from_slice(body).unwrap();
    for (place, value) in changes {
        let mut places = Vec::new();
        collect_places(&body, "", &mut places);
        let Some(place) = (!places.is_empty()).then(|| place.get(&places)) else {
            break;
        };
        let (parent, name) = place.rsplit_once('/').unwrap();
        match (body.pointer_mut(parent), value) {
            (Some(Value::Object(parent)), None) => {
                parent.remove(name);
            }
            _ => *body.pointer_mut(place).unwrap() = value.clone().unwrap_or_default(),
        }
    }
    serde_json::to_vec(&body).unwrap()
}

fn collect_places(value: &Value, path: &str, places: &mut Vec<String>) {
    let mut go_on = |name: &str, value: &Value| {
        // A name with one of JSON pointer's own characters would have to be escaped.
        if !name.contains(['/', '~']) {
            places.push(format!("{path}/{name}"));
            collect_places(value, &format!("{path}/{name}"), places);
        }
    };
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                go_on(&index.to_string(), item);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                go_on(name, member);
            }
        }
        _ => {}
    }
}

pub(super) fn provider_name() -> impl Strategy<Value = &'static str> {
    select(
        PROVIDERS
            .iter()
            .map(|provider| provider.name())
            .collect::<Vec<_>>(),
    )
}

pub(super) fn hook_name() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("telematica-callback"), provider_name()]
}

/// One of two texts of a key, in the form that a provider's keys have.
pub(super) fn key_text(provider: &dyn Provider, key: Key) -> &'static str {
    match (provider.key_format(), key) {
        (KeyFormat::Hex, Key::Configured) => "c0ffee01",
        (KeyFormat::Hex, Key::Other) => "c0ffee02",
        (KeyFormat::StandardWebhooks, Key::Configured) => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        (KeyFormat::StandardWebhooks, Key::Other) => "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        (KeyFormat::Utf8, Key::Configured) => "key-1",
        (KeyFormat::Utf8, Key::Other) => "key-2",
    }
}

/// Which key a delivery is signed with.
#[derive(Clone, Copy)]
pub(super) enum Key {
    Configured,
    Other,
}

pub(super) fn config() -> Config {
    let mut config = Config(BTreeMap::new());
    for provider in PROVIDERS {
        config = config.with(provider.secret_name(), key_text(*provider, Key::Configured));
    }
    config.with(CALLBACK_TOKEN, "callback-token-1")
}

/// A delivery as the provider would send it with this key, at its own time.
pub(super) fn signed(
    provider: &dyn Provider,
    id: &str,
    timestamp: i64,
    body: &[u8],
    key: Key,
) -> Delivery {
    let ring = Keyring::new([key_text(provider, key)], provider.key_format()).unwrap();
    let headers = signature::sign(provider.scheme(), &ring, id, timestamp, body);
    Delivery {
        headers: headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        body: body.to_vec(),
        now: UtcMillis::from_millis(timestamp * 1000),
    }
}

pub(super) fn header_name() -> impl Strategy<Value = String> {
    let known: Vec<String> = PROVIDERS
        .iter()
        .flat_map(|provider| provider.headers())
        .chain(CALLBACK_HEADERS)
        .map(|name| (*name).to_owned())
        .collect();
    prop_oneof![8 => select(known), 1 => any::<String>()]
}

pub(super) fn header_value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9a-f]{64}",
        "sha256=[0-9a-f]{60,68}",
        "(v1,[A-Za-z0-9+/]{43}= ?){1,3}",
        "v[12]a?,[A-Za-z0-9+/=]{0,50}",
        "[+-]?[0-9]{1,20}",
        "(Bearer|Basic) [!-~]{0,20}",
    ]
}

pub(super) fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..200),
        any::<String>().prop_map(String::into_bytes),
        json_text().prop_map(String::into_bytes),
        ("[ -~]{0,30}", any::<bool>()).prop_map(|(challenge, four)| {
            let body = if four {
                json!({"eventType": "VERIFY", "data": {"challenge": challenge}})
            } else {
                json!({"eventName": "verify", "payload": {"challenge": challenge}})
            };
            body.to_string().into_bytes()
        }),
    ]
}

/// JSON of any kind, with white space around it.
pub(super) fn json_text() -> impl Strategy<Value = String> {
    let value = leaf().prop_map(Option::unwrap_or_default);
    let tree = value.prop_recursive(4, 30, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map("[a-zA-Z]{0,8}", inner, 0..5)
                .prop_map(|members| members.into_iter().collect()),
        ]
    });
    ("[ \n]{0,2}", tree, "[ \n]{0,2}")
        .prop_map(|(before, tree, after)| format!("{before}{tree}{after}"))
}

/// A value to put in the place of another; none to take it away.
pub(super) fn leaf() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        any::<bool>().prop_map(|value| Some(json!(value))),
        any::<i64>().prop_map(|value| Some(json!(value))),
        any::<u64>().prop_map(|value| Some(json!(value))),
        any::<f64>().prop_map(|value| Some(json!(value))),
        (-200.0..200.0).prop_map(|value: f64| Some(json!(value))),
        select(vec![
            1e308,
            -1e308,
            5e-324,
            0.0,
            90.0,
            -180.0,
            1_777_356_870_000.0
        ])
        .prop_map(|value| Some(json!(value))),
        any::<String>().prop_map(|value| Some(json!(value))),
        select(vec![
            "",
            " ",
            "miles",
            "mph",
            "LIVE",
            "VERIFY",
            "ACTIVE",
            "2026-04-28T06:14:22Z",
            "9999-12-31T23:59:59.999Z",
            "wbtlaws0000000002",
            "Speeding",
            "vehicle.soc",
        ])
        .prop_map(|value| Some(json!(value))),
        Just(Some(json!([]))),
        Just(Some(json!({}))),
        Just(Some(json!([null, {"a": []}, "x"]))),
        (100..300_usize).prop_map(|length| Some(json!("ä".repeat(length)))),
    ]
}

/// Lines that look like those of a file of mappings.
pub(super) fn table() -> impl Strategy<Value = Vec<u8>> {
    let cell = prop_oneof![
        "[ -~]{0,20}",
        select(vec![
            "smartcar",
            "telemax",
            "5YJ3E7EB1LF000001",
            "2020",
            "\"",
            "v1",
            ""
        ])
        .prop_map(str::to_owned),
    ];
    let row = vec(cell, 0..9).prop_map(|cells| cells.join(","));
    let object = (any::<u16>(), "[ -~]{0,8}").prop_map(|(year, vehicle)| {
        let vin = "5YJ3E7EB1LF000001";
        json!({"provider": "telemax", "vehicle": vehicle, "vin": vin, "year": year}).to_string()
    });
    let header = "provider,vehicle,vin,user,make,model,year,registration";
    let line = prop_oneof![row, object, Just(header.to_owned())];
    (any::<bool>(), vec(line, 0..12)).prop_map(move |(headed, lines)| {
        let head = if headed { header } else { "" };
        format!("{head}\n{}\n", lines.join("\n")).into_bytes()
    })
}

/// Every way in which a round of relaying can end.
pub(super) fn round() -> impl Strategy<Value = Round> {
    let answer = prop_oneof![
        any::<u16>().prop_map(Sent::Status),
        (100..600_u16).prop_map(Sent::Status),
        Just(Sent::Broken),
        Just(Sent::TimedOut),
    ];
    let retry_at = prop_oneof![
        Just(None),
        NOW.prop_map(|ms| Some(UtcMillis::from_millis(ms)))
    ];
    let sent = (answer, retry_at).prop_map(|(answer, retry_at)| {
        let reply = Reply {
            answer,
            retry_at,
            body: String::new(),
        };
        let record = Box::new(record());
        Round::Sent {
            text: record.to_json(),
            record,
            reply,
        }
    });
    prop_oneof![
        6 => sent,
        1 => Just(Round::LookupFailed),
        1 => Just(Round::Unsendable(Unsendable::Unmapped)),
        1 => Just(Round::Unsendable(Unsendable::VinConflict)),
    ]
}

fn record() -> Record {
    let event = json!({
        "provider": "telemax", "vehicle": "88421", "type": "Ignition", "provider_event_id": "tmx-1",
        "received_at": "2026-04-28T06:14:30Z", "event_ts": "2026-04-28T06:14:22Z",
        "position": {"latitude": -33.8688, "longitude": 151.2093}, "vin": "WBTLAWS0000000001",
    });
    let event = Event::from_json(event.to_string().as_bytes()).unwrap();
    Record::weigh(&event, None).unwrap()
}

pub(super) const RETRY_HEADERS: &[&str] = &[
    "retry-after",
    "x-ratelimit-retry-after-seconds",
    "x-ratelimit-retry-at",
];

pub(super) fn retry_value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        any::<f64>().prop_map(|seconds| seconds.to_string()),
        any::<u64>().prop_map(|seconds| seconds.to_string()),
        "[0-9]{1,3}",
        (0..=LAST_SECOND).prop_map(|seconds| UtcMillis::from_millis(seconds * 1000).to_string()),
        "(Mon|Wed), [0-3][0-9] (Jan|Oct) [0-9]{4} [0-2][0-9]:[0-5][0-9]:[0-6][0-9] GMT",
    ]
}

pub(super) const HOUR: i64 = 3_600_000;

/// From 2020 to 2100, in milliseconds.
pub(super) const NOW: Range<i64> = 1_577_836_800_000..4_102_444_800_000;

/// The last second of the year 9999.
pub(super) const LAST_SECOND: i64 = 253_402_300_799;
