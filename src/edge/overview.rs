//! Counts on disk, and what the console shows at a glance.

use crate::edge::cartrack::now;
use crate::edge::config;
use crate::edge::decode::from_json;
use crate::edge::lanes::Lanes;
use crate::edge::protocol::{Call, LaneOverview, Minutes, Place, Refusals, StateCount};
use crate::edge::sql::rows;
use crate::edge::tally::Tally;
use crate::fault::Fault;
use crate::provider::PROVIDERS;
use crate::state::State;
use crate::timestamp::UtcMillis;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use worker::{Env, Result, SqlStorage};

/// Adds counts to what a lane has on disk.
pub fn write(sql: &SqlStorage, tally: &Tally, now: UtcMillis) -> Result<()> {
    let minute = minute_of(now);
    for (name, n) in &tally.counts {
        let n = i64::try_from(*n).unwrap_or(i64::MAX);
        let minutes = if in_series(name) {
            [Some(TOTALS), Some(minute)]
        } else {
            [Some(TOTALS), None]
        };
        for minute in minutes.into_iter().flatten() {
            sql.exec(
                "INSERT INTO counts (minute, name, n) VALUES (?, ?, ?)
                 ON CONFLICT (minute, name) DO UPDATE SET n = n + excluded.n",
                vec![minute.into(), name.as_str().into(), n.into()],
            )?;
        }
    }
    for (name, at) in &tally.marks {
        sql.exec(
            "INSERT INTO marks (name, at) VALUES (?, ?)
             ON CONFLICT (name) DO UPDATE SET at = max(at, excluded.at)",
            vec![name.as_str().into(), (*at).into()],
        )?;
    }
    for refusal in &tally.refusals {
        sql.exec(
            "INSERT INTO refusals (provider, refusal) VALUES (?, ?)",
            vec![
                refusal.provider.as_str().into(),
                serde_json::to_string(refusal)?.into(),
            ],
        )?;
        sql.exec(
            "DELETE FROM refusals WHERE provider = ?1 AND id NOT IN (
                SELECT id FROM refusals WHERE provider = ?1 ORDER BY id DESC LIMIT ?2)",
            vec![refusal.provider.as_str().into(), REFUSALS_KEPT.into()],
        )?;
    }
    sql.exec(
        "DELETE FROM counts WHERE minute > ? AND minute < ?",
        vec![TOTALS.into(), (minute - MINUTES_KEPT).into()],
    )?;
    Ok(())
}

/// All totals of a lane, and its last hour by minutes.
pub fn read(sql: &SqlStorage, now: UtcMillis) -> Result<(Tally, Minutes)> {
    #[derive(Deserialize)]
    struct Count {
        minute: i64,
        name: String,
        n: u64,
    }
    #[derive(Deserialize)]
    struct Mark {
        name: String,
        at: i64,
    }
    let counts: Vec<Count> = rows(
        sql,
        "SELECT minute, name, n FROM counts WHERE minute = ? OR minute > ?",
        vec![TOTALS.into(), (minute_of(now) - SERIES_MINUTES).into()],
    )?;
    let marks: Vec<Mark> = rows(sql, "SELECT name, at FROM marks", vec![])?;
    let mut totals = Tally::default();
    let mut minutes = Vec::new();
    for Count { minute, name, n } in counts {
        if minute == TOTALS {
            totals.add(name, n);
        } else {
            minutes.push((minute, name, n));
        }
    }
    for Mark { name, at } in marks {
        totals.mark(name, UtcMillis::from_millis(at));
    }
    Ok((totals, minutes))
}

/// The refusals that a lane keeps.
pub fn refusals(sql: &SqlStorage) -> Result<Refusals> {
    #[derive(Deserialize)]
    struct Kept {
        refusal: String,
    }
    let kept: Vec<Kept> = rows(sql, "SELECT refusal FROM refusals", vec![])?;
    Ok(kept
        .iter()
        .filter_map(|kept| from_json(&kept.refusal).ok())
        .collect())
}

/// The id of an event: its lane and its number there.
pub fn event_id(place: Place) -> String {
    format!("evt_{:02x}_{:x}", place.lane, place.seq)
}

/// The place of an event by its id.
pub fn place_of(id: &str) -> Option<Place> {
    let (lane, seq) = id.strip_prefix("evt_")?.split_once('_')?;
    let place = Place {
        lane: u16::from_str_radix(lane, 16).ok()?,
        seq: i64::from_str_radix(seq, 16).ok()?,
    };
    // One event has one id.
    (event_id(place) == id && place.lane < 256).then_some(place)
}

