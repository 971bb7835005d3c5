//! A lane: the Durable Object in which a share of the vehicles has its events.
//!
//! It remembers what was seen, stores what is accepted in the same transaction, and sends what is
//! due, a few records at a time, whenever its alarm rings.

mod sending;

use crate::cartrack::record::Record;
use crate::edge::cartrack::now;
use crate::edge::config;
#[cfg(feature = "faults")]
use crate::edge::faults;
use crate::edge::lane::sending::Bell;
use crate::edge::ledger::{Ledger, Taken};
use crate::edge::mappings::{KvMappings, RememberedMappings};
use crate::edge::overview;
use crate::edge::protocol::{Accepted, Call, LaneOverview, Message, Place, Story};
use crate::edge::tally::Tally;
use crate::event::{Event, Mode};
use crate::fault::Fault;
use crate::mapping::{Mapping, Mappings};
use crate::relay;
use crate::state::State;
use crate::timestamp::UtcMillis;
use futures_util::future::join_all;
use serde::Serialize;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use worker::{DurableObject, Env, Request, Response, Result, State as Object, durable_object};

/// The Durable Object class that is bound as `LANE`.
#[durable_object(alarm)]
pub struct Lane {
    object: Object,
    env: Env,
    ledger: std::result::Result<std::rc::Rc<Ledger>, String>,
    mappings: std::result::Result<RememberedMappings, Fault>,
    number: Cell<Option<u16>>,
    /// When the alarm is set for, as far as this instance knows.
    armed: Cell<Option<UtcMillis>>,
    /// While it is set, nothing is sent but a probe at that time.
    probe_at: Cell<Option<UtcMillis>>,
    /// What is being sent, each with its vehicle.
    in_flight: RefCell<HashMap<i64, Option<String>>>,
    /// Rings when more may be due while an alarm is sending.
    bell: Bell,
    tally: RefCell<Tally>,
    tallied_at: Cell<UtcMillis>,
}

impl DurableObject for Lane {
    fn new(object: Object, env: Env) -> Self {
        let ledger = Ledger::open(object.storage().sql()).map_err(|error| error.to_string());
        let meta = |name| {
            ledger
                .as_ref()
                .ok()
                .and_then(|ledger| ledger.meta(name).ok().flatten())
        };
        let number = meta("lane").and_then(|number| number.parse().ok());
        let probe_at = meta("probe_at").and_then(|at| UtcMillis::parse_iso(&at));
        let mappings = KvMappings::of(&env).map(RememberedMappings::new);
        Self {
            object,
            env,
            ledger: ledger.map(std::rc::Rc::new),
            mappings,
            number: Cell::new(number),
            armed: Cell::new(None),
            probe_at: Cell::new(probe_at),
            in_flight: RefCell::default(),
            bell: Bell::default(),
            tally: RefCell::default(),
            tallied_at: Cell::new(now()),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let Message { lane, call } = serde_json::from_str(&request.text().await?)?;
        if self.number.get() != Some(lane) {
            self.ledger()?.set_meta("lane", Some(&lane.to_string()))?;
            self.number.set(Some(lane));
        }
        #[cfg(feature = "faults")]
        if matches!(call, Call::Accept { .. }) {
            faults::point("lane.accept", self.number.get()).await?;
        }
        self.answer(call).await
    }

    async fn alarm(&self) -> Result<Response> {
        self.armed.set(None);
        #[cfg(feature = "faults")]
        faults::point("lane.alarm", self.number.get()).await?;
        let sent = self.send_due().await;
        let kept = self.tidy();
        self.arm().await?;
        sent.and(kept)?;
        Response::empty()
    }
}

impl Mappings for Lane {
    async fn lookup(
        &self,
        provider: &str,
        vehicle: &str,
    ) -> std::result::Result<Option<Mapping>, Fault> {
        self.mappings
            .as_ref()
            .map_err(|fault| *fault)?
            .lookup(provider, vehicle)
            .await
    }

