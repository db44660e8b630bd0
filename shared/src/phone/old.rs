//! Old sessions: who was there leaves the phone, the totals stay.

use super::Phone;
use super::pull::{ScopeRows, TOTALS};
use crate::id::SessionId;
use crate::session::State;
use crate::stamp::DAY_MS;
use crate::wire::Scope;
use std::collections::BTreeSet;

/// Who was at a session leaves the phone so long after its start, once the server has it all; by then it is
/// pulled no more.
pub const NAMES_KEPT_MS: i64 = 30 * DAY_MS;

impl Phone {
    /// Old sessions of which nothing of this phone waits: who was there leaves the phone, the totals stay.
    pub(super) fn aged(&self) -> Vec<Scope> {
        let busy = self.busy_sessions();
        let old = |id: &SessionId| {
            self.book.sessions.get(id).is_some_and(|session| {
                let age_ms = self.clock.heard_ms.saturating_sub(session.starts_ms);
                age_ms > NAMES_KEPT_MS && session.state != State::Open && !busy.contains(id)
            })
        };
        let names =
            |rows: &ScopeRows| rows.cursor.epoch.is_some() || rows.rows.keys().any(|key| key != TOTALS);
        let aged = self.scopes.all.iter().filter(|(scope, rows)| match scope {
            Scope::Org(_) => false,
            Scope::Session(id) => names(rows) && old(id),
        });
        aged.map(|(scope, _)| *scope).collect()
    }

    /// Sessions of which something of this phone waits, is held, or has a receipt that may still be doubted.
    fn busy_sessions(&self) -> BTreeSet<SessionId> {
        self.own_changes().into_iter().filter_map(|own| own.change.session).collect()
    }
}
