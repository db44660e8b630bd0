//! Which tab pushes and pulls. The browser's lock says it; a mark in the store makes sure that rows
//! which a former one asked for are not laid over those of the present one.

use super::event::{Effect, Token};
use super::reload::Reload;
use super::store::{LEAD, Table, Write};
use super::{Phone, Purpose};
use uuid::Uuid;

/// Where this tab stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Lead {
    /// Another tab leads, if any.
    #[default]
    No,
    /// It leads; its mark is still to be stored.
    Unmarked,
    /// Its mark is being stored.
    Marking(Uuid),
    /// Its mark was stored.
    Marked(Uuid),
}

impl Phone {
    pub(super) fn lead(&mut self, reload: bool, pull: bool, now_ms: i64) {
        self.lead = Lead::Unmarked;
        self.pulls = pull;
        if reload {
            self.reload = Reload::Wanted { rows: true };
        }
        self.pushing.try_now(now_ms);
        self.pulling.try_now(now_ms);
    }

    pub(super) fn follow(&mut self) {
        self.lead = Lead::No;
        self.pulling.forget_flying();
    }

    pub(super) const fn leads(&self) -> bool {
        !matches!(self.lead, Lead::No)
    }

    pub(super) const fn may_pull(&self) -> bool {
        self.pulls && matches!(self.lead, Lead::Marked(_))
    }

    /// Asks for the mark before the store is read: what another tab writes later is left out, what
    /// it wrote before is read.
    pub(super) fn start_mark(&mut self, dice: &[u8; 16], effects: &mut Vec<Effect>) {
        if self.lead == Lead::Unmarked {
            let mark = uuid::Builder::from_random_bytes(*dice).into_uuid();
            self.lead = Lead::Marking(mark);
            self.store(Purpose::Mark, vec![Write::put(Table::Meta, LEAD, &mark)], effects);
        }
    }

    pub(super) fn marked(&mut self) {
        if let Lead::Marking(mark) = self.lead {
            self.lead = Lead::Marked(mark);
        }
    }

    /// It is tried again; what was read meanwhile may be laid over until then.
    pub(super) fn not_marked(&mut self) {
        if matches!(self.lead, Lead::Marking(_)) {
            self.lead = Lead::Unmarked;
            self.reload = Reload::Wanted { rows: true };
        }
    }

    /// Another tab has led since, and may have ceased to: what was to be stored is asked for again.
    pub(super) fn overtaken(&mut self, token: Token) {
        self.storing.remove(&token);
        self.pulling.ended();
        if self.leads() {
            self.lead = Lead::Unmarked;
            self.reload = Reload::Wanted { rows: true };
        }
    }

    /// The condition of what only the tab that leads may write.
    pub(super) fn only_leading(&self) -> Write {
        let mark = match self.lead {
            Lead::Marking(mark) | Lead::Marked(mark) => Some(mark),
            Lead::No | Lead::Unmarked => None,
        };
        Write::Only { key: LEAD.to_owned(), value: super::store::bytes(&mark) }
    }
}
