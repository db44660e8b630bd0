//! `POST /api/v1/pull`: rows of the scopes that a login may see, above its cursors.

use crate::access::{Caller, Entrant, login};
use crate::extract::Json;
use crate::feed::{self, Entry, Key, Where};
use crate::refuse::Refusal;
use crate::sight::Pulls;
use crate::{App, attendance, campaign, db, decision, device, form, held, org, person, session};
use axum::extract::State;
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};
use shared::id::{AccountId, ChangeId};
use shared::museum::{Defect, planted};
use shared::wire::{PULL_MAX_ROWS, PullAnswer, PullRequest, PullScope, PulledScope, Row, Scope};

/// Most scopes in one pull; further ones are left out, like those not granted.
const SCOPES_MAX: usize = 200;

/// Answers a pull.
///
/// # Errors
/// `login_expired`, `forbidden`, `malformed`, or the store's.
pub async fn post(
    State(app): State<App>,
    Entrant(caller): Entrant,
    Json(request): Json<PullRequest>,
) -> Result<axum::Json<PullAnswer>, Refusal> {
    let now_ms = app.clock.now_ms();
    let pulled = app.db.read::<_, Refusal, _>(move |connection| {
        let contact = match caller.replica_id {
            Some(id) => device::contact_is_due(connection, id, now_ms)?.then_some(id),
            None => None,
        };
        Ok((answer(connection, &caller, &request, now_ms)?, contact))
    });
    let (answer, contact) = pulled.await?;
    if let Some(replica_id) = contact {
        note_contact(&app, replica_id, now_ms);
    }
    Ok(axum::Json(PullAnswer { rescue_key: Some(app.rescue.public()), ..answer }))
}

/// A device that pulls is in contact. The pull neither waits for this to be noted nor fails with it.
fn note_contact(app: &App, replica_id: i64, now_ms: i64) {
    let db = app.db.clone();
    tokio::spawn(async move {
        let noted = db.write::<_, db::Error, _>(move |connection| {
            // Of several pulls at once the first is enough.
            if device::contact_is_due(connection, replica_id, now_ms)? {
                device::seen(connection, replica_id, now_ms)?;
            }
            Ok(())
        });
        if let Err(error) = noted.await {
            tracing::debug!(%error, "a contact was not noted");
        }
    });
}

/// The answer to a pull, of one consistent state of the store.
///
/// # Errors
/// A fault of the store.
pub fn answer(
    connection: &Connection,
    caller: &Caller,
    request: &PullRequest,
    now_ms: i64,
) -> Result<PullAnswer, Refusal> {
    let epoch = db::epoch(connection)?;
    let limit = request.limit.unwrap_or(PULL_MAX_ROWS).clamp(1, PULL_MAX_ROWS);
    let other_life = request.epoch.is_some_and(|theirs| theirs != epoch);
    let mut scopes = Vec::new();
    for asked in request.scopes.iter().take(SCOPES_MAX) {
        let Some(scope) = visible(connection, caller.account_id, asked, now_ms)? else { continue };
        scopes.push(rows(connection, asked, scope, limit, other_life)?);
    }
    let granted = login::granted(connection, caller.account_id, now_ms)?;
    let server_ms = server_ms(connection, now_ms)?;
    Ok(PullAnswer { epoch, server_ms, granted, rescue_key: None, scopes })
}

/// Where the rows of a scope are, if it can be read, is known, and is the account's to pull.
fn visible(
    connection: &Connection,
    account_id: i64,
    asked: &PullScope,
    now_ms: i64,
) -> rusqlite::Result<Option<Where>> {
    let (org_id, session_id) = match asked.scope.parse() {
        Ok(Scope::Org(id)) => (org::find(connection, id)?, None),
        Ok(Scope::Session(id)) => match session::find(connection, id)? {
            Some(session_id) => (session::shown(connection, session_id)?.org_id, Some(session_id)),
            None => return Ok(None),
        },
        Err(_) => return Ok(None),
    };
    let Some(org_id) = org_id else { return Ok(None) };
    let place = session_id.map_or(Where::Org(org_id), Where::Session);
    let pulls = |at_ms| Pulls::of(connection, account_id, (org_id, session_id), at_ms);
    let now = pulls(now_ms)?;
    // A cursor of another sight: left out once, so that the phone drops what it has and begins anew.
    if let Some(at_ms) = asked.at_ms.filter(|_| asked.cursor > 0 && now != Pulls::Nothing)
        && ![now, Pulls::Nothing].contains(&pulls(at_ms)?)
    {
        return Ok(None);
    }
    Ok(match now {
        Pulls::Whole => Some(place),
        Pulls::Spoken => session_id.map(Where::Spoken),
        Pulls::Nothing => None,
    })
}

