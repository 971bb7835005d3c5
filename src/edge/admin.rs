//! The administration API, behind a bearer token.

use crate::edge::cartrack::now;
use crate::edge::config;
use crate::edge::decode::from_value;
use crate::edge::error::{Error, Result};
use crate::edge::http::{
    body, error_reply, fault_reply, json_reply, method_not_allowed, path, text_reply, unknown_route,
};
use crate::edge::lanes::Lanes;
use crate::edge::mappings::{KvMappings, Stored};
use crate::edge::object::object;
use crate::edge::overview::{self, event_id, place_of};
use crate::edge::protocol::{Call, Filter, List, Mapped, Place};
use crate::edge::wait::{boxed, together};
use crate::edge::{metrics as prometheus, tally};
use crate::fault::Fault;
use crate::import::{self, Entry, Form, LineError};
use crate::json::Value;
use crate::mapping::Mapping;
use crate::provider::{self, PROVIDERS};
use crate::state::State;
use crate::timestamp::UtcMillis;
use js_sys::decode_uri_component;
use std::cmp::Reverse;
use web_sys::{Request, Response, Url, UrlSearchParams};
use worker::Env;

/// Answers a request below `/api`.
pub async fn route(request: Request, env: &Env) -> Result<Response> {
    if let Some(refusal) = refuse_stranger(&request, env)? {
        return Ok(refusal);
    }
    let path = path(&request);
    let method = request.method();
    let segments: Option<Vec<String>> = path.split('/').skip(2).map(percent_decode).collect();
    let segments = segments.unwrap_or_default();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answered = match (segments.as_slice(), method.as_str()) {
        (["overview"], "GET") => overview(env).await,
        (["events"], "GET") => events(&request, env).await,
        (["events", id], "GET") => event(id, env).await,
        (["events", id, "replay"], "POST") => replay_one(id, env).await,
        (["positions"], "GET") => positions(&request, env).await,
        (["refusals"], "GET") => refusals(env).await,
        (["replay"], "POST") => replay(&request, env).await,
        (["resume"], "POST") => resume(env).await,
        (["unmapped"], "GET") => unmapped(&request, env).await,
        (["mappings"], "GET") => mappings(&request, env).await,
        (["mappings", "import"], "POST") => import(&request, env).await,
        (["mappings", provider, vehicle], method) => {
            mapping(&request, method, provider, vehicle, env).await
        }
        (["users", provider, user], "DELETE") => forget(provider, user, env).await,
        (
            ["overview" | "events" | "positions" | "refusals" | "unmapped" | "mappings"]
            | ["events", _],
            _,
        ) => {
            return method_not_allowed("GET");
        }
        (["replay" | "resume"] | ["events", _, "replay"] | ["mappings", "import"], _) => {
            return method_not_allowed("POST");
        }
        (["users", _, _], _) => return method_not_allowed("DELETE"),
        _ => return unknown_route(),
    };
    answered.unwrap_or_else(Problem::reply)
}

/// Answers `/metrics`.
pub async fn metrics(request: Request, env: &Env) -> Result<Response> {
    if let Some(refusal) = refuse_stranger(&request, env)? {
        return Ok(refusal);
    }
    if request.method() != "GET" {
        return method_not_allowed("GET");
    }
    Lanes::of(env).carry(tally::take()).await;
    match prometheus::text(env).await {
        Ok(text) => text_reply(200, "text/plain; version=0.0.4; charset=utf-8", &text),
        Err(fault) => fault_reply(fault),
    }
}

/// The answer to whoever does not have an administrator's token.
fn refuse_stranger(request: &Request, env: &Env) -> Result<Option<Response>> {
    let tokens = match config::bearers(env, "ADMIN_TOKEN") {
        Ok(tokens) => tokens,
        Err(fault) => return fault_reply(fault).map(Some),
    };
    let value = request.headers().get("authorization")?.unwrap_or_default();
    if tokens.find_in_header(&value).is_some() {
        return Ok(None);
    }
    let message = "Send Authorization: Bearer with one of the tokens in ADMIN_TOKEN.";
    let response = error_reply(401, "unauthorized", message)?;
    response.headers().set("www-authenticate", "Bearer")?;
    Ok(Some(response))
}

