//! Accounts and the replicas that belong to them.

use crate::branch::Branch;
use crate::filter::Paging;
use rusqlite::{Connection, OptionalExtension};
use shared::id::{AccountId, ReplicaId};
use shared::wire::{Account, Page};
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
            "INSERT INTO account (id, login, name, password_hash, created_ms, password_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, CASE WHEN ?4 <> '' THEN ?5 END)
             ON CONFLICT (login) DO NOTHING RETURNING account_id",
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

/// Longest login name and name of a person, characters.
const NAME_MAX_CHARS: usize = 60;

/// Login name and name of the person (the login name where there is none) as they are kept.
///
/// # Errors
/// One sentence in both languages.
pub(crate) fn fit(login: &str, name: Option<&str>) -> Result<(String, String), String> {
    let login = login.trim();
    let too_long = |text: &str| text.chars().count() > NAME_MAX_CHARS || text.chars().any(char::is_control);
    if login.is_empty() || too_long(login) || login.chars().any(char::is_whitespace) {
        return Err(format!(
            "登录名不能为空，最多 {NAME_MAX_CHARS} 个字，不能有空格 / \
             a login name has 1 to {NAME_MAX_CHARS} characters, no white space"
        ));
    }
    let name = name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(login);
    if too_long(name) {
        return Err(format!(
            "姓名最多 {NAME_MAX_CHARS} 个字 / a name has at most {NAME_MAX_CHARS} characters"
        ));
    }
    Ok((login.to_owned(), name.to_owned()))
}

/// The row of an account.
///
/// # Errors
/// A fault of the store.
pub fn find(connection: &Connection, id: AccountId) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT account_id FROM account WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()
}

/// Row of the account that a replica belongs to.
///
/// # Errors
/// A fault of the store.
pub fn owner(connection: &Connection, replica: ReplicaId) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT account_id FROM replica WHERE id = ?1")?
        .query_row([replica.as_bytes()], |row| row.get(0))
        .optional()
}

/// When the account's password was set, ms; none without one.
///
/// # Errors
/// A fault of the store.
pub(crate) fn password_ms(connection: &Connection, account_id: i64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT password_ms FROM account WHERE account_id = ?1")?
        .query_row([account_id], |row| row.get(0))
}

/// Sets a password, and ends every login that the one before may have given but for `kept`, the hash of a
/// token; push tokens live on.
///
/// # Errors
/// A fault of the store.
pub(crate) fn set_password(
    connection: &Connection,
    account_id: i64,
    password_hash: &str,
    kept: Option<[u8; 32]>,
    now_ms: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE account SET password_hash = ?2, password_ms = ?3 WHERE account_id = ?1")?
        .execute((account_id, password_hash, now_ms))?;
    connection
        .prepare_cached(
            "DELETE FROM login WHERE account_id = ?1 AND kind <> 'push' AND token_hash IS NOT ?2",
        )?
        .execute((account_id, kept))?;
    Ok(())
}

/// An account in a list.
pub(crate) struct Row {
    pub(crate) account_id: i64,
    pub(crate) account: Account,
    pub(crate) devices: u64,
    pub(crate) last_seen_ms: Option<i64>,
}

/// A page of the accounts that ever had a grant in a branch or wait for one: those that wait first, then by
/// login name. `q`: part of the login name or of the person's.
pub(crate) fn page(
    connection: &Connection,
    branch: &Branch,
    q: Option<&str>,
    paging: Paging,
) -> rusqlite::Result<Page<Row>> {
    const FROM: &str = "FROM account
        LEFT JOIN joiner ON joiner.account_id = account.account_id AND joiner.state = 'waits'
        WHERE (account.account_id IN (SELECT account_id FROM role_grant JOIN branch ON branch.org_id = role_grant.org_id)
            OR joiner.invitation_id IN (SELECT invitation_id FROM invitation JOIN branch ON branch.org_id = invitation.org_id))
          AND (?1 IS NULL OR instr(lower(account.login), lower(?1)) > 0 OR instr(account.name, ?1) > 0)";
    let with = branch.sql();
    let total: i64 =
        connection.query_row(&format!("{with} SELECT count(*) {FROM}"), [q], |row| row.get(0))?;
    let text = format!(
        "{with} SELECT account.account_id, account.id, account.login, account.name,
             (SELECT count(*) FROM replica WHERE replica.account_id = account.account_id),
             (SELECT max(last_seen_ms) FROM replica WHERE replica.account_id = account.account_id)
         {FROM} ORDER BY joiner.account_id IS NULL, account.login LIMIT ?2 OFFSET ?3"
    );
    let integer = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let mut found = connection.prepare(&text)?;
    let rows = found.query_map((q, integer(paging.size), integer(paging.skip())), |row| {
        let id = AccountId::from_bytes(row.get(1)?);
        Ok(Row {
            account_id: row.get(0)?,
            account: Account { id, login: row.get(2)?, name: row.get(3)? },
            devices: u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0),
            last_seen_ms: row.get::<_, Option<i64>>(5)?.filter(|ms| *ms > 0),
        })
    })?;
    let items = rows.collect::<rusqlite::Result<_>>()?;
    Ok(Page { items, total: u64::try_from(total).unwrap_or(0), page: paging.page, size: paging.size })
}
