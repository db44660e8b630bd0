//! The table of what is published (docs/decisions/0010-withholding.md). What may be published is so when
//! somebody looks, and stays as it is for everybody after that.

use crate::branch::Branch;
use crate::filter::{Filter, named};
use crate::refuse::Refusal;
use crate::rollup::{self, Changed};
use crate::{App, org, sight};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Result};
use shared::id::SessionId;
use shared::publication::{SETTLED_AFTER_MS, Waiting, blocks};
use shared::sight::May;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// Question → how many gave 1, 2, 3 …
pub(crate) type Marks = BTreeMap<String, Vec<u64>>;

/// Which sessions somebody looks at.
pub(crate) struct Place {
    with: String,
    condition: String,
    values: Vec<(&'static str, Value)>,
}

/// Sessions, each with every session that it stands for, itself among them.
const PARTS: &str = "JOIN session ON session.session_id = coalesce(part.stands_id, part.session_id)";

impl Place {
    /// The sessions of a branch that a filter lets through.
    pub(crate) fn branch(branch: &Branch, filter: &Filter) -> Self {
        let condition = format!("JOIN branch ON branch.org_id = session.org_id WHERE {}", Filter::SQL);
        Self { with: branch.sql(), condition, values: filter.values().to_vec() }
    }

    /// One session and all that it stands for.
    pub(crate) fn session(session_id: i64) -> Self {
        let condition = "WHERE session.session_id = :id AND session.row_exists = 1".to_owned();
        Self { with: String::new(), condition, values: vec![(":id", Value::Integer(session_id))] }
    }

    /// What could be published of them now.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn is_due(&self, conn: &Connection, now_ms: i64) -> Result<bool> {
        Ok(!blocks(&self.waiting(conn, now_ms)?.1).is_empty())
    }

    /// What is not published, the earliest session first, and whose it is.
    fn waiting(&self, conn: &Connection, now_ms: i64) -> Result<(Vec<SessionId>, Vec<Waiting<Home>>)> {
        // The few rows where something waits come first, whatever the engine believes.
        let sql = format!(
            "{} SELECT part.id, question, mark, unpublished, session.org_id, session.campaign, session.activity,
                 session.starts_ms
             FROM mark_count INDEXED BY mark_count_unpublished_index
             CROSS JOIN session AS part ON part.session_id = mark_count.session_id {PARTS} {}
               AND unpublished > 0
             ORDER BY session.starts_ms, part.id, question, mark",
            self.with, self.condition
        );
        let mut homes = BTreeMap::new();
        let (mut whose, mut waiting): (Vec<SessionId>, Vec<Waiting<Home>>) = (Vec::new(), Vec::new());
        let mut statement = conn.prepare(&sql)?;
        let mut rows = statement.query(&*named(&self.values))?;
        while let Some(row) = rows.next()? {
            let (session, question) = (SessionId::from_bytes(row.get(0)?), row.get::<_, String>(1)?);
            if whose.last() != Some(&session) || waiting.last().is_none_or(|last| last.question != question) {
                let settled = row.get::<_, i64>(7)?.saturating_add(SETTLED_AFTER_MS) <= now_ms;
                let union = if settled { Some(union(conn, row.get(4)?, &mut homes)?) } else { None };
                let pool = match union {
                    Some(union) => Some((union, row.get(5)?, row.get(6)?)),
                    None => None,
                };
                whose.push(session);
                waiting.push(Waiting { question, marks: Vec::new(), pool });
            }
            if let Some(last) = waiting.last_mut() {
                put(&mut last.marks, row.get(2)?, row.get::<_, u32>(3)?.into());
            }
        }
        Ok((whose, waiting))
    }

    /// What is published of them: session by session, and the pools that lie in them as a whole.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn published(&self, conn: &Connection) -> Result<Published> {
        let mut found = Published::default();
        let parts = format!("FROM session AS part {PARTS}");
        let asked = format!(
            "{} SELECT DISTINCT session.session_id, question {parts}
             JOIN mark_count ON mark_count.session_id = part.session_id {}",
            self.with, self.condition
        );
        let mut statement = conn.prepare(&asked)?;
        let mut rows = statement.query(&*named(&self.values))?;
        while let Some(row) = rows.next()? {
            found.own.entry(row.get(0)?).or_default().entry(row.get(1)?).or_default();
        }
        let sql = format!(
            "{} SELECT session.session_id, question, mark, n, pool, part.session_id {parts}
             JOIN published ON published.session = part.id {}",
            self.with, self.condition
        );
        let mut pools: HashMap<Vec<u8>, (Pool, BTreeSet<i64>)> = HashMap::new();
        let mut statement = conn.prepare(&sql)?;
        let mut rows = statement.query(&*named(&self.values))?;
        while let Some(row) = rows.next()? {
            let (session_id, mark, n) = (row.get(0)?, row.get(2)?, row.get::<_, u32>(3)?.into());
            let (question, pool): (String, Vec<u8>) = (row.get(1)?, row.get(4)?);
            if pool.is_empty() {
                put(found.own.entry(session_id).or_default().entry(question).or_default(), mark, n);
                continue;
            }
            let (of, parts) = pools.entry(pool).or_default();
            of.question = question;
            of.sessions.insert(session_id);
            put(&mut of.marks, mark, n);
            parts.insert(row.get(5)?);
        }
        for (id, (pool, parts)) in pools {
            if parts.len() == size(conn, &id)? {
                found.pools.push(pool);
            }
        }
        Ok(found)
    }
}

/// What sessions have in common whose answers may be put together: the union, the campaign, the activity.
type Home = (i64, Option<Vec<u8>>, Option<String>);

