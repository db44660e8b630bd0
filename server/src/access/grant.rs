//! Grants: a role on an org and all below it, for a time.

use crate::org;
use rusqlite::{Connection, OptionalExtension};
use shared::stamp::HOUR_MS;
use std::collections::BTreeSet;

/// How long after a grant's end its facts may still arrive, ms.
const LATE_MS: i64 = 72 * HOUR_MS;

/// What a grant allows (docs/glossary.md, "Roles").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// 现场记录员
    Organizer,
    /// 宣讲员
    Lecturer,
    /// 查询人员
    Viewer,
    /// 管理员
    Manager,
    /// 市级管理员
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Organizer, Self::Lecturer, Self::Viewer, Self::Manager, Self::Admin];
    /// Who sees rosters and records facts.
    pub const RECORDS: &'static [Self] = &[Self::Organizer, Self::Manager, Self::Admin];
    /// Who administers a branch.
    pub const MANAGES: &'static [Self] = &[Self::Manager, Self::Admin];
    /// Who reads the figures of a branch.
    pub const READS: &'static [Self] = &[Self::Viewer, Self::Organizer, Self::Manager, Self::Admin];

    /// The word in the table and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Organizer => "organizer",
            Self::Lecturer => "lecturer",
            Self::Viewer => "viewer",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }

    /// The role of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// One grant of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The org's row.
    pub org_id: i64,
    /// What it allows.
    pub role: Role,
    /// From when, ms.
    pub from_ms: i64,
    /// Until before when, ms; none: still.
    pub until_ms: Option<i64>,
}

impl Grant {
    /// Whether it stands at this moment.
    #[must_use]
    pub fn valid_at(&self, moment_ms: i64) -> bool {
        self.from_ms <= moment_ms && self.until_ms.is_none_or(|until| moment_ms < until)
    }

    /// Whether it stands at any moment of `[from_ms, until_ms)`.
    #[must_use]
    pub fn valid_within(&self, from_ms: i64, until_ms: i64) -> bool {
        self.from_ms < until_ms && self.until_ms.is_none_or(|until| from_ms < until)
    }

    /// Whether a fact of the grant's time that comes in now is still taken.
    #[must_use]
    pub fn in_time(&self, recv_ms: i64) -> bool {
        self.until_ms.is_none_or(|until| recv_ms <= until.saturating_add(LATE_MS))
    }
}

/// Gives an account a role on a branch from now on.
///
/// # Errors
/// A fault of the store.
pub fn add(
    connection: &Connection,
    account_id: i64,
    org_id: i64,
    role: Role,
    from_ms: i64,
) -> rusqlite::Result<()> {
    add_until(connection, account_id, org_id, role, (from_ms, None))
}

/// Gives an account a role on a branch, for a time.
///
/// # Errors
/// A fault of the store.
pub fn add_until(
    connection: &Connection,
    account_id: i64,
    org_id: i64,
    role: Role,
    (from_ms, until_ms): (i64, Option<i64>),
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO role_grant (account_id, org_id, role, from_ms, until_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((account_id, org_id, role.word(), from_ms, until_ms))?;
    Ok(())
}

/// Ends a grant at a moment, if it does not end earlier.
///
/// # Errors
/// A fault of the store.
pub fn end(connection: &Connection, role_grant_id: i64, now_ms: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE role_grant SET until_ms = max(from_ms, min(coalesce(until_ms, ?2), ?2))
             WHERE role_grant_id = ?1",
        )?
        .execute((role_grant_id, now_ms))?;
    Ok(())
}

/// A grant by its row, and whose it is.
///
/// # Errors
/// A fault of the store.
pub fn find(connection: &Connection, role_grant_id: i64) -> rusqlite::Result<Option<(i64, Grant)>> {
    let found = connection
        .prepare_cached(
            "SELECT account_id, org_id, role, from_ms, until_ms FROM role_grant WHERE role_grant_id = ?1",
        )?
        .query_row([role_grant_id], |row| {
            let role = Role::from_word(&row.get::<_, String>(2)?);
            let (account_id, org_id, from_ms, until_ms) =
                (row.get(0)?, row.get(1)?, row.get(3)?, row.get(4)?);
            Ok(role.map(|role| (account_id, Grant { org_id, role, from_ms, until_ms })))
        })
        .optional()?;
    Ok(found.flatten())
}

/// All grants that an account ever had with their rows, those without an end first, then the latest.
///
/// # Errors
/// A fault of the store.
pub fn of_with_ids(connection: &Connection, account_id: i64) -> rusqlite::Result<Vec<(i64, Grant)>> {
    let mut ids = connection.prepare_cached(
        "SELECT role_grant_id FROM role_grant WHERE account_id = ?1
         ORDER BY until_ms IS NOT NULL, until_ms DESC, role_grant_id DESC",
    )?;
    let ids: Vec<i64> = ids.query_map([account_id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let all = ids.into_iter().map(|id| Ok(find(connection, id)?.map(|(_, grant)| (id, grant))));
    all.filter_map(rusqlite::Result::transpose).collect()
}

/// All grants that an account ever had.
///
/// # Errors
/// A fault of the store.
pub fn of(connection: &Connection, account_id: i64) -> rusqlite::Result<Vec<Grant>> {
    let mut found = connection
        .prepare_cached("SELECT org_id, role, from_ms, until_ms FROM role_grant WHERE account_id = ?1")?;
    let rows = found.query_map([account_id], |row| {
        let role = Role::from_word(&row.get::<_, String>(1)?);
        let (org_id, from_ms, until_ms) = (row.get(0)?, row.get(2)?, row.get(3)?);
        Ok(role.map(|role| Grant { org_id, role, from_ms, until_ms }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

/// The orgs on which an account has one of these roles now; all below them is meant too.
///
/// # Errors
/// A fault of the store.
pub fn roots(
    connection: &Connection,
    account_id: i64,
    roles: &[Role],
    now_ms: i64,
) -> rusqlite::Result<BTreeSet<i64>> {
    let grants = of(connection, account_id)?;
    let now = grants.iter().filter(|grant| roles.contains(&grant.role) && grant.valid_at(now_ms));
    Ok(now.map(|grant| grant.org_id).collect())
}

/// Whether the account administers the whole city: it is admin at the top of the tree now.
///
/// # Errors
/// A fault of the store.
pub fn is_admin(connection: &Connection, account_id: i64, now_ms: i64) -> rusqlite::Result<bool> {
    for org_id in roots(connection, account_id, &[Role::Admin], now_ms)? {
        if org::line(connection, org_id)?.len() == 1 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether one of these roots is the org or above it.
///
/// # Errors
/// A fault of the store.
pub fn covers(connection: &Connection, roots: &BTreeSet<i64>, org_id: i64) -> rusqlite::Result<bool> {
    Ok(org::line(connection, org_id)?.iter().any(|above| roots.contains(above)))
}
