//! Push: batches, backoff, and the rule by which a change leaves the outbox.

use super::store::{Acked, HeldChange, Table, Write, seq_key};
use super::{ACKED_KEPT_MS, Answer, CALL_TIMEOUT_MS, Call, Effect, Outgoing, Phone, Purpose};
use crate::id::{BatchId, ChangeId, ReplicaId};
use crate::problem::Problem;
use crate::wire::{Outcome, PROTO, PUSH_MAX_CHANGES, PushAnswer, PushRequest, PushResult};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Taps in a row go up together: a push waits this long for the next one.
pub(super) const GATHER_MS: i64 = 300;
/// Changes in a first batch.
const FIRST_BATCH: usize = 50;
/// An answer within this time lets the next batch double.
const QUICK_MS: i64 = 2_000;
/// The longest that is waited between two tries while the app is open.
const BACK_OFF_MAX_MS: i64 = 60_000;
/// Where pushing stands.
#[derive(Debug, Clone)]
pub(super) struct Pushing {
    /// In flight, or its receipts being stored.
    flying: Option<Flying>,
    /// Not before this time, ms.
    not_before_ms: i64,
    /// Failures in a row.
    failures: u32,
    /// How many changes the next batch takes.
    pub(super) size: usize,
    /// 401: keeps everything and waits for a login.
    paused: bool,
    /// A new replica id is being stored; nothing flies until the outbox was read anew.
    pub(super) rotating: bool,
    /// Changes and responses take turns, changes first: a response may tell of a session that
    /// goes up with them.
    responses_next: bool,
    /// Why the last try failed, as a problem's code; for the sync page.
    trouble: Option<String>,
}

impl Default for Pushing {
    fn default() -> Self {
        Self {
            flying: None,
            not_before_ms: 0,
            failures: 0,
            size: FIRST_BATCH,
            paused: false,
            rotating: false,
            responses_next: false,
            trouble: None,
        }
    }
}

#[derive(Debug, Clone)]
struct Flying {
    call: Call,
    batch: BatchId,
    sent_ms: i64,
    /// The ids in it.
    ids: Vec<ChangeId>,
    /// The answer came, and its receipts are being stored.
    answered: bool,
}

/// Receipts, once the store has them.
#[derive(Debug, Clone, Default)]
pub(super) struct Settled {
    acked: Vec<(ChangeId, Acked)>,
    held: Vec<(ChangeId, HeldChange)>,
    progress: bool,
}

impl Pushing {
    pub(super) fn try_now(&mut self, now_ms: i64) {
        self.failures = 0;
        self.not_before_ms = now_ms;
    }

    pub(super) fn resume(&mut self, now_ms: i64) {
        self.paused = false;
        self.try_now(now_ms);
    }

    /// A new change waits a moment for others; those already waiting wait no longer for it.
    pub(super) fn gather(&mut self, now_ms: i64) {
        if self.failures == 0 && self.not_before_ms <= now_ms {
            self.not_before_ms = now_ms + GATHER_MS;
        }
    }

    /// Full jitter: anywhere between now and the bound, which doubles with each failure.
    pub(super) fn back_off(&mut self, now_ms: i64, dice: &[u8; 16], retry_after_s: Option<u32>) {
        self.flying = None;
        self.failures = self.failures.saturating_add(1);
        self.not_before_ms = now_ms + wait_ms(self.failures, dice, retry_after_s);
    }
}

/// How long to wait after this many failures in a row.
pub(super) fn wait_ms(failures: u32, dice: &[u8; 16], retry_after_s: Option<u32>) -> i64 {
    if let Some(seconds) = retry_after_s {
        return i64::from(seconds) * 1_000;
    }
    let bound = BACK_OFF_MAX_MS.min(1_000 << failures.min(6));
    let throw = i64::from(u32::from_le_bytes([dice[0], dice[1], dice[2], dice[3]]));
    throw * bound / i64::from(u32::MAX)
}

impl Phone {
    /// When the next push is due, if anything waits.
    pub(super) fn push_due(&self) -> Option<i64> {
        let waits = !self.outbox.is_empty() || !self.responses.is_empty();
        let pushing = &self.pushing;
        let free = pushing.flying.is_none() && !pushing.paused && !pushing.rotating;
        (waits && free && !self.identity.push_token.is_empty()).then_some(self.pushing.not_before_ms)
    }

