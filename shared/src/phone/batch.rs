//! What goes into the next batch: first what the server had once and may have no more, then what
//! it never had.

use super::Phone;
use super::outbox::with_seq;
use super::push::Choice;
use crate::id::{ChangeId, Epoch, ReplicaId};
use crate::museum::{Defect, planted};
use crate::wire::PUSH_MAX_BYTES;
use serde_json::Value;

/// Room in a batch for everything but the changes.
const ENVELOPE_BYTES: usize = 4_096;

impl Phone {
    /// Changes of one replica: those whose receipts are of another life of the server's data, each
    /// under the replica and seq of its first push; else the outbox.
    pub(super) fn some_changes(&self) -> Choice {
        let mut doubted: Vec<(ReplicaId, ChangeId, &Value)> = self.doubted_changes().collect();
        // Older replicas first: what the server hears of last is what this phone is called now.
        doubted.sort_by_key(|(replica, id, change)| {
            (*replica == self.identity.replica, *replica, crate::change::glimpse(change).seq, *id)
        });
        if let Some(replica) = doubted.first().map(|(replica, ..)| *replica) {
            let of_it = doubted.iter().filter(|(other, ..)| *other == replica);
            let changes = self.fill(of_it.map(|(_, id, change)| (*id, (*change).clone())));
            return Choice { replica: Some(replica), changes };
        }
        let waiting = self.outbox.iter().map(|(seq, id, waiting)| (id, with_seq(&waiting.raw, seq)));
        Choice { replica: Some(self.identity.replica), changes: self.fill(waiting) }
    }

    /// Responses in an order that tells nothing of the order in which they were given.
    pub(super) fn some_responses(&self, dice: &[u8; 16]) -> Choice {
        let waiting = self.responses.iter().map(|(id, waiting)| (*id, waiting.raw.clone()));
        let again = self.doubted_responses().map(|(id, change)| (id, change.clone()));
        let mut all: Vec<(ChangeId, Value)> = waiting.chain(again).collect();
        shuffle(&mut all, dice);
        Choice { replica: None, changes: self.fill(all.into_iter()) }
    }

    /// Changes with a receipt of another life of the server's data, or with one that is not
    /// trusted any more.
    pub(super) fn doubted_changes(&self) -> impl Iterator<Item = (ReplicaId, ChangeId, &Value)> {
        let acked = self.acked.iter().filter(|(_, acked)| self.doubts(acked.epoch));
        let held = self.held.iter().filter(|(_, held)| self.doubts(held.epoch));
        let acked = acked.filter_map(|(id, acked)| Some((acked.replica?, *id, &acked.change)));
        acked.chain(held.filter_map(|(id, held)| Some((held.replica?, *id, &held.change))))
    }

    pub(super) fn doubted_responses(&self) -> impl Iterator<Item = (ChangeId, &Value)> {
        let acked = self.acked_responses.iter().filter(|(_, acked)| self.doubts(acked.epoch));
        let held = self.held.iter().filter(|(_, held)| held.replica.is_none() && self.doubts(held.epoch));
        acked.map(|(id, acked)| (*id, &acked.change)).chain(held.map(|(id, held)| (*id, &held.change)))
    }

    /// How many receipts are worth nothing until they are given again.
    pub(super) fn receipts_doubted(&self) -> usize {
        self.doubted_changes().count() + self.doubted_responses().count()
    }

    /// A receipt counts for the life of the server's data that gave it.
    pub(super) fn doubts(&self, receipt: Option<Epoch>) -> bool {
        receipt != self.identity.epoch && !(planted(Defect::EpochIgnored) && receipt.is_some())
    }

    /// As many as the batch takes, by number and by bytes; always at least one. Those that were not
    /// taken before come last.
    fn fill(&self, from: impl Iterator<Item = (ChangeId, Value)>) -> Vec<(ChangeId, Value)> {
        let mut room = PUSH_MAX_BYTES - ENVELOPE_BYTES;
        let mut chosen: Vec<(ChangeId, Value)> = Vec::new();
        let (late, first): (Vec<_>, Vec<_>) = from.partition(|(id, _)| self.pushing.last.contains(id));
        for (id, change) in first.into_iter().chain(late) {
            let length = change.to_string().len() + 1;
            let full = chosen.len() >= self.pushing.size || length > room;
            if full && !chosen.is_empty() {
                break;
            }
            room = room.saturating_sub(length);
            chosen.push((id, change));
        }
        chosen
    }
}

/// An order that tells nothing of the one before.
pub(super) fn shuffle<T>(all: &mut [T], dice: &[u8; 16]) {
    let mut state =
        u64::from_le_bytes([dice[8], dice[9], dice[10], dice[11], dice[12], dice[13], dice[14], dice[15]])
            | 1;
    for place in (1..all.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let bound = u64::try_from(place).unwrap_or(0) + 1;
        all.swap(place, usize::try_from(state % bound).unwrap_or(0));
    }
}
