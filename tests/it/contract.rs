//! The contract suite: from every genuine delivery among the cases it derives the attacks that there
//! are on its scheme, and every one must be refused, with the code that tells why.
//!
//! [`hex_of_body`], [`standard_webhooks`], [`bearer`] and [`challenge`] attack one way of proof each,
//! what is here attacks all. Tags are made with the `hmac` crate and by the providers' documents, not
//! by the code under test; the deliveries themselves were signed by what each case names.

mod bearer;
mod challenge;
mod hex_of_body;
mod standard_webhooks;

use self::standard_webhooks::Signed;
use crate::case::{Answer, Case, Config, Delivery, Gateway};
use crate::say;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use weighbridge::provider::PROVIDERS;
use weighbridge::secret::KeyFormat;
use weighbridge::signature::Scheme;

#[test]
fn no_attack_on_any_provider_is_believed() {
    let failures: Vec<String> = thread::scope(|scope| {
        let suites: Vec<_> = PROVIDERS
            .iter()
            .map(|provider| scope.spawn(|| suite(provider.name())))
            .collect();
        suites
            .into_iter()
            .flat_map(|suite| suite.join().unwrap())
            .collect()
    });
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures[..failures.len().min(30)].join("\n")
    );
}

/// Attacks every genuine delivery of a provider; what failed.
fn suite(provider: &str) -> Vec<String> {
    let (mut genuine, mut attacks, mut failures) = (0, 0, Vec::new());
    for case in Case::all_of(provider) {
        if case.status() >= 300 {
            continue;
        }
        genuine += 1;
        let mut drill = Drill::of(&case);
        if case.is_challenge() {
            drill.challenge();
        } else {
            drill.genuine();
        }
        attacks += drill.attacks;
        failures.extend(drill.failures);
    }
    say(&format!(
        "{provider}: {attacks} attacks on {genuine} genuine deliveries"
    ));
    if attacks < genuine * LEAST_ATTACKS {
        failures.push(format!(
            "{provider}: only {attacks} attacks on {genuine} genuine deliveries"
        ));
    }
    failures
}

/// How many attacks a genuine delivery gives at least, on an average.
const LEAST_ATTACKS: usize = 200;

/// The attacks on one case.
struct Drill<'a> {
    case: &'a Case,
    config: Config,
    gateway: Gateway,
    attacks: usize,
    failures: Vec<String>,
}

/// What a genuine delivery is signed with.
struct Proof {
    /// The bytes of the key that fits, its text, and its place in the configured list.
    key: Vec<u8>,
    secret: String,
    index: usize,
    /// The name of its list in the configuration.
    list: &'static str,
}

impl<'a> Drill<'a> {
    fn of(case: &'a Case) -> Self {
        // How much is read is no question of what is genuine.
        let config = case.config.without("MAX_BODY_BYTES");
        let gateway = Gateway::new(case.hook, &config);
        Self {
            case,
            config,
            gateway,
            attacks: 0,
            failures: Vec::new(),
        }
    }

    /// The attacks on a delivery that is signed, or that bears a token.
    fn genuine(&mut self) {
        let delivery = &self.case.delivery;
        let scheme = self.case.hook.provider().scheme();
        if let Scheme::HexOfBody { header, prefix } = scheme {
            let proof = self.proof(|key| {
                let digits = delivery
                    .header(header)
                    .unwrap()
                    .trim()
                    .strip_prefix(prefix)
                    .unwrap();
                hex::decode(digits).unwrap() == tag(key, &[&delivery.body])
            });
            self.hex(delivery, &proof, header, prefix);
        } else if let Some(signed) = Signed::of(delivery) {
            let proof = self.proof(|key| signed.tokens.contains(&signed.token(key)));
            self.standard_webhooks(&signed, &proof);
        } else {
            self.bearer(delivery);
        }
    }

    /// The configured key for which `fits` holds.
    fn proof(&self, fits: impl Fn(&[u8]) -> bool) -> Proof {
        let provider = self.case.hook.provider();
        let format = self.config.key_format(provider).unwrap();
        let list = self.config.text(provider.secret_name()).unwrap();
        let usable = list
            .split([',', ' ', '\n', '\t'])
            .filter_map(|secret| Some((secret, key_of(secret, format)?)));
        let (index, (secret, key)) = usable
            .enumerate()
            .find(|(_, (_, key))| fits(key))
            .unwrap_or_else(|| panic!("{}: no configured key fits", self.case.name));
        Proof {
            key,
            secret: secret.to_owned(),
            index,
            list: provider.secret_name(),
        }
    }

