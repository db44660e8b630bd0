//! Who is asking: logins by token or cookie, and what the grants behind them allow.

pub mod account;
pub(crate) mod entry;
pub(crate) mod factor;
pub mod grant;
pub mod login;
pub mod password;
pub(crate) mod read_token;

pub use password::Hashing;

use crate::App;
use crate::extract::{is_json, is_octets};
use crate::refuse::Refusal;
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::{HeaderMap, Method, header, request::Parts};
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::id::AccountId;
use shared::problem::Code;

/// The cookie's name where the connection is known to be safe.
const COOKIE: &str = "__Host-jiangdao";
/// The cookie's name on a loopback address without TLS.
const COOKIE_LOOPBACK: &str = "jiangdao";

/// How a login came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A token for every call.
    Login,
    /// A token good for push alone.
    Push,
    /// The desk's cookie.
    Cookie,
    /// A read token: a script reads by it, and nothing else.
    Read,
}

impl Kind {
    /// The word in the table.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Push => "push",
            Self::Cookie => "cookie",
            Self::Read => "read",
        }
    }

    fn from_word(word: &str) -> Self {
        match word {
            "login" => Self::Login,
            "cookie" => Self::Cookie,
            // Whatever else the table may say one day is good for the least.
            _ => Self::Push,
        }
    }
}

/// A login that stands: what handlers of staff and phones take as an argument.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account's row.
    pub account_id: i64,
    /// The account.
    pub account: AccountId,
    /// How it logged in.
    pub kind: Kind,
    /// Row of the replica that it logged in, if one did.
    pub replica_id: Option<i64>,
    pub(crate) token_hash: [u8; 32],
    /// Row of the org that a read token is for: nothing outside is seen by it, and nobody by name.
    pub(crate) only: Option<i64>,
}

impl Caller {
    /// The same, where its token is good for more than push.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn beyond_push(self) -> Result<Self, Refusal> {
        match self.kind {
            Kind::Push => Err(Refusal::new(Code::Forbidden, "this token is good for push alone")),
            Kind::Read => {
                Err(Refusal::new(Code::Forbidden, "this token is good for reading figures and lists alone"))
            }
            Kind::Login | Kind::Cookie => Ok(self),
        }
    }
}

/// A login of somebody who may still have to set up the second factor: for that, for pull, and for logging out.
#[derive(Debug, Clone)]
pub struct Entrant(pub Caller);

/// A login that stands, or a read token: what handlers take of which scripts may read the answer.
#[derive(Debug, Clone)]
pub struct Reader(pub Caller);

/// A login that may push: a push token is enough.
#[derive(Debug, Clone)]
pub struct Pusher(pub Caller);

/// Whoever brings a token that stands, whatever it is good for.
struct Known(Caller);

impl FromRequestParts<App> for Known {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let (token, by_cookie) = token(&parts.headers)?;
        if by_cookie {
            own_page(&parts.method, &parts.headers)?;
        }
        let now_ms = app.clock.now_ms();
        let caller = app.db.read(move |c| known(c, &token, by_cookie, now_ms)).await?;
        app.throttle.request(caller.token_hash, now_ms).map_err(Refusal::too_many)?;
        Ok(Self(caller))
    }
}

impl FromRequestParts<App> for Entrant {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Known(caller) = Known::from_request_parts(parts, app).await?;
        caller.beyond_push().map(Self)
    }
}

impl FromRequestParts<App> for Pusher {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Known(caller) = Known::from_request_parts(parts, app).await?;
        if caller.kind == Kind::Read { caller.beyond_push().map(Self) } else { Ok(Self(caller)) }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Known(caller) = Known::from_request_parts(parts, app).await?;
        standing(caller, app).await
    }
}

/// The caller, where its token is good for more than one thing and its account needs no second factor more.
async fn standing(caller: Caller, app: &App) -> Result<Caller, Refusal> {
    let caller = caller.beyond_push()?;
    let (account_id, now_ms) = (caller.account_id, app.clock.now_ms());
    let missing = app.db.read::<_, Refusal, _>(move |c| Ok(factor::missing(c, account_id, now_ms)?));
    if missing.await? {
        return Err(Code::SecondFactorMissing.into());
    }
    Ok(caller)
}

