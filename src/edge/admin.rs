//! The administration API, behind a bearer token.

use crate::edge::cartrack::now;
use crate::edge::config;
use crate::edge::decode::from_json;
use crate::edge::http::{
    error_reply, fault_reply, json_reply, method_not_allowed, text_reply, unknown_route,
};
use crate::edge::lanes::Lanes;
use crate::edge::mappings::{KvMappings, Stored};
use crate::edge::overview::{self, event_id, place_of};
use crate::edge::protocol::{
    Call, Filter, Mapped, Page, Place, Refusals, Row, Story, UnmappedVehicle, VehiclePosition,
};
use crate::edge::{metrics as prometheus, tally};
use crate::fault::Fault;
use crate::import::{self, Entry, Form, LineError};
use crate::mapping::Mapping;
use crate::provider::{self, PROVIDERS};
use crate::state::State;
use crate::timestamp::UtcMillis;
use futures_util::{StreamExt, stream};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use worker::{Env, Method, Request, Response, Result};

/// Answers a request below `/api`.
pub async fn route(mut request: Request, env: &Env) -> Result<Response> {
    if let Some(refusal) = refuse_stranger(&request, env)? {
        return Ok(refusal);
    }
    let path = request.path();
    let segments: Option<Vec<String>> = path.split('/').skip(2).map(percent_decode).collect();
    let segments = segments.unwrap_or_default();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answered = match (segments.as_slice(), request.method()) {
        (["overview"], Method::Get) => overview(env).await,
        (["events"], Method::Get) => events(&request, env).await,
        (["events", id], Method::Get) => event(id, env).await,
        (["events", id, "replay"], Method::Post) => replay_one(id, env).await,
        (["positions"], Method::Get) => positions(&request, env).await,
        (["refusals"], Method::Get) => refusals(env).await,
        (["replay"], Method::Post) => replay(&mut request, env).await,
        (["resume"], Method::Post) => resume(env).await,
        (["unmapped"], Method::Get) => unmapped(&request, env).await,
        (["mappings"], Method::Get) => mappings(&request, env).await,
        (["mappings", "import"], Method::Post) => import(&mut request, env).await,
        (["mappings", provider, vehicle], method) => {
            let method = method.clone();
            mapping(&mut request, method, provider, vehicle, env).await
        }
        (["users", provider, user], Method::Delete) => forget(provider, user, env).await,
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
    if request.method() != Method::Get {
        return method_not_allowed("GET");
    }
    Lanes::of(env).carry(tally::take()).await;
    match prometheus::text(env).await {
        Ok(text) => text_reply(200, "text/plain; version=0.0.4; charset=utf-8", text),
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
    let mut response = error_reply(401, "unauthorized", message)?;
    response.headers_mut().set("www-authenticate", "Bearer")?;
    Ok(Some(response))
}

/// Why a request of an administrator cannot be answered.
enum Problem {
    Fault(Fault),
    InvalidVin,
    MalformedBody(&'static str),
    MethodNotAllowed(&'static str),
    Platform(worker::Error),
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

impl From<worker::Error> for Problem {
    fn from(error: worker::Error) -> Self {
        Self::Platform(error)
    }
}

type Answered = std::result::Result<Result<Response>, Problem>;

async fn overview(env: &Env) -> Answered {
    Lanes::of(env).carry(tally::take()).await;
    Ok(json_reply(200, &overview::of(env).await?))
}

async fn events(request: &Request, env: &Env) -> Answered {
    let query = Query::of(request);
    let filter = query.filter()?;
    let limit = query.limit(50, 500)?;
    let before = match query.text("cursor") {
        None => None,
        Some(cursor) => {
            let place = place_of(cursor);
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
    let pages = Lanes::of(env).ask_all::<Page>(&call).await?;
    // Below this number some lane has not looked yet, so that the page ends there.
    let reached = pages.iter().filter_map(|(_, page)| page.reached).max();
    let mut rows: Vec<(Place, Row)> = pages
        .into_iter()
        .flat_map(|(lane, page)| {
            let placed = move |row: Row| (Place { seq: row.seq, lane }, row);
            page.rows.into_iter().map(placed)
        })
        .filter(|(place, _)| reached.is_none_or(|reached| place.seq >= reached))
        .collect();
    rows = largest_first(rows, |(place, _)| (place.seq, place.lane));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more {
        rows.last().map(|(place, _)| *place)
    } else {
        reached.map(|seq| Place { seq, lane: 0 })
    };
    let cursor = next.map(event_id);
    let events: Vec<Value> = rows.iter().map(|(place, row)| show(*place, row)).collect();
    Ok(json_reply(200, &with_cursor("events", &events, cursor)))
}

async fn event(id: &str, env: &Env) -> Answered {
    let place = place_of(id).ok_or(Problem::UnknownEvent)?;
    let call = Call::Story { seq: place.seq };
    let story = Lanes::of(env)
        .ask::<Option<Story>>(place.lane, call)
        .await?;
    let story = story.ok_or(Problem::UnknownEvent)?;
    let mut shown = show(place, &story.row);
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("event".to_owned(), story.event);
        shown.insert("record".to_owned(), story.record);
        shown.insert("history".to_owned(), story.history);
        if !story.lookup.is_null() {
            shown.insert("lookup".to_owned(), story.lookup);
        }
        shown.insert("sources".to_owned(), story.sources);
    }
    Ok(json_reply(200, &shown))
}

fn show(place: Place, row: &Row) -> Value {
    let time = |ms: Option<i64>| ms.map(UtcMillis::from_millis);
    json!({
        "id": event_id(place),
        "provider": row.provider,
        "vehicle": row.vehicle,
        "type": row.kind,
        "state": row.state,
        "reason": row.reason,
        "provider_event_id": row.provider_event_id,
        "event_ts": time(row.event_ts),
        "received_at": UtcMillis::from_millis(row.received_at),
        // For events that have settled the ledger holds the time at which they are forgotten.
        "due_at": time(row.due_at.filter(|_| row.state.is_waiting())),
        "attempts": row.attempts,
    })
}

async fn refusals(env: &Env) -> Answered {
    Lanes::of(env).carry(tally::take()).await;
    let lists = Lanes::of(env).ask_all::<Refusals>(&Call::Refusals).await?;
    let mut refusals: Vec<_> = lists
        .into_iter()
        .flat_map(|(_, refusals)| refusals)
        .collect();
    refusals = largest_first(refusals, |refusal| (refusal.time.as_millis(), 0));
    let mut shown = Vec::new();
    for provider in PROVIDERS {
        let theirs = refusals
            .iter()
            .filter(|refusal| refusal.provider == provider.name());
        shown.extend(theirs.take(20));
    }
    Ok(json_reply(200, &json!({ "refusals": shown })))
}

async fn replay_one(id: &str, env: &Env) -> Answered {
    let place = place_of(id).ok_or(Problem::UnknownEvent)?;
    let call = Call::ReplayOne { seq: place.seq };
    let replayed = Lanes::of(env).ask::<Option<u64>>(place.lane, call).await?;
    let replayed = replayed.ok_or(Problem::UnknownEvent)?;
    Ok(json_reply(200, &json!({ "replayed": replayed })))
}

async fn replay(request: &mut Request, env: &Env) -> Answered {
    const FORM: Problem = Problem::MalformedBody(
        "Send a JSON object with any of state, provider, vehicle, reason, from, to and q; {} \
         replays all dead letters. With \"dry_run\": true they are counted only.",
    );
    let body = request.bytes().await?;
    let mut body: Map<String, Value> = std::str::from_utf8(&body)
        .ok()
        .and_then(|body| from_json(body).ok())
        .ok_or(FORM)?;
    let dry_run = match body.remove("dry_run") {
        None => false,
        Some(Value::Bool(dry_run)) => dry_run,
        Some(_) => return Err(FORM),
    };
    let mut filter: Filter = from_json(&Value::Object(body).to_string()).map_err(|_| FORM)?;
    // Sending what was delivered again is for those who ask for it.
    filter.state.get_or_insert(State::Dead);
    let counts = Lanes::of(env)
        .ask_all::<u64>(&Call::Replay { filter, dry_run })
        .await?;
    let count: u64 = counts.into_iter().map(|(_, n)| n).sum();
    Ok(json_reply(
        200,
        &json!({ if dry_run { "matching" } else { "replayed" }: count }),
    ))
}

async fn unmapped(request: &Request, env: &Env) -> Answered {
    let limit = Query::of(request).limit(50, 500)?;
    let lists = Lanes::of(env)
        .ask_all::<Vec<UnmappedVehicle>>(&Call::Unmapped { limit })
        .await?;
    let vehicles: Vec<_> = lists.into_iter().flat_map(|(_, list)| list).collect();
    let events = |vehicle: &UnmappedVehicle| i64::try_from(vehicle.events).unwrap_or(i64::MAX);
    let vehicles = largest_first(vehicles, |vehicle| (events(vehicle), 0));
    let shown = vehicles
        .into_iter()
        .take(usize::try_from(limit).unwrap_or(usize::MAX));
    let shown: Vec<Value> = shown
        .map(|vehicle| {
            let mut shown = json!({
                "provider": vehicle.provider, "vehicle": vehicle.vehicle, "events": vehicle.events,
                "oldest_at": UtcMillis::from_millis(vehicle.oldest_at),
                "latest_at": UtcMillis::from_millis(vehicle.latest_at),
            });
            if let (Some(shown), Some(result), Some(at)) =
                (shown.as_object_mut(), vehicle.lookup, vehicle.looked_up_at)
            {
                let at = UtcMillis::from_millis(at);
                shown.insert("lookup".to_owned(), json!({ "at": at, "result": result }));
            }
            shown
        })
        .collect();
    Ok(json_reply(200, &json!({ "vehicles": shown })))
}

async fn positions(request: &Request, env: &Env) -> Answered {
    let limit = Query::of(request).limit(500, 2000)?;
    let lists = Lanes::of(env)
        .ask_all::<Vec<VehiclePosition>>(&Call::Positions { limit })
        .await?;
    let positions: Vec<_> = lists.into_iter().flat_map(|(_, list)| list).collect();
    let positions = largest_first(positions, |position| (position.event_ts, 0));
    let shown = positions
        .into_iter()
        .take(usize::try_from(limit).unwrap_or(usize::MAX));
    let shown: Vec<Value> = shown
        .map(|position| {
            json!({
                "provider": position.provider, "vehicle": position.vehicle,
                "latitude": position.latitude, "longitude": position.longitude,
                "event_ts": UtcMillis::from_millis(position.event_ts),
                "received_at": UtcMillis::from_millis(position.received_at),
            })
        })
        .collect();
    Ok(json_reply(200, &json!({ "positions": shown })))
}

async fn resume(env: &Env) -> Answered {
    let resumed = Lanes::of(env).ask_all::<bool>(&Call::Resume).await?;
    let resumed = resumed
        .into_iter()
        .filter(|(_, was_held)| *was_held)
        .count();
    Ok(json_reply(200, &json!({ "resumed": resumed })))
}

async fn mappings(request: &Request, env: &Env) -> Answered {
    let query = Query::of(request);
    let limit = u64::from(query.limit(50, 500)?);
    let kv = KvMappings::of(env)?;
    let provider = query.text("provider");
    let user = query.text("user");
    let cursor = query.text("cursor").map(str::to_owned);
    let q = query.text("q");
    if provider.is_none() && (user.is_some() || q.is_some()) {
        // Keys begin with the provider; without it each provider is asked.
        let mut found = Vec::new();
        for provider in PROVIDERS {
            found.extend(
                kv.list(Some(provider.name()), user, q, limit, None)
                    .await?
                    .mappings,
            );
        }
        return Ok(json_reply(200, &with_cursor("mappings", &found, None)));
    }
    let page = kv.list(provider, user, q, limit, cursor).await?;
    Ok(json_reply(
        200,
        &with_cursor("mappings", &page.mappings, page.cursor),
    ))
}

async fn mapping(
    request: &mut Request,
    method: Method,
    provider: &str,
    vehicle: &str,
    env: &Env,
) -> Answered {
    if !matches!(method, Method::Get | Method::Put | Method::Delete) {
        return Err(Problem::MethodNotAllowed("GET, PUT, DELETE"));
    }
    let provider = provider::named(provider)
        .ok_or(Problem::UnknownMapping)?
        .name();
    if !import::is_vehicle(vehicle) {
        return Err(Problem::UnknownMapping);
    }
    let kv = KvMappings::of(env)?;
    let shown = |mapping: Mapping| Stored {
        provider: provider.to_owned(),
        vehicle: vehicle.to_owned(),
        mapping,
        removed_at: None,
        looked_up_at: None,
    };
    match method {
        Method::Put => {
            let body = request.bytes().await?;
            let row = import::Row::from_json(&body).ok_or(Problem::MalformedBody(
                "Send a JSON object with at least vin.",
            ))?;
            let mapping = row.mapping().map_err(|mistake| match mistake {
                import::Mistake::InvalidVin => Problem::InvalidVin,
                _ => Problem::MalformedBody("The year is not a number from 1900 to 2200."),
            })?;
            kv.put(provider, vehicle, &mapping).await?;
            tell(provider, vehicle, Some(mapping.clone()), env).await;
            Ok(json_reply(200, &shown(mapping)))
        }
        Method::Delete => {
            if !kv.remove(provider, vehicle).await? {
                return Err(Problem::UnknownMapping);
            }
            tell(provider, vehicle, None, env).await;
            Ok(json_reply(200, &json!({ "removed": 1 })))
        }
        _ => {
            let entry = kv.entry(provider, vehicle).await?;
            Ok(json_reply(200, &entry.ok_or(Problem::UnknownMapping)?))
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

async fn import(request: &mut Request, env: &Env) -> Answered {
    let content_type = request.headers().get("content-type")?.unwrap_or_default();
    let form = if content_type.to_ascii_lowercase().starts_with("text/csv") {
        Form::Csv
    } else {
        Form::Ndjson
    };
    let body = request.bytes().await?;
    let kv = KvMappings::of(env)?;
    let mut errors: BTreeMap<u64, String> = BTreeMap::new();
    let mut good: Vec<Entry> = Vec::new();
    for line in import::read(&body, form) {
        match line {
            Ok(entry) => good.push(entry),
            Err(LineError { line, error }) => {
                errors.insert(line, error.to_string());
            }
        }
    }
    let mut imported = Vec::new();
    let mut writes = stream::iter(good)
        .map(|entry| {
            let kv = &kv;
            async move {
                let written = kv.put(entry.provider, &entry.vehicle, &entry.mapping).await;
                (entry, written)
            }
        })
        .buffered(6);
    while let Some((entry, written)) = writes.next().await {
        match written {
            Ok(()) => imported.push(Mapped {
                provider: entry.provider.to_owned(),
                vehicle: entry.vehicle,
                mapping: Some(entry.mapping),
            }),
            Err(fault) => {
                errors.insert(entry.line, fault.code().to_owned());
            }
        }
    }
    let errors = errors.into_iter();
    let errors: Vec<Value> = errors
        .map(|(line, error)| json!({ "line": line, "error": error }))
        .collect();
    let count = imported.len();
    Lanes::of(env).mapped(imported).await;
    Ok(json_reply(
        200,
        &json!({ "imported": count, "errors": errors }),
    ))
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
    let events = Lanes::of(env).ask_all::<u64>(&call).await?;
    // An event that was on its way out meanwhile can have taught a VIN again.
    kv.forget(provider, user).await?;
    for vehicle in &vehicles {
        kv.forget_vehicle(provider, vehicle).await?;
    }
    let events: u64 = events.into_iter().map(|(_, n)| n).sum();
    crate::edge::log::line(
        "forget",
        json!({ "provider": provider, "mappings": mappings, "events": events, "time": now() }),
    );
    Ok(json_reply(
        200,
        &json!({ "mappings": mappings, "events": events }),
    ))
}

/// The list from its largest key to its smallest. Only keys are sorted: each type of element that is
/// sorted brings a sort of its own into the Worker.
fn largest_first<T>(list: Vec<T>, key: impl Fn(&T) -> (i64, u16)) -> Vec<T> {
    let keys = list.iter().enumerate();
    let mut order: Vec<_> = keys
        .map(|(index, one)| (Reverse(key(one)), index))
        .collect();
    order.sort_unstable();
    let mut list: Vec<Option<T>> = list.into_iter().map(Some).collect();
    let in_order = order.into_iter();
    in_order
        .filter_map(|(_, index)| list.get_mut(index)?.take())
        .collect()
}

fn with_cursor(name: &str, list: &impl serde::Serialize, cursor: Option<String>) -> Value {
    let mut page = json!({ name: list });
    if let (Some(page), Some(cursor)) = (page.as_object_mut(), cursor) {
        page.insert("cursor".to_owned(), cursor.into());
    }
    page
}

/// The query of a request; an empty value counts as absent.
struct Query(Vec<(String, String)>);

impl Query {
    fn of(request: &Request) -> Self {
        let url = request.inner().url();
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    fn limit(&self, default: u32, most: u32) -> std::result::Result<u32, Problem> {
        match self.text("limit").map(str::parse::<u32>) {
            None => Ok(default),
            Some(Ok(limit)) if limit > 0 => Ok(limit.min(most)),
            Some(_) => Err(Problem::MalformedBody(
                "The limit is not a positive whole number.",
            )),
        }
    }

    fn filter(&self) -> std::result::Result<Filter, Problem> {
        let text = |name| self.text(name).map(str::to_owned);
        let state = match self.text("state") {
            None => None,
            Some(name) => Some(State::parse(name).ok_or(Problem::MalformedBody(
                "The state is none of dead, delivered, held, pending, skipped and unmapped.",
            ))?),
        };
        Ok(Filter {
            state,
            provider: text("provider"),
            vehicle: text("vehicle"),
            reason: text("reason"),
            from: self.time("from")?,
            to: self.time("to")?,
            q: text("q"),
        })
    }

    /// A time in ISO 8601 or UTC milliseconds.
    fn time(&self, name: &str) -> std::result::Result<Option<UtcMillis>, Problem> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let time =
            UtcMillis::parse_iso(text).or_else(|| text.parse().ok().map(UtcMillis::from_millis));
        let wrong = Problem::MalformedBody("A time is ISO 8601 with Z, or UTC milliseconds.");
        time.map(Some).ok_or(wrong)
    }
}

/// Decodes a segment of a path; `None` when that gives no UTF-8.
fn percent_decode(segment: &str) -> Option<String> {
    percent_decode_str(segment)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}
