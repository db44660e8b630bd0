//! Receipts: the one rule by which a change leaves the outbox, and what else an answer teaches.

use super::exhibits;
use super::push::Flying;
use super::store::{Acked, HEARD, Heard, HeldChange, IDENTITY, Identity, LOSSES, LossNote, Table, Write};
use super::{Answer, Effect, Phone, Purpose};
use crate::id::{BatchId, ChangeId, Epoch};
use crate::museum::{Defect, planted};
use crate::problem::Problem;
use crate::stamp::day_ms;
use crate::wire::Milestone;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// An answer to a push, as much of it as every server that speaks this protocol sends. Words of a
/// newer one are left aside: they must not make a receipt unreadable.
#[derive(Deserialize)]
pub(super) struct Receipt {
    pub(super) batch: BatchId,
    pub(super) epoch: Epoch,
    pub(super) server_ms: i64,
    #[serde(default)]
    pub(super) durable_seq: u64,
    #[serde(default)]
    pub(super) have: Option<u64>,
    #[serde(default)]
    pub(super) seq: u64,
    #[serde(default)]
    pub(super) milestone: Option<Milestone>,
    #[serde(default)]
    pub(super) behind: bool,
    #[serde(default)]
    pub(super) rotate_replica: bool,
    pub(super) results: Vec<Value>,
}

/// What became of one change.
pub(super) enum Told {
    /// `ok` or `dup`, with its server seq.
    Here(u64),
    /// `held`, with its code.
    Held(String),
    /// It is to be sent again: `retry`, or a word that this version does not know.
    Again,
}

/// What an answer changes, once the store has it.
#[derive(Debug, Clone, Default)]
pub(super) struct Settled {
    acked: Vec<(ChangeId, Acked)>,
    held: Vec<(ChangeId, HeldChange)>,
    /// Sent, and not taken: others go first.
    again: Vec<ChangeId>,
    pub(super) identity: Option<Identity>,
    pub(super) heard: Option<Heard>,
    pub(super) losses: Option<Vec<LossNote>>,
    pub(super) distrust: bool,
}

impl Settled {
    /// Whether a change got its receipt in it.
    pub(super) fn names(&self, id: ChangeId) -> bool {
        self.acked.iter().any(|(acked, _)| *acked == id) || self.held.iter().any(|(held, _)| *held == id)
    }
}

impl Phone {
    pub(super) fn push_answered(
        &mut self,
        call: super::Call,
        answer: &Answer,
        now_ms: i64,
        dice: &[u8; 16],
        effects: &mut Vec<Effect>,
    ) {
        let Some(flying) = self.pushing.awaited(call) else { return };
        // The receipt rule: 200, JSON, and our own batch; then id by id.
        let receipt = (answer.status == 200 && answer.json)
            .then(|| serde_json::from_str::<Receipt>(&answer.body).ok())
            .flatten()
            .filter(|receipt| receipt.batch == flying.batch);
        let receipt = match receipt {
            None if planted(Defect::AnyTwoHundred) && answer.status == 200 => {
                Some(Receipt::of_everything(&flying, self.identity.epoch))
            }
            receipt => receipt,
        };
        let Some(receipt) = receipt else {
            self.push_refused(&flying, answer, now_ms, dice, effects);
            return;
        };
        self.pushing.answered(now_ms.saturating_sub(flying.sent_ms), now_ms);
        self.hear_time(receipt.server_ms, flying.sent_ms, now_ms, effects);
        let mut settled = self.settle(&flying, &receipt);
        let mut writes = self.receipt_writes(&settled);
        writes.extend(self.learn(&flying, &receipt, &mut settled));
        let own = flying.replica == Some(self.identity.replica);
        if self.fell_back(&flying, &receipt) {
            let missing = receipt.have.and_then(|have| self.heard.have.checked_sub(have));
            let missing = missing.filter(|missing| *missing > 0);
            writes.extend(self.distrust(missing, now_ms, &mut settled));
        }
        if own && (receipt.rotate_replica || receipt.have.is_some_and(|have| have >= self.next_seq)) {
            self.pushing.rotating = true;
            let loss = self.rolled_back(None, now_ms);
            writes.extend(self.rotate(Some(loss), dice, &mut settled));
        }
        self.store(Purpose::Receipts(Box::new(settled)), writes, effects);
    }

