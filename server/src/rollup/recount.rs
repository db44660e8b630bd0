//! Everything anew from the facts: to fill the table, to mend it, and to tell where it is not what it
//! should be.

use super::{Changed, FIGURES, blob, crowd, figures, keep, marks, phones};
use crate::attendance;
use crate::session::Counts;
use rusqlite::{Connection, OptionalExtension, Result};
use shared::coverage::SessionFigures;
use shared::id::SessionId;
use std::collections::BTreeMap;
use std::fmt;

/// Fills the table if nothing is in it though there are sessions: after an update, or a restore.
///
/// # Errors
/// A fault of the store.
pub fn settle(conn: &Connection) -> Result<()> {
    let lacks: bool = conn.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM rollup) AND EXISTS (SELECT 1 FROM session WHERE row_exists = 1)",
        [],
        |row| row.get(0),
    )?;
    if lacks { rebuild(conn).map(drop) } else { Ok(()) }
}

/// Makes everything anew; says of how many sessions.
///
/// # Errors
/// A fault of the store.
pub fn rebuild(conn: &Connection) -> Result<usize> {
    conn.execute_batch("DELETE FROM rollup; DELETE FROM on_phone; DELETE FROM pool")?;
    let sessions = sessions(conn)?;
    for session_id in &sessions {
        let counted = counted(conn, *session_id)?;
        conn.prepare_cached(
            "UPDATE session SET present = ?2, walk_in = ?3, roster_present = ?4 WHERE session_id = ?1",
        )?
        .execute((session_id, counted.present, counted.walk_in, counted.roster_present))?;
        keep(conn, *session_id, &Changed::default())?;
    }
    for (key, marks) in pools(conn)? {
        conn.prepare_cached("INSERT INTO pool (session, mark) VALUES (?1, ?2)")?
            .execute((blob(&key), blob(&marks::packed(&marks))))?;
    }
    Ok(sessions.len())
}

fn sessions(conn: &Connection) -> Result<Vec<i64>> {
    let mut found =
        conn.prepare("SELECT session_id FROM session WHERE row_exists = 1 ORDER BY session_id")?;
    found.query_map([], |row| row.get(0))?.collect()
}

/// The counters of a session, from the rows of its people.
fn counted(conn: &Connection, session_id: i64) -> Result<Counts> {
    let mut sum = Counts::default();
    let mut found =
        conn.prepare_cached("SELECT present, standing FROM attendance WHERE session_id = ?1 AND shown = 1")?;
    let mut rows = found.query([session_id])?;
    while let Some(row) = rows.next()? {
        sum += attendance::counts(row.get(0)?, row.get_ref(1)?.as_str()?);
    }
    Ok(sum)
}

/// Per session and rating, how many gave each mark.
type Given = BTreeMap<i64, BTreeMap<i64, Vec<u64>>>;

/// Every pool of published marks, by its sessions, packed.
fn pools(conn: &Connection) -> Result<BTreeMap<Vec<u8>, marks::Marks>> {
    let mut of: BTreeMap<Vec<u8>, Given> = BTreeMap::new();
    let mut found = conn.prepare(
        "SELECT pool, session.session_id, rating_id, mark, n FROM published
         JOIN session ON session.id = published.session
         JOIN rating ON rating.question = published.question WHERE pool <> x''",
    )?;
    let mut rows = found.query([])?;
    while let Some(row) = rows.next()? {
        let of_session: &mut BTreeMap<i64, Vec<u64>> =
            of.entry(row.get(0)?).or_default().entry(row.get(1)?).or_default();
        marks::count(of_session.entry(row.get(2)?).or_default(), row.get(3)?, super::unsigned(row.get(4)?));
    }
    let mut all: BTreeMap<Vec<u8>, marks::Marks> = BTreeMap::new();
    for sessions in of.into_values() {
        let sum = all.entry(shared::crowd::pack(sessions.keys().map(|id| super::unsigned(*id)))).or_default();
        for (rating, given) in sessions.into_values().flatten() {
            for (mark, n) in (1_u8..).zip(given) {
                marks::count(sum.entry(rating).or_default(), mark, n);
            }
        }
    }
    Ok(all)
}

/// Where what is kept is not what a recount gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The session; none where it is a pool.
    pub session: Option<SessionId>,
    /// What of it.
    pub what: &'static str,
    /// What is kept.
    pub kept: String,
    /// What a recount gives.
    pub counted: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let session = self.session.map(|id| id.to_string()).unwrap_or_default();
        let Self { what, kept, counted, .. } = self;
        write!(f, "{session} {what}: {kept} ≠ {counted}")
    }
}

