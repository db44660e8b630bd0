//! The other accounts of this browser: what waits of them is shown, and goes up in the background
//! under their own tokens. Nothing else of theirs is touched.

use super::lock_screen::{self, Closed};
use super::state::App;
use super::{account, words};
use crate::prefs;
use crate::store::StoreError;
use crate::sync::{Driver, Told};
use crate::view::prelude::*;
use shared::id::AccountId;
use shared::phone::{Opening, Phone, Table};
use std::collections::BTreeMap;
use wasm_bindgen_futures::spawn_local;

/// What is read of them: not the rosters, which nobody looks at.
const READ: [Table; 6] =
    [Table::Outbox, Table::Responses, Table::Acked, Table::AckedResponses, Table::Held, Table::Meta];

/// What waits of another account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Whose.
    pub account: AccountId,
    /// The account's name.
    pub name: String,
    /// Records without a receipt.
    pub unsent: u32,
    /// The phone's clock when the oldest of them was made, ms.
    pub oldest_ms: Option<i64>,
    /// They cannot go up before its person has opened the lock.
    pub locked: bool,
}

/// The other accounts of which something waits, or waited since this page was opened.
#[derive(Clone, Copy)]
pub struct Others {
    shown: RwSignal<Vec<Other>>,
    /// Their cores; none of one that is being opened.
    running: StoredValue<BTreeMap<AccountId, Option<Driver>>, LocalStorage>,
}

impl Others {
    /// None so far.
    #[must_use]
    pub fn new() -> Self {
        Self { shown: RwSignal::new(Vec::new()), running: StoredValue::new_local(BTreeMap::new()) }
    }

    /// All of them; follows changes.
    #[must_use]
    pub fn all(self) -> Vec<Other> {
        self.shown.get()
    }

    /// Unsent records of all of them; follows changes.
    #[must_use]
    pub fn unsent(self) -> u32 {
        self.shown.with(|shown| shown.iter().map(|other| other.unsent).sum())
    }

    /// When the oldest unsent record of any of them was made, ms; follows changes.
    #[must_use]
    pub fn oldest_ms(self) -> Option<i64> {
        self.shown.with(|shown| shown.iter().filter_map(|other| other.oldest_ms).min())
    }

    /// Does this with every core that runs.
    pub fn each(self, act: impl Fn(&Driver)) {
        let all: Vec<Driver> = self.running.with_value(|all| all.values().flatten().cloned().collect());
        all.iter().for_each(act);
    }

    /// Its core, while it runs.
    pub(super) fn of(self, account: AccountId) -> Option<Driver> {
        self.running.with_value(|running| running.get(&account).cloned().flatten())
    }

    fn is_opening(self, account: AccountId) -> bool {
        self.running.with_value(|running| matches!(running.get(&account), Some(None)))
    }

    fn put(self, account: AccountId, driver: Option<Driver>) {
        self.running.update_value(|running| drop(running.insert(account, driver)));
    }

    /// Ends its core; what is shown of it stays.
    fn end(self, account: AccountId) {
        let driver = self.running.try_update_value(|running| running.remove(&account)).flatten().flatten();
        if let Some(driver) = driver {
            driver.stop();
            driver.store().close();
        }
    }

    fn show(self, account: AccountId, phone: &Phone) {
        let safety = phone.safety();
        let name = phone.identity().account.name.clone();
        let (unsent, oldest_ms) = (safety.unsent, safety.oldest_ms);
        self.put_shown(Other { account, name, unsent, oldest_ms, locked: false });
    }

    fn put_shown(self, other: Other) {
        let account = other.account;
        let known =
            self.shown.with_untracked(|shown| shown.iter().position(|other| other.account == account));
        match known {
            None if other.unsent > 0 => self.shown.update(|shown| shown.push(other)),
            Some(place) if self.shown.with_untracked(|shown| shown.get(place) != Some(&other)) => {
                self.shown.update(|shown| shown[place] = other);
            }
            _ => {}
        }
    }
}

impl Default for Others {
    fn default() -> Self {
        Self::new()
    }
}

/// What is said of one of them.
#[must_use]
pub fn says(app: App, other: &Other) -> String {
    match other.unsent {
        n if other.locked => app.with(words::OTHER_LOCKED, &[&other.name, &n.to_string()]),
        0 => app.with(words::OTHER_SENT, &[&other.name]),
        n => app.with(words::OTHER_UNSENT, &[&other.name, &n.to_string()]),
    }
}

/// Looks into every other account of this browser; whichever needs its server is kept going.
pub fn look(app: App) {
    let open = app.account();
    for known in prefs::accounts().known {
        let account = known.account;
        let runs = app.others.running.with_value(|running| running.contains_key(&account));
        if Some(account) != open && !runs {
            app.others.put(account, None);
            spawn_local(run(app, account));
        }
    }
}

/// This account is none of the others any more: it is the open one.
pub fn leave(app: App, account: AccountId) {
    app.others.end(account);
    app.others.shown.update(|shown| shown.retain(|other| other.account != account));
}

async fn run(app: App, account: AccountId) {
    // A tab that has it open leads it: one in the background only waits in line.
    let opened = account::open(account, false, &READ).await;
    if matches!(opened, Err(StoreError::Locked))
        && let Ok(Some(Closed { name, unsent })) = lock_screen::look(account).await
    {
        app.others.put_shown(Other { account, name, unsent, oldest_ms: None, locked: true });
    }
    let Ok((opened, opening)) = opened else {
        app.others.end(account);
        return;
    };
    let Opening::Ready(phone) = opening else {
        opened.close();
        app.others.end(account);
        return;
    };
    if !app.others.is_opening(account) {
        // It became the open one meanwhile.
        opened.close();
        return;
    }
    let told = move |told| heard(app, account, &told);
    let driver = Driver::new(*phone, opened.store, opened.lock, false, told);
    app.others.put(account, Some(driver.clone()));
    driver.with(|phone| app.others.show(account, phone));
    driver.go(opened.under);
    end_if_done(app, account);
}

fn heard(app: App, account: AccountId, told: &Told) {
    match told {
        Told::Changed => {
            if let Some(driver) = app.others.of(account) {
                driver.with(|phone| app.others.show(account, phone));
            }
        }
        Told::Rested => end_if_done(app, account),
        Told::Broken(_) => app.others.end(account),
        // Photos of an account go up once it is open.
        Told::Fresh | Told::Photos => {}
    }
}

/// Lets go of an account that needs its server for nothing: nothing waits, and no receipt could have
/// to be earned again.
fn end_if_done(app: App, account: AccountId) {
    let Some(driver) = app.others.of(account) else { return };
    if !driver.with(Phone::needs_server) && !driver.is_working() {
        app.others.end(account);
    }
}
