//! The end of a run: nothing goes wrong any more, everybody has signal and is logged in. What was
//! recorded has to arrive within bounds, and every screen has to agree with the server.

use super::world::{Happening, World};
use shared::phone::{Event, Phone, Table};
use shared::wire::Scope;

/// Within this time after the last fault everything has arrived, ms: a few of the longest waits
/// between two tries.
const BOUND_MS: i64 = 15 * 60_000;
/// How often somebody looks at a phone, ms.
const LOOK_MS: i64 = 30_000;

impl World {
    /// Lets the dust settle, and demands that it does.
    pub(super) fn calm_down(&mut self) {
        // People finish what they are at: logins, takeovers, servers that start.
        self.run_until(self.now_ms + 25_000);
        self.calm = true;
        self.server.up = true;
        self.pulls_cut = self.plan.push_first;
        if self.pulls_cut {
            self.reached.note("calm: pulls withheld until the outboxes are empty");
        }
        self.run_until(self.now_ms + 10_000);
        self.everybody_opens();
        let end_ms = self.now_ms + BOUND_MS;
        while self.broken.is_none() {
            self.run_until(self.now_ms + LOOK_MS);
            let drained = self.waiting() == 0;
            if drained && self.pulls_cut {
                self.pulls_cut = false;
                self.wake_all();
                continue;
            }
            if drained && self.all_pulled() {
                return;
            }
            if self.now_ms > end_ms {
                let (waiting, pulled) = (self.waiting(), self.all_pulled());
                let name = if waiting > 0 { "QueueLiveness" } else { "Convergence" };
                let which = self.stuck();
                self.breaks(name, || format!("{waiting} still wait, rows whole: {pulled}; {which}"));
                return;
            }
            self.wake_all();
        }
    }

    fn everybody_opens(&mut self) {
        for device in 0..self.devices.len() {
            let open = self.devices[device].open;
            let mut accounts: Vec<usize> = self.devices[device].disks.keys().copied().collect();
            if !accounts.contains(&open) {
                accounts.push(open);
            }
            for account in accounts {
                let phone = &self.devices[device];
                let right = |background: bool| background != (account == open);
                let there = phone.tabs.iter().any(|tab| tab.account == account && right(tab.background));
                let wrong: Vec<u64> = phone
                    .tabs
                    .iter()
                    .filter(|tab| tab.account == account && !right(tab.background))
                    .map(|tab| tab.generation)
                    .collect();
                wrong.into_iter().for_each(|tab| self.kill(device, tab));
                if !there {
                    self.open(device, account, account != open);
                }
                self.log_in(device, account);
            }
            let front = self.devices[device].front().map(|tab| tab.generation);
            if let Some(front) = front {
                self.steal(device, front);
            }
        }
        self.wake_all();
    }

    fn wake_all(&mut self) {
        for device in 0..self.devices.len() {
            let tabs: Vec<u64> = self.devices[device].tabs.iter().map(|tab| tab.generation).collect();
            for generation in tabs {
                let Some(tab) = self.tab(device, generation) else { continue };
                let account = tab.account;
                // Also where a login could not be stored.
                let out = !tab.background && tab.phone.identity().token.is_empty();
                if out || tab.phone.trouble() == Some("login_expired") {
                    self.log_in_on(device, generation, account);
                }
                self.step(device, generation, Event::Woke);
            }
        }
    }

    /// How much waits on all disks and in all tabs that lead, receipts of another life included.
    fn waiting(&self) -> usize {
        let disks = self.devices.iter().flat_map(|phone| phone.disks.values());
        let on_disks: usize = disks.map(|disk| disk.waiting().len()).sum();
        let leading = self.devices.iter().flat_map(|phone| phone.tabs.iter().filter(|tab| phone.leads(tab)));
        let busy = |tab: &super::device::Tab| usize::from(tab.busy || !tab.jobs.is_empty() || pushes(tab));
        // Who has not heard of another life of the data yet has nothing to doubt, and may have to send all.
        let epoch = Some(self.server.epoch);
        let unheard = |tab: &super::device::Tab| {
            usize::from(tab.phone.needs_server() && tab.phone.identity().epoch != epoch)
        };
        let in_tab = |tab| unheard(tab) + busy(tab);
        let in_tabs: usize = leading.map(|tab| tab.phone.safety().unsent as usize + in_tab(tab)).sum();
        on_disks + in_tabs
    }

    fn stuck(&self) -> String {
        let mut lines = Vec::new();
        for (n, phone) in self.devices.iter().enumerate() {
            for tab in &phone.tabs {
                let (safety, trouble) = (tab.phone.safety(), tab.phone.trouble());
                let leads = phone.leads(tab);
                lines.push(format!(
                    "phone {n} tab {} account {} leads {leads} background {} unsent {} trouble {trouble:?}",
                    tab.generation, tab.account, tab.background, safety.unsent
                ));
            }
            for (account, disk) in &phone.disks {
                lines.push(format!("phone {n} disk {account}: {:?}", disk.waiting()));
            }
        }
        let last = self.server.last_seq();
        lines.extend(self.behind().map(|(n, scope, whole)| format!("phone {n} {scope} {whole} of {last}")));
        lines.join("; ")
    }

    /// Every open account has all rows of all its scopes.
    fn all_pulled(&self) -> bool {
        self.behind().next().is_none()
    }

    /// Scopes of open accounts that lack rows: (phone, scope, up to which seq it has them).
    fn behind(&self) -> impl Iterator<Item = (usize, Scope, u64)> {
        let (last, epoch) = (self.server.last_seq(), self.server.epoch);
        self.fronts().flat_map(move |(n, _, phone)| {
            let following = phone.following(epoch, self.clock(n)).into_iter();
            let lacks = move |(scope, whole): &(Scope, u64)| match scope {
                // Own facts tell of it, and this account may see it no more.
                Scope::Session(id) if *whole == 0 => phone.book().sessions.contains_key(id),
                _ => *whole != last,
            };
            following.filter(lacks).map(move |(scope, whole)| (n, scope, whole))
        })
    }

    /// The leading tabs of open accounts: (phone, account, core).
    pub(super) fn fronts(&self) -> impl Iterator<Item = (usize, usize, &Phone)> {
        self.devices.iter().enumerate().flat_map(|(n, phone)| {
            let leading = phone.tabs.iter().filter(|tab| phone.leads(tab) && !tab.background);
            leading.map(move |tab| (n, tab.account, &tab.phone))
        })
    }

    /// The value of a table of one disk.
    pub(super) fn stored(&self, device: usize, account: usize, table: Table) -> Vec<(&String, &Vec<u8>)> {
        let disk = self.devices[device].disks.get(&account);
        disk.map(|disk| disk.tables.of(table).collect()).unwrap_or_default()
    }

    /// Plans the first things of a run.
    pub(super) fn begin_day(&mut self) {
        for device in 0..self.devices.len() {
            let account = self.devices[device].open;
            self.plan(device as i64 * 20, Happening::Open { device, account, background: false });
        }
        self.plan(1_000, Happening::Act { queue: None });
        for (at_ms, fault) in std::mem::take(&mut self.plan.faults) {
            self.plan(2_000 + at_ms, Happening::Fault(fault));
        }
    }
}

fn pushes(tab: &super::device::Tab) -> bool {
    tab.calls.values().any(|sent| sent.push)
}
