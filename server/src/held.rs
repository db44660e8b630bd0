//! What is held: kept byte for byte, visible to staff, without effect.

use crate::access::{Caller, grant};
use crate::extract::{Paging, Query};
use crate::refuse::Refusal;
use crate::{App, org};
use axum::Json;
use axum::extract::State;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::change::HeldCode;
use shared::id::{AccountId, ChangeId, SessionId};
use shared::problem::Code;
use shared::wire::{HeldItem, Page};
use std::collections::{BTreeMap, BTreeSet};

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

/// Holds a change.
///
/// # Errors
/// A fault of the store.
pub fn keep(connection: &Connection, new: New<'_>) -> rusqlite::Result<()> {
    connection
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
    Ok(())
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

fn from_word(word: &str) -> HeldCode {
    serde_json::from_value(Value::from(word)).unwrap_or(HeldCode::Unparseable)
}

/// `GET /api/v1/held`: to managers what concerns their branch, to the city's admin everything.
///
/// # Errors
/// `forbidden`, `bad_value`, or the store's.
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<HeldItem>>, Refusal> {
    let (page, size) = paging.checked()?;
    let now_ms = app.clock.now_ms();
    let listed = app.db.read::<_, Refusal, _>(move |connection| {
        let roots = grant::roots(connection, caller.account_id, grant::Role::MANAGES, now_ms)?;
        if roots.is_empty() {
            return Err(Code::Forbidden.into());
        }
        Ok(list(connection, &roots, page, size)?)
    });
    listed.await.map(Json)
}

/// A session of the branch, or an author with a right in it; for the top of the tree everything.
const CONCERNS: &str = "FROM held
    LEFT JOIN replica ON replica.replica_id = held.replica_id
    LEFT JOIN account ON account.account_id = replica.account_id
    LEFT JOIN session ON session.id = held.session
    WHERE ?1 OR session.org_id IN (SELECT value FROM json_each(?2))
       OR account.account_id IN (SELECT account_id FROM role_grant
                                 WHERE org_id IN (SELECT value FROM json_each(?2)))";

fn list(
    connection: &Connection,
    roots: &BTreeSet<i64>,
    page: u64,
    size: u64,
) -> rusqlite::Result<Page<HeldItem>> {
    let mut branches = BTreeSet::new();
    let mut all = false;
    for root in roots {
        all |= org::line(connection, *root)?.len() == 1;
        branches.extend(org::branch(connection, *root)?);
    }
    let branches = serde_json::to_string(&branches).map_err(crate::db::corrupt)?;
    let total: i64 = connection
        .prepare_cached(&format!("SELECT count(*) {CONCERNS}"))?
        .query_row((all, &branches), |row| row.get(0))?;
    let text = format!(
        "SELECT held.id, held.code, account.login, held.recv_ms, held.raw {CONCERNS}
         ORDER BY held.recv_ms DESC, held.held_id LIMIT ?3 OFFSET ?4"
    );
    let number = |n: u64| rusqlite::types::Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    let values = [
        rusqlite::types::Value::Integer(i64::from(all)),
        rusqlite::types::Value::Text(branches),
        number(size),
        number((page - 1) * size),
    ];
    let mut found = connection.prepare_cached(&text)?;
    let items = found.query_map(params_from_iter(values), |row| {
        Ok(HeldItem {
            id: row.get(0)?,
            code: from_word(&row.get::<_, String>(1)?),
            login: row.get(2)?,
            recv_ms: row.get(3)?,
            raw: row.get(4)?,
        })
    })?;
    let items = items.collect::<rusqlite::Result<_>>()?;
    Ok(Page { items, total: u64::try_from(total).unwrap_or(0), page, size })
}
