//! Opening an account in this browser: its database, its core, and what woke it.

use super::pin::{self, Whose};
use super::state::{App, Stage};
use super::{lock_screen, others};
use crate::browser;
use crate::lock::Lock;
use crate::prefs;
use crate::store::indexeddb::IndexedDb;
use crate::store::{Store, StoreError};
use crate::sync::Driver;
use crate::view::prelude::*;
use shared::id::{AccountId, ReplicaId};
use shared::phone::{Clock, Event, IDENTITY, Identity, Opening, Phone, Snapshot, Table, Write};
use shared::wire::{LoginAnswer, Loss};
use std::collections::BTreeMap;
use wasm_bindgen_futures::spawn_local;

/// The key under which the store is tried out.
const TRIAL: &str = "self-test";

/// The name of an account's database.
pub(super) fn database(account: AccountId) -> String {
    format!("jiangdao-{account}")
}

/// An account's database as it was read, and its lock, which may be ours.
pub(super) struct Opened {
    pub(super) store: IndexedDb,
    pub(super) lock: Lock,
    /// The lead under which the store was read.
    pub(super) under: Option<u32>,
    snapshot: Snapshot,
}

impl Opened {
    /// Lets go of everything.
    pub(super) fn close(&self) {
        self.lock.release();
        self.store.close();
    }
}

/// Opens an account's database, reads these tables of it, and says what it turns out to be.
pub(super) async fn open(
    account: AccountId,
    in_front: bool,
    tables: &[Table],
) -> Result<(Opened, Opening), StoreError> {
    // Asked for first: the answer is there before the database is, and the store is read once.
    let lock = Lock::ask(&format!("jiangdao-push-{account}"), in_front);
    let read = async {
        let store = IndexedDb::open(&database(account)).await?;
        let under = lock.lead();
        let snapshot = store.load(tables).await?;
        Ok((store, under, snapshot))
    };
    match read.await {
        Ok((store, under, snapshot)) => {
            let opening = Phone::open(&snapshot, prefs::canary(account), browser::now_ms());
            Ok((Opened { store, lock, under, snapshot }, opening))
        }
        Err(why) => {
            lock.release();
            Err(why)
        }
    }
}

/// Opens whatever account was open, or asks for a login.
pub fn boot(app: App) {
    spawn_local(async move {
        let accounts = prefs::accounts();
        // After signing out, what was not sent yet still goes up in the background.
        let last = accounts.known.first().map(|known| known.account);
        let Some(account) = accounts.open.or(last) else {
            app.stage.set(Stage::Login);
            return;
        };
        match open(account, browser::visible(), &Table::READ).await {
            Ok((opened, opening)) => start(app, opened, opening, accounts.open.is_some()),
            Err(StoreError::Locked) if accounts.open.is_some() => app.stage.set(Stage::Locked(account)),
            // What waits of it is told beside those of the others.
            Err(StoreError::Locked) => app.stage.set(Stage::Login),
            Err(why) => app.stage.set(Stage::Broken(why)),
        }
        others::look(app);
    });
}

fn start(app: App, opened: Opened, opening: Opening, signed_in: bool) {
    match opening {
        Opening::Ready(phone) => {
            let whole = phone.pulled_whole();
            take_over(app, *phone, opened, None);
            app.stage.set(match (signed_in, whole) {
                (false, _) => Stage::Login,
                (true, false) => Stage::Setup,
                (true, true) => Stage::Ready,
            });
        }
        Opening::New | Opening::Emptied(_) => {
            opened.close();
            app.wiped.set(matches!(opening, Opening::Emptied(_)));
            app.stage.set(Stage::Login);
        }
    }
}

