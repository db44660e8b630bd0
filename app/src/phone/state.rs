//! What every page shares: preferences, the place, the core of the open account.

use super::account;
use super::others::Others;
use super::route::{Nav, Route};
use crate::prefs::{self, Prefs, Theme};
use crate::store::StoreError;
use crate::sync::{Driver, Recorded, Told};
use crate::view::prelude::*;
use shared::id::AccountId;
use shared::phone::{Event, Fact, Phone, Write};
use shared::text::{Lang, Msg};
use std::collections::BTreeMap;

/// What the whole screen is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// The store is being opened.
    Opening,
    /// The account that was open is locked.
    Locked(AccountId),
    /// A PIN is being chosen.
    ChoosePin(super::lock_screen::Answer),
    /// Nobody is logged in.
    Login,
    /// Logged in for the first time: rosters come down, the store is tried.
    Setup,
    /// Ready to record.
    Ready,
    /// The store cannot be used.
    Broken(StoreError),
}

/// What this browser can promise, as far as was found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Promise {
    /// Written, closed, opened and read again; none while it is being tried.
    pub keeps: Option<bool>,
    /// The browser will not throw the records away by itself; none where it did not say.
    pub persists: Option<bool>,
    /// The app opens without signal.
    pub opens_offline: bool,
}

/// A short message at the foot, with one thing to do about it.
#[derive(Clone)]
pub struct Snack {
    /// What happened.
    pub text: String,
    /// Takes it back.
    pub undo: Option<Callback<()>>,
}

/// Handed to every page.
#[derive(Clone, Copy)]
pub struct App {
    /// Preferences.
    pub prefs: RwSignal<Prefs>,
    /// The place.
    pub nav: Nav,
    /// What the whole screen is about.
    pub stage: RwSignal<Stage>,
    /// Counts up with everything that may be shown.
    pub rev: RwSignal<u64>,
    /// Counts up when rows came in.
    pub fresh: RwSignal<u64>,
    /// The message at the foot.
    pub snack: RwSignal<Option<Snack>>,
    /// The browser's hint about the network.
    pub online: RwSignal<bool>,
    /// Counts up every minute, for what shows ages.
    pub minute: RwSignal<u64>,
    /// What this browser can promise.
    pub promise: RwSignal<Promise>,
    /// Records of this account were here once, and are gone: somebody cleared the browser.
    pub wiped: RwSignal<bool>,
    /// A link to join by, which was opened and not used yet.
    pub link: RwSignal<Option<super::join::Link>>,
    /// Half-filled forms, as the store has them, by key.
    pub drafts: StoredValue<BTreeMap<String, String>>,
    /// The phone lies on a table for this session, and shows nothing else.
    pub kiosk: RwSignal<Option<shared::id::SessionId>>,
    /// What waits of the other accounts of this browser.
    pub others: Others,
    /// The photos taken here.
    pub photos: super::photos::Photos,
    driver: StoredValue<Option<Driver>, LocalStorage>,
}

impl App {
    /// The state of a page that has just been opened.
    #[must_use]
    pub fn new() -> Self {
        Self {
            prefs: RwSignal::new(prefs::prefs()),
            nav: Nav::start(),
            stage: RwSignal::new(Stage::Opening),
            rev: RwSignal::new(0),
            fresh: RwSignal::new(0),
            snack: RwSignal::new(None),
            online: RwSignal::new(crate::browser::online()),
            minute: RwSignal::new(0),
            promise: RwSignal::new(Promise::default()),
            wiped: RwSignal::new(false),
            link: RwSignal::new(super::join::Link::here()),
            drafts: StoredValue::new(BTreeMap::new()),
            kiosk: RwSignal::new(None),
            others: Others::new(),
            photos: super::photos::Photos::new(),
            driver: StoredValue::new_local(None),
        }
    }

    /// The language now; follows changes.
    #[must_use]
    pub fn lang(self) -> Lang {
        self.prefs.get().lang
    }

    /// A fixed text that follows the language.
    pub fn say(self, msg: Msg) -> impl Fn() -> &'static str + Copy + Send + 'static {
        move || msg.get(self.lang())
    }

    /// A fixed text in the language of this moment, with values in it.
    #[must_use]
    pub fn with(self, msg: Msg, values: &[&str]) -> String {
        msg.with(self.lang(), values)
    }

    /// The core of the open account.
    #[must_use]
    pub fn driver(self) -> Option<Driver> {
        self.driver.get_value()
    }

    /// Puts another core in the place of the one before, which stops.
    pub fn set_driver(self, driver: Option<Driver>) {
        if let Some(before) = self.driver() {
            before.stop();
        }
        self.driver.set_value(driver);
        self.told(Told::Changed);
        self.fresh.update(|n| *n += 1);
    }

