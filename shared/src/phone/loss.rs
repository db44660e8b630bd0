//! Loss is noticed: an emptied or an older database, a copied profile, a server that has less than
//! it said (docs/sync.md, "Loss is noticed").

use super::event::Effect;
use super::receipt::Settled;
use super::store::{ALARM, CURSOR, Canary, HEARD, Heard, IDENTITY, LOSSES, LossNote, Table, Write};
use super::{Phone, Purpose};
use crate::id::ReplicaId;
use crate::wire::{Loss, LossKind};

impl Phone {
    /// Compares the database with what lay beside it, and with what the server once said.
    pub(super) fn compare(&mut self, canary: Option<Canary>, now_ms: i64) {
        let replica = self.identity.replica;
        // One of another replica was written before or after this database: it proves nothing.
        let beside = canary.filter(|canary| canary.replica == replica).map_or(0, |canary| canary.next_seq);
        let known = beside.max(self.heard.have.saturating_add(1));
        if known > self.next_seq && self.alarm.is_none() {
            self.alarm = Some(self.rolled_back(Some(known - self.next_seq), now_ms));
        }
    }

    /// Writes down what was noticed before anything is recorded: what is recorded uses up the seqs that are
    /// missing, and a phone that dies before its replica was changed would open with nothing to compare.
    pub(super) fn keep_alarm(&mut self, effects: &mut Vec<Effect>) {
        let known = std::mem::replace(&mut self.alarm_kept, self.alarm.is_some());
        if let Some(loss) = self.alarm.as_ref().filter(|_| !known) {
            self.memo(vec![Write::put(Table::Meta, ALARM, loss)], effects);
        }
    }

    /// The loss of a database that is older than it was, or a copy.
    pub(super) const fn rolled_back(&self, missing: Option<u64>, now_ms: i64) -> Loss {
        let at_ms = self.server_ms(now_ms);
        Loss { kind: LossKind::RolledBack, replica: self.identity.replica, at_ms, missing }
    }

    /// Begins with a new replica: the present one is known to be used twice.
    pub(super) fn start_rotation(&mut self, loss: Loss, dice: &[u8; 16], effects: &mut Vec<Effect>) {
        let mut settled = Settled::default();
        let writes = self.rotate(Some(loss), dice, &mut settled);
        self.pushing.rotating = true;
        self.store(Purpose::Receipts(Box::new(settled)), writes, effects);
    }

    /// Takes a new replica and numbers what has no receipt from 1: a copied profile or a
    /// rolled-back disk counts the old one again. The store renumbers, since only it knows
    /// what other tabs have appended meanwhile.
    pub(super) fn rotate(&self, loss: Option<Loss>, dice: &[u8; 16], settled: &mut Settled) -> Vec<Write> {
        let mut seed = *dice;
        seed.reverse();
        let replica = ReplicaId::from_bytes(*uuid::Builder::from_random_bytes(seed).as_uuid().as_bytes());
        let mut identity = settled.identity.take().unwrap_or_else(|| self.identity.clone());
        identity.replica = replica;
        let heard = Heard { have: 0, ..settled.heard.unwrap_or(self.heard) };
        let mut losses = settled.losses.take().unwrap_or_else(|| self.losses.clone());
        losses.extend(loss.map(|loss| LossNote { loss, told: None, read: false }));
        let writes = vec![
            Write::put(Table::Meta, IDENTITY, &identity),
            Write::put(Table::Meta, HEARD, &heard),
            Write::put(Table::Meta, LOSSES, &losses),
            Write::delete(Table::Meta, ALARM),
            Write::Renumber,
        ];
        settled.identity = Some(identity);
        settled.heard = Some(heard);
        settled.losses = Some(losses);
        writes
    }

    /// The server has less of this replica than it said in the same life of its data: no receipt
    /// of it is trusted any more, and its rows are read from the top.
    pub(super) fn distrust(&self, missing: Option<u64>, now_ms: i64, settled: &mut Settled) -> Vec<Write> {
        let loss = Loss {
            kind: LossKind::ServerBehind,
            replica: self.identity.replica,
            at_ms: self.server_ms(now_ms),
            missing,
        };
        let mut losses = settled.losses.take().unwrap_or_else(|| self.losses.clone());
        losses.iter_mut().for_each(|note| note.told = None);
        losses.push(LossNote { loss, told: None, read: false });
        let mut writes = vec![Write::put(Table::Meta, LOSSES, &losses)];
        settled.losses = Some(losses);
        settled.distrust = true;
        let doubted = |acked: &super::Acked| super::Acked { epoch: None, ..acked.clone() };
        for (table, kept) in [(Table::Acked, &self.acked), (Table::AckedResponses, &self.acked_responses)] {
            let stale = kept.iter().filter(|(id, _)| !settled.names(**id));
            writes.extend(stale.map(|(id, acked)| Write::put(table, id.to_string(), &doubted(acked))));
        }
        for (id, held) in self.held.iter().filter(|(id, _)| !settled.names(**id)) {
            let doubted = super::HeldChange { epoch: None, ..held.clone() };
            writes.push(Write::put(Table::Held, id.to_string(), &doubted));
        }
        for (scope, rows) in &self.scopes.all {
            let cursor = super::pull::Cursor { epoch: None, ..rows.cursor };
            writes.push(Write::put(Table::Meta, format!("{CURSOR}{scope}"), &cursor));
        }
        writes
    }

    /// The rows tell that the server has less than it had, in the same life of its data.
    pub(super) fn server_went_back(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        let mut settled = Settled::default();
        let writes = self.distrust(None, now_ms, &mut settled);
        self.pulling.plan_all(now_ms);
        self.store(Purpose::Receipts(Box::new(settled)), writes, effects);
    }

    /// The same in memory, once the store has it.
    pub(super) fn distrusted(&mut self) {
        self.acked.values_mut().for_each(|acked| acked.epoch = None);
        self.acked_responses.values_mut().for_each(|acked| acked.epoch = None);
        self.held.values_mut().for_each(|held| held.epoch = None);
        for rows in self.scopes.all.values_mut() {
            rows.cursor.epoch = None;
            rows.fresh = None;
        }
    }

    /// Whether there is a loss that the server was not told of yet.
    pub(super) fn has_untold(&self) -> bool {
        self.losses.iter().any(|note| self.doubts(note.told))
    }

    /// What a push tells of.
    pub(super) fn told_losses(&self) -> Vec<Loss> {
        self.losses.iter().map(|note| note.loss.clone()).collect()
    }

    pub(super) fn losses_read(&mut self, effects: &mut Vec<Effect>) {
        self.losses.iter_mut().for_each(|note| note.read = true);
        self.memo(vec![Write::put(Table::Meta, LOSSES, &self.losses)], effects);
    }

    /// What was lost on this phone or at its server, as far as it was noticed; the latest last.
    #[must_use]
    pub fn losses(&self) -> &[LossNote] {
        &self.losses
    }
}
