//! `POST /api/v1/push`: takes changes in. One transaction a batch, one result a change, in order;
//! one bad change never stops the others, and the reply leaves after the commit.

mod anonymous;
mod intake;
mod judge;
mod log;
mod replica;
mod wait;

use crate::access::Pusher;
use crate::clock::Clock;
use crate::extract::{json_bytes, parse, too_large};
use crate::refuse::Refusal;
use crate::{App, db};
use axum::Json;
use axum::extract::{Request, State};
use intake::Intake;
use replica::Replica;
use rusqlite::Connection;
use shared::problem::Code;
use shared::wire::{PUSH_MAX_BYTES, PUSH_MAX_CHANGES, PUSH_ONE_MAX_BYTES, PushAnswer, PushRequest};

/// Answers a push.
///
/// # Errors
/// For the batch as a whole only: `login_expired`, `replica_foreign`, `malformed`, `not_json`,
/// `too_large`, or the store's. Then nothing of it is stored.
pub async fn post(
    State(app): State<App>,
    Pusher(caller): Pusher,
    request: Request,
) -> Result<Json<PushAnswer>, Refusal> {
    let (parts, body) = request.into_parts();
    let bytes = json_bytes(&parts.headers, body, PUSH_ONE_MAX_BYTES).await?;
    let request: PushRequest = parse(&bytes)?;
    if request.changes.len() > PUSH_MAX_CHANGES {
        let detail = format!("at most {PUSH_MAX_CHANGES} changes in one push");
        return Err(Refusal::new(Code::TooLarge, detail));
    }
    // One change alone is always looked at, so that nothing jams the queue of a phone.
    if bytes.len() > PUSH_MAX_BYTES && request.changes.len() > 1 {
        return Err(too_large(PUSH_MAX_BYTES));
    }
    let clock = app.clock.clone();
    let done = app.db.write(move |connection| take(connection, &clock, caller.account_id, &request));
    done.await.map(Json)
}

/// Takes a batch in, inside the writer's transaction.
fn take(
    connection: &Connection,
    clock: &Clock,
    account_id: i64,
    request: &PushRequest,
) -> Result<PushAnswer, Refusal> {
    let recv_ms = clock.now_ms();
    let mut replica = match request.replica {
        Some(id) => Some(Replica::open(connection, account_id, id)?.ok_or(Code::ReplicaForeign)?),
        None => None,
    };
    let mut intake = Intake::new(connection, account_id, recv_ms);
    let mut results = Vec::with_capacity(request.changes.len());
    for raw in &request.changes {
        results.push(intake.one(raw.get(), replica.as_mut())?);
    }
    let rotate_replica = intake.finish()?;
    if let Some(replica) = &replica {
        replica.save(connection, request.pending, recv_ms)?;
    }
    Ok(PushAnswer {
        batch: request.batch,
        epoch: db::epoch(connection)?,
        server_ms: recv_ms,
        durable_seq: 0,
        have: replica.map_or(0, |replica| u64::try_from(replica.have).unwrap_or(0)),
        rotate_replica,
        results,
    })
}
