//! Attacks on signatures by the rules of Standard Webhooks.
//!
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use super::{Drill, Proof, replaced, sha256, tag};
use crate::case::Delivery;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use weighbridge::timestamp::UtcMillis;

impl Drill<'_> {
    /// Deliveries signed by the rules of Standard Webhooks.
    pub(super) fn standard_webhooks(&mut self, signed: &Signed, proof: &Proof) {
        let good = &signed.delivery(&signed.token(&proof.key));
        self.believed("the good token alone", good);
        self.places(good, proof);
        self.token(signed, proof, good);
        self.tokens(signed, proof, good);
        self.clock(signed, proof, good);
        self.signed_texts(signed, good);
        self.headers(good, &Signed::NAMES);
        for name in Signed::NAMES {
            let value = good.header(name).unwrap();
            let unbranded = name.replace("svix", "webhook");
            self.believed(&unbranded, &good.without(name).and(&unbranded, value));
            self.believed("both spellings", &good.and(&unbranded, value));
            let empty = if name == "svix-timestamp" {
                "invalid_timestamp"
            } else {
                "missing_header"
            };
            self.refused(
                "the first spelling empty",
                &good.with(name, "").and(&unbranded, value),
                empty,
            );
            // The first spelling decides, whatever stands under the other.
            self.believed("the other spelling wrong", &good.and(&unbranded, "wrong"));
        }
        self.bodies(good);
        self.odd_bodies(|body| signed.genuine(&proof.key, &signed.timestamp, body));

        // The dots that join id, timestamp and body can be read in two ways: whoever moves one has a
        // right tag, over a body that is no JSON object.
        let longer = format!("{}.{}", signed.id, signed.timestamp);
        let token = Signed {
            id: longer,
            ..signed.clone()
        }
        .token(&proof.key);
        let moved = [format!("{}.", signed.timestamp).as_bytes(), &good.body].concat();
        let moved = good.with("svix-signature", &token).body(moved);
        self.refused(
            "a dot moved from the id to the body",
            &moved,
            "malformed_body",
        );
    }

    /// One token, changed, cut and extended.
    fn token(&mut self, signed: &Signed, proof: &Proof, good: &Delivery) {
        let with = |value: &str| good.with("svix-signature", value);
        let value = signed.token(&proof.key);
        let digits = 3..value.len() - 1;
        for place in 0..value.len() {
            for odd in ['~', '-', '.', 'é'] {
                let changed = replaced(&value, place, odd);
                self.refused(&changed, &with(&changed), "malformed_signature");
            }
            if digits.contains(&place) {
                let other = if value.as_bytes()[place] == b'A' {
                    'E'
                } else {
                    'A'
                };
                let changed = replaced(&value, place, other);
                self.refused(&changed, &with(&changed), "signature_mismatch");
            }
        }
        for length in 1..value.len() {
            for part in [&value[..length], &value[length..]] {
                self.refused(part, &with(part), "malformed_signature");
            }
        }
        let text = &value[3..];
        let spare = char::from(value.as_bytes()[value.len() - 2] + 1);
        for malformed in [
            replaced(&value, value.len() - 2, spare),
            format!("{value}="),
            format!("{value}A"),
            format!("{value}AAAA"),
            format!("{value}{value}"),
            format!("{value},{value}"),
            format!("{value}\t{value}"),
            format!("0{value}"),
            format!("v1,{value}"),
            format!("V1,{text}"),
            format!("v2,{text}"),
            format!("v1a,{text}"),
            format!("v11,{text}"),
            format!("v0,{text}"),
            format!("v1={text}"),
            format!("v1.{text}"),
            format!("v1, {text}"),
            format!(",{text}"),
            format!("v1,{}", hex::encode(BASE64.decode(text).unwrap())),
            format!("v2,{text} v1a,{text} {text} v1"),
            text.to_owned(),
            "v1,".to_owned(),
            "v1".to_owned(),
        ] {
            self.refused(&malformed, &with(&malformed), "malformed_signature");
        }
        self.believed("white space around", &with(&format!(" {value}\t")));

        let sign = |key: &[u8], parts: &[&[u8]]| format!("v1,{}", BASE64.encode(tag(key, parts)));
        let (id, time, body) = (
            signed.id.as_bytes(),
            signed.timestamp.as_bytes(),
            &signed.base.body[..],
        );
        let content = [id, b".", time, b".", body].concat();
        for (what, forged) in [
            ("another key", sign(b"another key", &[&content])),
            ("the empty key", sign(b"", &[&content])),
            (
                "the secret's text as key",
                sign(proof.secret.as_bytes(), &[&content]),
            ),
            (
                "the key without its last byte",
                sign(&proof.key[..proof.key.len() - 1], &[&content]),
            ),
            ("key and message swapped", sign(&content, &[&proof.key])),
            ("the body alone", sign(&proof.key, &[body])),
            ("no dots", sign(&proof.key, &[id, time, body])),
            ("no time", sign(&proof.key, &[id, b".", body])),
            ("no id", sign(&proof.key, &[time, b".", body])),
            (
                "time before id",
                sign(&proof.key, &[time, b".", id, b".", body]),
            ),
            (
                "the hash alone",
                format!("v1,{}", BASE64.encode(sha256(&[&content]))),
            ),
            ("zeros", format!("v1,{}", BASE64.encode([0; 32]))),
        ] {
            self.refused(what, &with(&forged), "signature_mismatch");
        }
    }

    /// Several tokens in one header.
    fn tokens(&mut self, signed: &Signed, proof: &Proof, good: &Delivery) {
        let with = |tokens: &[&str]| good.with("svix-signature", &tokens.join(" "));
        let right = &signed.token(&proof.key)[..];
        let wrong = &signed.token(b"another key")[..];
        let (version, bare) = (format!("v2,{}", &right[3..]), &right[3..]);
        for (what, tokens) in [
            ("first", vec![right, wrong, wrong]),
            ("last", vec![wrong, wrong, right]),
            ("in the middle", vec![wrong, right, wrong]),
            ("twice", vec![right, right]),
            (
                "after malformed ones",
                vec!["v1,", "v1", "v1,AAAA", "nonsense", right],
            ),
            ("before malformed ones", vec![right, "v1,", "v2", "="]),
            ("after another version", vec!["v1a,AAAA", &version, right]),
            ("between many spaces", vec!["", "", wrong, "", right, ""]),
            ("after many", [vec![wrong; 63], vec![right]].concat()),
        ] {
            self.believed(&format!("the good token {what}"), &with(&tokens));
        }
        for (what, tokens, code) in [
            (
                "only wrong",
                vec![wrong, wrong, wrong],
                "signature_mismatch",
            ),
            (
                "wrong, and the right tag without a version",
                vec![wrong, bare],
                "signature_mismatch",
            ),
            (
                "wrong, and the right tag as v2",
                vec![wrong, &version],
                "signature_mismatch",
            ),
            (
                "only the right tag as v2",
                vec![&version],
                "malformed_signature",
            ),
            (
                "only malformed",
                vec!["v1,", "v1", bare],
                "malformed_signature",
            ),
            ("many wrong", vec![wrong; 64], "signature_mismatch"),
        ] {
            self.refused(what, &with(&tokens), code);
        }
    }

    /// The signed time against the clock, and texts that are no time.
    fn clock(&mut self, signed: &Signed, proof: &Proof, good: &Delivery) {
        let time: i64 = signed.timestamp.parse().unwrap();
        let at = |ms| good.at(UtcMillis::from_millis(ms));
        for ms in [
            (time + 300) * 1000 + 999,
            (time + 300) * 1000,
            time * 1000,
            (time - 300) * 1000,
        ] {
            self.read(&format!("{time} at {ms} ms"), &at(ms));
        }
        for ms in [(time + 301) * 1000, (time + 86_400) * 1000, i64::MAX] {
            self.refused(&format!("{time} at {ms} ms"), &at(ms), "timestamp_too_old");
        }
        for ms in [(time - 300) * 1000 - 1, (time - 301) * 1000, 0, i64::MIN] {
            self.refused(&format!("{time} at {ms} ms"), &at(ms), "timestamp_too_new");
        }
        let body = &signed.base.body;
        let signed_at = |text: &str| signed.genuine(&proof.key, text, body);
        for (text, code) in [
            ("0".to_owned(), "invalid_timestamp"),
            ("000000000000".to_owned(), "invalid_timestamp"),
            ("9999999999999".to_owned(), "invalid_timestamp"),
            (format!("000{time}"), "invalid_timestamp"),
            (format!("-{time}"), "invalid_timestamp"),
            (format!("+{time}"), "invalid_timestamp"),
            (format!("{time}abc"), "invalid_timestamp"),
            (format!("{time}.0"), "invalid_timestamp"),
            (format!("{time}000"), "invalid_timestamp"),
            (format!("{time} {time}"), "invalid_timestamp"),
            (format!("{time},{time}"), "invalid_timestamp"),
            ("1e9".to_owned(), "invalid_timestamp"),
            (i64::MIN.to_string(), "invalid_timestamp"),
            (i64::MAX.to_string(), "invalid_timestamp"),
            ("999999999999".to_owned(), "timestamp_too_new"),
            ("1".to_owned(), "timestamp_too_old"),
        ] {
            self.refused(
                &format!("genuinely signed at {text}"),
                &signed_at(&text),
                code,
            );
        }
        // The text is signed as it came, leading zeros and all; and the last second there is passes.
        self.read("a leading zero", &signed_at(&format!("0{time}")));
        let last = UtcMillis::from_millis(i64::MAX);
        self.read(
            "the last second",
            &signed_at(&last.as_seconds().to_string()).at(last),
        );
    }

    /// The signed id and the signed time, changed under the old signature.
    fn signed_texts(&mut self, signed: &Signed, good: &Delivery) {
        let id = &signed.id;
        for place in 0..id.len() {
            if id.is_char_boundary(place) && id.is_char_boundary(place + 1) {
                let changed = replaced(id, place, '~');
                self.refused(
                    &changed,
                    &good.with("svix-id", &changed),
                    "signature_mismatch",
                );
            }
        }
        for changed in [
            format!("{id}."),
            format!("{id}0"),
            format!(".{id}"),
            "x".to_owned(),
        ] {
            self.refused(
                &changed,
                &good.with("svix-id", &changed),
                "signature_mismatch",
            );
        }
        let now = good.now.as_seconds();
        for place in 0..signed.timestamp.len() {
            for digit in '0'..='9' {
                let changed = replaced(&signed.timestamp, place, digit);
                if changed != signed.timestamp {
                    let age = now - changed.parse::<i64>().unwrap();
                    let code = match age {
                        301.. => "timestamp_too_old",
                        ..=-301 => "timestamp_too_new",
                        _ => "signature_mismatch",
                    };
                    self.refused(&changed, &good.with("svix-timestamp", &changed), code);
                }
            }
        }
        let padded = format!("0{}", signed.timestamp);
        let code = if padded.len() > 12 {
            "invalid_timestamp"
        } else {
            "signature_mismatch"
        };
        self.refused(&padded, &good.with("svix-timestamp", &padded), code);
    }
}

