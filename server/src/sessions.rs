//! `GET /api/v1/sessions` and `/sessions/{id}`: sessions with their totals, as the desk lists them.

use crate::access::Reader;
use crate::coverage;
use crate::db::corrupt;
use crate::extract::{Path, Query};
use crate::filter::{Filter, Paging, Params, named};
use crate::publication::{self, Place};
use crate::refuse::Refusal;
use crate::sight::{self, Sight};
use crate::{App, answering};
use axum::Json;
use axum::extract::State;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row};
use shared::id::SessionId;
use shared::problem::Code;
use shared::session::{SessionRow, Totals};
use shared::sight::May;
use shared::wire::{Page, SessionItem};
use std::collections::BTreeMap;

/// Answers with a page of sessions, the latest first. Filters: `org`, `campaign`, `activity`,
/// `from_ms`, `to_ms`.
///
/// # Errors
/// `bad_value`, or as [`sight::read`].
pub async fn list(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(params): Query<Params>,
) -> Result<Json<Page<SessionItem>>, Refusal> {
    let (filter, paging) = (Filter::read(&params)?, Paging::read(&params)?);
    let asked = filter.org.clone();
    let page = sight::read(&app, &caller, May::Sessions, asked, move |conn, sight, _| {
        Ok(page(conn, sight, &filter, paging)?)
    });
    page.await.map(Json)
}

/// Answers with one session.
///
/// # Errors
/// `not_found` where it is not the caller's, or as [`sight::read`].
pub async fn one(
    State(app): State<App>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Result<Json<SessionItem>, Refusal> {
    let asked = id.clone();
    let place =
        move |conn: &Connection, sight: &Sight| Ok(Some(Place::session(find(conn, sight, &asked)?.0)));
    publication::look(&app, &caller, May::Sessions, None, place).await?;
    let item = sight::read(&app, &caller, May::Sessions, None, move |conn, sight, _| {
        let (session_id, item) = find(conn, sight, &id)?;
        let (scores, via) = (coverage::scores_of(conn, session_id)?, answering::via(conn, session_id)?);
        Ok(SessionItem { scores, via: Some(via), ..item })
    });
    item.await.map(Json)
}

const COLUMNS: &str = "session.session_id, session.row_json, session.totals_json, org.name, \
    session.roster, session.roster_present";
const ORG: &str = "JOIN org ON org.org_id = session.org_id";

fn page(
    conn: &Connection,
    sight: &Sight,
    filter: &Filter,
    paging: Paging,
) -> rusqlite::Result<Page<SessionItem>> {
    let total = count(conn, sight, filter)?;
    let integer = |n: u64| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    let mut values = filter.values().to_vec();
    values.extend([(":size", integer(paging.size)), (":skip", integer(paging.skip()))]);
    let sql = select_page(sight);
    let mut items = Vec::new();
    let mut found = conn.prepare(&sql)?;
    let mut rows = found.query(&*named(&values))?;
    while let Some(row) = rows.next()? {
        items.push(listed(conn, row)?);
    }
    let Paging { page, size } = paging;
    Ok(Page { items, total, page, size })
}

/// The same for one page of them: put in order by the narrow rows, so that only its own are read.
fn select_page(sight: &Sight) -> String {
    let (with, from) = sight.rollups();
    format!(
        "{with}, page (session_id) AS (
             SELECT rollup.session_id FROM {from} WHERE {}
             ORDER BY rollup.starts_ms DESC, rollup.id DESC LIMIT :size OFFSET :skip
         )
         SELECT {COLUMNS} FROM page JOIN session ON session.session_id = page.session_id {ORG}
         ORDER BY session.starts_ms DESC, session.id DESC",
        Filter::ROLLUP
    )
}

/// The statement for all sessions that a filter lets through, the latest first.
pub(crate) fn select(sight: &Sight) -> String {
    let (with, from) = sight.sessions();
    format!(
        "{with} SELECT {COLUMNS} FROM {from} {ORG} WHERE {} ORDER BY session.starts_ms DESC, session.id DESC",
        Filter::SQL
    )
}

/// The number of a session's row, and what the desk shows of it.
pub(crate) fn item(row: &Row<'_>) -> rusqlite::Result<(i64, SessionItem)> {
    let json: String = row.get(1)?;
    let session: SessionRow = serde_json::from_str(&json).map_err(corrupt)?;
    let totals: Totals = match row.get::<_, Option<String>>(2)? {
        Some(json) => serde_json::from_str(&json).map_err(corrupt)?,
        None => Totals::default(),
    };
    let roster: u32 = row.get(4)?;
    let roster_expected = session.expected.or((roster > 0).then_some(roster));
    Ok((
        row.get(0)?,
        SessionItem {
            session,
            totals,
            org_name: row.get(3)?,
            roster_expected,
            roster_present: row.get(5)?,
            scores: BTreeMap::new(),
            via: None,
        },
    ))
}

/// What the list shows of a session.
pub(crate) fn listed(conn: &Connection, row: &Row<'_>) -> rusqlite::Result<SessionItem> {
    let (session_id, item) = item(row)?;
    // Where phones declared some, those that came by link must not be taken for them.
    let declared = item.totals.declared.responses > 0;
    let via = declared.then(|| answering::via(conn, session_id)).transpose()?;
    Ok(SessionItem { via, ..item })
}

/// How many sessions a filter lets through.
pub(crate) fn count(conn: &Connection, sight: &Sight, filter: &Filter) -> rusqlite::Result<u64> {
    let (with, from) = sight.rollups();
    let sql = format!("{with} SELECT count(*) FROM {from} WHERE {}", Filter::ROLLUP);
    conn.query_row(&sql, &*named(&filter.values()), |row| row.get(0))
        .map(|n: i64| u64::try_from(n).unwrap_or(0))
}

/// One session that is seen, also by the id of one that it stands for.
///
/// # Errors
/// `bad_value` if the id is none, `not_found` if there is no such session in sight.
pub(crate) fn find(conn: &Connection, sight: &Sight, id: &str) -> Result<(i64, SessionItem), Refusal> {
    let id: SessionId = id.parse().map_err(|_| {
        Refusal::bad_value(
            "场次 ID 应为小写带连字符的 UUID / the id of a session is a UUID in lower case with hyphens",
        )
    })?;
    let (with, from) = sight.sessions();
    let sql = format!(
        "{with} SELECT {COLUMNS} FROM {from} {ORG} WHERE session.row_exists = 1 AND session.session_id = \
         (SELECT COALESCE(stands_id, session_id) FROM session WHERE id = ?1)"
    );
    let found = conn.prepare(&sql)?.query_row([id.as_bytes()], item).optional()?;
    found.ok_or(Code::NotFound.into())
}

/// What people see of a session that exists, and the name of its org.
pub(crate) fn row_of(conn: &Connection, session_id: i64) -> rusqlite::Result<Option<(SessionRow, String)>> {
    conn.prepare_cached(
        "SELECT session.row_json, org.name FROM session JOIN org ON org.org_id = session.org_id
         WHERE session.session_id = ?1 AND session.row_exists = 1",
    )?
    .query_row([session_id], |row| {
        let json: String = row.get(0)?;
        Ok((serde_json::from_str(&json).map_err(corrupt)?, row.get(1)?))
    })
    .optional()
}
