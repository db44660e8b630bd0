//! Every request and response of the protocol (docs/sync.md). Names are fixed.

use crate::attendance::AttendanceRow;
use crate::change::HeldCode;
use crate::coverage::Coverage;
use crate::id::{AccountId, BatchId, ChangeId, Epoch, ReplicaId};
use crate::person::Person;
use crate::session::{SessionRow, Totals};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;
use std::str::FromStr;

mod session;
mod standing;
pub use standing::{BackupState, Milestone, RestoredState};

/// The protocol that this build speaks.
pub const PROTO: u32 = 1;
/// Most changes in one push.
pub const PUSH_MAX_CHANGES: usize = 500;
/// Most bytes of one push, inflated.
pub const PUSH_MAX_BYTES: usize = 256 * 1024;
/// Most bytes of a push of one change, inflated.
pub const PUSH_ONE_MAX_BYTES: usize = 1024 * 1024;
/// Most rows of one scope in one pull.
pub const PULL_MAX_ROWS: u32 = 1_000;

/// `POST /api/v1/push`
#[derive(Debug, Serialize, Deserialize)]
pub struct PushRequest {
    /// [`PROTO`].
    pub proto: u32,
    /// The version of the app.
    pub app: String,
    /// Repeated in the answer.
    pub batch: BatchId,
    /// Whose changes; none for responses.
    #[serde(default)]
    pub replica: Option<ReplicaId>,
    /// The epoch that the phone last heard of.
    #[serde(default)]
    pub epoch: Option<Epoch>,
    /// The phone's clock at sending, ms.
    #[serde(default)]
    pub wall_ms: i64,
    /// Changes on the phone without a receipt, these included; 0 for responses.
    #[serde(default)]
    pub pending: u64,
    /// Milestones of this life of the data that it heard and that no push has told of; none for responses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<Milestone>,
    /// What the phone has noticed to be lost and nobody was told yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "readable")]
    pub losses: Vec<Loss>,
    /// The changes, byte for byte as they were made.
    pub changes: Vec<Box<RawValue>>,
}

/// Those that can be read; one that cannot must not keep changes from being pushed.
fn readable<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Loss>, D::Error> {
    let all = Vec::<Value>::deserialize(deserializer)?;
    Ok(all.into_iter().filter_map(|loss| Loss::deserialize(loss).ok()).collect())
}

/// Something that a phone noticed to be lost (docs/sync.md, "Loss is noticed").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Loss {
    /// What happened.
    pub kind: LossKind,
    /// The replica that it happened to.
    pub replica: ReplicaId,
    /// The phone's idea of the server's time when it was noticed, ms.
    pub at_ms: i64,
    /// How many seqs are gone, where that can be told; some of them may be at the server.
    #[serde(default)]
    pub missing: Option<u64>,
}

/// What happened to a phone's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossKind {
    /// The phone's store was empty, though there had been records.
    Emptied,
    /// The phone's store was an older one than it had been.
    RolledBack,
    /// The server had less than it once said.
    ServerBehind,
    /// A newer version's word.
    #[serde(other)]
    Other,
}

impl LossKind {
    /// The word on the wire and in the table.
    #[must_use]
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Emptied => "emptied",
            Self::RolledBack => "rolled_back",
            Self::ServerBehind => "server_behind",
            Self::Other => "other",
        }
    }
}

/// The answer to a push, sent after the commit that holds all it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushAnswer {
    /// The request's.
    pub batch: BatchId,
    /// The server's.
    pub epoch: Epoch,
    /// The server's clock, ms.
    pub server_ms: i64,
    /// Highest server seq that is also backed up off the machine; 0 without a backup.
    pub durable_seq: u64,
    /// Server seq that was last given out. Whatever this answer confirms is backed up once `durable_seq`
    /// has come so far: responses too, which have no seq of their own.
    pub seq: u64,
    /// How far this life of the data has come; none where nothing was ever pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milestone: Option<Milestone>,
    /// The data know nothing of a milestone that came with the push: they were put back to an older state.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub behind: bool,
    /// Highest n such that seq 1..n of this replica are here; 0 without a replica.
    pub have: u64,
    /// The phone must take a new replica id and renumber what it has not sent.
    pub rotate_replica: bool,
    /// One per change, in the order sent.
    pub results: Vec<PushResult>,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushResult {
    /// The change's id, as it was sent; null where it had none.
    pub id: Value,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl PushResult {
    /// Whether the server stores what it had not before.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        matches!(self.outcome, Outcome::Ok { .. } | Outcome::Held { .. })
    }

    /// The change that this is about; none where it had no id.
    #[must_use]
    pub fn about(&self) -> Option<ChangeId> {
        self.id.as_str()?.parse().ok()
    }
}

