//! A lane: the Durable Object in which a share of the vehicles has its events.
//!
//! It remembers what was seen, stores what is accepted in the same transaction, and sends what is
//! due, a few records at a time: at once after it was accepted, and whenever its alarm rings. The
//! alarm is also what begins again after a crash.

mod looking;
mod sending;
mod showing;

use crate::edge::cartrack::HttpSink;
use crate::edge::cartrack::now;
use crate::edge::config;
use crate::edge::decode::from_json;
use crate::edge::error::{Error, Result};
#[cfg(feature = "faults")]
use crate::edge::faults;
use crate::edge::lane::looking::LookUps;
use crate::edge::lane::sending::Bell;
use crate::edge::ledger::{Arrival, Due, Keys, Ledger, Taken};
use crate::edge::lookups::Desk;
use crate::edge::mappings::{KvMappings, RememberedMappings};
use crate::edge::object::text;
use crate::edge::overview;
use crate::edge::protocol::{Accepted, Call, Message, Place};
use crate::edge::tally::Tally;
use crate::edge::wait::{boxed, together};
use crate::event::{Event, Mode};
use crate::fault::Fault;
use crate::json::Value;
use crate::mapping::{Mapping, Mappings};
use crate::relay;
use crate::state::State;
use crate::timestamp::UtcMillis;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use worker::worker_sys::DurableObjectState;
use worker::{Env, State as Object};

/// The inside of the Durable Object class that is bound as `LANE`, which `guard.mjs` puts around it.
#[wasm_bindgen]
pub struct Lane {
    object: Object,
    env: Env,
    ledger: Result<Rc<Ledger>>,
    mappings: std::result::Result<RememberedMappings, Fault>,
    /// How Cartrack is reached, or which setting is missing.
    sink: std::result::Result<HttpSink, &'static str>,
    number: Cell<Option<u16>>,
    /// When the alarm is set for, as far as this instance knows.
    armed: Rc<Cell<Option<UtcMillis>>>,
    /// While it is set, nothing is sent but a probe at that time.
    probe_at: Cell<Option<UtcMillis>>,
    /// What is being sent, each with its vehicle.
    in_flight: RefCell<Vec<(i64, Rc<Event>)>>,
    /// Whether something is being sent; one call at a time sees to that.
    sending: Cell<bool>,
    /// Whether somebody should begin to send as soon as this call is answered.
    wanted: Cell<bool>,
    /// Whether the next to be sent is one that was never tried.
    fresh_next: Cell<bool>,
    /// Rings when more may be due while something is being sent.
    bell: Rc<Bell>,
    lookups: Rc<LookUps>,
    /// What asks a provider's API, where this object is the desk of one.
    desk: OnceCell<Rc<Desk>>,
    tally: RefCell<Tally>,
    tallied_at: Cell<UtcMillis>,
}

