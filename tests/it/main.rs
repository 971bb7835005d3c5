//! The core, tested from outside: by its public names, against what others signed and computed.
//!
//! - [`cases`]: every case folder gives what it says (a [`case`] is one delivery)
//! - [`contract`]: no change of a genuine delivery is believed
//! - [`vectors`]: published MACs come out as published
//! - [`laws`]: what holds for every input
//! - [`lookups`]: what APIs answer, and what an event becomes with it
//! - [`layers`]: imports point one way
//! - [`errors`]: codes, statuses and texts of refusals; nothing secret prints

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test that cannot go on says so by panicking"
)]

mod case;
mod cases;
mod contract;
mod errors;
mod laws;
mod layers;
mod lookups;
mod vectors;

use std::io::{Write, stdout};

/// Writes a line to the output of the tests, also of those that pass.
fn say(line: &str) {
    let mut output = stdout();
    writeln!(output, "{line}").unwrap();
}
