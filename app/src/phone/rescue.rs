//! 存为文件: what has no receipt, of all accounts of this browser, in a file that its server alone
//! can open. Making one changes nothing of what waits.

use super::state::{App, app};
use super::{account, words};
use crate::browser::{self, Shared};
use crate::parts::icon::Icon;
use crate::prefs;
use crate::store::codec::is_lock;
use crate::store::indexeddb::IndexedDb;
use crate::store::{Store, StoreError};
use crate::sync::Driver;
use crate::view::prelude::*;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use shared::id::AccountId;
use shared::phone::{Opening, Phone, Snapshot, Table, Unsent, rescue_content, rescue_key};
use shared::rescue::Locked;
use shared::sealed::hex;
use shared::stamp::civil;
use std::collections::BTreeSet;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// What is read of a database: not the rosters, which do not go into the file.
const READ: [Table; 6] =
    [Table::Meta, Table::Outbox, Table::Responses, Table::Acked, Table::AckedResponses, Table::Held];
/// What the start script calls the way to the sealing code, which is fetched when it is first used.
const SEAL: &str = "jiangdaoSeal";
/// How a downloaded file ends.
const END: &str = ".jiangdao";
/// How it ends in a share sheet: some browsers share files of well-known endings only.
const SHARED_END: &str = ".jiangdao.txt";

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// So many records are in a file among the downloads.
    Saved(usize),
    /// So many were handed to another app.
    Shared(usize),
    /// The person closed the share sheet.
    CalledOff,
    /// There is nothing to save, as far as can be read.
    Nothing,
    /// No server has told its key yet.
    NoKey,
    /// The sealing code could not be loaded, or the browser gave no file.
    Failed,
}

/// The button, with what it is for and how it went.
#[component]
pub fn Save() -> impl IntoView {
    let app = app();
    let busy = RwSignal::new(false);
    let outcome = RwSignal::new(None::<Outcome>);
    let save = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        outcome.set(None);
        spawn_local(async move {
            let done = make(app).await;
            // The page may be gone by now.
            busy.try_set(false);
            outcome.try_set(Some(done));
        });
    };
    let says = move || match outcome.get() {
        None | Some(Outcome::CalledOff) => None,
        Some(Outcome::Saved(n)) => Some(app.with(words::RESCUE_SAVED, &[&n.to_string()])),
        Some(Outcome::Shared(n)) => Some(app.with(words::RESCUE_SHARED, &[&n.to_string()])),
        Some(Outcome::Nothing) => Some(app.say(words::RESCUE_NOTHING)().to_owned()),
        Some(Outcome::NoKey) => Some(app.say(words::RESCUE_NO_KEY)().to_owned()),
        Some(Outcome::Failed) => Some(app.say(words::RESCUE_FAILED)().to_owned()),
    };
    view! {
        <div class="rescue">
            <p class="soft">{app.say(words::RESCUE_LEAD)}</p>
            <button type="button" class="secondary" disabled=busy on:click=save>
                {Icon::Saved.draw()}
                <span>{move || app.say(if busy.get() { words::RESCUE_DOING } else { words::RESCUE_DO })()}</span>
            </button>
            <p class="rescue-says" role="status">{says}</p>
        </div>
    }
}

async fn make(app: App) -> Outcome {
    let Gathered { open, closed } = gather(app).await;
    let waiting = closed.iter().map(|closed| closed.count);
    let count: usize = open.iter().map(Unsent::count).chain(waiting).sum();
    if count == 0 {
        return Outcome::Nothing;
    }
    let key = rescue_key(&open).map(str::to_owned);
    let Some(key) = key.or_else(|| Some(closed.first()?.key.clone())) else { return Outcome::NoKey };
    let closed = closed.into_iter().map(|closed| closed.part).collect();
    let content = rescue_content(&open, closed, browser::now_ms(), &browser::dice());
    let Ok(content) = serde_json::to_vec(&content) else { return Outcome::Failed };
    let Some(sealed) = seal(&key, &content).await else { return Outcome::Failed };
    let name = file_name(app.server_now_ms());
    match browser::share(&sealed, &format!("{name}{SHARED_END}")).await {
        Shared::Done => Outcome::Shared(count),
        Shared::CalledOff => Outcome::CalledOff,
        Shared::Impossible => {
            let saved = browser::download(&sealed, "application/octet-stream", &format!("{name}{END}"));
            if saved.is_ok() { Outcome::Saved(count) } else { Outcome::Failed }
        }
    }
}

