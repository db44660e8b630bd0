//! Which part of the org tree is asked for, of what a caller may see or administer.

use crate::access::Caller;
use crate::access::grant::{self, Role};
use crate::refuse::Refusal;
use crate::sight::{self, Sight};
use crate::{App, org};
use rusqlite::{Connection, Result};
use shared::id::OrgId;
use shared::problem::Code;
use shared::sight::May;
use std::collections::BTreeSet;

/// One or more orgs with everything below them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branch {
    /// The orgs at its top, the highest first.
    pub(crate) roots: Vec<i64>,
}

impl Branch {
    /// The part that is asked for (id or code), of what the grants cover; none where it lies
    /// outside. Nothing asked for means everything granted.
    pub(crate) fn find(
        conn: &Connection,
        granted: &BTreeSet<i64>,
        asked: Option<&str>,
    ) -> Result<Option<Self>> {
        if let Some(asked) = asked {
            let Some(org_id) = named(conn, asked)? else { return Ok(None) };
            let covered = grant::covers(conn, granted, org_id)?;
            return Ok(covered.then(|| Self { roots: vec![org_id] }));
        }
        let mut by_height = Vec::new();
        for org_id in granted {
            by_height.push((org::line(conn, *org_id)?.len(), *org_id));
        }
        by_height.sort_unstable();
        let roots: Vec<i64> = by_height.into_iter().map(|(_, org_id)| org_id).collect();
        Ok((!roots.is_empty()).then_some(Self { roots }))
    }

    /// The same with its highest org alone, for figures that are of one org.
    pub(crate) fn top(&self) -> Option<Self> {
        self.roots.first().map(|org_id| Self { roots: vec![*org_id] })
    }

    /// Whether an org is in it.
    pub(crate) fn covers(&self, conn: &Connection, org_id: i64) -> Result<bool> {
        grant::covers(conn, &self.roots.iter().copied().collect(), org_id)
    }

    /// The start of a statement that may then join `branch (org_id)`.
    pub(crate) fn sql(&self) -> String {
        format!("WITH RECURSIVE {} ", self.cte("branch"))
    }

    /// The same under another name, behind a `WITH RECURSIVE` and a comma.
    pub(crate) fn cte(&self, name: &str) -> String {
        // Whole numbers of our own, so that nothing foreign gets into the statement.
        let roots: Vec<String> = self.roots.iter().map(ToString::to_string).collect();
        format!(
            "{name} (org_id) AS (
                 SELECT org_id FROM org WHERE org_id IN ({})
                 UNION
                 SELECT org.org_id FROM org JOIN {name} ON org.parent_id = {name}.org_id
             )",
            roots.join(", ")
        )
    }
}

/// The org with this id or this code.
pub(crate) fn named(conn: &Connection, name: &str) -> Result<Option<i64>> {
    if let Ok(id) = name.parse::<OrgId>()
        && let Some(org_id) = org::find(conn, id)?
    {
        return Ok(Some(org_id));
    }
    org::find_code(conn, name)
}

/// What people call the way to an org: the names from the top down.
pub(crate) fn path(conn: &Connection, org_id: i64) -> Result<String> {
    let mut names = Vec::new();
    for above in org::line(conn, org_id)?.into_iter().rev() {
        let mut name = conn.prepare_cached("SELECT name FROM org WHERE org_id = ?1")?;
        names.push(name.query_row([above], |row| row.get::<_, String>(0))?);
    }
    Ok(names.join(" / "))
}

/// Reads for those who record: the branch is what the caller may see of what was asked for; the last
/// argument is the moment up to which everything is in it, ms.
///
/// # Errors
/// As [`sight::read`].
pub(crate) async fn read<T, F>(
    app: &App,
    caller: &Caller,
    asked: Option<String>,
    query: F,
) -> std::result::Result<T, Refusal>
where
    T: Send + 'static,
    F: FnOnce(&Connection, &Branch, i64) -> std::result::Result<T, Refusal> + Send + 'static,
{
    let query = |conn: &Connection, sight: &Sight, now_ms| query(conn, &sight.branch, now_ms);
    sight::read(app, caller, May::Record, asked, query).await
}

/// As [`read`], for what only those may see who administer a branch.
///
/// # Errors
/// As [`read`]; `forbidden` without a grant to administer.
pub(crate) async fn manage<T, F>(
    app: &App,
    caller: &Caller,
    asked: Option<String>,
    query: F,
) -> std::result::Result<T, Refusal>
where
    T: Send + 'static,
    F: FnOnce(&Connection, &Branch, i64) -> std::result::Result<T, Refusal> + Send + 'static,
{
    let query = |conn: &Connection, sight: &Sight, now_ms| query(conn, &sight.branch, now_ms);
    sight::read(app, caller, May::Manage, asked, query).await
}

/// Everything that an account administers now.
///
/// # Errors
/// `forbidden` where that is nothing, or the store's.
pub(crate) fn managed(
    conn: &Connection,
    account_id: i64,
    now_ms: i64,
) -> std::result::Result<Branch, Refusal> {
    let granted = grant::roots(conn, account_id, Role::MANAGES, now_ms)?;
    Ok(Branch::find(conn, &granted, None)?.ok_or(Code::Forbidden)?)
}

/// Writes about one org (id or code) that the caller administers; the job gets its row and the moment, ms.
///
/// # Errors
/// As [`manage`], or the job's own.
pub(crate) async fn write<T, F>(
    app: &App,
    caller: &Caller,
    asked: String,
    job: F,
) -> std::result::Result<T, Refusal>
where
    T: Send + 'static,
    F: FnOnce(&Connection, i64, i64) -> std::result::Result<T, Refusal> + Send + 'static,
{
    let account_id = caller.account_id;
    let done = app.write(move |conn, now_ms| {
        let branch = managed(conn, account_id, now_ms)?;
        let org_id = named(conn, asked.trim())?.ok_or(Code::NotFound)?;
        if !branch.covers(conn, org_id)? {
            return Err(Code::NotFound.into());
        }
        job(conn, org_id, now_ms)
    });
    done.await
}
