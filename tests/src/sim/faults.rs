//! What goes wrong at a planned moment.

use super::device::{Doom, Flavour, StoreFault};
use super::plan::Fault;
use super::template::ACCOUNTS;
use super::world::{Happening, World};
use shared::id::{ChangeId, Epoch};
use shared::phone::{ALARM, Event, IDENTITY, Identity, LOSSES, Table, Write};
use shared::stamp::DAY_MS;
use std::collections::BTreeSet;

/// A restore reaches back at most so far: phones keep their receipts for 14 days.
const RESTORABLE_MS: i64 = 13 * DAY_MS;

impl World {
    pub(super) fn fault(&mut self, fault: Fault) {
        if self.calm {
            return;
        }
        self.faults += 1;
        let device = self.rng.usize(..self.devices.len());
        self.note(|_| format!("fault: {fault:?}, phone {device}"));
        match fault {
            Fault::Crash => self.crash(),
            Fault::Copy => self.copy_data(),
            Fault::Restore => self.restore(),
            Fault::PutBack => self.put_back(),
            Fault::KillTab => self.kill_some(device, false),
            Fault::Swap => self.kill_some(device, true),
            Fault::SecondTab => self.second_tab(device),
            Fault::Foreground => {
                let front = self.devices[device].front().map(|tab| tab.generation);
                if let Some(tab) = front {
                    self.steal(device, tab);
                    self.step(device, tab, Event::Woke);
                }
            }
            Fault::StoreAborts => self.store_fault(device, StoreFault::Aborts),
            Fault::StoreFull => self.store_fault(device, StoreFault::Full),
            Fault::StoreClosed => self.store_fault(device, StoreFault::Closes),
            Fault::LoseFlush => self.lose_flush(device),
            Fault::Wipe => self.wipe(device, true),
            Fault::WipeAll => self.wipe(device, false),
            Fault::Clone => self.clone_profile(device),
            Fault::MarkBack => self.mark_back(device),
            Fault::Switch => self.switch(device),
            Fault::EndGrant => self.end_grant(device),
            Fault::LoseLogin => {
                let row = ACCOUNTS[self.devices[device].open].row;
                self.server.data.execute("DELETE FROM login WHERE account_id = ?1", [row]).unwrap();
            }
            Fault::Poison => self.poison(device),
            Fault::Oversize => self.oversize(device),
            Fault::OtherContent => self.other_content(device),
            Fault::NewerVersion => self.newer_version(device),
            Fault::ClockJump => self.clock_jump(device),
            Fault::Weeks => {
                self.reached.note("time: weeks passed");
                self.now_ms += self.rng.i64(15..40) * DAY_MS;
            }
        }
    }

    pub(super) fn crash(&mut self) {
        self.server.crash(&mut self.reached);
        let down_ms = self.rng.i64(50..20_000);
        self.plan(down_ms, Happening::Up);
    }

    fn copy_data(&mut self) {
        let copied = self.server.copied(self.now_ms);
        if self.plan.backup {
            self.server.back_up(self.now_ms);
            self.copies.clear();
        }
        self.copies.push(copied);
        for phone in &mut self.devices {
            phone.old_canaries.clone_from(&phone.canaries);
        }
    }

    fn restore(&mut self) {
        if self.plan.backup {
            self.restore_backup();
            return;
        }
        let Some(copied) = self.copies.pop() else { return };
        if self.now_ms - copied.at_ms > RESTORABLE_MS {
            return;
        }
        self.reached.note("server: restored to an older state");
        let before = super::check::on_the_server(&self.server.data);
        let epoch = Epoch::from(uuid::Uuid::from_u128(self.rng.u128(..)));
        self.server.restore(&copied, epoch);
        let after = super::check::on_the_server(&self.server.data);
        self.oracle.gone_with_the_data.extend(before.difference(&after));
        self.copies.push(copied);
    }

    /// Restores the last round of the backup, or an earlier one that phones can still make good.
    fn restore_backup(&mut self) {
        let rounds = self.server.rounds.clone();
        let recent = rounds.iter().filter(|at_ms| self.now_ms - **at_ms <= RESTORABLE_MS).count();
        if rounds.is_empty() {
            return;
        }
        let back = if recent > 1 && self.rng.bool() { self.rng.usize(1..recent) } else { 0 };
        let which = if back > 0 { "an earlier round" } else { "the last round" };
        self.reached.note(if back > 0 {
            "server: restored from an earlier round of the backup"
        } else {
            "server: restored from the last backup"
        });
        self.note(|_| format!("the backup is restored: {which}"));
        let before = super::check::on_the_server(&self.server.data);
        let epoch = Epoch::from(uuid::Uuid::from_u128(self.rng.u128(..)));
        let rounds = rounds.len() - back;
        self.server.restore_backup(rounds, epoch, self.now_ms);
        let after = super::check::on_the_server(&self.server.data);
        self.oracle.gone_with_the_data.extend(before.difference(&after));
        self.copies.clear();
        self.restored = true;
    }

