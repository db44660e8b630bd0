//! What the browser does around the core: it carries out the effects, in order, and tells what came
//! of them. The same as `app/src/sync.rs`, in virtual time and with things that go wrong.

use super::device::{Disk, Doom, Job, StoreFault, Tab};
use super::template::ACCOUNTS;
use super::world::{Happening, World};
use shared::id::{ChangeId, ReplicaId};
use shared::museum::{Defect, planted};
use shared::phone::{
    Canary, Clock, Effect, Event, Fact, Identity, Input, NEXT_SEQ, Opening, Phone, Table, Token, Unkept,
    Write,
};
use shared::wire::{Loss, LossKind};
use std::collections::{BTreeMap, VecDeque};

/// Everything but drafts, the pulled rows first.
const RECORDS: [Table; 7] = [
    Table::Rows,
    Table::Outbox,
    Table::Responses,
    Table::Acked,
    Table::AckedResponses,
    Table::Held,
    Table::Meta,
];

impl World {
    /// A tab is opened: the database is read, and where nobody was on it, somebody logs in.
    pub(super) fn open(&mut self, device: usize, account: usize, background: bool) {
        if planted(Defect::OtherAccountPushes) && !background {
            self.take_from_others(device, account);
        }
        let now_ms = self.clock(device);
        let phone = &self.devices[device];
        let snapshot = phone.disks.get(&account).map(|disk| disk.tables.snapshot(&Table::ALL));
        let mut canary = phone.canaries.get(&account).copied();
        self.expect_loss(device, account, canary);
        if planted(Defect::LossForNewPhone) {
            canary = None;
        }
        match Phone::open(&snapshot.unwrap_or_default(), canary, now_ms) {
            Opening::Ready(core) => self.begin(device, account, *core, background),
            Opening::New => self.first(device, account, None),
            Opening::Emptied(loss) => self.first(device, account, Some(loss)),
        }
    }

    /// An exhibit of the museum: one outbox for all accounts of a phone.
    fn take_from_others(&mut self, device: usize, account: usize) {
        let disks = &mut self.devices[device].disks;
        let mut writes = Vec::new();
        for (_, disk) in disks.iter_mut().filter(|(other, _)| **other != account) {
            for (key, stored) in disk.tables.of(Table::Outbox) {
                if let Some((_, value)) = shared::phone::unnumbered(stored) {
                    writes.push(Write::Append { key: key.clone(), value: value.to_vec() });
                }
            }
            let _ = disk.commit(&[Write::DeletePrefix { table: Table::Outbox, prefix: String::new() }]);
        }
        if let Some(disk) = disks.get_mut(&account) {
            let _ = disk.commit(&writes);
        }
    }

    /// What has to be noticed when this database is opened with what lies beside it.
    fn expect_loss(&mut self, device: usize, account: usize, canary: Option<Canary>) {
        let Some(canary) = canary else { return };
        let (replica, place) = (canary.replica, (device, account));
        match self.identity(device, account) {
            // Due once somebody has logged in on it: `first`.
            None => {}
            Some(identity) if identity.replica == replica => {
                let disk = &self.devices[device].disks[&account];
                let next = shared::phone::counter(disk.tables.get(Table::Meta, NEXT_SEQ)).unwrap_or(1);
                if next < canary.next_seq {
                    self.oracle.losses_due.insert((place, replica, LossKind::RolledBack));
                }
            }
            Some(_) => {}
        }
    }

    fn first(&mut self, device: usize, account: usize, loss: Option<Loss>) {
        let replica = ReplicaId::from(uuid::Uuid::from_bytes(self.dice()));
        let answer = if self.server.up { self.server.login(account, replica, self.now_ms) } else { None };
        let Some(answer) = answer else {
            self.plan(5_000, Happening::Open { device, account, background: false });
            return;
        };
        let identity = Identity {
            account: answer.account,
            replica,
            token: answer.token,
            push_token: answer.push_token,
            epoch: Some(answer.epoch),
            granted: answer.granted,
            others: answer.others,
            rescue_key: answer.rescue_key,
        };
        let offset_ms = answer.server_ms - self.clock(device);
        let clock = Clock { offset_ms, heard_ms: answer.server_ms };
        if let Some(canary) = self.devices[device].canaries.get(&account) {
            let place = (device, account);
            self.oracle.losses_due.insert((place, canary.replica, LossKind::Emptied));
            self.reached.note("loss: emptied");
        }
        let (core, writes) = Phone::first(identity, clock, loss.into_iter().collect());
        let _ = self.devices[device].disks.entry(account).or_default().commit(&writes);
        self.begin(device, account, core, false);
    }

