//! Looking up what an event lacks, while nothing waits for it but the event itself, and that not
//! for long.
//!
//! What is asked runs beside the lane's work. An event that could be sent is due when its answer
//! comes or its time is over, whichever is first; one that waits for a VIN goes on waiting as it
//! would without. Answers are put into a box, which the alarm empties.

use crate::edge::cartrack::now;
use crate::edge::config;
use crate::edge::decode::from_json;
use crate::edge::error::Result;
use crate::edge::lane::Lane;
use crate::edge::ledger::{AGAIN, Due, Ledger};
use crate::edge::log;
use crate::edge::lookups::{self, Api, Query, Told};
use crate::edge::mappings::RememberedMappings;
use crate::edge::object::object;
use crate::edge::wait::boxed;
use crate::event::Event;
use crate::lookup::{Failure, Finding};
use crate::mapping::Mapping;
use crate::relay;
use crate::state::State;
use crate::timestamp::UtcMillis;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// What a lane has asked, and what it was told.
#[derive(Default)]
pub(super) struct LookUps {
    /// The events for which an answer still counts, each with its provider.
    awaited: RefCell<Vec<(i64, String)>>,
    answers: RefCell<Vec<Answered>>,
    /// Until when a provider is not asked for any vehicle, and why.
    quiet: RefCell<Vec<(String, UtcMillis, Failure)>>,
}

/// What was told for one event.
struct Answered {
    seq: i64,
    event: Rc<Event>,
    told: Told,
    /// Whether a VIN was known before.
    mapped: bool,
    asked_at: UtcMillis,
    at: UtcMillis,
}

impl LookUps {
    /// An answer for this event counts no more; whether it did.
    fn awaits_no_more(&self, seq: i64) -> bool {
        let mut awaited = self.awaited.borrow_mut();
        let before = awaited.len();
        awaited.retain(|(known, _)| *known != seq);
        awaited.len() < before
    }
}

impl Lane {
    /// Whether there is something to look up for a new event, and nothing against it.
    pub(super) fn asks_for(&self, event: &Event, mapped: bool) -> bool {
        let Some(api) = Api::of(&self.env, &event.provider) else {
            return false;
        };
        event.skip.is_none()
            && event.vehicle.is_some()
            && (api.tells_telemetry() || !mapped)
            && matches!(self.reason_not_to_ask(event), Ok(None))
    }

    /// Until when an event that could be sent waits for what is looked up.
    pub(super) fn patience(&self) -> UtcMillis {
        now().plus_millis(config::lookup_delay(&self.env))
    }

    /// Asks what an event lacks. Nothing waits for the answer here.
    pub(super) fn look_up(&self, seq: i64, event: &Rc<Event>, state: State) -> Result<()> {
        let Some(vehicle) = event.vehicle.clone() else {
            return Ok(());
        };
        let wait = match state {
            State::Unmapped => NO_HURRY,
            _ => Duration::from_millis(config::lookup_delay(&self.env).unsigned_abs()),
        };
        let provider = event.provider.clone();
        self.lookups.awaits_no_more(seq);
        self.lookups.awaited.borrow_mut().push((seq, provider));
        let (env, event) = (self.env.clone(), Rc::clone(event));
        let (mappings, ledger) = (self.mappings()?.clone(), Rc::clone(self.ledger()?));
        let (lookups, bell) = (Rc::clone(&self.lookups), Rc::clone(&self.bell));
        let (armed, storage) = (Rc::clone(&self.armed), self.object.storage());
        self.object.wait_until(boxed(async move {
            let asked_at = now();
            let known = relay::find_mapping(&event, &mappings).await;
            let user = known.as_ref().ok().and_then(Option::as_ref);
            let query = Query {
                provider: event.provider.clone(),
                vehicle: vehicle.clone(),
                user: event
                    .user
                    .clone()
                    .or_else(|| user.and_then(|mapping| mapping.user.clone())),
            };
            let told = lookups::ask(&env, &query, wait).await;
            // Where the mapping cannot be told, none is made.
            let mapped = known.as_ref().map_or(true, |known| {
                known.as_ref().is_some_and(|known| known.vin.is_some())
            });
            if !mapped {
                let known = known.ok().flatten().unwrap_or_default();
                map(seq, &event, &told, known, &mappings, &ledger).await;
            }
            let answered = Answered {
                seq,
                event,
                told,
                mapped,
                asked_at,
                at: now(),
            };
            lookups.answers.borrow_mut().push(answered);
            bell.ring();
            // Where this fails, the event's own time comes.
            armed.set(Some(now().plus_millis(SOON)));
            let _ = storage
                .set_alarm(Duration::from_millis(SOON.unsigned_abs()))
                .await;
        }));
        Ok(())
    }

    /// Writes down what was told since the last time.
    pub(super) fn take_in_answers(&self) -> Result<()> {
        for answered in self.lookups.answers.take() {
            self.take_in(&answered)?;
        }
        Ok(())
    }