    /// What the results say of the changes that were really in the batch.
    fn settle(&self, flying: &Flying, receipt: &Receipt) -> Settled {
        let mut settled = Settled::default();
        let mut told: BTreeMap<ChangeId, Told> = receipt.results.iter().rev().filter_map(told).collect();
        exhibits::spoil(flying, receipt, &mut told);
        for (id, change) in &flying.sent {
            if !self.has(*id) {
                continue;
            }
            let (change, replica, epoch) = (change.clone(), flying.replica, Some(receipt.epoch));
            // Of a response only the day is kept, here as everywhere.
            let at_ms = if replica.is_some() { receipt.server_ms } else { day_ms(receipt.server_ms) };
            match told.get(id) {
                Some(Told::Here(seq)) => {
                    settled.acked.push((*id, Acked { change, replica, receipt: *seq, epoch, at_ms }));
                }
                Some(Told::Held(code)) => {
                    let code = code.clone();
                    settled.held.push((*id, HeldChange { change, replica, epoch, code, at_ms }));
                }
                Some(Told::Again) | None => settled.again.push(*id),
            }
        }
        settled
    }

    /// Whether this phone still has the change, waiting or with a receipt.
    fn has(&self, id: ChangeId) -> bool {
        self.outbox.contains(id)
            || self.responses.contains_key(&id)
            || self.acked.contains_key(&id)
            || self.acked_responses.contains_key(&id)
            || self.held.contains_key(&id)
    }

    fn receipt_writes(&self, settled: &Settled) -> Vec<Write> {
        let mut writes = Vec::new();
        for (id, acked) in &settled.acked {
            let (from, to) = tables(acked.replica.is_none());
            writes.push(Write::delete(from, id.to_string()));
            if self.held.contains_key(id) {
                writes.push(Write::delete(Table::Held, id.to_string()));
            }
            writes.push(Write::put(to, id.to_string(), acked));
        }
        for (id, held) in &settled.held {
            let (from, to) = tables(held.replica.is_none());
            writes.push(Write::delete(from, id.to_string()));
            writes.push(Write::delete(to, id.to_string()));
            writes.push(Write::put(Table::Held, id.to_string(), held));
        }
        writes
    }

    /// The life of the server's data, how much it has of this replica, and which losses it knows of.
    fn learn(&self, flying: &Flying, receipt: &Receipt, settled: &mut Settled) -> Vec<Write> {
        let mut writes = Vec::new();
        let own = flying.replica == Some(self.identity.replica);
        // An answer that was on its way since before the last life was heard of teaches nothing of it.
        if self.identity.epoch == flying.epoch && self.identity.epoch != Some(receipt.epoch) {
            let identity = Identity { epoch: Some(receipt.epoch), ..self.identity.clone() };
            writes.push(Write::put(Table::Meta, IDENTITY, &identity));
            settled.identity = Some(identity);
        }
        let known = if self.heard.epoch == Some(receipt.epoch) { self.heard } else { Heard::default() };
        let responses = flying.replica.is_none();
        let mut heard = Heard {
            epoch: Some(receipt.epoch),
            have: receipt.have.filter(|_| own).unwrap_or(known.have),
            durable_seq: receipt.durable_seq,
            responses_seq: if responses { receipt.seq } else { known.responses_seq },
            // The answer to a push that asked says that the data know them, or all is doubted.
            milestones: if responses { known.milestones } else { Heard::default().milestones },
        };
        heard.add_milestone(receipt.milestone);
        if heard != self.heard {
            writes.push(Write::put(Table::Meta, HEARD, &heard));
            settled.heard = Some(heard);
        }
        if !flying.losses.is_empty() {
            let mut losses = self.losses.clone();
            for note in losses.iter_mut().filter(|note| flying.losses.contains(&note.loss)) {
                note.told = Some(receipt.epoch);
            }
            writes.push(Write::put(Table::Meta, LOSSES, &losses));
            settled.losses = Some(losses);
        }
        writes
    }

