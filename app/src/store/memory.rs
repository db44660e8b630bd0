//! The store in memory: for tests on the host, and for trying out what happens when storage fails.

use super::{Entry, Store, StoreError, codec, counter};
use shared::phone::{NEXT_SEQ, Table, Write, seq_key};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

type Tables = BTreeMap<Table, BTreeMap<String, Vec<u8>>>;

#[derive(Debug, Default)]
struct Inner {
    tables: Tables,
    calls: u64,
    fault: Option<(u64, StoreError)>,
}

/// A store that lives as long as its last clone; clones are further connections to it.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    inner: Arc<Mutex<Inner>>,
}

impl Memory {
    /// The `nth` call from now on (1 is the next) fails with this error and changes nothing.
    pub fn fail(&self, nth: u64, error: StoreError) {
        let mut inner = self.lock();
        inner.fault = Some((inner.calls + nth, error));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A test that panicked elsewhere leaves the tables whole: they are swapped, never half done.
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Inner {
    fn call(&mut self) -> Result<(), StoreError> {
        self.calls += 1;
        match &self.fault {
            Some((nth, error)) if *nth == self.calls => Err(error.clone()),
            _ => Ok(()),
        }
    }
}

impl Store for Memory {
    async fn commit(&self, writes: Vec<Write>) -> Result<Vec<u64>, StoreError> {
        let mut inner = self.lock();
        inner.call()?;
        // Worked out on a copy, so that a transaction that fails half-way leaves nothing.
        let mut tables = inner.tables.clone();
        let mut seqs = Vec::new();
        for write in writes {
            seqs.extend(apply(&mut tables, write)?);
        }
        inner.tables = tables;
        Ok(seqs)
    }

    async fn load(&self, table: Table) -> Result<Vec<Entry>, StoreError> {
        let mut inner = self.lock();
        inner.call()?;
        let rows = inner.tables.get(&table).into_iter().flatten();
        rows.map(|(key, stored)| Ok((key.clone(), read(stored)?))).collect()
    }
}

fn read(stored: &[u8]) -> Result<Vec<u8>, StoreError> {
    codec::decode(stored).map_err(|_| StoreError::Damaged)
}

/// Carries out one write; the seq, if it allotted one.
fn apply(tables: &mut Tables, write: Write) -> Result<Option<u64>, StoreError> {
    match write {
        Write::Put { table, key, value } => {
            tables.entry(table).or_default().insert(key, codec::encode(&value));
        }
        Write::Delete { table, key } => {
            tables.entry(table).or_default().remove(&key);
        }
        Write::DeletePrefix { table, prefix } => {
            tables.entry(table).or_default().retain(|key, _| !key.starts_with(&prefix));
        }
        Write::Renumber => {
            let before = std::mem::take(tables.entry(Table::Outbox).or_default());
            let next = before.len() + 1;
            let after = (1..).zip(before.into_values()).map(|(seq, stored)| (seq_key(seq), stored));
            tables.insert(Table::Outbox, after.collect());
            let meta = tables.entry(Table::Meta).or_default();
            meta.insert(NEXT_SEQ.to_owned(), codec::encode(next.to_string().as_bytes()));
        }
        Write::Append { value } => {
            let meta = tables.entry(Table::Meta).or_default();
            let stored = meta.get(NEXT_SEQ).map(|stored| read(stored)).transpose()?;
            let seq = counter(stored.as_deref())?;
            meta.insert(NEXT_SEQ.to_owned(), codec::encode((seq + 1).to_string().as_bytes()));
            tables.entry(Table::Outbox).or_default().insert(seq_key(seq), codec::encode(&value));
            return Ok(Some(seq));
        }
    }
    Ok(None)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::store::conformance::{self, ready};

    #[test]
    fn conforms() {
        let store = Memory::default();
        ready(conformance::suite(&store, &store.clone()));
    }

    #[test]
    fn a_fault_changes_nothing_and_passes() {
        let store = Memory::default();
        store.fail(1, StoreError::Full);
        let append = || vec![Write::Append { value: b"{}".to_vec() }];
        assert_eq!(ready(store.commit(append())), Err(StoreError::Full));
        assert_eq!(ready(store.load(Table::Outbox)), Ok(vec![]));
        assert_eq!(ready(store.commit(append())), Ok(vec![1]));
    }
}
