//! The tables of a lane, and how those of an earlier version become these.

use crate::edge::error::Result;
use crate::edge::sql::{run, values};
use worker::SqlStorage;

/// Brings a database of any earlier version up to date; each step runs once.
pub fn migrate(sql: &SqlStorage) -> Result<()> {
    run(
        sql,
        "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        vec![],
    )?;
    let version = values(sql, "SELECT value FROM meta WHERE name = 'schema'", vec![])?;
    let version = version
        .first()
        .and_then(|row| row.get("value")?.as_str()?.parse().ok())
        .unwrap_or(0_usize);
    for (index, step) in MIGRATIONS.iter().enumerate().skip(version) {
        run(sql, step, vec![])?;
        run(
            sql,
            "INSERT INTO meta (name, value) VALUES ('schema', ?)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            vec![(index + 1).to_string().into()],
        )?;
    }
    Ok(())
}

/// Every step from the first version on. A step that has been released is never changed.
const MIGRATIONS: &[&str] = &[
    // Of an event that waits, `due_at` is when to look at it again, of one that has settled when to forget
    // it; `failures` are the rounds of the present wait, for a VIN or for Cartrack, and `since` is when that
    // began. `events_due` tells what is due, and how many there are of each provider in each state. Minute 0
    // of `counts` holds the totals, others are minutes since 1970.
    "
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        provider TEXT NOT NULL,
        vehicle TEXT,
        alias TEXT,
        user TEXT,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        provider_event_id TEXT NOT NULL,
        event_ts INTEGER,
        received_at INTEGER NOT NULL,
        due_at INTEGER,
        failures INTEGER NOT NULL DEFAULT 0,
        since INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        event TEXT,
        record TEXT,
        history TEXT NOT NULL DEFAULT '[]'
    );
    CREATE INDEX events_due ON events (state, due_at, provider);
    CREATE INDEX events_vehicle ON events (vehicle, seq);
    CREATE TABLE vehicles (
        provider TEXT NOT NULL,
        vehicle TEXT NOT NULL,
        vin TEXT NOT NULL,
        PRIMARY KEY (provider, vehicle)
    ) WITHOUT ROWID;
    CREATE INDEX vehicles_vin ON vehicles (vin);
    CREATE TABLE seen (key TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE counts (
        minute INTEGER NOT NULL,
        name TEXT NOT NULL,
        n INTEGER NOT NULL,
        PRIMARY KEY (minute, name)
    ) WITHOUT ROWID;
    CREATE TABLE marks (name TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE refusals (id INTEGER PRIMARY KEY, provider TEXT NOT NULL, refusal TEXT NOT NULL);
",
    // An event that is taken, sent and delivered costs three rows: its own, its entry in the index of its
    // vehicle, and its own again. So one that is due at once has no due time, and is found by its number:
    // none below `fresh_from` is pending without one. Its keys, by which a repeated delivery is recognised,
    // lie in its row: 16 hexadecimal digits for each, the event's id first, and null where they are in
    // `seen`, as of an event without a vehicle, an erased one, one of schema 1. One that has settled is
    // forgotten by its number, unless it is dead, and its `since` is when it settled. `events_seen` tells
    // what was seen of a vehicle, and how many events there are.
    "
    DROP INDEX events_due;
    DROP INDEX events_vehicle;
    ALTER TABLE events ADD COLUMN keys TEXT;
    ALTER TABLE events ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
    UPDATE events SET skipped = 1 WHERE state = 'skipped';
    UPDATE events SET since = due_at - 604800000, due_at = NULL WHERE state IN ('delivered', 'skipped');
    CREATE INDEX events_due ON events (state, due_at, provider) WHERE due_at IS NOT NULL;
    CREATE INDEX events_seen ON events (vehicle, keys, provider, skipped);
    INSERT INTO meta (name, value) SELECT 'fresh_from', ifnull(max(seq), 0) + 1 FROM events;
",
    // `lookup` is what a look-up gave for the event, and empty where it is to be asked again; `lookups` has why
    // a provider told nothing of a vehicle, and until when it is not asked again.
    "
    ALTER TABLE events ADD COLUMN lookup TEXT;
    CREATE TABLE lookups (
        provider TEXT NOT NULL,
        vehicle TEXT NOT NULL,
        failure TEXT NOT NULL,
        at INTEGER NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (provider, vehicle)
    ) WITHOUT ROWID;
"];
