//! Push: when, what, and how long to wait after a failure.

use super::store::{Table, Write};
use super::{ACKED_KEPT_MS, Acked, CALL_TIMEOUT_MS, Call, Effect, Outgoing, Phone, Purpose};
use crate::id::{BatchId, ChangeId, Epoch, ReplicaId};
use crate::museum::{Defect, planted};
use crate::wire::{Loss, PROTO, PUSH_MAX_CHANGES, PushRequest};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Taps in a row go up together: a push waits this long for the next one.
pub(super) const GATHER_MS: i64 = 300;
/// Changes in a first batch.
const FIRST_BATCH: usize = 50;
/// An answer within this time lets the next batch double.
const QUICK_MS: i64 = 2_000;
/// The longest that is waited between two tries while the app is open.
const BACK_OFF_MAX_MS: i64 = 60_000;
/// So often a phone with receipts asks whether they still hold, when nothing waits.
const HELLO_MS: i64 = 15 * 60_000;
/// The longest that somebody else's `Retry-After` is kept to, s.
const RETRY_AFTER_MAX_S: u32 = 3_600;

/// Where pushing stands.
#[derive(Debug, Clone)]
pub(super) struct Pushing {
    /// In flight, or its receipts being stored.
    flying: Option<Flying>,
    /// Not before this time, ms.
    pub(super) not_before_ms: i64,
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
    /// Were not taken when they were sent: all others go first.
    pub(super) last: BTreeSet<ChangeId>,
    /// When the server last said how much of this replica it has; none since this tab began.
    told_ms: Option<i64>,
    /// Why the last try failed, as a problem's code; for the sync page.
    pub(super) trouble: Option<String>,
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
            last: BTreeSet::new(),
            told_ms: None,
            trouble: None,
        }
    }
}

/// A batch on its way.
#[derive(Debug, Clone)]
pub(super) struct Flying {
    call: Call,
    pub(super) batch: BatchId,
    pub(super) sent_ms: i64,
    /// The token that it went with.
    pub(super) bearer: String,
    /// Whose changes; none for responses.
    pub(super) replica: Option<ReplicaId>,
    /// The life of the server's data that was known then.
    pub(super) epoch: Option<Epoch>,
    /// The changes as they were sent.
    pub(super) sent: Vec<(ChangeId, Value)>,
    /// Losses that it tells of.
    pub(super) losses: Vec<Loss>,
    /// The answer came, and its receipts are being stored.
    answered: bool,
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

    pub(super) const fn pause(&mut self) {
        self.paused = true;
    }

