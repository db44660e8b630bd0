//! The table of read tokens (只读令牌): a script of an account reads figures and lists below one org by one,
//! masked, until its end.

use super::{Caller, Kind, hash};
use crate::App;
use crate::refuse::Refusal;
use rusqlite::{Connection, OptionalExtension};
use shared::id::AccountId;
use shared::me::ReadTokenItem;
use shared::stamp::HOUR_MS;
use uuid::Uuid;

/// Of a token that is used all the time, this is noted so often.
const USED_EVERY_MS: i64 = HOUR_MS;

/// A token that is made.
pub(crate) struct New<'a> {
    pub(crate) id: Uuid,
    pub(crate) account_id: i64,
    pub(crate) org_id: i64,
    pub(crate) name: &'a str,
    pub(crate) token: &'a str,
    pub(crate) made_ms: i64,
    pub(crate) ends_ms: i64,
}

/// Keeps the hash of a new one.
pub(crate) fn add(conn: &Connection, new: &New<'_>) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO read_token (id, account_id, org_id, name, token_hash, made_ms, ends_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((
        new.id.as_bytes(),
        new.account_id,
        new.org_id,
        new.name,
        hash(new.token),
        new.made_ms,
        new.ends_ms,
    ))?;
    Ok(())
}

/// Whoever reads by a token that stands.
pub(super) fn find(conn: &Connection, hash: &[u8; 32], now_ms: i64) -> rusqlite::Result<Option<Caller>> {
    conn.prepare_cached(
        "SELECT read_token.account_id, account.id, read_token.org_id
         FROM read_token JOIN account ON account.account_id = read_token.account_id
         WHERE token_hash = ?1 AND ends_ms > ?2 AND ended_ms IS NULL",
    )?
    .query_row((hash, now_ms), |row| {
        Ok(Caller {
            account_id: row.get(0)?,
            account: AccountId::from_bytes(row.get(1)?),
            kind: Kind::Read,
            replica_id: None,
            token_hash: *hash,
            only: Some(row.get(2)?),
        })
    })
    .optional()
}

/// Notes that it was used. Where the store cannot be written, reading goes on.
pub(super) async fn used(app: &App, caller: &Caller) -> Result<(), Refusal> {
    let (token_hash, now_ms) = (caller.token_hash, app.clock.now_ms());
    let due = app.db.read::<bool, Refusal, _>(move |conn| {
        let sql = "SELECT 1 FROM read_token WHERE token_hash = ?1 AND coalesce(used_ms, 0) <= ?2";
        Ok(conn.prepare_cached(sql)?.exists((token_hash, now_ms - USED_EVERY_MS))?)
    });
    if !due.await? {
        return Ok(());
    }
    let noted = app.write(move |conn, now_ms| {
        let sql = "UPDATE read_token SET used_ms = ?2 WHERE token_hash = ?1";
        Ok::<_, Refusal>(conn.prepare_cached(sql)?.execute((token_hash, now_ms))?)
    });
    if let Err(error) = noted.await {
        tracing::warn!(?error, "the use of a read token could not be noted");
    }
    Ok(())
}

/// All that an account made, the latest first.
pub(crate) fn of(conn: &Connection, account_id: i64) -> rusqlite::Result<Vec<ReadTokenItem>> {
    let mut found = conn.prepare_cached(
        "SELECT read_token.id, read_token.name, org.code, org.name, made_ms, ends_ms, ended_ms, used_ms
         FROM read_token JOIN org ON org.org_id = read_token.org_id
         WHERE account_id = ?1 ORDER BY read_token_id DESC",
    )?;
    let items = found.query_map([account_id], |row| {
        Ok(ReadTokenItem {
            id: Uuid::from_bytes(row.get(0)?).to_string(),
            name: row.get(1)?,
            org: row.get(2)?,
            org_name: row.get(3)?,
            made_ms: row.get(4)?,
            ends_ms: row.get(5)?,
            ended_ms: row.get(6)?,
            used_ms: row.get(7)?,
        })
    })?;
    items.collect()
}

/// How many of an account stand.
pub(crate) fn standing(conn: &Connection, account_id: i64, now_ms: i64) -> rusqlite::Result<u32> {
    conn.prepare_cached(
        "SELECT count(*) FROM read_token WHERE account_id = ?1 AND ends_ms > ?2 AND ended_ms IS NULL",
    )?
    .query_row((account_id, now_ms), |row| row.get(0))
}

/// Ends one of an account; its name, where it stood.
pub(crate) fn end(
    conn: &Connection,
    account_id: i64,
    id: Uuid,
    now_ms: i64,
) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached(
        "UPDATE read_token SET ended_ms = ?3
         WHERE account_id = ?1 AND id = ?2 AND ended_ms IS NULL AND ends_ms > ?3 RETURNING name",
    )?
    .query_row((account_id, id.as_bytes(), now_ms), |row| row.get(0))
    .optional()
}
