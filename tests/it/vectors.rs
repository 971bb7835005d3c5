//! Published MACs come out as published, and what must not verify does not.
//!
//! `tests/vectors/README.md` says where each vector is from.

use crate::case::{Delivery, tests_folder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use std::fs;
use weighbridge::challenge::Challenge;
use weighbridge::inbound::Inbound;
use weighbridge::rejection::Rejection;
use weighbridge::secret::{KeyFormat, Keyring, Keys};
use weighbridge::signature::{self, Scheme};
use weighbridge::timestamp::UtcMillis;

#[test]
fn no_file_of_vectors_is_left_out() {
    let folder = tests_folder().join("vectors");
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "hmac_edge.json",
            "hmac_rfc4231.json",
            "smartcar.json",
            "standard_webhooks.json",
            "telemax.json",
        ]
    );
}

#[test]
fn hmac_of_rfc_4231() {
    let vectors = list("hmac_rfc4231.json", 7);
    for vector in &vectors {
        let name = text(vector, "name");
        let (key, message) = (hex_of(vector, "key"), hex_of(vector, "message"));
        let published = hex_of(vector, "published");
        for ring in rings(&key) {
            let tag = ring.sign(&[&message]);
            assert_eq!(tag[..published.len()], published, "RFC 4231, case {name}");
            assert_eq!(tag[..], hex_of(vector, "tag"), "RFC 4231, case {name}");
            assert_eq!(ring.find(&[&message], &[tag]), Some(0), "case {name}");
        }
    }
}

#[test]
fn hmac_at_the_edges() {
    let vectors = list("hmac_edge.json", 81);
    for vector in &vectors {
        let name = text(vector, "name");
        let (key, message, tag) = (
            hex_of(vector, "key"),
            hex_of(vector, "message"),
            hex_of(vector, "tag"),
        );
        let is_valid = match text(vector, "result") {
            "valid" => true,
            "invalid" => false,
            other => panic!("{name}: {other}"),
        };
        for ring in rings(&key) {
            if let Ok(tag) = <[u8; 32]>::try_from(&tag[..]) {
                let found = ring.find(&[&message], &[[0; 32], tag]);
                assert_eq!(found.is_some(), is_valid, "{name}");
                // However the message is cut into parts, the tag is of the whole.
                let (head, tail) = message.split_at(message.len() / 2);
                assert_eq!(
                    ring.find(&[head, tail], &[tag]),
                    found,
                    "{name}, in two parts"
                );
            }
            let delivery = delivery(&[("x-signature", &hex::encode(&tag))], &message, 0);
            let verified = verified(HEX, &delivery, &ring);
            assert_eq!(verified.is_ok(), is_valid, "{name}: {verified:?}");
        }
    }
}

#[test]
fn smartcar() {
    for vector in &list("smartcar.json", 9) {
        let name = text(vector, "name");
        let (key, message, hex) = (
            text(vector, "key"),
            text(vector, "message"),
            text(vector, "hex"),
        );
        let ring = Keyring::new([key], KeyFormat::Utf8).unwrap();
        let signed = signature::sign(HEX, &ring, "", 0, message.as_bytes());
        assert_eq!(signed, [("x-signature", hex.to_owned())], "{name}");
        let headers = [("x-signature", hex)];
        let genuine = delivery(&headers, message.as_bytes(), 0);
        assert_eq!(verified(HEX, &genuine, &ring), Ok(0), "{name}");
        // The same function answers challenges, of texts that cannot be events.
        match Challenge::parse(message) {
            Ok(challenge) => assert_eq!(challenge.answer(&ring).challenge, hex, "{name}"),
            Err(_) => assert!(
                message.starts_with('{'),
                "{name} is a challenge that is refused"
            ),
        }
        if let Some(swapped) = vector["must_not"].as_str() {
            assert_ne!(hex, swapped, "{name}");
            let forged = delivery(&[("x-signature", swapped)], message.as_bytes(), 0);
            let refused = verified(HEX, &forged, &ring);
            assert_eq!(
                refused,
                Err(Rejection::SignatureMismatch),
                "{name}, key and message swapped"
            );
        }
    }
}

