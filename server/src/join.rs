//! `/api/v1/join` and `/api/v1/enter`: links that were given out are used, once, by a POST alone.

use crate::access::account;
use crate::access::{entry, factor, grant, is_own_origin, login};
use crate::extract::Json;
use crate::invitation::{self, Found, Kind};
use crate::refuse::Refusal;
use crate::{App, audit};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use rusqlite::Connection;
use shared::audit::Act;
use shared::id::ReplicaId;
use shared::invite::{EnterRequest, JoinRequest};
use shared::person::NAME_MAX_CHARS;
use shared::problem::Code;
use shared::wire::LoginAnswer;

/// A phone whose answer was lost may come again with a link that it has used up, for so long, ms.
const AGAIN_MS: i64 = 15 * 60_000;
/// How often a login name is drawn before it is given up.
const DRAWS: usize = 8;

/// Makes an organizer's account and login from an invitation, or logs a new phone of an account in.
///
/// # Errors
/// `invite_ended`, `bad_value` for a name, `replica_foreign`, or the store's.
pub async fn join(
    State(app): State<App>,
    Json(asked): Json<JoinRequest>,
) -> Result<axum::Json<LoginAnswer>, Refusal> {
    let (token, push_token) = (login::new_token()?, login::new_token()?);
    let names: Vec<String> = (0..DRAWS).map(|_| login_name()).collect::<Result<_, _>>()?;
    let joined = app.write(move |conn, now_ms| {
        let account_id = used(conn, &asked, &names, now_ms)?;
        let (replica, device) = (Some(asked.replica), asked.device.as_deref());
        login::enter(conn, account_id, replica, device, (&token, &push_token), now_ms)
    });
    Ok(axum::Json(LoginAnswer { rescue_key: Some(app.rescue.public()), ..joined.await? }))
}

/// Uses a link up; says whose login begins by it.
fn used(conn: &Connection, asked: &JoinRequest, names: &[String], now_ms: i64) -> Result<i64, Refusal> {
    let found = invitation::find(conn, login::hash(&asked.invite))?.ok_or(Code::InviteEnded)?;
    if let (Kind::Phone, Some(account_id)) = (found.kind, found.account_id)
        && factor::since(conn, account_id)?.is_some()
    {
        // Of before there was a second factor: a link is none.
        return Err(Code::InviteEnded.into());
    }
    if let Some(account_id) = again(conn, &found, asked.replica, now_ms)? {
        return Ok(account_id);
    }
    if !found.is_good(now_ms) {
        return Err(Code::InviteEnded.into());
    }
    let account_id = match (found.kind, found.account_id) {
        (Kind::Join, _) => let_in(conn, &found, &asked.name, names, now_ms)?,
        (Kind::Phone, Some(account_id)) => account_id,
        _ => return Err(Code::InviteEnded.into()),
    };
    invitation::use_up(conn, found.invitation_id, now_ms)?;
    Ok(account_id)
}

/// The account as which this phone has used the link a moment ago, whose answer it may not have got.
fn again(conn: &Connection, found: &Found, replica: ReplicaId, now_ms: i64) -> rusqlite::Result<Option<i64>> {
    if !found.was_used_within(now_ms, AGAIN_MS) {
        return Ok(None);
    }
    match (found.kind, found.account_id) {
        (Kind::Join, _) => invitation::joined_as(conn, found.invitation_id, replica),
        (Kind::Phone, Some(account_id)) => {
            Ok(account::owner(conn, replica)?.filter(|owner| *owner == account_id))
        }
        _ => Ok(None),
    }
}

fn let_in(
    conn: &Connection,
    found: &Found,
    name: &str,
    names: &[String],
    now_ms: i64,
) -> Result<i64, Refusal> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX_CHARS || name.chars().any(char::is_control) {
        return Err(Refusal::bad_value(format!(
            "姓名不能为空，最多 {NAME_MAX_CHARS} 个字 / a name has 1 to {NAME_MAX_CHARS} characters"
        )));
    }
    for login in names {
        // Without a password: nobody can log in by one until one is set.
        let new = account::New { login, name, password_hash: "" };
        if let Some(account_id) = invitation::join(conn, found, new, now_ms)? {
            let detail = serde_json::json!({ "login": login, "uses": found.uses }).to_string();
            let act = Act::Join;
            audit::add(
                conn,
                audit::New { at_ms: now_ms, account_id: Some(account_id), act, detail: &detail },
            )?;
            return Ok(account_id);
        }
    }
    Err(Code::Busy.into())
}

