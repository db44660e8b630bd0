//! What the phone keeps, as tables of bytes: the core says what is written, the store only writes.

use crate::id::{Epoch, ReplicaId};
use crate::wire::{Account, Loss, Milestone, OtherDevice};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A table of the phone's store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// Changes without a receipt. Key: the change's id; value: [`numbered`], the change with seq null.
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
    /// Photos taken here, each with a small picture of it. Key: the id of the change that names it.
    Photos,
    /// Bytes of photos that the server has not got yet. Key: their SHA-256, 64 digits.
    Files,
    /// Half-filled forms, by whatever key the page chooses.
    Drafts,
    /// Identity, clock, cursors, what the server said, losses, and the counter `next_seq` that belongs to the store.
    Meta,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 10] = [
        Self::Outbox,
        Self::Responses,
        Self::Acked,
        Self::AckedResponses,
        Self::Held,
        Self::Rows,
        Self::Photos,
        Self::Files,
        Self::Drafts,
        Self::Meta,
    ];

    /// All but the bytes of photos, which are read one by one.
    pub const READ: [Self; 9] = [
        Self::Outbox,
        Self::Responses,
        Self::Acked,
        Self::AckedResponses,
        Self::Held,
        Self::Rows,
        Self::Photos,
        Self::Drafts,
        Self::Meta,
    ];

    /// The table of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

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
            Self::Photos => "photos",
            Self::Files => "files",
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
/// Key in [`Table::Meta`] of the [`Heard`].
pub const HEARD: &str = "heard";
/// Key in [`Table::Meta`] of the list of [`LossNote`].
pub const LOSSES: &str = "losses";
/// Key in [`Table::Meta`] of the [`Loss`] that was noticed and for which the replica is still to be changed.
pub const ALARM: &str = "alarm";
/// Key of the mark of the tab that leads, in [`Table::Meta`].
pub(super) const LEAD: &str = "lead";
/// Beginning of the keys in [`Table::Meta`] of a scope's cursor.
pub const CURSOR: &str = "cursor:";

/// One write; a list of them is one transaction: all or nothing, flushed before it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Allots the next seq in this very transaction and stores the value with it in the outbox
    /// ([`numbered`]). A key that is there already keeps its seq and its value: the transaction had
    /// gone through the first time.
    Append {
        /// The change's id.
        key: String,
        /// The change with seq null.
        value: Vec<u8>,
    },
    /// Numbers everything in the outbox anew from 1, in the order of the seqs, and sets the
    /// counter behind it, all inside this transaction.
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
    /// Nothing of the transaction is kept unless this value stands under this key of `Meta`.
    Only {
        /// Which key.
        key: String,
        /// The value that has to be there.
        value: Vec<u8>,
    },
}

impl Write {
    /// Stores a value as JSON.
    #[must_use]
    pub fn put(table: Table, key: impl Into<String>, value: &impl Serialize) -> Self {
        Self::Put { table, key: key.into(), value: bytes(value) }
    }

    /// The tables that it touches.
    #[must_use]
    pub fn tables(&self) -> Vec<Table> {
        match self {
            Self::Append { .. } | Self::Renumber => vec![Table::Outbox, Table::Meta],
            Self::Put { table, .. } | Self::Delete { table, .. } | Self::DeletePrefix { table, .. } => {
                vec![*table]
            }
            Self::Only { .. } => vec![Table::Meta],
        }
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

/// Digits of a seq before the value in the outbox.
const SEQ_DIGITS: usize = 16;

/// A value as the outbox keeps it: its seq in decimal with leading zeros, then the value.
#[must_use]
pub fn numbered(seq: u64, value: &[u8]) -> Vec<u8> {
    [format!("{seq:0width$}", width = SEQ_DIGITS).as_bytes(), value].concat()
}

/// The seq and the value that were given to [`numbered`]; none of anything else.
#[must_use]
pub fn unnumbered(stored: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, value) = stored.split_at_checked(SEQ_DIGITS)?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, value))
}

/// The counter as it stands in the store, 1 where nobody counted yet; none where it is no number.
#[must_use]
pub fn counter(stored: Option<&[u8]>) -> Option<u64> {
    let Some(stored) = stored else { return Some(1) };
    std::str::from_utf8(stored).ok()?.parse().ok()
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
    /// Other devices of this account with unsent changes, as told at the last login.
    #[serde(default)]
    pub others: Vec<OtherDevice>,
    /// The public key that rescue files are sealed to, as last heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescue_key: Option<String>,
}

/// What is kept beside the database, where it may outlive it: so that an emptied or an older
/// database is not taken for a new phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// The database's replica.
    pub replica: ReplicaId,
    /// The seq that was next.
    pub next_seq: u64,
}

/// What the server last said of this replica; a regress is a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Heard {
    /// The life of the data in which it was said.
    pub epoch: Option<Epoch>,
    /// Seq 1..=have of this replica were there.
    pub have: u64,
    /// Up to this server seq everything was backed up off the machine; 0 without a backup.
    pub durable_seq: u64,
    /// The last server seq that was given out when the last responses were confirmed: they are backed up
    /// once `durable_seq` is there.
    #[serde(default)]
    pub responses_seq: u64,
    /// What to ask the data for with the next push: the milestone of the last one, and those of the responses
    /// since, which must not ask themselves.
    #[serde(default)]
    pub milestones: [Option<Milestone>; 8],
}

impl Heard {
    /// One more to ask for. Where there is no room, those in the middle are known least.
    pub(super) fn add_milestone(&mut self, milestone: Option<Milestone>) {
        let place = self.milestones.iter().position(Option::is_none).unwrap_or(self.milestones.len() - 1);
        if let Some(milestone) = milestone {
            self.milestones[place] = Some(milestone);
        }
    }
}

/// A loss that was noticed, and who knows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossNote {
    /// What happened.
    pub loss: Loss,
    /// The life of the server's data that was told, and with it staff.
    pub told: Option<Epoch>,
    /// The person has read it.
    pub read: bool,
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
    /// The life of the server's data that gave the receipt; none where it is no longer trusted.
    pub epoch: Option<Epoch>,
    /// The server's clock when the receipt was given, ms; of a response the start of that day.
    pub at_ms: i64,
}

/// A change that the server keeps without effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldChange {
    /// As it was sent, its seq included.
    pub change: Value,
    /// The replica under which it was sent; none for a response.
    pub replica: Option<ReplicaId>,
    /// The life of the server's data that holds it; none where that is no longer trusted.
    pub epoch: Option<Epoch>,
    /// Why: a code of [`crate::change::HeldCode`], or one that this version does not know.
    pub code: String,
    /// The server's clock when it was told, ms.
    pub at_ms: i64,
}

/// A key with its value, as the store keeps them.
pub type Entry = (String, Vec<u8>);

/// What the store held at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// Per table that was read, keys and values in order of key.
    pub tables: Vec<(Table, Vec<Entry>)>,
}

impl Snapshot {
    /// Whether this table was read.
    #[must_use]
    pub fn has(&self, table: Table) -> bool {
        self.tables.iter().any(|(name, _)| *name == table)
    }

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
