//! What has to be right before somebody is let in: the password, how old it is, and the second factor.

use super::{account, factor};
use crate::refuse::Refusal;
use crate::{App, audit, setting};
use rusqlite::Connection;
use serde_json::json;
use shared::audit::Act;
use shared::problem::Code;
use shared::stamp::DAY_MS;

/// An account whose password was right.
pub(crate) struct Known {
    pub(crate) account_id: i64,
    pub(crate) login: String,
    pub(crate) name: String,
    password_hash: String,
    /// Its second factor is on.
    pub(crate) factor: bool,
    /// The password is older than a password may be.
    old: bool,
}

fn find(connection: &Connection, login: &str, now_ms: i64) -> rusqlite::Result<Option<Known>> {
    let Some((account_id, password_hash)) = account::by_login(connection, login)? else { return Ok(None) };
    let made_ms = account::password_ms(connection, account_id)?;
    let old = match (setting::password_days(connection)?, made_ms) {
        (Some(days), Some(made_ms)) => now_ms - made_ms > days * DAY_MS,
        _ => false,
    };
    let factor = factor::since(connection, account_id)?.is_some();
    let account = account::load(connection, account_id)?;
    Ok(Some(Known { account_id, login: account.login, name: account.name, password_hash, factor, old }))
}

/// The account of this name and password. Until [`let_in`] says otherwise it was a guess.
///
/// # Errors
/// `bad_credentials`, `too_many` while the name has to wait, or the store's.
pub(crate) async fn known(app: &App, login: &str, password: String) -> Result<Known, Refusal> {
    let now_ms = app.clock.now_ms();
    app.throttle.guess(login, now_ms).map_err(Refusal::too_many)?;
    let typed = login.to_owned();
    let found = app.db.read::<_, Refusal, _>(move |c| Ok(find(c, &typed, now_ms)?)).await?;
    let hash = found.as_ref().map(|known| known.password_hash.clone());
    let right = app.hashing.check(password, hash).await?;
    let there = found.is_some();
    match found.filter(|_| right) {
        Some(known) => Ok(known),
        None => {
            let detail = there.then(|| json!({ "login": login }));
            Err(refuse(app, detail, Code::BadCredentials).await)
        }
    }
}

/// What goes on inside the transaction of a login.
pub(crate) struct Pass {
    pub(crate) account_id: i64,
    /// The code that is to be taken; none of an account without a second factor.
    code: Option<String>,
    /// The hash of a password that takes the place of the one before.
    new_hash: Option<String>,
}

/// Whether nothing but the code's being right is missing; that is seen by [`Pass::spend`].
///
/// # Errors
/// `second_factor_needed`, `password_old`, `bad_value` for the new password, or the store's.
pub(crate) async fn pass(
    app: &App,
    known: Known,
    code: Option<String>,
    (password, new_password): (&str, Option<String>),
) -> Result<Pass, Refusal> {
    if !known.factor {
        app.throttle.right(&known.login);
    }
    let code = code.filter(|code| !code.trim().is_empty()).filter(|_| known.factor);
    if known.factor && code.is_none() {
        return Err(Code::SecondFactorNeeded.into());
    }
    let new_hash = match new_password {
        Some(new) if new == password => {
            return Err(Refusal::bad_value("新密码和旧密码一样 / the new password is the old one"));
        }
        Some(new) => Some(app.hashing.fresh(new, [known.login, known.name]).await?),
        None if known.old => return Err(Code::PasswordOld.into()),
        None => None,
    };
    Ok(Pass { account_id: known.account_id, code, new_hash })
}

impl Pass {
    /// Takes the code for once, and sets the new password.
    ///
    /// # Errors
    /// `second_factor_wrong`, or the store's.
    pub(crate) fn spend(&self, connection: &Connection, now_ms: i64) -> Result<Option<factor::By>, Refusal> {
        let by = spend(connection, self.account_id, self.code.as_deref(), now_ms)?;
        if let Some(hash) = &self.new_hash {
            account::set_password(connection, self.account_id, hash, None, now_ms)?;
            let (act, detail) = (Act::Password, r#"{"at":"login"}"#);
            let account_id = Some(self.account_id);
            audit::add(connection, audit::New { at_ms: now_ms, account_id, act, detail })?;
        }
        Ok(by)
    }
}

/// Takes the code of an account whose second factor is on. What was switched on or off since somebody looked
/// counts as it is now.
///
/// # Errors
/// `second_factor_needed`, `second_factor_wrong`, or the store's.
pub(crate) fn spend(
    connection: &Connection,
    account_id: i64,
    code: Option<&str>,
    now_ms: i64,
) -> Result<Option<factor::By>, Refusal> {
    if factor::since(connection, account_id)?.is_none() {
        return Ok(None);
    }
    let code = code.map(str::trim).filter(|code| !code.is_empty()).ok_or(Code::SecondFactorNeeded)?;
    Ok(Some(factor::spend(connection, account_id, code, now_ms)?.ok_or(Code::SecondFactorWrong)?))
}

/// Says how it came out: what was a guess so far was none, or the code was wrong, which is noted.
///
/// # Errors
/// Those of the outcome.
pub(crate) async fn let_in<T>(app: &App, login: &str, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
    match outcome {
        Err(refusal) if refusal.code == Code::SecondFactorWrong => {
            let detail = json!({ "login": login, "factor": "wrong" });
            Err(refuse(app, Some(detail), Code::SecondFactorWrong).await)
        }
        outcome => {
            // Whose phone it was is looked at last: all that could be guessed was right.
            if outcome.as_ref().err().is_none_or(|refusal| refusal.code == Code::ReplicaForeign) {
                app.throttle.right(login);
            }
            outcome
        }
    }
}

/// Notes a login that is refused. A name that no account has stays out: it may be a password, typed
/// into the wrong field.
async fn refuse(app: &App, detail: Option<serde_json::Value>, code: Code) -> Refusal {
    let at_ms = app.clock.now_ms();
    if detail.is_none() && !app.throttle.strange_is_noted(at_ms) {
        tracing::warn!("many logins are refused under names that no account has");
        return code.into();
    }
    let detail = detail.map_or_else(|| "{}".to_owned(), |detail| detail.to_string());
    let noted = app.db.write::<_, Refusal, _>(move |connection| {
        let new = audit::New { at_ms, account_id: None, act: Act::LoginRefused, detail: &detail };
        Ok(audit::add(connection, new)?)
    });
    noted.await.err().unwrap_or_else(|| code.into())
}
