//! Public answering (扫码答卷): `/f/{session}` is a page of its own, a shell without a word of the
//! session; `/api/v1/answers` gives its form to whoever has the token, and takes one response. Nobody
//! is asked who they are: cookies and Authorization are not looked at, no address is kept.

use crate::answering::{self, Link};
use crate::extract::Json as Body;
use crate::ledger::Sql;
use crate::refuse::Refusal;
use crate::response::{self, Stored};
use crate::sessions::row_of;
use crate::{App, form, site};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use shared::answering::{
    ANSWERS_MAX_BYTES, AnswersRequest, AnswersTaken, FormAnswer, FormRequest, FormSession,
};
use shared::feedback::{Response as Answered, Via};
use shared::form::answer::read;
use shared::form::{Form, default_form};
use shared::id::{CampaignId, ChangeId};
use shared::problem::Code;
use shared::text::Lang;
use std::sync::LazyLock;
use uuid::Uuid;

const SCRIPT: &str = include_str!("answers/page.js");
const STYLE: &str = include_str!("answers/page.css");

/// The page's own files, under names that tell their content.
struct Files {
    script: String,
    style: String,
    page: String,
}

static FILES: LazyLock<Files> = LazyLock::new(|| {
    let named = |text: &str, end: &str| format!("page-{}.{end}", site::hash(text.as_bytes()));
    let (script, style) = (named(SCRIPT, "js"), named(STYLE, "css"));
    let page = include_str!("answers/page.html").replace("page.js", &script).replace("page.css", &style);
    Files { script, style, page }
});

/// The page and its files, beside the routes that are never kept by a browser.
pub fn pages() -> Router {
    Router::new().route("/f/{name}", get(page))
}

/// Any name is answered with the page: whether there is such a session is told to the token alone.
async fn page(Path(name): Path<String>, headers: HeaderMap) -> Response {
    if name == FILES.script {
        return site::text(&FILES.script, SCRIPT, &headers);
    }
    if name == FILES.style {
        return site::text(&FILES.style, STYLE, &headers);
    }
    let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
    ([kind, (header::CACHE_CONTROL, "no-store")], FILES.page.as_str()).into_response()
}

/// Answers with the form of a session, and with the id of one response to it.
///
/// # Errors
/// `answering_ended`, `too_many`, or the store's.
pub async fn form(
    State(app): State<App>,
    Body(asked): Body<FormRequest>,
) -> Result<Json<FormAnswer>, Refusal> {
    let now_ms = app.clock.now_ms();
    known(&app, &asked.token, now_ms).await?;
    let found = app.db.read(move |conn| {
        let link = good(conn, &asked.token, now_ms)?;
        if link.session != asked.session {
            return Err(Code::AnsweringEnded.into());
        }
        let (row, org_name) = row_of(conn, link.session_id)?.ok_or(Code::AnsweringEnded)?;
        let form = asked_now(conn, row.campaign)?;
        let session = FormSession {
            title: row.title,
            venue: row.venue,
            org_name,
            starts_ms: row.starts_ms,
            ends_ms: row.ends_ms,
        };
        Ok::<_, Refusal>(FormAnswer { id: ChangeId::from(Uuid::new_v4()), session, form })
    });
    found.await.map(Json)
}

/// Takes one response in, with the day and nothing else of when it came. The same again is `dup`.
///
/// # Errors
/// `answer_wrong` with the question, `too_large`, `answering_ended`, `too_many`, or the store's.
pub async fn post(
    State(app): State<App>,
    Body(asked): Body<AnswersRequest>,
) -> Result<Json<AnswersTaken>, Refusal> {
    let bytes = serde_json::to_vec(&asked.answers)?.len();
    if bytes > ANSWERS_MAX_BYTES {
        return Err(Refusal::new(Code::TooLarge, format!("at most {ANSWERS_MAX_BYTES} bytes of answers")));
    }
    let now_ms = app.clock.now_ms();
    known(&app, &asked.token, now_ms).await?;
    app.db.write(move |conn| take(conn, asked, now_ms)).await.map(Json)
}

fn take(conn: &Connection, asked: AnswersRequest, now_ms: i64) -> Result<AnswersTaken, Refusal> {
    let link = answering::by_token(conn, &asked.token)?.ok_or(Code::AnsweringEnded)?;
    let before = response::load(conn, asked.id)?;
    let over = link.over(now_ms);
    if let Some(over) = over.filter(|_| before.is_none()) {
        return Err(Refusal::new(Code::AnsweringEnded, over.says()));
    }
    let form = match asked.form.zip(asked.version) {
        Some((id, version)) => form::load(conn, id, version)?.ok_or_else(|| wrong("form"))?,
        None => {
            let (row, _) = row_of(conn, link.session_id)?.ok_or(Code::AnsweringEnded)?;
            asked_now(conn, row.campaign)?
        }
    };
    let answers = read(&form, &asked.answers).map_err(|(question, why)| {
        let says = format!("{question}: {} / {}", why.says(Lang::Zh), why.says(Lang::En));
        Refusal::new(Code::AnswerWrong, says)
    })?;
    let response = Answered { form: form.id, version: form.version, answers, via: Via::Link };
    if let Some(before) = before {
        // The day may have changed since: it is no part of what was said.
        let same = before.session == link.session && before.response == response;
        return if same { Ok(AnswersTaken::Dup) } else { Err(wrong("id")) };
    }
    // An id that was not drawn at random might tell something.
    if asked.id.as_bytes()[6] >> 4 != 4 {
        return Err(wrong("id"));
    }
    if let Some(session_id) = response::keep(conn, asked.id, &Stored::new(link.session, now_ms, response))? {
        let mut ledger = Sql::new(conn);
        ledger.responded(session_id);
        ledger.finish()?;
    }
    Ok(AnswersTaken::Ok)
}

fn wrong(what: &str) -> Refusal {
    let detail =
        format!("{what}: 与发出的不符，请重新打开链接 / not as it was given out; open the link again");
    Refusal::new(Code::AnswerWrong, detail)
}

/// The form that phones ask as well.
fn asked_now(conn: &Connection, campaign: CampaignId) -> rusqlite::Result<Form> {
    Ok(form::asked(conn, Some(campaign))?.unwrap_or_else(default_form))
}

fn good(conn: &Connection, token: &str, now_ms: i64) -> Result<Link, Refusal> {
    let link = answering::by_token(conn, token)?.ok_or(Code::AnsweringEnded)?;
    match link.over(now_ms) {
        None => Ok(link),
        Some(over) => Err(Refusal::new(Code::AnsweringEnded, over.says())),
    }
}

/// Slows down who asks without end, by the token alone: a whole factory shares an address. Tokens that
/// nobody gave out share one measure, so that inventing some takes no room.
async fn known(app: &App, token: &str, now_ms: i64) -> Result<(), Refusal> {
    let asked = token.to_owned();
    let there = app.db.read::<_, Refusal, _>(move |conn| Ok(answering::by_token(conn, &asked)?.is_some()));
    let key = if there.await? { Sha256::digest(token.as_bytes()).into() } else { [0; 32] };
    app.throttle.answering(key, now_ms).map_err(Refusal::too_many)
}
