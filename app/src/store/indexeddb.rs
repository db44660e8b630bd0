//! The store in the browser's IndexedDB: the one durable thing on a phone.
//!
//! A transaction is durable when its `complete` event comes, and only because it was asked to be
//! `strict`: browsers that default to `relaxed` complete before anything is flushed. Requests of
//! a transaction may succeed long before; nobody is told about that.

#[cfg(all(test, target_arch = "wasm32"))]
pub(crate) mod fault;
mod seal;
#[cfg(all(test, target_arch = "wasm32"))]
mod seal_tests;
#[cfg(all(test, target_arch = "wasm32"))]
mod tests;

use super::codec::{self, Codec, LOCK};
use super::{PATIENCE_MS, Store, StoreError, tables_of};
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use shared::phone::{Entry, NEXT_SEQ, Snapshot, Table, Write, counter, numbered, unnumbered};
use shared::sealed::{Key, Lock};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DomException, IdbDatabase, IdbFactory, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction,
};

/// The version of the tables. A higher one adds tables; none is ever taken away.
const VERSION: u32 = 2;

/// In tests, a failure that was asked for happens here; everywhere else nothing does.
#[cfg(not(all(test, target_arch = "wasm32")))]
mod fault {
    use super::{IdbDatabase, IdbObjectStore, StoreError};

    pub(super) const fn at_begin(_: &IdbDatabase) {}
    pub(super) const fn at_request(_: &IdbObjectStore) {}
    pub(super) const fn at_end() -> Result<(), StoreError> {
        Ok(())
    }
}

/// One database; clones share its connection.
#[derive(Clone)]
pub struct IndexedDb {
    name: Rc<str>,
    connection: Rc<RefCell<Option<IdbDatabase>>>,
    codec: Codec,
}

impl IndexedDb {
    /// Opens the database of this name, and makes it where there is none.
    ///
    /// # Errors
    /// The browser has no database for us, or cannot open this one.
    pub async fn open(name: &str) -> Result<Self, StoreError> {
        Self::open_with(name, Codec::of(name)).await
    }

    async fn open_with(name: &str, codec: Codec) -> Result<Self, StoreError> {
        let store = Self { name: Rc::from(name), connection: Rc::default(), codec };
        store.connect().await?;
        Ok(store)
    }

    /// Lets go of the connection; the next call makes it again.
    pub fn close(&self) {
        if let Some(database) = self.connection.borrow_mut().take() {
            database.close();
        }
    }

    async fn connect(&self) -> Result<IdbDatabase, StoreError> {
        if let Some(database) = self.connection.borrow().as_ref() {
            return Ok(database.clone());
        }
        let database = open(&self.name).await?;
        self.watch(&database);
        *self.connection.borrow_mut() = Some(database.clone());
        Ok(database)
    }

    /// Forgets the connection when the browser closes it (iOS does under memory pressure), and
    /// closes it when a newer version of the app wants to change the tables.
    fn watch(&self, database: &IdbDatabase) {
        let slot = Rc::clone(&self.connection);
        let forget = Closure::once_into_js(move || {
            if let Some(database) = slot.borrow_mut().take() {
                database.close();
            }
        });
        let forget: &Function = forget.unchecked_ref();
        database.set_onclose(Some(forget));
        database.set_onversionchange(Some(forget));
    }

    /// Does the work, and once more on a new connection where the old one was lost. Where it had
    /// gone through unheard, doing it again changes nothing: appends know their keys.
    async fn twice<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        work: impl Fn(IdbDatabase) -> F,
    ) -> Result<T, StoreError> {
        match work(self.connect().await?).await {
            Err(StoreError::Closed) => {
                self.close();
                work(self.connect().await?).await
            }
            outcome => outcome,
        }
    }
}

impl Store for IndexedDb {
    async fn commit(&self, writes: Vec<Write>) -> Result<Vec<u64>, StoreError> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        self.twice(|database| commit(database, &writes, &self.codec)).await
    }

    async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.twice(|database| get(database, table, key, &self.codec)).await
    }

    async fn load(&self, tables: &[Table]) -> Result<Snapshot, StoreError> {
        if tables.is_empty() {
            return Ok(Snapshot::default());
        }
        self.twice(|database| load(database, tables, &self.codec)).await
    }
}

async fn open(name: &str) -> Result<IdbDatabase, StoreError> {
    let request = factory()?.open_with_u32(name, VERSION).map_err(|why| sort(&why))?;
    let asked = request.clone();
    let make = Closure::once(move || {
        let Ok(database) = asked.result().map(JsCast::unchecked_into::<IdbDatabase>) else { return };
        let there = database.object_store_names();
        for table in Table::ALL {
            if !there.contains(table.name()) {
                // Should it fail, the browser aborts the opening and says so there.
                let _ = database.create_object_store(table.name());
            }
        }
    });
    request.set_onupgradeneeded(Some(make.as_ref().unchecked_ref()));
    let opened = answer(&request).await;
    request.set_onupgradeneeded(None);
    opened.map(JsCast::unchecked_into)
}