    fn put_back(&mut self) {
        let Some(copied) = self.copies.pop() else { return };
        if self.now_ms - copied.at_ms > RESTORABLE_MS || self.server.durable_seq > copied.seq {
            return;
        }
        self.reached.note("server: put back in the same life");
        self.put_back = true;
        let epoch = self.server.epoch;
        self.server.restore(&copied, epoch);
        self.copies.clear();
    }

    /// A tab is killed: now, or as soon as its store works or reads, which takes a few milliseconds only.
    fn kill_some(&mut self, device: usize, swap: bool) {
        let tabs: Vec<u64> = self.devices[device].tabs.iter().map(|tab| tab.generation).collect();
        let Some(generation) = self.rng.choice(tabs) else { return };
        let doom = self.rng.choice([None, Some(Doom::Working), Some(Doom::Reading)]).flatten();
        if doom.is_none() || swap {
            self.kill_tab(device, generation, swap);
        } else if let Some(tab) = self.tab(device, generation) {
            tab.doom = doom;
        }
    }

    pub(super) fn kill_tab(&mut self, device: usize, generation: u64, swap: bool) {
        let Some(tab) = self.tab(device, generation) else { return };
        let (account, background) = (tab.account, tab.background);
        let pushing = tab.calls.values().any(|sent| sent.push);
        let pulling = tab.calls.values().any(|sent| !sent.push);
        let (busy, done, reads) = (tab.busy, tab.done, tab.reads);
        let reached = &mut self.reached;
        if pushing {
            reached.note("tab: killed with a push on its way");
        }
        if pulling {
            reached.note("tab: killed while pulling");
        }
        match (busy, done, reads) {
            (true, _, true) => reached.note("tab: killed while reading the store"),
            (true, true, _) => reached.note("tab: killed between commit and answer"),
            (true, false, _) => reached.note("tab: killed before a commit"),
            _ => {}
        }
        self.kill(device, generation);
        if swap {
            // A new worker takes over: the page comes back in another version, mid-push or not.
            if pushing {
                self.reached.note("tab: worker swapped mid-push");
            }
            let flavours = [Flavour::Current, Flavour::New];
            self.devices[device].flavour = flavours[self.rng.usize(..2)];
        }
        let after_ms = self.rng.i64(1..8_000);
        self.plan(after_ms, Happening::Open { device, account, background });
    }

    /// The whole app is closed on a phone and opened again.
    fn reopen(&mut self, device: usize) {
        let tabs: Vec<(u64, usize, bool)> = self.devices[device]
            .tabs
            .iter()
            .map(|tab| (tab.generation, tab.account, tab.background))
            .collect();
        for (generation, ..) in &tabs {
            self.kill(device, *generation);
        }
        let mut seen = BTreeSet::new();
        for (_, account, background) in tabs {
            if seen.insert(account) {
                self.plan(100, Happening::Open { device, account, background });
            }
        }
    }

    fn second_tab(&mut self, device: usize) {
        let phone = &self.devices[device];
        let account = phone.open;
        let count = phone.tabs.iter().filter(|tab| tab.account == account).count();
        if count == 1 {
            self.reached.note("tab: second one opened");
            self.open(device, account, false);
        }
    }

    fn store_fault(&mut self, device: usize, fault: StoreFault) {
        let open = self.devices[device].open;
        if let Some(disk) = self.devices[device].disks.get_mut(&open) {
            disk.fault = Some(fault);
        }
    }

    /// Power is gone, and with it what the disk had only promised to have written.
    fn lose_flush(&mut self, device: usize) {
        let open = self.devices[device].open;
        let transactions = self.rng.usize(1..5);
        let Some(disk) = self.devices[device].disks.get_mut(&open) else { return };
        let before = disk.all();
        disk.lose(transactions);
        let after = disk.all();
        self.oracle.excuse((device, open), before.difference(&after).copied());
        self.oracle.forget_losses(device, open);
        self.reached.note("store: last transactions lost");
        self.reopen(device);
    }