    async fn learn(
        &self,
        provider: &str,
        vehicle: &str,
        mapping: Mapping,
    ) -> std::result::Result<(), Fault> {
        self.mappings
            .as_ref()
            .map_err(|fault| *fault)?
            .learn(provider, vehicle, mapping)
            .await?;
        // What waited for this vehicle's VIN can go now.
        let woken = self
            .ledger()
            .and_then(|ledger| ledger.wake(provider, vehicle, now()));
        woken.map(|_| ()).map_err(|_| Fault::Storage("lane"))
    }
}

impl Lane {
    async fn answer(&self, call: Call) -> Result<Response> {
        let ledger = self.ledger()?;
        match call {
            Call::Accept { events, tally } => {
                let accepted = self.accept(&events).await?;
                self.count(tally, &events, &accepted);
                self.arm().await?;
                #[cfg(feature = "faults")]
                faults::point("lane.stored", self.number.get()).await?;
                reply(&accepted)
            }
            Call::Count { tally } => {
                self.tally.borrow_mut().merge(tally);
                self.write_counts()?;
                reply(&true)
            }
            Call::Forget {
                provider,
                user,
                vehicles,
            } => {
                for vehicle in &vehicles {
                    self.mappings()?.remember(&provider, vehicle, None);
                }
                reply(&ledger.erase(&provider, &user, &vehicles, now())?)
            }
            Call::List {
                filter,
                before,
                limit,
            } => reply(&ledger.list(&filter, before.map(|place| self.below(place)), limit)?),
            Call::Mapped { changes } => {
                let mut woken = 0;
                for change in changes {
                    self.mappings()?
                        .remember(&change.provider, &change.vehicle, change.mapping);
                    woken += ledger.wake(&change.provider, &change.vehicle, now())?;
                }
                self.arm().await?;
                reply(&woken)
            }
            Call::Overview => reply(&self.overview()?),
            Call::Refusals => {
                self.write_counts()?;
                reply(&overview::refusals(ledger.sql())?)
            }
            Call::Positions { limit } => reply(&ledger.positions(limit)?),
            Call::Replay {
                filter,
                dry_run: true,
            } => reply(&ledger.replayable(&filter)?),
            Call::Replay {
                filter,
                dry_run: false,
            } => {
                let replayed = ledger.replay(&filter, now())?;
                self.arm().await?;
                reply(&replayed)
            }
            Call::ReplayOne { seq } => {
                let replayed = ledger.replay_one(seq, now())?;
                self.arm().await?;
                reply(&replayed)
            }
            Call::Resume => {
                let was_held = self.probe_at.get().is_some();
                self.resume()?;
                self.arm().await?;
                reply(&was_held)
            }
            Call::Story { seq } => reply(&self.story(seq).await?),
            Call::Touch => {
                // Only the platform knows whether the alarm is really set.
                let set = self.object.storage().get_alarm().await?;
                self.armed.set(set.map(UtcMillis::from_millis));
                self.arm().await?;
                reply(&true)
            }
            Call::Unmapped { limit } => reply(&ledger.unmapped(limit)?),
        }
    }

