//! Takes one part of a rescue file in, through the very door that its author's phone pushes
//! through: whatever a push would answer, an import does, and the same again is known already.

use crate::access::{self, Caller};
use crate::fault::Rejection;
use crate::refuse::Refusal;
use crate::{device, push};
use rusqlite::Connection;
use serde_json::value::RawValue;
use shared::id::{AccountId, BatchId, ReplicaId};
use shared::problem::Code;
use shared::rescue::{Numbered, Part};
use shared::wire::{Outcome, PROTO, PUSH_MAX_BYTES, PUSH_MAX_CHANGES, PUSH_ONE_MAX_BYTES, PushRequest};
use uuid::Uuid;

/// An account for whose parts the operator vouches: a token that the server does not know does not
/// keep them out.
#[derive(Debug, Clone)]
pub struct Vouched {
    caller: Caller,
    account: AccountId,
    login: String,
}

impl Vouched {
    /// The account of this login name.
    ///
    /// # Errors
    /// One clear line: there is none.
    pub fn of(connection: &Connection, login: &str) -> Result<Self, Rejection> {
        let caller = access::vouched(connection, login)?;
        let caller = caller.ok_or_else(|| {
            Rejection::new(format!("没有 {login} 这个账号"), format!("there is no account {login}"))
        })?;
        Ok(Self { account: caller.account, caller, login: login.to_owned() })
    }

    /// Whether a part says that it is of this account: by its id, or by its login name where the
    /// account had to be made anew.
    fn covers(&self, part: &Part) -> bool {
        part.account.id == self.account || part.account.login == self.login
    }
}

/// What became of the changes and responses of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    /// New, and taken in.
    pub(super) taken: u64,
    /// Known already.
    pub(super) dup: u64,
    /// Kept without effect.
    pub(super) held: u64,
}

/// Takes a part in. It must run inside one transaction, which the caller takes back where this
/// fails: a part is taken in as a whole or not at all.
///
/// # Errors
/// `rescue_unproven`, `replica_foreign`, `too_large`, or the store's.
pub(super) fn import_part(
    connection: &Connection,
    now_ms: i64,
    part: &Part,
    made_ms: i64,
    vouched: Option<&Vouched>,
) -> Result<Counts, Refusal> {
    let caller = match access::who(connection, &part.push_token, now_ms) {
        Ok(caller) => caller,
        Err(refusal) if refusal.code == Code::LoginExpired => {
            let vouched = vouched.filter(|vouched| vouched.covers(part)).ok_or(Code::RescueUnproven)?;
            vouched.caller.clone()
        }
        Err(refusal) => return Err(refusal),
    };
    let mut door = Door { connection, now_ms, made_ms, caller, counts: Counts::default() };
    // Changes first: a response may tell of a session that comes with them.
    for numbered in &part.replicas {
        door.replica(numbered)?;
    }
    door.push(None, &part.responses)?;
    Ok(door.counts)
}

struct Door<'c> {
    connection: &'c Connection,
    now_ms: i64,
    made_ms: i64,
    caller: Caller,
    counts: Counts,
}

impl Door<'_> {
    /// The changes of a replica. A file is no word of the device: when it was last in contact stays,
    /// and of what it then said to have, only that much less is unsent as has come now.
    fn replica(&mut self, numbered: &Numbered) -> Result<(), Refusal> {
        let before = device::standing(self.connection, numbered.replica)?;
        self.push(Some(numbered.replica), &numbered.changes)?;
        device::rescued(self.connection, numbered.replica, before)?;
        Ok(())
    }

    fn push(&mut self, replica: Option<ReplicaId>, changes: &[Box<RawValue>]) -> Result<(), Refusal> {
        for chunk in chunks(changes)? {
            let request = PushRequest {
                proto: PROTO,
                app: String::new(),
                batch: BatchId::from(Uuid::new_v4()),
                replica,
                epoch: None,
                wall_ms: self.made_ms,
                pending: 0,
                milestones: Vec::new(),
                losses: Vec::new(),
                changes: chunk.to_vec(),
            };
            let answer = push::take(self.connection, self.now_ms, &self.caller, &request)?;
            for result in answer.results {
                match result.outcome {
                    Outcome::Ok { .. } => self.counts.taken += 1,
                    Outcome::Dup { .. } => self.counts.dup += 1,
                    Outcome::Held { .. } => self.counts.held += 1,
                    // Said to phones only, which come again by themselves.
                    Outcome::Retry { .. } => return Err(Code::Busy.into()),
                }
            }
        }
        Ok(())
    }
}

/// Batches that keep to the limits of a push.
fn chunks(changes: &[Box<RawValue>]) -> Result<Vec<&[Box<RawValue>]>, Refusal> {
    let mut chunks = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (at, change) in changes.iter().enumerate() {
        let length = change.get().len();
        if length > PUSH_ONE_MAX_BYTES {
            return Err(Code::TooLarge.into());
        }
        if at > from && (at - from == PUSH_MAX_CHANGES || bytes + length > PUSH_MAX_BYTES) {
            chunks.extend(changes.get(from..at));
            (from, bytes) = (at, 0);
        }
        bytes += length;
    }
    chunks.extend(changes.get(from..).filter(|rest| !rest.is_empty()));
    Ok(chunks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(length: usize) -> Box<RawValue> {
        RawValue::from_string(format!("\"{}\"", "x".repeat(length - 2))).unwrap()
    }

    #[test]
    fn batches_keep_to_the_limits_of_a_push() {
        let lengths = |changes: &[Box<RawValue>]| -> Vec<usize> {
            chunks(changes).unwrap().iter().map(|chunk| chunk.len()).collect()
        };
        assert_eq!(lengths(&[]), [0_usize; 0]);
        assert_eq!(lengths(&vec![raw(10); 1_001]), [500, 500, 1]);
        assert_eq!(lengths(&vec![raw(100 * 1024); 5]), [2, 2, 1]);
        assert_eq!(lengths(&[raw(5), raw(PUSH_ONE_MAX_BYTES), raw(5)]), [1, 1, 1]);
        assert_eq!(chunks(&[raw(PUSH_ONE_MAX_BYTES + 1)]).unwrap_err().code, Code::TooLarge);
    }
}
