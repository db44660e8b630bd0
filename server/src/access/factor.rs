//! The second factor (两步验证): codes of an app (TOTP, RFC 6238) and recovery codes, each taken once.

use super::grant::{self, Role};
use super::hash;
use crate::setting;
use rusqlite::{Connection, OptionalExtension};
use shared::me::{CODE_DIGITS, RECOVERY_CODES};
use totp_rs::{Algorithm, Builder, Secret, Totp};

/// Bytes of a secret: as many as SHA-1 gives.
pub(crate) const SECRET_BYTES: usize = 20;
/// Seconds of a step; apps know no other number.
const STEP_S: u64 = 30;
/// Steps before and after now whose codes are taken: clocks differ, and typing takes time.
const SKEW: u16 = 1;
/// Signs of a recovery code that are not taken for each other when they are read out.
const SIGNS: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
/// Signs of a recovery code: 59 random bits.
const RECOVERY_SIGNS: usize = 12;

/// What was brought as the second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// A code of the app.
    App,
    /// A recovery code.
    Recovery,
}

impl By {
    /// The word in the audit.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Recovery => "recovery",
        }
    }
}

fn totp(secret: [u8; SECRET_BYTES]) -> Totp {
    // All values are ours, so that there is nothing to check.
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(CODE_DIGITS)
        .with_skew(SKEW)
        .with_step_duration(STEP_S)
        .with_secret(Secret::new_stack(secret))
        .build_noncompliant()
}

/// The step whose code this is, if it is one of now, of the step before or of the one after.
fn step_of(secret: [u8; SECRET_BYTES], code: &str, now_ms: i64) -> Option<i64> {
    let now_s = u64::try_from(now_ms / 1_000).ok()?;
    totp(secret).check(code, now_s).and_then(|step| i64::try_from(step).ok())
}

/// The secret as people type it.
pub(crate) fn text(secret: [u8; SECRET_BYTES]) -> String {
    Secret::new_stack(secret).to_base32()
}

/// The secret as an app scans it.
pub(crate) fn url(secret: [u8; SECRET_BYTES], login: &str) -> String {
    let text = text(secret);
    let login: String = login.bytes().map(escaped).collect();
    format!(
        "otpauth://totp/Jiangdao:{login}?secret={text}&issuer=Jiangdao&algorithm=SHA1&digits={CODE_DIGITS}&period={STEP_S}"
    )
}

fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// Recovery codes as they are shown.
///
/// # Errors
/// The machine gave no randomness.
pub(crate) fn recovery_codes() -> Result<Vec<String>, getrandom::Error> {
    (0..RECOVERY_CODES).map(|_| recovery_code()).collect()
}

fn recovery_code() -> Result<String, getrandom::Error> {
    // Every sign is as likely as every other: bytes above the last whole round of them are passed over.
    const WHOLE: u8 = u8::MAX - u8::MAX % SIGNS.len() as u8;
    let mut code = String::new();
    let mut count = 0;
    while count < RECOVERY_SIGNS {
        let mut byte = [0_u8];
        getrandom::fill(&mut byte)?;
        if byte[0] < WHOLE {
            if count > 0 && count % 4 == 0 {
                code.push('-');
            }
            code.push(char::from(SIGNS[usize::from(byte[0]) % SIGNS.len()]));
            count += 1;
        }
    }
    Ok(code)
}

/// A code without what people put between its signs.
fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|sign| sign.to_ascii_lowercase()).collect()
}

/// Since when the account's second factor is on, ms; none: it is not.
///
/// # Errors
/// A fault of the store.
pub(crate) fn since(connection: &Connection, account_id: i64) -> rusqlite::Result<Option<i64>> {
    let since: Option<Option<i64>> = connection
        .prepare_cached("SELECT since_ms FROM second_factor WHERE account_id = ?1")?
        .query_row([account_id], |row| row.get(0))
        .optional()?;
    Ok(since.flatten())
}

/// Recovery codes that were not used yet.
///
/// # Errors
/// A fault of the store.
pub(crate) fn recovery_left(connection: &Connection, account_id: i64) -> rusqlite::Result<u32> {
    connection
        .prepare_cached("SELECT count(*) FROM recovery_code WHERE account_id = ?1 AND used_ms IS NULL")?
        .query_row([account_id], |row| row.get(0))
}

