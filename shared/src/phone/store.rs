//! What the phone keeps, as tables of bytes: the core says what is written, the store only writes.

use crate::change::Change;
use crate::id::{ChangeId, Epoch, ReplicaId};
use crate::wire::Account;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A table of the phone's store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// Changes without a receipt. Key: [`seq_key`]; value: the change with seq null.
    Outbox,
    /// Responses without a receipt. Key: the random id, so that nothing keeps their order.
    Responses,
    /// Changes with a receipt: [`Acked`]. Key: the change's id.
    Acked,
    /// Responses with a receipt. Key: the random id.
    AckedResponses,
    /// Changes that the server holds: [`HeldChange`]. Key: the change's id.
    Held,
    /// Pulled rows. Key: `<scope>|<row key>`.
    Rows,
    /// Half-filled forms, by whatever key the page chooses.
    Drafts,
    /// Identity, clock, cursors, and the counter `next_seq` that belongs to the store.
    Meta,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 8] = [
        Self::Outbox,
        Self::Responses,
        Self::Acked,
        Self::AckedResponses,
        Self::Held,
        Self::Rows,
        Self::Drafts,
        Self::Meta,
    ];

    /// Its name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outbox => "outbox",
            Self::Responses => "responses",
            Self::Acked => "acked",
            Self::AckedResponses => "acked_responses",
            Self::Held => "held",
            Self::Rows => "rows",
            Self::Drafts => "drafts",
            Self::Meta => "meta",
        }
    }
}

/// Key in [`Table::Meta`] of the next seq to allot, decimal, 1 where missing.
pub const NEXT_SEQ: &str = "next_seq";
/// Key in [`Table::Meta`] of the [`Identity`].
pub const IDENTITY: &str = "identity";
/// Key in [`Table::Meta`] of the [`Clock`].
pub const CLOCK: &str = "clock";
/// Beginning of the keys in [`Table::Meta`] of a scope's cursor.
pub const CURSOR: &str = "cursor:";

/// One write; a list of them is one transaction: all or nothing, flushed before it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Allots the next seq in this very transaction and stores the value under it in the outbox.
    Append {
        /// The change with seq null.
        value: Vec<u8>,
    },
    /// Numbers everything in the outbox anew from 1, in its order, and sets the counter behind
    /// it, all inside this transaction.
    Renumber,
    /// Stores a value.
    Put {
        /// Where.
        table: Table,
        /// Under which key.
        key: String,
        /// What.
        value: Vec<u8>,
    },
    /// Removes a value; missing is fine.
    Delete {
        /// Where.
        table: Table,
        /// Which key.
        key: String,
    },
    /// Removes every key that begins so.
    DeletePrefix {
        /// Where.
        table: Table,
        /// The beginning.
        prefix: String,
    },
}

impl Write {
    /// Stores a value as JSON.
    #[must_use]
    pub fn put(table: Table, key: impl Into<String>, value: &impl Serialize) -> Self {
        Self::Put { table, key: key.into(), value: bytes(value) }
    }

    /// Removes a value.
    #[must_use]
    pub fn delete(table: Table, key: impl Into<String>) -> Self {
        Self::Delete { table, key: key.into() }
    }
}

/// JSON of a value of our own; none of them can fail to be written.
pub(crate) fn bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// The key of a seq: decimal with leading zeros, so that text order is number order.
#[must_use]
pub fn seq_key(seq: u64) -> String {
    format!("{seq:016}")
}

/// Who uses this database, and with what right to the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Whose records these are.
    pub account: Account,
    /// This browser profile.
    pub replica: ReplicaId,
    /// For pull; empty after signing out.
    pub token: String,
    /// For push; outlives signing out.
    pub push_token: String,
    /// The life of the server's data that was last heard of.
    pub epoch: Option<Epoch>,
    /// Org scopes of the grants, as last heard.
    #[serde(default)]
    pub granted: Vec<String>,
}

/// What is known of the server's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Clock {
    /// Server time less phone time, ms.
    pub offset_ms: i64,
    /// The latest server time heard, ms; 0 if none.
    pub heard_ms: i64,
}

/// A change with its receipt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acked {
    /// As it was sent, its seq included.
    pub change: Value,
    /// The replica under which it was sent; none for a response.
    pub replica: Option<ReplicaId>,
    /// The server seq of the receipt; 0 for a response.
    pub receipt: u64,
    /// The phone's clock when the receipt came, ms.
    pub at_ms: i64,
}

/// A change that the server keeps without effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldChange {
    /// As it was sent.
    pub change: Value,
    /// Why: a code of [`crate::change::HeldCode`], or one that this version does not know.
    pub code: String,
    /// The phone's clock when it was told, ms.
    pub at_ms: i64,
}

/// A key with its value, as the store keeps them.
pub type Entry = (String, Vec<u8>);

/// Everything that the store held at start.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Per table, keys and values in order of key.
    pub tables: Vec<(Table, Vec<Entry>)>,
}

impl Snapshot {
    /// The content of one table.
    pub fn of(&self, table: Table) -> impl Iterator<Item = (&str, &[u8])> {
        self.tables
            .iter()
            .filter(move |(name, _)| *name == table)
            .flat_map(|(_, rows)| rows.iter().map(|(key, value)| (key.as_str(), value.as_slice())))
    }

    /// One value of the table of facts about this database.
    #[must_use]
    pub fn meta<T: serde::de::DeserializeOwned>(&self, key: &str) -> Option<T> {
        let (_, value) = self.of(Table::Meta).find(|(name, _)| *name == key)?;
        serde_json::from_slice(value).ok()
    }
}

/// A change as it waits in the outbox.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Waiting {
    /// Its id; none where even that cannot be read.
    pub(crate) id: Option<ChangeId>,
    /// As it was stored: an object, seq null.
    pub(crate) raw: Value,
    /// The same, read; none where this version cannot read it: it is sent all the same.
    pub(crate) change: Option<Change>,
}

impl Waiting {
    pub(crate) fn read(raw: Value) -> Self {
        let id = crate::change::glimpse(&raw).id;
        let change = crate::change::parse(&raw).ok();
        Self { id, raw, change }
    }
}
