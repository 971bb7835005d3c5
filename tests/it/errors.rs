//! Refusals and faults: their codes and statuses are public API, their texts say what to do, and
//! nothing that came in and nothing secret prints.

use proptest::prelude::*;
use std::collections::BTreeSet;
use std::error::Error;
use weighbridge::fault::Fault;
use weighbridge::inbound::{Headers, Inbound};
use weighbridge::provider::PROVIDERS;
use weighbridge::receive::{self, CallbackProof, Limits};
use weighbridge::rejection::{Malformed, Rejection};
use weighbridge::secret::{BearerRing, KeyFormat, Keyring, Secret, SecretError};
use weighbridge::signature;
use weighbridge::timestamp::UtcMillis;

/// Every refusal: its code, its status, and what its text must name for a person to go on.
const REFUSALS: [(Rejection, &str, u16, &[&str]); 14] = [
    (
        Rejection::BodyTooLarge(1_048_576),
        "body_too_large",
        413,
        &["1048576 bytes", "limit"],
    ),
    (
        Rejection::ChallengeRefused,
        "challenge_refused",
        400,
        &["1 to 256", "not answered"],
    ),
    (
        Rejection::InvalidTimestamp,
        "invalid_timestamp",
        401,
        &["timestamp", "seconds"],
    ),
    (
        Rejection::MalformedBody,
        "malformed_body",
        400,
        &["JSON object", "UTF-8"],
    ),
    (
        of(Malformed::Base64),
        "malformed_signature",
        401,
        &["base64", "64 hex digits"],
    ),
    (
        of(Malformed::NoToken),
        "malformed_signature",
        401,
        &["v1,", "32 bytes"],
    ),
    (
        of(Malformed::NotHex),
        "malformed_signature",
        401,
        &["64 hex digits"],
    ),
    (
        of(Malformed::Prefix("sha256=")),
        "malformed_signature",
        401,
        &["begin with sha256="],
    ),
    (
        of(Malformed::Repeated("svix-id")),
        "malformed_signature",
        401,
        &["svix-id", "once"],
    ),
    (
        Rejection::MissingHeader("svix-id"),
        "missing_header",
        401,
        &["svix-id", "absent or empty"],
    ),
    (
        Rejection::SignatureMismatch,
        "signature_mismatch",
        401,
        &["secret", "body was changed"],
    ),
    (
        Rejection::TimestampTooNew(301),
        "timestamp_too_new",
        401,
        &["301 s", "clock"],
    ),
    (
        Rejection::TimestampTooOld(301),
        "timestamp_too_old",
        401,
        &["301 s", "replay", "clock"],
    ),
    (
        Rejection::Unauthorized,
        "unauthorized",
        401,
        &["bearer token", "configured"],
    ),
];

const fn of(malformed: Malformed) -> Rejection {
    Rejection::MalformedSignature(malformed)
}

/// Every fault of ours, in the same way; a fault is answered with 503.
const FAULTS: [(Fault, &str, &[&str]); 2] = [
    (
        Fault::NotConfigured("ADMIN_TOKEN"),
        "provider_not_configured",
        &["Set ADMIN_TOKEN"],
    ),
    (
        Fault::Storage("lane"),
        "storage_unavailable",
        &["(lane)", "send it again"],
    ),
];

/// The codes of the contract's table for deliveries that the core can refuse.
const PUBLIC_CODES: [&str; 10] = [
    "body_too_large",
    "challenge_refused",
    "invalid_timestamp",
    "malformed_body",
    "malformed_signature",
    "missing_header",
    "signature_mismatch",
    "timestamp_too_new",
    "timestamp_too_old",
    "unauthorized",
];

/// Does not compile, or stops, when a refusal or a fault is added and not to the tables above.
fn place_of(rejection: &Rejection) -> usize {
    match rejection {
        Rejection::BodyTooLarge(_) => 0,
        Rejection::ChallengeRefused => 1,
        Rejection::InvalidTimestamp => 2,
        Rejection::MalformedBody => 3,
        Rejection::MalformedSignature(malformed) => match malformed {
            Malformed::Base64 => 4,
            Malformed::NoToken => 5,
            Malformed::NotHex => 6,
            Malformed::Prefix(_) => 7,
            Malformed::Repeated(_) => 8,
        },
        Rejection::MissingHeader(_) => 9,
        Rejection::SignatureMismatch => 10,
        Rejection::TimestampTooNew(_) => 11,
        Rejection::TimestampTooOld(_) => 12,
        Rejection::Unauthorized => 13,
    }
}

#[test]
fn refusals_have_their_public_codes_and_statuses() {
    for (place, (rejection, code, status, _)) in REFUSALS.iter().enumerate() {
        assert_eq!(place_of(rejection), place, "{code}");
        assert_eq!(rejection.code(), *code);
        assert_eq!(rejection.status(), *status, "{code}");
    }
    let codes: BTreeSet<&str> = REFUSALS
        .iter()
        .map(|(rejection, ..)| rejection.code())
        .collect();
    assert_eq!(codes, BTreeSet::from(PUBLIC_CODES));
}

#[test]
fn faults_have_their_public_codes() {
    for (place, (fault, code, _)) in FAULTS.iter().enumerate() {
        let known = match fault {
            Fault::NotConfigured(_) => 0,
            Fault::Storage(_) => 1,
        };
        assert_eq!(known, place, "{code}");
        assert_eq!(fault.code(), *code);
    }
}

