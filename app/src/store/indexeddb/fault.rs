//! Failures on demand, made in the real thing: the browser aborts, closes and refuses as it would
//! by itself.

use super::StoreError;
use std::cell::Cell;
use web_sys::{IdbDatabase, IdbObjectStore, IdbTransactionMode};

/// How the browser fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The transaction is aborted without a reason and the connection gone, as on an iPhone that
    /// runs short of memory.
    Lost,
    /// The connection is gone; a transaction under way still ends in good order.
    Closed,
    /// A request fails, and the browser takes the transaction back by itself with that reason, as
    /// it does where there is no room.
    Refused,
    /// The transaction has gone through, and its page does not hear of it.
    Unheard,
    /// The browser says nothing.
    Silent,
}

thread_local! {
    /// So many points from now, this happens.
    static PLAN: Cell<Option<(u64, Fault)>> = const { Cell::new(None) };
}

/// The `nth` point from now on that this can happen at fails so.
pub(crate) fn plan(nth: u64, fault: Fault) {
    PLAN.set(Some((nth, fault)));
}

/// Whether what was planned is still to come.
pub(super) fn planned() -> bool {
    PLAN.get().is_some()
}

/// Calls off what was planned.
pub(super) fn call_off() {
    PLAN.set(None);
}

/// What happens now, if it is one of these and its turn has come.
fn now(possible: &[Fault]) -> Option<Fault> {
    let (left, fault) = PLAN.get().filter(|(_, fault)| possible.contains(fault))?;
    PLAN.set((left > 1).then_some((left - 1, fault)));
    (left <= 1).then_some(fault)
}

pub(super) fn at_begin(database: &IdbDatabase) {
    if now(&[Fault::Closed, Fault::Lost]).is_some() {
        database.close();
    }
}

pub(super) fn at_request(store: &IdbObjectStore) {
    let transaction = store.transaction();
    let writes = transaction.mode() == Ok(IdbTransactionMode::Readwrite);
    let possible = if writes {
        &[Fault::Lost, Fault::Closed, Fault::Refused][..]
    } else {
        &[Fault::Lost, Fault::Closed]
    };
    let Some(fault) = now(possible) else { return };
    let database = transaction.db();
    match fault {
        Fault::Lost => {
            // Refused where the transaction has failed already; then that is what is seen.
            let _ = transaction.abort();
            database.close();
        }
        Fault::Closed => database.close(),
        Fault::Refused | Fault::Unheard | Fault::Silent => {
            // The second of the same key fails when its turn comes, not now.
            for _ in 0..2 {
                let _ = store.add_with_key(&1.into(), &"refused".into());
            }
        }
    }
}

pub(super) fn at_end() -> Result<(), StoreError> {
    match now(&[Fault::Unheard, Fault::Silent]) {
        None => Ok(()),
        Some(Fault::Silent) => Err(StoreError::Silent),
        Some(_) => Err(StoreError::Closed),
    }
}
