//! Roll-up (汇总): reads what the tables say; `shared::coverage` turns it into figures. Counters
//! kept with every change give the sums; only distinct persons are counted from attendances.

mod missing;

use crate::access::{Caller, Reader};
use crate::branch::Branch;
use crate::extract::Query;
use crate::filter::{Filter, Params, named};
use crate::publication::{self, Place};
use crate::refuse::Refusal;
use crate::{App, orgs, sight};
use axum::Json;
use axum::extract::State;
use rusqlite::{Connection, Result};
use shared::coverage::{Coverage, Input, Pool, Score, SessionFigures, coverage, published};
use shared::id::OrgId;
use shared::problem::Code;
use shared::session::State as Stands;
use shared::sight::May;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// `GET /api/v1/coverage`: the figures of the org asked for, else of the caller's highest. Filters:
/// `org`, `campaign`, `activity`, `from_ms`, `to_ms`.
///
/// # Errors
/// `bad_value`, or as [`sight::read`].
pub async fn get(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(params): Query<Params>,
) -> std::result::Result<Json<Coverage>, Refusal> {
    let filter = Filter::read(&params)?;
    look(&app, &caller, May::Figures, &filter).await?;
    let asked = filter.org.clone();
    let found = sight::read(&app, &caller, May::Figures, asked, move |conn, sight, now_ms| {
        figures(conn, &sight.branch, &filter, now_ms)?.ok_or(Refusal::from(Code::NotFound))
    });
    found.await.map(Json)
}

/// Before figures of a branch are read: publishes what is due of it.
///
/// # Errors
/// As [`sight::read`].
pub(crate) async fn look(
    app: &App,
    caller: &Caller,
    may: May,
    filter: &Filter,
) -> std::result::Result<(), Refusal> {
    let (filter, asked) = (filter.clone(), filter.org.clone());
    let find = move |_: &Connection, sight: &sight::Sight| {
        Ok(sight.branch.top().map(|branch| Place::branch(&branch, &filter)))
    };
    publication::look(app, caller, may, asked, find).await
}

/// The figures of a branch; none if its top is not there.
///
/// # Errors
/// A fault of the database.
pub(crate) fn figures(
    conn: &Connection,
    branch: &Branch,
    filter: &Filter,
    as_of_ms: i64,
) -> Result<Option<Coverage>> {
    let Some(branch) = branch.top() else { return Ok(None) };
    let orgs = orgs::of(conn, &branch)?;
    let ids: HashMap<i64, OrgId> = orgs.iter().map(|(key, org)| (*key, org.id)).collect();
    let Some(root) = branch.roots.first().and_then(|root| ids.get(root)).copied() else { return Ok(None) };
    let orgs = orgs.into_iter().map(|(_, org)| org).collect();
    let mut input = Input { orgs, ..Input::default() };
    (input.sessions, input.pools) = sessions(conn, &branch, filter, &ids)?;
    came(conn, filter, &ids, &mut input)?;
    Ok(coverage(&input, root, as_of_ms))
}

