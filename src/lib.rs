//! Weighbridge: proves that telematics webhooks are genuine and turns them into Cartrack's events.
//!
//! The core is pure: clock, storage, network and randomness are arguments. The Worker lives in
//! [`edge`](https://developers.cloudflare.com/workers/) behind a feature of that name, the npm
//! package behind `npm`. Read in this order:
//!
//! 1. a delivery comes in: [`inbound`], [`secret`], [`signature`], [`freshness`], [`challenge`],
//!    [`rejection`], [`base64`]
//! 2. it is read: [`receive`], [`provider`], [`payload`], [`json`], [`number`], [`event`],
//!    [`timestamp`]
//! 3. it is sent on: [`mapping`], `import`, `lookup`, `relay`, [`cartrack`], [`outcome`], [`backoff`],
//!    [`state`], [`fault`]

#![cfg_attr(feature = "npm", no_std)]

extern crate alloc;

pub mod backoff;
pub mod base64;
pub mod cartrack;
pub mod challenge;
pub mod event;
pub mod fault;
pub mod freshness;
#[cfg(not(feature = "npm"))]
pub mod import;
pub mod inbound;
pub mod json;
#[cfg(not(feature = "npm"))]
pub mod lookup;
pub mod mapping;
pub mod number;
pub mod outcome;
pub mod payload;
// In wasm, JavaScript is the platform.
#[cfg_attr(
    all(feature = "edge", target_arch = "wasm32"),
    path = "edge/platform.rs"
)]
#[cfg_attr(all(feature = "npm", target_arch = "wasm32"), path = "npm/platform.rs")]
mod platform;
pub mod provider;
pub mod receive;
pub mod rejection;
#[cfg(not(feature = "npm"))]
pub mod relay;
pub mod secret;
pub mod signature;
pub mod state;
pub mod timestamp;

#[cfg(feature = "edge")]
pub mod edge;

#[cfg(feature = "npm")]
pub mod npm;

/// Half the size of the standard library's.
#[cfg(any(feature = "edge", feature = "npm"))]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
