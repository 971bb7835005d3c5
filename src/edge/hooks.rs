//! The door: deliveries come in, are verified and read, and are durable before they are answered.

use crate::edge::cartrack::now;
use crate::edge::config;
use crate::edge::error::Result;
use crate::edge::fetch::{Pieces, bytes_of};
use crate::edge::http;
use crate::edge::lanes::Lanes;
use crate::edge::log;
use crate::edge::mappings::KvMappings;
use crate::edge::object::object;
use crate::edge::overview::event_id;
use crate::edge::protocol::{Accepted, Mapped, Place};
use crate::edge::tally;
use crate::edge::wait::boxed;
use crate::event::{Event, Mode};
use crate::fault::Fault;
use crate::inbound::{Headers, Inbound};
use crate::json::Value;
use crate::mapping::{Action, Mapping};
use crate::provider::telematica::{CALLBACK_HEADERS, Telematica};
use crate::provider::{Provider, Reading};
use crate::receive::{CallbackProof, Received, receive, receive_callback};
use crate::rejection::Rejection;
use crate::signature;
use std::time::Duration;
use web_sys::{Request, Response};
use worker::{Context, Delay, Env};

/// The name of the legacy callback among the hooks.
pub const CALLBACK: &str = "telematica-callback";

/// The header of deliveries that an administrator sends to check the gateway.
const CHECK: &str = "weighbridge-check";

/// Answers a delivery to a provider's hook.
pub async fn delivery(
    provider: &'static dyn Provider,
    request: Request,
    env: &Env,
    context: &Context,
) -> Result<Response> {
    if request.method() != "POST" {
        return http::method_not_allowed("POST");
    }
    let visit = Visit::begin(provider.name(), provider, &request);
    let keyring = match config::keyring(env, provider) {
        Ok(keyring) => keyring,
        Err(fault) => return visit.fault(fault, env, context),
    };
    let body = match read_body(&request, config::max_body_bytes(env)).await {
        Ok(body) => body,
        Err((rejection, size)) => return visit.refuse_unread(&rejection, size, env, context),
    };
    let inbound = Inbound {
        headers: headers(&request, provider.headers()),
        body: &body,
        received_at: now(),
    };
    match receive(provider, &inbound, keyring.as_ref(), config::limits(env)) {
        Ok(Received::Challenge(reply)) => {
            visit.challenged(&body, env, context);
            http::json_reply(200, &reply)
        }
        Ok(Received::Reading(reading, key_index)) => {
            let reply = visit.accept(reading, env, context).await;
            let taken = reply.as_ref().is_ok_and(|reply| reply.status() < 300);
            if taken && !visit.is_check() {
                let mark = format!("key|{}|{key_index}", provider.name());
                tally::at_door(|tally| tally.mark(&mark, now()));
            }
            reply
        }
        Err(rejection) => visit.refuse(&rejection, &body, env, context),
    }
}

/// Answers a delivery to Telematica's legacy callback, which browsers may send.
pub async fn callback(request: Request, env: &Env, context: &Context) -> Result<Response> {
    let origin = config::text(env, "CORS_ALLOW_ORIGIN").unwrap_or_else(|| "*".to_owned());
    let response = match request.method().as_str() {
        "OPTIONS" => preflight()?,
        "POST" => posted_callback(request, env, context).await?,
        _ => http::method_not_allowed("POST, OPTIONS")?,
    };
    response
        .headers()
        .set("access-control-allow-origin", &origin)?;
    if origin != "*" {
        response.headers().set("vary", "Origin")?;
    }
    Ok(response)
}

fn preflight() -> Result<Response> {
    let headers = web_sys::Headers::new()?;
    headers.set("access-control-allow-methods", "POST, OPTIONS")?;
    headers.set(
        "access-control-allow-headers",
        "authorization, content-type, svix-id, svix-timestamp, svix-signature, webhook-id, \
         webhook-timestamp, webhook-signature",
    )?;
    headers.set("access-control-max-age", "86400")?;
    http::reply(204, &headers, None)
}

async fn posted_callback(request: Request, env: &Env, context: &Context) -> Result<Response> {
    let visit = Visit::begin(CALLBACK, &Telematica, &request);
    let headers = headers(&request, CALLBACK_HEADERS);
    let signed = signature::has_standard_webhooks_headers(&headers);
    let keyring = signed
        .then(|| config::keyring(env, &Telematica))
        .transpose();
    let tokens = (!signed)
        .then(|| config::bearers(env, "TELEMATICA_CALLBACK_TOKEN"))
        .transpose();
    let (keyring, tokens) = match (keyring, tokens) {
        (Ok(keyring), Ok(tokens)) => (keyring, tokens),
        (Err(fault), _) | (_, Err(fault)) => return visit.fault(fault, env, context),
    };
    let body = match read_body(&request, config::max_body_bytes(env)).await {
        Ok(body) => body,
        Err((rejection, size)) => return visit.refuse_unread(&rejection, size, env, context),
    };
    let proof = match (&keyring, &tokens) {
        (Some(keyring), _) => CallbackProof::Signature(keyring),
        (None, Some(tokens)) => CallbackProof::Bearer(tokens),
        (None, None) => {
            return visit.fault(
                Fault::NotConfigured("TELEMATICA_CALLBACK_TOKEN"),
                env,
                context,
            );
        }
    };
    let inbound = Inbound {
        headers,
        body: &body,
        received_at: now(),
    };
    match receive_callback(&inbound, proof, config::limits(env)) {
        Ok(reading) => visit.accept(reading, env, context).await,
        Err(rejection) => visit.refuse(&rejection, &body, env, context),
    }
}