    /// A new change waits a moment for others; those already waiting wait no longer for it.
    pub(super) const fn gather(&mut self, now_ms: i64) {
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

    pub(super) fn clock_went_back(&mut self, ms: i64) {
        self.not_before_ms = self.not_before_ms.saturating_sub(ms);
        self.told_ms = self.told_ms.map(|told_ms| told_ms.saturating_sub(ms));
    }

    /// What the server said of this replica may not hold any more.
    pub(super) const fn ask_again(&mut self) {
        self.told_ms = None;
    }

    /// Half as many go at once; one alone that is too large lets all others go first.
    pub(super) fn too_large(&mut self) {
        if let Some(Flying { sent, .. }) = &self.flying
            && let [(id, _)] = sent.as_slice()
        {
            self.last.insert(*id);
        }
        self.size = (self.size / 2).max(1);
    }

    /// The batch of this call, if its answer is still awaited.
    pub(super) fn awaited(&self, call: Call) -> Option<Flying> {
        self.flying.clone().filter(|flying| flying.call == call && !flying.answered)
    }

    /// A receipt came after this time; it is being stored.
    pub(super) fn answered(&mut self, took_ms: i64, now_ms: i64) {
        self.trouble = None;
        if let Some(flying) = &mut self.flying {
            flying.answered = true;
            if flying.replica.is_some() {
                self.told_ms = Some(now_ms);
            }
        }
        if took_ms <= QUICK_MS {
            self.size = (self.size * 2).min(PUSH_MAX_CHANGES);
        }
    }

    /// The store has the receipts.
    pub(super) fn ended(&mut self, progress: bool, again: Vec<ChangeId>, now_ms: i64) {
        self.flying = None;
        self.last.extend(again);
        if progress {
            self.try_now(now_ms);
        } else {
            // Every change was told to come again: as after a failure, but the connection is fine.
            self.failures = self.failures.saturating_add(1);
            self.not_before_ms = now_ms + BACK_OFF_MAX_MS.min(1_000 << self.failures.min(6));
        }
    }

    /// A change is gone from what waits.
    pub(super) fn went(&mut self, id: ChangeId) {
        self.last.remove(&id);
    }

    pub(super) fn forget_flying(&mut self) {
        self.flying = None;
    }

    pub(super) const fn is_flying(&self) -> bool {
        self.flying.is_some()
    }
}

/// How long to wait after this many failures in a row.
pub(super) fn wait_ms(failures: u32, dice: &[u8; 16], retry_after_s: Option<u32>) -> i64 {
    if let Some(seconds) = retry_after_s {
        return i64::from(seconds.min(RETRY_AFTER_MAX_S)) * 1_000;
    }
    let bound = BACK_OFF_MAX_MS.min(1_000 << failures.min(6));
    let throw = i64::from(u32::from_le_bytes([dice[0], dice[1], dice[2], dice[3]]));
    throw * bound / i64::from(u32::MAX)
}

/// What goes into a batch.
pub(super) struct Choice {
    /// Whose changes; none for responses.
    pub(super) replica: Option<ReplicaId>,
    /// The changes as they are sent.
    pub(super) changes: Vec<(ChangeId, Value)>,
}

impl Phone {
    /// Whether this tab may send changes at all.
    pub(super) fn may_push(&self) -> bool {
        let pushing = &self.pushing;
        let read = self.reload == super::Reload::No;
        self.leads() && read && !pushing.paused && !pushing.rotating && !self.identity.push_token.is_empty()
    }

    /// When the next push is due, if anything waits.
    pub(super) fn push_due(&self) -> Option<i64> {
        if !self.may_push() || self.pushing.is_flying() {
            return None;
        }
        if planted(Defect::WaitsForEcho) && self.acked.values().any(|acked| !self.contains(acked)) {
            return None;
        }
        let soon_ms = self.pushing.not_before_ms;
        if self.alarm.is_some() || self.something_waits() {
            return Some(soon_ms);
        }
        // Nothing waits; but a server that was put back would be noticed by nobody.
        self.has_said_something()
            .then(|| self.pushing.told_ms.map_or(soon_ms, |told_ms| soon_ms.max(told_ms + HELLO_MS)))
    }

    /// Whether there is anything for which this account needs its server: what waits, and what may
    /// have to be pushed again. An account that is not the open one is kept going for that.
    #[must_use]
    pub fn needs_server(&self) -> bool {
        self.something_waits() || self.has_said_something() || self.alarm.is_some()
    }

    /// Whether this phone keeps anything that the server once confirmed.
    fn has_said_something(&self) -> bool {
        let receipts = !self.acked.is_empty() || !self.acked_responses.is_empty() || !self.held.is_empty();
        receipts || !self.losses.is_empty()
    }

    fn something_waits(&self) -> bool {
        !self.outbox.is_empty()
            || !self.responses.is_empty()
            || self.has_untold()
            || self.receipts_doubted() > 0
    }