/// A login name that nobody has to remember: short, and told apart when it is read out.
fn login_name() -> Result<String, Refusal> {
    const LETTERS: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
    let mut bytes = [0_u8; 6];
    getrandom::fill(&mut bytes).map_err(|_| Code::Internal)?;
    let letters = bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
    Ok(format!("p-{}", letters.collect::<String>()))
}

/// Sets a password by a link, ends all logins of before, and logs in at the desk.
///
/// # Errors
/// `invite_ended`, `second_factor_needed`, `second_factor_wrong`, `bad_value` for a password, `too_many`, or the
/// store's.
pub async fn enter(
    State(app): State<App>,
    headers: HeaderMap,
    Json(asked): Json<EnterRequest>,
) -> Result<Response, Refusal> {
    if headers.contains_key(header::ORIGIN) && !is_own_origin(&headers) {
        return Err(Code::OriginForeign.into());
    }
    let token_hash = login::hash(&asked.token);
    let now_ms = app.clock.now_ms();
    let whose = app.db.read::<_, Refusal, _>(move |conn| {
        let account_id = password_link(conn, token_hash, now_ms)?.1;
        let account = account::load(conn, account_id)?;
        Ok((account, factor::since(conn, account_id)?.is_some()))
    });
    let (account, guarded) = whose.await?;
    let login = account.login.clone();
    if guarded && asked.code.as_deref().is_none_or(|code| code.trim().is_empty()) {
        return Err(Code::SecondFactorNeeded.into());
    }
    let password_hash = app.hashing.fresh(asked.password, [account.login, account.name]).await?;
    if guarded {
        app.throttle.guess(&login, app.clock.now_ms()).map_err(Refusal::too_many)?;
    }
    let entered = login::by_cookie(&app, &headers, (None, None), move |conn, now_ms| {
        // Somebody else may have been faster.
        let (invitation_id, account_id) = password_link(conn, token_hash, now_ms)?;
        let by = entry::spend(conn, account_id, asked.code.as_deref(), now_ms)?;
        invitation::use_up(conn, invitation_id, now_ms)?;
        account::set_password(conn, account_id, &password_hash, None, now_ms)?;
        let (act, detail) = (Act::Link, "password");
        audit::add(conn, audit::New { at_ms: now_ms, account_id: Some(account_id), act, detail })?;
        Ok((account_id, by))
    });
    let entered = entered.await;
    if guarded { entry::let_in(&app, &login, entered).await } else { entered }
}

/// The rows of a link to set a password by, and of its account.
fn password_link(conn: &Connection, token_hash: [u8; 32], now_ms: i64) -> Result<(i64, i64), Refusal> {
    let found = invitation::find(conn, token_hash)?;
    let found = found.filter(|found| found.kind == Kind::Password && found.is_good(now_ms));
    let found = found.ok_or(Code::InviteEnded)?;
    Ok((found.invitation_id, found.account_id.ok_or(Code::InviteEnded)?))
}

/// Whether anybody may give the account links: whoever manages everything that it has a right on.
///
/// # Errors
/// A fault of the store.
pub(crate) fn may_link(
    conn: &Connection,
    asker_id: i64,
    account_id: i64,
    now_ms: i64,
) -> rusqlite::Result<bool> {
    let roots = grant::roots(conn, asker_id, grant::Role::MANAGES, now_ms)?;
    let admin = grant::is_admin(conn, asker_id, now_ms)?;
    let mut some = false;
    for grant in
        grant::of(conn, account_id)?.iter().filter(|grant| grant.until_ms.is_none_or(|ms| ms > now_ms))
    {
        some = true;
        if !grant::covers(conn, &roots, grant.org_id)? || (grant.role == grant::Role::Admin && !admin) {
            return Ok(false);
        }
    }
    Ok(some)
}
