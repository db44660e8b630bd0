//! The summary report (汇总报告) of a branch, campaign and period: figures of the roll-up in the wording that
//! admins set (`wording`), as one document (`model`), written as DOCX or PDF. Nobody stands in it by name.

mod docx;
mod figures;
mod layout;
mod model;
#[cfg(feature = "pdf")]
mod pdf;
mod template;
mod wording;

use crate::access::{Caller, Reader};
use crate::export::{Kind, campaign, file, note};
use crate::extract::{Json as Body, Query};
use crate::filter::{Filter, Params};
use crate::refuse::Refusal;
use crate::{App, coverage, sight};
use axum::body;
use axum::extract::State;
use axum::http::Response;
use model::Document;
use serde_json::json;
use shared::audit::Act;
use shared::problem::Code;
use shared::report::{ReportRequest, TYPED_MAX_CHARS};
use shared::sight::May;
use shared::stamp::civil;
pub use template::{get as template, post as set_template};
use wording::Value;

/// Answers with the report as DOCX. Filters: `org`, `campaign`, `activity`, `from_ms`, `to_ms`.
///
/// # Errors
/// `bad_value`, or as [`sight::read`].
pub async fn docx(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(params): Query<Params>,
) -> Result<Response<body::Body>, Refusal> {
    answer(&app, &caller, &params, ReportRequest::default(), Kind::Docx).await
}

/// The same with what is typed in for it: number, needs, good practice.
///
/// # Errors
/// As [`docx`]; `bad_value` for what is too long.
pub async fn docx_with(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
    Body(asked): Body<ReportRequest>,
) -> Result<Response<body::Body>, Refusal> {
    answer(&app, &caller, &params, asked, Kind::Docx).await
}

/// As [`docx`], as PDF.
///
/// # Errors
/// As [`docx`]; `not_built` of a program without the feature `pdf`.
pub async fn pdf(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(params): Query<Params>,
) -> Result<Response<body::Body>, Refusal> {
    answer(&app, &caller, &params, ReportRequest::default(), Kind::Pdf).await
}

/// As [`docx_with`], as PDF.
///
/// # Errors
/// As [`docx_with`]; `not_built` of a program without the feature `pdf`.
pub async fn pdf_with(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
    Body(asked): Body<ReportRequest>,
) -> Result<Response<body::Body>, Refusal> {
    answer(&app, &caller, &params, asked, Kind::Pdf).await
}

async fn answer(
    app: &App,
    caller: &Caller,
    params: &Params,
    typed: ReportRequest,
    kind: Kind,
) -> Result<Response<body::Body>, Refusal> {
    let filter = Filter::read(params)?;
    fits(&typed)?;
    coverage::look(app, caller, May::Figures, &filter).await?;
    let (asked, account_id) = (filter.org.clone(), caller.account_id);
    let made = sight::read(app, caller, May::Figures, asked, move |conn, sight, as_of_ms| {
        let found = coverage::figures(conn, &sight.branch, &filter, as_of_ms)?.ok_or(Code::NotFound)?;
        let mut values = figures::values(&found, &filter, campaign(conn, &filter)?);
        for (name, text) in [("needs", &typed.needs), ("practice", &typed.practice)] {
            let lines: Vec<String> =
                text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
            if !lines.is_empty() {
                values.insert(name, Value::Lines(lines));
            }
        }
        let body = template::standing(conn)?;
        let date = figures::date(as_of_ms);
        let document = wording::fill(&body, &values, (&found.line.org.name, &typed.number, &date));
        let detail = json!({ "format": if kind == Kind::Pdf { "pdf" } else { "docx" }, "scope": found.line.org.name,
            "filter": format!("{filter:?}") });
        Ok((document, as_of_ms, detail.to_string()))
    });
    let (document, as_of_ms, detail) = made.await?;
    let bytes =
        tokio::task::spawn_blocking(move || written(&document, kind)).await.map_err(|_| Code::Internal)??;
    note(app, account_id, (Act::ExportReport, detail), as_of_ms).await?;
    let (year, month, day, hour, minute) = civil(as_of_ms);
    let stamp = format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}");
    Ok(file((&format!("report-{stamp}"), &format!("汇总报告-{stamp}")), kind, bytes))
}

/// What is typed in has an end.
fn fits(typed: &ReportRequest) -> Result<(), Refusal> {
    let long = |text: &String| text.chars().count() > TYPED_MAX_CHARS;
    if long(&typed.needs) || long(&typed.practice) || typed.number.chars().count() > 60 {
        return Err(Refusal::bad_value(format!(
            "每项最多 {TYPED_MAX_CHARS} 字，文号最多 60 字 / each part has at most {TYPED_MAX_CHARS} characters, the number 60"
        )));
    }
    Ok(())
}

fn written(document: &Document, kind: Kind) -> Result<Vec<u8>, Refusal> {
    if kind == Kind::Pdf {
        return as_pdf(document);
    }
    docx::write(document).map_err(|error| {
        tracing::error!(%error, "a report was not written");
        Refusal::from(Code::Internal)
    })
}

#[cfg(feature = "pdf")]
fn as_pdf(document: &Document) -> Result<Vec<u8>, Refusal> {
    pdf::write(document)
}

#[cfg(not(feature = "pdf"))]
fn as_pdf(_: &Document) -> Result<Vec<u8>, Refusal> {
    Err(Refusal::new(
        Code::NotBuilt,
        "这台服务器没有带 PDF 功能，请下载 DOCX / this program was built without PDF: take the DOCX",
    ))
}

#[cfg(test)]
mod tests;
