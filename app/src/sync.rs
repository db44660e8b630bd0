//! Drives the core (`shared::phone`): carries out its effects and tells it what came of them.
//! Decides nothing of the protocol itself.

use crate::api;
use crate::browser::{self, Slot};
use crate::store::indexeddb::IndexedDb;
use crate::store::{Store, StoreError};
use shared::phone::{Effect, Event, Fact, Input, Outgoing, Phone, Table, Token, Write};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// What the screens are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Something that may be shown has changed.
    Changed,
    /// Rows came in.
    Fresh,
    /// The store has failed: recording must stop.
    Broken(StoreError),
}

/// What became of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is on the phone, flushed.
    Saved,
    /// It is not, and nothing of it is.
    NotSaved,
    /// It was refused as too long before anything was written.
    TooLong,
}

type Done = Box<dyn FnOnce(Recorded)>;

/// The core of one account with everything around it; clones are the same one.
#[derive(Clone)]
pub struct Driver(Rc<Inner>);

struct Inner {
    phone: RefCell<Phone>,
    store: IndexedDb,
    told: Box<dyn Fn(Told)>,
    wake: Slot,
    /// Transactions that wait their turn. One at a time, so that their order is that of the
    /// core's effects, whatever reconnecting does in between.
    queue: RefCell<VecDeque<(Token, Vec<Write>)>>,
    writing: Cell<bool>,
    done: RefCell<BTreeMap<Token, Done>>,
    stopped: Cell<bool>,
}

impl Driver {
    /// Takes over a core and its store.
    pub fn new(phone: Phone, store: IndexedDb, told: impl Fn(Told) + 'static) -> Self {
        Self(Rc::new(Inner {
            phone: RefCell::new(phone),
            store,
            told: Box::new(told),
            wake: Slot::default(),
            queue: RefCell::default(),
            writing: Cell::new(false),
            done: RefCell::default(),
            stopped: Cell::new(false),
        }))
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

    /// Does nothing any more: another tab has taken over, or another account is opened here.
    /// Transactions that were begun still end.
    pub fn stop(&self) {
        self.0.stopped.set(true);
        self.0.wake.clear();
    }

    /// Tells the core what happened.
    pub fn send(&self, event: Event) {
        let effects = self.step(event);
        self.carry_out(effects);
    }

    /// Records facts in one transaction, with the page's own writes; `done` hears what became of it.
    pub fn record(&self, facts: Vec<Fact>, also: Vec<Write>, done: impl FnOnce(Recorded) + 'static) {
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
                Effect::Store { token, writes } => {
                    self.0.queue.borrow_mut().push_back((token, writes));
                    self.write();
                }
                Effect::Reload => self.reload(),
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

    fn write(&self) {
        if self.0.writing.replace(true) {
            return;
        }
        let driver = self.clone();
        spawn_local(async move {
            while let Some((token, writes)) = driver.next_write() {
                match driver.0.store.commit(writes).await {
                    Ok(seqs) => driver.send(Event::Stored { token, seqs }),
                    Err(why) => {
                        driver.send(Event::StoreFailed { token });
                        (driver.0.told)(Told::Broken(why));
                    }
                }
            }
            driver.0.writing.set(false);
        });
    }

    fn next_write(&self) -> Option<(Token, Vec<Write>)> {
        self.0.queue.borrow_mut().pop_front()
    }

    fn reload(&self) {
        let driver = self.clone();
        spawn_local(async move {
            match driver.0.store.load(Table::Outbox).await {
                Ok(outbox) => driver.send(Event::Reloaded { outbox }),
                Err(why) => (driver.0.told)(Told::Broken(why)),
            }
        });
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