    fn take_in(&self, answered: &Answered) -> Result<()> {
        let Answered {
            seq, event, told, ..
        } = answered;
        let ledger = self.ledger()?;
        let (provider, now) = (event.provider.as_str(), now());
        let vehicle = event.vehicle.as_deref().unwrap_or_default();
        let window = config::telemax_window(&self.env);
        let mut finding = Finding::of(event, &told.answer, answered.at, window);
        finding.learned = finding.vin.is_some() && !answered.mapped;
        let name = format!("lookup|{provider}|{}", finding.result);
        self.tally.borrow_mut().mark(&name, now);
        self.tally.borrow_mut().count(&name);
        log::line(
            "lookup",
            object!({
                "id": self.event_id(*seq), "provider": provider, "result": finding.result.as_str(),
                "duration_ms": answered.at.millis_since(answered.asked_at),
            }),
        );
        if self.lookups.awaits_no_more(*seq) {
            ledger.found(*seq, &finding, now)?;
        }
        let failure = match &told.answer {
            Ok(known) if known.vin.is_none() && !answered.mapped => Some(Failure::NoVin),
            Ok(_) => None,
            Err(failure) => Some(*failure),
        };
        let Some(failure) = failure else {
            if finding.learned {
                ledger.wake(provider, vehicle, now)?;
            }
            return ledger.forget_failure(provider, vehicle);
        };
        if let (true, Some(until)) = (told.for_all, told.until) {
            let mut quiet = self.lookups.quiet.borrow_mut();
            quiet.retain(|(of, ..)| of != provider);
            quiet.push((provider.to_owned(), until, failure));
        }
        let until = now.plus_millis(failure.remembered_for());
        let until = told.until.map_or(until, |told| told.max(until));
        ledger.remember_failure(*seq, provider, vehicle, failure, until, now)
    }

    /// The event as it is sent, with what was found for it; none where that is to be looked up
    /// again first. From here on the finding stays as it is.
    pub(super) fn with_finding(&self, due: &Due) -> Result<Option<Rc<Event>>> {
        let event = &due.event;
        let awaited = self.lookups.awaits_no_more(due.seq);
        let again = due.lookup.as_deref() == Some(AGAIN);
        if let Some(finding) = due.lookup.as_deref().filter(|_| !again) {
            let finding: Finding = from_json(finding)?;
            return Ok(Some(Rc::new(finding.add_to(Event::clone(event)))));
        }
        let api = Api::of(&self.env, &event.provider).filter(|api| api.tells_telemetry());
        if api.is_none() || due.attempts > 0 || due.progress.state != State::Pending {
            return Ok(Some(Rc::clone(event)));
        }
        let ledger = self.ledger()?;
        let reason = self.reason_not_to_ask(event)?;
        if again && reason.is_none() {
            ledger.await_finding(due.seq, self.patience())?;
            self.look_up(due.seq, event, State::Pending)?;
            return Ok(None);
        }
        let failure = if awaited {
            Failure::TimedOut
        } else {
            reason.unwrap_or(Failure::NotAsked)
        };
        ledger.fix_finding(due.seq, &Finding::without(failure, now()))?;
        Ok(Some(Rc::clone(event)))
    }

    /// Looks again for the VIN of an event that goes on waiting for one.
    pub(super) fn look_again(&self, due: &Due) -> Result<()> {
        if self.asks_for(&due.event, false) {
            self.look_up(due.seq, &due.event, State::Unmapped)?;
        }
        Ok(())
    }

    /// Why a vehicle's VIN was not told, where it was asked for or would have been.
    pub(super) fn why_unmapped(&self, provider: &str, vehicle: &str) -> Result<Option<Finding>> {
        if let Some(last) = self.ledger()?.last_failure(provider, vehicle)? {
            let at = UtcMillis::from_millis(last.at);
            return Ok(Some(Finding::without(last.failure, at)));
        }
        let quiet = self.quiet(provider);
        Ok(quiet.map(|failure| Finding::without(failure, now())))
    }

    /// Why a provider is not asked for any vehicle now, where there is a reason.
    fn quiet(&self, provider: &str) -> Option<Failure> {
        let quiet = self.lookups.quiet.borrow();
        let (.., until, failure) = quiet.iter().find(|(of, ..)| of == provider)?;
        (*until > now()).then_some(*failure)
    }

    /// Why the event's provider is not asked now, where there is a reason.
    fn reason_not_to_ask(&self, event: &Event) -> Result<Option<Failure>> {
        let vehicle = event.vehicle.as_deref().unwrap_or_default();
        if let Some(failure) = self.quiet(&event.provider) {
            return Ok(Some(failure));
        }
        let awaited = self.lookups.awaited.borrow();
        let of_provider = awaited.iter().filter(|(_, of)| *of == event.provider);
        if of_provider.count() >= AT_ONCE {
            return Ok(Some(Failure::NotAsked));
        }
        let last = self.ledger()?.last_failure(&event.provider, vehicle)?;
        Ok(last
            .filter(|last| last.until > now().as_millis())
            .map(|last| last.failure))
    }
}

/// Keeps the VIN that was told of a vehicle that had none, unless the vehicle's user was erased
/// meanwhile.
async fn map(
    seq: i64,
    event: &Event,
    told: &Told,
    known: Mapping,
    mappings: &RememberedMappings,
    ledger: &Ledger,
) {
    let vin = told
        .answer
        .as_ref()
        .ok()
        .and_then(|known| known.vin.clone());
    let (Some(vin), Some(vehicle)) = (vin, &event.vehicle) else {
        return;
    };
    if !matches!(ledger.is_kept(seq), Ok(true)) {
        return;
    }
    let news = Mapping {
        vin: Some(vin),
        user: event.user.clone(),
        ..Mapping::default()
    };
    // A failure to keep it changes nothing: the event has the VIN, and another one asks again.
    let _ = mappings
        .learn_looked_up(&event.provider, vehicle, known.updated_by(news))
        .await;
}

/// How long an answer is waited for that nothing waits for.
const NO_HURRY: Duration = Duration::from_secs(30);

/// How many answers of a provider a lane waits for at once.
const AT_ONCE: usize = 64;

/// In how many milliseconds an answer is taken in. In the local runtime an alarm for the present
/// moment can get lost.
const SOON: i64 = 2;
