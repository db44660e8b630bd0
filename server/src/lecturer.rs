//! The table of who speaks at which session. It follows from the rows of the sessions.

use rusqlite::{Connection, Result};
use shared::id::SessionId;
use shared::session::Lecturer;

/// Writes who speaks at a session, by its row; those without an account stand in the row alone.
///
/// # Errors
/// A fault of the store.
pub(crate) fn set(connection: &Connection, session_id: i64, lecturers: &[Lecturer]) -> Result<()> {
    connection.prepare_cached("DELETE FROM session_lecturer WHERE session_id = ?1")?.execute([session_id])?;
    for account in lecturers.iter().filter_map(|lecturer| lecturer.account) {
        connection
            .prepare_cached(
                "INSERT INTO session_lecturer (account, session_id) VALUES (?1, ?2)
                 ON CONFLICT (account, session_id) DO NOTHING",
            )?
            .execute((account.as_bytes(), session_id))?;
    }
    Ok(())
}

/// The sessions at which an account speaks, with the rows of their orgs; the latest first.
///
/// # Errors
/// A fault of the store.
pub(crate) fn sessions(connection: &Connection, account_id: i64) -> Result<Vec<(SessionId, i64)>> {
    let mut found = connection.prepare_cached(
        "SELECT session.id, session.org_id FROM account
         JOIN session_lecturer ON session_lecturer.account = account.id
         JOIN session ON session.session_id = session_lecturer.session_id
         WHERE account.account_id = ?1 AND session.row_exists = 1 AND session.org_id IS NOT NULL
         ORDER BY session.starts_ms DESC, session.id",
    )?;
    found.query_map([account_id], |row| Ok((SessionId::from_bytes(row.get(0)?), row.get(1)?)))?.collect()
}

/// Whether an account speaks at a session.
///
/// # Errors
/// A fault of the store.
pub(crate) fn speaks(connection: &Connection, account_id: i64, session_id: i64) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM account JOIN session_lecturer ON session_lecturer.account = account.id
             WHERE account.account_id = ?1 AND session_lecturer.session_id = ?2",
        )?
        .exists((account_id, session_id))
}
