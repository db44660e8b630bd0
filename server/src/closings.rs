//! `/api/v1/closings`: closing codes (结束码) that staff type in.

use crate::App;
use crate::access::Caller;
use crate::access::grant::{self, Role};
use crate::audit;
use crate::branch;
use crate::closing::{self, Fit, in_window};
use crate::extract::{Json as Body, Path, Query};
use crate::filter::{Paging, Params};
use crate::ledger::Sql;
use crate::refuse::Refusal;
use axum::Json;
use axum::extract::State;
use rusqlite::Connection;
use shared::audit::Act;
use shared::closing::{Closing, ClosingItem, ClosingLook, ClosingRequest};
use shared::id::SessionId;
use shared::problem::Code;
use shared::session::State as Stands;
use shared::stamp::civil;
use shared::text::Lang;
use shared::wire::Page;
use std::fmt::Write as _;

/// Answers with a page of the codes of the branch, those first that wait for their session. Filter: `org`.
///
/// # Errors
/// `bad_value`, or as [`branch::read`].
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Page<ClosingItem>>, Refusal> {
    let paging = Paging::read(&params)?;
    let asked = params.get("org").map(str::to_owned);
    let page =
        branch::read(&app, &caller, asked, move |conn, branch, _| Ok(closing::page(conn, branch, paging)?));
    page.await.map(Json)
}

/// Says what posting a code would do; changes nothing.
///
/// # Errors
/// `closing_wrong`, `closing_unfit`, `forbidden`.
pub async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Json<ClosingLook>, Refusal> {
    let read = parse(&code)?;
    let now_ms = app.clock.now_ms();
    let looked = app.db.read(move |conn| {
        let fits = fits(conn, caller.account_id, read, now_ms)?;
        let code = read.code();
        let typed = closing::typed(conn, &code, caller.account_id, &fits)?;
        let sessions = fits.into_iter().map(|fit| fit.shown).collect();
        Ok::<_, Refusal>(ClosingLook { code, declared: read.declared, sessions, typed })
    });
    looked.await.map(Json)
}

/// Takes a code in. Of a session that is not known yet it waits; typed again it changes nothing.
///
/// # Errors
/// `closing_wrong`, `closing_ambiguous`, `closing_unfit`, `forbidden`, or the store's.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<ClosingRequest>,
) -> Result<Json<ClosingItem>, Refusal> {
    let read = parse(&asked.code)?;
    let now_ms = app.clock.now_ms();
    let account_id = caller.account_id;
    let taken = app.db.write(move |conn| take(conn, account_id, read, asked.session, now_ms));
    taken.await.map(Json)
}

fn parse(code: &str) -> Result<Closing, Refusal> {
    Closing::parse(code).map_err(|wrong| {
        Refusal::new(Code::ClosingWrong, format!("{} / {}", wrong.says(Lang::Zh), wrong.says(Lang::En)))
    })
}

fn take(
    conn: &Connection,
    account_id: i64,
    read: Closing,
    chosen: Option<SessionId>,
    now_ms: i64,
) -> Result<ClosingItem, Refusal> {
    let mut fits = fits(conn, account_id, read, now_ms)?;
    if let Some(typed) = closing::typed(conn, &read.code(), account_id, &fits)?
        .filter(|typed| typed.session.is_some() || fits.is_empty())
    {
        return Ok(typed);
    }
    if let Some(chosen) = chosen {
        fits.retain(|fit| fit.shown.id == chosen || fit.id == chosen);
        if fits.is_empty() {
            return Err(Refusal::new(
                Code::NotFound,
                "结束码与这个场次不符 / the code does not fit this session",
            ));
        }
    }
    if fits.len() > 1 {
        return Err(Refusal::new(Code::ClosingAmbiguous, candidates(&fits)));
    }
    let fit = fits.first();
    if closing::keep(conn, read, account_id, now_ms, fit.map(|fit| fit.session_id))? {
        note(conn, account_id, read, fit, now_ms)?;
    }
    if let Some(fit) = fit {
        let mut ledger = Sql::new(conn);
        ledger.told(fit.id);
        ledger.finish()?;
    }
    let typed = closing::typed(conn, &read.code(), account_id, &fits)?;
    typed.ok_or(Refusal::from(Code::Internal))
}

/// The sessions that a code may be about, of those that the account may record at; none where the
/// server does not know it yet.
fn fits(conn: &Connection, account_id: i64, read: Closing, now_ms: i64) -> Result<Vec<Fit>, Refusal> {
    let roots = grant::roots(conn, account_id, Role::RECORDS, now_ms)?;
    if roots.is_empty() {
        return Err(Code::Forbidden.into());
    }
    let (mut own, mut foreign) = (Vec::new(), false);
    for fit in closing::fitting(conn, read)? {
        if grant::covers(conn, &roots, fit.org_id)? {
            own.push(fit);
        } else {
            foreign = true;
        }
    }
    let open = |fit: &Fit| fit.shown.state != Stands::Cancelled && in_window(now_ms, fit.shown.starts_ms);
    let (open, unfit): (Vec<Fit>, Vec<Fit>) = own.into_iter().partition(open);
    if open.is_empty() && !unfit.is_empty() {
        let why = "已取消，或不在可申报的时间内：/ cancelled, or not of this time: ";
        return Err(Refusal::new(Code::ClosingUnfit, format!("{why}{}", candidates(&unfit))));
    }
    if open.is_empty() && foreign {
        let why = "这个结束码是其他工会组织的场次 / this code is about a session of another organisation";
        return Err(Refusal::new(Code::Forbidden, why));
    }
    Ok(open)
}

/// Title, org, start and id of each.
fn candidates(fits: &[Fit]) -> String {
    let mut text = String::new();
    for fit in fits {
        let (year, month, day, hour, minute) = civil(fit.shown.starts_ms);
        let apart = if text.is_empty() { "" } else { "; " };
        // Writing into a text cannot fail.
        let _ = write!(
            text,
            "{apart}{} · {} · {year:04}-{month:02}-{day:02} {hour:02}:{minute:02} ({})",
            fit.shown.title, fit.shown.org_name, fit.shown.id
        );
    }
    text
}

fn note(
    conn: &Connection,
    account_id: i64,
    read: Closing,
    fit: Option<&Fit>,
    at_ms: i64,
) -> rusqlite::Result<()> {
    let of = fit.map_or_else(|| "waiting".to_owned(), |fit| fit.id.to_string());
    let detail = format!("{} {of}", read.code());
    audit::add(conn, audit::New { at_ms, account_id: Some(account_id), act: Act::Closing, detail: &detail })
}
