//! `/api/v1/report/template`: the wording of the report, set by admins of the city. Each wording is a row; the
//! last one stands.

use super::wording::{FIELDS, USUAL, check};
use crate::access::{Caller, grant};
use crate::extract::Json as Body;
use crate::refuse::Refusal;
use crate::{App, audit};
use axum::Json;
use axum::extract::State;
use rusqlite::{Connection, OptionalExtension};
use serde_json::json;
use shared::audit::Act;
use shared::problem::Code;
use shared::report::{FieldItem, WORDING_MAX_CHARS, Wording, WordingNew};

/// Answers with the wording that stands, and the fields it may hold.
///
/// # Errors
/// `forbidden`, or the store's.
pub async fn get(State(app): State<App>, caller: Caller) -> Result<Json<Wording>, Refusal> {
    let now_ms = app.clock.now_ms();
    let found = app.db.read(move |conn| {
        admin(conn, caller.account_id, now_ms)?;
        Ok::<_, Refusal>(wording(conn)?)
    });
    found.await.map(Json)
}

/// Sets another wording, or puts it back to the program's own.
///
/// # Errors
/// `forbidden`, `bad_value` that names the line and the field, or the store's.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<WordingNew>,
) -> Result<Json<Wording>, Refusal> {
    let set = app.write(move |conn, now_ms| {
        admin(conn, caller.account_id, now_ms)?;
        if let Some(body) = &asked.body {
            if body.chars().count() > WORDING_MAX_CHARS {
                return Err(Refusal::bad_value(format!(
                    "模板最多 {WORDING_MAX_CHARS} 字 / a wording has at most {WORDING_MAX_CHARS} characters"
                )));
            }
            check(body).map_err(|bad| Refusal::bad_value(bad.detail()))?;
        }
        conn.prepare_cached("INSERT INTO report_template (body, at_ms, account_id) VALUES (?1, ?2, ?3)")?
            .execute((&asked.body, now_ms, caller.account_id))?;
        let detail = json!({ "usual": asked.body.is_none() }).to_string();
        let account_id = Some(caller.account_id);
        audit::add(
            conn,
            audit::New { at_ms: now_ms, account_id, act: Act::ReportTemplate, detail: &detail },
        )?;
        Ok(wording(conn)?)
    });
    set.await.map(Json)
}

fn admin(conn: &Connection, account_id: i64, now_ms: i64) -> Result<(), Refusal> {
    if grant::is_admin(conn, account_id, now_ms)? { Ok(()) } else { Err(Code::Forbidden.into()) }
}

type Set = (Option<String>, i64, String);

fn last(conn: &Connection) -> rusqlite::Result<Option<Set>> {
    conn.prepare_cached(
        "SELECT body, at_ms, account.login FROM report_template
         JOIN account ON account.account_id = report_template.account_id
         ORDER BY report_template_id DESC LIMIT 1",
    )?
    .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    .optional()
}

fn wording(conn: &Connection) -> rusqlite::Result<Wording> {
    let set = last(conn)?;
    let fields = FIELDS
        .iter()
        .map(|(name, means)| FieldItem { name: (*name).to_owned(), means: (*means).to_owned() })
        .collect();
    let body = set.as_ref().and_then(|(body, ..)| body.clone());
    Ok(Wording {
        usual: body.is_none(),
        body: body.unwrap_or_else(|| USUAL.to_owned()),
        at_ms: set.as_ref().map(|(_, at_ms, _)| *at_ms),
        login: set.map(|(.., login)| login),
        fields,
    })
}

/// The wording that stands. One that an older version took and this one does not is not used.
pub(super) fn standing(conn: &Connection) -> rusqlite::Result<String> {
    let set = last(conn)?.and_then(|(body, ..)| body).filter(|body| check(body).is_ok());
    Ok(set.unwrap_or_else(|| USUAL.to_owned()))
}