impl FromRequestParts<App> for Reader {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let Known(caller) = Known::from_request_parts(parts, app).await?;
        if caller.kind != Kind::Read {
            return standing(caller, app).await.map(Self);
        }
        // Whatever else a handler may do: a script reads.
        if parts.method != Method::GET && parts.method != Method::HEAD {
            return caller.beyond_push().map(Self);
        }
        read_token::used(app, &caller).await?;
        Ok(Self(caller))
    }
}

/// The token that a request carries, and whether in a cookie. A request with Authorization
/// ignores cookies.
fn token(headers: &HeaderMap) -> Result<(String, bool), Refusal> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().unwrap_or_default();
        let token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let (_, token) = token.ok_or(Code::LoginExpired)?;
        return Ok((token.trim().to_owned(), false));
    }
    let name = if is_loopback(headers) { COOKIE_LOOPBACK } else { COOKIE };
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let found = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name);
    found.map(|(_, token)| (token.to_owned(), true)).ok_or(Code::LoginExpired.into())
}

/// A write that carries a cookie must come from a page of ours.
fn own_page(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    if method == Method::GET || method == Method::HEAD {
        return Ok(());
    }
    if !is_own_origin(headers) {
        return Err(Code::OriginForeign.into());
    }
    // A form on another site can send neither JSON nor plain bytes; a DELETE has no body, and no
    // form sends one.
    if method != Method::DELETE && !is_json(headers) && !is_octets(headers) {
        return Err(Code::NotJson.into());
    }
    Ok(())
}

/// Whether the request says that it came from a page of this very host.
pub(crate) fn is_own_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_some() && origin == text(header::HOST)
}

/// Whether the page was asked for by a loopback address, where there is no TLS to demand.
fn is_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address: Option<std::net::IpAddr> = name.parse().ok();
    name.eq_ignore_ascii_case("localhost") || address.is_some_and(|address| address.is_loopback())
}

/// What is kept of a token.
pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The login behind a bearer token; [`Caller::beyond_push`] says whether it may do more than push.
///
/// # Errors
/// `login_expired`, or the store's.
pub fn who(connection: &Connection, token: &str, now_ms: i64) -> Result<Caller, Refusal> {
    known(connection, token, false, now_ms)
}

/// A token does not become another kind by the way it is sent.
fn known(connection: &Connection, token: &str, by_cookie: bool, now_ms: i64) -> Result<Caller, Refusal> {
    let found = find(connection, &hash(token), now_ms)?;
    let caller = found.filter(|caller| by_cookie == (caller.kind == Kind::Cookie));
    Ok(caller.ok_or(Code::LoginExpired)?)
}

/// Who is meant by a login name, for which the operator vouches where no token can; good for push
/// alone.
///
/// # Errors
/// A fault of the store.
pub fn vouched(connection: &Connection, login: &str) -> rusqlite::Result<Option<Caller>> {
    connection
        .prepare_cached("SELECT account_id, id FROM account WHERE login = ?1")?
        .query_row([login], |row| {
            Ok(Caller {
                account_id: row.get(0)?,
                account: AccountId::from_bytes(row.get(1)?),
                kind: Kind::Push,
                replica_id: None,
                token_hash: [0; 32],
                only: None,
            })
        })
        .optional()
}

fn find(connection: &Connection, hash: &[u8; 32], now_ms: i64) -> rusqlite::Result<Option<Caller>> {
    connection
        .prepare_cached(
            "SELECT login.account_id, account.id, login.kind, login.replica_id
             FROM login JOIN account ON account.account_id = login.account_id
             WHERE login.token_hash = ?1 AND login.ends_ms > ?2",
        )?
        .query_row((hash, now_ms), |row| {
            Ok(Caller {
                account_id: row.get(0)?,
                account: AccountId::from_bytes(row.get(1)?),
                kind: Kind::from_word(&row.get::<_, String>(2)?),
                replica_id: row.get(3)?,
                token_hash: *hash,
                only: None,
            })
        })
        .optional()?
        .map_or_else(|| read_token::find(connection, hash, now_ms), |caller| Ok(Some(caller)))
}

/// `GET /api/v1/health`: the store answers.
pub async fn health(State(app): State<App>) -> Result<Json<Value>, Refusal> {
    app.db.read::<_, Refusal, _>(|connection| Ok(crate::db::epoch(connection)?)).await?;
    Ok(Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })))
}