    /// Reads from the core, and again whenever something may have changed. None without a core.
    pub fn read<T>(self, look: impl FnOnce(&Phone) -> T) -> Option<T> {
        self.rev.track();
        self.driver().map(|driver| driver.with(look))
    }

    /// Reads from the core once.
    pub fn peek<T>(self, look: impl FnOnce(&Phone) -> T) -> Option<T> {
        self.driver().map(|driver| driver.with(look))
    }

    /// The server's time as far as this phone can tell, ms: a phone's own clock may be years off,
    /// and a session must not begin in the wrong week for it.
    #[must_use]
    pub fn server_now_ms(self) -> i64 {
        let now_ms = crate::browser::now_ms();
        self.peek(|phone| phone.server_ms(now_ms)).unwrap_or(now_ms)
    }

    /// The account that is open.
    #[must_use]
    pub fn account(self) -> Option<AccountId> {
        self.peek(|phone| phone.identity().account.id)
    }

    /// Tells the core what happened.
    pub fn send(self, event: Event) {
        if let Some(driver) = self.driver() {
            driver.send(event);
        }
    }

    /// What the driver has to say.
    pub fn told(self, told: Told) {
        match told {
            Told::Changed => self.rev.update(|n| *n += 1),
            Told::Fresh => self.fresh.update(|n| *n += 1),
            Told::Rested => {
                self.heed_sign_out();
                super::photos::run(self);
            }
            Told::Photos => super::photos::read_again(self),
            Told::Broken(StoreError::Locked) => self.locked_elsewhere(),
            Told::Broken(why) => self.stop(Stage::Broken(why)),
        }
    }

    /// Another tab has set a PIN: this one asks for it, too.
    fn locked_elsewhere(self) {
        if let Some(account) = self.account() {
            self.set_driver(None);
            self.stop(Stage::Locked(account));
        }
    }

    /// Another tab has signed out: this one shows and records nothing more either.
    fn heed_sign_out(self) {
        let inside = matches!(self.stage.get_untracked(), Stage::Ready | Stage::Setup);
        if inside && self.peek(|phone| phone.identity().token.is_empty()) == Some(true) {
            self.nav.replace(Route::Sessions);
            self.stage.set(Stage::Login);
        }
    }

    /// The page has come to the front: what is recorded here goes up from here.
    pub fn to_front(self) {
        super::photos::hurry(self);
        if let Some(driver) = self.driver() {
            driver.to_front();
        }
        self.others.each(Driver::woke);
    }

    /// The network seems to be back.
    pub fn woke(self) {
        super::photos::hurry(self);
        if let Some(driver) = self.driver() {
            driver.woke();
        }
        self.others.each(Driver::woke);
    }

    /// The person wants everything of this phone to go up now.
    pub fn sync_now(self) {
        super::photos::hurry(self);
        if let Some(driver) = self.driver() {
            driver.to_front();
        }
        self.others.each(Driver::to_front);
    }

    /// Nothing more is recorded here; what the foot says of the last record may not be true.
    pub fn stop(self, stage: Stage) {
        self.snack.set(None);
        self.stage.set(stage);
    }

    /// Records facts; `after` runs once they are flushed. A failure stops the screen by itself.
    pub fn record(self, facts: Vec<Fact>, also: Vec<Write>, after: impl FnOnce() + 'static) {
        let Some(driver) = self.driver() else { return };
        driver.record(facts, also, move |recorded| match recorded {
            Recorded::Saved => {
                account::ask_to_persist(self);
                after();
            }
            Recorded::TooLong => self.note(self.say(super::words::TOO_LONG)().to_owned()),
            Recorded::NotSaved => {}
        });
    }

    /// Shows a short message.
    pub fn note(self, text: String) {
        self.snack.set(Some(Snack { text, undo: None }));
    }

    /// Changes the preferences and remembers them.
    pub fn prefer(self, change: impl FnOnce(&mut Prefs)) {
        self.prefs.update(change);
        prefs::set_prefs(&self.prefs.get_untracked());
    }

    /// Keeps the page's own element in step with the preferences.
    pub fn dress_page(self) {
        Effect::new(move |_| {
            let prefs = self.prefs.get();
            let root = web_sys::window().and_then(|w| w.document()).and_then(|d| d.document_element());
            let Some(root) = root else { return };
            let theme = match prefs.theme {
                Theme::System => "system",
                Theme::Light => "light",
                Theme::Dark => "dark",
            };
            // Setting an attribute of a known name cannot be refused.
            let _ = root.set_attribute("lang", prefs.lang.tag());
            let _ = root.set_attribute("data-theme", theme);
            let _ = root.set_attribute("data-size", if prefs.elder { "elder" } else { "usual" });
        });
    }
}

impl Default for App {
    fn default() -> Self {
        Self::new()
    }
}

/// The state, in any part of the page.
#[must_use]
pub fn app() -> App {
    expect_context::<App>()
}
