//! What waits on the phone without a receipt, in the order of the seqs.

use super::store::unnumbered;
use crate::change::{Change, glimpse, parse};
use crate::id::ChangeId;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A change that waits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Waiting {
    /// As it was stored: an object, seq null.
    pub(super) raw: Value,
    /// The same, read; none where this version cannot read it: it is sent all the same.
    pub(super) change: Option<Change>,
}

impl Waiting {
    pub(super) fn new(raw: Value) -> Self {
        let change = parse(&raw).ok();
        Self { raw, change }
    }

    /// What is stored under this id. What is no change of this id is sent as it is, so that the
    /// server holds it and staff see it: whatever was called saved leaves the phone.
    pub(super) fn read(id: ChangeId, value: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(value) {
            Ok(raw) if glimpse(&raw).id == Some(id) => Self::new(raw),
            _ => Self::new(json!({ "id": id, "unreadable": String::from_utf8_lossy(value) })),
        }
    }
}

/// The changes of a replica that wait, by seq. They are named by id: another tab may have
/// numbered them anew.
#[derive(Debug, Clone, Default)]
pub(super) struct Outbox {
    by_seq: BTreeMap<(u64, ChangeId), Waiting>,
    seqs: BTreeMap<ChangeId, u64>,
}

impl Outbox {
    pub(super) fn read<'a>(rows: impl Iterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut outbox = Self::default();
        for (key, stored) in rows {
            if let (Ok(id), Some((seq, value))) = (key.parse(), unnumbered(stored)) {
                outbox.insert(id, seq, Waiting::read(id, value));
            }
        }
        outbox
    }

    pub(super) fn insert(&mut self, id: ChangeId, seq: u64, waiting: Waiting) {
        self.remove(id);
        self.seqs.insert(id, seq);
        self.by_seq.insert((seq, id), waiting);
    }

    pub(super) fn remove(&mut self, id: ChangeId) {
        if let Some(seq) = self.seqs.remove(&id) {
            self.by_seq.remove(&(seq, id));
        }
    }

    pub(super) fn contains(&self, id: ChangeId) -> bool {
        self.seqs.contains_key(&id)
    }

    /// In the order of the seqs.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, ChangeId, &Waiting)> {
        self.by_seq.iter().map(|((seq, id), waiting)| (*seq, *id, waiting))
    }

    /// The same without their names.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Waiting> {
        self.by_seq.values()
    }

    pub(super) fn len(&self) -> usize {
        self.by_seq.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_seq.is_empty()
    }
}

/// A change as it is sent: with its seq.
pub(super) fn with_seq(raw: &Value, seq: u64) -> Value {
    let mut raw = raw.clone();
    if let Some(fields) = raw.as_object_mut() {
        fields.insert("seq".to_owned(), Value::from(seq));
    }
    raw
}