fn rows(
    connection: &Connection,
    asked: &PullScope,
    scope: Where,
    limit: u32,
    other_life: bool,
) -> Result<PulledScope, Refusal> {
    let last = feed::last_seq(connection)?;
    let cursor = i64::try_from(asked.cursor).unwrap_or(i64::MAX);
    let mut pulled =
        PulledScope { scope: asked.scope.clone(), cursor: 0, more: false, reset: false, rows: Vec::new() };
    // A cursor of another life of the data, or one that was never given out.
    if other_life || cursor > last || went_back(connection, cursor, asked.at_ms)? {
        pulled.reset = true;
        return Ok(pulled);
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    // Most pulls find nothing new: they cost no search.
    let mut entries =
        if cursor == last { Vec::new() } else { feed::rows(connection, scope, cursor, one_more)? };
    pulled.more = entries.len() > limit;
    entries.truncate(limit);
    let end = if pulled.more { entries.last().map_or(last, |entry| entry.seq) } else { last };
    pulled.cursor = u64::try_from(end).unwrap_or(0);
    if planted(Defect::DeletionsForgotten) {
        entries.retain(|entry| !entry.deleted);
    }
    for entry in entries {
        pulled.rows.push(row(connection, entry)?);
    }
    Ok(pulled)
}

/// Whether a change at or below the cursor came in after the cursor was given out: then it was given
/// out by data that were put back since.
fn went_back(connection: &Connection, cursor: i64, at_ms: Option<i64>) -> rusqlite::Result<bool> {
    let Some(at_ms) = at_ms.filter(|_| cursor > 0) else { return Ok(false) };
    let came_ms: Option<i64> = connection
        .prepare_cached("SELECT recv_ms FROM change WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([cursor], |row| row.get(0))
        .optional()?;
    Ok(came_ms.is_some_and(|came_ms| came_ms > at_ms))
}

/// The server's clock, and never before the last change that is in the data.
fn server_ms(connection: &Connection, now_ms: i64) -> rusqlite::Result<i64> {
    let last_ms: Option<i64> = connection
        .prepare_cached("SELECT recv_ms FROM change ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(last_ms.map_or(now_ms, |last_ms| last_ms.max(now_ms)))
}

fn row(connection: &Connection, entry: Entry) -> Result<Row, Refusal> {
    let body = if entry.deleted { None } else { body(connection, entry)? };
    Ok(Row {
        key: entry.key.to_string(),
        seq: u64::try_from(entry.seq).unwrap_or(0),
        deleted: body.is_none(),
        body: body.unwrap_or(Value::Null),
    })
}

/// The content of a row, from its own table; none of one that is not there (any more).
fn body(connection: &Connection, entry: Entry) -> Result<Option<Value>, Refusal> {
    let text = match entry.key {
        Key::Org(id) => return to_value(org::load(connection, id)?),
        Key::Campaign(id) => return to_value(campaign::load(connection, id)?),
        Key::Person(id) => return to_value(person::load(connection, id)?),
        Key::Held(id) => return held_body(connection, entry.scope_id, id),
        Key::WalkIn(id) => {
            let text = attendance::pulled(connection, entry.scope_id, id, true)?;
            let person: Option<Value> = text.map(|text| serde_json::from_str(&text)).transpose()?;
            return Ok(person.map(|person| json!({ "person": person })));
        }
        Key::Attendance(id) => attendance::pulled(connection, entry.scope_id, id, false)?,
        Key::Session(id) => session::text(connection, id)?,
        Key::Totals => session::totals_text(connection, entry.scope_id)?,
        Key::Form(id, version) => form::text(connection, id, version)?,
    };
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

fn to_value<T: serde::Serialize>(body: Option<T>) -> Result<Option<Value>, Refusal> {
    Ok(body.map(|body| serde_json::to_value(&body)).transpose()?)
}

/// Why a change that had waited is held now, or one that never was in the log was refused.
fn held_body(connection: &Connection, session_id: i64, id: ChangeId) -> Result<Option<Value>, Refusal> {
    let found: Option<([u8; 16], String, bool)> = connection
        .prepare_cached(
            "SELECT account.id, change.raw, change.state = 'held' FROM change
             JOIN replica ON replica.replica_id = change.replica_id
             JOIN account ON account.account_id = replica.account_id WHERE change.id = ?1",
        )?
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((account, raw, held)) = found else {
        let session = session::id_of(connection, session_id)?;
        let refused = decision::refused(connection, session, id)?;
        return Ok(refused.map(|(code, reason)| json!({ "code": code, "refused": reason })));
    };
    if !held {
        return Ok(None);
    }
    let value: Value = serde_json::from_str(&raw)?;
    let held_id = held::id_of(Some(AccountId::from_bytes(account)), &raw, Some(&value));
    let Some(code) = held::code(connection, held_id)? else { return Ok(None) };
    Ok(Some(match decision::reason(connection, held_id)? {
        Some(reason) => json!({ "code": code, "refused": reason }),
        None => json!({ "code": code }),
    }))
}