/// `讲到-救援-20261122-1540`
fn file_name(now_ms: i64) -> String {
    let (year, month, day, hour, minute) = civil(now_ms);
    format!("讲到-救援-{year:04}{month:02}{day:02}-{hour:02}{minute:02}")
}

/// What has no receipt in this browser.
#[derive(Default)]
struct Gathered {
    open: Vec<Unsent>,
    closed: Vec<Closed>,
}

/// The store of an account that is locked, as it is stored: the server can open it.
struct Closed {
    part: Locked,
    /// The server's key.
    key: String,
    count: usize,
}

async fn closed(account: AccountId) -> Option<Closed> {
    let store = IndexedDb::open(&account::database(account)).await.ok()?;
    let (lock, raw) = (store.lock().await, store.raw(&READ).await);
    store.close();
    let (lock, raw) = (lock.ok()??, raw.ok()?);
    let waits = |table: &Table| matches!(table, Table::Outbox | Table::Responses);
    let count = raw.iter().filter(|(table, _)| waits(table)).map(|(_, rows)| rows.len()).sum();
    let rows = raw.into_iter().flat_map(|(table, rows)| {
        // The lock is no part of what it locks.
        let rows = rows.into_iter().filter(move |(key, _)| !is_lock(table, key));
        rows.map(move |(key, value)| (table.name().to_owned(), key, hex(&value)))
    });
    Some(Closed { part: Locked { spare: lock.spare, rows: rows.collect() }, key: lock.spare_for, count })
}

/// What of each account of this browser has no receipt: what memory knows, and what its store
/// says now. Either may be all there is: the one after a failure, the other after a restart.
async fn gather(app: App) -> Gathered {
    let known = prefs::accounts().known.into_iter().map(|known| known.account);
    let accounts: BTreeSet<AccountId> = known.chain(app.account()).collect();
    let mut all = Gathered::default();
    let mut answers = true;
    for account in accounts {
        let memory = running(app, account).map(|driver| driver.with(Phone::unsent));
        let stored = if answers { stored(account).await } else { Err(StoreError::Silent) };
        // A store that says nothing says nothing of the next account either, and costs its time.
        answers = stored != Err(StoreError::Silent);
        if stored == Err(StoreError::Locked) {
            all.closed.extend(closed(account).await.filter(|closed| closed.count > 0));
        }
        all.open.extend(match (memory, stored.ok().flatten()) {
            (Some(memory), Some(stored)) => Some(memory.with(stored)),
            (memory, stored) => memory.or(stored),
        });
    }
    all
}

fn running(app: App, account: AccountId) -> Option<Driver> {
    if app.account() == Some(account) { app.driver() } else { app.others.of(account) }
}

async fn stored(account: AccountId) -> Result<Option<Unsent>, StoreError> {
    let store = IndexedDb::open(&account::database(account)).await?;
    let read = match store.load(&READ).await {
        // What cannot be read of one table says nothing of the others.
        Err(StoreError::Damaged) => Ok(one_by_one(&store).await),
        read => read,
    };
    store.close();
    Ok(match Phone::open(&read?, None, browser::now_ms()) {
        Opening::Ready(phone) => Some(phone.unsent()),
        Opening::New | Opening::Emptied(_) => None,
    })
}

async fn one_by_one(store: &IndexedDb) -> Snapshot {
    let mut whole = Snapshot::default();
    for table in READ {
        if let Ok(read) = store.load(&[table]).await {
            whole.tables.extend(read.tables);
        }
    }
    whole
}

/// The bytes of the file. None where the code for it cannot be loaded, or refuses the key.
pub(super) async fn seal(key: &str, content: &[u8]) -> Option<Vec<u8>> {
    let window = browser::window()?;
    let load: Function = Reflect::get(&window, &SEAL.into()).ok()?.dyn_into().ok()?;
    let loading: Promise = load.call0(&JsValue::UNDEFINED).ok()?.dyn_into().ok()?;
    let seal: Function = JsFuture::from(loading).await.ok()?.dyn_into().ok()?;
    let sealed = seal.call2(&JsValue::UNDEFINED, &key.into(), &Uint8Array::from(content)).ok()?;
    Some(sealed.dyn_into::<Uint8Array>().ok()?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_file_is_named_by_the_minute() {
        assert_eq!(file_name(1_763_740_800_000 + 15 * 3_600_000 + 40 * 60_000), "讲到-救援-20251122-1540");
    }
}
