//! Sending what is due: a few records at a time, one of each vehicle, and none while the lane is
//! held but for a probe.

use crate::backoff;
use crate::cartrack::Answer;
use crate::edge::cartrack::{HttpSink, now};
use crate::edge::error::Result;
#[cfg(feature = "faults")]
use crate::edge::faults;
use crate::edge::lane::Lane;
use crate::edge::ledger::{Attempt, Due, PUT_OFF, random};
use crate::edge::log;
use crate::edge::object::object;
use crate::edge::wait::{Boxed, boxed};
use crate::event::Event;
use crate::outcome::Outcome;
use crate::relay::{self, Round, Settled};
use crate::state::State;
use crate::timestamp::UtcMillis;
use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

impl Lane {
    /// Sends what is due until nothing is, or until it is time to begin a new alarm.
    pub(super) async fn send_due(&self) -> Result<()> {
        let Ok(sink) = &self.sink else {
            return Ok(());
        };
        let begun = now();
        let mut sent = 0;
        let mut queue = Vec::new();
        let mut running = Vec::new();
        let mut failed = None;
        loop {
            if let Err(error) = self.take_in_answers() {
                failed = Some(error);
            }
            let tired = sent >= SENDS_PER_ALARM || now().millis_since(begun) > ALARM_FOR;
            while running.len() < CONNECTIONS && !tired && failed.is_none() {
                let probing = self.probe_at.get().is_some();
                if probing && !running.is_empty() {
                    break;
                }
                let due = match self.next_due(&mut queue) {
                    Ok(Some(due)) => due,
                    Ok(None) => break,
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                };
                let event = Rc::clone(&due.event);
                self.in_flight.borrow_mut().push((due.seq, event));
                sent += 1;
                running.push(boxed(self.send(due, sink)));
            }
            if running.is_empty() {
                return failed.map_or(Ok(()), Err);
            }
            // What becomes due meanwhile does not wait for a record that hangs. After a failure, what
            // else is under way is seen to its end, so that its answers are noted.
            if let Err(error) = poll_fn(|context| self.poll_running(&mut running, context)).await {
                failed = Some(error);
            }
        }
    }

