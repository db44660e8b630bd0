//! Where a phone keeps its records: a handful of tables, changed by whole transactions only.
//!
//! Two implementations live, in the browser's IndexedDB and in memory, and one suite
//! (`conformance.rs`) holds both to the same promises.

pub mod codec;
pub mod conformance;
pub mod indexeddb;
pub mod memory;

use shared::phone::{Snapshot, Table, Write};
use std::fmt;
use std::future::Future;

/// What went wrong with the store. Nothing of the transaction was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// This browser offers no database, or forbids it (private mode, switched-off storage).
    Unavailable,
    /// The device or the browser's share of it is full.
    Full,
    /// The connection was lost and could not be made again.
    Closed,
    /// A newer version of the app has changed the database; this page must be loaded again.
    Newer,
    /// A stored value cannot be read.
    Damaged,
    /// No answer within [`PATIENCE_MS`].
    Silent,
    /// Anything else, with the browser's own words.
    Other(String),
}

/// How long the store waits for the browser, ms, before it says that something is wrong.
pub const PATIENCE_MS: i32 = 15_000;

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable => f.write_str("no database in this browser"),
            Self::Full => f.write_str("no room left"),
            Self::Closed => f.write_str("connection to the database lost"),
            Self::Newer => f.write_str("database of a newer version"),
            Self::Damaged => f.write_str("a stored value cannot be read"),
            Self::Silent => f.write_str("no answer from the database"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for StoreError {}

/// One row of a table.
pub type Entry = (String, Vec<u8>);

/// Keeps tables of bytes.
pub trait Store {
    /// Carries out all writes in one transaction, in order, and returns once they are durable.
    /// `Append` takes the next seq inside that same transaction; those are returned, in order.
    fn commit(&self, writes: Vec<Write>) -> impl Future<Output = Result<Vec<u64>, StoreError>>;

    /// All of a table in the order of its keys.
    fn load(&self, table: Table) -> impl Future<Output = Result<Vec<Entry>, StoreError>>;
}

/// The counter as it stands in the store; 1 where nobody counted yet.
///
/// # Errors
/// The stored counter is no number.
pub(crate) fn counter(stored: Option<&[u8]>) -> Result<u64, StoreError> {
    let Some(stored) = stored else { return Ok(1) };
    let text = std::str::from_utf8(stored).map_err(|_| StoreError::Damaged)?;
    text.parse().map_err(|_| StoreError::Damaged)
}

/// All of every table, as the core starts from it.
///
/// # Errors
/// The first table that could not be read.
pub async fn snapshot(store: &impl Store) -> Result<Snapshot, StoreError> {
    let mut snapshot = Snapshot::default();
    for table in Table::ALL {
        snapshot.tables.push((table, store.load(table).await?));
    }
    Ok(snapshot)
}
