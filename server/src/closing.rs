//! The table of closing codes: which session each is about, and whether the phone's own closing has
//! come in its place (docs/sync.md, "The closing code").

use crate::access::grant::{self, Role};
use crate::branch::Branch;
use crate::filter::Paging;
use rusqlite::{Connection, OptionalExtension, Row};
use shared::closing::{Closing, ClosingItem, ClosingSession, Told, short};
use shared::id::SessionId;
use shared::session::{Activity, Declared, Session, State};
use shared::stamp::DAY_MS;
use shared::wire::Page;

/// How long after a session's start its code is still taken, ms: by then whoever has not uploaded
/// is looked for in another way, and a chance likeness of ids is more likely than a late call.
const LATE_MS: i64 = 90 * DAY_MS;
/// How long before its start a session may be closed, ms: dates are typed wrong, and moved.
const EARLY_MS: i64 = 7 * DAY_MS;

/// Whether a code typed at this moment may be about a session of this start.
#[must_use]
pub fn in_window(at_ms: i64, starts_ms: i64) -> bool {
    (starts_ms.saturating_sub(EARLY_MS)..=starts_ms.saturating_add(LATE_MS)).contains(&at_ms)
}

/// A session that a code fits by its id.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Row of the session that the phone closed.
    pub session_id: i64,
    /// Its id.
    pub id: SessionId,
    /// Row of the org of the session that stands for it.
    pub org_id: i64,
    /// The session that stands for it.
    pub shown: ClosingSession,
}

/// The session that stands, as [`shown`] reads it.
const SHOWN: &str = "session.id, session.title, org.name, session.activity, session.starts_ms, session.state";

/// Reads the columns of [`SHOWN`] from this place on; none where they are null.
fn shown(row: &Row<'_>, from: usize) -> rusqlite::Result<Option<ClosingSession>> {
    let Some(id) = row.get::<_, Option<[u8; 16]>>(from)? else { return Ok(None) };
    let (activity, state): (String, String) = (row.get(from + 3)?, row.get(from + 5)?);
    Ok(Some(ClosingSession {
        id: SessionId::from_bytes(id),
        title: row.get(from + 1)?,
        org_name: row.get(from + 2)?,
        activity: Activity::from_wire(&activity).unwrap_or(Activity::Other),
        starts_ms: row.get(from + 4)?,
        state: State::from_wire(&state).unwrap_or(State::Open),
    }))
}

/// Every session that exists and that a code fits by its id, whoever may see it.
///
/// # Errors
/// A fault of the store.
pub fn fitting(connection: &Connection, closing: Closing) -> rusqlite::Result<Vec<Fit>> {
    // The inner search runs over the index of ids alone: rows of sessions are large.
    let sql = format!(
        "SELECT part.session_id, part.id, session.org_id, {SHOWN}
         FROM session AS part
         JOIN session ON session.session_id = COALESCE(part.stands_id, part.session_id)
         JOIN org ON org.org_id = session.org_id
         WHERE session.row_exists = 1
           AND part.session_id IN (SELECT session_id FROM session WHERE substr(hex(id), 26) = ?1)
         ORDER BY session.starts_ms DESC"
    );
    let mut found = connection.prepare_cached(&sql)?;
    let rows = found.query_map([format!("{:07X}", closing.session)], |row| {
        let shown = shown(row, 3)?.ok_or(rusqlite::Error::InvalidQuery)?;
        let id = SessionId::from_bytes(row.get(1)?);
        Ok(Fit { session_id: row.get(0)?, id, org_id: row.get(2)?, shown })
    })?;
    rows.collect()
}

/// Keeps a code, or says of one that waits which session it is about; says whether that is new.
///
/// # Errors
/// A fault of the store.
pub fn keep(
    connection: &Connection,
    closing: Closing,
    account_id: i64,
    at_ms: i64,
    session_id: Option<i64>,
) -> rusqlite::Result<bool> {
    let added = connection
        .prepare_cached(
            "INSERT INTO closing (code, short, check_in, response, account_id, at_ms, session_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (code, account_id) DO UPDATE SET session_id = excluded.session_id
             WHERE closing.session_id IS NULL AND excluded.session_id IS NOT NULL",
        )?
        .execute((
            closing.code(),
            closing.session,
            closing.declared.check_ins,
            closing.declared.responses,
            account_id,
            at_ms,
            session_id,
        ))?;
    Ok(added > 0)
}

