//! Drives the core (`shared::phone`): carries out its effects and tells it what came of them, and
//! what other tabs did. Decides nothing of the protocol itself.

#[cfg(all(test, target_arch = "wasm32"))]
mod tests;

use crate::browser::{self, Channel, Slot};
use crate::lock::Lock;
use crate::store::indexeddb::IndexedDb;
use crate::store::{Store, StoreError, tables_of};
use crate::{api, prefs};
use shared::id::AccountId;
use shared::phone::{Effect, Event, Fact, IDENTITY, Input, Outgoing, Phone, Table, Token, Write};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// How long a store that could not be read is left alone, ms.
const READ_AGAIN_MS: i64 = 5_000;

/// What the screens are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Something that may be shown has changed.
    Changed,
    /// Rows came in.
    Fresh,
    /// Nothing is left to be written or read.
    Rested,
    /// Another tab took a photo, or brought one to the server.
    Photos,
    /// The store has failed: recording must stop.
    Broken(StoreError),
}

/// What became of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is on the phone, flushed.
    Saved,
    /// It is not, and nothing of it is; or nobody can tell.
    NotSaved,
    /// It was refused as too long before anything was written.
    TooLong,
}

type Done = Box<dyn FnOnce(Recorded)>;

/// What the store is asked for.
enum Job {
    Write(Token, Vec<Write>),
    Load(Vec<Table>),
}

/// The core of one account with everything around it; clones are the same one.
#[derive(Clone)]
pub struct Driver(Rc<Inner>);

struct Inner {
    account: AccountId,
    phone: RefCell<Phone>,
    store: IndexedDb,
    lock: Lock,
    /// It pulls as well; one that does not only gets rid of its changes.
    pull: bool,
    /// The tabs that have this account open tell each other what they wrote.
    tabs: OnceCell<Channel>,
    told: Box<dyn Fn(Told)>,
    wake: Slot,
    again: Slot,
    /// What waits for the store. One at a time, so that its order is that of the core's effects,
    /// whatever reconnecting does in between.
    queue: RefCell<VecDeque<Job>>,
    working: Cell<bool>,
    done: RefCell<BTreeMap<Token, Done>>,
    /// What other tabs wrote while this page was behind.
    missed: RefCell<Vec<Table>>,
    stopped: Cell<bool>,
}

impl Driver {
    /// Takes over a core, its store and its lock.
    pub fn new(
        phone: Phone,
        store: IndexedDb,
        lock: Lock,
        pull: bool,
        told: impl Fn(Told) + 'static,
    ) -> Self {
        let account = phone.identity().account.id;
        let driver = Self(Rc::new(Inner {
            account,
            phone: RefCell::new(phone),
            store,
            lock,
            pull,
            tabs: OnceCell::new(),
            told: Box::new(told),
            wake: Slot::default(),
            again: Slot::default(),
            queue: RefCell::default(),
            working: Cell::new(false),
            done: RefCell::default(),
            missed: RefCell::default(),
            stopped: Cell::new(false),
        }));
        let weak = Rc::downgrade(&driver.0);
        let heard = move |said: &str| {
            if let Some(inner) = weak.upgrade() {
                Self(inner).written_elsewhere(said);
            }
        };
        driver.0.tabs.get_or_init(|| Channel::open(&format!("jiangdao-{account}"), heard));
        driver
    }

    /// Begins to push and pull whenever the lock is ours. `under` names the lead under which the
    /// store was read.
    pub fn go(&self, under: Option<u32>) {
        let driver = self.clone();
        self.0.lock.listen(move |leads| driver.led(leads, true));
        if let Some(lead) = self.0.lock.lead() {
            self.led(true, under != Some(lead));
        }
    }

    fn led(&self, leads: bool, reload: bool) {
        let pull = self.0.pull;
        self.send(if leads { Event::Lead { reload, pull } } else { Event::Follow });
    }

    /// Looks at the core.
    pub fn with<T>(&self, look: impl FnOnce(&Phone) -> T) -> T {
        look(&self.0.phone.borrow())
    }

    /// The store, for what belongs to pages alone, such as drafts.
    #[must_use]
    pub fn store(&self) -> IndexedDb {
        self.0.store.clone()
    }

