//! A phone of the simulated city: its clock, what lies on its disk, and its open tabs.

use shared::id::ChangeId;
use shared::phone::{Call, Canary, Phone, Table, Tables, Token, Undo, Unkept, Write};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Which version of the app speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    Current,
    /// It knows nothing of what came later.
    Old,
    /// It says more than this server knows.
    New,
}

/// What the store is to do wrong next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoreFault {
    Aborts,
    Full,
    /// The connection goes just before or just after the transaction; the app tries again.
    Closes,
}

/// One account's database on one phone.
#[derive(Debug, Default, Clone)]
pub(super) struct Disk {
    pub(super) tables: Tables,
    /// What would take the last transactions back, the latest last.
    undo: Vec<Undo>,
    pub(super) fault: Option<StoreFault>,
}

impl Disk {
    pub(super) fn commit(&mut self, writes: &[Write]) -> Result<Vec<u64>, Unkept> {
        let (seqs, undo) = self.tables.commit(writes)?;
        if self.undo.len() == 6 {
            self.undo.remove(0);
        }
        self.undo.push(undo);
        Ok(seqs)
    }

    /// The last transactions were never flushed, whatever was said.
    pub(super) fn lose(&mut self, transactions: usize) {
        for _ in 0..transactions {
            if let Some(undo) = self.undo.pop() {
                self.tables.revert(undo);
            }
        }
        self.undo.clear();
    }

    /// Ids that wait, changes and responses.
    pub(super) fn waiting(&self) -> BTreeSet<ChangeId> {
        self.ids(&[Table::Outbox, Table::Responses])
    }

    /// Everything recorded that is on this disk, with or without a receipt.
    pub(super) fn all(&self) -> BTreeSet<ChangeId> {
        self.ids(&[Table::Outbox, Table::Responses, Table::Acked, Table::AckedResponses, Table::Held])
    }

    fn ids(&self, tables: &[Table]) -> BTreeSet<ChangeId> {
        tables
            .iter()
            .flat_map(|table| self.tables.of(*table))
            .filter_map(|(key, _)| key.parse().ok())
            .collect()
    }

    pub(super) fn has(&self, id: ChangeId) -> bool {
        let key = id.to_string();
        let tables = [Table::Outbox, Table::Responses, Table::Acked, Table::AckedResponses, Table::Held];
        tables.iter().any(|table| self.tables.get(*table, &key).is_some())
    }
}

/// Work that a tab asked its store for.
#[derive(Debug)]
pub(super) enum Job {
    Write(Token, Vec<Write>),
    /// The store, with the pulled rows or without.
    Read {
        rows: bool,
    },
}

/// When a tab is killed that is to be killed in the middle of its store's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doom {
    Working,
    Reading,
}

/// A tab on one account.
#[derive(Debug)]
pub(super) struct Tab {
    pub(super) generation: u64,
    pub(super) account: usize,
    pub(super) phone: Phone,
    pub(super) jobs: VecDeque<Job>,
    /// A job is being carried out.
    pub(super) busy: bool,
    /// The job was carried out; the tab has not heard of it yet.
    pub(super) done: bool,
    /// The job reads.
    pub(super) reads: bool,
    /// It is killed at the next such job.
    pub(super) doom: Option<Doom>,
    /// Only gets rid of what waits of an account that is not the open one.
    pub(super) background: bool,
    /// The store has failed: nothing more is recorded until it is opened again.
    pub(super) broken: bool,
    /// Counts the plans to wake; only the last one holds.
    pub(super) wakes: u64,
    pub(super) calls: BTreeMap<Call, Sent>,
    /// Facts of recordings that are not saved yet.
    pub(super) recordings: BTreeMap<Token, Vec<ChangeId>>,
}

/// A call that is under way.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) push: bool,
    pub(super) batch: String,
    pub(super) ids: Vec<ChangeId>,
}

/// A phone.
#[derive(Debug)]
pub(super) struct Device {
    /// Its clock less true time, ms.
    pub(super) off_ms: i64,
    /// Parts per million that its clock runs too fast.
    pub(super) drift_ppm: i64,
    pub(super) flavour: Flavour,
    pub(super) disks: BTreeMap<usize, Disk>,
    /// What lies beside the databases.
    pub(super) canaries: BTreeMap<usize, Canary>,
    /// The same as it was a while ago.
    pub(super) old_canaries: BTreeMap<usize, Canary>,
    pub(super) tabs: Vec<Tab>,
    /// Which tab holds an account's lock, by generation.
    pub(super) locks: BTreeMap<usize, u64>,
    /// The account that is open.
    pub(super) open: usize,
}

impl Device {
    pub(super) fn new(open: usize) -> Self {
        Self {
            off_ms: 0,
            drift_ppm: 0,
            flavour: Flavour::Current,
            disks: BTreeMap::new(),
            canaries: BTreeMap::new(),
            old_canaries: BTreeMap::new(),
            tabs: Vec::new(),
            locks: BTreeMap::new(),
            open,
        }
    }

    /// This phone's clock, ms; `since_ms` is true time since the run began.
    pub(super) const fn clock(&self, true_ms: i64, since_ms: i64) -> i64 {
        true_ms + self.off_ms + since_ms / 1_000 * self.drift_ppm / 1_000
    }

    pub(super) fn tab(&mut self, generation: u64) -> Option<&mut Tab> {
        self.tabs.iter_mut().find(|tab| tab.generation == generation)
    }

    /// The tab in front: one of the open account.
    pub(super) fn front(&self) -> Option<&Tab> {
        self.tabs.iter().rev().find(|tab| !tab.background && tab.account == self.open)
    }

    pub(super) fn leads(&self, tab: &Tab) -> bool {
        self.locks.get(&tab.account) == Some(&tab.generation)
    }
}
