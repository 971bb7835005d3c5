//! The lanes, seen from the Worker: which lane a vehicle belongs to, and how lanes are asked.

use crate::edge::config;
use crate::edge::decode::{from_json, parse};
use crate::edge::error::Result;
use crate::edge::lookups::{Query, Told};
use crate::edge::object::text;
use crate::edge::protocol::{Accepted, Call, Mapped, Message};
use crate::edge::tally::{self, Tally};
use crate::edge::wait::{Lost, within};
use crate::event::Event;
use crate::fault::Fault;
use crate::json::{FromJson, Value};
use js_sys::futures::JsFuture;
use js_sys::{Function, Promise, Reflect};
use sha2::{Digest, Sha256};
use std::time::Duration;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::{Delay, Env, ObjectNamespace, Stub};

/// All lanes of this installation.
pub struct Lanes<'a> {
    env: &'a Env,
    count: u16,
}

impl<'a> Lanes<'a> {
    /// The lanes as they are configured.
    pub fn of(env: &'a Env) -> Self {
        Self {
            env,
            count: config::lanes(env),
        }
    }

    /// Stores events, each in its vehicle's lane, and answers in the order of the events. The
    /// number of the lane goes with each answer.
    ///
    /// # Errors
    /// [`Fault::Storage`] when any of the lanes does not have its events. What other lanes have is
    /// recognised as a duplicate when the provider tries again.
    pub async fn accept(&self, events: Vec<Event>) -> Result<Vec<(u16, Accepted)>, Fault> {
        let lanes: Vec<u16> = events.iter().map(|event| self.lane_of(event)).collect();
        let mut by_lane: Vec<(u16, Vec<Event>)> = Vec::new();
        for (lane, event) in lanes.iter().zip(events) {
            match by_lane.iter_mut().find(|(known, _)| known == lane) {
                Some((_, events)) => events.push(event),
                None => by_lane.push((*lane, vec![event])),
            }
        }
        // All are asked at once, and then one after the other is waited for.
        let asked = by_lane.into_iter().map(|(lane, events)| {
            let tally = tally::take();
            let (count, kept) = (events.len(), tally.clone());
            let asked = self.begin(lane, &Call::Accept { events, tally });
            (lane, count, kept, asked)
        });
        let asked: Vec<_> = asked.collect();
        let mut limit = Delay::from(TIMEOUT);
        let mut answers = Vec::with_capacity(asked.len());
        let mut failed = None;
        for (lane, count, kept, asked) in asked {
            let answer = answer(asked, &mut limit).await;
            match answer.map(Vec::<Accepted>::from_value) {
                Ok(Some(accepted)) if accepted.len() == count => {
                    answers.push((lane, accepted.into_iter()));
                }
                Ok(_) => failed = Some(BROKEN),
                Err(fault) => {
                    tally::at_door(|tally| tally.merge(&kept));
                    failed = Some(fault);
                }
            }
        }
        if let Some(fault) = failed {
            return Err(fault);
        }
        let in_order = lanes.into_iter().filter_map(|lane| {
            let (_, accepted) = answers.iter_mut().find(|(known, _)| *known == lane)?;
            Some((lane, accepted.next()?))
        });
        Ok(in_order.collect())
    }

    /// Tells every lane of changed mappings: an event can wait under any of its vehicle's ids.
    pub async fn mapped(&self, changes: Vec<Mapped>) {
        // A lane that does not hear of it finds the mapping at its next look.
        let _ = self.ask_all(&Call::Mapped { changes }).await;
    }

    /// Hands this isolate's counts to one of the lanes.
    pub async fn carry(&self, tally: Tally) {
        if tally.is_empty() {
            return;
        }
        let lane = worker::Date::now().as_millis() % u64::from(self.count);
        let lane = u16::try_from(lane).unwrap_or_default();
        let kept = tally.clone();
        if self.ask(lane, &Call::Count { tally }).await.is_err() {
            tally::at_door(|tally| tally.merge(&kept));
        }
    }

    /// Makes sure that every lane's alarm is set.
    pub async fn touch(&self) {
        let _ = self.ask_all(&Call::Touch).await;
    }

    /// Asks every lane, and fails when one does not answer.
    pub async fn ask_all(&self, call: &Call) -> Result<Vec<(u16, Value)>, Fault> {
        let asked: Vec<_> = (0..self.count).map(|lane| self.begin(lane, call)).collect();
        let mut limit = Delay::from(TIMEOUT);
        let mut answers = Vec::with_capacity(asked.len());
        for (lane, asked) in (0..).zip(asked) {
            answers.push((lane, answer(asked, &mut limit).await));
        }
        let answers = answers.into_iter();
        answers.map(|(lane, answer)| Ok((lane, answer?))).collect()
    }

    /// Asks every lane for a number, and gives the sum.
    pub async fn sum(&self, call: &Call) -> Result<u64, Fault> {
        let answers = self.ask_all(call).await?;
        Ok(answers.iter().filter_map(|(_, n)| n.as_u64()).sum())
    }

