//! What was seen: the keys by which a repeated delivery is recognised, whatever it repeats.
//!
//! An event's keys lie in its own row, where the index of its vehicle leads to them, so that they
//! cost no rows of their own. Of vehicles that were heard of lately a print of each key is in memory,
//! by which almost every new event is known to be new without asking. The table `seen` has the keys
//! to which no vehicle leads: those of events without one, of erased events, and of events of
//! schema 1.

use crate::edge::error::Result;
use crate::edge::ledger::Ledger;
use crate::event::Event;
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// What is in memory of vehicles.
#[derive(Default)]
pub struct Memory {
    known: RefCell<Known>,
    /// Whether the table `seen` may have a key at all.
    aside: Cell<bool>,
}

#[derive(Default)]
struct Known {
    /// The vehicles of which every key is known, by their ids. Boxed, so that it is the same code as for the
    /// map of remembered mappings.
    vehicles: HashMap<String, Box<Vehicle>>,
    /// How many prints they have together.
    prints: usize,
}

/// What is in memory of the vehicles of an id.
#[derive(Default)]
struct Vehicle {
    /// The prints of their keys, in order. Four bytes each, so that there is room for very many.
    prints: Vec<u32>,
    /// The provider and the VIN that are known to be written down.
    named: Option<(String, String)>,
}

/// The hash by which an event is recognised. No id of a vehicle or a person can be read from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u8; 16]);

/// The keys of one event.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// That of the event's id.
    event: Key,
    /// That of the delivery's id, where there is one.
    delivery: Option<Key>,
    /// That of the vehicle's position at its time, for providers that repeat the last position.
    place: Option<Key>,
}

impl Keys {
    /// The keys of this event.
    pub fn of(event: &Event) -> Self {
        let delivery = event.delivery_id.as_deref();
        Self {
            event: Key::of_event(&event.provider, &event.provider_event_id),
            delivery: delivery.map(|id| Key::of(&["delivery", &event.provider, id])),
            place: place_key(event),
        }
    }

    /// Those that tell a repeated delivery.
    fn ids(&self) -> impl Iterator<Item = Key> {
        std::iter::once(self.event).chain(self.delivery)
    }

    fn all(&self) -> impl Iterator<Item = Key> {
        self.ids().chain(self.place)
    }

    /// As they are written in the event's row; nothing for an event without a vehicle.
    pub(super) fn column(&self, event: &Event) -> Option<String> {
        event.vehicle.as_ref()?;
        Some(self.all().map(Key::short).collect())
    }

    /// The same without that of the position.
    pub(super) const fn without_place(self) -> Self {
        Self {
            place: None,
            ..self
        }
    }
}

impl Key {
    /// The key of a provider's event.
    pub fn of_event(provider: &str, id: &str) -> Self {
        Self::of(&["event", provider, id])
    }

    fn of(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest: [u8; 32] = hash.finalize().into();
        Self(std::array::from_fn(|index| {
            digest.get(index).copied().unwrap_or_default()
        }))
    }

    /// As it is written in the table `seen`.
    fn whole(self) -> String {
        hex::encode(self.0)
    }

    /// As it is written in an event's row, where it is told apart from those of one vehicle only.
    pub fn short(self) -> String {
        hex::encode(self.0.first_chunk::<8>().unwrap_or(&[0; 8]))
    }

    /// What is in memory of it. Among 10,000 keys of a vehicle one new key of 400,000 has the print of
    /// another one.
    fn print(self) -> u32 {
        let [a, b, c, d, ..] = self.0;
        u32::from_be_bytes([a, b, c, d])
    }
}

/// The key of a vehicle's position at a time, for providers that repeat the last position.
fn place_key(event: &Event) -> Option<Key> {
    let vehicle = event
        .vehicle
        .as_deref()
        .filter(|_| event.repeats_position)?;
    event.position?;
    Some(Key::of(&[
        "place",
        &event.provider,
        vehicle,
        &event.event_ts?.to_string(),
    ]))
}

