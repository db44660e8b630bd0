//! Who is expected at a session: the rosters of its audience when it began.

use super::Sql;
use crate::{org, person, rollup, session};
use rusqlite::Connection;
use shared::id::SessionId;
use shared::session::SessionRow;
use std::collections::BTreeSet;

/// Sessions that are written anew at once.
const TOGETHER: usize = 100;

/// Rows of the orgs whose rosters are expected, with all below them: those that the session names,
/// else its own.
pub(super) fn audience(connection: &Connection, row: &SessionRow, org_id: i64) -> rusqlite::Result<Vec<i64>> {
    if row.audience.is_empty() {
        return Ok(vec![org_id]);
    }
    let found = row.audience.iter().map(|id| org::find(connection, *id));
    found.filter_map(Result::transpose).collect()
}

/// Sessions that exist and expect the roster of any of these orgs.
pub(super) fn expecting(connection: &Connection, org_ids: &BTreeSet<i64>) -> rusqlite::Result<BTreeSet<i64>> {
    let mut lines = BTreeSet::new();
    for org_id in org_ids {
        lines.extend(org::line(connection, *org_id)?);
    }
    let mut sessions = BTreeSet::new();
    if lines.is_empty() {
        return Ok(sessions);
    }
    let mut found = connection.prepare_cached("SELECT session_id FROM session WHERE row_exists = 1")?;
    for session_id in found.query_map([], |row| row.get::<_, i64>(0))? {
        let session_id = session_id?;
        let shown = session::shown(connection, session_id)?;
        let (Some(row), Some(org_id)) = (shown.row, shown.org_id) else { continue };
        if audience(connection, &row, org_id)?.iter().any(|org| lines.contains(org)) {
            sessions.insert(session_id);
        }
    }
    Ok(sessions)
}

/// Who was on a roster of the session's audience when it began, by the person who stands: two who
/// are one count once.
///
/// # Errors
/// A fault of the store.
pub fn expected(connection: &Connection, session: &SessionRow) -> rusqlite::Result<BTreeSet<i64>> {
    let mut people = BTreeSet::new();
    let Some(org_id) = org::find(connection, session.org)? else { return Ok(people) };
    let mut branches = BTreeSet::new();
    for root in audience(connection, session, org_id)? {
        branches.extend(org::branch(connection, root)?);
    }
    let mut found = connection.prepare_cached(
        "SELECT coalesce(person.stands_id, person.person_id)
         FROM roster_entry JOIN person ON person.person_id = roster_entry.person_id
         WHERE roster_entry.org_id = ?1 AND roster_entry.from_ms <= ?2
           AND (roster_entry.until_ms IS NULL OR roster_entry.until_ms > ?2)",
    )?;
    for branch in branches {
        for person_id in found.query_map((branch, session.starts_ms), |row| row.get(0))? {
            people.insert(person_id?);
        }
    }
    Ok(people)
}

/// Counts anew how many the audience's roster had when the session began.
pub(super) fn recount(connection: &Connection, session_id: i64) -> rusqlite::Result<()> {
    let Some(row) = session::shown(connection, session_id)?.row else { return Ok(()) };
    let people = expected(connection, &row)?.len();
    session::set_roster(connection, session_id, i64::try_from(people).unwrap_or(i64::MAX))
}

/// Brings everything up to date that depends on the shape of the tree, once branches of it hang
/// elsewhere: call it at the end of an import's transaction.
///
/// # Errors
/// A fault of the store.
pub fn tree_changed(connection: &Connection) -> rusqlite::Result<()> {
    let mut found = connection.prepare_cached("SELECT session_id FROM session WHERE row_exists = 1")?;
    let all: Vec<i64> = found.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    // A city's sessions with all their people would be too much to have in memory at once.
    for some in all.chunks(TOGETHER) {
        let mut touched: BTreeSet<SessionId> = BTreeSet::new();
        for session_id in some {
            recount(connection, *session_id)?;
            touched.insert(session::id_of(connection, *session_id)?);
        }
        Sql::new(connection).project(&touched)?;
    }
    Ok(())
}

/// Brings everything up to date that depends on the rosters on which these persons (rows) are or
/// were: call it once, at the end of an import's transaction.
///
/// # Errors
/// A fault of the store.
pub fn roster_changed(connection: &Connection, person_ids: &BTreeSet<i64>) -> rusqlite::Result<()> {
    let mut orgs = BTreeSet::new();
    let mut touched: BTreeSet<SessionId> = BTreeSet::new();
    for person_id in person_ids {
        orgs.extend(person::entries(connection, *person_id)?.iter().map(|entry| entry.org_id));
        for session_id in crate::attendance::sessions_as_stranger(connection, *person_id)? {
            touched.insert(session::id_of(connection, session_id)?);
        }
    }
    for session_id in expecting(connection, &orgs)? {
        recount(connection, session_id)?;
        touched.insert(session::id_of(connection, session_id)?);
    }
    // Where such a person was present, another org than before may count as reached.
    let mut standing = BTreeSet::new();
    for person_id in person_ids {
        standing.insert(person::stands(connection, *person_id)?);
    }
    for session_id in rollup::with_any(connection, &standing)? {
        touched.insert(session::id_of(connection, session_id)?);
    }
    let touched: Vec<SessionId> = touched.into_iter().collect();
    for some in touched.chunks(TOGETHER) {
        Sql::new(connection).project(&some.iter().copied().collect())?;
    }
    Ok(())
}
