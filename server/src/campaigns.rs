//! `/api/v1/campaigns`: every campaign, for the desk's filters; made and changed by the city's admins.

use crate::access::{Caller, Reader};
use crate::extract::{Json as Body, Path, Query};
use crate::filter::{Paging, Params};
use crate::refuse::Refusal;
use crate::settings::admin;
use crate::{App, audit, campaign, form, sight};
use axum::Json;
use axum::extract::State;
use rusqlite::Connection;
use shared::audit::Act;
use shared::campaign::{Campaign, CampaignSet};
use shared::id::CampaignId;
use shared::problem::Code;
use shared::session::TITLE_MAX_CHARS;
use shared::sight::May;
use shared::wire::Page;
use uuid::Uuid;

/// Answers with a page of campaigns, the last added first.
///
/// # Errors
/// `bad_value`, or as [`sight::read`].
pub async fn get(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(params): Query<Params>,
) -> Result<Json<Page<Campaign>>, Refusal> {
    let paging = Paging::read(&params)?;
    let page = sight::read(&app, &caller, May::Sessions, None, move |conn, _, _| {
        Ok(paging.cut(campaign::all(conn)?))
    });
    page.await.map(Json)
}

/// Makes a campaign.
///
/// # Errors
/// `bad_value`, `form_unfit`, `forbidden`, or the store's.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<CampaignSet>,
) -> Result<Json<Campaign>, Refusal> {
    set(&app, &caller, None, asked).await
}

/// Makes it what was asked for; the same again is not noted.
///
/// # Errors
/// `bad_value`, `form_unfit`, `not_found`, `forbidden`, or the store's.
pub async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<CampaignId>,
    Body(asked): Body<CampaignSet>,
) -> Result<Json<Campaign>, Refusal> {
    set(&app, &caller, Some(id), asked).await
}

async fn set(
    app: &App,
    caller: &Caller,
    id: Option<CampaignId>,
    asked: CampaignSet,
) -> Result<Json<Campaign>, Refusal> {
    let account_id = caller.account_id;
    let done = app.write(move |conn, now_ms| {
        admin(conn, account_id, now_ms)?;
        let before = match id {
            Some(id) => Some(campaign::load(conn, id)?.ok_or(Code::NotFound)?),
            None => None,
        };
        let id = id.unwrap_or_else(|| CampaignId::from(Uuid::now_v7()));
        let campaign = checked(conn, id, asked, before.as_ref())?;
        if campaign::put(conn, &campaign, now_ms)? {
            let detail = serde_json::json!({ "old": before, "new": campaign }).to_string();
            let act = Act::Campaign;
            audit::add(
                conn,
                audit::New { at_ms: now_ms, account_id: Some(account_id), act, detail: &detail },
            )?;
        }
        Ok(campaign)
    });
    done.await.map(Json)
}

/// A campaign as it was asked for, trimmed.
fn checked(
    conn: &Connection,
    id: CampaignId,
    asked: CampaignSet,
    before: Option<&Campaign>,
) -> Result<Campaign, Refusal> {
    let CampaignSet { title, notice, from_ms, to_ms, closed, form } = asked;
    let title = title.trim().to_owned();
    let notice = notice.map(|notice| notice.trim().to_owned()).filter(|notice| !notice.is_empty());
    let plain =
        |text: &String| text.chars().count() <= TITLE_MAX_CHARS && !text.chars().any(char::is_control);
    if title.is_empty() || ![Some(&title), notice.as_ref()].into_iter().flatten().all(plain) {
        return Err(Refusal::bad_value(format!(
            "名称必填，名称和文号最多 {TITLE_MAX_CHARS} 个字 / \
             a title is needed; title and notice have at most {TITLE_MAX_CHARS} characters"
        )));
    }
    if from_ms.zip(to_ms).is_some_and(|(from_ms, to_ms)| from_ms >= to_ms) {
        return Err(Refusal::bad_value("时间段的结束不能早于开始 / the period ends before it begins"));
    }
    // One that was closed since may stay where it is; it is only not chosen anew.
    if let Some(form) = form.filter(|form| before.and_then(|before| before.form) != Some(*form)) {
        if form::versions(conn, form)?.is_empty() {
            return Err(Refusal::new(Code::FormUnfit, "没有这份表单 / there is no such form"));
        }
        if form::closed_ms(conn, form)?.is_some() {
            return Err(Refusal::new(Code::FormUnfit, "这份表单已停用 / this form is closed"));
        }
    }
    Ok(Campaign { id, title, notice, from_ms, to_ms, closed, form })
}
