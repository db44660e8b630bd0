//! The store in the browser's IndexedDB: the one durable thing on a phone.
//!
//! A transaction is durable when its `complete` event comes, and only because it was asked to be
//! `strict`: browsers that default to `relaxed` complete before anything is flushed. Requests of
//! a transaction may succeed long before; nobody is told about that.

use super::{Entry, PATIENCE_MS, Store, StoreError, codec, counter};
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use shared::phone::{NEXT_SEQ, Table, Write, seq_key};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DomException, IdbDatabase, IdbFactory, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction,
};

/// The version of the tables. A higher one adds tables; none is ever taken away.
const VERSION: u32 = 1;

/// One database; clones share its connection.
#[derive(Clone)]
pub struct IndexedDb {
    name: Rc<str>,
    connection: Rc<RefCell<Option<IdbDatabase>>>,
}

impl IndexedDb {
    /// Opens the database of this name, and makes it where there is none.
    ///
    /// # Errors
    /// The browser has no database for us, or cannot open this one.
    pub async fn open(name: &str) -> Result<Self, StoreError> {
        let store = Self { name: Rc::from(name), connection: Rc::default() };
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

    /// Does the work, and once more on a new connection where the old one was lost: what was
    /// aborted left nothing behind.
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
        let writes = Rc::new(writes);
        self.twice(|database| commit(database, Rc::clone(&writes))).await
    }

    async fn load(&self, table: Table) -> Result<Vec<Entry>, StoreError> {
        self.twice(|database| load(database, table)).await
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

async fn commit(database: IdbDatabase, writes: Rc<Vec<Write>>) -> Result<Vec<u64>, StoreError> {
    let transaction = begin(&database, &tables_of(&writes))?;
    let done = completion(&transaction);
    match request_all(&transaction, &writes).await {
        Ok(seqs) => {
            end(&transaction);
            patiently(done).await.map(|_| seqs)
        }
        Err(why) => {
            // It may have aborted by itself already; the promise must be listened to either way.
            let _ = transaction.abort();
            let aborted = patiently(done).await.err();
            Err(match (why, aborted) {
                (StoreError::Closed, Some(told)) if told != StoreError::Closed => told,
                (why, _) => why,
            })
        }
    }
}

fn tables_of(writes: &[Write]) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut add = |table| {
        if !tables.contains(&table) {
            tables.push(table);
        }
    };
    for write in writes {
        match write {
            Write::Append { .. } | Write::Renumber => {
                add(Table::Meta);
                add(Table::Outbox);
            }
            Write::Put { table, .. } | Write::Delete { table, .. } | Write::DeletePrefix { table, .. } => {
                add(*table);
            }
        }
    }
    tables
}

/// A strict transaction. Called by name, as the bindings count its third argument as unstable;
/// browsers that do not know the option ignore it (and flush anyway).
fn begin(database: &IdbDatabase, tables: &[Table]) -> Result<IdbTransaction, StoreError> {
    let names: Array = tables.iter().map(|table| JsValue::from_str(table.name())).collect();
    let options = Object::new();
    let transaction = Reflect::set(&options, &"durability".into(), &"strict".into())
        .and_then(|_| Reflect::get(database, &"transaction".into()))
        .and_then(JsCast::dyn_into::<Function>)
        .and_then(|begin| begin.call3(database, &names, &"readwrite".into(), &options));
    transaction.map(JsCast::unchecked_into).map_err(|why| sort(&why))
}

/// Says that nothing more is coming, so that the browser begins to write now and not a turn later.
/// By name: older browsers do not know it, and commit by themselves.
fn end(transaction: &IdbTransaction) {
    if let Ok(Ok(commit)) = Reflect::get(transaction, &"commit".into()).map(JsCast::dyn_into::<Function>) {
        let _ = commit.call0(transaction);
    }
}

/// Asks for every write, in order; the seqs that the appends took.
async fn request_all(transaction: &IdbTransaction, writes: &[Write]) -> Result<Vec<u64>, StoreError> {
    let table = |table: Table| transaction.object_store(table.name()).map_err(|why| sort(&why));
    let mut seqs = Vec::new();
    for write in writes {
        match write {
            Write::Append { value } => {
                let meta = table(Table::Meta)?;
                let stored = read(&get(&meta, NEXT_SEQ).await?)?;
                let seq = counter(stored.as_deref())?;
                put(&meta, NEXT_SEQ, (seq + 1).to_string().as_bytes())?;
                put(&table(Table::Outbox)?, &seq_key(seq), value)?;
                seqs.push(seq);
            }
            Write::Renumber => renumber(&table(Table::Meta)?, &table(Table::Outbox)?).await?,
            Write::Put { table: name, key, value } => put(&table(*name)?, key, value)?,
            Write::Delete { table: name, key } => {
                table(*name)?.delete(&key.into()).map_err(|why| sort(&why))?;
            }
            Write::DeletePrefix { table: name, prefix } => delete_prefix(&table(*name)?, prefix)?,
        }
    }
    Ok(seqs)
}

fn put(store: &IdbObjectStore, key: &str, value: &[u8]) -> Result<(), StoreError> {
    let stored = Uint8Array::from(codec::encode(value).as_slice());
    store.put_with_key(&stored, &key.into()).map(drop).map_err(|why| sort(&why))
}

async fn get(store: &IdbObjectStore, key: &str) -> Result<JsValue, StoreError> {
    answer(&store.get(&key.into()).map_err(|why| sort(&why))?).await
}

fn delete_prefix(store: &IdbObjectStore, prefix: &str) -> Result<(), StoreError> {
    let request = if prefix.is_empty() {
        store.clear()
    } else {
        // No key of ours holds the last code unit, so this is after everything that begins so.
        let end = format!("{prefix}\u{ffff}");
        IdbKeyRange::bound(&prefix.into(), &end.into()).and_then(|range| store.delete(&range))
    };
    request.map(drop).map_err(|why| sort(&why))
}

async fn renumber(meta: &IdbObjectStore, outbox: &IdbObjectStore) -> Result<(), StoreError> {
    let values = outbox.get_all().map_err(|why| sort(&why))?;
    let values: Array = answer(&values).await?.unchecked_into();
    outbox.clear().map_err(|why| sort(&why))?;
    for (seq, value) in (1..).zip(values.iter()) {
        outbox.put_with_key(&value, &seq_key(seq).into()).map_err(|why| sort(&why))?;
    }
    put(meta, NEXT_SEQ, (values.length() + 1).to_string().as_bytes())
}

async fn load(database: IdbDatabase, table: Table) -> Result<Vec<Entry>, StoreError> {
    let transaction = database.transaction_with_str(table.name()).map_err(|why| sort(&why))?;
    let store = transaction.object_store(table.name()).map_err(|why| sort(&why))?;
    // Both asked for before waiting: one transaction, so they speak of the same moment.
    let keys = store.get_all_keys().map_err(|why| sort(&why))?;
    let values = store.get_all().map_err(|why| sort(&why))?;
    let (keys, values) = (listen(&keys), listen(&values));
    let keys: Array = patiently(keys).await.map(JsCast::unchecked_into)?;
    let values: Array = patiently(values).await.map(JsCast::unchecked_into)?;
    let mut rows = Vec::with_capacity(keys.length() as usize);
    for (key, value) in keys.iter().zip(values.iter()) {
        let key = key.as_string().ok_or(StoreError::Damaged)?;
        rows.push((key, read(&value)?.ok_or(StoreError::Damaged)?));
    }
    Ok(rows)
}

/// The bytes of a stored value; none where the key is missing.
fn read(value: &JsValue) -> Result<Option<Vec<u8>>, StoreError> {
    if value.is_undefined() {
        return Ok(None);
    }
    let stored: &Uint8Array = value.dyn_ref().ok_or(StoreError::Damaged)?;
    codec::decode(&stored.to_vec()).map(Some).map_err(|_| StoreError::Damaged)
}

/// A promise of the request's result. The browser calls the promise's own functions, so there
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

/// Waits for the event, but not for ever: some browsers lose a transaction without a word.
async fn patiently(promise: Promise) -> Result<JsValue, StoreError> {
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
        // Success and completion: the event's target knows the result, if there is one.
        Ok(event) => target(&event)
            .and_then(|target| Reflect::get(&target, &"result".into()))
            .map_err(|why| sort(&why)),
        Err(event) if event.is_undefined() => Err(StoreError::Silent),
        Err(event) => {
            let why = target(&event).and_then(|target| Reflect::get(&target, &"error".into()));
            // An abort without a reason: the connection was taken away.
            Err(why.map_or(
                StoreError::Closed,
                |why| if why.is_null() { StoreError::Closed } else { sort(&why) },
            ))
        }
    }
}

