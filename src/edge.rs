//! Weighbridge as a Cloudflare Worker: thin handlers around the core.

mod admin;
mod cartrack;
mod census;
mod config;
mod decode;
mod error;
#[cfg(feature = "faults")]
mod faults;
mod fetch;
mod hooks;
mod http;
mod kv;
#[allow(missing_docs, reason = "the macro's own functions have none")]
mod lane;
mod lanes;
mod ledger;
mod log;
mod lookups;
mod mappings;
mod metrics;
mod object;
mod overview;
mod protocol;
mod sql;
mod tally;
mod wait;

pub use lane::Lane;

use std::convert::Infallible;
use web_sys::{Request, Response};
use worker::{Context, Env, ScheduleContext, ScheduledEvent, event};

/// Answers every request that is not for a file of the console.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response, Infallible> {
    let answered = http::route(request, env, context).await;
    Ok(answered.unwrap_or_else(http::failure_reply))
}

/// Wakes every lane once a minute, in case an alarm was lost.
#[event(scheduled)]
async fn scheduled(_event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    lanes::Lanes::of(&env).touch().await;
}
