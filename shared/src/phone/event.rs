//! What can happen to a phone, and what it asks the browser to do.

use super::store::{Canary, Snapshot, Write};
use crate::change::Body;
use crate::id::{ChangeId, SessionId};
use crate::wire::LoginAnswer;

/// Something happened.
#[derive(Debug, Clone)]
pub struct Input {
    /// The phone's clock, ms.
    pub now_ms: i64,
    /// Fresh randomness: for ids, jitter and shuffling.
    pub dice: [u8; 16],
    /// What happened.
    pub event: Event,
}

/// What can happen to a phone.
#[derive(Debug, Clone)]
pub enum Event {
    /// The app opened, came to the front, the network seems back, or a button asks: try now.
    Woke,
    /// The time of an earlier [`Effect::WakeAt`] has come.
    Tick,
    /// Logged in (again) to the same account.
    LoggedIn(Box<LoginAnswer>),
    /// This tab holds the account's lock now: it pushes, and pulls unless told not to.
    Lead {
        /// The store may have changed since it was read, through another tab.
        reload: bool,
        /// Pull as well; not for an account that only waits to get rid of its changes.
        pull: bool,
    },
    /// Another tab holds the lock. Recording goes on; receipts of calls under way still count.
    Follow,
    /// The person signed out; unsent changes stay and are still pushed.
    SignedOut,
    /// The person did something: record it.
    Record {
        /// The facts, in order.
        facts: Vec<Fact>,
        /// Writes of the page that belong to the same transaction, such as removing a draft.
        also: Vec<Write>,
    },
    /// The transaction is complete and flushed.
    Stored {
        /// Which.
        token: Token,
        /// The seqs allotted to its appends, in order.
        seqs: Vec<u64>,
    },
    /// The transaction failed; nothing of it is stored.
    StoreFailed {
        /// Which.
        token: Token,
    },
    /// A condition of the transaction does not hold: nothing of it is stored, and nothing is wrong
    /// with the store.
    Overtaken {
        /// Which.
        token: Token,
    },
    /// What the store has now, as [`Effect::Reload`] asked, or because another tab wrote there.
    /// Read after every transaction that was asked for before, and before any later one. A table
    /// that was not read stays as it is.
    Reloaded(Box<Snapshot>),
    /// The store could not be read.
    ReloadFailed,
    /// The person has read what was lost.
    LossesRead,
    /// A page of this session is open, or none any more: what others record there is looked for often.
    Watch(Option<SessionId>),
    /// A call was answered.
    Answered {
        /// Which.
        call: Call,
        /// With what.
        answer: Answer,
    },
    /// A call was not answered.
    Unanswered {
        /// Which.
        call: Call,
        /// By time, rather than for lack of a connection.
        timed_out: bool,
    },
}

/// One fact that a person recorded. The id is made by whoever has randomness: UUIDv7, for a
/// response UUIDv4.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Its id.
    pub id: ChangeId,
    /// The session it is about.
    pub session: Option<SessionId>,
    /// A change that it follows.
    pub after: Option<ChangeId>,
    /// What it says.
    pub body: Body,
}

/// Names one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token(pub(super) u64);

/// Names one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call(pub(super) u64);

/// What a server, or whatever stood between, answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The content type says JSON (`application/json` or `…+json`).
    pub json: bool,
    /// `Retry-After` in seconds.
    pub retry_after_s: Option<u32>,
    /// The body.
    pub body: String,
}

/// What the browser is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Write all of these in one strict transaction, then tell.
    Store {
        /// Names it.
        token: Token,
        /// In this order.
        writes: Vec<Write>,
    },
    /// Read the store, in turn with the transactions, and send [`Event::Reloaded`]: everything but
    /// drafts, and the pulled rows only if they are asked for.
    Reload {
        /// The pulled rows too.
        rows: bool,
    },
    /// Keep this beside the database, where it outlives it; it may fail.
    Canary(Canary),
    /// `POST /api/v1/push`
    Push(Outgoing),
    /// `POST /api/v1/pull`
    Pull(Outgoing),
    /// Send [`Event::Tick`] at this time of the phone's clock, or soon after.
    WakeAt {
        /// ms.
        at_ms: i64,
    },
    /// Rows came in: what is shown may have changed.
    Fresh,
    /// The recording of this token is saved on the phone.
    Saved(Token),
    /// The recording of this token is not saved: tell the person, at once and loudly.
    NotSaved(Token),
    /// A fact is too long to be recorded; nothing was.
    TooLong,
}

/// A request to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Names the call.
    pub call: Call,
    /// The bearer token.
    pub bearer: String,
    /// JSON.
    pub body: String,
    /// Give up after this long.
    pub timeout_ms: u32,
}