/// Counts everything anew and tells where the table says something else.
///
/// # Errors
/// A fault of the store.
pub fn check(conn: &Connection) -> Result<Vec<Difference>> {
    let mut told = Vec::new();
    for session_id in sessions(conn)? {
        let id = crate::session::id_of(conn, session_id)?;
        let mut tell = |what, kept: String, counted: String| {
            if kept != counted {
                told.push(Difference { session: Some(id), what, kept, counted });
            }
        };
        one(conn, session_id, &mut tell)?;
    }
    let mut tell = |what, kept: String, counted: String| {
        if kept != counted {
            told.push(Difference { session: None, what, kept, counted });
        }
    };
    for table in ["rollup", "on_phone"] {
        let stray: i64 = conn.query_row(
            &format!(
                "SELECT count(*) FROM {table} WHERE session_id NOT IN
                     (SELECT session_id FROM session WHERE row_exists = 1)"
            ),
            [],
            |row| row.get(0),
        )?;
        tell("sessions that do not exist", stray.to_string(), "0".to_owned());
    }
    let mut found = conn.prepare("SELECT session, mark FROM pool ORDER BY session")?;
    let kept = found
        .query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, marks::unpacked(row.get_ref(1)?.as_blob()?))))?;
    let kept = kept.collect::<Result<BTreeMap<_, _>>>()?;
    tell("pools", format!("{kept:?}"), format!("{:?}", pools(conn)?));
    Ok(told)
}

fn one(
    conn: &Connection,
    session_id: i64,
    tell: &mut impl FnMut(&'static str, String, String),
) -> Result<()> {
    let sql = format!("SELECT {FIGURES}, org_id, activity, campaign, mark FROM rollup WHERE session_id = ?1");
    let kept = conn
        .prepare_cached(&sql)?
        .query_row([session_id], |row| {
            let home: (i64, String, Vec<u8>) = (row.get(12)?, row.get(13)?, row.get(14)?);
            Ok((figures(row)?, home, marks::unpacked(row.get_ref(15)?.as_blob()?)))
        })
        .optional()?;
    let Some((figures, home, marks)) = kept else {
        tell("row", "none".to_owned(), "one".to_owned());
        return Ok(());
    };
    let (counted, here) = facts(conn, session_id)?;
    let lacking = phones::lacking(conn, session_id)?;
    let counted = SessionFigures {
        missing_check_ins: lacking.check_ins,
        missing_responses: lacking.responses,
        ..counted
    };
    tell("figures", format!("{figures:?}"), format!("{counted:?}"));
    tell("home", format!("{home:?}"), format!("{here:?}"));
    tell("on phones", format!("{:?}", phones::kept(conn, session_id)?), format!("{:?}", lacking.on));
    tell("marks", format!("{marks:?}"), format!("{:?}", marks::of(conn, session_id)?));
    let (kept, counted) = (crowd::kept(conn, session_id)?, crowd::of(conn, session_id, counted.starts_ms)?);
    tell("people", format!("{kept:?}"), format!("{counted:?}"));
    Ok(())
}

/// Org, activity and campaign of a session.
type Beside = (i64, String, Vec<u8>);

/// What the facts say of a session: its own row, its people, its responses, its audience's roster.
fn facts(conn: &Connection, session_id: i64) -> Result<(SessionFigures, Beside)> {
    let row = crate::session::shown(conn, session_id)?.row.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let small = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    let counts = counted(conn, session_id)?;
    let mut responses = 0;
    for part in super::parts(conn, session_id)? {
        responses += conn
            .prepare_cached(
                "SELECT count(*) FROM response WHERE session = (SELECT id FROM session WHERE session_id = ?1)",
            )?
            .query_row([part], |row| row.get::<_, u32>(0))?;
    }
    let org_id = crate::org::find(conn, row.org)?.unwrap_or(0);
    let figures = SessionFigures {
        starts_ms: row.starts_ms,
        state: row.state,
        led: row.lecturers.iter().any(|lecturer| lecturer.leader),
        present: small(counts.present),
        walk_ins: small(counts.walk_in),
        roster_present: small(counts.roster_present),
        headcount: conn
            .prepare_cached("SELECT headcount FROM session WHERE session_id = ?1")?
            .query_row([session_id], |row| row.get(0))?,
        expected: row.expected,
        roster: u32::try_from(crate::ledger::expected(conn, &row)?.len()).unwrap_or(u32::MAX),
        responses,
        missing_check_ins: 0,
        missing_responses: 0,
    };
    Ok((figures, (org_id, row.activity.wire().to_owned(), row.campaign.as_bytes().to_vec())))
}
