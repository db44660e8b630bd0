//! Logging in, out, and asking who one is.

use super::entry::{self, Pass};
use super::factor::{self, By};
pub(crate) use super::hash;
use super::{COOKIE, COOKIE_LOOPBACK, Entrant, Kind, account, grant, is_loopback, is_own_origin};
use crate::extract::Json;
use crate::refuse::Refusal;
use crate::{App, audit, db, device, invitation, org, sight};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use rusqlite::Connection;
use serde_json::json;
use shared::audit::Act;
use shared::id::ReplicaId;
use shared::problem::Code;
use shared::stamp::DAY_MS;
use shared::wire::{LoginAnswer, LoginRequest, Scope};

/// How long a login of a phone or a script lasts, ms.
const LOGIN_MS: i64 = 180 * DAY_MS;
/// A push token outlives the phone.
const PUSH_MS: i64 = 3_650 * DAY_MS;
/// How long the desk's cookie lasts, ms.
const COOKIE_MS: i64 = 7 * DAY_MS;
/// Longest name of a device that is kept, characters.
const DEVICE_MAX_CHARS: usize = 100;

/// `POST /api/v1/login`
///
/// # Errors
/// `bad_credentials`, `second_factor_needed`, `second_factor_wrong`, `password_old`, `bad_value` for a new
/// password, `too_many` while the name has to wait, `origin_foreign`, `replica_foreign`, or the store's.
pub async fn post(
    State(app): State<App>,
    headers: HeaderMap,
    Json(request): Json<LoginRequest>,
) -> Result<Response, Refusal> {
    let LoginRequest { login, password, replica, device, cookie, code, new_password } = request;
    // Another site must not log its visitor in as somebody else.
    if cookie && headers.contains_key(header::ORIGIN) && !is_own_origin(&headers) {
        return Err(Code::OriginForeign.into());
    }
    let known = entry::known(&app, &login, password.clone()).await?;
    let pass = entry::pass(&app, known, code, (&password, new_password)).await?;
    let begun = if cookie {
        by_cookie(&app, &headers, (replica, device), move |connection, now_ms| {
            Ok((pass.account_id, pass.spend(connection, now_ms)?))
        })
        .await
    } else {
        by_token(&app, pass, replica, device).await
    };
    entry::let_in(&app, &login, begun).await
}

async fn by_token(
    app: &App,
    pass: Pass,
    replica: Option<ReplicaId>,
    device: Option<String>,
) -> Result<Response, Refusal> {
    let (token, push_token, now_ms) = (new_token()?, new_token()?, app.clock.now_ms());
    let who = app.db.write::<_, Refusal, _>(move |connection| {
        let by = pass.spend(connection, now_ms)?;
        let tokens = (token.as_str(), push_token.as_str());
        enter_by(connection, (pass.account_id, by), replica, device.as_deref(), tokens, now_ms)
    });
    let who = LoginAnswer { rescue_key: Some(app.rescue.public()), ..who.await? };
    Ok(axum::Json(who).into_response())
}

/// Logs the desk in: the answer sets the cookie. Whose login begins, and by which second factor, is said by
/// `whose`, in the transaction of the login.
///
/// # Errors
/// `replica_foreign`, those of `whose`, or the store's.
pub(crate) async fn by_cookie<F>(
    app: &App,
    headers: &HeaderMap,
    (replica, device): (Option<ReplicaId>, Option<String>),
    whose: F,
) -> Result<Response, Refusal>
where
    F: FnOnce(&Connection, i64) -> Result<(i64, Option<By>), Refusal> + Send + 'static,
{
    let (token, now_ms) = (new_token()?, app.clock.now_ms());
    let set = cookie_line(headers, &token, COOKIE_MS / 1_000);
    let who = app.db.write::<_, Refusal, _>(move |connection| {
        let (account_id, by) = whose(connection, now_ms)?;
        let replica_id = register(connection, account_id, replica, device.as_deref(), now_ms)?;
        let new = New { account_id, replica_id, kind: Kind::Cookie, ends_ms: now_ms + COOKIE_MS };
        keep(connection, &token, new, now_ms)?;
        note(connection, (account_id, by), Kind::Cookie, device.as_deref(), now_ms)?;
        answer(connection, account_id, now_ms)
    });
    Ok((AppendHeaders([set]), axum::Json(who.await?)).into_response())
}

/// Logs a phone or a script in whose password was right: its replica is registered, the hashes of
/// its tokens (for every call, for push alone) are kept. It must run inside one transaction.
///
/// # Errors
/// `replica_foreign`, or the store's.
pub fn enter(
    connection: &Connection,
    account_id: i64,
    replica: Option<ReplicaId>,
    device: Option<&str>,
    tokens: (&str, &str),
    now_ms: i64,
) -> Result<LoginAnswer, Refusal> {
    enter_by(connection, (account_id, None), replica, device, tokens, now_ms)
}