/// One delivery at the door, from its coming to its answer.
struct Visit {
    hook: &'static str,
    provider: &'static dyn Provider,
    headers: web_sys::Headers,
}

impl Visit {
    fn begin(hook: &'static str, provider: &'static dyn Provider, request: &Request) -> Self {
        tally::at_door(|tally| tally.count(&format!("received|{}", provider.name())));
        Self {
            hook,
            provider,
            headers: request.headers(),
        }
    }

    /// Header names are kept for the few refusals that are sampled; values never.
    fn header_names(&self) -> Vec<String> {
        let names = self.headers.keys().into_iter().filter_map(Result::ok);
        let bounded = |name: String| name.chars().take(64).collect();
        let names = names.filter_map(|name| name.as_string());
        names.take(50).map(bounded).collect()
    }

    /// Whether the delivery says of itself that it only checks the gateway. That is believed for one
    /// thing: its key is not thereby in use at the provider.
    fn is_check(&self) -> bool {
        self.headers.has(CHECK).unwrap_or_default()
    }

    /// Stores what a genuine delivery says, and then says so.
    async fn accept(&self, reading: Reading, env: &Env, context: &Context) -> Result<Response> {
        let mode = reading
            .events
            .first()
            .map_or(Mode::Live, |event| event.mode);
        let user = reading.user.clone();
        match store(self.provider.name(), reading, env, context).await {
            Ok(Stored {
                events,
                updated,
                removed,
            }) => {
                let name = self.provider.name();
                tally::at_door(|tally| {
                    tally.mark(&format!("accepted|{name}|{}", mode.as_str()), now());
                });
                carry_later(env, context);
                let outcome = outer_outcome(&events, updated, removed);
                let newly = events
                    .iter()
                    .any(|(_, accepted)| accepted.outcome == "accepted");
                let shown = events.into_iter().map(|(lane, accepted)| {
                    let place = Place {
                        seq: accepted.seq,
                        lane,
                    };
                    let mut event = object!({ "id": event_id(place), "outcome": accepted.outcome });
                    if let Some(reason) = accepted.reason {
                        event.set("reason", reason);
                    }
                    event
                });
                let events = Value::Array(shown.collect());
                log::line(
                    "accept",
                    object!({
                        "hook": self.hook, "outcome": outcome, "events": events.clone(),
                        "updated": updated,
                        "removed": removed, "names_user": user.is_some(),
                    }),
                );
                let status = if newly { 202 } else { 200 };
                http::json_reply(status, &object!({ "outcome": outcome, "events": events }))
            }
            Err(fault) => self.fault(fault, env, context),
        }
    }

    fn challenged(&self, body: &[u8], env: &Env, context: &Context) {
        let mode = self.provider.claimed_mode(body);
        let name = self.provider.name();
        tally::at_door(|tally| tally.mark(&format!("challenge|{name}|{}", mode.as_str()), now()));
        carry_later(env, context);
        log::line("challenge", object!({ "hook": self.hook }));
    }

    fn refuse(
        &self,
        rejection: &Rejection,
        body: &[u8],
        env: &Env,
        context: &Context,
    ) -> Result<Response> {
        let mode = self.provider.claimed_mode(body);
        self.count_refusal(rejection.code(), mode, body.len(), env, context);
        http::rejection_reply(rejection)
    }

    fn refuse_unread(
        &self,
        rejection: &Rejection,
        size: usize,
        env: &Env,
        context: &Context,
    ) -> Result<Response> {
        self.count_refusal(rejection.code(), Mode::Live, size, env, context);
        http::rejection_reply(rejection)
    }

    fn fault(&self, fault: Fault, env: &Env, context: &Context) -> Result<Response> {
        self.count_refusal(fault.code(), Mode::Live, 0, env, context);
        http::fault_reply(fault)
    }