fn factory() -> Result<IdbFactory, StoreError> {
    let window = web_sys::window().ok_or(StoreError::Unavailable)?;
    window.indexed_db().ok().flatten().ok_or(StoreError::Unavailable)
}

async fn commit(database: IdbDatabase, writes: &[Write], codec: &Codec) -> Result<Vec<u64>, StoreError> {
    let transaction = begin(&database, &with_meta(&tables_of(writes)))?;
    let done = completion(&transaction);
    let asked = async {
        let key = codec.under(lock(&transaction).await?.as_ref())?;
        request_all(&transaction, key.as_ref(), writes).await
    };
    settle(&transaction, done, asked.await).await
}

/// Ends a transaction by how its requests went, and waits until it is durable, or taken back.
async fn settle<T>(
    transaction: &IdbTransaction,
    done: Promise,
    asked: Result<T, StoreError>,
) -> Result<T, StoreError> {
    match asked {
        Ok(value) => {
            end(transaction);
            patiently(done).await?;
            fault::at_end().map(|()| value)
        }
        Err(why) => {
            // It may have aborted by itself already; the promise must be listened to either way.
            let _ = transaction.abort();
            let aborted = patiently(done).await.err();
            Err(match (why, aborted) {
                (StoreError::Closed, Some(told)) if told != StoreError::Closed => told,
                // A request never answered, but the browser says that nothing was kept.
                (StoreError::Silent, Some(told)) => told,
                (why, _) => why,
            })
        }
    }
}

/// These tables, and the one with the lock, which each transaction looks at.
fn with_meta(tables: &[Table]) -> Vec<Table> {
    let others = tables.iter().copied().filter(|table| *table != Table::Meta);
    others.chain([Table::Meta]).collect()
}

fn names_of(tables: &[Table]) -> Array {
    tables.iter().map(|table| JsValue::from_str(table.name())).collect()
}

/// A strict transaction. Called by name, as the bindings count its third argument as unstable;
/// browsers that do not know the option ignore it (and flush anyway).
fn begin(database: &IdbDatabase, tables: &[Table]) -> Result<IdbTransaction, StoreError> {
    fault::at_begin(database);
    let options = Object::new();
    let transaction = Reflect::set(&options, &"durability".into(), &"strict".into())
        .and_then(|_| Reflect::get(database, &"transaction".into()))
        .and_then(JsCast::dyn_into::<Function>)
        .and_then(|begin| begin.call3(database, &names_of(tables), &"readwrite".into(), &options));
    transaction.map(JsCast::unchecked_into).map_err(|why| sort(&why))
}

/// Says that nothing more is coming, so that the browser begins to write now and not a turn later.
/// By name: older browsers do not know it, and commit by themselves.
fn end(transaction: &IdbTransaction) {
    if let Ok(commit) = Reflect::get(transaction, &"commit".into()).and_then(JsCast::dyn_into::<Function>) {
        // Refused only when the transaction has ended already, and its own event tells how.
        let _ = commit.call0(transaction);
    }
}

/// One table inside a transaction, and what its values are sealed with.
struct Shelf<'a> {
    store: IdbObjectStore,
    table: Table,
    key: Option<&'a Key>,
}

impl<'a> Shelf<'a> {
    fn of(transaction: &IdbTransaction, table: Table, key: Option<&'a Key>) -> Result<Self, StoreError> {
        let store = transaction.object_store(table.name()).map_err(|why| sort(&why))?;
        Ok(Self { store, table, key })
    }

    fn put(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        fault::at_request(&self.store);
        let stored = Uint8Array::from(codec::encode(self.key, self.table, key, value).as_slice());
        self.store.put_with_key(&stored, &key.into()).map(drop).map_err(|why| sort(&why))
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        fault::at_request(&self.store);
        self.store.delete(&key.into()).map(drop).map_err(|why| sort(&why))
    }

    fn delete_prefix(&self, prefix: &str) -> Result<(), StoreError> {
        fault::at_request(&self.store);
        let request = if prefix.is_empty() {
            self.store.clear()
        } else {
            // No key of ours holds the last code unit, so this is after everything that begins so.
            let end = format!("{prefix}\u{ffff}");
            IdbKeyRange::bound(&prefix.into(), &end.into()).and_then(|range| self.store.delete(&range))
        };
        request.map(drop).map_err(|why| sort(&why))
    }