    pub(super) fn start_push(&mut self, now_ms: i64, dice: &[u8; 16], effects: &mut Vec<Effect>) {
        if self.push_due().is_none_or(|due| due > now_ms) {
            return;
        }
        let responses = self.outbox.is_empty() || (self.pushing.responses_next && !self.responses.is_empty());
        let chosen = if responses { self.some_responses(dice) } else { self.some_changes() };
        let (ids, changes): (Vec<ChangeId>, Vec<Box<RawValue>>) = chosen.into_iter().unzip();
        if ids.is_empty() {
            return;
        }
        let batch = BatchId::from_bytes(*uuid::Builder::from_random_bytes(*dice).as_uuid().as_bytes());
        let request = PushRequest {
            proto: PROTO,
            app: env!("CARGO_PKG_VERSION").to_owned(),
            batch,
            replica: (!responses).then_some(self.identity.replica),
            epoch: self.identity.epoch,
            wall_ms: if responses { crate::stamp::day_ms(self.server_ms(now_ms)) } else { now_ms },
            pending: if responses { 0 } else { u64::try_from(self.outbox.len()).unwrap_or(u64::MAX) },
            changes,
        };
        let Ok(body) = serde_json::to_string(&request) else {
            return;
        };
        let call = self.next_call();
        self.pushing.responses_next = !responses;
        self.pushing.flying = Some(Flying { call, batch, sent_ms: now_ms, ids, answered: false });
        effects.push(Effect::Push(Outgoing {
            call,
            bearer: self.identity.push_token.clone(),
            body,
            timeout_ms: CALL_TIMEOUT_MS,
        }));
    }

    pub(super) fn push_unanswered(&mut self, call: Call, timed_out: bool, now_ms: i64, dice: &[u8; 16]) {
        if self.pushing.flying.as_ref().is_none_or(|flying| flying.call != call) {
            return;
        }
        if timed_out {
            self.pushing.size = (self.pushing.size / 2).max(1);
        }
        self.pushing.back_off(now_ms, dice, None);
        self.pushing.trouble = Some("unreachable".to_owned());
    }

    pub(super) fn push_answered(
        &mut self,
        call: Call,
        answer: &Answer,
        now_ms: i64,
        dice: &[u8; 16],
        effects: &mut Vec<Effect>,
    ) {
        let Some(flying) = self.pushing.flying.as_mut().filter(|f| f.call == call && !f.answered) else {
            return;
        };
        // The receipt rule: 200, JSON, and our own batch; then id by id.
        let receipt = (answer.status == 200 && answer.json)
            .then(|| serde_json::from_str::<PushAnswer>(&answer.body).ok())
            .flatten()
            .filter(|receipt| receipt.batch == flying.batch);
        let Some(receipt) = receipt else {
            self.push_refused(answer, now_ms, dice, effects);
            return;
        };
        flying.answered = true;
        let (sent_ms, ids) = (flying.sent_ms, flying.ids.clone());
        self.pushing.trouble = None;
        self.heard(receipt.server_ms, sent_ms, now_ms, effects);
        if now_ms - sent_ms <= QUICK_MS {
            self.pushing.size = (self.pushing.size * 2).min(PUSH_MAX_CHANGES);
        }
        let settled = self.settle(&ids, &receipt.results, now_ms);
        let writes = self.receipt_writes(&settled);
        self.store(Purpose::Receipts(settled), writes, effects);
        if receipt.rotate_replica {
            self.rotate(dice, effects);
        }
    }

    fn push_refused(&mut self, answer: &Answer, now_ms: i64, dice: &[u8; 16], effects: &mut Vec<Effect>) {
        let problem: Option<Problem> = answer.json.then(|| serde_json::from_str(&answer.body).ok()).flatten();
        let code = problem.map(|problem| problem.code);
        match (answer.status, code.as_deref()) {
            // Only our own server pauses the phone: a portal's 401 is not a reason to stop.
            (401, Some("login_expired")) => self.pushing.paused = true,
            (413, _) => self.pushing.size = (self.pushing.size / 2).max(1),
            (403, Some("replica_foreign")) => self.rotate(dice, effects),
            _ => {}
        }
        self.pushing.back_off(now_ms, dice, answer.retry_after_s);
        self.pushing.trouble = Some(code.unwrap_or_else(|| "not_the_server".to_owned()));
    }