/// What the headers of Standard Webhooks say.
#[derive(Clone)]
pub(super) struct Signed {
    pub(super) base: Delivery,
    pub(super) id: String,
    pub(super) timestamp: String,
    pub(super) tokens: Vec<String>,
}

impl Signed {
    pub(super) const NAMES: [&'static str; 3] = ["svix-id", "svix-timestamp", "svix-signature"];

    /// Reads the headers in either spelling, the branded one first.
    pub(super) fn of(delivery: &Delivery) -> Option<Self> {
        let [id, timestamp, signatures] = Self::NAMES.map(|name| {
            let value = delivery.header(name);
            value.or_else(|| delivery.header(&name.replace("svix", "webhook")))
        });
        let mut base = delivery.clone();
        for name in Self::NAMES {
            base = base.without(name).without(&name.replace("svix", "webhook"));
        }
        Some(Self {
            base,
            id: id?.trim().to_owned(),
            timestamp: timestamp?.trim().to_owned(),
            tokens: signatures?.split(' ').map(str::to_owned).collect(),
        })
    }

    /// The token that `key` gives.
    pub(super) fn token(&self, key: &[u8]) -> String {
        let (id, time) = (self.id.as_bytes(), self.timestamp.as_bytes());
        let tag = tag(key, &[id, b".", time, b".", &self.base.body]);
        format!("v1,{}", BASE64.encode(tag))
    }

    /// The delivery with these signatures, under the branded names.
    pub(super) fn delivery(&self, signatures: &str) -> Delivery {
        let [id, timestamp, signature] = Self::NAMES;
        let delivery = self.base.and(id, &self.id).and(timestamp, &self.timestamp);
        delivery.and(signature, signatures)
    }

    /// A genuine delivery of another body at another time.
    fn genuine(&self, key: &[u8], timestamp: &str, body: &[u8]) -> Delivery {
        let other = Self {
            base: self.base.body(body),
            timestamp: timestamp.to_owned(),
            ..self.clone()
        };
        other.delivery(&other.token(key))
    }
}
