//! Where a phone keeps its records: a handful of tables, changed by whole transactions only.
//!
//! Two implementations live, in the browser's IndexedDB and in memory. What a transaction means
//! stands in `shared::phone::Tables`, and one suite (`conformance.rs`) holds both to it.

pub mod codec;
pub mod conformance;
pub mod indexeddb;
pub mod memory;

use shared::phone::{Snapshot, Table, Unkept, Write};
use std::fmt;
use std::future::Future;

/// What went wrong with the store. Nothing of the transaction was kept, unless it is
/// [`StoreError::Silent`].
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
    /// Another tab leads: nothing was kept of what only the one that leads may write.
    Overtaken,
    /// Everything is gone, though this page has used it: the browser has thrown it away.
    Emptied,
    /// No answer within [`PATIENCE_MS`]: whether it was kept is not known.
    Silent,
    /// It is sealed, and this page has not got the key.
    Locked,
    /// Anything else, with the browser's own words.
    Other(String),
}

/// How long the store waits for the browser, ms, before it says that something is wrong.
pub const PATIENCE_MS: i32 = 15_000;

impl From<Unkept> for StoreError {
    fn from(why: Unkept) -> Self {
        match why {
            Unkept::Damaged => Self::Damaged,
            Unkept::Overtaken => Self::Overtaken,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable => f.write_str("no database in this browser"),
            Self::Full => f.write_str("no room left"),
            Self::Closed => f.write_str("connection to the database lost"),
            Self::Newer => f.write_str("database of a newer version"),
            Self::Overtaken => f.write_str("another tab leads"),
            Self::Damaged => f.write_str("a stored value cannot be read"),
            Self::Emptied => f.write_str("database emptied under the open page"),
            Self::Locked => f.write_str("locked by a PIN"),
            Self::Silent => f.write_str("no answer from the database"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for StoreError {}

/// Keeps tables of bytes.
pub trait Store {
    /// Carries out all writes in one transaction, in order, and returns once they are durable.
    /// `Append` takes the next seq inside that same transaction; those are returned, in order.
    fn commit(&self, writes: Vec<Write>) -> impl Future<Output = Result<Vec<u64>, StoreError>>;

    /// One value; none where there is none.
    fn get(&self, table: Table, key: &str) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>>;

    /// All of these tables as they were at one moment, each in the order of its keys.
    fn load(&self, tables: &[Table]) -> impl Future<Output = Result<Snapshot, StoreError>>;
}

/// The tables that these writes touch, each once.
#[must_use]
pub fn tables_of(writes: &[Write]) -> Vec<Table> {
    let mut tables: Vec<Table> = writes.iter().flat_map(Write::tables).collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}
