//! The table of sessions: load, apply, rows; what a change does to them is decided in `shared`.

use crate::db::corrupt;
use rusqlite::{Connection, OptionalExtension};
use shared::id::{ChangeId, SessionId};
use shared::session::{Declared, Session, SessionRow, Totals};
use shared::stamp::Stamp;

/// The row's number of a session.
///
/// # Errors
/// A fault of the store.
pub fn find(connection: &Connection, id: SessionId) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT session_id FROM session WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()
}

/// The row's number of a session, of which nothing may be known yet.
///
/// # Errors
/// A fault of the store.
pub fn ensure(connection: &Connection, id: SessionId) -> rusqlite::Result<i64> {
    if let Some(known) = find(connection, id)? {
        return Ok(known);
    }
    connection
        .prepare_cached("INSERT INTO session (id) VALUES (?1) RETURNING session_id")?
        .query_row([id.as_bytes()], |row| row.get(0))
}

/// All that is known of exactly this session.
///
/// # Errors
/// A fault of the store.
pub fn state(connection: &Connection, id: SessionId) -> rusqlite::Result<Option<Session>> {
    let text: Option<String> = connection
        .prepare_cached("SELECT state_json FROM session WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    text.map(|text| serde_json::from_str(&text).map_err(corrupt)).transpose()
}

/// Keeps all that is known of exactly this session.
///
/// # Errors
/// A fault of the store.
pub fn set_state(connection: &Connection, session_id: i64, state: &Session) -> rusqlite::Result<()> {
    let text = serde_json::to_string(state).map_err(corrupt)?;
    connection
        .prepare_cached("UPDATE session SET state_json = ?2 WHERE session_id = ?1")?
        .execute((session_id, text))?;
    Ok(())
}

/// Counters of a session, kept with every change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Persons present whom somebody knows.
    pub present: i64,
    /// Of these, walk-ins.
    pub walk_in: i64,
    /// Of these, persons of the audience's roster.
    pub roster_present: i64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.present += other.present;
        self.walk_in += other.walk_in;
        self.roster_present += other.roster_present;
    }
}

impl std::ops::Neg for Counts {
    type Output = Self;

    fn neg(self) -> Self {
        Self { present: -self.present, walk_in: -self.walk_in, roster_present: -self.roster_present }
    }
}

/// A session as it was last shown.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// The org that it hangs on; stays when another comes to stand for it.
    pub org_id: Option<i64>,
    /// Its row; none of one that does not exist (yet), or for which another stands.
    pub row: Option<SessionRow>,
    /// The row as it was written.
    pub row_json: Option<String>,
    /// The stamp since which it is closed.
    pub closed: Option<Stamp>,
}