/// Why a request of an administrator cannot be answered.
enum Problem {
    Fault(Fault),
    InvalidVin,
    MalformedBody(&'static str),
    MethodNotAllowed(&'static str),
    Platform(Error),
    UnknownEvent,
    UnknownMapping,
}

impl Problem {
    fn reply(self) -> Result<Response> {
        match self {
            Self::Fault(fault) => fault_reply(fault),
            Self::InvalidVin => error_reply(
                400,
                "invalid_vin",
                "A mapping needs a VIN: 17 letters and digits.",
            ),
            Self::MalformedBody(message) => error_reply(400, "malformed_body", message),
            Self::MethodNotAllowed(allow) => method_not_allowed(allow),
            Self::Platform(error) => Err(error),
            Self::UnknownEvent => error_reply(
                404,
                "unknown_event",
                "There is no event of this id. Events are forgotten 7 days after they were \
                 delivered or skipped, and 30 days after they died.",
            ),
            Self::UnknownMapping => error_reply(
                404,
                "unknown_mapping",
                "There is no mapping for this vehicle. New ones can take a minute to be seen \
                 everywhere.",
            ),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Platform(error)
    }
}

type Answered = std::result::Result<Result<Response>, Problem>;

async fn overview(env: &Env) -> Answered {
    Lanes::of(env).carry(tally::take()).await;
    Ok(json_reply(200, &overview::of(env).await?))
}

async fn events(request: &Request, env: &Env) -> Answered {
    let query = Query::of(request)?;
    let filter = query.filter()?;
    let limit = query.limit(50, 500)?;
    let before = match query.text("cursor") {
        None => None,
        Some(cursor) => {
            let place = place_of(&cursor);
            Some(place.ok_or(Problem::MalformedBody(
                "The cursor is not one of a page before.",
            ))?)
        }
    };
    // One more than asked for shows whether there is another page.
    let call = Call::List {
        filter,
        before,
        limit: limit + 1,
    };
    let lists = lists(&call, env).await?;
    // Below this number some lane has not looked yet, so that the page ends there.
    let reached = lists.iter().filter_map(|(_, list)| list.reached).max();
    let mut rows = merged(lists);
    rows.retain(|row| reached.is_none_or(|reached| row.place.seq >= reached));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more {
        rows.last().map(|row| row.place)
    } else {
        reached.map(|seq| Place { seq, lane: 0 })
    };
    Ok(page("events", shown(rows), next.map(event_id)))
}

async fn event(id: &str, env: &Env) -> Answered {
    let place = place_of(id).ok_or(Problem::UnknownEvent)?;
    let call = Call::Story { seq: place.seq };
    match Lanes::of(env).ask(place.lane, &call).await? {
        Value::Null => Err(Problem::UnknownEvent),
        story => Ok(json_reply(200, &story)),
    }
}

async fn refusals(env: &Env) -> Answered {
    Lanes::of(env).carry(tally::take()).await;
    let refusals = shown(merged(lists(&Call::Refusals, env).await?));
    let mut latest = Vec::new();
    for provider in PROVIDERS {
        let is_theirs = |refusal: &&Value| {
            refusal.get("provider").and_then(Value::as_str) == Some(provider.name())
        };
        latest.extend(refusals.iter().filter(is_theirs).take(20).cloned());
    }
    Ok(page("refusals", latest, None))
}

async fn replay_one(id: &str, env: &Env) -> Answered {
    let place = place_of(id).ok_or(Problem::UnknownEvent)?;
    let call = Call::ReplayOne { seq: place.seq };
    match Lanes::of(env).ask(place.lane, &call).await? {
        Value::Null => Err(Problem::UnknownEvent),
        replayed => Ok(json_reply(200, &object!({ "replayed": replayed }))),
    }
}

async fn replay(request: &Request, env: &Env) -> Answered {
    const FORM: Problem = Problem::MalformedBody(
        "Send a JSON object with any of state, provider, vehicle, reason, from, to and q; {} \
         replays all dead letters. With \"dry_run\": true they are counted only.",
    );
    let body = body(request).await?;
    let body = Value::parse(&body).ok_or(FORM)?;
    let dry_run = match body.get("dry_run") {
        None => false,
        Some(Value::Bool(dry_run)) => *dry_run,
        Some(_) => return Err(FORM),
    };
    let Value::Object(members) = body else {
        return Err(FORM);
    };
    let mut filter = object!({});
    for (name, value) in members {
        if name != "dry_run" {
            filter.put(&[&name], value);
        }
    }
    let mut filter: Filter = from_value(filter).map_err(|_| FORM)?;
    // Sending what was delivered again is for those who ask for it.
    filter.state.get_or_insert(State::Dead);
    let call = Call::Replay { filter, dry_run };
    let count = Lanes::of(env).sum(&call).await?;
    let mut reply = object!({});
    reply.set(if dry_run { "matching" } else { "replayed" }, count);
    Ok(json_reply(200, &reply))
}

async fn unmapped(request: &Request, env: &Env) -> Answered {
    let limit = Query::of(request)?.limit(50, 500)?;
    let vehicles = largest(&Call::Unmapped { limit }, limit, env).await?;
    Ok(page("vehicles", vehicles, None))
}

async fn positions(request: &Request, env: &Env) -> Answered {
    let limit = Query::of(request)?.limit(500, 2000)?;
    let positions = largest(&Call::Positions { limit }, limit, env).await?;
    Ok(page("positions", positions, None))
}

/// An element of a list, with its place among those of all lanes.
struct Placed {
    place: Place,
    shown: Value,
}

async fn lists(call: &Call, env: &Env) -> std::result::Result<Vec<(u16, List)>, Problem> {
    let answers = Lanes::of(env).ask_all(call).await?.into_iter();
    Ok(answers
        .map(|(lane, answer)| (lane, List::of(answer)))
        .collect())
}

/// The first elements of a list that has no pages, as they are shown.
async fn largest(call: &Call, limit: u32, env: &Env) -> std::result::Result<Vec<Value>, Problem> {
    let mut rows = merged(lists(call, env).await?);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(shown(rows))
}

/// The lanes' parts of a list as one, the largest keys first.
fn merged(lists: Vec<(u16, List)>) -> Vec<Placed> {
    let mut rows = Vec::new();
    for (lane, list) in lists {
        rows.extend(list.rows.into_iter().map(|(seq, shown)| Placed {
            place: Place { seq, lane },
            shown,
        }));
    }
    rows.sort_unstable_by_key(|row| Reverse(row.place));
    rows
}

fn shown(rows: Vec<Placed>) -> Vec<Value> {
    rows.into_iter().map(|row| row.shown).collect()
}

async fn resume(env: &Env) -> Answered {
    let resumed = Lanes::of(env).ask_all(&Call::Resume).await?;
    let resumed = resumed
        .iter()
        .filter(|(_, was_held)| was_held.as_bool() == Some(true))
        .count();
    Ok(json_reply(200, &object!({ "resumed": resumed })))
}

async fn mappings(request: &Request, env: &Env) -> Answered {
    let query = Query::of(request)?;
    let limit = query.limit(50, 500)?;
    let kv = KvMappings::of(env)?;
    let provider = query.text("provider");
    let user = query.text("user");
    let cursor = query.text("cursor");
    let q = query.text("q");
    if provider.is_none() && (user.is_some() || q.is_some()) {
        // Keys begin with the provider; without it each provider is asked.
        let mut found = Vec::new();
        for provider in PROVIDERS {
            found.extend(
                kv.list(
                    Some(provider.name()),
                    user.as_deref(),
                    q.as_deref(),
                    limit,
                    None,
                )
                .await?
                .mappings,
            );
        }
        return Ok(page("mappings", found, None));
    }
    let listed = kv
        .list(
            provider.as_deref(),
            user.as_deref(),
            q.as_deref(),
            limit,
            cursor,
        )
        .await?;
    Ok(page("mappings", listed.mappings, listed.cursor))
}

async fn mapping(
    request: &Request,
    method: &str,
    provider: &str,
    vehicle: &str,
    env: &Env,
) -> Answered {
    if !matches!(method, "GET" | "PUT" | "DELETE") {
        return Err(Problem::MethodNotAllowed("GET, PUT, DELETE"));
    }
    let provider = provider::named(provider)
        .ok_or(Problem::UnknownMapping)?
        .name();
    if !import::is_vehicle(vehicle) {
        return Err(Problem::UnknownMapping);
    }
    let kv = KvMappings::of(env)?;
    match method {
        "PUT" => {
            let body = body(request).await?;
            let row = import::Row::from_json(&body).ok_or(Problem::MalformedBody(
                "Send a JSON object with at least vin.",
            ))?;
            let mapping = row.mapping().map_err(|mistake| match mistake {
                import::Mistake::InvalidVin => Problem::InvalidVin,
                _ => Problem::MalformedBody("The year is not a number from 1900 to 2200."),
            })?;
            kv.put(provider, vehicle, mapping.clone()).await?;
            tell(provider, vehicle, Some(mapping.clone()), env).await;
            let stored = Stored::new(provider, vehicle, mapping);
            Ok(json_reply(200, &Value::from(&stored)))
        }
        "DELETE" => {
            if !kv.remove(provider, vehicle).await? {
                return Err(Problem::UnknownMapping);
            }
            tell(provider, vehicle, None, env).await;
            Ok(json_reply(200, &object!({ "removed": 1_u64 })))
        }
        _ => {
            let entry = kv.find(provider, vehicle).await?;
            let entry = entry.ok_or(Problem::UnknownMapping)?;
            Ok(json_reply(200, &Value::from(&entry)))
        }
    }
}

async fn tell(provider: &str, vehicle: &str, mapping: Option<Mapping>, env: &Env) {
    let change = Mapped {
        provider: provider.to_owned(),
        vehicle: vehicle.to_owned(),
        mapping,
    };
    Lanes::of(env).mapped(vec![change]).await;
}

async fn import(request: &Request, env: &Env) -> Answered {
    let content_type = request.headers().get("content-type");
    let content_type = content_type.ok().flatten().unwrap_or_default();
    let form = if content_type.to_ascii_lowercase().starts_with("text/csv") {
        Form::Csv
    } else {
        Form::Ndjson
    };
    let body = body(request).await?;
    let kv = KvMappings::of(env)?;
    let (mut imported, mut errors) = (Vec::new(), Vec::new());
    let mut lines = import::read(&body, form).into_iter();
    loop {
        let few = lines.by_ref().take(6);
        let few = few.map(|line| boxed(import_line(&kv, line)));
        let few: Vec<_> = few.collect();
        if few.is_empty() {
            break;
        }
        for line in together(few).await {
            match line {
                Ok(mapped) => imported.push(mapped),
                Err(error) => errors.push(error),
            }
        }
    }
    let count = imported.len();
    Lanes::of(env).mapped(imported).await;
    Ok(json_reply(
        200,
        &object!({ "imported": count, "errors": errors }),
    ))
}

/// Keeps a good line; what is wrong with it otherwise.
async fn import_line(
    kv: &KvMappings,
    line: std::result::Result<Entry, LineError>,
) -> std::result::Result<Mapped, Value> {
    let wrong = |line: u64, error: String| object!({ "line": line, "error": error });
    let entry = line.map_err(|LineError { line, error }| wrong(line, error.to_string()))?;
    let mapping = entry.mapping.clone();
    let kept = kv.put(entry.provider, &entry.vehicle, mapping).await;
    kept.map_err(|fault| wrong(entry.line, fault.code().to_owned()))?;
    Ok(Mapped {
        provider: entry.provider.to_owned(),
        vehicle: entry.vehicle,
        mapping: Some(entry.mapping),
    })
}

async fn forget(provider: &str, user: &str, env: &Env) -> Answered {
    let provider = provider::named(provider)
        .ok_or(Problem::UnknownMapping)?
        .name();
    let kv = KvMappings::of(env)?;
    let vehicles = kv.forget(provider, user).await?;
    let mappings = vehicles.len();
    let call = Call::Forget {
        provider: provider.to_owned(),
        user: user.to_owned(),
        vehicles: vehicles.clone(),
    };
    let events = Lanes::of(env).sum(&call).await?;
    // An event that was on its way out meanwhile can have taught a VIN again.
    kv.forget(provider, user).await?;
    for vehicle in &vehicles {
        kv.forget_vehicle(provider, vehicle).await?;
    }
    crate::edge::log::line(
        "forget",
        object!({ "provider": provider, "mappings": mappings, "events": events, "time": now() }),
    );
    Ok(json_reply(
        200,
        &object!({ "mappings": mappings, "events": events }),
    ))
}

/// A reply with a list, and where its next page begins.
fn page(name: &str, list: Vec<Value>, cursor: Option<String>) -> Result<Response> {
    let mut page = object!({});
    page.set(name, list);
    if let Some(cursor) = cursor {
        page.set("cursor", cursor);
    }
    json_reply(200, &page)
}

/// The query of a request; an empty value counts as absent.
struct Query(UrlSearchParams);

impl Query {
    fn of(request: &Request) -> Result<Self> {
        Ok(Self(Url::new(&request.url())?.search_params()))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty())
    }

    fn limit(&self, default: u32, most: u32) -> std::result::Result<u32, Problem> {
        match self.text("limit").map(|limit| limit.parse::<u32>()) {
            None => Ok(default),
            Some(Ok(limit)) if limit > 0 => Ok(limit.min(most)),
            Some(_) => Err(Problem::MalformedBody(
                "The limit is not a positive whole number.",
            )),
        }
    }

    fn filter(&self) -> std::result::Result<Filter, Problem> {
        let state = match self.text("state") {
            None => None,
            Some(name) => Some(State::parse(&name).ok_or(Problem::MalformedBody(
                "The state is none of dead, delivered, held, pending, skipped and unmapped.",
            ))?),
        };
        Ok(Filter {
            state,
            provider: self.text("provider"),
            vehicle: self.text("vehicle"),
            reason: self.text("reason"),
            from: self.time("from")?,
            to: self.time("to")?,
            q: self.text("q"),
        })
    }

    /// A time in ISO 8601 or UTC milliseconds.
    fn time(&self, name: &str) -> std::result::Result<Option<UtcMillis>, Problem> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let time =
            UtcMillis::parse_iso(&text).or_else(|| text.parse().ok().map(UtcMillis::from_millis));
        let wrong = Problem::MalformedBody("A time is ISO 8601 with Z, or UTC milliseconds.");
        time.map(Some).ok_or(wrong)
    }
}

/// Decodes a segment of a path; `None` when that gives no UTF-8.
fn percent_decode(segment: &str) -> Option<String> {
    decode_uri_component(segment).ok().map(String::from)
}