    /// Waits until one of those that are being sent is settled, or more may be due.
    fn poll_running(
        &self,
        running: &mut Vec<Boxed<'_, Result<()>>>,
        context: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        let mut settled = self.bell.poll(context).map(Ok);
        running.retain_mut(|one| match one.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(result) => {
                if !matches!(settled, Poll::Ready(Err(_))) {
                    settled = Poll::Ready(result);
                }
                false
            }
        });
        settled
    }

    /// The next event to send, which is not being sent already.
    fn next_due(&self, queue: &mut Vec<Due>) -> Result<Option<Due>> {
        let ledger = self.ledger()?;
        let now = now();
        if let Some(probe_at) = self.probe_at.get() {
            queue.clear();
            if probe_at > now {
                return Ok(None);
            }
            for state in [State::Held, State::Pending] {
                if let Some(probe) = ledger.oldest(state)? {
                    return Ok(Some(probe).filter(|due| self.is_free(due)));
                }
            }
            return ledger.next_fresh(|due| self.is_free(due));
        }
        // New events and those that waited take turns, so that neither hold up the others.
        if self.fresh_next.replace(!self.fresh_next.get())
            && let Some(due) = ledger.next_fresh(|due| self.is_free(due))?
        {
            return Ok(Some(due));
        }
        match self.next_waiting(queue, now)? {
            None => ledger.next_fresh(|due| self.is_free(due)),
            waiting => Ok(waiting),
        }
    }

    /// The next event to send of those that waited for their due time.
    fn next_waiting(&self, queue: &mut Vec<Due>, now: UtcMillis) -> Result<Option<Due>> {
        let ledger = self.ledger()?;
        let next = |queue: &mut Vec<Due>| {
            let free = queue.iter().position(|due| self.is_free(due))?;
            Some(queue.remove(free))
        };
        if let Some(due) = next(queue) {
            return Ok(Some(due));
        }
        if ledger.next_due()?.is_none_or(|next| next > now) {
            return Ok(None);
        }
        // More than can be in flight, so that there is always one that is not.
        let limit = u32::try_from(CONNECTIONS * 4).unwrap_or(u32::MAX);
        let in_flight = self.in_flight.borrow();
        let busy: Vec<&str> = in_flight.iter().filter_map(vehicle_of).collect();
        queue.clear();
        queue.extend(ledger.due(State::Pending, now, &busy, limit)?);
        queue.extend(ledger.due(State::Unmapped, now, &busy, limit)?);
        Ok(next(queue))
    }

    /// Whether neither the event nor another one of its vehicle is being sent. One vehicle whose
    /// records hang would otherwise soon have all connections.
    fn is_free(&self, due: &Due) -> bool {
        let in_flight = self.in_flight.borrow();
        let vehicle = due.event.vehicle.as_deref();
        !in_flight
            .iter()
            .any(|sent| sent.0 == due.seq || (vehicle.is_some() && vehicle_of(sent) == vehicle))
    }

    /// Weighs, sends and settles one event.
    async fn send(&self, due: Due, sink: &HttpSink) -> Result<()> {
        let result = self.send_one(&due, sink).await;
        self.in_flight
            .borrow_mut()
            .retain(|(seq, _)| *seq != due.seq);
        if result.is_err() {
            // One event that cannot be noted must hold up no other: it is put off.
            log::line("relay_failed", object!({ "id": self.event_id(due.seq) }));
            let later = now().plus_millis(PUT_OFF);
            self.ledger()?.put_off(due.seq, later)?;
        }
        Ok(())
    }

    async fn send_one(&self, due: &Due, sink: &HttpSink) -> Result<()> {
        let ledger = self.ledger()?;
        let Some(event) = self.with_finding(due)? else {
            return Ok(());
        };
        let begun = now();
        let round = relay::round(&event, self, sink).await;
        #[cfg(feature = "faults")]
        faults::point("lane.sent", self.number.get()).await?;
        let ended = now();
        let settled = relay::settle(&round, due.progress, ended, random());
        let attempt = match &round {
            Round::Sent {
                record,
                text,
                reply,
            } => {
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
                    object!({
                        "id": self.event_id(due.seq), "provider": event.provider.as_str(),
                        "state": settled.state, "reason": settled.reason, "status": status,
                        "error": error, "attempt": settled.failures,
                        "duration_ms": duration,
                    }),
                );
                Some(Attempt {
                    record: text.clone(),
                    entry: object!({
                        "time": begun, "status": status, "error": error, "duration_ms": duration,
                        "reply": reply.body.as_str(),
                    }),
                })
            }
            Round::LookupFailed | Round::Unsendable(_) => None,
        };
        ledger.settle(due, settled, attempt, ended)?;
        if settled.state == State::Unmapped {
            self.look_again(due)?;
        }
        let outcome = match &round {
            Round::Sent { reply, .. } => Some(Outcome::of(reply.answer)),
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

    pub(super) fn resume(&self) -> Result<()> {
        let ledger = self.ledger()?;
        self.probe_at.set(None);
        ledger.set_meta("probe_at", None)?;
        ledger.release(now()).map(|_| ())
    }

    fn count_attempt(&self, provider: &str, answer: Answer, settled: Settled, duration: i64) {
        let mut tally = self.tally.borrow_mut();
        tally.count(&format!("relay|{}", Outcome::of(answer).label()));
        tally.observe_latency(duration);
        if !settled.state.is_waiting() {
            tally.count(&format!("{}|{provider}", settled.state.as_str()));
        }
    }
}

fn vehicle_of((_, event): &(i64, Rc<Event>)) -> Option<&str> {
    event.vehicle.as_deref()
}

/// Wakes whoever waits for it. An alarm that is sending can't be woken by another alarm.
#[derive(Default)]
pub(super) struct Bell {
    rung: Cell<bool>,
    waiter: Cell<Option<Waker>>,
}

impl Bell {
    pub(super) fn ring(&self) {
        self.rung.set(true);
        if let Some(waiter) = self.waiter.take() {
            waiter.wake();
        }
    }

    fn poll(&self, context: &Context<'_>) -> Poll<()> {
        if self.rung.replace(false) {
            return Poll::Ready(());
        }
        self.waiter.set(Some(context.waker().clone()));
        Poll::Pending
    }
}

/// The platform lets six connections of one request wait for their replies.
const CONNECTIONS: usize = 6;

/// How many records one alarm sends, well below the platform's limit of requests.
const SENDS_PER_ALARM: u32 = 400;

/// How long one alarm begins to send, in milliseconds, well below the platform's 15 minutes.
const ALARM_FOR: i64 = 120_000;
