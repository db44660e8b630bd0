//! A new replica id, for a profile that was cloned or a disk that was rolled back.

use super::event::Effect;
use super::store::{Entry, IDENTITY, Table, Waiting, Write};
use super::{Phone, Purpose};
use crate::id::ReplicaId;
use std::collections::BTreeMap;

impl Phone {
    /// Takes a new replica id and numbers what has no receipt from 1: a cloned profile or a
    /// rolled-back disk counts the old one again. The store renumbers, since only it knows
    /// what other tabs have appended meanwhile.
    pub(super) fn rotate(&mut self, dice: &[u8; 16], effects: &mut Vec<Effect>) {
        let mut seed = *dice;
        seed.reverse();
        let replica = ReplicaId::from_bytes(*uuid::Builder::from_random_bytes(seed).as_uuid().as_bytes());
        let mut identity = self.identity.clone();
        identity.replica = replica;
        self.pushing.rotating = true;
        let writes = vec![Write::put(Table::Meta, IDENTITY, &identity), Write::Renumber];
        self.store(Purpose::Rotate(replica), writes, effects);
    }

    pub(super) fn rotated(&mut self, replica: ReplicaId, effects: &mut Vec<Effect>) {
        self.identity.replica = replica;
        effects.push(Effect::Reload);
    }

    /// The outbox as the store has it now.
    pub(super) fn reloaded(&mut self, outbox: &[Entry], now_ms: i64) {
        self.outbox = read_outbox(outbox.iter().map(|(key, value)| (key.as_str(), value.as_slice())));
        self.pushing.rotating = false;
        self.pushing.gather(now_ms);
    }

    pub(super) fn rotate_failed(&mut self) {
        // The old id goes on; the server asks for another again.
        self.pushing.rotating = false;
    }
}

/// Reads what can be read; the rest stays in the store for a version that can.
pub(super) fn read_outbox<'a>(rows: impl Iterator<Item = (&'a str, &'a [u8])>) -> BTreeMap<u64, Waiting> {
    let read = |(key, value): (&str, &[u8])| {
        Some((key.parse().ok()?, Waiting::read(serde_json::from_slice(value).ok()?)))
    };
    rows.filter_map(read).collect()
}
