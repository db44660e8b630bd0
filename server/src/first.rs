//! The first admin: who reads the console opens a link that is printed there, once, and is let in.

use crate::access::{account, grant, is_own_origin, login};
use crate::extract::Json;
use crate::import::org::wrong_words;
use crate::refuse::Refusal;
use crate::{App, audit, org};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use rusqlite::Connection;
use serde_json::json;
use shared::audit::Act;
use shared::first::{FIRST_HOURS, FIRST_PATH, FirstCity, FirstLook, FirstNeeds, FirstRequest};
use shared::id::OrgId;
use shared::org::Level;
use shared::problem::Code;
use shared::stamp::HOUR_MS;
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// What is kept of the link: in memory alone, so that it ends with the program that printed it.
#[derive(Debug, Default)]
pub struct Link(Mutex<Option<Kept>>);

#[derive(Debug, Clone, Copy)]
struct Kept {
    token_hash: [u8; 32],
    ends_ms: i64,
}

impl Link {
    fn open(&self) -> MutexGuard<'_, Option<Kept>> {
        // A thread that panicked has left a whole value.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_good(&self, token: &str, now_ms: i64) -> bool {
        let hash = login::hash(token);
        self.open().is_some_and(|kept| kept.token_hash == hash && now_ms < kept.ends_ms)
    }
}

/// The path of a new link, where nobody administers the whole city; the link of before ends.
///
/// # Errors
/// The store's, or the machine gave no randomness.
pub async fn offer(app: &App) -> Result<Option<String>, Refusal> {
    let now_ms = app.clock.now_ms();
    let there = app.db.read::<_, Refusal, _>(move |conn| Ok(has_admin(conn, now_ms)?));
    if there.await? {
        return Ok(None);
    }
    let token = login::new_token()?;
    let kept = Kept { token_hash: login::hash(&token), ends_ms: now_ms + FIRST_HOURS * HOUR_MS };
    *app.first.open() = Some(kept);
    Ok(Some(format!("{FIRST_PATH}{token}")))
}

/// Whether somebody administers the whole city now.
fn has_admin(conn: &Connection, now_ms: i64) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "SELECT 1 FROM role_grant JOIN org ON org.org_id = role_grant.org_id
         WHERE role = 'admin' AND org.parent_id IS NULL
           AND from_ms <= ?1 AND (until_ms IS NULL OR until_ms > ?1)",
    )?
    .exists([now_ms])
}

/// Says what the link's page has to ask for.
///
/// # Errors
/// `invite_ended`, or the store's.
pub async fn look(
    State(app): State<App>,
    Json(asked): Json<FirstLook>,
) -> Result<axum::Json<FirstNeeds>, Refusal> {
    let now_ms = app.clock.now_ms();
    let good = app.first.is_good(&asked.token, now_ms);
    let needs = app.db.read(move |conn| {
        if !good || has_admin(conn, now_ms)? {
            return Err(Refusal::from(Code::InviteEnded));
        }
        Ok(FirstNeeds { city: org::tops(conn)?.is_empty() })
    });
    needs.await.map(axum::Json)
}

/// Makes the first admin, and the city where there is none, and logs in at the desk.
///
/// # Errors
/// `invite_ended`, `bad_value` for a name, a password or the city, `login_taken`, `origin_foreign`, or the
/// store's.
pub async fn post(
    State(app): State<App>,
    headers: HeaderMap,
    Json(asked): Json<FirstRequest>,
) -> Result<Response, Refusal> {
    if headers.contains_key(header::ORIGIN) && !is_own_origin(&headers) {
        return Err(Code::OriginForeign.into());
    }
    let good = app.first.is_good(&asked.token, app.clock.now_ms());
    if !good {
        return Err(Code::InviteEnded.into());
    }
    let (login, name) = account::fit(&asked.login, Some(&asked.name)).map_err(Refusal::bad_value)?;
    let password_hash = app.hashing.fresh(asked.password, [login.clone(), name.clone()]).await?;
    let made = login::by_cookie(&app, &headers, (None, None), move |conn, now_ms| {
        // Somebody else may have been faster.
        if has_admin(conn, now_ms)? {
            return Err(Code::InviteEnded.into());
        }
        let (tops, city) = tops(conn, asked.city)?;
        let new = account::New { login: &login, name: &name, password_hash: &password_hash };
        let account_id = account::add(conn, new, now_ms)?.ok_or(Code::LoginTaken)?;
        for org_id in tops {
            // From the beginning: as of one that a command makes.
            grant::add(conn, account_id, org_id, grant::Role::Admin, 0)?;
        }
        let detail = json!({ "login": login, "name": name, "city": city }).to_string();
        let act = Act::First;
        audit::add(conn, audit::New { at_ms: now_ms, account_id: Some(account_id), act, detail: &detail })?;
        Ok((account_id, None))
    });
    let answer = made.await?;
    *app.first.open() = None;
    Ok(answer)
}

/// The orgs at the top of the tree, and the code of the one that was made now. Where there are some, what was
/// typed is of a moment ago, and those stand.
fn tops(conn: &Connection, city: Option<FirstCity>) -> Result<(Vec<i64>, Option<String>), Refusal> {
    let tops = org::tops(conn)?;
    if !tops.is_empty() {
        return Ok((tops, None));
    }
    let city = city.unwrap_or_else(|| FirstCity { name: String::new(), code: String::new() });
    let (code, name) = (city.code.trim(), city.name.trim());
    if let Some(wrong) = wrong_words(code, name).first() {
        return Err(Refusal::bad_value(wrong.to_string()));
    }
    let id = OrgId::from(Uuid::new_v4());
    let org_id = org::put(conn, org::Put { id, code, name, level: Level::City, parent_id: None })?;
    Ok((vec![org_id], Some(code.to_owned())))
}
