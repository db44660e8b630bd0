//! What a caller may see of a branch. Every read of staff begins here, and here alone a role becomes what
//! is shown (docs/security.md, "Who sees what").

use crate::App;
use crate::access::Caller;
use crate::access::grant::{self, Role};
use crate::branch::Branch;
use crate::refuse::Refusal;
use rusqlite::{Connection, Result};
use shared::id::AccountId;
use shared::person::Person;
use shared::problem::Code;
use shared::sight::{May, masked};
use shared::wire::Scope;
use std::collections::BTreeSet;

/// Which roles may use a part on the whole of a branch. A lecturer's own sessions are beside it.
const fn roles(may: May) -> &'static [Role] {
    match may {
        May::Sessions | May::Figures => Role::READS,
        May::Record => Role::RECORDS,
        May::Manage => Role::MANAGES,
        May::Audit => &[Role::Admin],
    }
}

/// Who sees the sessions at which they speak.
const SPEAKS: &[Role] = &[Role::Lecturer];

/// How the people of an org are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Persons {
    /// By name.
    Clear,
    /// Masked.
    Masked,
    /// Masked, and where they belong is not said: the org is another branch's.
    Foreign,
}

/// Whose names are shown as they are.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    read: BTreeSet<i64>,
    clear: BTreeSet<i64>,
    tails: bool,
}

impl Names {
    /// The same with everybody masked.
    pub(crate) fn masked(&self) -> Self {
        Self { clear: BTreeSet::new(), tails: false, ..self.clone() }
    }

    /// How people of this org are shown.
    pub(crate) fn of(&self, conn: &Connection, org_id: i64) -> Result<Persons> {
        let line = crate::org::line(conn, org_id)?;
        let below = |roots: &BTreeSet<i64>| line.iter().any(|above| roots.contains(above));
        Ok(match (below(&self.clear), below(&self.read)) {
            (true, _) => Persons::Clear,
            (false, true) => Persons::Masked,
            (false, false) => Persons::Foreign,
        })
    }

    /// The person as it is shown. Phone tails are nobody's to see without a reason.
    pub(crate) fn show(&self, person: Person, how: Persons) -> Person {
        match (how, self.tails) {
            (Persons::Clear, true) => person,
            (Persons::Clear, false) => Person { phone_tail: None, ..person },
            _ => masked(&person),
        }
    }
}

/// What a caller sees of what it asked for.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    /// The orgs that it sees as a whole; none for somebody who only speaks.
    pub(crate) branch: Branch,
    /// The orgs where it sees the sessions at which it speaks.
    speaks: Option<(AccountId, Branch)>,
    /// Whose names it sees.
    pub(crate) names: Names,
}

impl Sight {
    /// What an account sees now of what it asked for.
    ///
    /// # Errors
    /// As [`read`].
    pub(crate) fn find(
        conn: &Connection,
        (account_id, account): (i64, AccountId),
        may: May,
        asked: Option<&str>,
        now_ms: i64,
    ) -> std::result::Result<Self, Refusal> {
        let roots = |roles| grant::roots(conn, account_id, roles, now_ms);
        let whole = roots(roles(may))?;
        let spoken = if may == May::Sessions { roots(SPEAKS)? } else { BTreeSet::new() };
        if whole.is_empty() && spoken.is_empty() {
            return Err(Code::Forbidden.into());
        }
        let names = match may {
            May::Manage => Names { read: whole.clone(), clear: whole.clone(), tails: true },
            _ => Names { read: whole.clone(), clear: roots(Role::RECORDS)?, tails: false },
        };
        let branch = Branch::find(conn, &whole, asked)?;
        let speaks = Branch::find(conn, &spoken, asked)?.map(|branch| (account, branch));
        if branch.is_none() && speaks.is_none() {
            return Err(Code::NotFound.into());
        }
        Ok(Self { branch: branch.unwrap_or(Branch { roots: Vec::new() }), speaks, names })
    }

    /// As [`Sight::sessions`], of their narrow rows.
    pub(crate) fn rollups(&self) -> (String, &'static str) {
        let from = match self.speaks {
            None => "rollup JOIN branch ON branch.org_id = rollup.org_id",
            Some(_) => "rollup JOIN seen ON seen.session_id = rollup.session_id",
        };
        (self.sessions().0, from)
    }

    /// What a read token sees of what was asked for: as its maker does, inside its org, and nobody by name.
    fn of_token(
        conn: &Connection,
        who: (i64, AccountId),
        may: May,
        (only, asked): (i64, Option<&str>),
        now_ms: i64,
    ) -> std::result::Result<Self, Refusal> {
        let inside = Branch { roots: vec![only] };
        let org_id = match asked {
            Some(asked) => crate::branch::named(conn, asked)?.ok_or(Code::NotFound)?,
            None => only,
        };
        if !inside.covers(conn, org_id)? {
            return Err(Code::NotFound.into());
        }
        let asked = crate::org::id_of(conn, org_id)?.to_string();
        let seen = Self::find(conn, who, may, Some(&asked), now_ms)?;
        if seen.branch.roots.is_empty() {
            return Err(Code::Forbidden.into());
        }
        Ok(Self { names: seen.names.masked(), speaks: None, ..seen })
    }