    pub(super) fn start_push(&mut self, now_ms: i64, dice: &[u8; 16], effects: &mut Vec<Effect>) {
        if self.push_due().is_none_or(|due| due > now_ms) {
            return;
        }
        if let Some(loss) = self.alarm.clone() {
            self.start_rotation(loss, dice, effects);
            return;
        }
        let choice = self.next_batch(dice);
        let raw = |(_, change): &(ChangeId, Value)| serde_json::value::to_raw_value(change).ok();
        let batch = BatchId::from_bytes(*uuid::Builder::from_random_bytes(*dice).as_uuid().as_bytes());
        let responses = choice.replica.is_none();
        // All of them each time, as they are few: a server that was put back may have forgotten them.
        let losses = if responses { Vec::new() } else { self.told_losses() };
        // Of this replica: what waits under another name is told under that.
        let again = self.doubted_changes().filter(|(replica, ..)| Some(*replica) == choice.replica).count();
        let own = choice.replica == Some(self.identity.replica);
        let pending = again + if own { self.outbox.len() } else { 0 };
        let ask = !responses && self.heard.epoch == self.identity.epoch;
        let request = PushRequest {
            proto: PROTO,
            app: env!("CARGO_PKG_VERSION").to_owned(),
            batch,
            replica: choice.replica,
            epoch: self.identity.epoch,
            wall_ms: if responses { crate::stamp::day_ms(self.server_ms(now_ms)) } else { now_ms },
            pending: if responses { 0 } else { u64::try_from(pending).unwrap_or(u64::MAX) },
            milestones: self.heard.milestones.into_iter().flatten().filter(|_| ask).collect(),
            losses: losses.clone(),
            changes: choice.changes.iter().filter_map(raw).collect(),
        };
        let Ok(body) = serde_json::to_string(&request) else { return };
        let call = self.next_call();
        self.pushing.responses_next = !responses;
        self.pushing.flying = Some(Flying {
            call,
            batch,
            sent_ms: now_ms,
            bearer: self.identity.push_token.clone(),
            replica: choice.replica,
            epoch: self.identity.epoch,
            sent: choice.changes,
            losses,
            answered: false,
        });
        let bearer = self.identity.push_token.clone();
        effects.push(Effect::Push(Outgoing { call, bearer, body, timeout_ms: CALL_TIMEOUT_MS }));
    }

    /// Changes and responses take turns, and both before a batch that only tells of losses.
    fn next_batch(&self, dice: &[u8; 16]) -> Choice {
        let (changes, responses) = (self.some_changes(), self.some_responses(dice));
        let alone = changes.changes.is_empty() && !self.has_untold() && !responses.changes.is_empty();
        let turn = alone || (self.pushing.responses_next && !responses.changes.is_empty());
        if turn { responses } else { changes }
    }

    pub(super) fn push_unanswered(
        &mut self,
        call: Call,
        timed_out: bool,
        now_ms: i64,
        dice: &[u8; 16],
        effects: &mut Vec<Effect>,
    ) {
        if self.pushing.awaited(call).is_none() {
            return;
        }
        if planted(Defect::GivesUp) && self.pushing.failures >= 3 {
            self.give_up(effects);
        }
        if timed_out {
            self.pushing.size = (self.pushing.size / 2).max(1);
        }
        self.pushing.back_off(now_ms, dice, None);
        self.pushing.trouble = Some("unreachable".to_owned());
    }

    /// The changes of the batch that is under way.
    pub(super) fn flying_ids(&self) -> impl Iterator<Item = ChangeId> {
        self.pushing.flying.iter().flat_map(|flying| flying.sent.iter().map(|(id, _)| *id))
    }

    /// Why sync does not get on, as a code: `login_expired` where it waits for a login.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        let waits_for_login = self.pushing.paused || self.pulling.paused;
        if waits_for_login { Some("login_expired") } else { self.pushing.trouble.as_deref() }
    }

    /// Removes what was receipted long ago, is contained in the pulled rows, and is backed up
    /// wherever the server has a backup. By the server's clock: the phone's may jump.
    pub(super) fn drop_old(&mut self, effects: &mut Vec<Effect>) {
        let own_clock = planted(Defect::DroppedByOwnClock);
        let heard_ms = if own_clock { self.seen_ms } else { self.clock.heard_ms };
        // Of a life that nothing was said about yet, nobody knows whether it has a backup; and an
        // answer that is being stored may tell of another life.
        let learning = self.storing.values().any(|purpose| matches!(purpose, Purpose::Receipts(_)));
        if learning || self.heard.epoch != self.identity.epoch {
            return;
        }
        let durable = self.heard.durable_seq;
        let old = |(_, acked): &(&ChangeId, &Acked)| {
            let kept_long = heard_ms.saturating_sub(acked.at_ms) > ACKED_KEPT_MS;
            let seq = if acked.replica.is_some() { acked.receipt } else { self.heard.responses_seq };
            let settled = kept_long && !self.doubts(acked.epoch) && self.contains(acked);
            settled && (durable == 0 || seq <= durable)
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