    fn count_refusal(
        &self,
        code: &'static str,
        mode: Mode,
        size: usize,
        env: &Env,
        context: &Context,
    ) {
        let provider = self.provider.name();
        let mode = mode.as_str();
        let now = now();
        let sampled = tally::should_sample(provider, code, now);
        tally::at_door(|tally| {
            tally.count(&format!("refused|{provider}|{mode}|{code}"));
            tally.mark(&format!("refused|{provider}|{mode}"), now);
            if sampled {
                let headers = self.header_names().into_iter().map(Value::from);
                tally.sample(object!({
                    "time": now, "provider": provider, "code": code, "mode": mode, "size": size,
                    "headers": headers.collect::<Vec<_>>(),
                }));
            }
        });
        if sampled {
            // A flood of forgeries writes a line a second, not one each.
            log::line(
                "refuse",
                object!({ "hook": self.hook, "code": code, "mode": mode, "size": size }),
            );
        }
        carry_later(env, context);
    }
}

/// What has been stored of a delivery.
struct Stored {
    events: Vec<(u16, Accepted)>,
    updated: usize,
    removed: usize,
}

async fn store(
    provider: &'static str,
    reading: Reading,
    env: &Env,
    context: &Context,
) -> std::result::Result<Stored, Fault> {
    let Reading {
        events,
        changes,
        user,
    } = reading;
    let mut changed = Vec::with_capacity(changes.len());
    let (mut updated, mut removed) = (0, 0);
    if !changes.is_empty() {
        let mappings = KvMappings::of(env)?;
        for change in changes {
            let vehicle = change.vehicle;
            let mapping = match change.action {
                Action::Upsert => {
                    let news = Mapping {
                        user: user.clone(),
                        ..change.mapping
                    };
                    updated += 1;
                    Some(mappings.upsert(provider, &vehicle, news).await?)
                }
                Action::Remove => {
                    removed += 1;
                    mappings.disconnect(provider, &vehicle).await?;
                    None
                }
            };
            changed.push(Mapped {
                provider: provider.to_owned(),
                vehicle,
                mapping,
            });
        }
        let env = env.clone();
        context.wait_until(boxed(async move { Lanes::of(&env).mapped(changed).await }));
    }
    let events = accept_all(events, env).await?;
    Ok(Stored {
        events,
        updated,
        removed,
    })
}

async fn accept_all(
    events: Vec<Event>,
    env: &Env,
) -> std::result::Result<Vec<(u16, Accepted)>, Fault> {
    if events.is_empty() {
        Ok(Vec::new())
    } else {
        Lanes::of(env).accept(events).await
    }
}

/// The first of these that any part of the delivery had.
fn outer_outcome(events: &[(u16, Accepted)], updated: usize, removed: usize) -> &'static str {
    let any = |outcome| {
        events
            .iter()
            .any(|(_, accepted)| accepted.outcome == outcome)
    };
    if any("accepted") {
        "accepted"
    } else if updated > 0 {
        "mapping_updated"
    } else if removed > 0 {
        "mapping_removed"
    } else if any("duplicate") {
        "duplicate"
    } else {
        "skipped"
    }
}

/// Sees to it that the counts of this isolate reach a lane within a few seconds.
fn carry_later(env: &Env, context: &Context) {
    if tally::become_carrier() {
        let env = env.clone();
        context.wait_until(boxed(async move {
            Delay::from(Duration::from_secs(2)).await;
            tally::carried();
            Lanes::of(&env).carry(tally::take()).await;
        }));
    }
}

/// The headers of these names that the request has.
fn headers(request: &Request, names: &[&'static str]) -> Headers<'static> {
    let mut headers = Headers::default();
    for name in names {
        if let Ok(Some(value)) = request.headers().get(name) {
            headers.append_known(name, value);
        }
    }
    headers
}

/// Reads the body, once, as bytes; an error is the refusal with the size that was seen.
///
/// A body over the limit is read on for a while and dropped: answering before the sender is done
/// makes some of them see a broken connection in place of the answer.
async fn read_body(
    request: &Request,
    limit: usize,
) -> std::result::Result<Vec<u8>, (Rejection, usize)> {
    let length = request.headers().get("content-length").ok().flatten();
    let length = length.and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| length <= limit) {
        // As a whole, which costs much less than piece by piece.
        return Ok(http::body(request).await.unwrap_or_default());
    }
    let Some(pieces) = request.body().map(|body| Pieces::of(&body)) else {
        return Ok(Vec::new());
    };
    let mut body = Vec::new();
    let mut size = 0_usize;
    while let Ok(read) = pieces.next().await
        && let Some(piece) = bytes_of(&read)
    {
        size = size.saturating_add(piece.len());
        if size <= limit {
            body.extend_from_slice(&piece);
        } else if size > limit.saturating_add(DROPPED_BYTES) {
            break;
        }
    }
    if size > limit {
        pieces.cancel();
        Err((Rejection::BodyTooLarge(limit), size))
    } else {
        Ok(body)
    }
}

/// How much of an oversized body is read and dropped.
const DROPPED_BYTES: usize = 32 * 1_048_576;