    /// Headers that decide: dropped, emptied, doubled, folded, in other cases.
    fn headers(&mut self, good: &Delivery, names: &[&str]) {
        for name in names {
            let value = good.header(name).unwrap().to_owned();
            let empty = if *name == "svix-timestamp" {
                "invalid_timestamp"
            } else {
                "missing_header"
            };
            self.refused(&format!("no {name}"), &good.without(name), "missing_header");
            self.refused(&format!("{name} empty"), &good.with(name, ""), empty);
            self.refused(&format!("{name} blank"), &good.with(name, " \t "), empty);
            for (what, doubled) in [
                ("twice", good.and(name, &value)),
                (
                    "twice, in two cases",
                    good.and(&name.to_ascii_uppercase(), &value),
                ),
                ("and again empty", good.and(name, "")),
                ("and again wrong", good.and(name, "wrong")),
                (
                    "after a wrong one",
                    good.with(name, "wrong").and(name, &value),
                ),
                ("folded", good.with(name, &format!("{value}, {value}"))),
                (
                    "folded after an empty one",
                    good.with(name, &format!(", {value}")),
                ),
                (
                    "folded with a wrong one",
                    good.with(name, &format!("wrong, {value}")),
                ),
            ] {
                self.refused(&format!("{name} {what}"), &doubled, "malformed_signature");
            }
            // White space at the end goes, and with it the sign of folding.
            let comma = good.with(name, &format!("{value}, "));
            let code = match *name {
                "authorization" => "unauthorized",
                "svix-id" => "signature_mismatch",
                "svix-timestamp" => "invalid_timestamp",
                _ => "malformed_signature",
            };
            self.refused(&format!("{name} with a comma"), &comma, code);
            for recased in [
                name.to_ascii_uppercase(),
                title_case(name),
                last_in_capital(name),
            ] {
                self.believed(&recased, &good.without(name).and(&recased, &value));
            }
        }
        let mut reversed = good.clone();
        reversed.headers.reverse();
        self.believed("headers in reverse order", &reversed);
        let crowd = (0..200).map(|n| (format!("x-{n}"), "v1,AAAA".to_owned()));
        let mut crowded = good.clone();
        crowded.headers.splice(0..0, crowd);
        self.believed("among 200 other headers", &crowded);
    }

    /// Where the key lies in the configured list, and that it is refused once it is out.
    fn places(&mut self, good: &Delivery, proof: &Proof) {
        self.attacks += 1;
        if self.gateway.key_index(good) != Some(proof.index) {
            self.fail(
                &format!("key {} of the configured list", proof.index),
                "another key",
            );
        }
        let other = match self.case.hook.provider().key_format() {
            KeyFormat::StandardWebhooks => "whsec_b3RoZXIgb3RoZXIgb3RoZXIgb3RoZXI=",
            _ => "0123456789abcdef",
        };
        let secret = &proof.secret;
        for (list, place) in [
            (format!("{other},{secret}"), Some(1)),
            (format!("{secret} {other}"), Some(0)),
            (format!(" {other}\n,{other}\t, {secret},"), Some(2)),
            (format!("{secret},{secret}"), Some(0)),
            (format!("{other} {other}"), None),
            (other.to_owned(), None),
        ] {
            let config = self.config.with(proof.list, &list);
            self.place(&config, good, place, "signature_mismatch");
        }
    }

    /// Under another configuration the delivery is genuine by the key at `place`, or refused.
    fn place(
        &mut self,
        config: &Config,
        good: &Delivery,
        place: Option<usize>,
        code: &'static str,
    ) {
        let gateway = Gateway::new(self.case.hook, config);
        self.attacks += 1;
        let (got, index) = (gateway.answer(good), gateway.key_index(good));
        let sound = match place {
            Some(_) => got == self.gateway.answer(good) && matches!(got, Answer::Read(_)),
            None => got == Answer::Refused(401, code),
        };
        if !sound || index != place {
            let what = format!("place {place:?} in a list of keys");
            self.fail(&what, &format!("{index:?}, {}", told(&got)));
        }
    }

    /// Bodies changed under the old signature.
    fn bodies(&mut self, good: &Delivery) {
        let body = &good.body;
        let step = if body.len() > 300 { 7 } else { 1 };
        for place in (0..body.len()).step_by(step) {
            let mut changed = body.clone();
            changed[place] ^= 1 << (place % 8);
            self.refused(
                &format!("byte {place} flipped"),
                &good.body(changed),
                "signature_mismatch",
            );
        }
        for byte in [b' ', b'\n', b'0', b'}', 0, 0xff] {
            let after = [body, &[byte][..]].concat();
            let before = [&[byte], &body[..]].concat();
            self.refused("a byte appended", &good.body(after), "signature_mismatch");
            self.refused("a byte before", &good.body(before), "signature_mismatch");
        }
        let last = body.len() - 1;
        for (what, changed) in [
            ("without its first byte", &body[1..]),
            ("without its last byte", &body[..last]),
            ("cut by half", &body[..last / 2]),
            ("empty", &[]),
            ("an empty object", b"{}"),
        ] {
            if changed != &body[..] {
                self.refused(what, &good.body(changed), "signature_mismatch");
            }
        }
        self.refused(
            "twice",
            &good.body([&body[..], body].concat()),
            "signature_mismatch",
        );
        if let Ok(value) = serde_json::from_slice::<Value>(body) {
            for (what, written) in [
                ("written again", serde_json::to_vec(&value).unwrap()),
                (
                    "written again for people",
                    serde_json::to_vec_pretty(&value).unwrap(),
                ),
            ] {
                if written != *body {
                    self.refused(what, &good.body(written), "signature_mismatch");
                }
            }
        }
    }

