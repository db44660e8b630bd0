//! What is held: kept byte for byte, visible to staff, without effect.

use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::change::HeldCode;
use shared::id::{AccountId, ChangeId, SessionId};
use std::collections::BTreeMap;

/// Which content by whom (none: anonymous): the same again is the same row. A phone that takes a new
/// replica numbers anew what it sends again, so replica and seq are no part of it. `value` is `raw`
/// as JSON, where that can be held; what is no JSON object is told by its bytes.
#[must_use]
pub fn id_of(account: Option<AccountId>, raw: &str, value: Option<&Value>) -> [u8; 32] {
    let mut hash = Sha256::new();
    // An anonymous one has no account, and cannot be taken for one of an account.
    hash.update(account.map_or([0; 16], |id| *id.as_bytes()));
    hash.update([u8::from(account.is_some())]);
    let content = value.and_then(Value::as_object).and_then(|whole| {
        let content = whole.iter().filter(|(key, _)| !matches!(key.as_str(), "seq" | "replica"));
        let content: BTreeMap<&String, Value> = content.map(|(key, value)| (key, sorted(value))).collect();
        serde_json::to_vec(&content).ok()
    });
    hash.update([u8::from(content.is_some())]);
    hash.update(content.as_deref().unwrap_or(raw.as_bytes()));
    hash.finalize().into()
}

/// The same with every map in the order of its keys, so that equal content is written alike whatever
/// order the library keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let parts: BTreeMap<&String, Value> = map.iter().map(|(key, part)| (key, sorted(part))).collect();
            Value::Object(parts.into_iter().map(|(key, part)| (key.clone(), part)).collect())
        }
        Value::Array(all) => Value::Array(all.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// A change that is held from now on.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// From [`id_of`].
    pub held_id: [u8; 32],
    /// Its id as it was sent, where it had one.
    pub id: Option<&'a str>,
    /// Row of the replica; none of an anonymous one.
    pub replica_id: Option<i64>,
    /// Its session, where that can be told.
    pub session: Option<SessionId>,
    /// Why.
    pub code: HeldCode,
    /// When it came in, ms; none of an anonymous one.
    pub recv_ms: Option<i64>,
    /// Byte for byte.
    pub raw: &'a str,
}

/// Most bytes that are held of one account without having been decided of; of the anonymous together
/// as many again.
pub const ROOM_BYTES: i64 = 16 * 1024 * 1024;

/// Whether more is held of the account of this replica (none: of the anonymous) than there is room for.
///
/// # Errors
/// A fault of the store.
pub fn is_full(connection: &Connection, replica_id: Option<i64>) -> rusqlite::Result<bool> {
    const OPEN: &str = "held_id NOT IN (SELECT held_id FROM held_decision)";
    let of = match replica_id {
        Some(_) => {
            "replica_id IN (SELECT replica_id FROM replica WHERE account_id =
                 (SELECT account_id FROM replica WHERE replica_id = ?1))"
        }
        None => "replica_id IS ?1",
    };
    let there: i64 = connection
        .prepare_cached(&format!(
            "SELECT coalesce(sum(octet_length(raw)), 0) FROM held WHERE {of} AND {OPEN}"
        ))?
        .query_row([replica_id], |row| row.get(0))?;
    Ok(there > ROOM_BYTES)
}

/// Holds a change; says whether that is new.
///
/// # Errors
/// A fault of the store.
pub fn keep(connection: &Connection, new: New<'_>) -> rusqlite::Result<bool> {
    let kept = connection
        .prepare_cached(
            "INSERT INTO held (held_id, id, replica_id, session, code, recv_ms, raw)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (held_id) DO NOTHING",
        )?
        .execute((
            new.held_id,
            new.id,
            new.replica_id,
            new.session.map(|id| *id.as_bytes()),
            new.code.wire(),
            new.recv_ms,
            new.raw,
        ))?;
    Ok(kept > 0)
}

/// The session for which a change with this id is held; of one that waited for it in vain.
///
/// # Errors
/// A fault of the store.
pub fn session_of(connection: &Connection, id: ChangeId) -> rusqlite::Result<Option<SessionId>> {
    let found: Option<Option<[u8; 16]>> = connection
        .prepare_cached("SELECT session FROM held WHERE id = ?1 AND session IS NOT NULL")?
        .query_row([id.to_string()], |row| row.get(0))
        .optional()?;
    Ok(found.flatten().map(SessionId::from_bytes))
}

/// Why this content is held, if it is.
///
/// # Errors
/// A fault of the store.
pub fn code(connection: &Connection, held_id: [u8; 32]) -> rusqlite::Result<Option<HeldCode>> {
    let word: Option<String> = connection
        .prepare_cached("SELECT code FROM held WHERE held_id = ?1")?
        .query_row([held_id], |row| row.get(0))
        .optional()?;
    Ok(word.map(|word| from_word(&word)))
}

pub(crate) fn from_word(word: &str) -> HeldCode {
    serde_json::from_value(Value::from(word)).unwrap_or(HeldCode::Unparseable)
}

/// Something that is held, as it is decided of.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: Option<String>,
    pub(crate) replica_id: Option<i64>,
    pub(crate) session: Option<SessionId>,
    pub(crate) code: HeldCode,
    pub(crate) recv_ms: Option<i64>,
    pub(crate) raw: String,
}

impl Row {
    /// Loads one.
    pub(crate) fn load(connection: &Connection, held_id: [u8; 32]) -> rusqlite::Result<Option<Self>> {
        connection
            .prepare_cached(
                "SELECT id, replica_id, session, code, recv_ms, raw FROM held WHERE held_id = ?1",
            )?
            .query_row([held_id], |row| {
                Ok(Self {
                    id: row.get(0)?,
                    replica_id: row.get(1)?,
                    session: row.get::<_, Option<[u8; 16]>>(2)?.map(SessionId::from_bytes),
                    code: from_word(&row.get::<_, String>(3)?),
                    recv_ms: row.get(4)?,
                    raw: row.get(5)?,
                })
            })
            .optional()
    }

    /// The row of its session by which phones are told of it. Of what has no author they are told
    /// nothing, and nothing of an id that is another change's as well.
    pub(crate) fn told_at(&self) -> Option<(SessionId, ChangeId)> {
        let named = self.replica_id.is_some() && self.code != HeldCode::IdClash;
        self.session.zip(self.id.as_ref()?.parse().ok()).filter(|_| named)
    }
}