#[test]
fn telemax() {
    let secret = text(&file("telemax.json"), "secret").to_owned();
    for vector in &list("telemax.json", 4) {
        let name = text(vector, "name");
        let body = text(vector, "body").as_bytes();
        for (format, member, other) in [
            (KeyFormat::Utf8, "utf8", "hex"),
            (KeyFormat::Hex, "hex", "utf8"),
        ] {
            let ring = Keyring::new([&secret[..]], format).unwrap();
            let signed = signature::sign(TELEMAX, &ring, "", 0, body);
            let due = text(vector, member).to_owned();
            assert_eq!(
                signed,
                [("x-telemax-signature", due)],
                "{name}, {member} key"
            );
            let is_genuine = |value: &str| {
                verified(
                    TELEMAX,
                    &delivery(&[("X-Telemax-Signature", value)], body, 0),
                    &ring,
                )
            };
            assert_eq!(
                is_genuine(text(vector, member)),
                Ok(0),
                "{name}, {member} key"
            );
            let mismatch = Err(Rejection::SignatureMismatch);
            assert_eq!(
                is_genuine(text(vector, other)),
                mismatch,
                "{name}: {other} for {member}"
            );
            if let Some(forged) = vector["must_not"].as_str() {
                assert_eq!(
                    is_genuine(forged),
                    mismatch,
                    "{name}: over a body written again"
                );
            }
        }
        // The digits of a key in hex have no case; the text of a key has.
        let lower = secret.to_ascii_lowercase();
        let ring = Keyring::new([&lower[..]], KeyFormat::Hex).unwrap();
        let signed = signature::sign(TELEMAX, &ring, "", 0, body);
        assert_eq!(
            signed[0].1,
            text(vector, "hex"),
            "{name}, digits in lower case"
        );
        let ring = Keyring::new([&lower[..]], KeyFormat::Utf8).unwrap();
        let signed = signature::sign(TELEMAX, &ring, "", 0, body);
        assert_ne!(
            signed[0].1,
            text(vector, "utf8"),
            "{name}, text in lower case"
        );
    }
}

#[test]
fn standard_webhooks() {
    for vector in &list("standard_webhooks.json", 15) {
        let name = text(vector, "name");
        let (id, timestamp) = (text(vector, "id"), text(vector, "timestamp"));
        let (body, expected) = (body_of(vector), text(vector, "signature"));
        let seconds: i64 = timestamp.parse().unwrap();
        let secret = text(vector, "secret");
        let bare = secret.strip_prefix("whsec_").unwrap_or(secret);
        let prefixed = format!("whsec_{bare}");
        for secret in [secret, bare, &prefixed] {
            let ring = Keyring::new([secret], KeyFormat::StandardWebhooks)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let signed = signature::sign(Scheme::StandardWebhooks, &ring, id, seconds, &body);
            let due = [
                ("svix-id", id.to_owned()),
                ("svix-timestamp", timestamp.to_owned()),
                ("svix-signature", expected.to_owned()),
            ];
            assert_eq!(signed, due, "{name}");
            for brand in ["svix", "webhook"] {
                let genuine = delivery(&headers(brand, id, timestamp, expected), &body, seconds);
                let due = if seconds > 0 {
                    Ok(0)
                } else {
                    Err(Rejection::InvalidTimestamp)
                };
                let got = verified(Scheme::StandardWebhooks, &genuine, &ring);
                assert_eq!(got, due, "{name}, {brand} headers");
            }
        }
    }
}

