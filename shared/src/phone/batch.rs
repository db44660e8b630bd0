//! What goes into the next batch.

use super::Phone;
use crate::id::ChangeId;
use crate::wire::PUSH_MAX_BYTES;
use serde_json::Value;
use serde_json::value::RawValue;

/// Room in a batch for everything but the changes.
const ENVELOPE_BYTES: usize = 1_024;

impl Phone {
    pub(super) fn some_changes(&self) -> Vec<(ChangeId, Box<RawValue>)> {
        let numbered = self.outbox.iter().map(|(seq, waiting)| {
            let mut raw = waiting.raw.clone();
            if let Some(fields) = raw.as_object_mut() {
                fields.insert("seq".to_owned(), Value::from(*seq));
            }
            raw
        });
        self.fill(numbered)
    }

    /// In an order that tells nothing of the order in which they were given.
    pub(super) fn some_responses(&self, dice: &[u8; 16]) -> Vec<(ChangeId, Box<RawValue>)> {
        let mut all: Vec<Value> = self.responses.values().map(|waiting| waiting.raw.clone()).collect();
        let mut state = u64::from_le_bytes([
            dice[8], dice[9], dice[10], dice[11], dice[12], dice[13], dice[14], dice[15],
        ]) | 1;
        for place in (1..all.len()).rev() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let bound = u64::try_from(place).unwrap_or(0) + 1;
            all.swap(place, usize::try_from(state % bound).unwrap_or(0));
        }
        self.fill(all.into_iter())
    }

    /// As many as the batch takes, by number and by bytes; always at least one.
    fn fill(&self, from: impl Iterator<Item = Value>) -> Vec<(ChangeId, Box<RawValue>)> {
        let mut room = PUSH_MAX_BYTES - ENVELOPE_BYTES;
        let mut chosen = Vec::new();
        for value in from {
            let Some(id) = crate::change::glimpse(&value).id else {
                continue;
            };
            let Ok(raw) = serde_json::value::to_raw_value(&value) else {
                continue;
            };
            let length = raw.get().len() + 1;
            let full = chosen.len() >= self.pushing.size || length > room;
            if full && !chosen.is_empty() {
                break;
            }
            room = room.saturating_sub(length);
            chosen.push((id, raw));
        }
        chosen
    }
}
