//! `POST /api/v1/push`: takes changes in. One transaction a batch, one result a change, in order;
//! one bad change never stops the others, and the reply leaves after the commit.

pub(crate) mod accept;
mod anonymous;
mod intake;
mod judge;
mod log;
mod milestone;
pub(crate) mod replay;
mod replica;
mod wait;

use crate::access::{Caller, Pusher};
use crate::extract::{json_bytes, parse, too_large};
use crate::refuse::Refusal;
use crate::{App, db, device, feed, held};
use axum::Json;
use axum::extract::{Request, State};
use intake::Intake;
use replica::Replica;
use rusqlite::Connection;
use shared::museum::{Defect, planted};
use shared::problem::Code;
use shared::wire::{
    Outcome, PUSH_MAX_BYTES, PUSH_MAX_CHANGES, PUSH_ONE_MAX_BYTES, PushAnswer, PushRequest, PushResult,
};

/// When to come back where too much is held, seconds: somebody has to decide first.
const FULL_WAIT_S: u32 = 60;
const HELD_FULL: &str =
    "待处理的记录太多，请管理员先处理 / too much is held already: staff have to decide of it first";

/// Answers a push.
///
/// # Errors
/// For the batch as a whole only: `login_expired`, `replica_foreign`, `malformed`, `not_json`,
/// `too_large`, `too_many` where more is held of the account than there is room for, or the store's. Then nothing of it is stored.
pub async fn post(
    State(app): State<App>,
    Pusher(caller): Pusher,
    request: Request,
) -> Result<Json<PushAnswer>, Refusal> {
    let (parts, body) = request.into_parts();
    let bytes = json_bytes(&parts.headers, body, PUSH_ONE_MAX_BYTES).await?;
    let request = read(&bytes)?;
    let clock = app.clock.clone();
    // Before the batch is taken: what is said to be backed up was so then.
    let durable_seq = app.backup.durable_seq();
    // The time of receipt is that of the writer's turn, so that it follows the order of the log.
    let done = app.db.write(move |connection| take(connection, clock.now_ms(), &caller, &request));
    Ok(Json(PushAnswer { durable_seq, ..done.await? }))
}

/// Reads the body of a push, inflated, and keeps to its limits.
///
/// # Errors
/// `malformed` or `too_large`.
pub fn read(bytes: &[u8]) -> Result<PushRequest, Refusal> {
    if bytes.len() > PUSH_ONE_MAX_BYTES {
        return Err(too_large(PUSH_ONE_MAX_BYTES));
    }
    let request: PushRequest = parse(bytes)?;
    if request.changes.len() > PUSH_MAX_CHANGES {
        let detail = format!("at most {PUSH_MAX_CHANGES} changes in one push");
        return Err(Refusal::new(Code::TooLarge, detail));
    }
    // One change alone is always looked at, so that nothing jams the queue of a phone.
    if bytes.len() > PUSH_MAX_BYTES && request.changes.len() != 1 {
        return Err(too_large(PUSH_MAX_BYTES));
    }
    Ok(request)
}

/// Takes a batch in that came at this time. It must run inside one transaction, which the caller
/// takes back where this fails.
///
/// # Errors
/// `replica_foreign`, `too_many`, or the store's.
pub fn take(
    connection: &Connection,
    recv_ms: i64,
    caller: &Caller,
    request: &PushRequest,
) -> Result<PushAnswer, Refusal> {
    let mut replica = match request.replica {
        Some(id) => Some(Replica::open(connection, caller, id)?.ok_or(Code::ReplicaForeign)?),
        None => None,
    };
    let began_seq = feed::last_seq(connection)?;
    let mut intake = Intake::new(connection, (caller.account_id, caller.account), recv_ms);
    // Whoever has found the phone pushes with its token.
    intake.lost = match caller.replica_id {
        Some(replica_id) => device::is_lost(connection, replica_id)?,
        None => false,
    };
    if let Some(replica) = &replica {
        intake.lost |= device::is_lost(connection, replica.replica_id)?;
    }
    let mut results = Vec::with_capacity(request.changes.len());
    for raw in &request.changes {
        results.push(intake.one(raw.get(), replica.as_mut())?);
        let held = matches!(results.last().map(|result| &result.outcome), Some(Outcome::Held { .. }));
        if planted(Defect::BadOneRefusesAll) && held {
            return Err(Code::Malformed.into());
        }
    }
    let replica_id = replica.as_ref().map(|replica| replica.replica_id);
    let full = |of, new: bool| Ok::<_, Refusal>(new && held::is_full(connection, of)?);
    if full(replica_id, intake.held && replica_id.is_some())? || full(None, intake.held_anonymous)? {
        return Err(Refusal { after_s: Some(FULL_WAIT_S), ..Refusal::new(Code::TooMany, HELD_FULL) });
    }
    let rotate_replica = intake.finish()?;
    // Only what was known in this life of the data can be missing from it.
    let epoch = db::epoch(connection)?;
    let same = request.epoch.is_none_or(|known| known == epoch);
    let behind = same && milestone::lacks(connection, &request.milestones)?;
    if results.iter().any(PushResult::is_new) {
        let mut seq = feed::last_seq(connection)?;
        if seq == began_seq {
            // What has no seq of its own uses one up: data or a backup from before must be seen to be older.
            seq = feed::next_seq(connection)?;
        }
        milestone::advance(connection, seq, request.batch, recv_ms)?;
    }
    if let Some(replica) = &replica {
        replica.save(connection, still_pending(request.pending, &results), recv_ms)?;
        device::note_losses(connection, caller.account_id, &request.losses)?;
    }
    Ok(PushAnswer {
        batch: request.batch,
        epoch,
        server_ms: recv_ms,
        durable_seq: 0,
        seq: u64::try_from(feed::last_seq(connection)?).unwrap_or(0),
        milestone: milestone::last(connection)?,
        behind,
        have: replica.map_or(0, |replica| u64::try_from(replica.have).unwrap_or(0)),
        rotate_replica,
        results,
    })
}

/// What the phone said to have, less what it may forget once it has this answer.
fn still_pending(told: u64, results: &[PushResult]) -> u64 {
    let kept = results.iter().filter(|result| !matches!(result.outcome, Outcome::Retry { .. })).count();
    told.saturating_sub(u64::try_from(kept).unwrap_or(u64::MAX))
}
