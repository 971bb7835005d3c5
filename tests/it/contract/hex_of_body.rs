//! Attacks on signatures that are the hex of the body's tag, in one header.

use super::{Drill, Proof, replaced, sha256, tag};
use crate::case::Delivery;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

impl Drill<'_> {
    /// Deliveries signed in one header by the hex of the body's tag.
    pub(super) fn hex(&mut self, good: &Delivery, proof: &Proof, header: &str, prefix: &str) {
        let tag_of = |body: &[u8]| tag(&proof.key, &[body]);
        let value = format!("{prefix}{}", hex::encode(tag_of(&good.body)));
        let good = &good.with(header, &value);
        self.believed("the same digits in lower case", good);
        self.places(good, proof);

        for place in 0..prefix.len() {
            let changed = replaced(&value, place, '~');
            self.refused(
                &changed,
                &good.with(header, &changed),
                "malformed_signature",
            );
        }
        for place in prefix.len()..value.len() {
            let digit = value.as_bytes()[place];
            let other = if digit == b'0' { '1' } else { '0' };
            let changed = replaced(&value, place, other);
            self.refused(&changed, &good.with(header, &changed), "signature_mismatch");
            for odd in ['g', 'G', ' ', '-', ':', 'é'] {
                let changed = replaced(&value, place, odd);
                // White space at an end is no part of a header's value.
                self.refused(
                    &changed,
                    &good.with(header, &changed),
                    "malformed_signature",
                );
            }
            let capital = replaced(&value, place, char::from(digit.to_ascii_uppercase()));
            self.believed(&capital, &good.with(header, &capital));
        }
        for length in 1..value.len() {
            for part in [&value[..length], &value[length..]] {
                self.refused(part, &good.with(header, part), "malformed_signature");
            }
        }
        let base64 = format!("{prefix}{}", BASE64.encode(tag_of(&good.body)));
        let sixty_five = format!("{value}0");
        let sixty_six = format!("{value}00");
        let twice = format!("{value}{value}");
        let listed = format!("{value},{value}");
        let spaced = format!("{value} {value}");
        let quoted = format!("\"{value}\"");
        let before = format!("0{value}");
        let marked = value.replace(prefix, &format!("{prefix}0x"));
        for malformed in [
            base64, sixty_five, sixty_six, twice, listed, spaced, quoted, before, marked,
        ] {
            self.refused(
                &malformed,
                &good.with(header, &malformed),
                "malformed_signature",
            );
        }
        self.believed(
            "white space around",
            &good.with(header, &format!(" {value}\t")),
        );
        self.headers(good, &[header]);

        let sign =
            |key: &[u8], parts: &[&[u8]]| format!("{prefix}{}", hex::encode(tag(key, parts)));
        let plain = |parts: &[&[u8]]| format!("{prefix}{}", hex::encode(sha256(parts)));
        let body = &good.body[..];
        for (what, forged) in [
            ("another key", sign(b"another key", &[body])),
            ("the empty key", sign(b"", &[body])),
            (
                "the key without its last byte",
                sign(&proof.key[..proof.key.len() - 1], &[body]),
            ),
            ("key and message swapped", sign(body, &[&proof.key])),
            ("no body", sign(&proof.key, &[])),
            ("the body's hash", sign(&proof.key, &[&sha256(&[body])])),
            ("the hash alone", plain(&[body])),
            ("the hash of key and body", plain(&[&proof.key, body])),
            ("zeros", format!("{prefix}{}", "0".repeat(64))),
        ] {
            self.refused(what, &good.with(header, &forged), "signature_mismatch");
        }
        self.bodies(good);
        let genuine = |body: &[u8]| {
            good.body(body)
                .with(header, &format!("{prefix}{}", hex::encode(tag_of(body))))
        };
        self.odd_bodies(genuine);
    }
}
