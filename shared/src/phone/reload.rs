//! Reading the store anew: when this tab takes the lead, when another tab wrote, and after the
//! outbox was numbered anew.

use super::event::Effect;
use super::outbox::{Outbox, Waiting};
use super::pull::Scopes;
use super::store::{ALARM, CLOCK, HEARD, IDENTITY, LOSSES, NEXT_SEQ, Snapshot, Table, counter};
use super::{Canary, Phone};
use crate::id::ChangeId;
use std::collections::BTreeMap;

/// Whether memory is known to be behind the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Reload {
    /// It is not.
    #[default]
    No,
    /// It may be; nothing is sent until the store was read, with the pulled rows or without.
    Wanted {
        /// The pulled rows too.
        rows: bool,
    },
    /// The store is being read.
    Asked,
}

impl Phone {
    pub(super) fn start_reload(&mut self, effects: &mut Vec<Effect>) {
        if let Reload::Wanted { rows } = self.reload {
            self.reload = Reload::Asked;
            effects.push(Effect::Reload { rows });
        }
    }

    pub(super) fn reload_failed(&mut self) {
        // Asked for again with the next event.
        self.reload = Reload::Wanted { rows: true };
    }

    pub(super) fn reloaded(&mut self, snapshot: &Snapshot, now_ms: i64, effects: &mut Vec<Effect>) {
        let (replica, tokens) = (self.identity.replica, self.tokens());
        self.read(snapshot);
        if self.tokens() != tokens {
            // Somebody logged in, in another tab.
            self.pushing.resume(now_ms);
            self.pulling.resume(now_ms);
        }
        if self.identity.replica != replica {
            // What is on its way went under another name; its receipts are asked for again.
            self.pushing.forget_flying();
        }
        let all = snapshot.has(Table::Outbox) && snapshot.has(Table::Meta);
        if self.reload == Reload::Asked && all {
            self.reload = Reload::No;
            self.pushing.rotating = false;
        }
        self.pushing.gather(now_ms);
        self.mark_beside(effects);
        effects.push(Effect::Fresh);
    }

    fn tokens(&self) -> (String, String) {
        (self.identity.token.clone(), self.identity.push_token.clone())
    }

    /// Takes over what was read; a table that was not stays as it is.
    pub(super) fn read(&mut self, snapshot: &Snapshot) {
        if snapshot.has(Table::Meta) {
            self.read_meta(snapshot);
        }
        if snapshot.has(Table::Outbox) {
            self.outbox = Outbox::read(snapshot.of(Table::Outbox));
        }
        if snapshot.has(Table::Responses) {
            let rows = snapshot.of(Table::Responses);
            let read = |(key, value): (&str, &[u8])| {
                let id = key.parse().ok()?;
                Some((id, Waiting::read(id, value)))
            };
            self.responses = rows.filter_map(read).collect();
        }
        take(&mut self.acked, snapshot, Table::Acked);
        take(&mut self.acked_responses, snapshot, Table::AckedResponses);
        take(&mut self.held, snapshot, Table::Held);
        if snapshot.has(Table::Rows) && snapshot.has(Table::Meta) {
            self.scopes = Scopes::load(snapshot);
            self.new_book();
        }
    }

    fn read_meta(&mut self, snapshot: &Snapshot) {
        if let Some(identity) = snapshot.meta(IDENTITY) {
            self.identity = identity;
        }
        self.clock = snapshot.meta(CLOCK).unwrap_or(self.clock);
        self.heard = snapshot.meta(HEARD).unwrap_or_default();
        self.losses = snapshot.meta(LOSSES).unwrap_or_default();
        // One of another replica was seen to by another tab.
        self.alarm = snapshot.meta(ALARM).or_else(|| self.alarm.take());
        self.alarm.take_if(|loss| loss.replica != self.identity.replica);
        let stored = snapshot.of(Table::Meta).find(|(key, _)| *key == NEXT_SEQ);
        self.next_seq = counter(stored.map(|(_, value)| value)).unwrap_or(self.next_seq);
    }

    /// Renews what is kept beside the database; while that is what tells of a loss, it stays as it is.
    pub(super) fn mark_beside(&self, effects: &mut Vec<Effect>) {
        if self.alarm.is_none() {
            let canary = Canary { replica: self.identity.replica, next_seq: self.next_seq };
            effects.push(Effect::Canary(canary));
        }
    }
}

fn take<T: serde::de::DeserializeOwned>(into: &mut BTreeMap<ChangeId, T>, snapshot: &Snapshot, table: Table) {
    if snapshot.has(table) {
        let rows = snapshot.of(table);
        let read =
            |(key, value): (&str, &[u8])| Some((key.parse().ok()?, serde_json::from_slice(value).ok()?));
        *into = rows.filter_map(read).collect();
    }
}
