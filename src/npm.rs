//! The npm package's way into the core: numbers in, numbers or JSON text out.
//!
//! A call crosses from JavaScript once. Headers and body lie in one input buffer that JavaScript
//! writes to; an answer that is more than a number is JSON in one output buffer that it reads from.
//! Keys are prepared once and named by a number after that.

mod buffers;
mod events;
mod json;
mod replies;
mod rings;

use crate::cartrack::record::Record;
use crate::inbound::Inbound;
use crate::mapping::{Mapping, Vin};
use crate::payload;
use crate::provider::telematica::CALLBACK_HEADERS;
use crate::provider::{PROVIDERS, Provider};
use crate::receive::{self, CallbackProof, Limits, Received};
use crate::rejection::Rejection;
use crate::secret::{Keyring, Keys, is_among};
use crate::signature;
use crate::timestamp::UtcMillis;
use buffers::{body_of, headers_of};
use core::panic::PanicInfo;
use replies::{Catalogue, Outcome, Refusal, Weighed, reply};
use rings::Ring;
use rlsf::SmallGlobalTlsf;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "../lib/platform.js")]
extern "C" {
    /// Writes the tag that the platform's HMAC gives under a key of the ring in use, not the first.
    #[wasm_bindgen(js_name = platformTag)]
    fn platform_tag(key: usize, tag: &mut [u8]);

    /// Writes the shortest text that reads back as `number`, and gives its length.
    #[wasm_bindgen(js_name = platformNumber)]
    fn platform_number(number: f64, text: &mut [u8]) -> usize;
}

#[global_allocator]
static ALLOCATOR: SmallGlobalTlsf = SmallGlobalTlsf::new();

/// A panic traps at once: what it would say goes nowhere in wasm.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn trap(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Makes room for `len` bytes of input, no more and no less, and gives their address.
#[wasm_bindgen]
#[must_use]
pub fn input(len: usize) -> *const u8 {
    buffers::input(len)
}

/// The address of the last answer.
#[wasm_bindgen]
#[must_use]
pub fn output() -> *const u8 {
    buffers::output()
}

/// Answers with the providers, their headers and the callback's, in the order in which the other
/// functions number them.
#[wasm_bindgen]
#[must_use]
pub fn catalogue() -> usize {
    reply(&Catalogue::known())
}

/// Prepares the secrets in the input. Gives the ring's number, or the complement of the length of an
/// answer that says what is wrong with a secret.
#[wasm_bindgen]
#[must_use]
pub fn ring(kind: usize, len: usize) -> i32 {
    match buffers::with_input(|input| Ring::new(kind, input.get(..len).unwrap_or_default())) {
        Ok(ring) => rings::keep(ring),
        Err(error) => complement(reply(&error.message())),
    }
}

/// Forgets a ring.
#[wasm_bindgen]
pub fn forget(ring: usize) {
    rings::forget(ring);
}

/// Verifies a delivery. Gives the index of the key that fits, or the complement of the length of an
/// answer that says why it is refused.
///
/// With `platform`, the platform computes the tags, and the body needs not be in the input: its tag
/// under the first key follows what is there.
#[wasm_bindgen]
#[must_use]
pub fn verify(
    provider: usize,
    ring: usize,
    now: f64,
    tolerance: f64,
    head: usize,
    body: usize,
    platform: bool,
) -> i32 {
    let verdict = rings::with_keys(ring, |keys| {
        with_delivery(provider, now, head, body, |provider, inbound, tag| {
            let first = tag.filter(|_| platform);
            let keys = Platform { keys, first };
            receive::verify(provider, inbound, &keys, limits(tolerance))
                .map(|verified| verified.key_index())
        })
    });
    match verdict.unwrap_or(Err(Rejection::SignatureMismatch)) {
        Ok(index) => i32::try_from(index).unwrap_or(i32::MAX),
        Err(rejection) => complement(reply(&Refusal::of(&rejection))),
    }
}

/// Receives a delivery: answers with the challenge's reply, with what was read, or with why it is
/// refused.
#[wasm_bindgen]
#[must_use]
pub fn receive(
    provider: usize,
    ring: usize,
    now: f64,
    tolerance: f64,
    head: usize,
    body: usize,
    platform: bool,
) -> usize {
    let received = rings::with_keys(ring, |keys| {
        with_delivery(provider, now, head, body, |provider, inbound, tag| {
            let first = tag.filter(|_| platform);
            let keys = Platform { keys, first };
            receive::receive(provider, inbound, &keys, limits(tolerance))
        })
    });
    reply(&Outcome::of(
        received.unwrap_or(Err(Rejection::SignatureMismatch)),
    ))
}