/// Whether the account cannot be without the second factor: it is set so, and it administers something.
///
/// # Errors
/// A fault of the store.
pub(crate) fn demanded(connection: &Connection, account_id: i64, now_ms: i64) -> rusqlite::Result<bool> {
    Ok(setting::second_factor(connection)?
        && !grant::roots(connection, account_id, Role::MANAGES, now_ms)?.is_empty())
}

/// Whether it is demanded and not there.
///
/// # Errors
/// A fault of the store.
pub(crate) fn missing(connection: &Connection, account_id: i64, now_ms: i64) -> rusqlite::Result<bool> {
    Ok(demanded(connection, account_id, now_ms)? && since(connection, account_id)?.is_none())
}

/// Keeps a secret that is good for nothing until a code confirms it, in the place of one that nobody
/// confirmed; says whether there was none that is on.
///
/// # Errors
/// A fault of the store.
pub(crate) fn begin(
    connection: &Connection,
    account_id: i64,
    secret: [u8; SECRET_BYTES],
    now_ms: i64,
) -> rusqlite::Result<bool> {
    let kept = connection
        .prepare_cached(
            "INSERT INTO second_factor (account_id, secret, made_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, made_ms = excluded.made_ms
             WHERE since_ms IS NULL",
        )?
        .execute((account_id, secret, now_ms))?;
    Ok(kept > 0)
}

/// Switches on what was begun, with these recovery codes, if the code is right.
///
/// # Errors
/// A fault of the store.
pub(crate) fn confirm(
    connection: &Connection,
    account_id: i64,
    code: &str,
    recovery: &[String],
    now_ms: i64,
) -> rusqlite::Result<bool> {
    let begun: Option<[u8; SECRET_BYTES]> = connection
        .prepare_cached("SELECT secret FROM second_factor WHERE account_id = ?1 AND since_ms IS NULL")?
        .query_row([account_id], |row| row.get(0))
        .optional()?;
    let Some(step) = begun.and_then(|secret| step_of(secret, &plain(code), now_ms)) else { return Ok(false) };
    connection
        .prepare_cached("UPDATE second_factor SET since_ms = ?2, step = ?3 WHERE account_id = ?1")?
        .execute((account_id, now_ms, step))?;
    for code in recovery {
        connection
            .prepare_cached("INSERT INTO recovery_code (account_id, code_hash) VALUES (?1, ?2)")?
            .execute((account_id, hash(&plain(code))))?;
    }
    Ok(true)
}

/// Takes a code for once: of the app, later than every one that was taken before, or a recovery code.
/// None: it is neither.
///
/// # Errors
/// A fault of the store.
pub(crate) fn spend(
    connection: &Connection,
    account_id: i64,
    code: &str,
    now_ms: i64,
) -> rusqlite::Result<Option<By>> {
    let secret: Option<[u8; SECRET_BYTES]> = connection
        .prepare_cached("SELECT secret FROM second_factor WHERE account_id = ?1 AND since_ms IS NOT NULL")?
        .query_row([account_id], |row| row.get(0))
        .optional()?;
    let Some(secret) = secret else { return Ok(None) };
    let code = plain(code);
    if let Some(step) = step_of(secret, &code, now_ms) {
        let later = connection
            .prepare_cached("UPDATE second_factor SET step = ?2 WHERE account_id = ?1 AND step < ?2")?
            .execute((account_id, step))?;
        return Ok((later > 0).then_some(By::App));
    }
    let used = connection
        .prepare_cached(
            "UPDATE recovery_code SET used_ms = ?3
             WHERE account_id = ?1 AND code_hash = ?2 AND used_ms IS NULL",
        )?
        .execute((account_id, hash(&code), now_ms))?;
    Ok((used > 0).then_some(By::Recovery))
}

/// Switches it off, its recovery codes with it; says whether it was on.
///
/// # Errors
/// A fault of the store.
pub(crate) fn end(connection: &Connection, account_id: i64) -> rusqlite::Result<bool> {
    let on = since(connection, account_id)?.is_some();
    for table in ["recovery_code", "second_factor"] {
        connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE account_id = ?1"))?
            .execute([account_id])?;
    }
    Ok(on)
}

#[cfg(test)]
mod tests;