    fn begin(&mut self, device: usize, account: usize, core: Phone, background: bool) {
        self.next_tab += 1;
        let generation = self.next_tab;
        self.note(|_| format!("phone {device}: tab {generation} opens {}", ACCOUNTS[account].login));
        self.devices[device].tabs.push(Tab {
            generation,
            account,
            phone: core,
            jobs: VecDeque::new(),
            busy: false,
            done: false,
            reads: false,
            doom: None,
            background,
            broken: false,
            wakes: 0,
            calls: BTreeMap::new(),
            recordings: BTreeMap::new(),
        });
        if planted(Defect::EveryTabPushes) {
            self.step(device, generation, Event::Lead { reload: false, pull: !background });
            return;
        }
        match self.devices[device].locks.get(&account).copied() {
            None => {
                self.devices[device].locks.insert(account, generation);
                self.step(device, generation, Event::Lead { reload: false, pull: !background });
            }
            Some(_) if self.rng.bool() => self.steal(device, generation),
            Some(_) => {}
        }
    }

    /// The tab comes to the front and takes the lead, whoever has it.
    pub(super) fn steal(&mut self, device: usize, generation: u64) {
        let Some(tab) = self.tab(device, generation) else { return };
        let (account, pull) = (tab.account, !tab.background);
        let before = self.devices[device].locks.insert(account, generation);
        if let Some(before) = before.filter(|before| *before != generation) {
            self.reached.note("tab: lead stolen");
            self.step(device, before, Event::Follow);
            self.step(device, generation, Event::Lead { reload: true, pull });
        }
    }

    /// The tab is gone from one moment to the next.
    pub(super) fn kill(&mut self, device: usize, generation: u64) {
        let phone = &mut self.devices[device];
        let Some(place) = phone.tabs.iter().position(|tab| tab.generation == generation) else { return };
        let tab = phone.tabs.remove(place);
        self.note(|_| format!("phone {device}: tab {generation} is killed"));
        if self.devices[device].locks.get(&tab.account) == Some(&generation) {
            self.devices[device].locks.remove(&tab.account);
            let next = self.devices[device].tabs.iter().find(|other| other.account == tab.account);
            if let Some((next, pull)) = next.map(|next| (next.generation, !next.background)) {
                self.devices[device].locks.insert(tab.account, next);
                self.reached.note("tab: lead inherited");
                self.step(device, next, Event::Lead { reload: true, pull });
            }
        }
    }

    /// Somebody records facts in a tab.
    pub(super) fn record(&mut self, device: usize, generation: u64, facts: Vec<Fact>) {
        let ids: Vec<ChangeId> = facts.iter().map(|fact| fact.id).collect();
        let Some(account) = self.tab(device, generation).map(|tab| tab.account) else { return };
        for fact in &facts {
            self.oracle.made(fact, device, account);
        }
        let effects = self.core(device, generation, Event::Record { facts, also: Vec::new() });
        let token = effects.iter().find_map(|effect| match effect {
            Effect::Store { token, .. } => Some(*token),
            _ => None,
        });
        if let (Some(token), Some(tab)) = (token, self.tab(device, generation)) {
            tab.recordings.insert(token, ids);
        }
        self.carry_out(device, generation, effects);
    }

    /// Tells a tab's core, and carries out what it wants.
    pub(super) fn step(&mut self, device: usize, generation: u64, event: Event) {
        let effects = self.core(device, generation, event);
        self.carry_out(device, generation, effects);
    }

