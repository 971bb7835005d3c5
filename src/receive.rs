//! From a delivery to what it says: open, verify, read. Pure, and total on any bytes.

use crate::challenge::Reply;
use crate::event::{Event, SkipReason};
use crate::freshness::TOLERANCE_SECONDS;
use crate::inbound::Inbound;
use crate::provider::telematica::{Telematica, read_callback};
use crate::provider::{Provider, Reading};
use crate::rejection::Rejection;
use crate::secret::{BearerRing, Keyring, Keys};
use crate::signature::{self, Verified};
use crate::timestamp::UtcMillis;

/// What came of a delivery that is not refused.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// A challenge, with its answer.
    Challenge(Reply),
    /// A genuine delivery, read, and the place of the key by which it is genuine.
    Reading(Reading, usize),
}

/// Limits that depend on the installation.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How far a signed time may lie from now, in seconds.
    pub tolerance: i64,
    /// How old a position may be, in milliseconds; `None` for any age.
    pub max_age: Option<i64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tolerance: TOLERANCE_SECONDS,
            max_age: None,
        }
    }
}

/// Proves that a delivery is genuine, without parsing its body.
///
/// # Errors
/// The [`Rejection`] that says why it is not.
pub fn verify<'a>(
    provider: &dyn Provider,
    inbound: &'a Inbound<'a>,
    keyring: &impl Keys,
    limits: Limits,
) -> Result<Verified<'a>, Rejection> {
    signature::verify(provider.scheme(), inbound, keyring, limits.tolerance)
}

/// Receives a delivery: answers a challenge, or verifies and reads.
///
/// A challenge is answered whether it is signed or not: it comes before the provider can know
/// that the secret is in place.
///
/// # Errors
/// The [`Rejection`] that the sender is answered with.
pub fn receive(
    provider: &dyn Provider,
    inbound: &Inbound<'_>,
    keyring: &impl Keys,
    limits: Limits,
) -> Result<Received, Rejection> {
    let verified = verify(provider, inbound, keyring, limits);
    if let Some(challenge) = provider.challenge(inbound.body) {
        return Ok(Received::Challenge(challenge?.answer(keyring)));
    }
    let verified = verified?;
    let reading = weeded(provider.read(&verified)?, limits);
    Ok(Received::Reading(reading, verified.key_index()))
}

/// Receives a delivery to Telematica's legacy callback.
///
/// Headers of Standard Webhooks, where any is there, must verify and then suffice; the bearer
/// token never makes up for a wrong signature.
///
/// # Errors
/// The [`Rejection`] that the sender is answered with.
pub fn receive_callback(
    inbound: &Inbound<'_>,
    proof: CallbackProof<'_>,
    limits: Limits,
) -> Result<Reading, Rejection> {
    let verified = match proof {
        CallbackProof::Bearer(tokens) => signature::verify_bearer(inbound, tokens)?,
        CallbackProof::Signature(keyring) => verify(&Telematica, inbound, keyring, limits)?,
    };
    Ok(weeded(read_callback(&verified)?, limits))
}

/// By what a delivery to the legacy callback has to prove itself.
#[derive(Clone, Copy, Debug)]
pub enum CallbackProof<'a> {
    /// By a bearer token: there is no header of Standard Webhooks.
    Bearer(&'a BearerRing),
    /// By a signature.
    Signature(&'a Keyring),
}

/// How far ahead an event may lie and still be kept until its time has come, in milliseconds.
pub const MAX_LEAD: i64 = 60_000;

fn weeded(mut reading: Reading, limits: Limits) -> Reading {
    for event in &mut reading.events {
        if event.skip.is_none() {
            event.skip = untimely(event, limits);
        }
    }
    reading
}

/// Why the time of an event rules it out, where it does. A time is never rewritten.
fn untimely(event: &Event, limits: Limits) -> Option<SkipReason> {
    let Some(time) = event.event_ts else {
        return Some(SkipReason::InvalidPayload);
    };
    let age = age(event.received_at, time);
    if age < -MAX_LEAD {
        Some(SkipReason::FutureTimestamp)
    } else if limits.max_age.is_some_and(|max| age > max) {
        Some(SkipReason::StalePosition)
    } else {
        None
    }
}

const fn age(now: UtcMillis, time: UtcMillis) -> i64 {
    now.millis_since(time)
}
