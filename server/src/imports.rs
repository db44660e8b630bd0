//! `/api/v1/imports`: files of orgs and of rosters, first shown and then carried out (docs/import.md).

use crate::App;
use crate::access::Caller;
use crate::access::grant::{self, Role};
use crate::branch;
use crate::extract::{Query, octets};
use crate::fault::Faults;
use crate::filter::Params;
use crate::import::roster::Asked;
use crate::import::table::Table;
use crate::import::{bad, note, org, roster};
use crate::refuse::Refusal;
use axum::Json;
use axum::extract::{Request, State};
use rusqlite::{Connection, OptionalExtension};
use shared::audit::Act;
use shared::import::{FILE_MAX_BYTES, ImportAnswer, ImportRights};
use shared::problem::Code;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Files that are read at once: each may fill a good part of a small server's memory.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Answers with what the login may import.
///
/// # Errors
/// `login_expired`, or the store's.
pub async fn get(State(app): State<App>, caller: Caller) -> Result<Json<ImportRights>, Refusal> {
    let now_ms = app.clock.now_ms();
    let rights = app.db.read::<_, Refusal, _>(move |conn| {
        let roster = !grant::roots(conn, caller.account_id, Role::MANAGES, now_ms)?.is_empty();
        Ok(ImportRights { roster, orgs: grant::is_admin(conn, caller.account_id, now_ms)? })
    });
    rights.await.map(Json)
}

/// Previews a file of orgs, or carries it out as previewed. Query: `sheet`, `confirm`.
///
/// # Errors
/// `forbidden`, `bad_value`, `import_too_large`, `import_changed`, or the store's.
pub async fn orgs(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
    request: Request,
) -> Result<Json<ImportAnswer>, Refusal> {
    let (account_id, now_ms) = (caller.account_id, app.clock.now_ms());
    let may = app.db.read::<_, Refusal, _>(move |conn| Ok(grant::is_admin(conn, account_id, now_ms)?));
    if !may.await? {
        return Err(Code::Forbidden.into());
    }
    let file = match File::take(request, &params, org::read).await? {
        Ok(file) => file,
        Err(faults) => return Ok(Json(bad(None, &faults))),
    };
    let Some(confirm) = params.get("confirm").map(str::to_owned) else {
        let told = app.db.read::<_, Refusal, _>(move |conn| {
            let prepared = org::prepare(conn, (&file.bytes, &file.table))?;
            Ok(prepared.map_or_else(|faults| bad(Some(&file.table), &faults), |(_, answer)| answer))
        });
        return told.await.map(Json);
    };
    let done = app.write(move |conn, now_ms| {
        if !grant::is_admin(conn, account_id, now_ms)? {
            return Err(Code::Forbidden.into());
        }
        let prepared = org::prepare(conn, (&file.bytes, &file.table))?;
        let (ready, answer) = prepared.map_err(|_| Code::ImportChanged)?;
        if ready.token != confirm {
            return Err(Code::ImportChanged.into());
        }
        org::apply(conn, &ready.plan)?;
        note(conn, (Act::ImportOrgs, ""), false, &answer.counts, (Some(account_id), now_ms))?;
        Ok(ImportAnswer { done: true, token: None, ..answer })
    });
    done.await.map(Json)
}

/// Previews a roster, or carries it out as previewed. Query: `org` (id or code), `whole`, `sheet`,
/// `confirm`.
///
/// # Errors
/// `forbidden`, `not_found`, `bad_value`, `import_too_large`, `import_changed`, or the store's.
pub async fn roster(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
    request: Request,
) -> Result<Json<ImportAnswer>, Refusal> {
    let whole = params.yes_no("whole")?.unwrap_or(false);
    let org = params.get("org").map(str::to_owned);
    let org = org.ok_or_else(|| Refusal::bad_value("org：请指明组织 / org: name the org"))?;
    let account_id = caller.account_id;
    let found = branch::manage(&app, &caller, Some(org), |_, branch, _| Ok(branch.roots.first().copied()));
    let asked = Asked { org_id: found.await?.ok_or(Code::NotFound)?, whole };
    let file = match File::take(request, &params, roster::read).await? {
        Ok(file) => file,
        Err(faults) => return Ok(Json(bad(None, &faults))),
    };
    let Some(confirm) = params.get("confirm").map(str::to_owned) else {
        let told = app.db.read::<_, Refusal, _>(move |conn| {
            let prepared = roster::prepare(conn, asked, (&file.bytes, &file.table))?;
            Ok(prepared.map_or_else(|faults| bad(Some(&file.table), &faults), |(_, answer)| answer))
        });
        return told.await.map(Json);
    };
    let done = app.write(move |conn, now_ms| {
        let granted = grant::roots(conn, account_id, Role::MANAGES, now_ms)?;
        if !grant::covers(conn, &granted, asked.org_id)? {
            return Err(Code::Forbidden.into());
        }
        let prepared = roster::prepare(conn, asked, (&file.bytes, &file.table))?;
        let (ready, answer) = prepared.map_err(|_| Code::ImportChanged)?;
        if ready.token != confirm {
            return Err(Code::ImportChanged.into());
        }
        roster::apply(conn, asked, &ready.plan, now_ms)?;
        let code = code_of(conn, asked.org_id)?.unwrap_or_default();
        note(conn, (Act::ImportRoster, &code), whole, &answer.counts, (Some(account_id), now_ms))?;
        Ok(ImportAnswer { done: true, token: None, ..answer })
    });
    done.await.map(Json)
}

fn code_of(conn: &Connection, org_id: i64) -> rusqlite::Result<Option<String>> {
    let mut found = conn.prepare_cached("SELECT code FROM org WHERE org_id = ?1")?;
    found.query_row([org_id], |row| row.get(0)).optional()
}

/// A file that came, and what was read of it.
struct File {
    bytes: Arc<Vec<u8>>,
    table: Table,
}

impl File {
    /// Takes the body and reads it, away from where other requests are answered.
    async fn take(
        request: Request,
        params: &Params,
        read: fn(&[u8], Option<&str>) -> Result<Table, Faults>,
    ) -> Result<Result<Self, Faults>, Refusal> {
        let (parts, body) = request.into_parts();
        let bytes = Arc::new(octets(&parts.headers, body, FILE_MAX_BYTES, Code::ImportTooLarge).await?);
        let sheet = params.get("sheet").map(str::to_owned);
        let _turn = AT_ONCE.acquire().await.map_err(|_| Code::Internal)?;
        let given = Arc::clone(&bytes);
        let table = tokio::task::spawn_blocking(move || read(&given, sheet.as_deref())).await;
        Ok(table.map_err(|_| Code::Internal)?.map(|table| Self { bytes, table }))
    }
}