    fn ask(&self, key: &str) -> Result<IdbRequest, StoreError> {
        fault::at_request(&self.store);
        self.store.get(&key.into()).map_err(|why| sort(&why))
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let stored = bytes(&answer(&self.ask(key)?).await?)?;
        stored.map(|stored| codec::decode(self.key, self.table, key, &stored)).transpose()
    }

    /// Asks for all keys and all values: a promise of both answers.
    fn all(&self) -> Result<Promise, StoreError> {
        fault::at_request(&self.store);
        let keys = self.store.get_all_keys().map_err(|why| sort(&why))?;
        let values = self.store.get_all().map_err(|why| sort(&why))?;
        Ok(Promise::all(&Array::of2(&listen(&keys), &listen(&values))))
    }
}

/// The lock as it stands at this transaction's moment.
async fn lock(transaction: &IdbTransaction) -> Result<Option<Lock>, StoreError> {
    let stored = Shelf::of(transaction, Table::Meta, None)?.get(LOCK).await?;
    stored.map(|stored| serde_json::from_slice(&stored).map_err(|_| StoreError::Damaged)).transpose()
}

/// Asks for every write, in order; the seqs of the appends.
async fn request_all(
    transaction: &IdbTransaction,
    key: Option<&Key>,
    writes: &[Write],
) -> Result<Vec<u64>, StoreError> {
    let shelf = |table| Shelf::of(transaction, table, key);
    let mut seqs = Vec::new();
    for write in writes {
        match write {
            Write::Append { key, value } => {
                seqs.push(append(&shelf(Table::Meta)?, &shelf(Table::Outbox)?, key, value).await?);
            }
            Write::Renumber => renumber(&shelf(Table::Meta)?, &shelf(Table::Outbox)?).await?,
            Write::Put { table, key, value } => shelf(*table)?.put(key, value)?,
            Write::Delete { table, key } => shelf(*table)?.delete(key)?,
            Write::DeletePrefix { table, prefix } => shelf(*table)?.delete_prefix(prefix)?,
            Write::Only { key, value } => {
                if shelf(Table::Meta)?.get(key).await?.as_ref() != Some(value) {
                    return Err(StoreError::Overtaken);
                }
            }
        }
    }
    Ok(seqs)
}

async fn append(meta: &Shelf<'_>, outbox: &Shelf<'_>, key: &str, value: &[u8]) -> Result<u64, StoreError> {
    let there = outbox.get(key).await?;
    if let Some((seq, _)) = there.as_deref().and_then(unnumbered) {
        return Ok(seq);
    }
    let seq = counter(meta.get(NEXT_SEQ).await?.as_deref()).ok_or(StoreError::Damaged)?;
    meta.put(NEXT_SEQ, (seq + 1).to_string().as_bytes())?;
    outbox.put(key, &numbered(seq, value))?;
    Ok(seq)
}

async fn renumber(meta: &Shelf<'_>, outbox: &Shelf<'_>) -> Result<(), StoreError> {
    let waiting = entries(outbox, in_time(outbox.all()?).await?.unchecked_ref())?;
    let mut waiting: Vec<(u64, &str, &[u8])> = waiting
        .iter()
        .map(|(key, stored)| {
            let (seq, value) = unnumbered(stored).unwrap_or((u64::MAX, stored));
            (seq, key.as_str(), value)
        })
        .collect();
    waiting.sort_unstable();
    let mut next = 1;
    for (_, key, value) in waiting {
        outbox.put(key, &numbered(next, value))?;
        next += 1;
    }
    meta.put(NEXT_SEQ, next.to_string().as_bytes())
}

async fn get(
    database: IdbDatabase,
    table: Table,
    name: &str,
    codec: &Codec,
) -> Result<Option<Vec<u8>>, StoreError> {
    fault::at_begin(&database);
    let names = names_of(&with_meta(&[table]));
    let transaction = database.transaction_with_str_sequence(&names).map_err(|why| sort(&why))?;
    let key = codec.under(lock(&transaction).await?.as_ref())?;
    Shelf::of(&transaction, table, key.as_ref())?.get(name).await
}