    /// Stores events, each unless it was seen before, all in one transaction.
    async fn accept(&self, events: &[Event]) -> Result<Vec<Accepted>> {
        let ledger = self.ledger()?;
        let mapped = join_all(events.iter().map(|event| async {
            let news = event.skip.is_none() && matches!(ledger.seen(event), Ok(None));
            !news || event.vin.is_some() || self.is_mapped(event).await
        }));
        let mapped = mapped.await;
        let taken = self.transaction({
            let events = events.to_vec();
            #[cfg(feature = "faults")]
            let lane = self.number.get();
            move |ledger| {
                let now = now();
                let each = events.iter().zip(mapped);
                each.map(|(event, mapped)| {
                    let taken = ledger.take(event, mapped, now);
                    #[cfg(feature = "faults")]
                    faults::point_now("lane.transaction", lane)?;
                    taken
                })
                .collect::<Result<Vec<_>>>()
            }
        })?;
        for (event, taken) in events.iter().zip(&taken) {
            // An event that is not sent on can still tell whose VIN it is.
            let tells = event.vin.is_some() && event.mode == Mode::Live;
            if tells
                && matches!(taken, Taken::New(_, State::Skipped, _))
                && let Ok(known) = relay::find_mapping(event, self).await
            {
                relay::learn(event, known, self).await;
            }
        }
        let mut accepted = Vec::with_capacity(events.len());
        for taken in taken {
            accepted.push(match taken {
                Taken::Duplicate(seq) => Accepted {
                    seq,
                    outcome: "duplicate".to_owned(),
                    reason: None,
                },
                Taken::New(seq, State::Skipped, reason) => Accepted {
                    seq,
                    outcome: "skipped".to_owned(),
                    reason: reason.map(str::to_owned),
                },
                Taken::New(seq, _, reason) => Accepted {
                    seq,
                    outcome: "accepted".to_owned(),
                    reason: reason.map(str::to_owned),
                },
            });
        }
        Ok(accepted)
    }

    /// Whether the event's vehicle has a VIN. When that cannot be told, the event is taken all the
    /// same, and weighed when it is sent.
    async fn is_mapped(&self, event: &Event) -> bool {
        match relay::find_mapping(event, self).await {
            Ok(mapping) => mapping.is_some_and(|mapping| mapping.vin.is_some()),
            Err(_) => true,
        }
    }

    /// Sets the alarm for what is due next, unless it is set for an earlier time already.
    async fn arm(&self) -> Result<()> {
        self.bell.ring();
        let Some(next) = self.next_alarm()? else {
            return Ok(());
        };
        // In the local runtime an alarm for the present moment can get lost.
        let next = next.max(now().plus_millis(2));
        if self
            .armed
            .get()
            .is_some_and(|armed| armed <= next && armed > now())
        {
            return Ok(());
        }
        self.armed.set(Some(next));
        let wait = next.millis_since(now()).max(2).unsigned_abs();
        self.object
            .storage()
            .set_alarm(Duration::from_millis(wait))
            .await
    }

    fn next_alarm(&self) -> Result<Option<UtcMillis>> {
        let ledger = self.ledger()?;
        let mut times = Vec::new();
        for state in State::ALL {
            let due = ledger.next_due(state)?;
            let due = match (state.is_waiting(), self.probe_at.get()) {
                (true, Some(probe_at)) => due.map(|_| probe_at),
                (true, None) if config::cartrack(&self.env).is_err() => {
                    due.map(|_| now().plus_millis(60_000))
                }
                _ => due,
            };
            times.extend(due);
        }
        if !self.tally.borrow().is_empty() {
            times.push(self.tallied_at.get().plus_millis(COUNTS_EVERY));
        }
        Ok(times.into_iter().min())
    }

    /// Forgets what is old, and writes counts down.
    fn tidy(&self) -> Result<()> {
        self.ledger()?.forget_old(now(), 200)?;
        if !self.tally.borrow().is_empty()
            && now().millis_since(self.tallied_at.get()) >= COUNTS_EVERY
        {
            self.write_counts()?;
        }
        Ok(())
    }

    fn write_counts(&self) -> Result<()> {
        let tally = self.tally.take();
        self.tallied_at.set(now());
        overview::write(self.ledger()?.sql(), &tally, now())
    }

    fn count(&self, carried: Tally, events: &[Event], accepted: &[Accepted]) {
        let mut tally = self.tally.borrow_mut();
        tally.merge(carried);
        for (
            event,
            Accepted {
                outcome, reason, ..
            },
        ) in events.iter().zip(accepted)
        {
            let reason = reason.as_deref().unwrap_or_default();
            tally.count(format!("event|{}|{outcome}|{reason}", event.provider));
        }
    }

