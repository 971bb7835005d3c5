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
use crate::secret::{Keys, is_among};
use crate::signature;
use crate::timestamp::UtcMillis;
use buffers::{BODY, delivery, item};
use core::panic::PanicInfo;
use replies::{Catalogue, Outcome, Refusal, Weighed, reply};
use rings::Ring;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "../lib/platform.js")]
extern "C" {
    /// Writes the inner hash that the platform computes under a key of the ring in use, not the first.
    #[wasm_bindgen(js_name = platformHash)]
    fn platform_hash(key: usize, hash: &mut [u8]);
}

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

/// Prepares the secrets that are the items of the input. Gives the ring's number, or the complement of
/// the length of an answer that says what is wrong with a secret.
#[wasm_bindgen]
#[must_use]
pub fn ring(kind: usize, items: usize) -> i32 {
    match buffers::with_input(|input| Ring::new(kind, input, items)) {
        Ok(ring) => rings::keep(ring),
        Err(error) => complement(reply(&error.message())),
    }
}

/// Forgets a ring.
#[wasm_bindgen]
pub fn forget(ring: usize) {
    rings::forget(ring);
}

/// Verifies the delivery in the input. Gives the index of the key that fits, or the complement of the
/// length of an answer that says why it is refused.
///
/// With a hash among the items the platform computes the hashes, and the body needs not be there.
#[wasm_bindgen]
#[must_use]
pub fn verify(provider: usize, ring: usize, now: f64, tolerance: f64, items: usize) -> i32 {
    let verified = with_delivery(provider, ring, now, items, |provider, inbound, keys| {
        receive::verify(provider, inbound, keys, limits(tolerance))
            .map(|verified| verified.key_index())
    });
    match verified {
        Ok(index) => i32::try_from(index).unwrap_or(i32::MAX),
        Err(rejection) => complement(reply(&Refusal::of(&rejection))),
    }
}

/// Receives the delivery in the input: answers with the challenge's reply, with what was read, or with
/// why it is refused.
#[wasm_bindgen]
#[must_use]
pub fn receive(provider: usize, ring: usize, now: f64, tolerance: f64, items: usize) -> usize {
    let received = with_delivery(provider, ring, now, items, |provider, inbound, keys| {
        receive::receive(provider, inbound, keys, limits(tolerance))
    });
    reply(&Outcome::of(received))
}

/// Receives a delivery to Telematica's legacy callback, by its bearer token.
#[wasm_bindgen(js_name = receiveCallback)]
#[must_use]
pub fn receive_callback(ring: usize, now: f64, items: usize) -> usize {
    let received = rings::with_tokens(ring, |tokens| {
        buffers::with_input(|input| {
            let (inbound, _) = delivery(input, items, CALLBACK_HEADERS, time(now));
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
pub fn answer_challenge(provider: usize, ring: usize, items: usize) -> usize {
    let answer = rings::with_keys(ring, |keys| {
        buffers::with_input(|input| {
            let body = item(input, items, BODY);
            let challenge = PROVIDERS.get(provider)?.challenge(body)?;
            Some(challenge.ok()?.answer(&keys.ring))
        })
    });
    reply(&answer.flatten())
}

/// Answers with the headers that a provider would send with the body. The first item is the id.
#[wasm_bindgen]
#[must_use]
pub fn sign(provider: usize, ring: usize, now: f64, items: usize) -> usize {
    let headers = rings::with_keys(ring, |keys| {
        buffers::with_input(|input| {
            let scheme = PROVIDERS.get(provider)?.scheme();
            let id = core::str::from_utf8(item(input, items, 0)).ok()?;
            let body = item(input, items, BODY);
            let now = time(now).as_seconds();
            Some(signature::sign(scheme, &keys.ring, id, now, body))
        })
    });
    reply(&headers.flatten())
}

/// Answers with Cartrack's record of the event in the body, with why there is none, or with null
/// where the body is no event. It is JSON: `{"event": …, "vin": …}`.
#[wasm_bindgen(js_name = toCartrack)]
#[must_use]
pub fn to_cartrack(items: usize) -> usize {
    buffers::with_input(|input| {
        let weighed = payload::parse_object(item(input, items, BODY))
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

/// Keys for whose HMAC the platform hashes what is long, where it is faster. The tag is finished, and which
/// key fits is decided, here.
struct Platform<'a> {
    keys: &'a rings::Keys,
    /// The inner hash under the first key, where the platform computes. Asking for it from here would
    /// take longer than to compute it.
    first: Option<&'a [u8; 32]>,
}

impl Keys for Platform<'_> {
    fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.keys.ring.sign(parts)
    }

    fn find(&self, parts: &[&[u8]], tags: &[[u8; 32]]) -> Option<usize> {
        let Some(first) = self.first else {
            return self.keys.ring.find(parts, tags);
        };
        (0..self.keys.ring.count()).find(|key| {
            let mut inner = *first;
            if *key > 0 {
                platform_hash(*key, &mut inner);
            }
            let tag = self.keys.finish(*key, &inner);
            tag.is_some_and(|tag| is_among(tag, tags))
        })
    }
}

fn with_delivery<T>(
    provider: usize,
    ring: usize,
    now: f64,
    items: usize,
    run: impl FnOnce(&dyn Provider, &Inbound<'_>, &Platform<'_>) -> Result<T, Rejection>,
) -> Result<T, Rejection> {
    rings::with_keys(ring, |keys| {
        buffers::with_input(|input| {
            let provider = *PROVIDERS.get(provider)?;
            let (inbound, first) = delivery(input, items, provider.headers(), time(now));
            Some(run(provider, &inbound, &Platform { keys, first }))
        })
    })
    .flatten()
    .unwrap_or(Err(Rejection::SignatureMismatch))
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