/// What is published.
#[derive(Default)]
pub(crate) struct Published {
    /// By the row of the session that stands. A question that was answered is here with no mark, if
    /// nothing is published.
    pub(crate) own: BTreeMap<i64, Marks>,
    /// What counts together or not at all.
    pub(crate) pools: Vec<Pool>,
}

/// Published answers of several sessions.
#[derive(Default)]
pub(crate) struct Pool {
    /// Rows of the sessions that stand for these.
    pub(crate) sessions: BTreeSet<i64>,
    pub(crate) question: String,
    pub(crate) marks: Vec<u64>,
}

/// Marks begin at 1.
fn put(marks: &mut Vec<u64>, mark: u8, n: u64) {
    let Some(place) = usize::from(mark).checked_sub(1) else { return };
    marks.resize(marks.len().max(place + 1), 0);
    marks[place] += n;
}

/// How many sessions a pool was made of.
fn size(conn: &Connection, pool: &[u8]) -> Result<usize> {
    conn.prepare_cached("SELECT count(DISTINCT session) FROM published WHERE pool = ?1 AND pool <> x''")?
        .query_row([pool], |row| row.get::<_, i64>(0))
        .map(|n| usize::try_from(n).unwrap_or(usize::MAX))
}

/// The grassroots union that an org is, or is a workshop of; else the org itself.
fn union(conn: &Connection, org_id: i64, known: &mut BTreeMap<i64, i64>) -> Result<i64> {
    if let Some(union) = known.get(&org_id) {
        return Ok(*union);
    }
    let mut found = None;
    for above in org::line(conn, org_id)? {
        let mut level =
            conn.prepare_cached("SELECT 1 FROM org WHERE org_id = ?1 AND level = 'grassroots'")?;
        if level.query_row([above], |_| Ok(())).optional()?.is_some() {
            found = Some(above);
            break;
        }
    }
    let union = found.unwrap_or(org_id);
    known.insert(org_id, union);
    Ok(union)
}

/// Publishes what is due of the sessions that somebody is about to look at. Where the store cannot be
/// written, the figures stay as they were published before.
///
/// # Errors
/// As [`sight::read`], or those of `find`, which says where somebody looks.
pub(crate) async fn look<F>(
    app: &App,
    caller: &crate::access::Caller,
    may: May,
    asked: Option<String>,
    find: F,
) -> std::result::Result<(), Refusal>
where
    F: FnOnce(&Connection, &sight::Sight) -> std::result::Result<Option<Place>, Refusal> + Send + 'static,
{
    let found = sight::read(app, caller, may, asked, move |conn, sight, now_ms| {
        let place = match find(conn, sight)? {
            Some(place) if place.is_due(conn, now_ms)? => place,
            _ => return Ok(None),
        };
        Ok(Some((place, now_ms)))
    });
    let Some((place, now_ms)) = found.await? else { return Ok(()) };
    let done = app.db.write::<_, Refusal, _>(move |conn| Ok(publish(conn, &place, now_ms)?)).await;
    if let Err(error) = done {
        tracing::warn!(?error, "answers could not be published yet");
    }
    Ok(())
}

/// Publishes what is due of these sessions.
///
/// # Errors
/// A fault of the store.
pub(crate) fn publish(conn: &Connection, place: &Place, now_ms: i64) -> Result<()> {
    let (whose, waiting) = place.waiting(conn, now_ms)?;
    let mut standing = BTreeSet::new();
    for block in blocks(&waiting) {
        let pool = if block.len() > 1 { Uuid::new_v4().as_bytes().to_vec() } else { Vec::new() };
        let (mut parts, mut marks, mut question) = (BTreeSet::new(), Vec::new(), "");
        for at in block {
            let (Some(session), Some(of)) = (whose.get(at), waiting.get(at)) else { continue };
            keep(conn, *session, of, &pool)?;
            let (part_id, stands_id) = rows_of(conn, *session)?;
            standing.insert(stands_id);
            parts.insert(part_id);
            question = &of.question;
            for (mark, n) in (1_u8..).zip(&of.marks) {
                put(&mut marks, mark, *n);
            }
        }
        if !pool.is_empty() {
            rollup::keep_pool(conn, &parts, question, &marks)?;
        }
    }
    for session_id in standing {
        rollup::keep(conn, session_id, &Changed { marks: true, ..Changed::default() })?;
    }
    Ok(())
}

/// The row of a session, and of the one that stands for it.
fn rows_of(conn: &Connection, session: SessionId) -> Result<(i64, i64)> {
    conn.prepare_cached("SELECT session_id, coalesce(stands_id, session_id) FROM session WHERE id = ?1")?
        .query_row([session.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
}

fn keep<P>(conn: &Connection, session: SessionId, of: &Waiting<P>, pool: &[u8]) -> Result<()> {
    for (mark, n) in (1_u8..).zip(&of.marks).filter(|(_, n)| **n > 0) {
        conn.prepare_cached(
            "INSERT INTO published (session, question, mark, pool, n) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (session, question, mark, pool) DO UPDATE SET n = n + excluded.n",
        )?
        .execute((
            session.as_bytes(),
            &of.question,
            mark,
            pool,
            i64::try_from(*n).unwrap_or(i64::MAX),
        ))?;
    }
    conn.prepare_cached(
        "UPDATE mark_count SET unpublished = 0
         WHERE question = ?2 AND session_id = (SELECT session_id FROM session WHERE id = ?1)",
    )?
    .execute((session.as_bytes(), &of.question))?;
    Ok(())
}

#[cfg(test)]
mod tests;