    fn wipe(&mut self, device: usize, keep_mark: bool) {
        let open = self.devices[device].open;
        let Some(disk) = self.devices[device].disks.remove(&open) else { return };
        self.oracle.excuse((device, open), disk.all());
        self.oracle.forget_losses(device, open);
        if keep_mark {
            self.reached.note("store: wiped, its mark kept");
        } else {
            self.devices[device].canaries.remove(&open);
            self.devices[device].old_canaries.remove(&open);
            self.reached.note("store: wiped with its mark");
        }
        self.reopen(device);
    }

    /// The mark beside the databases goes back. What it alone could have told is known to nobody.
    fn mark_back(&mut self, device: usize) {
        let phone = &mut self.devices[device];
        phone.canaries.clone_from(&phone.old_canaries);
        let disks = &phone.disks;
        self.oracle.losses_due.retain(|((place, account), replica, _)| {
            let names = |value: &[u8]| String::from_utf8_lossy(value).contains(&replica.to_string());
            let written = [ALARM, LOSSES].iter().any(|key| {
                disks.get(account).and_then(|disk| disk.tables.get(Table::Meta, key)).is_some_and(names)
            });
            *place != device || written
        });
        self.reached.note("store: mark beside it rolled back");
        self.reopen(device);
    }

    /// The profile is copied to another phone; both go on.
    fn clone_profile(&mut self, device: usize) {
        if self.devices.len() >= 9 {
            return;
        }
        self.reached.note("store: profile cloned");
        self.cloned = true;
        let phone = &self.devices[device];
        let (open, disks) = (phone.open, phone.disks.clone());
        let mut copied = super::device::Device::new(open);
        (copied.canaries, copied.old_canaries) = (phone.canaries.clone(), phone.old_canaries.clone());
        copied.disks = disks;
        let accounts: Vec<usize> = copied.disks.keys().copied().collect();
        self.devices.push(copied);
        let new = self.devices.len() - 1;
        for account in accounts {
            self.plan(200, Happening::Open { device: new, account, background: account != open });
        }
    }

    /// Somebody signs out, and somebody else takes the phone.
    fn switch(&mut self, device: usize) {
        let from = self.devices[device].open;
        let front: Vec<u64> = self.devices[device]
            .tabs
            .iter()
            .filter(|tab| tab.account == from && !tab.background)
            .map(|tab| tab.generation)
            .collect();
        for tab in front {
            self.step(device, tab, Event::SignedOut);
            // What was signed out must be on the disk before the tab is left; people are slower than it.
            let account = from;
            let after_ms = self.rng.i64(100..2_000);
            self.plan(after_ms, Happening::Leave { device, tab, account });
        }
        let to = self.rng.usize(..ACCOUNTS.len());
        if to != from {
            self.reached.note("account: switched");
            self.devices[device].open = to;
            self.plan(2_500, Happening::Enter { device, account: to });
        } else {
            self.plan(2_500, Happening::Enter { device, account: from });
        }
    }

    pub(super) fn leave(&mut self, device: usize, tab: u64, account: usize) {
        self.kill(device, tab);
        // What waits of it goes up all the same.
        self.plan(500, Happening::Open { device, account, background: true });
    }

    /// Somebody logs in on a phone, whose background tab for this account gives way.
    pub(super) fn enter(&mut self, device: usize, account: usize) {
        if !self.server.up {
            self.plan(3_000, Happening::Enter { device, account });
            return;
        }
        let background: Vec<u64> = self.devices[device]
            .tabs
            .iter()
            .filter(|tab| tab.account == account)
            .map(|tab| tab.generation)
            .collect();
        background.into_iter().for_each(|tab| self.kill(device, tab));
        self.open(device, account, false);
        self.log_in(device, account);
    }

    /// The front tab of an account is logged in anew, with its own replica.
    pub(super) fn log_in(&mut self, device: usize, account: usize) {
        let tab = self.devices[device].tabs.iter().find(|tab| tab.account == account);
        if let Some(tab) = tab.map(|tab| tab.generation) {
            self.log_in_on(device, tab, account);
        }
    }

    /// Somebody logs in on a tab that asks for it.
    pub(super) fn log_in_on(&mut self, device: usize, tab: u64, account: usize) {
        let Some(replica) = self.tab(device, tab).map(|tab| tab.phone.identity().replica) else { return };
        if let Some(answer) = self.server.login(account, replica, self.now_ms) {
            self.step(device, tab, Event::LoggedIn(Box::new(answer)));
        }
    }

