//! `/api/v1/me`: one's own account (我的账号), with its second factor and its password.

use crate::access::factor::{self, SECRET_BYTES};
use crate::access::{Entrant, account, entry};
use crate::extract::Json as Body;
use crate::refuse::Refusal;
use crate::{App, audit};
use axum::Json;
use axum::extract::State;
use rusqlite::Connection;
use serde_json::{Value, json};
use shared::audit::Act;
use shared::me::{FactorConfirm, FactorEnd, FactorNew, Me, PasswordChange, RecoveryCodes};
use shared::problem::Code;

/// Answers with how the account stands.
///
/// # Errors
/// `login_expired`, or the store's.
pub async fn get(State(app): State<App>, Entrant(caller): Entrant) -> Result<Json<Me>, Refusal> {
    let (account_id, now_ms) = (caller.account_id, app.clock.now_ms());
    let me = app.db.read::<_, Refusal, _>(move |conn| {
        Ok(Me {
            account: account::load(conn, account_id)?,
            factor_ms: factor::since(conn, account_id)?,
            recovery_left: factor::recovery_left(conn, account_id)?,
            demanded: factor::demanded(conn, account_id, now_ms)?,
            password_ms: account::password_ms(conn, account_id)?,
        })
    });
    me.await.map(Json)
}

/// Makes a secret for an app; the answer is the only time that it is told.
///
/// # Errors
/// `bad_value` where a second factor is on already, or the store's.
pub async fn begin_factor(
    State(app): State<App>,
    Entrant(caller): Entrant,
) -> Result<Json<FactorNew>, Refusal> {
    let mut secret = [0_u8; SECRET_BYTES];
    getrandom::fill(&mut secret).map_err(|error| no_randomness(&error))?;
    let begun = app.write(move |conn, now_ms| {
        if !factor::begin(conn, caller.account_id, secret, now_ms)? {
            return Err(Refusal::bad_value("两步验证已经启用，请先关闭 / it is on: switch it off first"));
        }
        let login = account::load(conn, caller.account_id)?.login;
        Ok(FactorNew { secret: factor::text(secret), url: factor::url(secret, &login) })
    });
    begun.await.map(Json)
}

/// Switches on what was begun, once the app shows the right code.
///
/// # Errors
/// `second_factor_wrong`, or the store's.
pub async fn confirm_factor(
    State(app): State<App>,
    Entrant(caller): Entrant,
    Body(asked): Body<FactorConfirm>,
) -> Result<Json<RecoveryCodes>, Refusal> {
    let codes = factor::recovery_codes().map_err(|error| no_randomness(&error))?;
    let confirmed = app.write(move |conn, now_ms| {
        if !factor::confirm(conn, caller.account_id, &asked.code, &codes, now_ms)? {
            return Err(Refusal::from(Code::SecondFactorWrong));
        }
        note(conn, caller.account_id, Act::FactorOn, now_ms)?;
        Ok(RecoveryCodes { codes })
    });
    confirmed.await.map(Json)
}

/// Switches the own second factor off.
///
/// # Errors
/// `bad_credentials`, `second_factor_needed`, `second_factor_wrong`, `too_many` after wrong ones, `not_found`
/// where it is not on, or the store's.
pub async fn end_factor(
    State(app): State<App>,
    Entrant(caller): Entrant,
    Body(asked): Body<FactorEnd>,
) -> Result<Json<Value>, Refusal> {
    let login = login_of(&app, caller.account_id).await?;
    let known = entry::known(&app, &login, asked.password).await?;
    let ended = app.write(move |conn, now_ms| {
        entry::spend(conn, known.account_id, Some(&asked.code), now_ms)?;
        if !factor::end(conn, known.account_id)? {
            return Err(Refusal::from(Code::NotFound));
        }
        note(conn, known.account_id, Act::FactorOff, now_ms)?;
        Ok(json!({}))
    });
    entry::let_in(&app, &login, ended.await).await.map(Json)
}

/// Changes the own password, and ends every other login.
///
/// # Errors
/// `bad_credentials`, `bad_value` for the new one, `too_many` after wrong ones, or the store's.
pub async fn change_password(
    State(app): State<App>,
    Entrant(caller): Entrant,
    Body(asked): Body<PasswordChange>,
) -> Result<Json<Value>, Refusal> {
    let login = login_of(&app, caller.account_id).await?;
    let PasswordChange { old, new } = asked;
    let same = old == new;
    let known = entry::known(&app, &login, old).await?;
    // With a second factor the code could be guessed as well, which this does not ask for.
    if !known.factor {
        app.throttle.right(&login);
    }
    if same {
        return Err(Refusal::bad_value("新密码和旧密码一样 / the new password is the old one"));
    }
    let hash = app.hashing.fresh(new, [known.login, known.name]).await?;
    let changed = app.write(move |conn, now_ms| {
        account::set_password(conn, known.account_id, &hash, Some(caller.token_hash), now_ms)?;
        note(conn, known.account_id, Act::Password, now_ms)?;
        Ok::<_, Refusal>(json!({}))
    });
    changed.await.map(Json)
}

async fn login_of(app: &App, account_id: i64) -> Result<String, Refusal> {
    let account = app.db.read::<_, Refusal, _>(move |conn| Ok(account::load(conn, account_id)?));
    Ok(account.await?.login)
}

/// What somebody did with their own account.
fn note(conn: &Connection, account_id: i64, act: Act, at_ms: i64) -> rusqlite::Result<()> {
    let detail = json!({ "login": account::load(conn, account_id)?.login }).to_string();
    audit::add(conn, audit::New { at_ms, account_id: Some(account_id), act, detail: &detail })
}

fn no_randomness(error: &getrandom::Error) -> Refusal {
    tracing::error!(%error, "no randomness");
    Code::Internal.into()
}