#[test]
fn standard_webhooks_that_must_not_verify() {
    let vectors = list("standard_webhooks.json", 15);
    let file = file("standard_webhooks.json");
    let wrong: Vec<&str> = file["must_not_verify"]["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .chain(
            file["other_versions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|other| &other["signature"]),
        )
        .map(|signature| signature.as_str().unwrap())
        .collect();
    assert!(wrong.len() >= 10, "only {} wrong signatures", wrong.len());
    for vector in vectors
        .iter()
        .filter(|vector| ["V1", "V2"].contains(&text(vector, "name")))
    {
        let (name, id, timestamp) = (
            text(vector, "name"),
            text(vector, "id"),
            text(vector, "timestamp"),
        );
        let (body, right) = (body_of(vector), text(vector, "signature"));
        let ring = Keyring::new([text(vector, "secret")], KeyFormat::StandardWebhooks).unwrap();
        let seconds = timestamp.parse().unwrap();
        let answer = |signatures: &str| {
            let delivery = delivery(&headers("svix", id, timestamp, signatures), &body, seconds);
            verified(Scheme::StandardWebhooks, &delivery, &ring)
        };
        for wrong in &wrong {
            let code = answer(wrong).map_err(|refused| refused.code());
            let due = ["malformed_signature", "signature_mismatch"];
            assert!(
                code.is_err_and(|code| due.contains(&code)),
                "{name}: {wrong}: {code:?}"
            );
            assert_eq!(
                answer(&format!("{wrong} {right}")),
                Ok(0),
                "{name}: after {wrong}"
            );
        }
        // The suites' payload with several signatures.
        let several = format!("{} {} {} {right}", wrong[0], wrong[1], wrong[2]);
        assert_eq!(answer(&several), Ok(0), "{name}: {several}");
        assert_eq!(
            answer(&right[..8]).map_err(|r| r.code()),
            Err("malformed_signature"),
            "{name}"
        );
    }
}

/// Keyrings of these key bytes, in every form that can hold them.
fn rings(key: &[u8]) -> Vec<Keyring> {
    let hex = Keyring::new([&hex::encode(key)[..]], KeyFormat::Hex);
    let base64 = BASE64.encode(key);
    let padded = Keyring::new(
        [&format!("whsec_{base64}")[..]],
        KeyFormat::StandardWebhooks,
    );
    let bare = Keyring::new([base64.trim_end_matches('=')], KeyFormat::StandardWebhooks);
    let mut rings = vec![hex.unwrap(), padded.unwrap(), bare.unwrap()];
    if let Ok(text) = str::from_utf8(key)
        && !text.contains(char::is_whitespace)
    {
        rings.push(Keyring::new([text], KeyFormat::Utf8).unwrap());
    }
    rings
}

/// The place of the key that fits, or the refusal.
fn verified(scheme: Scheme, delivery: &Delivery, ring: &Keyring) -> Result<usize, Rejection> {
    let inbound: Inbound<'_> = delivery.inbound();
    signature::verify(scheme, &inbound, ring, 300).map(|verified| verified.key_index())
}

fn delivery(headers: &[(&str, &str)], body: &[u8], seconds: i64) -> Delivery {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Delivery {
        headers: headers.iter().map(owned).collect(),
        body: body.to_vec(),
        now: UtcMillis::from_millis(seconds * 1000),
    }
}

fn headers<'a>(
    brand: &str,
    id: &'a str,
    timestamp: &'a str,
    signatures: &'a str,
) -> [(&'static str, &'a str); 3] {
    if brand == "svix" {
        [
            ("svix-id", id),
            ("svix-timestamp", timestamp),
            ("svix-signature", signatures),
        ]
    } else {
        [
            ("Webhook-Id", id),
            ("Webhook-Timestamp", timestamp),
            ("Webhook-Signature", signatures),
        ]
    }
}

const HEX: Scheme = Scheme::HexOfBody {
    header: "x-signature",
    prefix: "",
};

const TELEMAX: Scheme = Scheme::HexOfBody {
    header: "x-telemax-signature",
    prefix: "sha256=",
};

fn file(name: &str) -> Value {
    let path = tests_folder().join("vectors").join(name);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The vectors of a file, which must be that many at least.
fn list(name: &str, least: usize) -> Vec<Value> {
    let vectors = file(name)["vectors"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert!(
        vectors.len() >= least,
        "{name} has only {} vectors",
        vectors.len()
    );
    vectors
}

fn text<'a>(vector: &'a Value, member: &str) -> &'a str {
    let text = vector[member].as_str();
    text.unwrap_or_else(|| panic!("{}: no {member}", vector["name"]))
}

fn hex_of(vector: &Value, member: &str) -> Vec<u8> {
    hex::decode(text(vector, member))
        .unwrap_or_else(|error| panic!("{}, {member}: {error}", vector["name"]))
}

fn body_of(vector: &Value) -> Vec<u8> {
    match vector["repeat"].as_array() {
        Some(repeat) => {
            let times = usize::try_from(repeat[1].as_u64().unwrap()).unwrap();
            repeat[0].as_str().unwrap().repeat(times).into_bytes()
        }
        None => text(vector, "body").as_bytes().to_vec(),
    }
}
