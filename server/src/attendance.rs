//! The table of attendance: one person at one session. Load, apply, rows; no policy.

use crate::db::corrupt;
use crate::session::Counts;
use rusqlite::{Connection, OptionalExtension};
use shared::attendance::{Attendance, Standing};
use shared::id::PersonId;

/// The word of a standing in the table.
#[must_use]
pub const fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Unknown => "unknown",
        Standing::WalkIn => "walk_in",
        Standing::Expected => "expected",
        Standing::OffRoster => "off_roster",
    }
}

/// What a shown row adds to the counters of its session.
#[must_use]
pub fn counts(present: bool, standing: &str) -> Counts {
    if !present || standing == word(Standing::Unknown) {
        return Counts::default();
    }
    Counts {
        present: 1,
        walk_in: i64::from(standing == word(Standing::WalkIn)),
        roster_present: i64::from(standing == word(Standing::Expected)),
    }
}

/// All that is known of exactly this pair.
///
/// # Errors
/// A fault of the store.
pub fn state(
    connection: &Connection,
    session_id: i64,
    person_id: i64,
) -> rusqlite::Result<Option<Attendance>> {
    let text: Option<String> = connection
        .prepare_cached("SELECT state_json FROM attendance WHERE session_id = ?1 AND person_id = ?2")?
        .query_row((session_id, person_id), |row| row.get(0))
        .optional()?;
    text.map(|text| serde_json::from_str(&text).map_err(corrupt)).transpose()
}

/// Keeps all that is known of exactly this pair, and leaves its row as it is.
///
/// # Errors
/// A fault of the store.
pub fn set_state(
    connection: &Connection,
    session_id: i64,
    person_id: i64,
    state: &Attendance,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO attendance (session_id, person_id, added, state_json) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (session_id, person_id)
             DO UPDATE SET added = excluded.added, state_json = excluded.state_json",
        )?
        .execute((session_id, person_id, state.added.get().is_some(), text(state)?))?;
    Ok(())
}

fn text(state: &Attendance) -> rusqlite::Result<String> {
    serde_json::to_string(state).map_err(corrupt)
}

/// The row of a pair as it was last shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Any check-in stands.
    pub present: bool,
    /// Who the person is to the session.
    pub standing: String,
    /// `attendance:<person>` as it is pulled.
    pub row_json: String,
    /// The person of `walk_in:<person>` as it is pulled, where added on the spot.
    pub added_json: Option<String>,
}

impl Shown {
    /// What it adds to the counters of its session.
    #[must_use]
    pub fn counts(&self) -> Counts {
        counts(self.present, &self.standing)
    }
}

/// The row of a pair as it was last shown; none of one that is not.
///
/// # Errors
/// A fault of the store.
pub fn shown(connection: &Connection, session_id: i64, person_id: i64) -> rusqlite::Result<Option<Shown>> {
    connection
        .prepare_cached(
            "SELECT present, standing, row_json, added_json FROM attendance
             WHERE session_id = ?1 AND person_id = ?2 AND shown = 1",
        )?
        .query_row((session_id, person_id), |row| {
            Ok(Shown {
                present: row.get(0)?,
                standing: row.get(1)?,
                row_json: row.get(2)?,
                added_json: row.get(3)?,
            })
        })
        .optional()
}

/// Writes the row of the pair that stands, with the state of exactly this pair.
///
/// # Errors
/// A fault of the store.
pub fn show(
    connection: &Connection,
    session_id: i64,
    person_id: i64,
    state: &Attendance,
    shown: &Shown,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO attendance (session_id, person_id, shown, present, standing, added,
                 row_json, added_json, state_json)
             VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (session_id, person_id) DO UPDATE SET
                 shown = 1, present = excluded.present, standing = excluded.standing,
                 added = excluded.added, row_json = excluded.row_json,
                 added_json = excluded.added_json, state_json = excluded.state_json",
        )?
        .execute((
            session_id,
            person_id,
            shown.present,
            &shown.standing,
            state.added.get().is_some(),
            &shown.row_json,
            &shown.added_json,
            text(state)?,
        ))?;
    Ok(())
}

/// Takes the row of a pair away; what is known of it stays.
///
/// # Errors
/// A fault of the store.
pub fn hide(connection: &Connection, session_id: i64, person_id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE attendance SET shown = 0, present = 0, row_json = NULL, added_json = NULL
             WHERE session_id = ?1 AND person_id = ?2",
        )?
        .execute((session_id, person_id))?;
    Ok(())
}

/// Rows' numbers of everybody of whom anything is known at exactly this session.
///
/// # Errors
/// A fault of the store.
pub fn persons(connection: &Connection, session_id: i64) -> rusqlite::Result<Vec<i64>> {
    let mut found = connection.prepare_cached("SELECT person_id FROM attendance WHERE session_id = ?1")?;
    found.query_map([session_id], |row| row.get(0))?.collect()
}

/// Numbers of the sessions at which anything is known of exactly this person. There is no index
/// by person, which every check-in would pay for; sessions are few, and this is asked rarely.
///
/// # Errors
/// A fault of the store.
pub fn sessions(connection: &Connection, person_id: i64) -> rusqlite::Result<Vec<i64>> {
    let mut found = connection.prepare_cached(
        "SELECT session.session_id FROM session
         CROSS JOIN attendance ON attendance.session_id = session.session_id
                              AND attendance.person_id = ?1",
    )?;
    found.query_map([person_id], |row| row.get(0))?.collect()
}

/// Numbers of the sessions at which exactly this person is known, being on no roster.
///
/// # Errors
/// A fault of the store.
pub fn sessions_as_stranger(connection: &Connection, person_id: i64) -> rusqlite::Result<Vec<i64>> {
    let mut found = connection.prepare_cached(
        "SELECT session_id FROM attendance
         WHERE person_id = ?1 AND (added = 1 OR standing IN ('unknown', 'walk_in'))",
    )?;
    found.query_map([person_id], |row| row.get(0))?.collect()
}

/// What is known of exactly this person wherever somebody added it on the spot.
///
/// # Errors
/// A fault of the store.
pub fn added(connection: &Connection, person_id: i64) -> rusqlite::Result<Vec<Attendance>> {
    let mut found = connection.prepare_cached(
        "SELECT state_json FROM attendance
         WHERE person_id = ?1 AND added = 1
           AND (added = 1 OR standing IN ('unknown', 'walk_in'))",
    )?;
    let texts = found.query_map([person_id], |row| row.get::<_, String>(0))?;
    texts.map(|text| serde_json::from_str(&text?).map_err(corrupt)).collect()
}

/// The row or the walk-in's person as it is pulled, ready text.
///
/// # Errors
/// A fault of the store.
pub fn pulled(
    connection: &Connection,
    session_id: i64,
    person: PersonId,
    walk_in: bool,
) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached(
            "SELECT CASE WHEN ?3 THEN attendance.added_json ELSE attendance.row_json END
             FROM attendance JOIN person ON person.person_id = attendance.person_id
             WHERE attendance.session_id = ?1 AND person.id = ?2 AND attendance.shown = 1",
        )?
        .query_row((session_id, person.as_bytes(), walk_in), |row| row.get(0))
        .optional()
        .map(Option::flatten)
}

/// Whether anybody added exactly this person on the spot, anywhere.
///
/// # Errors
/// A fault of the store.
pub fn is_added(connection: &Connection, person_id: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM attendance
             WHERE person_id = ?1 AND added = 1
               AND (added = 1 OR standing IN ('unknown', 'walk_in'))",
        )?
        .exists([person_id])
}
