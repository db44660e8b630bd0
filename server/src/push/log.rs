//! The log of changes: every one that was taken in, once, with its stamp.

use crate::db::corrupt;
use crate::{erase, feed};
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;
use shared::change::{self, Change};
use shared::id::{AccountId, ChangeId, ReplicaId, SessionId};

/// The claimed time had to be clamped.
pub(super) const TIME_SUSPECT: &str = "time_suspect";
/// Another change has the same seq of the same replica.
pub(super) const SEQ_CLASH: &str = "seq_clash";

/// Whether a change has its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It has.
    Taken,
    /// It waits for its session.
    Waiting,
    /// It was judged when its session came, and is held.
    Held,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Waiting => "waiting",
            Self::Held => "held",
        }
    }
}

/// A change to be logged.
pub(super) struct New<'a> {
    pub(super) id: ChangeId,
    pub(super) replica_id: i64,
    pub(super) replica_seq: Option<i64>,
    /// What it is about, or waits for.
    pub(super) session: Option<SessionId>,
    pub(super) recv_ms: i64,
    pub(super) eff_ms: i64,
    pub(super) state: State,
    /// Words separated by blanks.
    pub(super) tags: &'a str,
    pub(super) kind: &'a str,
    pub(super) raw: &'a str,
}

/// Appends a change; gives its server seq.
pub(super) fn append(connection: &Connection, new: &New<'_>) -> rusqlite::Result<i64> {
    let seq = feed::next_seq(connection)?;
    put(connection, seq, new)?;
    Ok(seq)
}

/// Puts a change under a seq: a new one, or its first one where a backup is restored.
pub(super) fn put(connection: &Connection, seq: i64, new: &New<'_>) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO change (seq, id, replica_id, replica_seq, kind, session, recv_ms, eff_ms,
                 state, tags, raw)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute((
            seq,
            new.id.as_bytes(),
            new.replica_id,
            new.replica_seq,
            new.kind,
            new.session.map(|id| *id.as_bytes()),
            new.recv_ms,
            new.eff_ms,
            new.state.word(),
            new.tags,
            new.raw,
        ))?;
    Ok(())
}

/// A change of the log, as far as its repeat is judged by it.
pub(super) struct Known {
    pub(super) seq: i64,
    pub(super) clashed: bool,
    /// Its content was rewritten since.
    erased: bool,
    pub(super) suspect: bool,
    /// It waited for its session, and was held when that came.
    pub(super) held: bool,
    pub(super) eff_ms: i64,
    pub(super) replica_id: i64,
    raw: String,
}

impl Known {
    /// Whether what was sent now is the same change.
    pub(super) fn is(&self, raw: &str, value: &Value) -> rusqlite::Result<bool> {
        if self.erased || self.raw == raw {
            return Ok(true);
        }
        let stored: Value = serde_json::from_str(&self.raw).map_err(corrupt)?;
        Ok(change::same_content(&stored, value))
    }
}

/// The change of the log with this id.
pub(super) fn find(connection: &Connection, id: ChangeId) -> rusqlite::Result<Option<Known>> {
    connection
        .prepare_cached("SELECT seq, tags, raw, eff_ms, state, replica_id FROM change WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| {
            let tags: String = row.get(1)?;
            Ok(Known {
                seq: row.get(0)?,
                clashed: tags.split(' ').any(|tag| tag == SEQ_CLASH),
                erased: tags.split(' ').any(|tag| tag == erase::TAG),
                suspect: tags.split(' ').any(|tag| tag == TIME_SUSPECT),
                held: row.get::<_, String>(4)? == State::Held.word(),
                eff_ms: row.get(3)?,
                replica_id: row.get(5)?,
                raw: row.get(2)?,
            })
        })
        .optional()
}

/// The `eff_ms` of a change of the log.
pub(super) fn eff_ms(connection: &Connection, id: ChangeId) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT eff_ms FROM change WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()
}

/// The `eff_ms` of a change that was in the log by then.
pub(super) fn eff_ms_by(connection: &Connection, id: ChangeId, by_ms: i64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT eff_ms FROM change WHERE id = ?1 AND recv_ms <= ?2")?
        .query_row((id.as_bytes(), by_ms), |row| row.get(0))
        .optional()
}

/// The highest `eff_ms` of a lower seq of a replica, of what was in the log by then.
pub(super) fn previous_by(
    connection: &Connection,
    (replica_id, seq): (i64, Option<i64>),
    by_ms: i64,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT max(eff_ms) FROM change WHERE replica_id = ?1 AND replica_seq < ?2 AND recv_ms <= ?3",
        )?
        .query_row((replica_id, seq, by_ms), |row| row.get(0))
}

/// Whether the log has a change under this seq of a replica.
pub(super) fn has_seq(connection: &Connection, replica_id: i64, seq: Option<i64>) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM change WHERE replica_id = ?1 AND replica_seq = ?2")?
        .exists((replica_id, seq))
}

/// The change of the log with this id, whatever its state, as it was sent.
pub(super) fn load(connection: &Connection, id: ChangeId) -> rusqlite::Result<Option<Change>> {
    let raw: Option<String> = connection
        .prepare_cached("SELECT raw FROM change WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    let Some(raw) = raw else { return Ok(None) };
    let value: Value = serde_json::from_str(&raw).map_err(corrupt)?;
    Ok(change::parse(&value).ok())
}

/// A change that waits, with all that it is judged by.
pub(super) struct Waiting {
    pub(super) seq: i64,
    pub(super) replica_id: i64,
    pub(super) replica: ReplicaId,
    pub(super) account_id: i64,
    pub(super) account: AccountId,
    pub(super) recv_ms: i64,
    pub(super) eff_ms: i64,
    pub(super) suspect: bool,
    pub(super) raw: String,
}

/// Everything that waits for a session, in the order of the log.
pub(super) fn waiting(connection: &Connection, session: SessionId) -> rusqlite::Result<Vec<Waiting>> {
    let mut found = connection.prepare_cached(
        "SELECT change.seq, change.replica_id, replica.id, replica.account_id, change.recv_ms,
                change.eff_ms, change.tags, change.raw, account.id
         FROM change JOIN replica ON replica.replica_id = change.replica_id
         JOIN account ON account.account_id = replica.account_id
         WHERE change.session = ?1 AND change.state = 'waiting' ORDER BY change.seq",
    )?;
    let rows = found.query_map([session.as_bytes()], |row| {
        let tags: String = row.get(6)?;
        Ok(Waiting {
            seq: row.get(0)?,
            replica_id: row.get(1)?,
            replica: ReplicaId::from_bytes(row.get(2)?),
            account_id: row.get(3)?,
            recv_ms: row.get(4)?,
            eff_ms: row.get(5)?,
            suspect: tags.split(' ').any(|tag| tag == TIME_SUSPECT),
            raw: row.get(7)?,
            account: AccountId::from_bytes(row.get(8)?),
        })
    })?;
    rows.collect()
}

/// Moves a change that waited on: to an effect, to being held, or to waiting for another session.
pub(super) fn settle(
    connection: &Connection,
    seq: i64,
    state: State,
    session: Option<SessionId>,
) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE change SET state = ?2, session = ?3 WHERE seq = ?1")?.execute((
        seq,
        state.word(),
        session.map(|id| *id.as_bytes()),
    ))?;
    Ok(())
}