/// The replica of an account in this browser, if it was ever used here. Of a locked one the mark beside it
/// tells.
pub async fn replica_of(account: AccountId) -> Option<ReplicaId> {
    let store = IndexedDb::open(&database(account)).await.ok()?;
    let snapshot = store.load(&[Table::Meta]).await;
    store.close();
    match snapshot {
        Ok(snapshot) => snapshot.meta::<Identity>(IDENTITY).map(|identity| identity.replica),
        Err(StoreError::Locked) => prefs::canary(account).map(|mark| mark.replica),
        Err(_) => None,
    }
}

/// Opens a locked store for whoever has logged in again.
async fn unlocked(answer: &LoginAnswer) -> Result<(), StoreError> {
    let store = IndexedDb::open(&database(answer.account.id)).await?;
    let done = pin::by_server(&store, &answer.token).await;
    store.close();
    done
}

/// Asks for a PIN where names are about to come, or where the one before was forgotten.
async fn choose_pin(app: App, answer: &LoginAnswer, store: &IndexedDb, forgotten: bool) {
    let server = answer.rescue_key.clone().filter(|_| pin::possible());
    let Some(server) = server.filter(|_| forgotten || !answer.granted.is_empty()) else { return };
    let whose = Whose { account: answer.account.id, name: answer.account.name.clone(), server };
    let chosen = lock_screen::choose(app).await;
    let done = match (chosen, forgotten) {
        (Some(chosen), true) => pin::renew(store, &chosen).await,
        (Some(chosen), false) => pin::set(store, &whose, &chosen).await,
        (None, true) => pin::take_away(store).await,
        (None, false) => Ok(()),
    };
    if let Err(why) = done {
        app.note(lock_screen::says(app, &why));
    }
}

/// Goes on with what the server answered to a login.
///
/// # Errors
/// The store cannot be used: nothing could be recorded, so nobody is let in.
pub async fn enter(app: App, answer: LoginAnswer, replica: ReplicaId) -> Result<(), StoreError> {
    let account = answer.account.id;
    let mut accounts = prefs::accounts();
    accounts.entered(&answer.account.login, account);
    let logged_in = Event::LoggedIn(Box::new(answer.clone()));
    let whole = if app.account() == Some(account) {
        app.send(logged_in);
        app.peek(Phone::pulled_whole).unwrap_or(false)
    } else {
        let (opened, opening, forgotten) = match open(account, true, &Table::READ).await {
            Err(StoreError::Locked) => {
                unlocked(&answer).await?;
                let (opened, opening) = open(account, true, &Table::READ).await?;
                (opened, opening, true)
            }
            Ok((opened, opening)) => (opened, opening, false),
            Err(why) => return Err(why),
        };
        let new = !matches!(opening, Opening::Ready(_));
        if new || forgotten {
            choose_pin(app, &answer, &opened.store, forgotten).await;
        }
        let (phone, writes) = match opening {
            Opening::Ready(phone) => (*phone, Vec::new()),
            Opening::Emptied(loss) => first(&answer, replica, vec![loss]),
            Opening::New => first(&answer, replica, Vec::new()),
        };
        if let Err(why) = opened.store.commit(writes).await {
            opened.close();
            return Err(why);
        }
        let whole = phone.pulled_whole();
        take_over(app, phone, opened, Some(logged_in));
        if let Some(driver) = app.driver().filter(|_| new) {
            // Another tab may have begun with the same account at the same time.
            driver.tell_tabs(&[Table::Meta]);
        }
        whole
    };
    prefs::set_accounts(&accounts);
    app.wiped.set(false);
    app.stage.set(if whole { Stage::Ready } else { Stage::Setup });
    others::look(app);
    Ok(())
}

fn first(answer: &LoginAnswer, replica: ReplicaId, losses: Vec<Loss>) -> (Phone, Vec<Write>) {
    let identity = Identity {
        account: answer.account.clone(),
        replica,
        token: answer.token.clone(),
        push_token: answer.push_token.clone(),
        epoch: Some(answer.epoch),
        granted: answer.granted.clone(),
        others: answer.others.clone(),
        rescue_key: answer.rescue_key.clone(),
    };
    let offset_ms = answer.server_ms.saturating_sub(browser::now_ms());
    Phone::first(identity, Clock { offset_ms, heard_ms: answer.server_ms }, losses)
}