    /// Whether it leads.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.0.lock.lead().is_some()
    }

    /// Whether something is being written or read.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.0.working.get()
    }

    /// The page has come to the front, or a button asks: this tab leads, and tries at once.
    pub fn to_front(&self) {
        if !self.0.stopped.get() {
            self.0.lock.take();
            self.woke();
        }
    }

    /// The network may be back, or the page is: tries at once.
    pub fn woke(&self) {
        let missed = self.0.missed.take();
        if !missed.is_empty() && !self.0.stopped.get() {
            self.ask_load(|table| missed.contains(&table));
        }
        self.send(Event::Woke);
    }

    /// Does nothing any more, and lets another tab lead. Transactions that were asked for still end.
    pub fn stop(&self) {
        self.0.stopped.set(true);
        self.0.wake.clear();
        self.0.again.clear();
        self.0.lock.release();
    }

    /// Tells the core what happened.
    pub fn send(&self, event: Event) {
        let effects = self.step(event);
        self.carry_out(effects);
    }

    /// Records facts in one transaction, with the page's own writes; `done` hears what became of it.
    pub fn record(&self, facts: Vec<Fact>, also: Vec<Write>, done: impl FnOnce(Recorded) + 'static) {
        if self.0.stopped.get() {
            done(Recorded::NotSaved);
            return;
        }
        let effects = self.step(Event::Record { facts, also });
        let token = effects.iter().find_map(|effect| match effect {
            Effect::Store { token, .. } => Some(*token),
            _ => None,
        });
        match token {
            Some(token) if !effects.contains(&Effect::TooLong) => {
                self.0.done.borrow_mut().insert(token, Box::new(done));
            }
            _ => done(Recorded::TooLong),
        }
        self.carry_out(effects);
    }

    fn step(&self, event: Event) -> Vec<Effect> {
        if self.0.stopped.get() {
            return Vec::new();
        }
        let input = Input { now_ms: browser::now_ms(), dice: browser::dice(), event };
        let effects = self.0.phone.borrow_mut().step(input);
        (self.0.told)(Told::Changed);
        effects
    }

    fn carry_out(&self, effects: Vec<Effect>) {
        self.0.wake.clear();
        for effect in effects {
            match effect {
                Effect::Store { token, writes } => self.ask(Job::Write(token, writes)),
                Effect::Reload { rows } => self.ask_load(|table| rows || table != Table::Rows),
                Effect::Canary(canary) => prefs::set_canary(self.0.account, canary),
                Effect::Push(outgoing) => self.call(api::PUSH, outgoing),
                Effect::Pull(outgoing) => self.call(api::PULL, outgoing),
                Effect::WakeAt { at_ms } => self.wake_at(at_ms),
                Effect::Saved(token) => self.finish(token, Recorded::Saved),
                Effect::NotSaved(token) => self.finish(token, Recorded::NotSaved),
                Effect::Fresh => (self.0.told)(Told::Fresh),
                // Told to whoever recorded.
                Effect::TooLong => {}
            }
        }
    }

    fn finish(&self, token: Token, recorded: Recorded) {
        let done = self.0.done.borrow_mut().remove(&token);
        if let Some(done) = done {
            done(recorded);
        }
    }

    fn wake_at(&self, at_ms: i64) {
        let driver = self.clone();
        self.0.wake.plan(at_ms - browser::now_ms(), move || {
            // Out of the timer's own call, which the next plan drops.
            spawn_local(async move { driver.send(Event::Tick) });
        });
    }

    fn ask(&self, job: Job) {
        self.0.queue.borrow_mut().push_back(job);
        if self.0.working.replace(true) {
            return;
        }
        let driver = self.clone();
        spawn_local(async move {
            while let Some(job) = driver.next_job() {
                match job {
                    Job::Write(token, writes) => driver.commit(token, writes).await,
                    Job::Load(tables) => driver.load(tables).await,
                }
            }
            driver.0.working.set(false);
            (driver.0.told)(Told::Rested);
        });
    }

    fn next_job(&self) -> Option<Job> {
        self.0.queue.borrow_mut().pop_front()
    }

    /// Reads these tables behind everything that was asked for so far, and with them whatever
    /// else was to be read: later is as good. Drafts belong to the pages, and rows are of no use to
    /// one that does not pull.
    fn ask_load(&self, wanted: impl Fn(Table) -> bool) {
        let mut waiting = Vec::new();
        self.0.queue.borrow_mut().retain_mut(|job| match job {
            Job::Load(tables) => {
                waiting.append(tables);
                false
            }
            Job::Write(..) => true,
        });
        let mut tables = Table::ALL.to_vec();
        tables.retain(|table| {
            let of_pages = matches!(table, Table::Drafts | Table::Photos | Table::Files);
            let of_use = !of_pages && (self.0.pull || *table != Table::Rows);
            of_use && (wanted(*table) || waiting.contains(table))
        });
        self.ask(Job::Load(tables));
    }

    fn writes_wait(&self) -> bool {
        self.0.queue.borrow().iter().any(|job| matches!(job, Job::Write(..)))
    }

    async fn commit(&self, token: Token, writes: Vec<Write>) {
        let mut tables = tables_of(&writes);
        tables.retain(|table| *table != Table::Drafts);
        match self.0.store.commit(writes).await {
            Ok(seqs) => {
                self.tell_tabs(&tables);
                self.send(Event::Stored { token, seqs });
            }
            Err(StoreError::Overtaken) => self.send(Event::Overtaken { token }),
            Err(why) => {
                if why != StoreError::Silent {
                    self.send(Event::StoreFailed { token });
                }
                self.broken(why);
            }
        }
    }

    async fn load(&self, tables: Vec<Table>) {
        match self.0.store.load(&tables).await {
            // Memory has gone on meanwhile and may hold what is only being written: read that too.
            Ok(_) if self.writes_wait() => self.ask_load(|table| tables.contains(&table)),
            // What memory has is more than that; and the mark beside must go on to tell of it.
            Ok(snapshot) if snapshot.of(Table::Meta).all(|(key, _)| key != IDENTITY) => {
                self.broken(StoreError::Emptied);
            }
            Ok(snapshot) => {
                let rows = snapshot.has(Table::Rows);
                let mut effects = self.step(Event::Reloaded(Box::new(snapshot)));
                effects.retain(|effect| rows || *effect != Effect::Fresh);
                self.carry_out(effects);
            }
            Err(why) => {
                // The core asks again the moment that it hears of this.
                let driver = self.clone();
                self.0.again.plan(READ_AGAIN_MS, move || {
                    spawn_local(async move { driver.send(Event::ReloadFailed) });
                });
                self.broken(why);
            }
        }
    }

    /// A store that says nothing may have kept what it was given, or not; one that was emptied is
    /// another one: until the page is loaded again, nothing more is recorded and nothing is pushed.
    fn broken(&self, why: StoreError) {
        if matches!(why, StoreError::Silent | StoreError::Emptied) {
            self.stop();
            self.0.queue.borrow_mut().clear();
            let done = self.0.done.take();
            done.into_values().for_each(|done| done(Recorded::NotSaved));
        }
        (self.0.told)(Told::Broken(why));
    }

    /// Tells the other tabs of this account what was written.
    pub fn tell_tabs(&self, tables: &[Table]) {
        let names: Vec<&str> = tables.iter().map(|table| table.name()).collect();
        if let Some(tabs) = self.0.tabs.get().filter(|_| !names.is_empty()) {
            tabs.say(&names.join(" "));
        }
    }

    /// Another tab has written to these tables. A page behind reads them when it is back: one that
    /// is frozen in the middle of reading would keep all others from writing.
    fn written_elsewhere(&self, names: &str) {
        if self.0.stopped.get() {
            return;
        }
        if names.split(' ').any(|name| name == Table::Photos.name()) {
            (self.0.told)(Told::Photos);
        }
        let written =
            |table: &Table| *table == Table::Meta || names.split(' ').any(|name| name == table.name());
        if browser::visible() {
            self.ask_load(|table| written(&table));
        } else {
            let missed = &mut *self.0.missed.borrow_mut();
            let new = |table: &Table| written(table) && !missed.contains(table);
            let new: Vec<Table> = Table::ALL.into_iter().filter(new).collect();
            missed.extend(new);
        }
    }

    fn call(&self, path: &'static str, outgoing: Outgoing) {
        let driver = self.clone();
        spawn_local(async move {
            let call = outgoing.call;
            let event = match api::call(path, &outgoing).await {
                Ok(answer) => Event::Answered { call, answer },
                Err(api::Unanswered { timed_out }) => Event::Unanswered { call, timed_out },
            };
            driver.send(event);
        });
    }
}
