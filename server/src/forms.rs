//! `/api/v1/forms`: what is asked, written by the city's admins; read by all staff who see sessions.

use crate::access::Caller;
use crate::extract::{Json as Body, Path, Query};
use crate::filter::{Paging, Params};
use crate::refuse::Refusal;
use crate::settings::admin;
use crate::{App, audit, form, sight};
use axum::Json;
use axum::extract::State;
use rusqlite::Connection;
use serde_json::json;
use shared::audit::Act;
use shared::form::Form;
use shared::form::check::{Found, check, follows};
use shared::form::desk::{FormClosing, FormDetail, FormItem, FormNew};
use shared::id::FormId;
use shared::problem::Code;
use shared::sight::May;
use shared::text::{Bilingual, Lang};
use shared::wire::Page;
use uuid::Uuid;

/// Most bytes of a version: a phone pulls all of them.
const BYTES_MAX: usize = 64 * 1024;

/// Answers with a page of forms: the usual one, then those that were made last.
///
/// # Errors
/// `bad_value`, or as [`sight::read`].
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Page<FormItem>>, Refusal> {
    let paging = Paging::read(&params)?;
    let page =
        sight::read(&app, &caller, May::Sessions, None, move |conn, _, _| Ok(paging.cut(form::items(conn)?)));
    page.await.map(Json)
}

/// Answers with one form and all its versions.
///
/// # Errors
/// `not_found`, or as [`sight::read`].
pub async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FormId>,
) -> Result<Json<FormDetail>, Refusal> {
    let found = sight::read(&app, &caller, May::Sessions, None, move |conn, _, _| shown(conn, id));
    found.await.map(Json)
}

fn shown(conn: &Connection, id: FormId) -> Result<FormDetail, Refusal> {
    form::detail(conn, id)?.ok_or_else(|| Code::NotFound.into())
}

/// Makes a form: its first version goes out at once.
///
/// # Errors
/// `form_wrong` with the place, `too_large`, `forbidden`, or the store's.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<FormNew>,
) -> Result<Json<FormDetail>, Refusal> {
    let account_id = caller.account_id;
    let done = app.write(move |conn, now_ms| {
        admin(conn, account_id, now_ms)?;
        let made = checked(FormId::from(Uuid::now_v7()), 1, asked)?;
        bring_out(conn, account_id, &made, now_ms)
    });
    done.await.map(Json)
}

/// Brings out a new version; the same as the latest is that one.
///
/// # Errors
/// `form_wrong` with the place, `form_changed` where the latest is not the one that it was made from,
/// `form_unfit` of a closed form, `too_large`, `not_found`, `forbidden`, or the store's.
pub async fn version(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FormId>,
    Body(asked): Body<FormNew>,
) -> Result<Json<FormDetail>, Refusal> {
    let account_id = caller.account_id;
    let done = app.write(move |conn, now_ms| {
        admin(conn, account_id, now_ms)?;
        let earlier: Vec<Form> = form::versions(conn, id)?.into_iter().map(|version| version.form).collect();
        let latest = earlier.last().ok_or(Code::NotFound)?;
        let after = asked.after;
        let made = checked(id, latest.version.saturating_add(1), asked)?;
        if made.title == latest.title && made.questions == latest.questions {
            return shown(conn, id);
        }
        if after != Some(latest.version) {
            return Err(Code::FormChanged.into());
        }
        if form::closed_ms(conn, id)?.is_some() {
            return Err(Refusal::new(Code::FormUnfit, "这份表单已停用 / this form is closed"));
        }
        follows(&made, &earlier).map_or(Ok(()), |found| Err(wrong(&found)))?;
        bring_out(conn, account_id, &made, now_ms)
    });
    done.await.map(Json)
}

/// Closes a form, so that nobody can choose it any more, or opens it again.
///
/// # Errors
/// `form_unfit` where it is asked now, `not_found`, `forbidden`, or the store's.
pub async fn closing(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FormId>,
    Body(asked): Body<FormClosing>,
) -> Result<Json<FormDetail>, Refusal> {
    let account_id = caller.account_id;
    let done = app.write(move |conn, now_ms| {
        admin(conn, account_id, now_ms)?;
        shown(conn, id)?;
        if asked.closed == form::closed_ms(conn, id)?.is_some() {
            return shown(conn, id);
        }
        if asked.closed && form::usual(conn)? == Some(id) {
            let says = "没有指定表单的专题活动都用它 / campaigns that name no form ask it";
            return Err(Refusal::new(Code::FormUnfit, says));
        }
        if asked.closed
            && let Some(title) = form::campaigns(conn, id, true)?.first()
        {
            let says = format!("专题活动“{title}”正在用它 / the campaign “{title}” asks it");
            return Err(Refusal::new(Code::FormUnfit, says));
        }
        form::close(conn, id, asked.closed.then_some(now_ms))?;
        note(conn, account_id, &json!({ "form": id, "closed": asked.closed }), now_ms)?;
        shown(conn, id)
    });
    done.await.map(Json)
}

fn bring_out(conn: &Connection, account_id: i64, made: &Form, now_ms: i64) -> Result<FormDetail, Refusal> {
    form::add(conn, made, Some(now_ms))?;
    let detail = json!({ "form": made.id, "version": made.version, "title": made.title.zh });
    note(conn, account_id, &detail, now_ms)?;
    shown(conn, made.id)
}

fn note(conn: &Connection, account_id: i64, detail: &serde_json::Value, now_ms: i64) -> rusqlite::Result<()> {
    let detail = detail.to_string();
    audit::add(
        conn,
        audit::New { at_ms: now_ms, account_id: Some(account_id), act: Act::Form, detail: &detail },
    )
}

/// A form as it goes out: texts trimmed, and a short name for each question.
fn checked(id: FormId, version: u32, asked: FormNew) -> Result<Form, Refusal> {
    let mut form = Form { id, version, title: trimmed(&asked.title), questions: asked.questions };
    for question in &mut form.questions {
        question.text = trimmed(&question.text);
        question.short = trimmed(&question.short);
        if question.short.zh.is_empty() {
            let cut = |text: &str| text.chars().take(12).collect::<String>();
            question.short = Bilingual::new(&cut(&question.text.zh), &question.short.en);
        }
    }
    if let Some(found) = check(&form).first() {
        return Err(wrong(found));
    }
    if serde_json::to_vec(&form)?.len() > BYTES_MAX {
        return Err(Refusal::new(Code::TooLarge, format!("at most {BYTES_MAX} bytes")));
    }
    Ok(form)
}

fn trimmed(text: &Bilingual) -> Bilingual {
    Bilingual::new(text.zh.trim(), text.en.trim())
}

fn wrong((place, fault): &Found) -> Refusal {
    let place = place.as_deref().unwrap_or("form");
    Refusal::new(Code::FormWrong, format!("{place}: {} / {}", fault.label(Lang::Zh), fault.label(Lang::En)))
}