/// Everything that the console shows at a glance.
pub async fn of(env: &Env) -> std::result::Result<Value, Fault> {
    let lanes = Lanes::of(env)
        .ask_all::<LaneOverview>(&Call::Overview)
        .await?;
    let mut states = StateCounts::default();
    let mut totals = Tally::default();
    let mut hour = Hour::default();
    let mut oldest: Option<UtcMillis> = None;
    let mut each = Vec::new();
    for (lane, overview) in lanes {
        let mut own = StateCounts::default();
        for count in &overview.states {
            own.add(count);
            states.add(count);
        }
        oldest = [oldest, overview.oldest_waiting_at]
            .into_iter()
            .flatten()
            .min();
        each.push(json!({
            "lane": lane, "held": overview.held.is_some(), "held_reason": overview.held,
            "states": own.by_state(None), "oldest_waiting_at": overview.oldest_waiting_at,
        }));
        hour.add(&overview.minutes);
        totals.merge(overview.totals);
    }
    let held = each
        .iter()
        .any(|lane| lane.get("held") == Some(&Value::Bool(true)));
    let mut providers = Map::new();
    for provider in PROVIDERS {
        let name = provider.name();
        let shown = json!({ "states": states.by_state(Some(name)), "hour": hour.of(name) });
        providers.insert(name.to_owned(), shown);
    }
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "now": now(),
        "states": states.by_state(None),
        "providers": providers,
        "held": held,
        "oldest_waiting_at": oldest,
        "lanes": each,
        "series": hour.series(),
        "refusal_series": hour.refusals(),
        "signatures": signatures(env, &totals),
        "events": events(&totals),
        "lookups": lookups(env, &totals),
        "cartrack": {
            "configured": config::cartrack(env).is_ok(),
            "missing": config::cartrack(env).err(),
            "origin": config::cartrack_origin(env),
        },
    }))
}

/// How many events there are, by state and provider.
#[derive(Default)]
struct StateCounts(BTreeMap<State, BTreeMap<String, u64>>);

impl StateCounts {
    fn add(&mut self, count: &StateCount) {
        let of_state = self.0.entry(count.state).or_default();
        *of_state.entry(count.provider.clone()).or_default() += count.n;
    }

    /// Every state with its count, of one provider or of all.
    fn by_state(&self, provider: Option<&str>) -> BTreeMap<&'static str, u64> {
        let n = |state: &State| {
            let of_state = self.0.get(state).into_iter().flatten();
            let counted = of_state.filter(|(name, _)| provider.is_none_or(|asked| asked == *name));
            counted.map(|(_, n)| n).sum()
        };
        let mut by_state = BTreeMap::new();
        for state in State::ALL {
            by_state.insert(state.as_str(), n(&state));
        }
        by_state
    }
}

/// What was counted in the last hour, minute by minute.
#[derive(Default)]
struct Hour(BTreeMap<i64, BTreeMap<String, u64>>);

impl Hour {
    fn add(&mut self, minutes: &Minutes) {
        for (minute, name, n) in minutes {
            *self
                .0
                .entry(*minute)
                .or_default()
                .entry(name.clone())
                .or_default() += n;
        }
    }

    /// One row for each minute in which anything happened.
    fn series(&self) -> Vec<Value> {
        let row = |(minute, counts): (&i64, &BTreeMap<String, u64>)| {
            let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
            for (name, n) in counts {
                *sums.entry(series_name(name)).or_default() += n;
            }
            let mut row = Map::new();
            row.insert("minute".to_owned(), minute_text(*minute));
            for (name, n) in sums {
                row.insert(name.to_owned(), n.into());
            }
            Value::Object(row)
        };
        self.0.iter().map(row).collect()
    }

    /// The sums of one provider.
    fn of(&self, provider: &str) -> BTreeMap<&str, u64> {
        let mut sums = BTreeMap::new();
        for (name, n) in self.0.values().flatten() {
            if name.split('|').nth(1) == Some(provider) {
                *sums.entry(series_name(name)).or_default() += n;
            }
        }
        sums
    }

