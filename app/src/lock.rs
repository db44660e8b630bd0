//! Which tab leads: one tab of this browser holds an account's lock (Web Locks), and only that one
//! pushes and pulls. Where the browser has no locks (pages without TLS, older ones), tabs go by
//! their word: the last one that claims it leads.

use crate::browser::{self, Channel, Slot};
use js_sys::{Function, Object, Promise, Reflect};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::DomException;

/// What a tab says that claims the lead by its word.
const MINE: &str = "mine";
/// A page that was frozen hears of its loss only when it is back in front. So long after a loss,
/// ms, it is clear which page is in front: they hear of that one after the other.
const SETTLED_MS: i64 = 1_000;

type Listener = Rc<dyn Fn(bool)>;

/// One account's lock as this tab sees it; clones are the same one.
#[derive(Clone)]
pub struct Lock(Rc<Inner>);

struct Inner {
    name: String,
    /// The browser's own; none where tabs go by their word.
    manager: Option<JsValue>,
    word: RefCell<Option<Channel>>,
    /// Counts the leads of this tab.
    turn: Cell<u32>,
    held: Cell<bool>,
    /// This tab stands in the line for the lock; once is enough.
    waits: Cell<bool>,
    over: Cell<bool>,
    /// Lets go of the lock.
    release: RefCell<Option<Function>>,
    told: RefCell<Option<Listener>>,
    /// Came to the front while it led, as far as it knew.
    fronted: Cell<bool>,
    again: Slot,
}

impl Lock {
    /// Asks for the lock of this name. A page in front takes it from whoever has it: a page in the
    /// background may be frozen, and would keep it for ever.
    #[must_use]
    pub fn ask(name: &str, in_front: bool) -> Self {
        Self::ask_of(manager(), name, in_front)
    }

    fn ask_of(manager: Option<JsValue>, name: &str, in_front: bool) -> Self {
        let lock = Self(Rc::new(Inner {
            name: name.to_owned(),
            manager,
            word: RefCell::default(),
            turn: Cell::new(0),
            held: Cell::new(false),
            waits: Cell::new(false),
            over: Cell::new(false),
            release: RefCell::default(),
            told: RefCell::default(),
            fronted: Cell::new(false),
            again: Slot::default(),
        }));
        lock.request(in_front);
        lock
    }

    /// Names the present lead of this tab; none while it does not lead.
    #[must_use]
    pub fn lead(&self) -> Option<u32> {
        self.0.held.get().then(|| self.0.turn.get())
    }

    /// From now on tells when this tab begins to lead, and when it ends.
    pub fn listen(&self, told: impl Fn(bool) + 'static) {
        *self.0.told.borrow_mut() = Some(Rc::new(told));
    }

    /// The page has come to the front, or the person wants it: takes the lead.
    pub fn take(&self) {
        if self.0.held.get() {
            self.0.fronted.set(true);
        } else if !self.0.over.get() {
            self.request(true);
        }
    }

    /// Leads no more, and tells nobody.
    pub fn release(&self) {
        self.0.over.set(true);
        self.0.held.set(false);
        self.0.again.clear();
        let told = self.0.told.take();
        let word = self.0.word.take();
        if let Some(release) = self.0.release.take() {
            // The browser's own function of a promise; it cannot fail.
            let _ = release.call0(&JsValue::NULL);
        }
        drop((told, word));
    }

    /// By name, as the bindings count locks as unstable.
    fn request(&self, steal: bool) {
        let Some(manager) = &self.0.manager else {
            self.claim();
            return;
        };
        if !steal && self.0.waits.replace(true) {
            return;
        }
        // The lead that comes of this request; 0 until there is one.
        let turn = Rc::new(Cell::new(0));
        let (lock, of_it) = (self.clone(), Rc::clone(&turn));
        let granted = Closure::once_into_js(move |_: JsValue| lock.granted(steal, &of_it));
        let options = Object::new();
        let asked = Reflect::set(&options, &"steal".into(), &steal.into())
            .and_then(|_| Reflect::get(manager, &"request".into()))
            .and_then(JsCast::dyn_into::<Function>)
            .and_then(|request| request.call3(manager, &self.0.name.as_str().into(), &options, &granted))
            .and_then(JsCast::dyn_into::<Promise>);
        let Ok(asked) = asked else {
            self.claim();
            return;
        };
        let lock = self.clone();
        spawn_local(async move {
            if let Err(why) = JsFuture::from(asked).await {
                lock.refused(turn.get(), &why);
            }
        });
    }

    /// The lock is ours until the promise that is returned ends.
    fn granted(&self, stolen: bool, turn: &Cell<u32>) -> JsValue {
        if !stolen {
            self.0.waits.set(false);
        }
        if self.0.over.get() {
            return JsValue::UNDEFINED;
        }
        let until = Promise::new(&mut |resolve, _| *self.0.release.borrow_mut() = Some(resolve));
        self.begin();
        turn.set(self.0.turn.get());
        self.tell(true);
        until.into()
    }

