//! Counts on disk, and what the console shows at a glance.

use crate::edge::cartrack::now;
use crate::edge::config;
use crate::edge::decode::parse;
use crate::edge::error::Result;
use crate::edge::lanes::Lanes;
use crate::edge::object::{self, object};
use crate::edge::protocol::{Call, Place};
use crate::edge::sql::{run, values};
use crate::edge::tally::Tally;
use crate::fault::Fault;
use crate::json::Value;
use crate::provider::PROVIDERS;
use crate::state::State;
use crate::timestamp::UtcMillis;
use worker::{Env, SqlStorage};

/// Adds counts to what a lane has on disk.
pub fn write(sql: &SqlStorage, tally: &Tally, now: UtcMillis) -> Result<()> {
    let minute = minute_of(now);
    for (name, n) in tally.counts() {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        let minutes = if in_series(name) {
            [Some(TOTALS), Some(minute)]
        } else {
            [Some(TOTALS), None]
        };
        for minute in minutes.into_iter().flatten() {
            run(
                sql,
                "INSERT INTO counts (minute, name, n) VALUES (?, ?, ?)
                 ON CONFLICT (minute, name) DO UPDATE SET n = n + excluded.n",
                vec![minute.into(), name.into(), n.into()],
            )?;
        }
    }
    for (name, at) in tally.marks() {
        run(
            sql,
            "INSERT INTO marks (name, at) VALUES (?, ?)
             ON CONFLICT (name) DO UPDATE SET at = max(at, excluded.at)",
            vec![name.into(), at.into()],
        )?;
    }
    for refusal in tally.refusals() {
        let provider = text(refusal, "provider");
        run(
            sql,
            "INSERT INTO refusals (provider, refusal) VALUES (?, ?)",
            vec![provider.into(), object::text(refusal).into()],
        )?;
        run(
            sql,
            "DELETE FROM refusals WHERE provider = ?1 AND id NOT IN (
                SELECT id FROM refusals WHERE provider = ?1 ORDER BY id DESC LIMIT ?2)",
            vec![provider.into(), REFUSALS_KEPT.into()],
        )?;
    }
    run(
        sql,
        "DELETE FROM counts WHERE minute > ? AND minute < ?",
        vec![TOTALS.into(), (minute - MINUTES_KEPT).into()],
    )?;
    Ok(())
}

/// All totals of a lane, and its last hour by minutes: rows of `minute`, `name` and `n`.
pub fn counts(sql: &SqlStorage, now: UtcMillis) -> Result<Vec<Value>> {
    values(
        sql,
        "SELECT minute, name, n FROM counts WHERE minute = ? OR minute > ?",
        vec![TOTALS.into(), (minute_of(now) - SERIES_MINUTES).into()],
    )
}

/// When each thing happened last: rows of `name` and `at`.
pub fn marks(sql: &SqlStorage) -> Result<Vec<Value>> {
    values(sql, "SELECT name, at FROM marks", vec![])
}