/// Puts the account's core in the place of whatever was open.
fn take_over(app: App, phone: Phone, opened: Opened, logged_in: Option<Event>) {
    let Opened { store, lock, under, snapshot } = opened;
    let account = phone.identity().account.id;
    let drafts = snapshot.of(Table::Drafts);
    let text = |(key, value): (&str, &[u8])| Some((key.to_owned(), String::from_utf8(value.to_vec()).ok()?));
    let mut drafts: BTreeMap<String, String> = drafts.filter_map(text).collect();
    // Written as the page was being closed: newer than what the store has.
    if let Some(gasp) = prefs::gasp().filter(|gasp| gasp.account == account) {
        drafts.extend(store.heard(&gasp.value).map(|value| (gasp.key, value)));
    }
    app.drafts.set_value(drafts);
    app.photos.read(&snapshot);
    super::attendance::kiosk::resume(app);
    others::leave(app, account);
    let driver = Driver::new(phone, store, lock, true, move |told| app.told(told));
    app.set_driver(Some(driver.clone()));
    // First, so that nothing goes out under the tokens of before.
    if let Some(event) = logged_in {
        driver.send(event);
    }
    driver.go(under);
    follow_server(app);
    super::photos::run(app);
    try_out(app);
}

/// A forgotten PIN is of no harm as long as the server of today can open the spare key.
fn follow_server(app: App) {
    let Some(driver) = app.driver() else { return };
    let Some(whose) = whose(app) else { return };
    spawn_local(async move { pin::follow_server(&driver.store(), &whose).await });
}

/// Whose store is open, for its lock. None before its server has told a key.
pub(super) fn whose(app: App) -> Option<Whose> {
    app.peek(|phone| {
        let identity = phone.identity();
        let server = identity.rescue_key.clone()?;
        Some(Whose { account: identity.account.id, name: identity.account.name.clone(), server })
    })?
}

/// Writes, closes, opens and reads: whether this browser keeps what it is given.
pub fn try_out(app: App) {
    let Some(driver) = app.driver() else { return };
    spawn_local(async move {
        let store = driver.store();
        let mark = browser::now_ms().to_string();
        let put = Write::Put { table: Table::Meta, key: TRIAL.to_owned(), value: mark.clone().into_bytes() };
        let written = store.commit(vec![put]).await;
        store.close();
        let read = store.load(&[Table::Meta]).await;
        let found = read.is_ok_and(|read| read.of(Table::Meta).any(|row| row == (TRIAL, mark.as_bytes())));
        let keeps = written.is_ok() && found;
        let persists = browser::persisted().await;
        app.promise.update(|promise| {
            promise.keeps = Some(keeps);
            promise.persists = persists;
            promise.opens_offline = browser::has_worker();
        });
    });
}

/// After the first save: browsers answer kindly once a person has done something here.
pub fn ask_to_persist(app: App) {
    if app.promise.get_untracked().persists == Some(true) || ASKED.with(|asked| asked.replace(true)) {
        return;
    }
    spawn_local(async move {
        let answer = browser::persist().await;
        app.promise.update(|promise| promise.persists = answer);
    });
}

thread_local! {
    /// Once per opening of the page; some browsers ask the person each time.
    static ASKED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Ends the login. Unsent records stay, and go on being sent.
pub fn sign_out(app: App) {
    let bearer = app.peek(|phone| phone.identity().token.clone()).unwrap_or_default();
    app.send(Event::SignedOut);
    let mut accounts = prefs::accounts();
    accounts.open = None;
    prefs::set_accounts(&accounts);
    app.nav.replace(super::route::Route::Sessions);
    app.stage.set(Stage::Login);
    spawn_local(async move { crate::api::logout(&bearer).await });
}
