//! The store in memory: for tests on the host, and for trying out what happens when storage fails.

use super::{Store, StoreError};
use shared::phone::{Snapshot, Table, Tables, Write};
use std::sync::{Arc, Mutex, MutexGuard};

#[derive(Debug, Default)]
struct Inner {
    tables: Tables,
    /// So many calls from now, this happens.
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
        self.lock().fault = Some((nth, error));
    }

    /// Whether a failure that was asked for is still to come.
    #[must_use]
    pub fn will_fail(&self) -> bool {
        self.lock().fault.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A test that panicked elsewhere leaves the tables whole: what fails is taken back.
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Inner {
    fn call(&mut self) -> Result<(), StoreError> {
        match self.fault.take() {
            Some((0 | 1, error)) => Err(error),
            Some((nth, error)) => {
                self.fault = Some((nth - 1, error));
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Store for Memory {
    async fn commit(&self, writes: Vec<Write>) -> Result<Vec<u64>, StoreError> {
        let mut inner = self.lock();
        inner.call()?;
        let (seqs, _) = inner.tables.commit(&writes).map_err(StoreError::from)?;
        Ok(seqs)
    }

    async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut inner = self.lock();
        inner.call()?;
        Ok(inner.tables.get(table, key).map(<[u8]>::to_vec))
    }

    async fn load(&self, tables: &[Table]) -> Result<Snapshot, StoreError> {
        let mut inner = self.lock();
        inner.call()?;
        Ok(inner.tables.snapshot(tables))
    }
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
    fn means_what_the_model_means() {
        for seed in 1..=20 {
            ready(conformance::equals_the_model(&Memory::default(), seed, 200));
        }
    }

    #[test]
    fn every_call_may_fail() {
        let arm = |store: &Memory, nth| store.fail(nth, StoreError::Full);
        let runs = ready(conformance::every_failure(async || Memory::default(), arm, Memory::will_fail));
        assert_eq!(runs, 7, "six transactions, and reading");
    }
}