    fn core(&mut self, device: usize, generation: u64, event: Event) -> Vec<Effect> {
        let (now_ms, dice) = (self.clock(device), self.dice());
        let Some(tab) = self.tab(device, generation) else { return Vec::new() };
        tab.wakes += 1;
        let replica = tab.phone.identity().replica;
        let effects = tab.phone.step(Input { now_ms, dice, event });
        if tab.phone.identity().replica != replica {
            self.reached.note("replica: taken anew");
        }
        effects
    }

    fn carry_out(&mut self, device: usize, generation: u64, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Store { token, writes } => self.ask(device, generation, Job::Write(token, writes)),
                Effect::Reload { rows } => self.ask(device, generation, Job::Read { rows }),
                Effect::Push(call) => self.call(device, generation, "push", call),
                Effect::Pull(call) => self.call(device, generation, "pull", call),
                Effect::WakeAt { at_ms } => {
                    let after_ms = at_ms - self.clock(device);
                    if let Some(plan) = self.tab(device, generation).map(|tab| tab.wakes) {
                        self.plan(after_ms, Happening::Wake { device, tab: generation, plan });
                    }
                }
                Effect::Saved(token) => self.saved(device, generation, token),
                Effect::NotSaved(token) => {
                    if let Some(tab) = self.tab(device, generation) {
                        tab.recordings.remove(&token);
                    }
                }
                Effect::Canary(canary) => self.keep_canary(device, generation, canary),
                Effect::Fresh | Effect::TooLong => {}
            }
        }
    }

    fn keep_canary(&mut self, device: usize, generation: u64, canary: Canary) {
        if let Some(account) = self.tab(device, generation).map(|tab| tab.account) {
            self.devices[device].canaries.insert(account, canary);
        }
    }

    pub(super) fn wake(&mut self, device: usize, generation: u64, plan: u64) {
        if self.tab(device, generation).is_some_and(|tab| tab.wakes == plan) {
            self.step(device, generation, Event::Tick);
        }
    }

    fn ask(&mut self, device: usize, generation: u64, job: Job) {
        if let Some(tab) = self.tab(device, generation) {
            tab.jobs.push_back(job);
        }
        self.kick(device, generation);
    }

    fn kick(&mut self, device: usize, generation: u64) {
        let after_ms = self.rng.i64(1..15);
        let Some(tab) = self.tab(device, generation) else { return };
        if !tab.busy
            && let Some(next) = tab.jobs.front()
        {
            tab.reads = matches!(next, Job::Read { .. });
            (tab.busy, tab.done) = (true, false);
            let dies = tab.doom.is_some_and(|doom| doom == Doom::Working || tab.reads);
            self.plan(after_ms, Happening::Job { device, tab: generation });
            if dies && !self.calm {
                let kill_ms = self.rng.i64(0..18);
                self.plan(kill_ms, Happening::Kill { device, tab: generation });
            }
        }
    }

    /// The store carries out a tab's next job; the tab hears of it a little later.
    pub(super) fn job(&mut self, device: usize, generation: u64) {
        let Some(tab) = self.tab(device, generation) else { return };
        let (account, job) = (tab.account, tab.jobs.pop_front());
        let event = match job {
            Some(Job::Write(token, writes)) => self.write(device, generation, account, token, writes),
            Some(Job::Read { rows }) => {
                let tables = if rows { &RECORDS[..] } else { &RECORDS[1..] };
                Event::Reloaded(Box::new(self.read(device, account, tables)))
            }
            None => return,
        };
        if let Some(tab) = self.tab(device, generation) {
            tab.done = true;
        }
        let after_ms = self.rng.i64(0..4);
        self.plan(after_ms, Happening::Tell { device, tab: generation, event: Box::new(event), job: true });
    }

    fn write(
        &mut self,
        device: usize,
        generation: u64,
        account: usize,
        token: Token,
        writes: Vec<Write>,
    ) -> Event {
        let disk = self.devices[device].disks.entry(account).or_default();
        let fault = disk.fault.take();
        if matches!(fault, Some(StoreFault::Aborts | StoreFault::Full)) {
            let full = fault == Some(StoreFault::Full);
            self.reached.note(if full { "store: full" } else { "store: aborted" });
            self.note(|_| format!("phone {device}: a transaction of tab {generation} fails"));
            return Event::StoreFailed { token };
        }
        if planted(Defect::SuccessIsCommit) {
            let seqs = disk.clone().commit(&writes).unwrap_or_default();
            self.plan(40, Happening::Late { device, tab: generation, writes });
            return Event::Stored { token, seqs };
        }
        if fault == Some(StoreFault::Closes) {
            // It had gone through, though the app was told otherwise; it tries once more.
            let _ = disk.commit(&writes);
            self.reached.note("store: closed by the system, and tried twice");
        }
        let disk = self.devices[device].disks.entry(account).or_default();
        let seqs = match disk.commit(&writes) {
            Ok(seqs) => seqs,
            Err(Unkept::Overtaken) => {
                self.reached.note("tab: overtaken while it stored rows");
                return Event::Overtaken { token };
            }
            Err(Unkept::Damaged) => return Event::StoreFailed { token },
        };
        self.tell_others(device, generation, account, &writes);
        Event::Stored { token, seqs }
    }

    /// The other tabs of the account are told which tables were written; not every word arrives.
    fn tell_others(&mut self, device: usize, generation: u64, account: usize, writes: &[Write]) {
        let others: Vec<u64> = self.devices[device]
            .tabs
            .iter()
            .filter(|tab| tab.account == account && tab.generation != generation)
            .map(|tab| tab.generation)
            .collect();
        if others.is_empty() {
            return;
        }
        let mut tables: Vec<Table> = writes.iter().flat_map(Write::tables).collect();
        tables.push(Table::Meta);
        tables.sort_unstable();
        tables.dedup();
        for other in others {
            if self.calm || self.rng.u32(..10) > 0 {
                let event = Box::new(Event::Reloaded(Box::new(self.read(device, account, &tables))));
                self.plan(1, Happening::Tell { device, tab: other, event, job: false });
            }
        }
    }

    fn read(&self, device: usize, account: usize, tables: &[Table]) -> shared::phone::Snapshot {
        let disk = self.devices[device].disks.get(&account);
        disk.map(|disk| disk.tables.snapshot(tables)).unwrap_or_default()
    }

    pub(super) fn late(&mut self, device: usize, generation: u64, writes: &[Write]) {
        if let Some(account) = self.tab(device, generation).map(|tab| tab.account) {
            let _ = self.devices[device].disks.entry(account).or_default().commit(writes);
        }
    }

    /// A tab hears what became of a job, or what another tab wrote.
    pub(super) fn tell(&mut self, device: usize, generation: u64, event: Event, job: bool) {
        let Some(tab) = self.tab(device, generation) else { return };
        if !job && (tab.busy || !tab.jobs.is_empty()) {
            // What was read would be older than what this tab asked for itself: read again in turn.
            self.ask(device, generation, Job::Read { rows: true });
            return;
        }
        if job {
            tab.busy = false;
        }
        let failed = matches!(event, Event::StoreFailed { .. });
        self.step(device, generation, event);
        self.kick(device, generation);
        if failed {
            self.breaks_down(device, generation);
        }
    }

    /// After a failure of the store the screen stops; somebody opens it again.
    fn breaks_down(&mut self, device: usize, generation: u64) {
        let Some(tab) = self.tab(device, generation) else { return };
        if std::mem::replace(&mut tab.broken, true) {
            return;
        }
        let (account, background) = (tab.account, tab.background);
        self.kill(device, generation);
        let after_ms = self.rng.i64(500..5_000);
        self.plan(after_ms, Happening::Open { device, account, background });
    }

    /// The person is told that it is saved: from here on nothing may lose it.
    fn saved(&mut self, device: usize, generation: u64, token: Token) {
        let Some(tab) = self.tab(device, generation) else { return };
        let account = tab.account;
        let ids = tab.recordings.remove(&token).unwrap_or_default();
        let empty = Disk::default();
        let disk = self.devices[device].disks.get(&account).unwrap_or(&empty);
        let gone = ids.iter().copied().find(|id| !disk.has(*id));
        for id in ids {
            self.oracle.saved(id);
        }
        if let Some(id) = gone {
            self.breaks("SavedMeansDurable", || {
                format!("phone {device}: {id} was called saved and is not stored")
            });
        }
    }
}
