//! `/api/v1/invitations`: links by which organizers join.

use crate::access::{Caller, login};
use crate::extract::{Json as Body, Path, Query};
use crate::filter::{Paging, Params};
use crate::invitation::{self, Kind};
use crate::refuse::Refusal;
use crate::{App, audit, branch};
use axum::Json;
use axum::extract::State;
use shared::audit::Act;
use shared::invite::{DAYS, InvitationItem, InvitationNew, JOIN_PATH, LinkMade, NOTE_MAX_CHARS, USES};
use shared::problem::Code;
use shared::stamp::DAY_MS;
use shared::wire::Page;
use uuid::Uuid;

/// Answers managers with a page of the invitations of their branch, the latest first. Filter: `org`.
///
/// # Errors
/// `bad_value`, or as [`branch::manage`].
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Page<InvitationItem>>, Refusal> {
    let paging = Paging::read(&params)?;
    let asked = params.get("org").map(str::to_owned);
    let page = branch::manage(&app, &caller, asked, move |conn, branch, _| {
        Ok(invitation::page(conn, branch, paging)?)
    });
    page.await.map(Json)
}

/// Makes one; the answer is the only time that its token is told.
///
/// # Errors
/// `bad_value`, `forbidden`, `not_found`, or the store's.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<InvitationNew>,
) -> Result<Json<LinkMade>, Refusal> {
    let note = asked.note.as_deref().map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned);
    let long = |text: &str| text.chars().count() > NOTE_MAX_CHARS || text.chars().any(char::is_control);
    if !DAYS.contains(&asked.days) || !USES.contains(&asked.uses) || note.as_deref().is_some_and(long) {
        return Err(Refusal::bad_value(format!(
            "有效 1 到 {} 天，最多 {} 人，备注最多 {NOTE_MAX_CHARS} 个字 / \
             good for 1 to {} days, at most {} people, a remark of at most {NOTE_MAX_CHARS} characters",
            DAYS.end(),
            USES.end(),
            DAYS.end(),
            USES.end()
        )));
    }
    let token = login::new_token()?;
    let path = format!("{JOIN_PATH}{token}");
    let account_id = caller.account_id;
    branch::write(&app, &caller, asked.org, move |conn, org_id, now_ms| {
        let ends_ms = now_ms + i64::from(asked.days) * DAY_MS;
        let new = invitation::New {
            token_hash: login::hash(&token),
            kind: Kind::Join,
            org_id,
            account_id: None,
            made_by: Some(account_id),
            ends_ms,
            uses: asked.uses,
            note: note.as_deref(),
        };
        invitation::keep(conn, &new, now_ms)?;
        let org = crate::org::id_of(conn, org_id)?;
        let detail = serde_json::json!({ "org": org, "uses": asked.uses, "days": asked.days }).to_string();
        let act = Act::Invite;
        audit::add(conn, audit::New { at_ms: now_ms, account_id: Some(account_id), act, detail: &detail })?;
        Ok(LinkMade { path, ends_ms })
    })
    .await
    .map(Json)
}

/// Ends one: whoever has joined by it stays.
///
/// # Errors
/// `forbidden`, `not_found`, or the store's.
pub async fn end(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<serde_json::Value>, Refusal> {
    let account_id = caller.account_id;
    let ended = app.write(move |conn, now_ms| {
        let branch = branch::managed(conn, account_id, now_ms)?;
        if !invitation::end(conn, &branch, id, now_ms)? {
            return Err(Refusal::from(Code::NotFound));
        }
        let (act, detail) = (Act::Invite, format!("end {id}"));
        audit::add(conn, audit::New { at_ms: now_ms, account_id: Some(account_id), act, detail: &detail })?;
        Ok(serde_json::json!({}))
    });
    ended.await.map(Json)
}