/// Receives a delivery to Telematica's legacy callback, by its bearer token.
#[wasm_bindgen(js_name = receiveCallback)]
#[must_use]
pub fn receive_callback(ring: usize, now: f64, head: usize, body: usize) -> usize {
    let received = rings::with_tokens(ring, |tokens| {
        buffers::with_input(|input| {
            let inbound = Inbound {
                headers: headers_of(input, head, CALLBACK_HEADERS),
                body: body_of(input, head, body),
                received_at: time(now),
            };
            receive::receive_callback(&inbound, CallbackProof::Bearer(tokens), Limits::default())
        })
    });
    let received = received.unwrap_or(Err(Rejection::Unauthorized));
    reply(&Outcome::of(
        received.map(|reading| Received::Reading(reading, 0)),
    ))
}

/// Answers with the reply to a challenge, or with null where the body is none that is safe.
#[wasm_bindgen(js_name = answerChallenge)]
#[must_use]
pub fn answer_challenge(provider: usize, ring: usize, body: usize) -> usize {
    let answer = rings::with_keys(ring, |keys| {
        buffers::with_input(|input| {
            let challenge = PROVIDERS
                .get(provider)?
                .challenge(body_of(input, 0, body))?;
            Some(challenge.ok()?.answer(keys))
        })
    });
    reply(&answer.flatten())
}

/// Answers with the headers that a provider would send. The input is the id and then the body.
#[wasm_bindgen]
#[must_use]
pub fn sign(provider: usize, ring: usize, now: f64, id: usize, body: usize) -> usize {
    let headers = rings::with_keys(ring, |keys| {
        buffers::with_input(|input| {
            let scheme = PROVIDERS.get(provider)?.scheme();
            let name = core::str::from_utf8(body_of(input, 0, id)).ok()?;
            let body = body_of(input, id, body);
            Some(signature::sign(
                scheme,
                keys,
                name,
                time(now).as_seconds(),
                body,
            ))
        })
    });
    reply(&headers.flatten())
}

/// Answers with Cartrack's record of the event in the input, with why there is none, or with null
/// where the input is no event. The input is JSON: `{"event": …, "vin": …}`.
#[wasm_bindgen(js_name = toCartrack)]
#[must_use]
pub fn to_cartrack(len: usize) -> usize {
    buffers::with_input(|input| {
        let weighed = payload::parse_object(body_of(input, 0, len))
            .ok()
            .and_then(|weighing| {
                let vin = payload::text(&weighing, "/vin").and_then(Vin::parse);
                let event = events::read(weighing.get("event")?).ok()?;
                let mapping = Mapping {
                    vin,
                    ..Mapping::default()
                };
                Some(Weighed::of(Record::weigh(&event, Some(&mapping))))
            });
        reply(&weighed)
    })
}

/// Keys whose HMAC the platform computes where it is faster. Which key fits is still decided here.
struct Platform<'a> {
    keys: &'a Keyring,
    /// The tag under the first key, where the platform computes. Asking for it from here would take
    /// longer than to compute it.
    first: Option<[u8; 32]>,
}

impl Keys for Platform<'_> {
    fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.keys.sign(parts)
    }

    fn find(&self, parts: &[&[u8]], tags: &[[u8; 32]]) -> Option<usize> {
        let Some(first) = self.first else {
            return self.keys.find(parts, tags);
        };
        (0..self.keys.count()).find(|key| {
            let mut tag = first;
            if *key > 0 {
                platform_tag(*key, &mut tag);
            }
            is_among(tag, tags)
        })
    }
}

fn with_delivery<T>(
    provider: usize,
    now: f64,
    head: usize,
    body: usize,
    run: impl FnOnce(&dyn Provider, &Inbound<'_>, Option<[u8; 32]>) -> Result<T, Rejection>,
) -> Result<T, Rejection> {
    let provider = *PROVIDERS
        .get(provider)
        .ok_or(Rejection::SignatureMismatch)?;
    buffers::with_input(|input| {
        let headers = headers_of(input, head, provider.headers());
        let tag = input.get(head + body..).and_then(<[u8]>::first_chunk);
        let inbound = Inbound {
            headers,
            body: body_of(input, head, body),
            received_at: time(now),
        };
        run(provider, &inbound, tag.copied())
    })
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a cast saturates, and so does UtcMillis"
)]
fn time(ms: f64) -> UtcMillis {
    UtcMillis::from_millis(ms as i64)
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a cast saturates, and so does the check"
)]
fn limits(tolerance: f64) -> Limits {
    Limits {
        tolerance: tolerance as i64,
        max_age: None,
    }
}

fn complement(len: usize) -> i32 {
    !i32::try_from(len).unwrap_or(i32::MAX)
}