#[wasm_bindgen(wasm_bindgen_futures = worker::wasm_bindgen_futures)]
impl Lane {
    /// The lane in this object, as far as it is on disk.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(object: DurableObjectState, env: Env) -> Self {
        let object = Object::from(object);
        let ledger = Ledger::open(object.storage().sql());
        let meta = |name| {
            ledger
                .as_ref()
                .ok()
                .and_then(|ledger| ledger.meta(name).ok().flatten())
        };
        let number = meta("lane").and_then(|number| number.parse().ok());
        let probe_at = meta("probe_at").and_then(|at| UtcMillis::parse_iso(&at));
        let mappings = KvMappings::of(&env).map(RememberedMappings::new);
        let sink = config::cartrack(&env).and_then(|access| {
            let sink = HttpSink::new(&access);
            sink.map_err(|_| "CARTRACK_API_KEY")
        });
        Self {
            object,
            env,
            ledger: ledger.map(Rc::new),
            mappings,
            sink,
            number: Cell::new(number),
            armed: Rc::default(),
            probe_at: Cell::new(probe_at),
            in_flight: RefCell::default(),
            sending: Cell::default(),
            wanted: Cell::default(),
            fresh_next: Cell::default(),
            bell: Rc::default(),
            lookups: Rc::default(),
            desk: OnceCell::new(),
            tally: RefCell::default(),
            tallied_at: Cell::new(now()),
        }
    }

    /// Answers a [`Message`] of the gateway's; both are JSON.
    ///
    /// # Errors
    /// What failed; nothing of it counts, and the sender tries again.
    pub async fn ask(&self, message: String) -> std::result::Result<String, JsValue> {
        let Message { lane, call } = from_json(&message)?;
        if self.number.get() != Some(lane) {
            self.ledger()?.set_meta("lane", Some(&lane.to_string()))?;
            self.number.set(Some(lane));
        }
        #[cfg(feature = "faults")]
        if matches!(call, Call::Accept { .. }) {
            faults::point("lane.accept", self.number.get()).await?;
        }
        Ok(self.answer(call).await?)
    }

    /// Answers a [`Query`](crate::edge::lookups::Query) to a provider's API; both are JSON.
    ///
    /// # Errors
    /// When the query or the lane's database cannot be read.
    #[wasm_bindgen(js_name = lookUp)]
    pub async fn look_up_at_desk(&self, query: String) -> std::result::Result<String, JsValue> {
        let query = from_json(&query)?;
        Ok(text(&self.desk()?.answer(query).await))
    }

    /// Whether somebody should call `alarm` now that the call before is answered.
    #[wasm_bindgen(js_name = wantsAlarm)]
    #[must_use]
    pub fn wants_alarm(&self) -> bool {
        self.wanted.take()
    }

    /// Sends what is due, and tidies up.
    ///
    /// # Errors
    /// What the platform's storage failed with; the platform rings again.
    pub async fn alarm(&self) -> std::result::Result<(), JsValue> {
        #[cfg(feature = "faults")]
        faults::point("lane.alarm", self.number.get()).await?;
        if self.sending.replace(true) {
            return Ok(self.arm().await?);
        }
        let taken = self.take_in_answers();
        let sent = self.send_due().await;
        self.sending.set(false);
        let kept = self.tidy();
        self.arm_again().await?;
        Ok(taken.and(sent).and(kept)?)
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
    async fn answer(&self, call: Call) -> Result<String> {
        let ledger = self.ledger()?;
        // What may be due now was not before.
        let is_news = matches!(
            call,
            Call::Accept { .. }
                | Call::Mapped { .. }
                | Call::Replay { dry_run: false, .. }
                | Call::ReplayOne { .. }
                | Call::Resume
                | Call::Touch
        );
        #[cfg(feature = "faults")]
        let accepts = matches!(call, Call::Accept { .. });
        let answer = match call {
            Call::Accept { events, tally } => {
                let accepted = self.accept(events, tally).await?;
                Value::Array(accepted.into_iter().map(Value::from).collect())
            }
            Call::Count { tally } => {
                self.tally.borrow_mut().merge(&tally);
                self.write_counts()?;
                Value::Null
            }
            Call::Forget {
                provider,
                user,
                vehicles,
            } => {
                for vehicle in &vehicles {
                    self.mappings()?.remember(&provider, vehicle, None);
                }
                ledger.erase(&provider, &user, &vehicles, now())?.into()
            }
            Call::List {
                filter,
                before,
                limit,
            } => self.events(&filter, before, limit)?.into_value(),
            Call::Mapped { changes } => {
                for change in changes {
                    self.mappings()?
                        .remember(&change.provider, &change.vehicle, change.mapping);
                    ledger.forget_failure(&change.provider, &change.vehicle)?;
                    ledger.wake(&change.provider, &change.vehicle, now())?;
                }
                Value::Null
            }
            Call::Overview => self.overview()?,
            Call::Refusals => self.refusals()?.into_value(),
            Call::Positions { limit } => self.positions(limit)?.into_value(),
            Call::Replay {
                filter,
                dry_run: true,
            } => ledger.replayable(&filter)?.into(),
            Call::Replay {
                filter,
                dry_run: false,
            } => ledger.replay(&filter, now())?.into(),
            Call::ReplayOne { seq } => ledger.replay_one(seq, now())?.into(),
            Call::Resume => {
                let was_held = self.probe_at.get().is_some();
                self.resume()?;
                was_held.into()
            }
            Call::Story { seq } => self.story(seq).await?,
            Call::Touch => {
                // Only the platform knows whether the alarm is really set.
                let set = self.object.storage().get_alarm().await?;
                self.armed.set(set.map(UtcMillis::from_millis));
                Value::Null
            }
            Call::Unmapped { limit } => self.unmapped(limit)?.into_value(),
        };
        if is_news {
            self.arm().await?;
        }
        #[cfg(feature = "faults")]
        if accepts {
            faults::point("lane.stored", self.number.get()).await?;
        }
        Ok(text(&answer))
    }

    /// Stores events, each unless it was seen before, all in one transaction.
    async fn accept(&self, events: Vec<Event>, carried: Tally) -> Result<Vec<Accepted>> {
        let ledger = self.ledger()?;
        let arrivals = events.into_iter().map(|event| {
            boxed(async {
                let keys = Keys::of(&event);
                let news = event.skip.is_none() && matches!(ledger.seen(&event, &keys), Ok(None));
                let mapped = !news || event.vin.is_some() || self.is_mapped(&event).await;
                let asked = self.asks_for(&event, mapped);
                Arrival {
                    event: Rc::new(event),
                    keys,
                    mapped,
                    asked_until: asked.then(|| self.patience()),
                }
            })
        });
        let arrivals: Rc<[Arrival]> = together(arrivals.collect()).await.into();
        let before = ledger.last_seq();
        let taken = self.transaction({
            let arrivals = Rc::clone(&arrivals);
            #[cfg(feature = "faults")]
            let lane = self.number.get();
            move |ledger| {
                let now = now();
                let each = arrivals.iter().map(|arrival| {
                    let taken = ledger.take(arrival, now);
                    #[cfg(feature = "faults")]
                    faults::point_now("lane.transaction", lane)?;
                    taken
                });
                each.collect::<Result<Vec<_>>>()
            }
        })?;
        let fresh = taken.iter().zip(arrivals.iter());
        let fresh = fresh.filter_map(|(taken, Arrival { event, .. })| match taken {
            Taken::New {
                seq,
                is_fresh: true,
                ..
            } => Some(Due::fresh(*seq, Rc::clone(event))),
            _ => None,
        });
        ledger.enqueue(fresh.collect(), before);
        for (taken, arrival) in taken.iter().zip(arrivals.iter()) {
            if let (Taken::New { seq, state, .. }, Some(_)) = (taken, arrival.asked_until)
                && state.is_waiting()
            {
                self.look_up(*seq, &arrival.event, *state)?;
            }
        }
        self.tally.borrow_mut().merge(&carried);
        let mut accepted = Vec::with_capacity(taken.len());
        for (taken, Arrival { event, .. }) in taken.into_iter().zip(arrivals.iter()) {
            let answer = Accepted::from(taken);
            self.count(event, &answer);
            // An event that is not sent on can still tell whose VIN it is.
            let tells = event.vin.is_some() && event.mode == Mode::Live;
            if tells
                && answer.outcome == "skipped"
                && let Ok(known) = relay::find_mapping(event, self).await
            {
                relay::learn(event, known, self).await;
            }
            accepted.push(answer);
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

    /// Sets the alarm for what is due next, unless it is set for an earlier time already. What is
    /// due at once is sent as soon as this call is answered; the alarm stands behind it, in case
    /// that comes to nothing.
    async fn arm(&self) -> Result<()> {
        self.bell.ring();
        let now = now();
        let Some(next) = self.next_alarm()? else {
            return Ok(());
        };
        if next > now {
            return self.set_alarm(next).await;
        }
        self.wanted.set(!self.sending.get());
        self.set_alarm(now.plus_millis(LOOK_AFTER)).await
    }

    /// The same after something was sent: what is due still is begun with by a new alarm.
    async fn arm_again(&self) -> Result<()> {
        match self.next_alarm()? {
            Some(next) => self.set_alarm(next).await,
            None => Ok(()),
        }
    }

    async fn set_alarm(&self, at: UtcMillis) -> Result<()> {
        let now = now();
        let at = at.max(now.plus_millis(LOOK_SOON));
        let is_set = |armed| armed <= at && armed > now;
        if self.armed.get().is_some_and(is_set) {
            return Ok(());
        }
        self.armed.set(Some(at));
        let wait = at.millis_since(now).unsigned_abs();
        let storage = self.object.storage();
        Ok(storage.set_alarm(Duration::from_millis(wait)).await?)
    }

    /// When there is something to do next; that can be now, or have been before.
    fn next_alarm(&self) -> Result<Option<UtcMillis>> {
        let ledger = self.ledger()?;
        let waiting = if ledger.has_fresh() {
            Some(now())
        } else {
            ledger.next_due()?
        };
        let waiting = match (self.probe_at.get(), &self.sink) {
            (Some(probe_at), _) => waiting.map(|_| probe_at),
            (None, Err(_)) => waiting.map(|_| now().plus_millis(60_000)),
            (None, Ok(_)) => waiting,
        };
        let counts = (!self.tally.borrow().is_empty())
            .then(|| self.tallied_at.get().plus_millis(COUNTS_EVERY));
        // What is under way goes again after a crash.
        let under_way =
            (!self.in_flight.borrow().is_empty()).then(|| now().plus_millis(LOOK_AFTER));
        let all = waiting.into_iter().chain(counts).chain(under_way);
        Ok(all.chain(ledger.next_sweep()?).min())
    }

    /// Forgets what is old, and writes counts down.
    fn tidy(&self) -> Result<()> {
        let ledger = self.ledger()?;
        ledger.forget_old(now())?;
        if !self.tally.borrow().is_empty()
            && now().millis_since(self.tallied_at.get()) >= COUNTS_EVERY
        {
            self.write_counts()?;
        }
        ledger.note_fresh()
    }

    fn write_counts(&self) -> Result<()> {
        let tally = self.tally.take();
        self.tallied_at.set(now());
        overview::write(self.ledger()?.sql(), &tally, now())
    }

    fn count(
        &self,
        event: &Event,
        Accepted {
            outcome, reason, ..
        }: &Accepted,
    ) {
        let reason = reason.as_deref().unwrap_or_default();
        let name = format!("event|{}|{outcome}|{reason}", event.provider);
        self.tally.borrow_mut().count(&name);
    }

    fn ledger(&self) -> Result<&Rc<Ledger>> {
        self.ledger.as_ref().map_err(Clone::clone)
    }

    fn desk(&self) -> Result<&Rc<Desk>> {
        let ledger = self.ledger()?;
        Ok(self
            .desk
            .get_or_init(|| Desk::new(self.env.clone(), Rc::clone(ledger))))
    }

    fn mappings(&self) -> Result<&RememberedMappings> {
        self.mappings
            .as_ref()
            .map_err(|fault| Error::new(&fault.to_string()))
    }

    fn event_id(&self, seq: i64) -> String {
        overview::event_id(Place {
            seq,
            lane: self.number.get().unwrap_or_default(),
        })
    }

    /// Runs statements of which either all count or none.
    fn transaction<T: 'static>(
        &self,
        body: impl FnOnce(&Ledger) -> Result<T> + 'static,
    ) -> Result<T> {
        use js_sys::{Function, Reflect};
        let ledger = Rc::clone(self.ledger()?);
        let result = Rc::new(RefCell::new(None));
        let slot = Rc::clone(&result);
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
            .ok_or_else(|| Error::new("the transaction was rolled back"))
    }
}

impl From<Taken> for Accepted {
    fn from(taken: Taken) -> Self {
        let (seq, outcome, reason) = match taken {
            Taken::Duplicate(seq) => (seq, "duplicate", None),
            Taken::New {
                seq,
                state: State::Skipped,
                reason,
                ..
            } => (seq, "skipped", reason),
            Taken::New { seq, reason, .. } => (seq, "accepted", reason),
        };
        Self {
            seq,
            outcome: outcome.to_owned(),
            reason: reason.map(str::to_owned),
        }
    }
}

/// After how long the alarm looks after what somebody is sending, in milliseconds.
const LOOK_AFTER: i64 = 10_000;

/// How far ahead an alarm has to be for the local runtime not to lose it, in milliseconds.
const LOOK_SOON: i64 = 2;

/// How long counts stay in memory, in milliseconds.
const COUNTS_EVERY: i64 = 10_000;
