//! A lane: the Durable Object in which a share of the vehicles has its events.
//!
//! It remembers what was seen, stores what is accepted in the same transaction, and sends what is
//! due, a few records at a time, whenever its alarm rings.

use crate::backoff;
use crate::cartrack::Answer;
use crate::cartrack::record::Record;
use crate::edge::cartrack::{HttpSink, now};
use crate::edge::config;
#[cfg(feature = "faults")]
use crate::edge::faults;
use crate::edge::ledger::{Attempt, Due, Ledger, Taken, random};
use crate::edge::log;
use crate::edge::mappings::{KvMappings, RememberedMappings};
use crate::edge::overview;
use crate::edge::protocol::{Accepted, Call, LaneOverview, Message, Place, Story};
use crate::edge::tally::Tally;
use crate::event::{Event, Mode};
use crate::fault::Fault;
use crate::mapping::{Mapping, Mappings};
use crate::outcome::Outcome;
use crate::relay::{self, Round, Settled};
use crate::state::State;
use crate::timestamp::UtcMillis;
use futures_util::StreamExt;
use futures_util::future::{Either, join_all, select};
use futures_util::stream::FuturesUnordered;
use serde::Serialize;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, Waker};
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
        let Message { lane, call } = serde_json::from_slice(&request.bytes().await?)?;
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

    /// Sends what is due until nothing is, or until it is time to begin a new alarm.
    async fn send_due(&self) -> Result<()> {
        let Ok(access) = config::cartrack(&self.env) else {
            return Ok(());
        };
        let sink = HttpSink::new(access);
        let begun = now();
        let mut sent = 0;
        let mut queue = VecDeque::new();
        let mut running = FuturesUnordered::new();
        let mut failed = None;
        loop {
            let tired = sent >= SENDS_PER_ALARM || now().millis_since(begun) > ALARM_FOR;
            while running.len() < CONNECTIONS && !tired && failed.is_none() {
                let due = match self.next_due(&mut queue) {
                    Ok(Some(due)) => due,
                    Ok(None) => break,
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                };
                let probing = self.probe_at.get().is_some();
                if probing && !running.is_empty() {
                    break;
                }
                let vehicle = due.vehicle.clone();
                self.in_flight.borrow_mut().insert(due.seq, vehicle);
                sent += 1;
                running.push(self.send(due, &sink));
                if probing {
                    break;
                }
            }
            if running.is_empty() {
                return failed.map_or(Ok(()), Err);
            }
            // What becomes due meanwhile does not wait for a record that hangs.
            if let Either::Left((Some(result), _)) =
                select(running.next(), pin!(self.bell.wait())).await
                && let Err(error) = result
            {
                // What else is under way is seen to its end, so that its answers are noted.
                failed = Some(error);
            }
        }
    }

    /// The next event to send, which is not being sent already.
    fn next_due(&self, queue: &mut VecDeque<Due>) -> Result<Option<Due>> {
        let ledger = self.ledger()?;
        let now = now();
        if let Some(probe_at) = self.probe_at.get() {
            queue.clear();
            if probe_at > now {
                return Ok(None);
            }
            let probe = match ledger.oldest(State::Held)? {
                Some(held) => Some(held),
                None => ledger.oldest(State::Pending)?,
            };
            return Ok(probe.filter(|due| self.is_free(due)));
        }
        let next = |queue: &mut VecDeque<Due>| {
            let free = queue.iter().position(|due| self.is_free(due))?;
            queue.remove(free)
        };
        if let Some(due) = next(queue) {
            return Ok(Some(due));
        }
        // More than can be in flight, so that there is always one that is not.
        let limit = u32::try_from(CONNECTIONS * 4).unwrap_or(u32::MAX);
        let in_flight = self.in_flight.borrow().clone();
        let busy: Vec<String> = in_flight.into_values().flatten().collect();
        queue.clear();
        queue.extend(ledger.due(State::Pending, now, &busy, limit)?);
        queue.extend(ledger.due(State::Unmapped, now, &busy, limit)?);
        Ok(next(queue))
    }

    /// Whether neither the event nor another one of its vehicle is being sent. One vehicle whose
    /// records hang would otherwise soon have all connections.
    fn is_free(&self, due: &Due) -> bool {
        let in_flight = self.in_flight.borrow();
        let mut vehicles = in_flight.values().flatten();
        let of_busy = |vehicle| vehicles.any(|busy| busy == vehicle);
        !in_flight.contains_key(&due.seq) && !due.vehicle.as_ref().is_some_and(of_busy)
    }

    /// Weighs, sends and settles one event.
    async fn send(&self, due: Due, sink: &HttpSink) -> Result<()> {
        let result = self.send_one(&due, sink).await;
        self.in_flight.borrow_mut().remove(&due.seq);
        if result.is_err() {
            // One event that cannot be read or noted must hold up no other: it is put off.
            log::line("relay_failed", json!({ "id": self.event_id(due.seq) }));
            let later = now().plus_millis(PUT_OFF);
            self.ledger()?.put_off(due.seq, later)?;
        }
        Ok(())
    }

    async fn send_one(&self, due: &Due, sink: &HttpSink) -> Result<()> {
        let ledger = self.ledger()?;
        let event: Event = serde_json::from_str(&due.event)?;
        let begun = now();
        let round = relay::round(&event, self, sink).await;
        #[cfg(feature = "faults")]
        faults::point("lane.sent", self.number.get()).await?;
        let ended = now();
        let settled = relay::settle(&round, due.progress(), ended, random());
        let attempt = match &round {
            Round::Sent(record, reply) => {
                if let Some(vehicle) = &event.vehicle {
                    ledger.name_vehicle(
                        due.seq,
                        &event.provider,
                        vehicle,
                        record.vin().as_str(),
                    )?;
                }
                let duration = ended.millis_since(begun);
                self.count_attempt(&event.provider, reply.answer, settled, duration);
                let (status, error) = match reply.answer {
                    Answer::Status(status) => (Some(status), None),
                    Answer::Broken => (None, Some("connection_failed")),
                    Answer::TimedOut => (None, Some("timed_out")),
                };
                log::line(
                    "relay",
                    json!({
                        "id": self.event_id(due.seq), "provider": event.provider,
                        "state": settled.state, "reason": settled.reason, "status": status,
                        "error": error, "attempt": settled.failures,
                        "duration_ms": duration,
                    }),
                );
                Some(Attempt {
                    record: record.to_json(),
                    entry: json!({
                        "time": begun, "status": status, "error": error, "duration_ms": duration,
                        "reply": reply.body,
                    }),
                })
            }
            Round::LookupFailed | Round::Unsendable(_) => None,
        };
        ledger.settle(due.seq, settled, attempt, ended)?;
        let outcome = match &round {
            Round::Sent(_, reply) => Some(Outcome::of(reply.answer)),
            Round::LookupFailed | Round::Unsendable(_) => None,
        };
        match outcome {
            Some(Outcome::Hold) => self.hold(ended),
            // Taking or refusing the event shows that the credentials are accepted.
            Some(Outcome::Delivered | Outcome::Refused) => self.end_hold(),
            // A probe that came to nothing is repeated in a while.
            _ if self.probe_at.get().is_some() => self.hold(ended),
            _ => Ok(()),
        }
    }

    /// Sends nothing more, apart from a probe in a while.
    fn hold(&self, now: UtcMillis) -> Result<()> {
        let probe_at = now.plus_millis(backoff::PROBE_EVERY);
        self.probe_at.set(Some(probe_at));
        self.ledger()?
            .set_meta("probe_at", Some(&probe_at.to_string()))
    }

    fn end_hold(&self) -> Result<()> {
        if self.probe_at.get().is_some() {
            self.resume()
        } else {
            Ok(())
        }
    }

    fn resume(&self) -> Result<()> {
        let ledger = self.ledger()?;
        self.probe_at.set(None);
        ledger.set_meta("probe_at", None)?;
        ledger.release(now()).map(|_| ())
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

    fn count_attempt(&self, provider: &str, answer: Answer, settled: Settled, duration: i64) {
        let mut tally = self.tally.borrow_mut();
        tally.count(format!("relay|{}", Outcome::of(answer).label()));
        tally.observe_latency(duration);
        if !settled.state.is_waiting() {
            tally.count(format!("{}|{provider}", settled.state.as_str()));
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

/// Wakes whoever waits for it. An alarm that is sending can't be woken by another alarm.
#[derive(Default)]
struct Bell {
    rung: Cell<bool>,
    waiter: Cell<Option<Waker>>,
}

impl Bell {
    fn ring(&self) {
        self.rung.set(true);
        if let Some(waiter) = self.waiter.take() {
            waiter.wake();
        }
    }

    fn wait(&self) -> impl Future<Output = ()> {
        poll_fn(|context| {
            if self.rung.replace(false) {
                return Poll::Ready(());
            }
            self.waiter.set(Some(context.waker().clone()));
            Poll::Pending
        })
    }
}

fn reply(value: &impl Serialize) -> Result<Response> {
    Response::from_json(value)
}

/// The platform lets six connections of one request wait for their replies.
const CONNECTIONS: usize = 6;

/// How many records one alarm sends, well below the platform's limit of requests.
const SENDS_PER_ALARM: u32 = 400;

/// How long one alarm begins to send, in milliseconds, well below the platform's 15 minutes.
const ALARM_FOR: i64 = 120_000;

/// How long an event waits that could not be read or noted, in milliseconds.
const PUT_OFF: i64 = 60_000;

/// How long counts stay in memory, in milliseconds.
const COUNTS_EVERY: i64 = 10_000;
