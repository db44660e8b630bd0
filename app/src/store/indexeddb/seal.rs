//! The lock before a database: looking at it, and putting everything under another one.

use super::{IndexedDb, Shelf, begin, completion, entries, in_time, lock, settle, stored, with_meta};
use crate::store::StoreError;
use crate::store::codec::LOCK;
use js_sys::{Array, Promise};
use shared::phone::{Entry, Table};
use shared::sealed::{Key, Lock};
use wasm_bindgen::JsCast;
use web_sys::{IdbDatabase, IdbTransaction};

impl IndexedDb {
    /// The lock, if there is one.
    ///
    /// # Errors
    /// The store's.
    pub async fn lock(&self) -> Result<Option<Lock>, StoreError> {
        self.twice(async |database| {
            let transaction = begin(&database, &[Table::Meta])?;
            let done = completion(&transaction);
            let read = lock(&transaction).await;
            settle(&transaction, done, read).await
        })
        .await
    }

    /// Uses this key under this lock from now on.
    pub fn unlock(&self, lock: &Lock, key: Key) {
        self.codec.hold(lock, key);
    }

    /// The key that is held now.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        self.codec.key()
    }

    /// A form's last words as they may be kept beside the database, at once.
    #[must_use]
    pub fn last_words(&self, text: &str) -> String {
        self.codec.last_words(text)
    }

    /// What was given to [`Self::last_words`]; none where it cannot be read.
    #[must_use]
    pub fn heard(&self, kept: &str) -> Option<String> {
        self.codec.heard(kept)
    }

    /// Writes the lock anew, if it is still the same one: a changed PIN, or a try that was counted.
    ///
    /// # Errors
    /// [`StoreError::Overtaken`] where another one stands there meanwhile, or the store's.
    pub async fn change_lock(&self, changed: &Lock) -> Result<(), StoreError> {
        self.twice(async |database| {
            let transaction = begin(&database, &[Table::Meta])?;
            let done = completion(&transaction);
            let asked = match lock(&transaction).await {
                Ok(Some(lock)) if lock.id == changed.id => put_lock(&transaction, changed),
                Ok(_) => Err(StoreError::Overtaken),
                Err(why) => Err(why),
            };
            settle(&transaction, done, asked).await
        })
        .await
    }

    /// Puts everything under this lock and its key, or under none, in one transaction. The key that is held
    /// now must be that of the lock that stands.
    ///
    /// # Errors
    /// [`StoreError::Locked`], or the store's; nothing has changed then.
    pub async fn reseal(&self, to: Option<(Lock, Key)>) -> Result<(), StoreError> {
        self.twice(|database| reseal(database, self, to.as_ref())).await?;
        match to {
            Some((lock, key)) => self.codec.hold(&lock, key),
            None => self.codec.forget(),
        }
        Ok(())
    }

    /// What is stored in these tables, as it is stored.
    ///
    /// # Errors
    /// The store's.
    pub async fn raw(&self, tables: &[Table]) -> Result<Vec<(Table, Vec<Entry>)>, StoreError> {
        self.twice(async |database| {
            let transaction = begin(&database, tables)?;
            let done = completion(&transaction);
            let read = raw(&transaction, tables).await;
            settle(&transaction, done, read).await
        })
        .await
    }
}

fn put_lock(transaction: &IdbTransaction, lock: &Lock) -> Result<(), StoreError> {
    let value = serde_json::to_vec(lock).map_err(|_| StoreError::Damaged)?;
    Shelf::of(transaction, Table::Meta, None)?.put(LOCK, &value)
}

async fn raw(transaction: &IdbTransaction, tables: &[Table]) -> Result<Vec<(Table, Vec<Entry>)>, StoreError> {
    let asked = tables.iter().map(|table| Shelf::of(transaction, *table, None)?.all());
    let asked = asked.collect::<Result<Vec<Promise>, StoreError>>()?;
    let answers: Array = in_time(Promise::all(&asked.iter().collect::<Array>())).await?.unchecked_into();
    tables
        .iter()
        .zip(answers.iter())
        .map(|(table, answer)| Ok((*table, stored(answer.unchecked_ref())?)))
        .collect()
}

async fn reseal(
    database: IdbDatabase,
    store: &IndexedDb,
    to: Option<&(Lock, Key)>,
) -> Result<(), StoreError> {
    let transaction = begin(&database, &with_meta(&Table::ALL))?;
    let done = completion(&transaction);
    let asked = async {
        let before = store.codec.under(lock(&transaction).await?.as_ref())?;
        let after = to.map(|(_, key)| key);
        for table in Table::ALL {
            let read = Shelf::of(&transaction, table, before.as_ref())?;
            let rows = entries(&read, in_time(read.all()?).await?.unchecked_ref())?;
            let write = Shelf { key: after, ..read };
            rows.iter().try_for_each(|(key, value)| write.put(key, value))?;
        }
        match to {
            Some((lock, _)) => put_lock(&transaction, lock),
            None => Shelf::of(&transaction, Table::Meta, None)?.delete(LOCK),
        }
    };
    let asked = asked.await;
    settle(&transaction, done, asked).await
}