/// The refusals that a lane keeps.
pub fn refusals(sql: &SqlStorage) -> Result<Vec<Value>> {
    let kept = values(sql, "SELECT refusal FROM refusals", vec![])?;
    let texts = kept.iter().filter_map(|row| row.get("refusal")?.as_str());
    Ok(texts.filter_map(|text| parse(text).ok()).collect())
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

/// Everything that was counted, of all lanes together.
pub struct Sums {
    /// How often each thing happened, by name.
    pub totals: Value,
    /// When each thing happened last, by name, in UTC milliseconds.
    marks: Value,
    /// What was counted in the last hour, by minute and name.
    hour: Value,
}

impl Sums {
    /// The sums over what the lanes answered.
    pub fn of(lanes: &[(u16, Value)]) -> Self {
        let mut sums = Self {
            totals: object!({}),
            marks: object!({}),
            hour: object!({}),
        };
        for (_, lane) in lanes {
            for count in elements(lane, "counts") {
                let (name, n) = (text(count, "name"), number(count, "n"));
                match number(count, "minute") {
                    TOTALS => sums.totals.add(&[name], n.unsigned_abs()),
                    minute => {
                        let minute = UtcMillis::from_millis(minute * 60_000).to_iso();
                        sums.hour.add(&[&minute, name], n.unsigned_abs());
                    }
                }
            }
            for mark in elements(lane, "marks") {
                let (name, at) = (text(mark, "name"), number(mark, "at"));
                sums.marks.put(&[name], at.max(number(&sums.marks, name)));
            }
        }
        sums
    }
}

/// Everything that the console shows at a glance.
pub async fn of(env: &Env) -> std::result::Result<Value, Fault> {
    let lanes = Lanes::of(env).ask_all(&Call::Overview).await?;
    let sums = Sums::of(&lanes);
    let mut shown = object!({
        "cartrack": object!({
            "configured": config::cartrack(env).is_ok(),
            "missing": config::cartrack(env).err(),
            "origin": config::cartrack_origin(env),
        }),
        "events": object!({}),
        "lookups": lookups(env),
        "now": now(),
        "providers": object!({}),
        "signatures": object!({}),
        "states": no_states(),
        "version": env!("CARGO_PKG_VERSION"),
    });
    for provider in PROVIDERS {
        let name = provider.name();
        shown.put(
            &["providers", name],
            object!({ "hour": object!({}), "states": no_states() }),
        );
        shown.put(
            &["signatures", name],
            object!({
                "configured": config::keyring(env, *provider).is_ok(),
                "keys": object!({}),
                "modes": object!({ "live": object!({}) }),
            }),
        );
    }
    show_lanes(&lanes, &mut shown);
    show_totals(&sums, &mut shown);
    show_hour(&sums, &mut shown);
    Ok(shown)
}

/// Every state, with no event in it.
fn no_states() -> Value {
    let mut states = object!({});
    for state in State::ALL {
        states.put(&[state.as_str()], 0_u64);
    }
    states
}

/// How each lane stands, and all of them together.
fn show_lanes(lanes: &[(u16, Value)], shown: &mut Value) {
    let mut each = Vec::new();
    let mut oldest: Option<i64> = None;
    let mut any_held = false;
    for (lane, overview) in lanes {
        let mut states = no_states();
        for count in elements(overview, "states") {
            let (provider, state) = (text(count, "provider"), text(count, "state"));
            let n = number(count, "n").unsigned_abs();
            states.add(&[state], n);
            shown.add(&["states", state], n);
            shown.add(&["providers", provider, "states", state], n);
        }
        let held = overview.get("held").and_then(Value::as_str);
        any_held |= held.is_some();
        let waiting = overview.get("oldest_waiting_at").and_then(Value::as_i64);
        oldest = oldest.into_iter().chain(waiting).min();
        each.push(object!({
            "lane": *lane, "held": held.is_some(), "held_reason": held, "states": states,
            "oldest_waiting_at": waiting.map(UtcMillis::from_millis),
        }));
    }
    shown.put(&["held"], any_held);
    shown.put(&["lanes"], each);
    shown.put(&["oldest_waiting_at"], oldest.map(UtcMillis::from_millis));
}

/// Signature health by provider and mode: last challenge, last accepted, refusals by code. Also when
/// each key of a provider's list was last the one that fitted, which tells how far a rotation is;
/// when each result of a look-up last came; and how many events each provider brought, by outcome.
fn show_totals(sums: &Sums, shown: &mut Value) {
    for (mark, at) in sums.marks.members() {
        let [what, of, which] = words(mark);
        let last = format!("last_{what}_at");
        let path: &[&str] = match what {
            "lookup" => &["lookups", of, "last", which],
            "key" => &["signatures", of, "keys", which],
            _ => &["signatures", of, "modes", which, &last],
        };
        // Of what is not there nothing is shown.
        if shown.find(path.get(..2).unwrap_or_default()).is_some() {
            let at = at.as_i64().map(UtcMillis::from_millis);
            shown.put(path, at);
        }
    }
    for (count, n) in sums.totals.members() {
        let n = n.as_u64().unwrap_or_default();
        match words(count) {
            ["refused", of, mode, code] if shown.find(&["signatures", of]).is_some() => {
                shown.add(&["signatures", of, "modes", mode, "refusals", code], n);
            }
            ["event", of, outcome, _] => shown.add(&["events", of, outcome], n),
            _ => {}
        }
    }
}

/// The last hour: of each provider, and for each minute in which anything happened.
fn show_hour(sums: &Sums, shown: &mut Value) {
    let (mut series, mut refusals) = (Vec::new(), Vec::new());
    for (minute, counts) in sums.hour.members() {
        let mut row = object!({ "minute": minute.as_str() });
        for (name, count) in counts.members() {
            let (line, n) = (series_name(name), count.as_u64().unwrap_or_default());
            row.add(&[line], n);
            let provider = name.split('|').nth(1).unwrap_or_default();
            if shown.find(&["providers", provider]).is_some() {
                shown.add(&["providers", provider, "hour", line], n);
            }
            if let ["refused", provider, mode, code] = words(name) {
                refusals.push(object!({
                    "minute": minute.as_str(), "provider": provider, "mode": mode, "code": code,
                    "n": n,
                }));
            }
        }
        series.push(row);
    }
    shown.put(&["series"], series);
    shown.put(&["refusal_series"], refusals);
}

/// The APIs that can be asked: whether each is to be, and which setting makes that impossible.
fn lookups(env: &Env) -> Value {
    let shown = |is_set: std::result::Result<bool, &'static str>| {
        object!({
            "configured": is_set == Ok(true), "last": object!({}), "missing": is_set.err(),
        })
    };
    object!({
        "smartcar": shown(config::smartcar(env).map(|access| access.is_some())),
        "telemax": shown(config::telemax(env).map(|access| access.is_some())),
    })
}

/// The elements of a member.
pub fn elements<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).map_or(&[], Value::elements)
}

/// The text of a member, or none.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The number of a member, or zero.
pub fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::as_i64).unwrap_or_default()
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
