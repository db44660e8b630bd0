//! Accounts and the replicas that belong to them.

use rusqlite::{Connection, OptionalExtension};
use shared::id::{AccountId, ReplicaId};
use shared::wire::Account;
use uuid::Uuid;

/// A new account.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// The login name; unique.
    pub login: &'a str,
    /// The name of the person.
    pub name: &'a str,
    /// From [`super::password::hash`].
    pub password_hash: &'a str,
}

/// Adds an account and gives its row; none if the login name is taken.
///
/// # Errors
/// A fault of the store.
pub fn add(connection: &Connection, new: New<'_>, now_ms: i64) -> rusqlite::Result<Option<i64>> {
    add_as(connection, AccountId::from(Uuid::new_v4()), new, now_ms)
}

/// As [`add`], with an id of the caller's.
///
/// # Errors
/// A fault of the store.
pub fn add_as(
    connection: &Connection,
    id: AccountId,
    new: New<'_>,
    now_ms: i64,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "INSERT INTO account (id, login, name, password_hash, created_ms)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (login) DO NOTHING RETURNING account_id",
        )?
        .query_row((id.as_bytes(), new.login, new.name, new.password_hash, now_ms), |row| row.get(0))
        .optional()
}

/// The row and the password hash of a login name.
///
/// # Errors
/// A fault of the store.
pub fn by_login(connection: &Connection, login: &str) -> rusqlite::Result<Option<(i64, String)>> {
    connection
        .prepare_cached("SELECT account_id, password_hash FROM account WHERE login = ?1")?
        .query_row([login], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// The account as its owner sees it.
///
/// # Errors
/// A fault of the store.
pub fn load(connection: &Connection, account_id: i64) -> rusqlite::Result<Account> {
    connection
        .prepare_cached("SELECT id, login, name FROM account WHERE account_id = ?1")?
        .query_row([account_id], |row| {
            Ok(Account { id: AccountId::from_bytes(row.get(0)?), login: row.get(1)?, name: row.get(2)? })
        })
}

/// The row of a replica that belongs to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own {
    /// The row.
    pub replica_id: i64,
    /// It was made now.
    pub new: bool,
}

/// The replica's row, made now for this account if nobody has it; none if another account does.
/// `device` is what it calls itself, if it says so now.
///
/// # Errors
/// A fault of the store.
pub fn replica(
    connection: &Connection,
    account_id: i64,
    id: ReplicaId,
    device: Option<&str>,
) -> rusqlite::Result<Option<Own>> {
    let known: Option<(i64, i64)> = connection
        .prepare_cached("SELECT replica_id, account_id FROM replica WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((replica_id, owner)) = known {
        if owner != account_id {
            return Ok(None);
        }
        if device.is_some() {
            connection
                .prepare_cached("UPDATE replica SET device = ?2 WHERE replica_id = ?1 AND device IS NOT ?2")?
                .execute((replica_id, device))?;
        }
        return Ok(Some(Own { replica_id, new: false }));
    }
    connection
        .prepare_cached(
            "INSERT INTO replica (id, account_id, device) VALUES (?1, ?2, ?3) RETURNING replica_id",
        )?
        .query_row((id.as_bytes(), account_id, device), |row| {
            Ok(Some(Own { replica_id: row.get(0)?, new: true }))
        })
}