fn sessions(
    conn: &Connection,
    branch: &Branch,
    filter: &Filter,
    orgs: &HashMap<i64, OrgId>,
) -> Result<(Vec<SessionFigures>, Vec<Pool>)> {
    let sql = format!(
        "{} SELECT session.session_id, session.org_id, state, present, walk_in, roster_present, \
           headcount, expected, roster, response \
         FROM session JOIN branch ON branch.org_id = session.org_id WHERE {} ORDER BY session.session_id",
        branch.sql(),
        Filter::SQL
    );
    let mut statement = conn.prepare(&sql)?;
    let read = statement.query_map(&*named(&filter.values()), |row| {
        let state: String = row.get(2)?;
        let figures = SessionFigures {
            org: orgs.get(&row.get(1)?).copied().ok_or(rusqlite::Error::InvalidQuery)?,
            state: Stands::from_wire(&state).unwrap_or(Stands::Open),
            present: row.get(3)?,
            walk_ins: row.get(4)?,
            roster_present: row.get(5)?,
            headcount: row.get(6)?,
            expected: row.get(7)?,
            roster: row.get(8)?,
            responses: row.get(9)?,
            marks: BTreeMap::new(),
            missing_check_ins: 0,
            missing_responses: 0,
            missing_on: Vec::new(),
        };
        Ok((row.get::<_, i64>(0)?, figures))
    })?;
    let mut sessions = read.collect::<Result<BTreeMap<i64, SessionFigures>>>()?;
    missing::fill(conn, branch, filter, &mut sessions)?;
    let found = Place::branch(branch, filter).published(conn)?;
    let mut pools = Vec::with_capacity(found.pools.len());
    for pool in found.pools {
        let orgs = pool.sessions.iter().filter_map(|id| sessions.get(id)).map(|session| session.org);
        pools.push(Pool { orgs: orgs.collect(), question: pool.question, marks: pool.marks });
    }
    for (session_id, marks) in found.own {
        if let Some(session) = sessions.get_mut(&session_id) {
            session.marks = marks;
        }
    }
    Ok((sessions.into_values().collect(), pools))
}

/// Sessions of the branch, each with every session that it stands for, itself among them.
const WITH_PARTS: &str = "FROM session AS part \
    JOIN session ON session.session_id = COALESCE(part.stands_id, part.session_id) \
    JOIN branch ON branch.org_id = session.org_id";

/// The scores of one session and of all that it stands for.
///
/// # Errors
/// A fault of the database.
pub(crate) fn scores_of(conn: &Connection, session_id: i64) -> Result<BTreeMap<String, Option<Score>>> {
    let found = Place::session(session_id).published(conn)?;
    let pools = found.pools.iter().map(|pool| (&pool.question, &pool.marks));
    Ok(published(found.own.values().flatten().chain(pools)))
}

/// Roster entries of one person in the branch: org, from, until.
type Entries = HashMap<i64, Vec<(OrgId, i64, i64)>>;

/// Who was present at sessions of the branch, and which of its orgs had somebody of their own
/// roster present anywhere. A session that is not cancelled is held as soon as one person whom
/// somebody knows is present, so that every row read here is of a held session.
fn came(conn: &Connection, filter: &Filter, orgs: &HashMap<i64, OrgId>, input: &mut Input) -> Result<()> {
    let entries = entries(conn, orgs)?;
    let sql = format!(
        "SELECT session.org_id, session.starts_ms, attendance.person_id \
         FROM session JOIN attendance ON attendance.session_id = session.session_id \
         WHERE attendance.shown = 1 AND attendance.present = 1 AND attendance.standing <> 'unknown' \
           AND session.state <> 'cancelled' AND {}",
        Filter::SQL
    );
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query(&*named(&filter.values()))?;
    let mut present: HashSet<(OrgId, i64)> = HashSet::new();
    let mut reached: BTreeSet<OrgId> = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let (starts_ms, person): (i64, i64) = (row.get(1)?, row.get(2)?);
        if let Some(org) = orgs.get(&row.get(0)?) {
            present.insert((*org, person));
        }
        for (org, from_ms, until_ms) in entries.get(&person).into_iter().flatten() {
            if (*from_ms..*until_ms).contains(&starts_ms) {
                reached.insert(*org);
            }
        }
    }
    input.present = present.into_iter().collect();
    input.reached = reached;
    Ok(())
}

/// The rosters of the branch, by the person that stands for whoever was on them.
fn entries(conn: &Connection, orgs: &HashMap<i64, OrgId>) -> Result<Entries> {
    let sql = "SELECT COALESCE(person.stands_id, person.person_id), roster_entry.org_id, from_ms, until_ms \
               FROM roster_entry JOIN person ON person.person_id = roster_entry.person_id";
    let mut entries = Entries::new();
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(org) = orgs.get(&row.get(1)?) else { continue };
        let until_ms = row.get::<_, Option<i64>>(3)?.unwrap_or(i64::MAX);
        entries.entry(row.get(0)?).or_default().push((*org, row.get(2)?, until_ms));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests;
