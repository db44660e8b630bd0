//! What of this account has no receipt that counts, for a rescue file. Looking changes nothing.

use super::batch::shuffle;
use super::outbox::with_seq;
use super::{Opening, Phone, Purpose, Snapshot, Table};
use crate::change::glimpse;
use crate::id::{AccountId, ChangeId, ReplicaId};
use crate::rescue::{Content, Locked, Numbered, Part, VERSION, VERSION_PLAIN};
use crate::sealed::{Key, Stored, place, read, unhex};
use crate::wire::Account;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What of one account has no receipt that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsent {
    account: Account,
    replica: ReplicaId,
    push_token: String,
    /// To which rescue files are sealed, as last heard.
    key: Option<String>,
    /// When the server was last heard, by its clock, ms.
    heard_ms: i64,
    changes: BTreeMap<ChangeId, (ReplicaId, Value)>,
    responses: BTreeMap<ChangeId, Value>,
}

impl Phone {
    /// What has no receipt that counts: what waits, what is being stored and may not be kept, and
    /// what the server may have lost.
    #[must_use]
    pub fn unsent(&self) -> Unsent {
        let own = self.identity.replica;
        let mut changes = BTreeMap::new();
        let mut responses: BTreeMap<ChangeId, Value> =
            self.doubted_responses().map(|(id, change)| (id, change.clone())).collect();
        for purpose in self.storing.values() {
            if let Purpose::Record { changes: being, responses: given } = purpose {
                // Without a seq: the store has not said whether there is one.
                changes.extend(being.iter().map(|(id, raw)| (*id, (own, raw.clone()))));
                responses.extend(given.iter().cloned());
            }
        }
        let doubted = self.doubted_changes();
        changes.extend(doubted.map(|(replica, id, change)| (id, (replica, change.clone()))));
        changes.extend(self.outbox.iter().map(|(seq, id, waiting)| (id, (own, with_seq(&waiting.raw, seq)))));
        responses.extend(self.responses.iter().map(|(id, waiting)| (*id, waiting.raw.clone())));
        Unsent {
            account: self.identity.account.clone(),
            replica: own,
            push_token: self.identity.push_token.clone(),
            key: self.identity.rescue_key.clone(),
            heard_ms: self.clock.heard_ms,
            changes,
            responses,
        }
    }
}

impl Unsent {
    /// How many changes and responses.
    #[must_use]
    pub fn count(&self) -> usize {
        self.changes.len() + self.responses.len()
    }

    /// This and what the same account has elsewhere, in memory or in its store: each change once,
    /// under the number that the other one gives. One that got its receipt meanwhile goes along once more,
    /// which is no harm.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        if other.account.id != self.account.id {
            return self;
        }
        self.changes.extend(other.changes);
        self.responses.extend(other.responses);
        Self { changes: self.changes, responses: self.responses, ..other }
    }

    fn part(&self, dice: &[u8; 16]) -> Part {
        let raw = |value: &Value| serde_json::value::to_raw_value(value).ok();
        let mut by_replica: BTreeMap<ReplicaId, Vec<(Option<u64>, &Value)>> = BTreeMap::new();
        for (replica, change) in self.changes.values() {
            by_replica.entry(*replica).or_default().push((glimpse(change).seq, change));
        }
        let mut replicas: Vec<Numbered> = by_replica
            .into_iter()
            .map(|(replica, mut changes)| {
                // What has no number was made last.
                changes.sort_by_key(|(seq, _)| (seq.is_none(), *seq));
                let changes = changes.into_iter().filter_map(|(_, change)| raw(change)).collect();
                Numbered { replica, changes }
            })
            .collect();
        // What the server hears of last is what this phone is called now.
        replicas.sort_by_key(|numbered| numbered.replica == self.replica);
        let mut responses: Vec<Box<RawValue>> = self.responses.values().filter_map(raw).collect();
        shuffle(&mut responses, dice);
        Part { account: self.account.clone(), push_token: self.push_token.clone(), replicas, responses }
    }
}

/// The key to seal to: of the account that heard its server last.
#[must_use]
pub fn rescue_key(all: &[Unsent]) -> Option<&str> {
    let heard = all.iter().filter(|unsent| unsent.key.is_some());
    heard.max_by_key(|unsent| unsent.heard_ms)?.key.as_deref()
}

/// What a locked store has without a receipt, once its key is known. None where it is not this account's, or
/// does not open.
#[must_use]
pub fn unlocked(
    locked: &Locked,
    (account, key): (AccountId, &Key),
    made_ms: i64,
    dice: &[u8; 16],
) -> Option<Part> {
    let mut snapshot = Snapshot::default();
    for (table, name, stored) in &locked.rows {
        // A table of a newer version holds nothing that this one could send.
        let Some(known) = Table::of_name(table) else { continue };
        let Stored::Value(value) = read(Some(key), &place(table, name), &unhex(stored)?) else { return None };
        match snapshot.tables.iter_mut().find(|(there, _)| *there == known) {
            Some((_, rows)) => rows.push((name.clone(), value)),
            None => snapshot.tables.push((known, vec![(name.clone(), value)])),
        }
    }
    let Opening::Ready(phone) = Phone::open(&snapshot, None, made_ms) else { return None };
    (phone.identity().account.id == account).then(|| phone.unsent().part(dice))
}

/// What goes into the file, before it is sealed; accounts that have nothing unsent are left out.
#[must_use]
pub fn rescue_content(all: &[Unsent], locked: Vec<Locked>, made_ms: i64, dice: &[u8; 16]) -> Content {
    let some = all.iter().filter(|unsent| unsent.count() > 0);
    Content {
        v: if locked.is_empty() { VERSION_PLAIN } else { VERSION },
        app: env!("CARGO_PKG_VERSION").to_owned(),
        made_ms,
        parts: some.map(|unsent| unsent.part(dice)).collect(),
        locked,
    }
}
