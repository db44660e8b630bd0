//! What phones pull: which row of which scope changed last, and at which server seq. A row's
//! content stays in its own table and is read from there.

use rusqlite::Connection;
use rusqlite::types::Value as Sql;
use shared::id::{CampaignId, ChangeId, FormId, OrgId, PersonId, SessionId};
use std::fmt;

/// A scope, by the number of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// In every org scope: campaigns and forms.
    Everybody,
    /// An org; those above it cover it too.
    Org(i64),
    /// A session.
    Session(i64),
    /// A session as those who speak there see it: its row, which hangs on its org, and its totals.
    Spoken(i64),
}

impl Where {
    /// `scope_kind`, `scope_id` of the table.
    #[must_use]
    pub const fn columns(self) -> (i64, i64) {
        match self {
            Self::Everybody => (0, 0),
            Self::Org(org_id) => (1, org_id),
            Self::Session(session_id) | Self::Spoken(session_id) => (2, session_id),
        }
    }
}

/// A row within a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// `org:<id>`
    Org(OrgId),
    /// `campaign:<id>`
    Campaign(CampaignId),
    /// `form:<id>:<version>`
    Form(FormId, u32),
    /// `person:<id>`
    Person(PersonId),
    /// `session:<id>`
    Session(SessionId),
    /// `attendance:<person>`
    Attendance(PersonId),
    /// `walk_in:<person>`
    WalkIn(PersonId),
    /// `held:<change>`
    Held(ChangeId),
    /// `totals`
    Totals,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Org(id) => write!(f, "org:{id}"),
            Self::Campaign(id) => write!(f, "campaign:{id}"),
            Self::Form(id, version) => write!(f, "form:{id}:{version}"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Attendance(id) => write!(f, "attendance:{id}"),
            Self::WalkIn(id) => write!(f, "walk_in:{id}"),
            Self::Held(id) => write!(f, "held:{id}"),
            Self::Totals => f.write_str("totals"),
        }
    }
}

impl Key {
    /// `row_kind`, `row_id` of the table: the id's bytes; of a form also the version, big end
    /// first; of totals nothing.
    fn columns(self) -> (i64, Vec<u8>) {
        match self {
            Self::Org(id) => (1, id.as_bytes().to_vec()),
            Self::Campaign(id) => (2, id.as_bytes().to_vec()),
            Self::Form(id, version) => (3, [id.as_bytes().as_slice(), &version.to_be_bytes()].concat()),
            Self::Person(id) => (4, id.as_bytes().to_vec()),
            Self::Session(id) => (5, id.as_bytes().to_vec()),
            Self::Attendance(id) => (6, id.as_bytes().to_vec()),
            Self::WalkIn(id) => (7, id.as_bytes().to_vec()),
            Self::Held(id) => (8, id.as_bytes().to_vec()),
            Self::Totals => (9, Vec::new()),
        }
    }

    /// The key of a stored row; none of a kind that this build does not know.
    #[must_use]
    pub fn from_columns(kind: i64, id: &[u8]) -> Option<Self> {
        let whole = || <[u8; 16]>::try_from(id).ok();
        Some(match kind {
            1 => Self::Org(OrgId::from_bytes(whole()?)),
            2 => Self::Campaign(CampaignId::from_bytes(whole()?)),
            3 => {
                let (form, version) = id.split_at_checked(16)?;
                let version = u32::from_be_bytes(version.try_into().ok()?);
                Self::Form(FormId::from_bytes(form.try_into().ok()?), version)
            }
            4 => Self::Person(PersonId::from_bytes(whole()?)),
            5 => Self::Session(SessionId::from_bytes(whole()?)),
            6 => Self::Attendance(PersonId::from_bytes(whole()?)),
            7 => Self::WalkIn(PersonId::from_bytes(whole()?)),
            8 => Self::Held(ChangeId::from_bytes(whole()?)),
            9 => Self::Totals,
            _ => return None,
        })
    }
}

/// The next server seq of log and feed.
///
/// # Errors
/// A fault of the store.
pub fn next_seq(connection: &Connection) -> rusqlite::Result<i64> {
    if let Some(seq) = shared::museum::reserved() {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        let last = "UPDATE counter SET value = max(value, ?1) WHERE name = 'seq'";
        connection.prepare_cached(last)?.execute([seq])?;
        return Ok(seq);
    }
    connection
        .prepare_cached("UPDATE counter SET value = value + 1 WHERE name = 'seq' RETURNING value")?
        .query_row([], |row| row.get(0))
}

/// The last server seq that was given out.
///
/// # Errors
/// A fault of the store.
pub fn last_seq(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT value FROM counter WHERE name = 'seq'")?.query_row([], |row| row.get(0))
}