/// A session as it was last shown; the default where there is none.
///
/// # Errors
/// A fault of the store.
pub fn shown(connection: &Connection, session_id: i64) -> rusqlite::Result<Shown> {
    let found = connection
        .prepare_cached(
            "SELECT org_id, row_json, closed_eff_ms, closed_id FROM session WHERE session_id = ?1",
        )?
        .query_row([session_id], |row| {
            let closed: (Option<i64>, Option<[u8; 16]>) = (row.get(2)?, row.get(3)?);
            let stamp = |eff_ms, id| Stamp { eff_ms, id: ChangeId::from_bytes(id) };
            let row_json: Option<String> = row.get(1)?;
            let read = row_json.as_deref().map(|text| serde_json::from_str(text).map_err(corrupt));
            Ok(Shown {
                org_id: row.get(0)?,
                row: read.transpose()?,
                row_json,
                closed: closed.0.zip(closed.1).map(|(eff_ms, id)| stamp(eff_ms, id)),
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Writes the row of a session that exists and stands for itself.
///
/// # Errors
/// A fault of the store.
pub fn show(
    connection: &Connection,
    session_id: i64,
    org_id: i64,
    row: &SessionRow,
    row_json: &str,
    closed: Option<Stamp>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE session SET row_exists = 1, org_id = ?2, campaign = ?3, activity = ?4,
                 title = ?5, state = ?6, starts_ms = ?7, expected = ?8, closed_eff_ms = ?9,
                 closed_id = ?10, row_json = ?11
             WHERE session_id = ?1",
        )?
        .execute((
            session_id,
            org_id,
            row.campaign.as_bytes(),
            row.activity.wire(),
            &row.title,
            row.state.wire(),
            row.starts_ms,
            row.expected,
            closed.map(|at| at.eff_ms),
            closed.map(|at| *at.id.as_bytes()),
            row_json,
        ))?;
    Ok(())
}

/// Takes away the row of a session for which another stands now.
///
/// # Errors
/// A fault of the store.
pub fn hide(connection: &Connection, session_id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE session SET row_exists = 0, row_json = NULL, totals_json = NULL,
                 headcount = NULL, roster = 0, response = 0
             WHERE session_id = ?1",
        )?
        .execute([session_id])?;
    Ok(())
}

/// Says in which org a session is held that has no row of its own.
///
/// # Errors
/// A fault of the store.
pub fn set_org(connection: &Connection, session_id: i64, org_id: Option<i64>) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE session SET org_id = ?2 WHERE session_id = ?1")?
        .execute((session_id, org_id))?;
    Ok(())
}

/// Says which session stands for this one (itself, but for aliases).
///
/// # Errors
/// A fault of the store.
pub fn set_stands(connection: &Connection, session_id: i64, stands_id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE session SET stands_id = ?2 WHERE session_id = ?1")?
        .execute((session_id, stands_id))?;
    Ok(())
}

/// Adds to the counters.
///
/// # Errors
/// A fault of the store.
pub fn count(connection: &Connection, session_id: i64, by: Counts) -> rusqlite::Result<()> {
    if by == Counts::default() {
        return Ok(());
    }
    connection
        .prepare_cached(
            "UPDATE session SET present = present + ?2, walk_in = walk_in + ?3,
                 roster_present = roster_present + ?4
             WHERE session_id = ?1",
        )?
        .execute((session_id, by.present, by.walk_in, by.roster_present))?;
    Ok(())
}

/// Sets how many the audience's roster had when the session began.
///
/// # Errors
/// A fault of the store.
pub fn set_roster(connection: &Connection, session_id: i64, roster: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE session SET roster = ?2 WHERE session_id = ?1")?
        .execute((session_id, roster))?;
    Ok(())
}

/// What people told of a session as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// The headcount that stands.
    pub headcount: Option<u32>,
    /// What phones declared at closing, and by closing codes.
    pub declared: Declared,
    /// Photos that stand, and of how many the bytes are here.
    pub photos: (u32, u32),
}

/// Writes the totals by the counters, with what else goes into them where that is known anew.
/// Says whether they changed; a session without a row has none.
///
/// # Errors
/// A fault of the store.
pub fn show_totals(connection: &Connection, session_id: i64, anew: Option<Told>) -> rusqlite::Result<bool> {
    let small = |n: i64| u32::try_from(n).unwrap_or(0);
    let found = connection
        .prepare_cached(
            "SELECT present, walk_in, response, headcount, totals_json FROM session
             WHERE session_id = ?1 AND row_exists = 1",
        )?
        .query_row([session_id], |row| {
            let headcount: Option<u32> = row.get(3)?;
            let counted = Totals {
                attended: small(row.get(0)?),
                walk_ins: small(row.get(1)?),
                headcount,
                responses: small(row.get(2)?),
                ..Totals::default()
            };
            Ok((counted, row.get::<_, Option<String>>(4)?))
        })
        .optional()?;
    let Some((mut totals, old)) = found else { return Ok(false) };
    if let Some(told) = anew {
        totals.headcount = told.headcount;
        totals.declared = told.declared;
        (totals.photos, totals.files) = told.photos;
    } else if let Some(text) = &old {
        let before: Totals = serde_json::from_str(text).map_err(corrupt)?;
        totals = Totals { declared: before.declared, photos: before.photos, files: before.files, ..totals };
    }
    totals.attended = totals.attended.max(totals.headcount.unwrap_or(0));
    let text = serde_json::to_string(&totals).map_err(corrupt)?;
    if old.as_ref() == Some(&text) {
        return Ok(false);
    }
    connection
        .prepare_cached("UPDATE session SET headcount = ?2, totals_json = ?3 WHERE session_id = ?1")?
        .execute((session_id, totals.headcount, text))?;
    Ok(true)
}

/// The row as it is pulled, ready text.
///
/// # Errors
/// A fault of the store.
pub fn text(connection: &Connection, id: SessionId) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT row_json FROM session WHERE id = ?1 AND row_exists = 1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()
        .map(Option::flatten)
}

/// The totals as they are pulled, ready text.
///
/// # Errors
/// A fault of the store.
pub fn totals_text(connection: &Connection, session_id: i64) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT totals_json FROM session WHERE session_id = ?1 AND row_exists = 1")?
        .query_row([session_id], |row| row.get(0))
        .optional()
        .map(Option::flatten)
}

/// What a replica made and declared for exactly this session.
///
/// # Errors
/// A fault of the store.
pub fn count_check_ins(
    connection: &Connection,
    session_id: i64,
    replica_id: i64,
    by: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO session_replica (session_id, replica_id, check_in) VALUES (?1, ?2, ?3)
             ON CONFLICT (session_id, replica_id) DO UPDATE SET check_in = check_in + excluded.check_in",
        )?
        .execute((session_id, replica_id, by))?;
    Ok(())
}

/// Writes what each replica declared last for exactly this session.
///
/// # Errors
/// A fault of the store.
pub fn set_declared(connection: &Connection, session_id: i64, state: &Session) -> rusqlite::Result<()> {
    for (replica, register) in &state.declared {
        let declared = register.get().copied().unwrap_or_default();
        connection
            .prepare_cached(
                "INSERT INTO session_replica (session_id, replica_id, declared_check_in, declared_response)
                 SELECT ?1, replica_id, ?3, ?4 FROM replica WHERE id = ?2
                 ON CONFLICT (session_id, replica_id) DO UPDATE SET
                     declared_check_in = excluded.declared_check_in,
                     declared_response = excluded.declared_response",
            )?
            .execute((session_id, replica.as_bytes(), declared.check_ins, declared.responses))?;
    }
    Ok(())
}

/// The session of a row's number.
///
/// # Errors
/// A fault of the store.
pub fn id_of(connection: &Connection, session_id: i64) -> rusqlite::Result<SessionId> {
    connection
        .prepare_cached("SELECT id FROM session WHERE session_id = ?1")?
        .query_row([session_id], |row| row.get(0).map(SessionId::from_bytes))
}
