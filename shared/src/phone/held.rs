//! What the server holds (待处理) of this phone's changes, and what staff decided of them.

use super::store::{Acked, Table, Write};
use super::{HeldChange, Phone};
use crate::change::glimpse;
use crate::id::{ChangeId, Epoch, SessionId};
use crate::wire::{PulledScope, Scope};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A change of this phone that has no effect at the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldView {
    /// The change.
    pub id: ChangeId,
    /// Its session.
    pub session: Option<SessionId>,
    /// Why it is held.
    pub code: String,
    /// Why staff refused it, once they did.
    pub refused: Option<String>,
    /// When it was told, ms.
    pub at_ms: i64,
}

/// `held:<change>` as it is pulled.
#[derive(Deserialize)]
struct HeldRow {
    code: String,
    #[serde(default)]
    refused: Option<String>,
}

impl Phone {
    /// Changes that the server holds, by what receipts and pulled rows tell.
    #[must_use]
    pub fn held(&self) -> Vec<HeldView> {
        let told = self.held.iter().map(|(id, held)| {
            let session = glimpse(&held.change).session;
            let row = session.and_then(|session| self.held_row(session, *id));
            let refused = row.and_then(|row| row.refused);
            (*id, HeldView { id: *id, session, code: held.code.clone(), refused, at_ms: held.at_ms })
        });
        let mut all: BTreeMap<ChangeId, HeldView> = told.collect();
        // A change that was receipted while its session was unknown may be held later.
        for (scope, rows) in &self.scopes.all {
            let Scope::Session(session) = *scope else { continue };
            for (key, _) in
                rows.rows.range("held:".to_owned()..).take_while(|(key, _)| key.starts_with("held:"))
            {
                let Some(id) = named(key) else { continue };
                if let (Some(acked), Some(row)) = (self.acked.get(&id), self.held_row(session, id)) {
                    let HeldRow { code, refused } = row;
                    let session = Some(session);
                    all.insert(id, HeldView { id, session, code, refused, at_ms: acked.at_ms });
                }
            }
        }
        all.into_values().collect()
    }

    fn held_row(&self, session: SessionId, id: ChangeId) -> Option<HeldRow> {
        self.row(Scope::Session(session), &format!("held:{id}"))
    }

    /// What is held no more by these rows: somebody accepted it, and it is as good as receipted there.
    pub(super) fn accepted(&self, part: &PulledScope, epoch: Epoch, at_ms: i64) -> Vec<(ChangeId, Acked)> {
        let gone = part.rows.iter().filter(|row| row.deleted);
        gone.filter_map(|row| {
            let id = named(&row.key)?;
            let HeldChange { change, replica, .. } = self.held.get(&id)?.clone();
            // Phones are told nothing of responses.
            replica
                .is_some()
                .then_some((id, Acked { change, replica, receipt: row.seq, epoch: Some(epoch), at_ms }))
        })
        .collect()
    }

    /// The store has it: it is receipted in memory too.
    pub(super) fn held_no_more(&mut self, accepted: Vec<(ChangeId, Acked)>) {
        for (id, acked) in accepted {
            self.held.remove(&id);
            self.acked.insert(id, acked);
        }
    }
}

/// What puts accepted changes where receipted ones are.
pub(super) fn moved(accepted: &[(ChangeId, Acked)]) -> impl Iterator<Item = Write> + '_ {
    accepted.iter().flat_map(|(id, acked)| {
        [Write::delete(Table::Held, id.to_string()), Write::put(Table::Acked, id.to_string(), acked)]
    })
}

fn named(key: &str) -> Option<ChangeId> {
    key.strip_prefix("held:")?.parse().ok()
}