/// Says that a row's content changed, or came.
///
/// # Errors
/// A fault of the store.
pub fn touch(connection: &Connection, scope: Where, key: Key) -> rusqlite::Result<()> {
    let (scope_kind, scope_id) = scope.columns();
    let (row_kind, row_id) = key.columns();
    let seq = next_seq(connection)?;
    connection
        .prepare_cached(
            "INSERT INTO feed (seq, scope_kind, scope_id, row_kind, row_id, deleted)
             VALUES (?1, ?2, ?3, ?4, ?5, 0)
             ON CONFLICT (scope_kind, scope_id, row_kind, row_id)
             DO UPDATE SET seq = excluded.seq, deleted = 0",
        )?
        .execute((seq, scope_kind, scope_id, row_kind, row_id))?;
    Ok(())
}

/// Says that a row left the scope. Nothing happens if it was not there.
///
/// # Errors
/// A fault of the store.
pub fn remove(connection: &Connection, scope: Where, key: Key) -> rusqlite::Result<()> {
    let (scope_kind, scope_id) = scope.columns();
    let (row_kind, row_id) = key.columns();
    let there = connection
        .prepare_cached(
            "SELECT 1 FROM feed WHERE scope_kind = ?1 AND scope_id = ?2 AND row_kind = ?3
             AND row_id = ?4 AND deleted = 0",
        )?
        .exists((scope_kind, scope_id, row_kind, &row_id))?;
    if there {
        let seq = next_seq(connection)?;
        connection
            .prepare_cached(
                "UPDATE feed SET seq = ?1, deleted = 1 WHERE scope_kind = ?2 AND scope_id = ?3
                 AND row_kind = ?4 AND row_id = ?5",
            )?
            .execute((seq, scope_kind, scope_id, row_kind, row_id))?;
    }
    Ok(())
}

/// A row of the feed as it is stored.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Server seq of its last change.
    pub seq: i64,
    /// The scope it hangs on.
    pub scope_id: i64,
    /// The row.
    pub key: Key,
    /// It has left the scope.
    pub deleted: bool,
}

/// At most `limit` rows above the cursor, in order. An org scope is asked with the whole branch.
/// From the top, what has left is left out; but not what is held no more, which a phone may still
/// keep as held since it was told so.
///
/// # Errors
/// A fault of the store.
pub fn rows(connection: &Connection, scope: Where, cursor: i64, limit: i64) -> rusqlite::Result<Vec<Entry>> {
    let (text, scope_id) = match scope {
        Where::Org(org_id) => (IN_BRANCH, org_id),
        Where::Session(session_id) => (IN_SESSION, session_id),
        Where::Spoken(session_id) => (OF_SESSION, session_id),
        Where::Everybody => return Ok(Vec::new()),
    };
    let mut found = connection.prepare_cached(text)?;
    let values = [Sql::Integer(scope_id), Sql::Integer(cursor), Sql::Integer(limit)];
    let rows = found.query_map(rusqlite::params_from_iter(values), |row| {
        let key = Key::from_columns(row.get(2)?, row.get_ref(3)?.as_blob()?);
        let (seq, scope_id, deleted) = (row.get(0)?, row.get(1)?, row.get(4)?);
        Ok(key.map(|key| Entry { seq, scope_id, key, deleted }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

const IN_BRANCH: &str = "WITH RECURSIVE branch (org_id) AS (
        SELECT ?1
        UNION
        SELECT org.org_id FROM org JOIN branch ON org.parent_id = branch.org_id
    )
    SELECT seq, scope_id, row_kind, row_id, deleted FROM feed
    WHERE seq > ?2 AND (?2 > 0 OR deleted = 0)
      AND (scope_kind = 0 OR (scope_kind = 1 AND scope_id IN (SELECT org_id FROM branch)))
    ORDER BY seq LIMIT ?3";

const OF_SESSION: &str = "SELECT seq, scope_id, row_kind, row_id, deleted FROM feed
    WHERE seq > ?2 AND (?2 > 0 OR deleted = 0)
      AND ((scope_kind = 2 AND scope_id = ?1 AND row_kind = 9)
        OR (scope_kind = 1 AND row_kind = 5
            AND (scope_id, row_id) = (SELECT org_id, id FROM session WHERE session_id = ?1)))
    ORDER BY seq LIMIT ?3";

const IN_SESSION: &str = "SELECT seq, scope_id, row_kind, row_id, deleted FROM feed
    WHERE scope_kind = 2 AND scope_id = ?1 AND seq > ?2 AND (?2 > 0 OR deleted = 0 OR row_kind = 8)
    ORDER BY seq LIMIT ?3";