/// The `st` of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "st", rename_all = "snake_case")]
pub enum Outcome {
    /// New, in the log at this server seq (0 for a response).
    Ok {
        /// The server seq.
        seq: u64,
    },
    /// The same id and content were seen before, at this server seq.
    Dup {
        /// The first server seq.
        seq: u64,
    },
    /// Kept, visible to staff, without effect for now.
    Held {
        /// Why.
        code: HeldCode,
    },
    /// Not stored; send it again.
    Retry {
        /// Why; a code of the problem catalogue.
        code: RetryCode,
    },
}

/// Why a single change was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryCode {
    /// The server cannot take it in now.
    Busy,
    /// Any other; a newer server's word.
    #[serde(other)]
    Other,
}

/// What a phone may pull: an org with all below it, or one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `org:<id>`
    Org(crate::id::OrgId),
    /// `session:<id>`
    Session(crate::id::SessionId),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Org(id) => write!(f, "org:{id}"),
            Self::Session(id) => write!(f, "session:{id}"),
        }
    }
}

impl FromStr for Scope {
    type Err = crate::id::BadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("org", id)) => id.parse().map(Self::Org),
            Some(("session", id)) => id.parse().map(Self::Session),
            _ => Err(crate::id::BadId),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// `POST /api/v1/pull`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// [`PROTO`].
    pub proto: u32,
    /// The epoch that the cursors belong to.
    #[serde(default)]
    pub epoch: Option<Epoch>,
    /// Most rows per scope; the server may send fewer.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Scopes that cannot be read are left out of the answer, like those not granted.
    pub scopes: Vec<PullScope>,
}

/// One scope of a pull.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullScope {
    /// [`Scope`] as text, so that a word of a newer phone spoils nothing.
    pub scope: String,
    /// Rows above this server seq; 0 is the snapshot.
    pub cursor: u64,
    /// `server_ms` of the answer that gave the cursor: a server that was put back sees by it that
    /// the cursor is none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
}

/// The answer to a pull.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PullAnswer {
    /// The server's epoch.
    pub epoch: Epoch,
    /// The server's clock, ms.
    pub server_ms: i64,
    /// Every scope that the account may pull from the top: its grants.
    pub granted: Vec<String>,
    /// As in [`LoginAnswer`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescue_key: Option<String>,
    /// The scopes asked for, less those not granted.
    pub scopes: Vec<PulledScope>,
}

/// Rows of one scope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PulledScope {
    /// The scope.
    pub scope: String,
    /// Where to go on. Once `more` is false, every change up to here is contained in the rows.
    pub cursor: u64,
    /// There are more rows now.
    pub more: bool,
    /// Start this scope again from 0 into a fresh copy, then swap.
    pub reset: bool,
    /// The rows in order of seq.
    pub rows: Vec<Row>,
}

/// The current state of one key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// `<noun>:<id>` or `totals`.
    pub key: String,
    /// Server seq of its last change.
    pub seq: u64,
    /// It has left the scope.
    #[serde(default)]
    pub deleted: bool,
    /// Its content; null where deleted.
    #[serde(default)]
    pub body: Value,
}

/// `POST /api/v1/login`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequest {
    /// The login name.
    pub login: String,
    /// The password.
    pub password: String,
    /// The phone's replica; none for scripts and the desk.
    #[serde(default)]
    pub replica: Option<ReplicaId>,
    /// What the device calls itself.
    #[serde(default)]
    pub device: Option<String>,
    /// The desk asks for a cookie instead of tokens.
    #[serde(default)]
    pub cookie: bool,
    /// A code of the second factor, or a recovery code, where the account has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Takes the place of the password with this login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_password: Option<String>,
}

