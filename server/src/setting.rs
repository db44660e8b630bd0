//! What is set for the whole city, in the table of settings: the one source of truth for the desk, the
//! commands and whatever acts on it.

use crate::audit;
use crate::db::corrupt;
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};
use shared::audit::Act;
use shared::setting::{Key, SettingItem};

/// A setting as it stands.
///
/// # Errors
/// A fault of the store.
pub fn get(connection: &Connection, key: Key) -> rusqlite::Result<SettingItem> {
    let found: Option<(String, Option<i64>, Option<String>)> = connection
        .prepare_cached(
            "SELECT setting.value, setting.at_ms, account.login FROM setting
             LEFT JOIN account ON account.account_id = setting.account_id WHERE setting.name = ?1",
        )?
        .query_row([key.wire()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let key_word = key.wire().to_owned();
    let Some((text, at_ms, login)) = found else {
        return Ok(SettingItem { key: key_word, value: key.usual(), at_ms: None, login: None });
    };
    let value: Value = serde_json::from_str(&text).map_err(corrupt)?;
    Ok(SettingItem { key: key_word, value, at_ms, login })
}

/// Whether managers and admins cannot be without the second factor.
///
/// # Errors
/// A fault of the store.
pub fn second_factor(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(get(connection, Key::SecondFactor)?.value == true)
}

/// For how many days a password is good; none: for ever.
///
/// # Errors
/// A fault of the store.
pub fn password_days(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    Ok(get(connection, Key::PasswordDays)?.value.as_i64().filter(|days| *days > 0))
}

/// For how many months names are kept; none: for ever.
///
/// # Errors
/// A fault of the store.
pub fn retention_months(connection: &Connection) -> rusqlite::Result<Option<u32>> {
    let months = get(connection, Key::RetentionMonths)?.value.as_u64();
    Ok(months.and_then(|months| u32::try_from(months).ok()))
}

/// Sets it, and notes that with what stood before in the audit; `account_id` is none of a command. Whoever
/// calls has seen that the key takes the value. It must run inside one transaction.
///
/// # Errors
/// A fault of the store.
pub fn set(
    connection: &Connection,
    key: Key,
    value: &Value,
    account_id: Option<i64>,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let old = get(connection, key)?.value;
    connection
        .prepare_cached(
            "INSERT INTO setting (name, value, at_ms, account_id) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (name) DO UPDATE SET
                 value = excluded.value, at_ms = excluded.at_ms, account_id = excluded.account_id",
        )?
        .execute((key.wire(), value.to_string(), now_ms, account_id))?;
    let detail = json!({ "key": key.wire(), "old": old, "new": value }).to_string();
    audit::add(connection, audit::New { at_ms: now_ms, account_id, act: Act::Setting, detail: &detail })
}