impl Ledger {
    /// The number under which an event with one of these ids was stored.
    pub fn seen(&self, event: &Event, keys: &Keys) -> Result<Option<i64>> {
        self.find_key(event, keys.ids())
    }

    /// Whether the event's position and its time were stored before.
    pub(super) fn seen_place(&self, event: &Event, keys: &Keys) -> Result<bool> {
        self.find_key(event, keys.place.into_iter())
            .map(|seq| seq.is_some())
    }

    fn find_key(&self, event: &Event, keys: impl Iterator<Item = Key>) -> Result<Option<i64>> {
        let vehicle = event.vehicle.as_deref();
        if let Some(vehicle) = vehicle {
            self.recall(vehicle)?;
        }
        let known = self.memory.known.borrow();
        let vehicle = vehicle.and_then(|id| Some((id, known.vehicles.get(id)?)));
        for key in keys {
            let found = match vehicle {
                Some((id, vehicle)) if vehicle.has(key) => self.of_vehicle(id, key)?,
                _ => None,
            };
            let found = found.map_or_else(|| self.aside(key), |seq| Ok(Some(seq)))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The number of the event of this vehicle that has this key.
    fn of_vehicle(&self, vehicle: &str, key: Key) -> Result<Option<i64>> {
        self.value(
            "SELECT seq AS value FROM events WHERE vehicle = ? AND instr(keys, ?) % 16 = 1 LIMIT 1",
            vec![vehicle.into(), key.short().into()],
        )
    }

    /// Brings what was seen of a vehicle to mind.
    fn recall(&self, vehicle: &str) -> Result<()> {
        if self.memory.known.borrow().vehicles.contains_key(vehicle) {
            return Ok(());
        }
        let stored: Option<String> = self.value(
            "SELECT group_concat(keys, '') AS value FROM events
             WHERE vehicle = ? AND keys IS NOT NULL",
            vec![vehicle.into()],
        )?;
        let stored = Vehicle::read(stored.as_deref().unwrap_or_default());
        self.memory.known.borrow_mut().learn(vehicle, stored);
        Ok(())
    }

    /// Remembers an event that has just been stored.
    pub(super) fn remember(&self, event: &Event, keys: &Keys, seq: i64) -> Result<()> {
        let Some(vehicle) = &event.vehicle else {
            return keys.all().try_for_each(|key| self.put_aside(key, seq));
        };
        let mut known = self.memory.known.borrow_mut();
        known.add(vehicle, keys.all());
        Ok(())
    }

    /// Keeps the ids of an event that is about to lose its vehicle, but not where that was.
    pub(super) fn keep_ids(&self, event: &Event, seq: i64) -> Result<()> {
        let keys = Keys::of(event);
        if let Some(place) = keys.place {
            self.run("DELETE FROM seen WHERE key = ?", vec![place.whole().into()])?;
        }
        keys.ids().try_for_each(|key| self.put_aside(key, seq))
    }

    /// Forgets the keys of an event whose row is about to go. `event` is none where it was erased.
    pub(super) fn forget_keys(&self, event: Option<&Event>, seq: i64) -> Result<()> {
        match event {
            Some(event) => Keys::of(event).all().try_for_each(|key| {
                self.run(
                    "DELETE FROM seen WHERE key = ? AND seq = ?",
                    vec![key.whole().into(), seq.into()],
                )
            }),
            None => self.run("DELETE FROM seen WHERE seq = ?", vec![seq.into()]),
        }
    }

    /// Remembers the VIN of an event's vehicle, by which its events can be found, unless the event
    /// was erased while it was sent.
    pub fn name_vehicle(&self, seq: i64, provider: &str, vehicle: &str, vin: &str) -> Result<()> {
        if self.memory.known.borrow().is_named(vehicle, provider, vin) {
            return Ok(());
        }
        self.run(
            "INSERT INTO vehicles (provider, vehicle, vin)
                SELECT ?1, ?2, ?3 FROM events WHERE seq = ?4 AND event IS NOT NULL
             ON CONFLICT (provider, vehicle) DO UPDATE SET vin = excluded.vin
             WHERE vin <> excluded.vin",
            vec![provider.into(), vehicle.into(), vin.into(), seq.into()],
        )?;
        if let Some(known) = self.memory.known.borrow_mut().vehicles.get_mut(vehicle) {
            known.named = Some((provider.to_owned(), vin.to_owned()));
        }
        Ok(())
    }

    /// Believes nothing any more but what is on disk.
    pub(super) fn forget_memory(&self) {
        self.memory.known.take();
    }

    /// Looks whether the table `seen` has anything.
    pub(super) fn look_aside(&self) -> Result<()> {
        let any: Option<String> = self.value("SELECT min(key) AS value FROM seen", vec![])?;
        self.memory.aside.set(any.is_some());
        Ok(())
    }

    /// The number of the event that has this key in the table `seen`.
    pub(super) fn aside(&self, key: Key) -> Result<Option<i64>> {
        if !self.memory.aside.get() {
            return Ok(None);
        }
        self.value(
            "SELECT seq AS value FROM seen WHERE key = ?",
            vec![key.whole().into()],
        )
    }

    fn put_aside(&self, key: Key, seq: i64) -> Result<()> {
        self.memory.aside.set(true);
        self.run(
            "INSERT INTO seen (key, seq) VALUES (?, ?)
             ON CONFLICT (key) DO UPDATE SET seq = excluded.seq",
            vec![key.whole().into(), seq.into()],
        )
    }
}

impl Known {
    /// Whether this is what is written down of the vehicle.
    fn is_named(&self, vehicle: &str, provider: &str, vin: &str) -> bool {
        let named = self
            .vehicles
            .get(vehicle)
            .and_then(|vehicle| vehicle.named.as_ref());
        named.is_some_and(|(by, known)| by == provider && known == vin)
    }

    /// Learns what there is of a vehicle.
    fn learn(&mut self, id: &str, vehicle: Vehicle) {
        self.make_room();
        self.prints += vehicle.prints.len();
        self.vehicles.insert(id.to_owned(), Box::new(vehicle));
    }

    /// Adds keys to those of a vehicle, unless it is not known: then they are read with the others.
    fn add(&mut self, vehicle: &str, keys: impl Iterator<Item = Key>) {
        // A fleet of which every vehicle is known brings new keys all the same.
        self.make_room();
        let Some(vehicle) = self.vehicles.get_mut(vehicle) else {
            return;
        };
        for key in keys {
            let print = key.print();
            if let Err(at) = vehicle.prints.binary_search(&print) {
                vehicle.prints.insert(at, print);
                self.prints += 1;
            }
        }
    }

    /// Begins anew where there is too much; what is asked for is read from disk again.
    fn make_room(&mut self) {
        if self.prints >= PRINTS || self.vehicles.len() >= VEHICLES {
            *self = Self::default();
        }
    }
}

impl Vehicle {
    /// Whether one of its keys has the print of this one.
    fn has(&self, key: Key) -> bool {
        self.prints.binary_search(&key.print()).is_ok()
    }

    /// Reads keys as they are written in rows, one behind the other.
    fn read(keys: &str) -> Self {
        let each = keys.as_bytes().chunks_exact(16);
        let mut prints: Vec<u32> = each
            .filter_map(|key| {
                let print = std::str::from_utf8(key.get(..8)?).ok()?;
                u32::from_str_radix(print, 16).ok()
            })
            .collect();
        prints.sort_unstable();
        Self {
            prints,
            named: None,
        }
    }
}

/// How many prints are in memory at most, but for those of a vehicle that has more alone. Lanes can
/// share an isolate, and its memory.
const PRINTS: usize = 450_000;

/// Of how many vehicles.
const VEHICLES: usize = 20_000;