    fn refused(&self, turn: u32, why: &JsValue) {
        if self.0.over.get() {
            return;
        }
        let taken = why.dyn_ref::<DomException>().is_some_and(|why| why.name() == "AbortError");
        if !taken {
            // No lock to be had on this page. Nothing may stay on the phone for that.
            self.claim();
            return;
        }
        if self.0.turn.get() != turn {
            // This tab has taken it from itself.
            return;
        }
        self.0.release.take();
        self.tell(false);
        if !self.0.over.get() {
            self.request(false);
            self.take_back();
        }
    }

    /// Takes the lead again if this page is in front after all: it was lost long before.
    fn take_back(&self) {
        if self.0.fronted.replace(false) {
            let lock = self.clone();
            self.0.again.plan(SETTLED_MS, move || {
                if browser::in_front() && !lock.0.held.get() {
                    lock.take();
                }
            });
        }
    }

    fn claim(&self) {
        let lock = self.clone();
        let heard = move |said: &str| {
            if said == MINE && lock.0.held.get() {
                lock.tell(false);
            }
        };
        self.0.word.borrow_mut().get_or_insert_with(|| Channel::open(&self.0.name, heard)).say(MINE);
        self.begin();
        self.tell(true);
    }

    fn begin(&self) {
        self.0.turn.set(self.0.turn.get() + 1);
    }

    fn tell(&self, held: bool) {
        self.0.held.set(held);
        let told = self.0.told.borrow().clone();
        if let Some(told) = told {
            told(held);
        }
    }
}

/// Missing on pages without TLS and in older browsers.
fn manager() -> Option<JsValue> {
    let manager = Reflect::get(&browser::window()?.navigator(), &"locks".into()).ok()?;
    Some(manager).filter(JsValue::is_object)
}

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use super::*;
    use browser::Timer;
    use wasm_bindgen_test::wasm_bindgen_test;

    type Heard = Rc<RefCell<Vec<bool>>>;

    fn hear(lock: &Lock) -> Heard {
        let heard = Heard::default();
        let into = Rc::clone(&heard);
        lock.listen(move |held| into.borrow_mut().push(held));
        heard
    }

    /// Until this holds; fails after a while.
    async fn until(what: &str, holds: impl Fn() -> bool) {
        for _ in 0..200 {
            if holds() {
                return;
            }
            pause().await;
        }
        panic!("never: {what}");
    }

    async fn pause() {
        let slot = RefCell::new(None);
        let late = Promise::new(&mut |resolve, _| {
            let call = move || drop(resolve.call0(&JsValue::NULL));
            *slot.borrow_mut() = Timer::after(10, call);
        });
        let _ = JsFuture::from(late).await;
    }

    async fn one_leads(name: &str, ask: impl Fn(bool) -> Lock) {
        let first = ask(false);
        until("the first leads", || first.lead().is_some()).await;
        let of_first = hear(&first);
        let second = ask(true);
        let of_second = hear(&second);
        until("one in front takes it", || second.lead().is_some()).await;
        until("the first is told", || *of_first.borrow() == [false]).await;
        assert_eq!(first.lead(), None, "{name}");
        let under = second.lead();
        first.take();
        until("the first takes it back", || first.lead().is_some()).await;
        until("the second is told", || second.lead().is_none()).await;
        second.take();
        until("and again", || second.lead().is_some() && first.lead().is_none()).await;
        assert_ne!(second.lead(), under, "another lead: the store may have changed in between");
        second.release();
        assert_eq!(second.lead(), None);
        assert_eq!(of_second.borrow().last(), Some(&true), "what is let go is not told");
    }

    #[wasm_bindgen_test]
    async fn one_tab_leads_by_the_browsers_lock() {
        assert!(manager().is_some(), "this browser has locks");
        let name = "test-lock";
        one_leads(name, |in_front| Lock::ask(name, in_front)).await;
    }

    #[wasm_bindgen_test]
    async fn one_tab_leads_by_its_word() {
        let name = "test-word";
        one_leads(name, |in_front| Lock::ask_of(None, name, in_front)).await;
    }

    #[wasm_bindgen_test]
    async fn who_waits_in_line_leads_when_the_lock_is_let_go() {
        let first = Lock::ask("test-line", true);
        until("the first leads", || first.lead().is_some()).await;
        let second = Lock::ask("test-line", false);
        let heard = hear(&second);
        pause().await;
        assert_eq!(second.lead(), None);
        first.release();
        until("the second leads", || second.lead().is_some()).await;
        assert_eq!(*heard.borrow(), [true]);
        second.release();
        let third = Lock::ask("test-line", false);
        until("nobody keeps it", || third.lead().is_some()).await;
        third.release();
    }

    #[wasm_bindgen_test]
    async fn a_loss_that_is_heard_of_on_coming_back_is_made_good() {
        let first = Lock::ask("test-frozen", true);
        until("the first leads", || first.lead().is_some()).await;
        // It was frozen, and believes that it leads.
        first.take();
        let second = Lock::ask("test-frozen", true);
        until("the first has it back", || second.lead().is_none() && first.lead().is_some()).await;
        first.release();
        second.release();
    }
}
