//! The table of decisions (决定) about what is held: each is made once.

use crate::feed::{self, Key, Where};
use crate::held::Row;
use crate::session;
use rusqlite::{Connection, OptionalExtension};
use shared::id::{ChangeId, SessionId};

/// A decision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct New<'a> {
    /// Of what.
    pub(crate) held_id: [u8; 32],
    /// Why it is refused; none of what is accepted.
    pub(crate) refused: Option<&'a str>,
    /// Row of the account that decides.
    pub(crate) account_id: i64,
    /// When, ms.
    pub(crate) at_ms: i64,
}

/// Keeps a decision.
pub(crate) fn keep(connection: &Connection, new: New<'_>) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO held_decision (held_id, accepted, reason, account_id, at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((new.held_id, new.refused.is_none(), new.refused, new.account_id, new.at_ms))?;
    Ok(())
}

/// Whether somebody has decided of it.
pub(crate) fn is_made(connection: &Connection, held_id: [u8; 32]) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM held_decision WHERE held_id = ?1")?.exists([held_id])
}

/// The code and the reason of a change of this session that was refused, and is in no log.
pub(crate) fn refused(
    connection: &Connection,
    session: SessionId,
    id: ChangeId,
) -> rusqlite::Result<Option<(String, String)>> {
    connection
        .prepare_cached(
            "SELECT code, reason FROM held JOIN held_decision USING (held_id)
             WHERE replica_id IS NOT NULL AND session = ?1 AND id = ?2 AND accepted = 0
               AND code <> 'id_clash' ORDER BY at_ms DESC LIMIT 1",
        )?
        .query_row((session.as_bytes(), id.to_string()), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Why this content was refused, if it was.
pub(crate) fn reason(connection: &Connection, held_id: [u8; 32]) -> rusqlite::Result<Option<String>> {
    let found = connection
        .prepare_cached("SELECT reason FROM held_decision WHERE held_id = ?1")?
        .query_row([held_id], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

/// Tells phones that look at the session that it was refused, or that it is held no more: a row that
/// has left, also where there was none.
pub(crate) fn tell(connection: &Connection, row: &Row, accepted: bool) -> rusqlite::Result<()> {
    let Some((session, id)) = row.told_at() else { return Ok(()) };
    let scope = Where::Session(session::ensure(connection, session)?);
    feed::touch(connection, scope, Key::Held(id))?;
    if accepted { feed::remove(connection, scope, Key::Held(id)) } else { Ok(()) }
}

/// The same of everything that was refused, when the data are restored.
pub(crate) fn tell_all(connection: &Connection) -> rusqlite::Result<()> {
    let mut found = connection.prepare("SELECT held_id FROM held_decision WHERE accepted = 0")?;
    let all: Vec<[u8; 32]> = found.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for held_id in all {
        if let Some(row) = Row::load(connection, held_id)? {
            tell(connection, &row, false)?;
        }
    }
    Ok(())
}
