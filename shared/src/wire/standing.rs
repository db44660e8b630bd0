//! How the data stand: how far they have come, how they are backed up, what they were restored from.

use serde::{Deserialize, Serialize};

/// A moment in one life of the data, by a word that no other course of events would have led to:
/// data that do not know it are older (docs/sync.md, "Loss is noticed").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// Server seq of the moment.
    pub seq: u64,
    /// The word.
    pub word: u32,
}

/// How the backup stands: the answer of `GET /api/v1/backup`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupState {
    /// This server keeps a backup.
    pub configured: bool,
    /// Highest server seq that is safe there; 0 without a backup.
    pub durable_seq: u64,
    /// When everything was last known to be safe, ms.
    pub last_ms: Option<i64>,
    /// Why it cannot be written now, in both languages.
    pub fault: Option<String>,
    /// What the data were restored from, if they were.
    pub restored: Option<RestoredState>,
}

/// Data that were restored, and what phones have brought back since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoredState {
    /// When, ms.
    pub at_ms: i64,
    /// How old the backup was: when its last part was made, ms.
    pub backup_ms: i64,
    /// Changes in it.
    pub changes: i64,
    /// Responses in it.
    pub responses: i64,
    /// Changes made before the restore that phones have brought back since.
    pub came_back: i64,
    /// How many devices brought them.
    pub devices: i64,
}
