//! Attacks on challenges. Whoever answers any text as a challenge signs forged events for strangers.

use super::{Drill, tag, told};
use crate::case::{Answer, Delivery, Gateway};
use serde_json::{Value, json};

impl Drill<'_> {
    /// The attacks on a challenge: no text may be answered that could be an event.
    pub(super) fn challenge(&mut self) {
        let good = &self.case.delivery;
        let asked = Asked::of(good);
        let list = self.config.text(SECRETS).unwrap().to_owned();
        let mut secrets = list.split([',', ' ', '\n', '\t']);
        let first = secrets.find(|secret| !secret.is_empty()).unwrap();

        // A challenge comes before the endpoint can be trusted, so that no signature is asked for.
        for (what, delivery) in [
            ("as it came", good.clone()),
            ("unsigned", good.without("sc-signature")),
            ("signed wrongly", good.with("SC-Signature", &"0".repeat(64))),
            ("signature malformed", good.with("SC-Signature", "x")),
            (
                "signed twice",
                good.with("SC-Signature", "x").and("sc-signature", "y"),
            ),
        ] {
            self.answered(what, &delivery, &answer(first, &asked.text));
        }
        self.texts(good, &asked, first);

        // The answer is a signature over the challenge's bytes; those are no event.
        let signature = hex_tag(first, &asked.text);
        let replayed = good.with("SC-Signature", &signature).body(&asked.text[..]);
        self.refused("the answer as a signature", &replayed, "malformed_body");
        let forged = good.with("SC-Signature", &signature).body(EVENT);
        self.refused("the answer over an event", &forged, "signature_mismatch");

        // The first key answers.
        for (list, key) in [
            (format!("{first} other"), first),
            (format!("other,{first}"), "other"),
        ] {
            let config = self.config.with(SECRETS, &list);
            let got = Gateway::new(self.case.hook, &config).answer(good);
            self.attacks += 1;
            if got != answer(key, &asked.text) {
                self.fail("answered with the first key", told(&got));
            }
        }
    }

    /// Other texts in the place of the challenge.
    fn texts(&mut self, good: &Delivery, asked: &Asked, key: &str) {
        let asking = |challenge: Value| good.body(asked.body(Some(challenge)));
        for byte in 0..=127_u8 {
            let text = char::from(byte).to_string();
            let (what, delivery) = (format!("challenge {text:?}"), asking(json!(text)));
            if byte.is_ascii_graphic() && !b"{}[]\"\\".contains(&byte) {
                self.answered(&what, &delivery, &answer(key, &text));
            } else {
                self.refused(&what, &delivery, "challenge_refused");
            }
        }
        for length in [2, 255, 256] {
            let text = "x".repeat(length);
            let what = format!("a challenge of {length} characters");
            self.answered(&what, &asking(json!(text)), &answer(key, &text));
        }
        for other in [
            json!(""),
            json!("x".repeat(257)),
            json!(EVENT),
            json!(format!(" {EVENT}")),
            json!("{}"),
            json!("[]"),
            json!("a b"),
            json!("a\u{a0}b"),
            json!("é"),
            json!("\u{feff}"),
            json!(null),
            json!(1),
            json!(true),
            json!(["x"]),
            json!({ "challenge": "x" }),
        ] {
            let what = format!("challenge {other}");
            self.refused(&what, &asking(other), "challenge_refused");
        }
        self.refused(
            "no challenge",
            &good.body(asked.body(None)),
            "challenge_refused",
        );
    }
}

/// A body that asks a challenge, in the shape of either generation.
struct Asked {
    body: Value,
    parent: &'static str,
    text: String,
}

impl Asked {
    fn of(delivery: &Delivery) -> Self {
        let body: Value = serde_json::from_slice(&delivery.body).unwrap();
        let parents = ["/data", "/payload"];
        let text = |parent: &&str| {
            body.pointer(parent)?["challenge"]
                .as_str()
                .map(str::to_owned)
        };
        let parent = parents
            .into_iter()
            .find(|parent| text(parent).is_some())
            .unwrap();
        Self {
            parent,
            text: text(&parent).unwrap(),
            body,
        }
    }

    /// The same with another challenge, or without any.
    fn body(&self, challenge: Option<Value>) -> String {
        let mut body = self.body.clone();
        let parent = body
            .pointer_mut(self.parent)
            .and_then(Value::as_object_mut)
            .unwrap();
        match challenge {
            Some(challenge) => parent.insert("challenge".to_owned(), challenge),
            None => parent.remove("challenge"),
        };
        body.to_string()
    }
}

fn answer(key: &str, challenge: &str) -> Answer {
    Answer::Challenge(hex_tag(key, challenge))
}

fn hex_tag(key: &str, text: &str) -> String {
    hex::encode(tag(key.as_bytes(), &[text.as_bytes()]))
}

const SECRETS: &str = "SMARTCAR_MANAGEMENT_TOKEN";

const EVENT: &str = r#"{"eventType":"VEHICLE_STATE","eventId":"forged"}"#;
