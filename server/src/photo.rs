//! The table of photos: what the states of sessions name. What a change does is decided in `shared`.

use crate::ledger::Sql;
use rusqlite::{Connection, OptionalExtension};
use shared::change::PhotoUse;
use shared::id::{ChangeId, SessionId};
use shared::photo::{FileName, PhotoItem};
use shared::session::Session;

/// Writes the photos of exactly this session.
///
/// # Errors
/// A fault of the store.
pub(crate) fn set(connection: &Connection, session_id: i64, state: &Session) -> rusqlite::Result<()> {
    for written in state.photos.history() {
        let Some(file) = written.value.file() else { continue };
        connection
            .prepare_cached(
                "INSERT INTO photo (id, session_id, sha256, len, shows, caption, at_ms, stands)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (id) DO UPDATE SET stands = excluded.stands",
            )?
            .execute((
                written.at.id.as_bytes(),
                session_id,
                file.sha256(),
                i64::try_from(written.value.len).unwrap_or(i64::MAX),
                written.value.shows.wire(),
                &written.value.caption,
                written.at.eff_ms,
                !written.voided,
            ))?;
    }
    Ok(())
}

/// How many photos of a state stand, and of how many the bytes are here.
///
/// # Errors
/// A fault of the store.
pub(crate) fn counted(connection: &Connection, state: &Session) -> rusqlite::Result<(u32, u32)> {
    let (mut named, mut here) = (0, 0);
    for (_, _, file) in state.standing_photos() {
        named += 1;
        here += u32::from(crate::file::find(connection, file)?.is_some());
    }
    Ok((named, here))
}

/// The length that photos which stand say of a file; none where none names it.
///
/// # Errors
/// A fault of the store.
pub(crate) fn len_of(connection: &Connection, file: FileName) -> rusqlite::Result<Option<u64>> {
    let len: Option<i64> = connection
        .prepare_cached("SELECT min(len) FROM photo WHERE sha256 = ?1 AND stands = 1 HAVING count(*) > 0")?
        .query_row([file.sha256()], |row| row.get(0))
        .optional()?;
    Ok(len.and_then(|len| u64::try_from(len).ok()))
}

/// A file came or went: the totals of every session that names it are counted anew.
///
/// # Errors
/// A fault of the store.
pub(crate) fn recount(connection: &Connection, file: FileName) -> rusqlite::Result<()> {
    let mut ledger = Sql::new(connection);
    let mut found = connection.prepare_cached(
        "SELECT DISTINCT session.id FROM photo JOIN session ON session.session_id = photo.session_id
         WHERE sha256 = ?1",
    )?;
    let sessions = found.query_map([file.sha256()], |row| row.get(0).map(SessionId::from_bytes))?;
    for session in sessions {
        ledger.told(session?);
    }
    ledger.finish()
}

/// Rows of the sessions that show a photo of this file, and whether it is only a signed sheet there.
///
/// # Errors
/// A fault of the store.
pub(crate) fn shown_at(connection: &Connection, file: FileName) -> rusqlite::Result<Vec<(i64, bool)>> {
    let mut found = connection.prepare_cached(
        "SELECT coalesce(session.stands_id, session.session_id), min(photo.shows = 'sheet') FROM photo
         JOIN session ON session.session_id = photo.session_id
         WHERE photo.sha256 = ?1 AND photo.stands = 1 GROUP BY 1",
    )?;
    let rows = found.query_map([file.sha256()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// The photos of a session that stands, with those of the sessions for which it stands. `sheets`: the
/// caller sees names here.
///
/// # Errors
/// A fault of the store.
pub(crate) fn list(
    connection: &Connection,
    session_id: i64,
    sheets: bool,
) -> rusqlite::Result<Vec<PhotoItem>> {
    let mut found = connection.prepare_cached(
        "SELECT photo.id, photo.sha256, photo.len, photo.shows, photo.caption, photo.at_ms, file.sha256 IS NOT NULL
         FROM photo JOIN session ON session.session_id = photo.session_id
         LEFT JOIN file ON file.sha256 = photo.sha256
         WHERE coalesce(session.stands_id, session.session_id) = ?1 AND photo.stands = 1
         ORDER BY photo.at_ms, photo.id",
    )?;
    let rows = found.query_map([session_id], |row| {
        let shows: String = row.get(3)?;
        let shows = if shows == PhotoUse::Sheet.wire() { PhotoUse::Sheet } else { PhotoUse::Scene };
        let len: i64 = row.get(2)?;
        Ok(PhotoItem {
            id: ChangeId::from_bytes(row.get(0)?),
            sha256: FileName::of_sha256(row.get(1)?).to_string(),
            len: u64::try_from(len).unwrap_or(0),
            shows,
            caption: row.get(4)?,
            at_ms: row.get(5)?,
            here: row.get(6)?,
            open: sheets || shows == PhotoUse::Scene,
        })
    })?;
    rows.collect()
}
