//! `/api/v1/me/tokens`: the read tokens (只读令牌) of one's own account, for scripts.

use crate::access::{Caller, login, read_token};
use crate::extract::{Json as Body, Path};
use crate::refuse::Refusal;
use crate::sight::Sight;
use crate::{App, audit};
use axum::Json;
use axum::extract::State;
use rusqlite::Connection;
use serde_json::{Value, json};
use shared::audit::Act;
use shared::me::{
    READ_TOKEN_DAYS_MAX, READ_TOKEN_NAME_MAX_CHARS, READ_TOKENS_MAX, ReadTokenMade, ReadTokenNew, ReadTokens,
};
use shared::problem::Code;
use shared::sight::May;
use shared::stamp::DAY_MS;
use uuid::Uuid;

/// With what a token begins, so that people and scanners of leaked secrets know it.
const MARK: &str = "jdr_";

/// Answers with what is known of one's own.
///
/// # Errors
/// The store's.
pub async fn get(State(app): State<App>, caller: Caller) -> Result<Json<ReadTokens>, Refusal> {
    let items = app
        .db
        .read(move |conn| Ok::<_, Refusal>(ReadTokens { items: read_token::of(conn, caller.account_id)? }));
    items.await.map(Json)
}

/// Makes one for a branch whose figures the caller reads; the token is told this once.
///
/// # Errors
/// `bad_value` for the name or the days, or where too many stand; `forbidden`, `not_found` for the org.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<ReadTokenNew>,
) -> Result<Json<ReadTokenMade>, Refusal> {
    let name = asked.name.trim().to_owned();
    if name.is_empty()
        || name.chars().count() > READ_TOKEN_NAME_MAX_CHARS
        || name.chars().any(char::is_control)
    {
        return Err(Refusal::bad_value(format!(
            "名称为 1 到 {READ_TOKEN_NAME_MAX_CHARS} 个字 / a name has 1 to {READ_TOKEN_NAME_MAX_CHARS} characters"
        )));
    }
    if !(1..=READ_TOKEN_DAYS_MAX).contains(&asked.days) {
        return Err(Refusal::bad_value(format!(
            "有效期为 1 到 {READ_TOKEN_DAYS_MAX} 天 / it is good for 1 to {READ_TOKEN_DAYS_MAX} days"
        )));
    }
    let token = format!("{MARK}{}", login::new_token()?);
    let made = app.write(move |conn, now_ms| {
        let who = (caller.account_id, caller.account);
        let sight = Sight::find(conn, who, May::Figures, Some(asked.org.trim()), now_ms)?;
        let org_id = *sight.branch.roots.first().ok_or(Code::NotFound)?;
        if read_token::standing(conn, caller.account_id, now_ms)? >= READ_TOKENS_MAX {
            return Err(Refusal::bad_value(format!(
                "一个账号最多有 {READ_TOKENS_MAX} 个有效令牌，请先停用不用的 / at most {READ_TOKENS_MAX} tokens stand: end one first"
            )));
        }
        let ends_ms = now_ms + i64::from(asked.days) * DAY_MS;
        let (id, token) = (Uuid::new_v4(), token);
        let new = read_token::New {
            id,
            account_id: caller.account_id,
            org_id,
            name: &name,
            token: &token,
            made_ms: now_ms,
            ends_ms,
        };
        read_token::add(conn, &new)?;
        let org = crate::branch::path(conn, org_id)?;
        note(conn, caller.account_id, &json!({ "made": id, "name": name, "org": org, "ends_ms": ends_ms }), now_ms)?;
        Ok(ReadTokenMade { token, ends_ms })
    });
    made.await.map(Json)
}

/// Ends one of one's own.
///
/// # Errors
/// `not_found` where there is none that stands.
pub async fn end(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let id = Uuid::try_parse(&id).map_err(|_| Code::NotFound)?;
    let ended = app.write(move |conn, now_ms| {
        let name = read_token::end(conn, caller.account_id, id, now_ms)?.ok_or(Code::NotFound)?;
        note(conn, caller.account_id, &json!({ "ended": id, "name": name }), now_ms)?;
        Ok::<_, Refusal>(json!({}))
    });
    ended.await.map(Json)
}

fn note(conn: &Connection, account_id: i64, detail: &Value, at_ms: i64) -> rusqlite::Result<()> {
    let detail = detail.to_string();
    audit::add(conn, audit::New { at_ms, account_id: Some(account_id), act: Act::ReadToken, detail: &detail })
}