fn target(event: &JsValue) -> Result<JsValue, JsValue> {
    Reflect::get(event, &"target".into())
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

#[cfg(all(test, target_arch = "wasm32"))]
#[expect(clippy::unwrap_used, reason = "a test that meets what it did not foresee fails")]
mod tests {
    use super::*;
    use crate::store::conformance;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    wasm_bindgen_test_configure!(run_in_browser);

    async fn fresh(name: &str) -> IndexedDb {
        let request = factory().unwrap().delete_database(name).unwrap();
        answer(&request).await.unwrap();
        IndexedDb::open(name).await.unwrap()
    }

    #[wasm_bindgen_test]
    async fn conforms() {
        let store = fresh("test-conforms").await;
        let other = IndexedDb::open("test-conforms").await.unwrap();
        conformance::suite(&store, &other).await;
    }

    #[wasm_bindgen_test]
    async fn opens_again_after_an_unexpected_close() {
        let store = fresh("test-reopens").await;
        // As iOS does it: the connection is gone, and nobody was told.
        store.connection.borrow().as_ref().unwrap().close();
        let seqs = store.commit(vec![Write::Append { value: b"{}".to_vec() }]).await;
        assert_eq!(seqs, Ok(vec![1]));
        store.connection.borrow().as_ref().unwrap().close();
        assert_eq!(store.load(Table::Outbox).await.map(|rows| rows.len()), Ok(1));
    }

    #[wasm_bindgen_test]
    async fn transactions_are_strict() {
        let store = fresh("test-strict").await;
        let database = store.connect().await.unwrap();
        let transaction = begin(&database, &[Table::Meta]).unwrap();
        let durability = Reflect::get(&transaction, &"durability".into()).unwrap();
        assert_eq!(durability.as_string().as_deref(), Some("strict"));
    }

    #[wasm_bindgen_test]
    async fn gives_way_to_a_newer_version() {
        let store = fresh("test-newer").await;
        let request = factory().unwrap().open_with_u32("test-newer", VERSION + 1).unwrap();
        answer(&request).await.unwrap();
        assert_eq!(store.load(Table::Meta).await, Err(StoreError::Newer));
    }
}