    /// Asks one lane; any of the highest possible number, so that events of lanes that are no
    /// longer in use can still be looked up.
    pub async fn ask(&self, lane: u16, call: &Call) -> Result<Value, Fault> {
        answer(self.begin(lane, call), &mut Delay::from(TIMEOUT)).await
    }

    /// Asks one lane, whose [`answer`] can be waited for later.
    fn begin(&self, lane: u16, call: &Call) -> Result<JsFuture, Fault> {
        let stub = self.stub(&format!("lane-{lane}"))?;
        let asked = stub.ask(&text(&Message { lane, call }));
        asked.map(JsFuture::from).map_err(|_| BROKEN)
    }

    /// The lane of an event: that of its vehicle, so that one transaction sees all of a vehicle's
    /// events. An event without a vehicle goes by its own id.
    fn lane_of(&self, event: &Event) -> u16 {
        let key = event.vehicle.as_deref().unwrap_or(&event.provider_event_id);
        let mut hash = Sha256::new();
        hash.update(event.provider.as_bytes());
        hash.update([0]);
        hash.update(key.as_bytes());
        let [a, b, c, d, ..]: [u8; 32] = hash.finalize().into();
        let lane = u32::from_be_bytes([a, b, c, d]) % u32::from(self.count);
        u16::try_from(lane).unwrap_or_default()
    }

    /// Asks the desk of a provider's API, and waits for so long at most.
    pub async fn look_up(&self, query: &Query, wait: Duration) -> Result<Told, Lost> {
        let desk = self.stub(&format!("lookups-{}", query.provider));
        let desk = desk.map_err(|_| Lost::Broken)?;
        let asked = desk.look_up(&text(query)).map_err(|_| Lost::Broken)?;
        let told = within(JsFuture::from(asked), &mut Delay::from(wait)).await?;
        from_json(&told.as_string().unwrap_or_default()).map_err(|_| Lost::Broken)
    }

    fn stub(&self, name: &str) -> Result<LaneStub, Fault> {
        let unavailable = |_| BROKEN;
        let namespace = self.env.durable_object("LANE").map_err(unavailable)?;
        match config::jurisdiction(self.env)? {
            Some(jurisdiction) => {
                let hint = if jurisdiction == "eu" { "weur" } else { "enam" };
                let namespace = in_jurisdiction(namespace, jurisdiction).map_err(|_| BROKEN)?;
                namespace.get_by_name_with_location_hint(name, hint)
            }
            None => match config::location_hint(self.env) {
                Some(hint) => namespace.get_by_name_with_location_hint(name, hint),
                None => namespace.get_by_name(name),
            },
        }
        .map(Stub::into_rpc)
        .map_err(unavailable)
    }
}

#[wasm_bindgen]
extern "C" {
    /// A lane as its Durable Object lets itself be called: see `guard.mjs`. A call is a message of the
    /// platform's RPC, which costs half of what a request costs.
    type LaneStub;

    #[wasm_bindgen(method, catch)]
    fn ask(this: &LaneStub, message: &str) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = lookUp)]
    fn look_up(this: &LaneStub, query: &str) -> Result<Promise, JsValue>;
}

/// What a lane answers, unless it takes too long.
async fn answer(asked: Result<JsFuture, Fault>, limit: &mut Delay) -> Result<Value, Fault> {
    match within(asked?, limit).await {
        Ok(answer) => parse(&answer.as_string().unwrap_or_default()).map_err(|_| BROKEN),
        Err(Lost::Broken) => Err(BROKEN),
        Err(Lost::TimedOut) => Err(Fault::Storage("lane, too slow")),
    }
}

/// The part of a namespace that keeps its data in a jurisdiction. The `worker` crate has no method
/// for it: <https://developers.cloudflare.com/durable-objects/reference/data-location/>.
///
/// The local runtime has no jurisdictions and says so; there the data stays on this machine anyway.
/// Any other error stands, so that no data is ever put where it must not be.
fn in_jurisdiction(namespace: ObjectNamespace, jurisdiction: &str) -> Result<ObjectNamespace> {
    let namespace: JsValue = namespace.into();
    let method: Function = Reflect::get(&namespace, &"jurisdiction".into())?.dyn_into()?;
    match method.call1(&namespace, &jurisdiction.into()) {
        Ok(part) => Ok(part.unchecked_into()),
        Err(error) if is_local_runtime(&error) => Ok(namespace.unchecked_into()),
        Err(error) => Err(error.into()),
    }
}

fn is_local_runtime(error: &JsValue) -> bool {
    let message = error.dyn_ref::<js_sys::Error>().map(js_sys::Error::message);
    message.is_some_and(|message| message.includes("not implemented in workerd", 0))
}

const BROKEN: Fault = Fault::Storage("lane");

/// Providers wait for 15 s; a lane that takes this long is not waited for.
const TIMEOUT: Duration = Duration::from_secs(8);