    /// What the results say of the changes that were really in the batch.
    fn settle(&self, ids: &[ChangeId], results: &[PushResult], now_ms: i64) -> Settled {
        let mut settled = Settled::default();
        let told: BTreeMap<ChangeId, Outcome> =
            results.iter().rev().filter_map(|result| Some((result.about()?, result.outcome))).collect();
        for id in ids {
            let Some(outcome) = told.get(id) else {
                continue;
            };
            let Some((replica, change)) = self.sent(*id) else {
                continue;
            };
            match *outcome {
                Outcome::Ok { seq } | Outcome::Dup { seq } => {
                    settled.acked.push((*id, Acked { change, replica, receipt: seq, at_ms: now_ms }));
                }
                Outcome::Held { code } => {
                    let code = code.wire().to_owned();
                    settled.held.push((*id, HeldChange { change, code, at_ms: now_ms }));
                }
                Outcome::Retry { .. } => {}
            }
        }
        settled.progress = !settled.acked.is_empty() || !settled.held.is_empty();
        settled
    }

    /// A waiting change as it is sent, with its replica.
    fn sent(&self, id: ChangeId) -> Option<(Option<ReplicaId>, Value)> {
        if let Some(waiting) = self.responses.get(&id) {
            return Some((None, waiting.raw.clone()));
        }
        let (seq, waiting) = self.outbox.iter().find(|(_, waiting)| waiting.id == Some(id))?;
        let mut raw = waiting.raw.clone();
        raw.as_object_mut()?.insert("seq".to_owned(), Value::from(*seq));
        Some((Some(self.identity.replica), raw))
    }

    fn receipt_writes(&self, settled: &Settled) -> Vec<Write> {
        let mut writes = Vec::new();
        for (id, acked) in &settled.acked {
            writes.push(leave_outbox(*id, &acked.change));
            let table = if acked.replica.is_none() { Table::AckedResponses } else { Table::Acked };
            writes.push(Write::put(table, id.to_string(), acked));
        }
        for (id, held) in &settled.held {
            writes.push(leave_outbox(*id, &held.change));
            writes.push(Write::put(Table::Held, id.to_string(), held));
        }
        writes
    }

    /// The store has the receipts: now the changes leave the outbox in memory too.
    pub(super) fn settled(&mut self, settled: Settled, now_ms: i64) {
        let Settled { acked, held, progress } = settled;
        for (id, acked) in acked {
            self.forget_waiting(id, &acked.change);
            let kept = if acked.replica.is_none() { &mut self.acked_responses } else { &mut self.acked };
            kept.insert(id, acked);
        }
        for (id, change) in held {
            self.forget_waiting(id, &change.change);
            self.held.insert(id, change);
        }
        self.pushing.flying = None;
        if progress {
            self.pushing.try_now(now_ms);
            self.pulling.try_soon(now_ms);
        } else {
            // Every change was told to come again: as after a failure, but the connection is fine.
            self.pushing.failures = self.pushing.failures.saturating_add(1);
            self.pushing.not_before_ms = now_ms + BACK_OFF_MAX_MS.min(1_000 << self.pushing.failures.min(6));
        }
    }

    fn forget_waiting(&mut self, id: ChangeId, change: &Value) {
        match crate::change::glimpse(change).seq {
            Some(seq) => self.outbox.remove(&seq),
            None => self.responses.remove(&id),
        };
    }

    /// The changes of the batch that is under way.
    pub(super) fn flying_ids(&self) -> &[ChangeId] {
        self.pushing.flying.as_ref().map_or(&[], |flying| flying.ids.as_slice())
    }

    /// Why sync does not get on, as a code: `login_expired` where it waits for a login.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        let waits_for_login = self.pushing.paused || self.pulling.paused;
        if waits_for_login { Some("login_expired") } else { self.pushing.trouble.as_deref() }
    }

    /// Removes what was receipted long ago and is contained in the pulled rows.
    pub(super) fn drop_old(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let old = |(_, acked): &(&ChangeId, &Acked)| {
            now_ms.saturating_sub(acked.at_ms) > ACKED_KEPT_MS && self.contains(acked)
        };
        let ids = |kept: &BTreeMap<ChangeId, Acked>| -> Vec<ChangeId> {
            kept.iter().filter(old).map(|(id, _)| *id).collect()
        };
        let (changes, responses) = (ids(&self.acked), ids(&self.acked_responses));
        let mut writes = Vec::new();
        for id in changes {
            self.acked.remove(&id);
            writes.push(Write::delete(Table::Acked, id.to_string()));
        }
        for id in responses {
            self.acked_responses.remove(&id);
            writes.push(Write::delete(Table::AckedResponses, id.to_string()));
        }
        if !writes.is_empty() {
            self.memo(writes, effects);
        }
    }
}

fn leave_outbox(id: ChangeId, change: &Value) -> Write {
    match crate::change::glimpse(change).seq {
        Some(seq) => Write::delete(Table::Outbox, seq_key(seq)),
        None => Write::delete(Table::Responses, id.to_string()),
    }
}