    /// Bodies that are genuinely signed and no JSON object.
    fn odd_bodies(&mut self, genuine: impl Fn(&[u8]) -> Delivery) {
        let deep = "[".repeat(100_000);
        for body in [
            &b""[..],
            b" ",
            b"null",
            b"true",
            b"1",
            b"\"x\"",
            b"[]",
            b"[{}]",
            b"{",
            b"{}{}",
            b"{} x",
            b"\xff",
            b"{\"a\":\"\xff\"}",
            b"{\"a\":1e400}",
            b"\xef\xbb\xbf{}",
            b"{'a':1}",
            b"{a:1}",
            b"{\"a\":\"\\ud800\"}",
            deep.as_bytes(),
        ] {
            let shown = String::from_utf8_lossy(&body[..body.len().min(20)]).into_owned();
            self.refused(
                &format!("genuine bytes {shown:?}"),
                &genuine(body),
                "malformed_body",
            );
        }
    }

    /// The delivery says the same as the case's own does.
    fn believed(&mut self, what: &str, delivery: &Delivery) {
        let due = self.gateway.answer(&self.case.delivery);
        self.answered(what, delivery, &due);
    }

    /// The delivery is genuine, whatever it says at its time.
    fn read(&mut self, what: &str, delivery: &Delivery) {
        let got = self.attempt(what, delivery);
        if !matches!(got, None | Some(Answer::Read(_))) {
            self.fail(what, got.as_ref().map_or("", told));
        }
    }

    fn answered(&mut self, what: &str, delivery: &Delivery, due: &Answer) {
        if let Some(got) = self.attempt(what, delivery)
            && (got != *due || matches!(got, Answer::Refused(..)))
        {
            self.fail(
                &format!("{what}, to be answered as a genuine one"),
                told(&got),
            );
        }
    }

    fn refused(&mut self, what: &str, delivery: &Delivery, code: &str) {
        if let Some(got) = self.attempt(what, delivery)
            && told(&got) != code
        {
            self.fail(&format!("{what}, to be refused as {code}"), told(&got));
        }
    }

    /// The answer to a delivery; none where the core panicked.
    fn attempt(&mut self, what: &str, delivery: &Delivery) -> Option<Answer> {
        self.attacks += 1;
        let answer = catch_unwind(AssertUnwindSafe(|| self.gateway.answer(delivery)));
        if answer.is_err() {
            self.fail(what, "a panic");
        }
        answer.ok()
    }

    fn fail(&mut self, what: &str, got: &str) {
        self.failures
            .push(format!("{}: {what}: got {got}", self.case.name));
    }
}

fn told(answer: &Answer) -> &'static str {
    match answer {
        Answer::Challenge(_) => "an answered challenge",
        Answer::Read(_) => "an accepted delivery",
        Answer::Refused(_, code) => code,
    }
}

/// The bytes of a key, by the provider's document; none for a text that is no key.
fn key_of(secret: &str, format: KeyFormat) -> Option<Vec<u8>> {
    let key = match format {
        KeyFormat::Hex => hex::decode(secret).ok()?,
        KeyFormat::StandardWebhooks => LENIENT
            .decode(secret.strip_prefix("whsec_").unwrap_or(secret))
            .ok()?,
        KeyFormat::Utf8 => secret.as_bytes().to_vec(),
    };
    (!key.is_empty()).then_some(key)
}

/// Secrets are read as the official libraries do: padded or not, spare bits dropped.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// HMAC-SHA256 of the parts, one after the other.
fn tag(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(parts.concat()).into()
}

/// The text with another character at one place.
fn replaced(text: &str, place: usize, other: char) -> String {
    format!("{}{other}{}", &text[..place], &text[place + 1..])
}

/// The name as HTTP/1 libraries write it.
fn title_case(name: &str) -> String {
    let words = name
        .split('-')
        .map(|word| word[..1].to_ascii_uppercase() + &word[1..]);
    words.collect::<Vec<_>>().join("-")
}

/// The name as nobody writes it.
fn last_in_capital(name: &str) -> String {
    let (head, last) = name.split_at(name.len() - 1);
    format!("{head}{}", last.to_ascii_uppercase())
}
