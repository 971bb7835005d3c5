//! Faults on demand, for the tests in `tests/faults`: compiled with the feature `faults` only,
//! which no deployable build has.
//!
//! `PUT /faults` takes a [`Plan`]; the named points of the code then fail, are slow, or panic. In
//! the local runtime the door and the lanes are one isolate, so that one plan reaches them all. A
//! panic ends the wasm instance, and the plan with it.

use crate::edge::error::{Error, Result};
use crate::edge::http::{body, json_reply, method_not_allowed};
use js_sys::Promise;
use js_sys::futures::{JsFuture, future_to_promise};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::time::Duration;
use web_sys::{Request, Response};
use worker::{Delay, console_error};

/// What is to go wrong.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    /// How far the gateway's clock is ahead, in milliseconds.
    #[serde(default)]
    clock_ms: i64,
    #[serde(default)]
    faults: Vec<Planned>,
}

/// One fault: at this point, in this lane or in any, after so many passes, so many times.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Planned {
    at: String,
    #[serde(default)]
    lane: Option<u16>,
    #[serde(default)]
    after: u32,
    times: u32,
    act: Act,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    Fail,
    Panic,
    /// Takes this many milliseconds, and then goes on.
    Slow(u64),
}

thread_local! {
    static PLAN: RefCell<Plan> = RefCell::default();
}

/// Answers `/faults`: `PUT` replaces the plan, `GET` shows what is left of it.
pub async fn route(request: Request) -> Result<Response> {
    match request.method().as_str() {
        "GET" => {}
        "PUT" => {
            let plan: Plan = serde_json::from_slice(&body(&request).await?)
                .map_err(|error| Error::new(&error.to_string()))?;
            PLAN.set(plan);
        }
        _ => return method_not_allowed("GET, PUT"),
    }
    json_reply(200, &PLAN.with_borrow(Plan::clone))
}

/// How far the clock is ahead, in milliseconds.
pub fn clock_ms() -> i64 {
    PLAN.with_borrow(|plan| plan.clock_ms)
}

/// A point at which the plan may want something to go wrong.
pub async fn point(name: &str, lane: Option<u16>) -> Result<()> {
    if let Some(Act::Slow(ms)) = step(name, lane)? {
        Delay::from(Duration::from_millis(ms)).await;
    }
    Ok(())
}

/// A call of KV with a point before its answer is waited for, and one behind it.
pub fn around_kv(answer: Promise) -> Promise {
    future_to_promise(async move {
        point("kv", None).await?;
        let answer = JsFuture::from(answer).await;
        point("kv.answered", None).await?;
        answer
    })
}

/// A point at which nothing can be waited for.
pub fn point_now(name: &str, lane: Option<u16>) -> Result<()> {
    step(name, lane).map(|_| ())
}

#[allow(clippy::panic, reason = "that is what this is for")]
fn step(name: &str, lane: Option<u16>) -> Result<Option<Act>> {
    match PLAN.with_borrow_mut(|plan| take(plan, name, lane)) {
        Some(Act::Fail) => Err(Error::new(&format!("a planned fault at {name}"))),
        Some(Act::Panic) => {
            // The panic itself says nothing, as in the deployed Worker.
            console_error!("a planned panic at {name}");
            panic!()
        }
        act => Ok(act),
    }
}

fn take(plan: &mut Plan, name: &str, lane: Option<u16>) -> Option<Act> {
    let fits = |fault: &&mut Planned| {
        fault.at == name && fault.times > 0 && (fault.lane.is_none() || fault.lane == lane)
    };
    let fault = plan.faults.iter_mut().find(fits)?;
    if fault.after > 0 {
        fault.after -= 1;
        return None;
    }
    fault.times -= 1;
    Some(fault.act)
}
