//! `/api/v1/sessions/{id}/answering`: staff and phones get the link of a session, and end it.

use crate::access::{Caller, login};
use crate::extract::{Json as Body, Path};
use crate::refuse::Refusal;
use crate::sight::{self, Sight};
use crate::{App, answering, audit, sessions};
use axum::Json;
use axum::extract::State;
use rusqlite::Connection;
use serde_json::{Value, json};
use shared::answering::{Answering, AnsweringNow};
use shared::audit::Act;
use shared::id::SessionId;
use shared::problem::Code;
use shared::sight::May;

/// Answers with the link that is good now, if there is one.
///
/// # Errors
/// `not_found` where it is not the caller's, or as [`sight::read`].
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<AnsweringNow>, Refusal> {
    let now = sight::read(&app, &caller, May::Record, None, move |conn, sight, now_ms| {
        let (_, item) = sessions::find(conn, sight, &id)?;
        let link = answering::of_session(conn, item.session.id)?;
        // One by which enough have answered still stands, and its count says so.
        let over = |link: &answering::Link| {
            matches!(link.over(now_ms), Some(answering::Over::Ended | answering::Over::Late))
        };
        Ok(AnsweringNow { link: link.filter(|link| !over(link)).map(|link| link.shown()) })
    });
    now.await.map(Json)
}

/// Answers with the link of a session; makes it at the first request, and anew after it was ended.
///
/// # Errors
/// `answering_ended` where the session is cancelled or was closed too long ago, `not_found`,
/// `forbidden`, or the store's.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Body(_): Body<Value>,
) -> Result<Json<Answering>, Refusal> {
    let token = login::new_token()?;
    let made = within(&app, &caller, id, move |conn, session, account_id, now_ms| {
        let stands = answering::of_session(conn, session)?;
        if stands.as_ref().is_none_or(|link| link.is_ended()) {
            answering::keep(conn, session, &token)?;
            note(conn, account_id, &format!("{session}"), now_ms)?;
        }
        let link = answering::of_session(conn, session)?.ok_or(Code::Internal)?;
        match link.over(now_ms) {
            None | Some(answering::Over::Full) => Ok(link.shown()),
            Some(over) => Err(Refusal::new(Code::AnsweringEnded, over.says())),
        }
    });
    made.await.map(Json)
}

/// Ends the link of a session: what was answered stays.
///
/// # Errors
/// `not_found`, `forbidden`, or the store's.
pub async fn end(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Body(_): Body<Value>,
) -> Result<Json<Value>, Refusal> {
    let ended = within(&app, &caller, id, move |conn, session, account_id, now_ms| {
        if !answering::end(conn, session, now_ms)? {
            return Err(Refusal::from(Code::NotFound));
        }
        note(conn, account_id, &format!("end {session}"), now_ms)?;
        Ok(json!({}))
    });
    ended.await.map(Json)
}

/// Writes about a session at which the caller may record.
async fn within<T: Send + 'static>(
    app: &App,
    caller: &Caller,
    id: String,
    job: impl FnOnce(&Connection, SessionId, i64, i64) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let (account_id, account) = (caller.account_id, caller.account);
    let done = app.write(move |conn, now_ms| {
        let sight = Sight::find(conn, (account_id, account), May::Record, None, now_ms)?;
        let (_, item) = sessions::find(conn, &sight, &id)?;
        job(conn, item.session.id, account_id, now_ms)
    });
    done.await
}

fn note(conn: &Connection, account_id: i64, detail: &str, at_ms: i64) -> rusqlite::Result<()> {
    audit::add(conn, audit::New { at_ms, account_id: Some(account_id), act: Act::Answering, detail })
}
