//! Opening an account in this browser: its database, its core, and what woke it.

use super::state::{App, Stage};
use crate::browser;
use crate::prefs;
use crate::store::indexeddb::IndexedDb;
use crate::store::{Store, StoreError, snapshot};
use crate::sync::Driver;
use leptos::prelude::*;
use shared::id::AccountId;
use shared::phone::{Clock, Event, Identity, Phone, Snapshot, Table, Write};
use shared::wire::LoginAnswer;
use std::collections::BTreeMap;
use wasm_bindgen_futures::spawn_local;

/// The key under which the store is tried out.
const TRIAL: &str = "self-test";

fn database(account: AccountId) -> String {
    format!("jiangdao-{account}")
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
        match load(account).await {
            Ok((store, snapshot)) => match Phone::load(&snapshot) {
                Some(phone) => {
                    let signed_in = accounts.open.is_some();
                    let whole = phone.pulled_whole();
                    take_over(app, account, phone, store, &snapshot);
                    app.stage.set(match (signed_in, whole) {
                        (false, _) => Stage::Login,
                        (true, false) => Stage::Setup,
                        (true, true) => Stage::Ready,
                    });
                }
                None => {
                    app.wiped.set(prefs::canary(account));
                    app.stage.set(Stage::Login);
                }
            },
            Err(why) => app.stage.set(Stage::Broken(why)),
        }
    });
}

async fn load(account: AccountId) -> Result<(IndexedDb, Snapshot), StoreError> {
    let store = IndexedDb::open(&database(account)).await?;
    let snapshot = snapshot(&store).await?;
    Ok((store, snapshot))
}

/// The replica of an account in this browser, if it was ever used here.
pub async fn replica_of(account: AccountId) -> Option<shared::id::ReplicaId> {
    let (store, snapshot) = load(account).await.ok()?;
    store.close();
    Phone::load(&snapshot).map(|phone| phone.identity().replica)
}

/// Goes on with what the server answered to a login.
///
/// # Errors
/// The store cannot be used: nothing could be recorded, so nobody is let in.
pub async fn enter(app: App, answer: LoginAnswer, replica: shared::id::ReplicaId) -> Result<(), StoreError> {
    let account = answer.account.id;
    let mut accounts = prefs::accounts();
    accounts.entered(&answer.account.login, account);
    if app.account() == Some(account) {
        prefs::set_accounts(&accounts);
        let whole = app.peek(Phone::pulled_whole).unwrap_or(false);
        app.send(Event::LoggedIn(Box::new(answer)));
        app.stage.set(if whole { Stage::Ready } else { Stage::Setup });
        return Ok(());
    }
    let (store, snapshot) = load(account).await?;
    let phone = match Phone::load(&snapshot) {
        Some(phone) => phone,
        None => {
            let (phone, writes) = first(&answer, replica);
            store.commit(writes).await?;
            phone
        }
    };
    prefs::set_canary(account);
    prefs::set_accounts(&accounts);
    app.wiped.set(false);
    let whole = phone.pulled_whole();
    take_over(app, account, phone, store, &snapshot);
    app.send(Event::LoggedIn(Box::new(answer)));
    app.stage.set(if whole { Stage::Ready } else { Stage::Setup });
    Ok(())
}

fn first(answer: &LoginAnswer, replica: shared::id::ReplicaId) -> (Phone, Vec<Write>) {
    let identity = Identity {
        account: answer.account.clone(),
        replica,
        token: answer.token.clone(),
        push_token: answer.push_token.clone(),
        epoch: Some(answer.epoch),
        granted: answer.granted.clone(),
    };
    let offset_ms = answer.server_ms.saturating_sub(browser::now_ms());
    Phone::first(identity, Clock { offset_ms, heard_ms: answer.server_ms })
}

fn take_over(app: App, account: AccountId, phone: Phone, store: IndexedDb, snapshot: &Snapshot) {
    let drafts = snapshot.of(Table::Drafts);
    let text = |(key, value): (&str, &[u8])| Some((key.to_owned(), String::from_utf8(value.to_vec()).ok()?));
    let mut drafts: BTreeMap<String, String> = drafts.filter_map(text).collect();
    // Written as the page was being closed: newer than what the store has.
    if let Some(gasp) = prefs::gasp().filter(|gasp| gasp.account == account) {
        drafts.insert(gasp.key, gasp.value);
    }
    app.drafts.set_value(drafts);
    super::tabs::claim(app, account);
    app.set_driver(Some(Driver::new(phone, store, move |told| app.told(told))));
    app.send(Event::Woke);
    try_out(app);
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
        let read = store.load(Table::Meta).await;
        let found = read.is_ok_and(|rows| rows.iter().any(|(key, v)| key == TRIAL && v == mark.as_bytes()));
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