    fn end_grant(&mut self, device: usize) {
        let row = ACCOUNTS[self.devices[device].open].row;
        let now_ms = self.now_ms + self.server.skew_ms;
        self.server
            .data
            .execute(
                "UPDATE role_grant SET until_ms = ?2 WHERE account_id = ?1 AND until_ms IS NULL",
                (row, now_ms),
            )
            .unwrap();
        self.reached.note("grant: ended midway");
    }

    /// Bytes lie in the outbox that no version can read.
    fn poison(&mut self, device: usize) {
        let id = ChangeId::from(uuid::Uuid::from_u128(self.rng.u128(..)));
        let texts = [
            "{ this is no JSON".to_owned(),
            format!(r#"{{"id":"{id}","kind":"check_in","v":1,"body":null}}"#),
            format!(r#"{{"id":"{id}","kind":7}}"#),
            "\u{0}\u{1}".to_owned(),
        ];
        let text = texts[self.rng.usize(..texts.len())].clone();
        self.reached.note("outbox: poison");
        self.slip_in(device, id, text);
    }

    fn oversize(&mut self, device: usize) {
        let id = ChangeId::from(uuid::Uuid::from_u128(self.rng.u128(..)));
        let size = [70_000, 270_000, 400_000][self.rng.usize(..3)];
        let text = format!(r#"{{"id":"{id}","kind":"mark","v":1,"note":"{}"}}"#, "x".repeat(size));
        self.reached.note("outbox: oversized");
        self.slip_in(device, id, text);
    }

    /// A change with the id of another one, of this phone or of any.
    fn other_content(&mut self, device: usize) {
        let known: Vec<ChangeId> =
            self.oracle.all().filter(|(_, made)| !is_response(made)).map(|(id, _)| id).collect();
        let Some(id) = self.rng.choice(known) else { return };
        let open = self.devices[device].open;
        let there = self.devices[device].disks.get(&open).is_some_and(|disk| disk.has(id));
        if there {
            return;
        }
        let marker = format!("other content {}", self.rng.u64(..));
        let text = format!(r#"{{"id":"{id}","kind":"mark","v":1,"wall_ms":5,"body":{{"note":"{marker}"}}}}"#);
        self.reached.note("outbox: id of another change");
        if self.slip_in_quietly(device, id, text) {
            self.oracle.clashing.push((marker, id, device, open));
            self.oracle.foreign.insert(id);
        }
    }

    /// A newer version of the app was here, and is gone again.
    fn newer_version(&mut self, device: usize) {
        let id = ChangeId::from(uuid::Uuid::from_u128(self.rng.u128(..)));
        let texts = [
            format!(r#"{{"id":"{id}","kind":"quiz_answer","v":1,"wall_ms":1,"body":{{"n":1}}}}"#),
            format!(r#"{{"id":"{id}","kind":"check_in","v":2,"wall_ms":1,"body":{{"people":[]}}}}"#),
        ];
        let text = texts[self.rng.usize(..texts.len())].clone();
        self.reached.note("outbox: of a newer version");
        self.slip_in(device, id, text);
    }

    fn slip_in(&mut self, device: usize, id: ChangeId, text: String) {
        let account = self.devices[device].open;
        if self.slip_in_quietly(device, id, text) {
            self.oracle.strange.insert(id, account);
        }
    }

    fn slip_in_quietly(&mut self, device: usize, id: ChangeId, text: String) -> bool {
        let account = self.devices[device].open;
        let Some(disk) = self.devices[device].disks.get_mut(&account) else { return false };
        if disk.tables.get(Table::Meta, IDENTITY).is_none() {
            return false;
        }
        let _ = disk.commit(&[Write::Append { key: id.to_string(), value: text.into_bytes() }]);
        // Whoever appends counts on beside the database too, as far as it has not gone back since.
        if let Some(canary) = self.devices[device].canaries.get_mut(&account) {
            canary.next_seq += 1;
        }
        self.reopen(device);
        true
    }

    fn clock_jump(&mut self, device: usize) {
        let year_ms = 365 * DAY_MS;
        let jumps = [year_ms, -year_ms, 3_600_000, -3_600_000, 45_000, -30 * DAY_MS];
        let jump_ms = jumps[self.rng.usize(..jumps.len())];
        self.devices[device].off_ms += jump_ms;
        self.reached.note("clock: jumped");
    }

    /// Who uses a database, as it lies on the disk.
    pub(super) fn identity(&self, device: usize, account: usize) -> Option<Identity> {
        let disk = self.devices[device].disks.get(&account)?;
        serde_json::from_slice(disk.tables.get(Table::Meta, IDENTITY)?).ok()
    }
}

const fn is_response(made: &super::oracle::Made) -> bool {
    matches!(made.body, shared::change::Body::Response(_))
}