#[test]
fn texts_say_what_is_wrong_and_what_to_do() {
    for (rejection, code, _, words) in &REFUSALS {
        assert_text(code, rejection, words);
    }
    for (fault, code, words) in &FAULTS {
        assert_text(code, fault, words);
    }
    for (error, code, words) in [
        (SecretError::Empty, "Empty", &["empty", "dashboard"][..]),
        (
            SecretError::NotBase64,
            "NotBase64",
            &["base64", "Copy it whole"],
        ),
        (SecretError::NotHex, "NotHex", &["hex", "utf8"]),
        (
            SecretError::WhiteSpace,
            "WhiteSpace",
            &["white space", "again"],
        ),
    ] {
        assert_text(code, &error, words);
    }
}

fn assert_text(code: &str, error: &dyn Error, words: &[&str]) {
    let text = error.to_string();
    assert!((30..=300).contains(&text.len()), "{code}: {text}");
    assert!(
        text.starts_with(char::is_uppercase),
        "{code} is no sentence: {text}"
    );
    assert!(
        !text.contains(['\n', '\t']) && !text.contains("  "),
        "{code}: {text:?}"
    );
    for word in words {
        assert!(text.contains(word), "{code} does not name {word:?}: {text}");
    }
    assert!(
        error.source().is_none(),
        "{code} has a source, which may print more"
    );
}

/// A text that occurs nowhere but where it was planted.
fn marker() -> impl Strategy<Value = String> {
    "[a-z]{4}ZQXJ[0-9]{6}"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn secrets_never_print(marker in marker(), format in 0..3_usize) {
        let encoded = format!("whsec_{marker}==");
        let format = [KeyFormat::Hex, KeyFormat::StandardWebhooks, KeyFormat::Utf8][format];
        let mut shown = vec![format!("{:?}", Secret::new(marker.clone()))];
        for secret in [&marker, &encoded, &hex::encode(&marker), &format!("{marker} "), &marker[1..].to_owned()] {
            let made = Keyring::new([&secret[..]], format);
            shown.push(format!("{made:?} {:?}", Keyring::from_list(secret, format)));
            if let Err(error) = made {
                shown.push(error.to_string());
            }
            let tokens = BearerRing::new([&secret[..]]).unwrap();
            shown.push(format!("{tokens:#?} {:?}", CallbackProof::Bearer(&tokens)));
        }
        for part in [&marker[..], &marker[4..8], &hex::encode(&marker)] {
            prop_assert!(!shown.concat().contains(part), "{part} in {shown:?}");
        }
    }

    #[test]
    fn refusals_never_print_what_came_in(
        marker in marker(),
        names in proptest::collection::vec(0..8_usize, 0..6),
        shape in 0..6_usize,
        verb in any::<bool>(),
    ) {
        let values = [
            marker.clone(), format!("v1,{marker}"), format!("sha256={marker}"), format!("Bearer {marker}"),
            format!("{marker}, {marker}"), hex::encode(&marker),
        ];
        let headers: Headers = names
            .iter()
            .map(|place| (NAMES[*place], &values[(place + shape) % values.len()]))
            .collect();
        let body = if verb {
            format!(r#"{{"eventType":"VERIFY","data":{{"challenge":"{marker} \""}}}}"#)
        } else {
            format!(r#"{{"{marker}":"{marker}""#)
        };
        let received_at = UtcMillis::from_millis(1_777_356_870_000);
        let inbound = Inbound { headers, body: body.as_bytes(), received_at };
        let tokens = BearerRing::new(["another"]).unwrap();
        for provider in PROVIDERS {
            let key = match provider.key_format() {
                KeyFormat::StandardWebhooks => "whsec_AAAA",
                KeyFormat::Hex | KeyFormat::Utf8 => "another",
            };
            let ring = Keyring::new([key], provider.key_format()).unwrap();
            let refusals = [
                receive::receive(*provider, &inbound, &ring, Limits::default()).err(),
                receive::receive_callback(&inbound, CallbackProof::Bearer(&tokens), Limits::default()).err(),
                receive::receive_callback(&inbound, CallbackProof::Signature(&ring), Limits::default()).err(),
            ];
            for refused in refusals {
                prop_assert!(refused.is_some(), "{} accepted markers", provider.name());
                let refused = refused.unwrap();
                let shown = format!("{refused} {refused:?} {refused:#?} {}", refused.code());
                prop_assert!(!shown.contains("ZQXJ"), "{shown}");
                prop_assert!(!shown.contains(&hex::encode("ZQXJ")), "{shown}");
            }
        }
    }
}

#[test]
fn what_is_verified_prints_neither_token_nor_body() {
    let headers = [("Authorization", "Bearer ZQXJ")].into_iter().collect();
    let body = br#"{"vin":"XJZQ"}"#;
    let inbound = Inbound {
        headers,
        body,
        received_at: UtcMillis::from_millis(0),
    };
    let tokens = BearerRing::new(["ZQXJ"]).unwrap();
    let verified = signature::verify_bearer(&inbound, &tokens).unwrap();
    let shown = format!(
        "{verified:?} {inbound:?} {:?} {verified:#?}",
        inbound.headers
    );
    let bytes = format!("{:?}", &body[..4]);
    for input in ["ZQXJ", "XJZQ", bytes.trim_matches(['[', ']'])] {
        assert!(!shown.contains(input), "{shown}");
    }
}

const NAMES: [&str; 8] = [
    "sc-signature",
    "x-telemax-signature",
    "x-telemax-delivery",
    "svix-id",
    "svix-timestamp",
    "svix-signature",
    "webhook-signature",
    "authorization",
];