    fn overview(&self) -> Result<LaneOverview> {
        self.write_counts()?;
        let ledger = self.ledger()?;
        let (totals, minutes) = overview::read(ledger.sql(), now())?;
        let held = match (config::cartrack(&self.env), self.probe_at.get()) {
            (Err(missing), _) => Some(format!("{missing} is missing or unusable")),
            (Ok(_), Some(_)) => Some("configuration_refused".to_owned()),
            (Ok(_), None) => None,
        };
        Ok(LaneOverview {
            states: ledger.states()?,
            held,
            oldest_waiting_at: ledger.oldest_waiting()?,
            totals,
            minutes,
        })
    }

    async fn story(&self, seq: i64) -> Result<Option<Story>> {
        let ledger = self.ledger()?;
        let (Some(row), Some(texts)) = (ledger.row(seq)?, ledger.texts(seq)?) else {
            return Ok(None);
        };
        let record = match (&texts.record, &texts.event) {
            (Some(record), _) => serde_json::from_str(record)?,
            (None, Some(event)) => self.would_be(&serde_json::from_str(event)?).await,
            (None, None) => Value::Null,
        };
        Ok(Some(Story {
            row,
            event: texts
                .event
                .map_or(Ok(Value::Null), |event| serde_json::from_str(&event))?,
            record,
            history: serde_json::from_str(&texts.history)?,
        }))
    }

    /// The record that an event would give now.
    async fn would_be(&self, event: &Event) -> Value {
        let Ok(mapping) = relay::find_mapping(event, self).await else {
            return Value::Null;
        };
        Record::weigh(event, mapping.as_ref())
            .ok()
            .and_then(|record| serde_json::to_value(record).ok())
            .unwrap_or_default()
    }

    fn ledger(&self) -> Result<&std::rc::Rc<Ledger>> {
        self.ledger
            .as_ref()
            .map_err(|error| worker::Error::RustError(error.clone()))
    }

    fn mappings(&self) -> Result<&RememberedMappings> {
        self.mappings
            .as_ref()
            .map_err(|fault| worker::Error::RustError(fault.to_string()))
    }

    fn event_id(&self, seq: i64) -> String {
        overview::event_id(Place {
            seq,
            lane: self.number.get().unwrap_or_default(),
        })
    }

    /// The number below which this lane's events come after `place`.
    fn below(&self, place: Place) -> i64 {
        if self.number.get().unwrap_or_default() < place.lane {
            place.seq + 1
        } else {
            place.seq
        }
    }

    /// Runs statements of which either all count or none.
    fn transaction<T: 'static>(
        &self,
        body: impl FnOnce(&Ledger) -> Result<T> + 'static,
    ) -> Result<T> {
        use js_sys::{Function, Reflect};
        use wasm_bindgen::JsValue;
        let ledger = std::rc::Rc::clone(self.ledger()?);
        let result = std::rc::Rc::new(RefCell::new(None));
        let slot = std::rc::Rc::clone(&result);
        let mut body = Some(body);
        let closure =
            Closure::<dyn FnMut() -> std::result::Result<JsValue, JsValue>>::new(move || {
                let Some(body) = body.take() else {
                    return Ok(JsValue::UNDEFINED);
                };
                let value = body(&ledger).map_err(JsValue::from)?;
                slot.replace(Some(value));
                Ok(JsValue::UNDEFINED)
            });
        let storage = self.object.storage();
        let storage: &JsValue = storage.as_raw().as_ref();
        let method: Function = Reflect::get(storage, &"transactionSync".into())?.dyn_into()?;
        if let Err(error) = method.call1(storage, closure.as_ref()) {
            self.ledger()?.rolled_back();
            return Err(error.into());
        }
        result
            .take()
            .ok_or_else(|| worker::Error::RustError("the transaction was rolled back".to_owned()))
    }
}

fn reply(value: &impl Serialize) -> Result<Response> {
    Response::ok(serde_json::to_string(value)?)
}

/// How long counts stay in memory, in milliseconds.
const COUNTS_EVERY: i64 = 10_000;