/// As [`enter`]; `by` is the second factor that was brought.
pub(crate) fn enter_by(
    connection: &Connection,
    (account_id, by): (i64, Option<By>),
    replica: Option<ReplicaId>,
    device: Option<&str>,
    (token, push_token): (&str, &str),
    now_ms: i64,
) -> Result<LoginAnswer, Refusal> {
    let replica_id = register(connection, account_id, replica, device, now_ms)?;
    let new = New { account_id, replica_id, kind: Kind::Login, ends_ms: now_ms + LOGIN_MS };
    keep(connection, token, new, now_ms)?;
    keep(connection, push_token, New { kind: Kind::Push, ends_ms: now_ms + PUSH_MS, ..new }, now_ms)?;
    note(connection, (account_id, by), Kind::Login, device, now_ms)?;
    let mut who = answer(connection, account_id, now_ms)?;
    (who.token, who.push_token) = (token.to_owned(), push_token.to_owned());
    if let Some(replica_id) = replica_id {
        who.others = device::others(connection, account_id, replica_id)?;
    }
    Ok(who)
}

/// Who logged in, how, by which second factor, and what the device calls itself.
fn note(
    connection: &Connection,
    (account_id, by): (i64, Option<By>),
    kind: Kind,
    device: Option<&str>,
    at_ms: i64,
) -> rusqlite::Result<()> {
    let device: Option<String> = device.map(|name| name.chars().take(DEVICE_MAX_CHARS).collect());
    let mut detail = json!({ "by": kind.word(), "device": device });
    if let Some(by) = by {
        detail["factor"] = json!(by.word());
    }
    let detail = detail.to_string();
    audit::add(
        connection,
        audit::New { at_ms, account_id: Some(account_id), act: Act::Login, detail: &detail },
    )
}

/// The row of the replica that logs in, if one does.
fn register(
    connection: &Connection,
    account_id: i64,
    replica: Option<ReplicaId>,
    device: Option<&str>,
    now_ms: i64,
) -> Result<Option<i64>, Refusal> {
    let Some(id) = replica else { return Ok(None) };
    let name: Option<String> = device.map(|name| name.chars().take(DEVICE_MAX_CHARS).collect());
    let own = account::replica(connection, account_id, id, name.as_deref())?;
    let replica_id = own.ok_or(Code::ReplicaForeign)?.replica_id;
    device::seen(connection, replica_id, now_ms)?;
    Ok(Some(replica_id))
}

/// `GET /api/v1/login`: who am I, without a token.
///
/// # Errors
/// `login_expired`, or the store's.
pub async fn get(
    State(app): State<App>,
    Entrant(caller): Entrant,
) -> Result<axum::Json<LoginAnswer>, Refusal> {
    let now_ms = app.clock.now_ms();
    app.db.read(move |connection| answer(connection, caller.account_id, now_ms)).await.map(axum::Json)
}

/// `DELETE /api/v1/login`: ends this login; a push token of the same phone lives on.
///
/// # Errors
/// `login_expired`, or the store's.
pub async fn delete(
    State(app): State<App>,
    headers: HeaderMap,
    Entrant(caller): Entrant,
) -> Result<Response, Refusal> {
    let ended = app.db.write::<_, Refusal, _>(move |connection| {
        connection.execute("DELETE FROM login WHERE token_hash = ?1", [caller.token_hash])?;
        Ok(())
    });
    ended.await?;
    if caller.kind == Kind::Cookie {
        let gone = cookie_line(&headers, "", 0);
        return Ok((StatusCode::NO_CONTENT, AppendHeaders([gone])).into_response());
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The scopes that the account may pull from the top now.
///
/// # Errors
/// A fault of the store.
pub fn granted(connection: &Connection, account_id: i64, now_ms: i64) -> rusqlite::Result<Vec<String>> {
    Ok(sight::scopes(connection, account_id, now_ms)?.iter().map(Scope::to_string).collect())
}

fn answer(connection: &Connection, account_id: i64, now_ms: i64) -> Result<LoginAnswer, Refusal> {
    Ok(LoginAnswer {
        token: String::new(),
        push_token: String::new(),
        account: account::load(connection, account_id)?,
        granted: granted(connection, account_id, now_ms)?,
        epoch: db::epoch(connection)?,
        server_ms: now_ms,
        others: Vec::new(),
        waits_for: match invitation::waits(connection, account_id)? {
            Some((org_id, _)) => Some(org::labels(connection, org_id)?.1),
            None => None,
        },
        rescue_key: None,
        admin: grant::is_admin(connection, account_id, now_ms)?,
        enrol: factor::missing(connection, account_id, now_ms)?,
        may: sight::may(connection, account_id, now_ms)?.iter().map(|may| may.wire().to_owned()).collect(),
    })
}

/// A login that begins.
#[derive(Clone, Copy)]
struct New {
    account_id: i64,
    replica_id: Option<i64>,
    kind: Kind,
    ends_ms: i64,
}

fn keep(connection: &Connection, token: &str, new: New, now_ms: i64) -> rusqlite::Result<()> {
    let New { account_id, replica_id, kind, ends_ms } = new;
    connection
        .prepare_cached(
            "INSERT INTO login (token_hash, account_id, replica_id, kind, created_ms, ends_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((hash(token), account_id, replica_id, kind.word(), now_ms, ends_ms))?;
    Ok(())
}

/// 256 random bits, as hex digits.
pub(crate) fn new_token() -> Result<String, Refusal> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "no randomness");
        Code::Internal
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn cookie_line(headers: &HeaderMap, token: &str, age_s: i64) -> (HeaderName, String) {
    let (name, secure) = if is_loopback(headers) { (COOKIE_LOOPBACK, "") } else { (COOKIE, "; Secure") };
    let line = format!("{name}={token}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}");
    (header::SET_COOKIE, line)
}
