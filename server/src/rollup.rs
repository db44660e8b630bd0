//! The table that figures are added up from: one narrow row per session, kept in the transaction that
//! changes the session (docs/decisions/0012-kept-rollups.md). Keeps; what figures mean stands in
//! `shared::coverage`.

mod crowd;
mod marks;
mod phones;
mod recount;

pub(crate) use crowd::{Came, reached, with_any};
pub(crate) use marks::{Ratings, each, keep_pool};
pub use recount::{Difference, check, rebuild, settle};

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Result, Row};
use shared::coverage::SessionFigures;
use shared::session::State;

/// What of a session changed, beside the figures of its row.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    /// Who came.
    pub(crate) came: Came,
    /// Marks were given, published or counted anew.
    pub(crate) marks: bool,
}

/// The columns of [`figures`], from the first one on.
pub(crate) const FIGURES: &str = "rollup.starts_ms, rollup.state, rollup.led, rollup.present, rollup.walk_in, \
    rollup.roster_present, rollup.headcount, rollup.expected, rollup.roster, rollup.response, \
    rollup.missing_check_in, rollup.missing_response";

/// Reads [`FIGURES`].
pub(crate) fn figures(row: &Row<'_>) -> Result<SessionFigures> {
    let state = row.get_ref(1)?.as_str()?;
    Ok(SessionFigures {
        starts_ms: row.get(0)?,
        state: State::from_wire(state).unwrap_or(State::Open),
        led: row.get(2)?,
        present: row.get(3)?,
        walk_ins: row.get(4)?,
        roster_present: row.get(5)?,
        headcount: row.get(6)?,
        expected: row.get(7)?,
        roster: row.get(8)?,
        responses: row.get(9)?,
        missing_check_ins: row.get(10)?,
        missing_responses: row.get(11)?,
    })
}

/// Brings the row of a session up to date with what its tables say.
///
/// # Errors
/// A fault of the store.
pub(crate) fn keep(conn: &Connection, session_id: i64, changed: &Changed) -> Result<()> {
    // A session without a start is none yet.
    let starts_ms: Option<i64> = conn
        .prepare_cached(
            "SELECT starts_ms FROM session WHERE session_id = ?1 AND row_exists = 1 AND starts_ms IS NOT NULL",
        )?
        .query_row([session_id], |row| row.get(0))
        .optional()?;
    let Some(starts_ms) = starts_ms else { return remove(conn, session_id) };
    let fresh = !conn.prepare_cached("SELECT 1 FROM rollup WHERE session_id = ?1")?.exists([session_id])?;
    let lacking = phones::lacking(conn, session_id)?;
    phones::set(conn, session_id, &lacking)?;
    conn.prepare_cached(
        "INSERT INTO rollup (session_id, id, org_id, campaign, activity, state, starts_ms, led, present, walk_in,
             roster_present, headcount, expected, roster, response, missing_check_in, missing_response)
         SELECT session_id, id, org_id, campaign, activity, state, starts_ms,
             EXISTS (SELECT 1 FROM json_each(row_json, '$.lecturers') WHERE value ->> '$.leader' = 1),
             present, walk_in, roster_present, headcount, expected, roster, response, ?2, ?3
         FROM session WHERE session_id = ?1
         ON CONFLICT (session_id) DO UPDATE SET org_id = excluded.org_id, campaign = excluded.campaign,
             activity = excluded.activity, state = excluded.state, starts_ms = excluded.starts_ms,
             led = excluded.led, present = excluded.present, walk_in = excluded.walk_in,
             roster_present = excluded.roster_present, headcount = excluded.headcount,
             expected = excluded.expected, roster = excluded.roster, response = excluded.response,
             missing_check_in = excluded.missing_check_in, missing_response = excluded.missing_response",
    )?
    .execute((session_id, lacking.check_ins, lacking.responses))?;
    if fresh || changed.marks {
        marks::set(conn, session_id, &marks::of(conn, session_id)?)?;
    }
    if fresh {
        crowd::set(conn, session_id, &crowd::of(conn, session_id, starts_ms)?)
    } else {
        crowd::add(conn, session_id, starts_ms, &changed.came)
    }
}

fn remove(conn: &Connection, session_id: i64) -> Result<()> {
    conn.prepare_cached("DELETE FROM rollup WHERE session_id = ?1")?.execute([session_id])?;
    conn.prepare_cached("DELETE FROM on_phone WHERE session_id = ?1")?.execute([session_id])?;
    Ok(())
}

/// The session and all that it stands for.
pub(crate) fn parts(conn: &Connection, session_id: i64) -> Result<Vec<i64>> {
    let mut found = conn
        .prepare_cached("SELECT session_id FROM session WHERE stands_id = ?1 AND stands_id <> session_id")?;
    let others = found.query_map([session_id], |row| row.get(0))?;
    std::iter::once(Ok(session_id)).chain(others).collect()
}

/// The person who stands and all for whom it does.
fn parts_of_person(conn: &Connection, person_id: i64) -> Result<Vec<i64>> {
    let mut found =
        conn.prepare_cached("SELECT person_id FROM person WHERE stands_id = ?1 AND stands_id <> person_id")?;
    let others = found.query_map([person_id], |row| row.get(0))?;
    std::iter::once(Ok(person_id)).chain(others).collect()
}

/// Numbers of seven bits a byte, the lowest first.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or(0));
}

/// The numbers of [`put`].
pub(crate) fn numbers(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let mut bytes = bytes.iter();
    std::iter::from_fn(move || {
        let (mut number, mut shift) = (0_u64, 0_u32);
        loop {
            let byte = *bytes.next()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift += 7;
        }
    })
}

/// A number of a row, as packed.
fn unsigned(id: i64) -> u64 {
    u64::try_from(id).unwrap_or(0)
}

/// A packed number, as a row's.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(0)
}

fn blob(bytes: &[u8]) -> Value {
    Value::Blob(bytes.to_vec())
}

#[cfg(test)]
mod tests;