/// The answer to a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginAnswer {
    /// For every call; empty where a cookie was set instead.
    #[serde(default)]
    pub token: String,
    /// For push alone; outlives sign-out and the end of a grant. Empty where a cookie was set.
    #[serde(default)]
    pub push_token: String,
    /// Who logged in.
    pub account: Account,
    /// Scopes of the account's grants.
    pub granted: Vec<String>,
    /// The server's epoch.
    pub epoch: Epoch,
    /// The server's clock, ms.
    pub server_ms: i64,
    /// Other devices of this account that have unsent changes, as far as the server was told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherDevice>,
    /// Name of the org whose organizer the account becomes once somebody confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<String>,
    /// The public key that rescue files are sealed to, `age1…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescue_key: Option<String>,
    /// Admin of the whole city: to whom the desk shows the audit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admin: bool,
    /// The account cannot be without a second factor and has none: it can only set one up.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub enrol: bool,
    /// [`crate::sight::May`] as words, or words of a newer version: what the desk offers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may: Vec<String>,
}

/// Another device of the same account, with changes that did not arrive yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherDevice {
    /// What it calls itself.
    pub device: Option<String>,
    /// Unsent changes, as last told.
    pub pending: u64,
    /// Its last contact, ms.
    pub last_seen_ms: i64,
}

/// An account, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// The login name.
    pub login: String,
    /// The name of the person.
    pub name: String,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u64,
    /// This page, from 1.
    pub page: u64,
    /// Items a page.
    pub size: u64,
}

/// An item of `GET /api/v1/sessions`, and the answer of `GET /api/v1/sessions/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionItem {
    /// The session as phones see it.
    #[serde(flatten)]
    pub session: SessionRow,
    /// Its totals.
    pub totals: Totals,
    /// Name of the org that holds it.
    pub org_name: String,
    /// Expected people: its own figure, else the audience's roster; null without either.
    pub roster_expected: Option<u32>,
    /// Persons of the audience's roster who are present.
    pub roster_present: u32,
    /// Per rating question as in the roll-up; of one session alone.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub scores: std::collections::BTreeMap<String, Option<crate::coverage::Score>>,
    /// Responses by the way they came; in the list only where phones declared some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<crate::answering::ViaCounts>,
}

/// An item of `GET /api/v1/sessions/{id}/attendance`: a person expected or present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttendanceItem {
    /// Who it is; null of someone whom nobody has told of yet. (`person` is the row's: the id.)
    #[serde(rename = "who")]
    pub person: Option<Person>,
    /// Name of the person's org.
    pub org_name: String,
    /// Added on the spot.
    pub walk_in: bool,
    /// Name and staff number are masked, the note is left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
    /// The attendance.
    #[serde(flatten)]
    pub row: AttendanceRow,
}

/// An item of `GET /api/v1/devices`: one browser profile of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceItem {
    /// The replica.
    pub replica: ReplicaId,
    /// What it calls itself; null of one that never said.
    pub device: Option<String>,
    /// Login name of its account.
    pub login: String,
    /// Name of its account's person.
    pub name: String,
    /// Its last contact, ms; null before the first.
    pub last_seen_ms: Option<i64>,
    /// Unsent changes as last told, less those that came with it.
    pub pending: u64,
    /// Seq 1..=have are all here.
    pub have: u64,
    /// Seqs missing below the highest one that is here.
    pub gaps: u64,
    /// When a seq was last seen to be used twice, ms: a profile that was copied, or rolled back.
    pub clashed_ms: Option<i64>,
    /// Since when it is reported lost, ms: what comes from it is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_ms: Option<i64>,
    /// What it reported to be lost, the latest first.
    pub losses: Vec<DeviceLoss>,
}

/// A loss that a device reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceLoss {
    /// What happened.
    pub kind: LossKind,
    /// When it was noticed, ms.
    pub at_ms: i64,
    /// How many seqs are gone, where that can be told.
    pub missing: Option<u64>,
}

pub use crate::held::{HeldDecision, HeldItem, HeldRequest};

pub use crate::closing::{ClosingItem, ClosingLook, ClosingRequest, ClosingSession};

/// `GET /api/v1/coverage`
pub type CoverageAnswer = Coverage;
