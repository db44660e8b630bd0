//! What was promised: every receipt that reached a phone, in the order in which they came.

use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// What a server has to make of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes into the log.
    Logged,
    /// It is held, for this reason.
    Held(&'static str),
    /// It is a response: kept under its id, and joined to nothing.
    Response,
}

/// A change as it was made; what is sent again are the same bytes.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) id: Uuid,
    /// None of a response.
    pub(super) seq: Option<i64>,
    pub(super) raw: String,
    pub(super) fate: Fate,
    /// The number of the phone that made it.
    pub(super) phone: usize,
}

/// A change of which a phone was told that it is safe.
#[derive(Debug, Clone)]
pub(super) struct Receipt {
    pub(super) change: Arc<Change>,
    /// Its place in the log: 0 of a response, none of what is held.
    pub(super) seq: Option<i64>,
}

impl Change {
    /// What a result has to say, `seq` being its place in the log and `new` that it was not there.
    pub(super) fn result(&self, seq: Option<i64>, new: bool) -> Value {
        let id = self.id;
        match self.fate {
            Fate::Held(code) => serde_json::json!({ "id": id, "st": "held", "code": code }),
            _ => serde_json::json!({ "id": id, "st": if new { "ok" } else { "dup" }, "seq": seq }),
        }
    }
}

/// All receipts of a run.
#[derive(Default)]
pub(super) struct Ledger(Mutex<Vec<Receipt>>);

impl Ledger {
    pub(super) fn add(&self, receipts: impl IntoIterator<Item = Receipt>) {
        self.all().extend(receipts);
    }

    pub(super) fn len(&self) -> usize {
        self.all().len()
    }

    /// Locked while it is looked at.
    pub(super) fn all(&self) -> MutexGuard<'_, Vec<Receipt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
