//! The table of anonymous responses: the session, the day, the way it came and the answers under
//! a random id, and nothing else (docs/sync.md, "Anonymous responses").

use crate::db::corrupt;
use crate::{form, session};
use rusqlite::{Connection, OptionalExtension};
use shared::feedback::{Response, Via};
use shared::form::Form;
use shared::id::{ChangeId, FormId, SessionId};
use shared::museum::{Defect, planted};
use shared::stamp::day_ms;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A response as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The session.
    pub session: SessionId,
    /// The start of its day.
    pub day_ms: i64,
    /// What was answered.
    pub response: Response,
}

impl Stored {
    /// What is kept of a response; the day is cut again, whatever was sent.
    #[must_use]
    pub fn new(session: SessionId, wall_ms: i64, response: Response) -> Self {
        Self { session, day_ms: day_ms(wall_ms), response }
    }
}

/// What is kept under an id.
///
/// # Errors
/// A fault of the store.
pub fn load(connection: &Connection, id: ChangeId) -> rusqlite::Result<Option<Stored>> {
    connection
        .prepare_cached("SELECT session, day_ms, via, form, version, answers FROM response WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| {
            let (via, answers): (String, String) = (row.get(2)?, row.get(5)?);
            let response = Response {
                form: FormId::from_bytes(row.get(3)?),
                version: row.get(4)?,
                answers: serde_json::from_str(&answers).map_err(corrupt)?,
                via: Via::from_wire(&via).ok_or_else(|| corrupt(std::fmt::Error))?,
            };
            let session = SessionId::from_bytes(row.get(0)?);
            Ok(Stored { session, day_ms: row.get(1)?, response })
        })
        .optional()
}

/// Keeps a response that is not known yet, and counts it where its session is known. Gives the row
/// of the session whose totals it changes.
///
/// # Errors
/// A fault of the store.
pub fn keep(connection: &Connection, id: ChangeId, new: &Stored) -> rusqlite::Result<Option<i64>> {
    let Stored { session, day_ms, response } = new;
    let answers = serde_json::to_string(&response.answers).map_err(corrupt)?;
    connection
        .prepare_cached(
            "INSERT INTO response (id, session, day_ms, via, form, version, answers)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            id.as_bytes(),
            session.as_bytes(),
            day_ms,
            response.via.wire(),
            response.form.as_bytes(),
            response.version,
            answers,
        ))?;
    if planted(Defect::OrderKept) {
        connection
            .execute_batch("CREATE TABLE IF NOT EXISTS arrival (n INTEGER NOT NULL PRIMARY KEY, id BLOB)")?;
        connection.execute("INSERT INTO arrival (id) VALUES (?1)", [id.as_bytes()])?;
    }
    let Some((part_id, session_id)) = counted_at(connection, *session)? else { return Ok(None) };
    add(connection, part_id, *session, &tally(connection, [response])?)?;
    connection
        .prepare_cached("UPDATE session SET response = response + 1 WHERE session_id = ?1")?
        .execute([session_id])?;
    Ok(Some(session_id))
}

/// The rows of a session, and of the one that stands for it, if that exists.
fn counted_at(connection: &Connection, id: SessionId) -> rusqlite::Result<Option<(i64, i64)>> {
    connection
        .prepare_cached(
            "SELECT session.session_id, stands.session_id FROM session
             JOIN session AS stands ON stands.session_id = coalesce(session.stands_id, session.session_id)
             WHERE session.id = ?1 AND stands.row_exists = 1",
        )?
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Counts anew all responses to the sessions of a class: marks where each answer names its session, which
/// is for ever, and how many there are for the one that stands.
///
/// # Errors
/// A fault of the store.
pub fn recount(connection: &Connection, session_id: i64, members: &[SessionId]) -> rusqlite::Result<()> {
    forget(connection, members)?;
    let mut count = 0;
    for member in members {
        let mut found = connection.prepare_cached("SELECT id FROM response WHERE session = ?1")?;
        let ids = found.query_map([member.as_bytes()], |row| row.get(0).map(ChangeId::from_bytes))?;
        let mut all: Vec<Response> = Vec::new();
        for id in ids {
            all.extend(load(connection, id?)?.map(|stored| stored.response));
        }
        count += all.len();
        if let Some(part_id) = session::find(connection, *member)? {
            add(connection, part_id, *member, &tally(connection, &all)?)?;
        }
    }
    connection
        .prepare_cached("UPDATE session SET response = ?2 WHERE session_id = ?1")?
        .execute((session_id, i64::try_from(count).unwrap_or(i64::MAX)))?;
    Ok(())
}

/// Takes the counts of the marks of these sessions away; what is published of them stays.
///
/// # Errors
/// A fault of the store.
pub fn forget(connection: &Connection, members: &[SessionId]) -> rusqlite::Result<()> {
    for member in members {
        connection
            .prepare_cached(
                "DELETE FROM mark_count WHERE session_id = (SELECT session_id FROM session WHERE id = ?1)",
            )?
            .execute([member.as_bytes()])?;
    }
    Ok(())
}

type Tally = BTreeMap<(String, u8), i64>;

/// (question, mark) → how many gave it. Answers to a form that is not here count as responses
/// without marks.
fn tally<'a>(
    connection: &Connection,
    responses: impl IntoIterator<Item = &'a Response>,
) -> rusqlite::Result<Tally> {
    let mut forms: BTreeMap<(FormId, u32), Option<Form>> = BTreeMap::new();
    let mut tally = Tally::new();
    for response in responses {
        let key = (response.form, response.version);
        let form = match forms.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(form::load(connection, key.0, key.1)?),
        };
        let Some(form) = form else { continue };
        for (question, mark) in form.marks(&response.answers) {
            *tally.entry((question.to_owned(), mark)).or_default() += 1;
        }
    }
    Ok(tally)
}

fn add(connection: &Connection, session_id: i64, session: SessionId, tally: &Tally) -> rusqlite::Result<()> {
    for ((question, mark), n) in tally {
        connection
            .prepare_cached(
                "INSERT INTO mark_count (session_id, question, mark, n) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (session_id, question, mark) DO UPDATE SET n = n + excluded.n",
            )?
            .execute((session_id, question, mark, n))?;
        connection
            .prepare_cached(
                "UPDATE mark_count SET unpublished = max(0, n - (SELECT coalesce(sum(published.n), 0)
                     FROM published WHERE session = ?4 AND question = ?2 AND mark = ?3))
                 WHERE session_id = ?1 AND question = ?2 AND mark = ?3",
            )?
            .execute((session_id, question, mark, session.as_bytes()))?;
    }
    Ok(())
}

/// The row of the org in which a session is held, if it exists; also of one for which another
/// stands.
///
/// # Errors
/// A fault of the store.
pub fn org_of(connection: &Connection, id: SessionId) -> rusqlite::Result<Option<i64>> {
    match session::find(connection, id)? {
        Some(session_id) => Ok(session::shown(connection, session_id)?.org_id),
        None => Ok(None),
    }
}
