//! What really happened, as only the simulator can know: what people recorded, what they were told
//! was saved, and which losses must have been noticed.

use shared::change::Body;
use shared::id::{ChangeId, ReplicaId, SessionId};
use shared::phone::Fact;
use shared::wire::LossKind;
use std::collections::{BTreeMap, BTreeSet};

/// A fact that somebody recorded.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) device: usize,
    pub(super) account: usize,
    pub(super) session: Option<SessionId>,
    pub(super) body: Body,
    /// The person was told that it is saved.
    pub(super) saved: bool,
    /// It was lost with the disk it lay on: no software can bring it back.
    pub(super) excused: bool,
}

#[derive(Debug, Default)]
pub(super) struct Oracle {
    all: BTreeMap<ChangeId, Made>,
    /// Bytes that lay in an outbox without having been recorded by this version.
    pub(super) strange: BTreeMap<ChangeId, usize>,
    /// The same id with other content: a text that must be found among what is held, the id, and
    /// on which phone and for which account it lay.
    pub(super) clashing: Vec<(String, ChangeId, usize, usize)>,
    /// Their ids: any account may send them.
    pub(super) foreign: BTreeSet<ChangeId>,
    /// What had to be noticed: on which phone, for which account, of which replica.
    pub(super) losses_due: BTreeSet<((usize, usize), ReplicaId, LossKind)>,
    /// Receipted, and gone with the server's data: they have to come back.
    pub(super) gone_with_the_data: BTreeSet<ChangeId>,
}

impl Oracle {
    pub(super) fn made(&mut self, fact: &Fact, device: usize, account: usize) {
        let made = Made {
            device,
            account,
            session: fact.session,
            body: fact.body.clone(),
            saved: false,
            excused: false,
        };
        self.all.insert(fact.id, made);
    }

    pub(super) fn saved(&mut self, id: ChangeId) {
        if let Some(made) = self.all.get_mut(&id) {
            made.saved = true;
        }
    }

    /// These are gone with a disk, or with a part of it.
    pub(super) fn excuse(&mut self, place: (usize, usize), ids: impl IntoIterator<Item = ChangeId>) {
        for id in ids {
            self.strange.remove(&id);
            self.clashing
                .retain(|(_, clashing, device, account)| *clashing != id || (*device, *account) != place);
            if let Some(made) = self.all.get_mut(&id) {
                made.excused = true;
            }
        }
    }

    /// A database is lost with all that it had noticed and not told yet.
    pub(super) fn forget_losses(&mut self, device: usize, account: usize) {
        self.losses_due.retain(|(place, ..)| *place != (device, account));
    }

    pub(super) fn account(&self, id: ChangeId) -> Option<usize> {
        self.all.get(&id).map(|made| made.account).or_else(|| self.strange.get(&id).copied())
    }

    pub(super) fn get(&self, id: ChangeId) -> Option<&Made> {
        self.all.get(&id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (ChangeId, &Made)> {
        self.all.iter().map(|(id, made)| (*id, made))
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}