    /// The refusals of each minute, by provider, mode and code.
    fn refusals(&self) -> Vec<Value> {
        let each = self
            .0
            .iter()
            .flat_map(|(minute, counts)| counts.iter().map(move |count| (minute, count)));
        each.filter_map(|(minute, (name, n))| {
            let ["refused", provider, mode, code] = words(name) else {
                return None;
            };
            let minute = minute_text(*minute);
            Some(json!({
                "minute": minute, "provider": provider, "mode": mode, "code": code, "n": n,
            }))
        })
        .collect()
    }
}

fn minute_text(minute: i64) -> Value {
    UtcMillis::from_millis(minute * 60_000).to_string().into()
}

/// Signature health by provider and mode: last challenge, last accepted, refusals by code. Also when
/// each key of a provider's list was last the one that fitted, which tells how far a rotation is.
fn signatures(env: &Env, totals: &Tally) -> Value {
    let mut health = Map::new();
    for provider in PROVIDERS {
        let name = provider.name();
        let mut modes: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        let mut keys: BTreeMap<&str, String> = BTreeMap::new();
        modes.entry("live").or_default();
        for (mark, at) in &totals.marks {
            let [what, of, which] = words(mark);
            let at = UtcMillis::from_millis(*at).to_string();
            if of != name || what == "lookup" {
                continue;
            }
            if what == "key" {
                keys.insert(which, at);
            } else {
                modes
                    .entry(which)
                    .or_default()
                    .insert(format!("last_{what}_at"), at.into());
            }
        }
        for (count, n) in &totals.counts {
            let ["refused", of, mode, code] = words(count) else {
                continue;
            };
            if of == name {
                let refusals = modes
                    .entry(mode)
                    .or_default()
                    .entry("refusals")
                    .or_insert_with(|| json!({}));
                if let Some(refusals) = refusals.as_object_mut() {
                    refusals.insert(code.to_owned(), (*n).into());
                }
            }
        }
        let configured = config::keyring(env, *provider).is_ok();
        health.insert(
            name.to_owned(),
            json!({ "configured": configured, "modes": modes, "keys": keys }),
        );
    }
    Value::Object(health)
}

/// The APIs that can be asked: whether each is to be, which setting makes that impossible, and when
/// each result last came of it.
fn lookups(env: &Env, totals: &Tally) -> Value {
    let shown = |provider: &str, is_set: std::result::Result<bool, &'static str>| {
        let results = totals.marks.iter().filter_map(|(mark, at)| {
            let [what, of, result] = words(mark);
            let at = UtcMillis::from_millis(*at).to_string();
            (what == "lookup" && of == provider).then_some((result, at))
        });
        let last: BTreeMap<&str, String> = results.collect();
        json!({ "configured": is_set == Ok(true), "missing": is_set.err(), "last": last })
    };
    json!({
        "smartcar": shown("smartcar", config::smartcar(env).map(|access| access.is_some())),
        "telemax": shown("telemax", config::telemax(env).map(|access| access.is_some())),
    })
}

/// How many events each provider brought, by outcome.
fn events(totals: &Tally) -> Value {
    let mut events: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for (count, n) in &totals.counts {
        if let ["event", provider, outcome, _] = words(count) {
            *events
                .entry(provider)
                .or_default()
                .entry(outcome)
                .or_default() += n;
        }
    }
    json!(events)
}

/// The words of a count's name.
pub fn words<const N: usize>(name: &str) -> [&str; N] {
    let mut words = [""; N];
    let mut parts = name.split('|');
    for word in &mut words {
        *word = parts.next().unwrap_or_default();
    }
    if parts.next().is_some() {
        [""; N]
    } else {
        words
    }
}

/// Whether a count is shown minute by minute.
fn in_series(name: &str) -> bool {
    matches!(
        name.split('|').next(),
        Some("received" | "refused" | "event" | "delivered" | "dead")
    )
}

/// The line of the series that a count belongs to.
fn series_name(name: &str) -> &str {
    let mut words = name.split('|');
    match words.next().unwrap_or_default() {
        "event" => words.nth(1).unwrap_or_default(),
        line => line,
    }
}

const fn minute_of(now: UtcMillis) -> i64 {
    now.as_millis() / 60_000
}

/// The row of totals, among rows of minutes.
const TOTALS: i64 = 0;

/// A day of minutes is kept, an hour is shown.
const MINUTES_KEPT: i64 = 24 * 60;
const SERIES_MINUTES: i64 = 60;

/// How many refusals a lane keeps of each provider.
const REFUSALS_KEPT: i64 = 20;