    /// Less than the server had in the same life of its data: it does not know a milestone of its own, has less of
    /// this replica than it said, or without the very next seq though it gave a receipt for that.
    fn fell_back(&self, flying: &Flying, receipt: &Receipt) -> bool {
        if flying.epoch != Some(receipt.epoch) {
            return false;
        }
        if receipt.behind {
            return true;
        }
        let own = flying.replica == Some(self.identity.replica);
        let Some(have) = receipt.have.filter(|_| own) else { return false };
        if self.heard.epoch == Some(receipt.epoch) && have < self.heard.have {
            return true;
        }
        let next = have.saturating_add(1);
        let earlier = |replica, epoch, at_ms, change: &Value| {
            replica == flying.replica
                && epoch == Some(receipt.epoch)
                && at_ms < receipt.server_ms
                && change.get("seq").and_then(Value::as_u64) == Some(next)
        };
        self.acked.values().any(|acked| earlier(acked.replica, acked.epoch, acked.at_ms, &acked.change))
            || self.held.values().any(|held| earlier(held.replica, held.epoch, held.at_ms, &held.change))
    }

    fn push_refused(
        &mut self,
        flying: &Flying,
        answer: &Answer,
        now_ms: i64,
        dice: &[u8; 16],
        effects: &mut Vec<Effect>,
    ) {
        let problem: Option<Problem> = answer.json.then(|| serde_json::from_str(&answer.body).ok()).flatten();
        let code = problem.map(|problem| problem.code);
        match (answer.status, code.as_deref()) {
            // Only our own server pauses the phone: a portal's 401 is not a reason to stop.
            (401, Some("login_expired")) if flying.bearer == self.identity.push_token => self.pushing.pause(),
            (413, _) => self.pushing.too_large(),
            (404, _) if planted(Defect::DeletedOnNotFound) => self.give_up(effects),
            (403, Some("replica_foreign")) => {
                self.pushing.rotating = true;
                let mut settled = Settled::default();
                let writes = self.rotate(None, dice, &mut settled);
                self.store(Purpose::Receipts(Box::new(settled)), writes, effects);
            }
            _ => {}
        }
        self.pushing.back_off(now_ms, dice, answer.retry_after_s);
        self.pushing.trouble = Some(code.unwrap_or_else(|| "not_the_server".to_owned()));
    }

    /// The store has the receipts: now the changes leave the outbox in memory too.
    pub(super) fn settled(&mut self, settled: Settled, now_ms: i64) {
        let progress = !settled.acked.is_empty() || !settled.held.is_empty() || settled.again.is_empty();
        if settled.distrust {
            self.distrusted();
        }
        for (id, acked) in settled.acked {
            self.forget_waiting(id);
            self.held.remove(&id);
            let kept = if acked.replica.is_none() { &mut self.acked_responses } else { &mut self.acked };
            kept.insert(id, acked);
        }
        for (id, held) in settled.held {
            self.forget_waiting(id);
            self.acked.remove(&id);
            self.acked_responses.remove(&id);
            self.held.insert(id, held);
        }
        self.heard = settled.heard.unwrap_or(self.heard);
        if let Some(losses) = settled.losses {
            self.losses = losses;
        }
        if let Some(identity) = settled.identity {
            self.took(identity);
        }
        if self.pushing.is_flying() {
            self.pushing.ended(progress, settled.again, now_ms);
            if progress {
                self.pulling.try_soon(now_ms);
            }
        }
    }

    fn took(&mut self, identity: Identity) {
        if identity.replica != self.identity.replica {
            self.alarm = None;
            self.reload = super::Reload::Wanted { rows: false };
        }
        // Tokens may have been renewed meanwhile; a rotation says nothing of them.
        self.identity.replica = identity.replica;
        self.identity.epoch = identity.epoch;
    }

    pub(super) fn forget_waiting(&mut self, id: ChangeId) {
        self.outbox.remove(id);
        self.responses.remove(&id);
        self.pushing.went(id);
    }
}

/// Where a change waits, and where it is kept with its receipt.
const fn tables(response: bool) -> (Table, Table) {
    if response { (Table::Responses, Table::AckedResponses) } else { (Table::Outbox, Table::Acked) }
}

pub(super) fn told(result: &Value) -> Option<(ChangeId, Told)> {
    let id = result.get("id")?.as_str()?.parse().ok()?;
    let word = |name: &str| result.get(name).and_then(Value::as_str).unwrap_or_default();
    let told = match word("st") {
        "ok" | "dup" => Told::Here(result.get("seq").and_then(Value::as_u64).unwrap_or(0)),
        "held" => Told::Held(word("code").to_owned()),
        _ => Told::Again,
    };
    Some((id, told))
}