    /// The start of a statement, and what it then selects sessions from.
    pub(crate) fn sessions(&self) -> (String, &'static str) {
        let with = self.branch.sql();
        let Some((account, spoken)) = &self.speaks else {
            return (with, "session JOIN branch ON branch.org_id = session.org_id");
        };
        let account: String = account.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let with = format!(
            "{with}, {}, seen (session_id) AS (
                 SELECT session.session_id FROM session JOIN branch ON branch.org_id = session.org_id
                 UNION
                 SELECT session.session_id FROM session_lecturer
                 JOIN session ON session.session_id = session_lecturer.session_id
                 WHERE session_lecturer.account = x'{account}'
                   AND session.org_id IN (SELECT org_id FROM spoken)
             ) ",
            spoken.cte("spoken")
        );
        (with, "session JOIN seen ON seen.session_id = session.session_id")
    }
}

/// Reads for staff, all in one read transaction: the sight is what the caller may see of what was asked
/// for; the last argument is the moment up to which everything is in it, ms.
///
/// # Errors
/// `forbidden` without any grant for it, `not_found` where the org asked for is none of the caller's, or
/// the query's own.
pub(crate) async fn read<T, F>(
    app: &App,
    caller: &Caller,
    may: May,
    asked: Option<String>,
    query: F,
) -> std::result::Result<T, Refusal>
where
    T: Send + 'static,
    F: FnOnce(&Connection, &Sight, i64) -> std::result::Result<T, Refusal> + Send + 'static,
{
    let who = (caller.account_id, caller.account);
    // Before the snapshot is taken, so that nothing committed earlier is missing from it.
    let now_ms = app.clock.now_ms();
    let only = caller.only;
    let done = app.db.read(move |conn| {
        let asked = asked.as_deref();
        let sight = match only {
            Some(only) => Sight::of_token(conn, who, may, (only, asked), now_ms)?,
            None => Sight::find(conn, who, may, asked, now_ms)?,
        };
        query(conn, &sight, now_ms)
    });
    done.await
}

/// The parts that an account may use anywhere now: what the desk offers.
///
/// # Errors
/// A fault of the store.
pub(crate) fn may(conn: &Connection, account_id: i64, now_ms: i64) -> Result<Vec<May>> {
    let any = |roles| Ok::<_, rusqlite::Error>(!grant::roots(conn, account_id, roles, now_ms)?.is_empty());
    let mut all = Vec::new();
    for may in May::ALL.iter().copied() {
        let has = match may {
            May::Audit => grant::is_admin(conn, account_id, now_ms)?,
            May::Sessions => any(roles(may))? || any(SPEAKS)?,
            _ => any(roles(may))?,
        };
        if has {
            all.push(may);
        }
    }
    Ok(all)
}

/// The scopes that an account pulls from the top now: the orgs where it records, and elsewhere the
/// sessions at which it speaks.
///
/// # Errors
/// A fault of the store.
pub(crate) fn scopes(conn: &Connection, account_id: i64, now_ms: i64) -> Result<Vec<Scope>> {
    let recorded = grant::roots(conn, account_id, Role::RECORDS, now_ms)?;
    let orgs = recorded.iter().map(|org_id| Ok(Scope::Org(crate::org::id_of(conn, *org_id)?)));
    let mut all = orgs.collect::<Result<Vec<Scope>>>()?;
    let spoken = grant::roots(conn, account_id, SPEAKS, now_ms)?;
    if spoken.is_empty() {
        return Ok(all);
    }
    for (session, org_id) in crate::lecturer::sessions(conn, account_id)? {
        if grant::covers(conn, &spoken, org_id)? && !grant::covers(conn, &recorded, org_id)? {
            all.push(Scope::Session(session));
        }
    }
    Ok(all)
}

/// What of a session in this org an account pulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pulls {
    /// Everything.
    Whole,
    /// Its row and its totals: the account speaks there.
    Spoken,
    /// Nothing.
    Nothing,
}

impl Pulls {
    /// Of a session; of an org, where there is none.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn of(
        conn: &Connection,
        account_id: i64,
        (org_id, session_id): (i64, Option<i64>),
        now_ms: i64,
    ) -> Result<Self> {
        let covered = |roles| grant::covers(conn, &grant::roots(conn, account_id, roles, now_ms)?, org_id);
        if covered(Role::RECORDS)? {
            return Ok(Self::Whole);
        }
        let Some(session_id) = session_id else { return Ok(Self::Nothing) };
        let speaks = crate::lecturer::speaks(conn, account_id, session_id)? && covered(SPEAKS)?;
        Ok(if speaks { Self::Spoken } else { Self::Nothing })
    }
}
