//! Roll-up (汇总): reads what `rollup` keeps; `shared::coverage` turns it into figures.

use crate::access::{Caller, Reader};
use crate::branch::Branch;
use crate::extract::Query;
use crate::filter::{Filter, Params, named};
use crate::publication::{self, Place};
use crate::refuse::Refusal;
use crate::rollup::{self, FIGURES, Ratings};
use crate::{App, orgs, sight};
use axum::Json;
use axum::extract::State;
use rusqlite::{Connection, Result};
use shared::coverage::{Coverage, Roll, Score, published};
use shared::crowd::unpack;
use shared::problem::Code;
use shared::sight::May;
use std::collections::{BTreeMap, HashMap};

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

/// The figures of a branch; none if its top is not there. One reading of the table of roll-ups, and none of
/// attendances.
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
    let found = orgs::of(conn, &branch)?;
    let places: HashMap<i64, usize> = found.iter().enumerate().map(|(at, (key, _))| (*key, at)).collect();
    let root = branch.roots.first().and_then(|root| places.get(root)).and_then(|at| found.get(*at));
    let Some(root) = root.map(|(_, org)| org.id) else { return Ok(None) };
    let orgs = found.into_iter().map(|(_, org)| org).collect();
    let Some(roll) = Roll::new(orgs, root) else { return Ok(None) };
    let mut reading = Reading { roll, places, ratings: Ratings::all(conn)?, passed: HashMap::new() };
    reading.sessions(conn, filter)?;
    reading.pools(conn)?;
    reading.phones(conn)?;
    Ok(Some(reading.roll.finish(as_of_ms)))
}

/// The figures of a branch while they are read.
struct Reading {
    roll: Roll,
    /// Row of an org of the branch → its place.
    places: HashMap<i64, usize>,
    ratings: Ratings,
    /// Row of a session of the branch that the filter lets through → place of its org.
    passed: HashMap<i64, usize>,
}

impl Reading {
    fn sessions(&mut self, conn: &Connection, filter: &Filter) -> Result<()> {
        let sql = format!(
            "SELECT {FIGURES}, session_id, org_id, mark, crowd, reached FROM rollup WHERE {}",
            Filter::ROLLUP
        );
        let mut marks = Vec::new();
        let mut statement = conn.prepare_cached(&sql)?;
        let mut rows = statement.query(&*named(&filter.values()))?;
        while let Some(row) = rows.next()? {
            let figures = rollup::figures(row)?;
            if figures.held() {
                // Also at sessions of others: a person of an org's roster present anywhere covers it.
                for org in rollup::reached(row.get_ref(16)?.as_blob()?) {
                    if let Some(place) = self.places.get(&org) {
                        self.roll.reached(*place);
                    }
                }
            }
            let Some(place) = self.places.get(&row.get(13)?).copied() else { continue };
            self.passed.insert(row.get(12)?, place);
            self.roll.session(place, &figures, row.get_ref(15)?.as_blob()?);
            rollup::each(row.get_ref(14)?.as_blob()?, &mut marks, |rating, marks| {
                if let Some(question) = self.ratings.name(rating) {
                    self.roll.marks(place, question, marks.iter().copied());
                }
            });
        }
        Ok(())
    }

    /// Pools count where all of their sessions do.
    fn pools(&mut self, conn: &Connection) -> Result<()> {
        let stands = stands(conn)?;
        let (mut places, mut marks) = (Vec::new(), Vec::new());
        let mut statement = conn.prepare_cached("SELECT session, mark FROM pool")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            places.clear();
            let mut whole = true;
            for part in unpack(row.get_ref(0)?.as_blob()?).map(rollup::signed) {
                let session = stands.get(&part).unwrap_or(&part);
                match self.passed.get(session) {
                    Some(place) => places.push(*place),
                    None => {
                        whole = false;
                        break;
                    }
                }
            }
            if whole {
                rollup::each(row.get_ref(1)?.as_blob()?, &mut marks, |rating, marks| {
                    if let Some(question) = self.ratings.name(rating) {
                        self.roll.pool(&places, question, marks.iter().copied());
                    }
                });
            }
        }
        Ok(())
    }

    fn phones(&mut self, conn: &Connection) -> Result<()> {
        let mut statement = conn.prepare_cached("SELECT session_id, on_id FROM on_phone")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(place) = self.passed.get(&row.get(0)?) {
                self.roll.on_phone(*place, row.get(1)?);
            }
        }
        Ok(())
    }
}

/// The few sessions for which others stand, with these.
fn stands(conn: &Connection) -> Result<HashMap<i64, i64>> {
    let mut found =
        conn.prepare_cached("SELECT session_id, stands_id FROM session WHERE stands_id <> session_id")?;
    found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The scores of one session and of all that it stands for.
///
/// # Errors
/// A fault of the database.
pub(crate) fn scores_of(conn: &Connection, session_id: i64) -> Result<BTreeMap<String, Option<Score>>> {
    let found = Place::session(session_id).published(conn)?;
    let pools = found.pools.iter().map(|pool| (&pool.question, &pool.marks));
    Ok(published(found.own.values().flatten().chain(pools)))
}

#[cfg(test)]
mod tests;