async fn load(database: IdbDatabase, tables: &[Table], codec: &Codec) -> Result<Snapshot, StoreError> {
    fault::at_begin(&database);
    let names = names_of(&with_meta(tables));
    let transaction = database.transaction_with_str_sequence(&names).map_err(|why| sort(&why))?;
    // All asked for before waiting: one transaction, so they speak of the same moment.
    let shelves: Vec<Shelf<'_>> =
        tables.iter().map(|table| Shelf::of(&transaction, *table, None)).collect::<Result<_, _>>()?;
    let asked: Vec<Promise> = shelves.iter().map(Shelf::all).collect::<Result<_, _>>()?;
    let key = codec.under(lock(&transaction).await?.as_ref())?;
    let answers: Array = in_time(Promise::all(&asked.iter().collect::<Array>())).await?.unchecked_into();
    let mut snapshot = Snapshot::default();
    for (shelf, answer) in shelves.into_iter().zip(answers.iter()) {
        let shelf = Shelf { key: key.as_ref(), ..shelf };
        snapshot.tables.push((shelf.table, entries(&shelf, &answer.unchecked_into())?));
    }
    Ok(snapshot)
}

/// What the two answers to [`Shelf::all`] say, the lock left out.
fn entries(shelf: &Shelf<'_>, answers: &Array) -> Result<Vec<Entry>, StoreError> {
    let mut entries = stored(answers)?;
    entries.retain(|(key, _)| !codec::is_lock(shelf.table, key));
    for (key, value) in &mut entries {
        *value = codec::decode(shelf.key, shelf.table, key, value)?;
    }
    Ok(entries)
}

/// Keys and values as they are stored.
fn stored(answers: &Array) -> Result<Vec<Entry>, StoreError> {
    let keys: Array = result(&answers.get(0))?.unchecked_into();
    let values: Array = result(&answers.get(1))?.unchecked_into();
    let mut rows = Vec::with_capacity(keys.length() as usize);
    for (key, value) in keys.iter().zip(values.iter()) {
        let key = key.as_string().ok_or(StoreError::Damaged)?;
        rows.push((key, bytes(&value)?.ok_or(StoreError::Damaged)?));
    }
    Ok(rows)
}

/// The bytes that are stored; none where the key is missing.
fn bytes(value: &JsValue) -> Result<Option<Vec<u8>>, StoreError> {
    if value.is_undefined() {
        return Ok(None);
    }
    let stored: &Uint8Array = value.dyn_ref().ok_or(StoreError::Damaged)?;
    Ok(Some(stored.to_vec()))
}

/// A promise of the request's event. The browser calls the promise's own functions, so there
/// is nothing to keep alive and nothing to leak.
fn listen(request: &IdbRequest) -> Promise {
    Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    })
}

async fn answer(request: &IdbRequest) -> Result<JsValue, StoreError> {
    patiently(listen(request)).await
}

/// A promise of the transaction's end. An error of a request always ends in `abort`.
fn completion(transaction: &IdbTransaction) -> Promise {
    Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    })
}

/// Waits for the event, and takes the result from its target, if there is one.
async fn patiently(promise: Promise) -> Result<JsValue, StoreError> {
    result(&in_time(promise).await?)
}

/// Waits, but not for ever: some browsers lose a transaction without a word.
async fn in_time(promise: Promise) -> Result<JsValue, StoreError> {
    let window = web_sys::window().ok_or(StoreError::Unavailable)?;
    let timer = RefCell::new(None);
    let late = Promise::new(&mut |_, reject| {
        let started = window.set_timeout_with_callback_and_timeout_and_arguments_0(&reject, PATIENCE_MS);
        *timer.borrow_mut() = started.ok();
    });
    let outcome = JsFuture::from(Promise::race(&Array::of2(&promise, &late))).await;
    if let Some(timer) = timer.take() {
        window.clear_timeout_with_handle(timer);
    }
    match outcome {
        Ok(event) => Ok(event),
        Err(event) if event.is_undefined() => Err(StoreError::Silent),
        Err(event) => {
            let why = of_target(&event, "error");
            // An abort without a reason: the connection was taken away.
            Err(why.map_or(
                StoreError::Closed,
                |why| if why.is_null() { StoreError::Closed } else { sort(&why) },
            ))
        }
    }
}

fn result(event: &JsValue) -> Result<JsValue, StoreError> {
    of_target(event, "result").map_err(|why| sort(&why))
}

fn of_target(event: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    Reflect::get(&Reflect::get(event, &"target".into())?, &name.into())
}

/// The browser's exceptions by what they mean for us.
fn sort(why: &JsValue) -> StoreError {
    let Some(exception) = why.dyn_ref::<DomException>() else {
        return StoreError::Other(format!("{why:?}"));
    };
    match exception.name().as_str() {
        "QuotaExceededError" => StoreError::Full,
        "VersionError" => StoreError::Newer,
        "SecurityError" => StoreError::Unavailable,
        "InvalidStateError" | "AbortError" | "UnknownError" | "TransactionInactiveError" => {
            StoreError::Closed
        }
        name => StoreError::Other(format!("{name}: {}", exception.message())),
    }
}
