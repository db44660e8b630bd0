//! What is safe, and where: on this phone alone, on its way, at the server, or held there.

use super::outbox::Waiting;
use super::{Phone, Purpose};
use crate::change::{Body, glimpse};
use crate::id::{ChangeId, SessionId};
use crate::museum::{Defect, planted};
use crate::stamp::DAY_MS;
use serde_json::Value;

/// The state of one change, as people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Being written; not yet to be called saved.
    Saving,
    /// 已存本机: the store's transaction is complete.
    Saved,
    /// 上传中: sent, no receipt yet.
    Sending,
    /// 已上传: the server's receipt for this id is here, and of the present life of its data.
    Sent,
    /// 待处理: the server keeps it without effect; staff decide.
    Held,
}

/// Counts of one session, of what this phone recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionSafety {
    /// Changes recorded and saved, responses apart.
    pub recorded: u32,
    /// Of these, receipted.
    pub sent: u32,
    /// Check-ins among the recorded: what closing declares.
    pub check_ins: u32,
    /// Responses recorded and saved.
    pub responses: u32,
    /// Of these, receipted.
    pub responses_sent: u32,
    /// Held by the server.
    pub held: u32,
}

/// Counts of the whole phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Safety {
    /// Changes and responses without a receipt.
    pub unsent: u32,
    /// Of these, in a call that is under way.
    pub sending: u32,
    /// Held by the server.
    pub held: u32,
    /// The phone's clock when the oldest unsent change was made, ms; of responses only the day is known.
    pub oldest_ms: Option<i64>,
    /// The phone's clock at the last answer of the server, ms.
    pub last_contact_ms: Option<i64>,
}

impl Phone {
    /// Counts of the whole phone.
    #[must_use]
    pub fn safety(&self) -> Safety {
        let made = |waiting: &Waiting| waiting.raw.get("wall_ms").and_then(Value::as_i64);
        // Of a response only the day is known: it counts as made at the day's end.
        let changes = self.outbox.changes().filter_map(made);
        let responses = self.responses.values().filter_map(made).map(|day_ms| day_ms + DAY_MS);
        Safety {
            unsent: small(self.outbox.len() + self.responses.len() + self.receipts_doubted()),
            sending: small(self.flying_ids().count()),
            held: small(self.held.len()),
            oldest_ms: changes.chain(responses).min(),
            last_contact_ms: self.last_contact_ms,
        }
    }

    /// Counts of one session.
    #[must_use]
    pub fn session_safety(&self, id: SessionId) -> SessionSafety {
        let here = |change: &Value| glimpse(change).session == Some(id);
        let is_check_in = |change: &Value| change.get("kind").and_then(Value::as_str) == Some("check_in");
        let waiting: Vec<&Value> = self.outbox.changes().map(|w| &w.raw).filter(|raw| here(raw)).collect();
        let kept = self.acked.values().filter(|acked| here(&acked.change));
        let (doubted, sent): (Vec<_>, Vec<_>) = kept.partition(|acked| self.doubts(acked.epoch));
        let held: Vec<&Value> = self.held.values().map(|h| &h.change).filter(|raw| here(raw)).collect();
        let kept = sent.iter().chain(&doubted).map(|acked| &acked.change);
        let all = waiting.iter().copied().chain(kept).chain(held.iter().copied());
        let check_ins = all.filter(|raw| is_check_in(raw)).count();
        let kept = self.acked_responses.values().filter(|acked| here(&acked.change));
        let (responses_doubted, responses_sent): (Vec<_>, Vec<_>) =
            kept.partition(|acked| self.doubts(acked.epoch));
        let waits = self.responses.values().filter(|w| here(&w.raw)).count() + responses_doubted.len();
        SessionSafety {
            recorded: small(waiting.len() + sent.len() + doubted.len() + held.len()),
            sent: small(sent.len() + if planted(Defect::HeldIsDone) { held.len() } else { 0 }),
            check_ins: small(check_ins),
            responses: small(waits + responses_sent.len()),
            responses_sent: small(responses_sent.len()),
            held: small(held.len()),
        }
    }

    /// The state of one change of this phone; none of a change that it does not know.
    #[must_use]
    pub fn mark(&self, id: ChangeId) -> Option<Mark> {
        let kept = self.acked.get(&id).or_else(|| self.acked_responses.get(&id));
        if kept.is_some_and(|acked| !self.doubts(acked.epoch)) {
            return Some(Mark::Sent);
        }
        if self.held.contains_key(&id) {
            return Some(Mark::Held);
        }
        if self.flying_ids().any(|flying| flying == id) {
            return Some(Mark::Sending);
        }
        if kept.is_some() || self.responses.contains_key(&id) || self.outbox.contains(id) {
            return Some(Mark::Saved);
        }
        let storing = self.storing.values().any(|purpose| match purpose {
            Purpose::Record { changes, responses } => {
                changes.iter().chain(responses).any(|(stored, _)| *stored == id)
            }
            _ => false,
        });
        storing.then_some(Mark::Saving)
    }

    /// Changes without a receipt that this version can read, in order: for the page of what waits.
    pub fn waiting(&self) -> impl Iterator<Item = (&Body, Option<SessionId>, i64)> {
        let changes = self.outbox.changes().chain(self.responses.values()).filter_map(|w| w.change.as_ref());
        changes.map(|change| (&change.body, change.session, change.wall_ms))
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