/// A session exists, or more is known of it: codes that waited for it are about it, if whoever typed
/// them in might record there; and where its phones' own closings say the same, these stand instead.
///
/// # Errors
/// A fault of the store.
pub fn follow(
    connection: &Connection,
    id: SessionId,
    session_id: i64,
    home: (i64, i64),
    state: &Session,
) -> rusqlite::Result<()> {
    let (org_id, starts_ms) = home;
    let mut waiting = connection.prepare_cached(
        "SELECT closing_id, account_id, at_ms FROM closing WHERE session_id IS NULL AND short = ?1",
    )?;
    let waiting: Vec<(i64, i64, i64)> = waiting
        .query_map([short(id)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (closing_id, account_id, at_ms) in waiting {
        let roots = grant::roots(connection, account_id, Role::RECORDS, at_ms)?;
        if in_window(at_ms, starts_ms) && grant::covers(connection, &roots, org_id)? {
            connection
                .prepare_cached("UPDATE closing SET session_id = ?2 WHERE closing_id = ?1")?
                .execute((closing_id, session_id))?;
        }
    }
    for (closing_id, declared) in open(connection, session_id)? {
        if state.has_declared(declared) {
            connection
                .prepare_cached("UPDATE closing SET arrived = 1 WHERE closing_id = ?1")?
                .execute([closing_id])?;
        }
    }
    Ok(())
}

/// What codes declare for exactly this session whose phone's own closing is not here.
///
/// # Errors
/// A fault of the store.
pub fn declared(connection: &Connection, session_id: i64) -> rusqlite::Result<Declared> {
    let mut open = open(connection, session_id)?;
    // The same code by two accounts is one; of one session, equal codes are equal declarations.
    open.sort_by_key(|(_, declared)| (declared.check_ins, declared.responses));
    open.dedup_by_key(|(_, declared)| *declared);
    Ok(open.into_iter().fold(Declared::default(), |sum, (_, declared)| sum.plus(declared)))
}

fn open(connection: &Connection, session_id: i64) -> rusqlite::Result<Vec<(i64, Declared)>> {
    let mut found = connection.prepare_cached(
        "SELECT closing_id, check_in, response FROM closing
         WHERE session_id IS NOT NULL AND session_id = ?1 AND arrived = 0",
    )?;
    let rows = found.query_map([session_id], |row| {
        Ok((row.get(0)?, Declared { check_ins: row.get(1)?, responses: row.get(2)? }))
    })?;
    rows.collect()
}

const ITEM: &str = "closing.code, closing.check_in, closing.response, closing.arrived, closing.at_ms, \
    account.login, account.name";
const FROM: &str = "FROM closing JOIN account ON account.account_id = closing.account_id
    LEFT JOIN session AS part ON part.session_id = closing.session_id
    LEFT JOIN session ON session.session_id = COALESCE(part.stands_id, part.session_id)
    LEFT JOIN org ON org.org_id = session.org_id";

fn item(row: &Row<'_>) -> rusqlite::Result<ClosingItem> {
    let (arrived, session): (bool, Option<ClosingSession>) = (row.get(3)?, shown(row, 7)?);
    Ok(ClosingItem {
        code: row.get(0)?,
        declared: Declared { check_ins: row.get(1)?, responses: row.get(2)? },
        told: match (&session, arrived) {
            (None, _) => Told::Waiting,
            (Some(_), false) => Told::Counted,
            (Some(_), true) => Told::Arrived,
        },
        at_ms: row.get(4)?,
        login: row.get(5)?,
        name: row.get(6)?,
        session,
    })
}

/// The code as it was typed in before: for one of these sessions by anybody, or by this account.
///
/// # Errors
/// A fault of the store.
pub fn typed(
    connection: &Connection,
    code: &str,
    account_id: i64,
    fits: &[Fit],
) -> rusqlite::Result<Option<ClosingItem>> {
    let sessions: Vec<i64> = fits.iter().map(|fit| fit.session_id).collect();
    let sessions = serde_json::to_string(&sessions).map_err(crate::db::corrupt)?;
    let sql = format!(
        "SELECT {ITEM}, {SHOWN} {FROM} WHERE closing.code = ?1
           AND (closing.session_id IN (SELECT value FROM json_each(?2)) OR closing.account_id = ?3)
         ORDER BY closing.session_id IS NULL, closing.closing_id LIMIT 1"
    );
    connection.prepare_cached(&sql)?.query_row((code, sessions, account_id), item).optional()
}

/// A page of the codes of a branch, those that wait first, then the latest: of its sessions, and
/// waiting ones by accounts with a grant in it.
pub(crate) fn page(
    connection: &Connection,
    branch: &Branch,
    paging: Paging,
) -> rusqlite::Result<Page<ClosingItem>> {
    let listed = "WHERE session.org_id IN (SELECT org_id FROM branch)
        OR (closing.session_id IS NULL AND closing.account_id IN
            (SELECT account_id FROM role_grant JOIN branch ON branch.org_id = role_grant.org_id))";
    let with = branch.sql();
    let count = format!("{with} SELECT count(*) {FROM} {listed}");
    let total: i64 = connection.query_row(&count, [], |row| row.get(0))?;
    let sql = format!(
        "{with} SELECT {ITEM}, {SHOWN} {FROM} {listed}
         ORDER BY closing.session_id IS NOT NULL, closing.at_ms DESC, closing.closing_id DESC
         LIMIT ?1 OFFSET ?2"
    );
    let integer = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let mut found = connection.prepare(&sql)?;
    let rows = found.query_map((integer(paging.size), integer(paging.skip())), item)?;
    let items = rows.collect::<rusqlite::Result<_>>()?;
    Ok(Page { items, total: u64::try_from(total).unwrap_or(0), page: paging.page, size: paging.size })
}
