//! Export (导出): what is on the screen, as a workbook or as CSV. By GET everybody in it is masked; by POST,
//! with a reason, those who administer the branch get it clear. Each one leaves a row in the audit.
//!
//! What rows there are is said by the file of that noun; `write` turns them into bytes, whoever waits for
//! them: a request, or a job behind (`job`).

mod attendance;
mod book;
mod cell;
mod comma;
mod coverage;
mod explain;
mod feedback;
pub mod job;
pub mod jobs;
mod sessions;
pub mod template;

use crate::access::{Caller, Reader};
use crate::extract::{Json as Body, Query};
use crate::filter::{Filter, Params};
use crate::refuse::Refusal;
use crate::sight::{self, Sight};
use crate::{App, audit};
use axum::extract::{MatchedPath, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::{Json, body};
use book::Drawing;
use cell::{Cell, Column, Rows, Trouble, Watch, Watched};
pub(crate) use explain::campaign;
use rusqlite::Connection;
use rust_xlsxwriter::Workbook;
use shared::audit::Act;
use shared::export::{BEHIND_ABOVE_ROWS, JobItem};
pub(crate) use shared::export::{Format, What};
use shared::problem::Code;
use shared::sight::{ClearRequest, May, reason};
use shared::stamp::civil;
use std::io::{Cursor, Seek, Write};

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::TooManyRows => Self::bad_value(
                "超过一张工作表能放的行数，请缩小范围 / more rows than a sheet holds: narrow the filters",
            ),
            Trouble::Stopped => Self::from(Code::NotFound),
            Trouble::Book(error) => {
                tracing::error!(%error, "a workbook was not written");
                Self::from(Code::Internal)
            }
            Trouble::File(error) => {
                tracing::error!(%error, "a file was not written");
                Self::from(Code::Busy)
            }
            Trouble::Read(error) => Self::from(error),
        }
    }
}

/// Why nothing in a file is masked; none: everybody is.
type Why = Option<String>;

/// A file that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) what: What,
    pub(crate) format: Format,
    pub(crate) filter: Filter,
    pub(crate) why: Why,
}

impl Order {
    /// What is asked for by the last part of the path, such as `coverage.xlsx`.
    fn read(path: &str, params: &Params, why: Why) -> Result<Self, Refusal> {
        let name = path.rsplit('/').next().unwrap_or_default();
        let (what, format) = name.split_once('.').ok_or(Code::NotFound)?;
        let what = What::from_wire(what).ok_or(Code::NotFound)?;
        let format = Format::from_wire(format).ok_or(Code::NotFound)?;
        Ok(Self { what, format, filter: Filter::read(params)?, why })
    }

    /// The part that asks: who sees the screen gets its file; a clear one is for those who administer.
    pub(crate) const fn part(&self) -> May {
        match (&self.why, self.what) {
            (Some(_), _) => May::Manage,
            (None, What::Sessions) => May::Sessions,
            (None, _) => May::Figures,
        }
    }

    const fn act(&self) -> Act {
        match self.what {
            What::Coverage => Act::ExportCoverage,
            What::Sessions => Act::ExportSessions,
            What::Attendance => Act::ExportAttendance,
            What::Feedback => Act::ExportFeedback,
        }
    }

    /// Before figures are read: publishes what is due.
    pub(crate) async fn look(&self, app: &App, caller: &Caller) -> Result<(), Refusal> {
        match self.what {
            What::Coverage | What::Feedback => {
                crate::coverage::look(app, caller, self.part(), &self.filter).await
            }
            What::Sessions | What::Attendance => Ok(()),
        }
    }

    /// How many rows there will be, about: nothing is read for it but counters.
    pub(crate) fn rows(&self, conn: &Connection, sight: &Sight) -> rusqlite::Result<u64> {
        match self.what {
            What::Coverage | What::Feedback => Ok(0),
            What::Sessions => sessions::rows(conn, sight, &self.filter),
            What::Attendance => attendance::rows(conn, sight, &self.filter),
        }
    }

    /// The name for programs and the name for people, without their ending.
    pub(crate) fn names(&self, as_of_ms: i64) -> (String, String) {
        let (year, month, day, hour, minute) = civil(as_of_ms);
        let stamp = format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}");
        (
            format!("{}-{stamp}", self.what.wire()),
            format!("{}-{stamp}", self.what.label(shared::text::Lang::Zh)),
        )
    }
}

/// From where a file is written: one state of the store, as somebody sees it.
pub(crate) struct Place<'c> {
    pub(crate) conn: &'c Connection,
    pub(crate) sight: &'c Sight,
    pub(crate) account_id: i64,
    pub(crate) as_of_ms: i64,
}

/// A table that is about to be written.
struct Head {
    /// Name of the sheet.
    title: &'static str,
    columns: Vec<Column>,
}

/// What is said of a table once its rows are known.
struct Foot {
    /// What of the branch it is about, as people call it.
    scope: String,
    /// Pairs for the sheet that explains it.
    notes: Vec<(&'static str, Cell)>,
    drawing: Option<Drawing>,
}

fn head(order: &Order) -> Head {
    match order.what {
        What::Coverage => coverage::head(),
        What::Sessions => sessions::head(),
        What::Attendance => attendance::head(),
        What::Feedback => feedback::head(),
    }
}

fn rows(place: &Place<'_>, order: &Order, out: &mut dyn Rows) -> Result<Foot, Trouble> {
    match order.what {
        What::Coverage => coverage::rows(place, order, out),
        What::Sessions => sessions::rows_of(place, order, out),
        What::Attendance => attendance::rows_of(place, order, out),
        What::Feedback => feedback::rows(place, order, out),
    }
}

/// Writes the file; says what the audit says of it.
pub(crate) fn write<W: Write + Seek + Send>(
    place: &Place<'_>,
    order: &Order,
    watch: &Watch,
    out: W,
) -> Result<String, Trouble> {
    let Head { title, columns } = head(order);
    let scope = match order.format {
        Format::Csv => {
            let mut table = comma::Table::new(out, &columns)?;
            let foot = rows(place, order, &mut Watched { rows: &mut table, watch })?;
            table.close()?;
            foot.scope
        }
        Format::Xlsx => {
            let mut book = Workbook::new();
            let mut table = book::Table::new(&mut book, title, &columns)?;
            let foot = rows(place, order, &mut Watched { rows: &mut table, watch })?;
            let written = table.close()?;
            if let Some(drawing) = &foot.drawing {
                book::draw(&mut book, title, drawing)?;
            }
            let mut pairs = explain::pairs(place, &order.filter, &foot.scope)?;
            pairs.push(("行数", Cell::Count(u64::from(written))));
            pairs.extend(foot.notes);
            pairs.push(explain::masked(order));
            book::explain(&mut book, &pairs)?;
            book.save_to_writer(out)?;
            foot.scope
        }
    };
    Ok(noted(order, &scope, watch.rows()))
}

/// What the audit says of a file.
fn noted(order: &Order, scope: &str, rows: u64) -> String {
    let mut detail = serde_json::json!({ "format": order.format.wire(), "filter": format!("{:?}", order.filter),
        "scope": scope, "rows": rows });
    if let Some(why) = &order.why {
        detail["reason"] = why.as_str().into();
    }
    detail.to_string()
}

/// Answers with the file, everybody masked. Filters: `org`, `campaign`, `activity`, `from_ms`, `to_ms`,
/// `session`. Who says `Prefer: respond-async` is told of a job instead (202) where it has many rows.
///
/// # Errors
/// `bad_value`, or as [`sight::read`].
pub async fn get(
    State(app): State<App>,
    Reader(caller): Reader,
    path: MatchedPath,
    headers: HeaderMap,
    Query(params): Query<Params>,
) -> Result<Response<body::Body>, Refusal> {
    let order = Order::read(path.as_str(), &params, None)?;
    answer(&app, caller, order, &params, &headers).await
}

/// The same with nothing masked, for a reason.
///
/// # Errors
/// As [`get`]; `bad_value` for a reason, `forbidden` without a grant to administer.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    path: MatchedPath,
    headers: HeaderMap,
    Query(params): Query<Params>,
    Body(asked): Body<ClearRequest>,
) -> Result<Response<body::Body>, Refusal> {
    let why = reason(&asked.reason).ok_or_else(Refusal::reason)?;
    let order = Order::read(path.as_str(), &params, Some(why))?;
    answer(&app, caller, order, &params, &headers).await
}

async fn answer(
    app: &App,
    caller: Caller,
    order: Order,
    params: &Params,
    headers: &HeaderMap,
) -> Result<Response<body::Body>, Refusal> {
    order.look(app, &caller).await?;
    if waits(headers)
        && let Some(job) = behind(app, &caller, &order, params).await?
    {
        return Ok((StatusCode::ACCEPTED, Json(job)).into_response());
    }
    let account_id = caller.account_id;
    let (asked, part, act) = (order.filter.org.clone(), order.part(), order.act());
    let (what, format) = (order.clone(), order.format);
    let written = sight::read(app, &caller, part, asked, move |conn, sight, as_of_ms| {
        let mut bytes = Cursor::new(Vec::new());
        let place = Place { conn, sight, account_id, as_of_ms };
        let detail = write(&place, &order, &Watch::default(), &mut bytes)?;
        Ok((bytes.into_inner(), as_of_ms, detail))
    });
    let (bytes, as_of_ms, detail) = written.await?;
    note(app, account_id, (act, detail), as_of_ms).await?;
    let (plain, name) = what.names(as_of_ms);
    Ok(file((&plain, &name), format.into(), bytes))
}

/// Whether whoever asks can wait for a file and come back for it.
fn waits(headers: &HeaderMap) -> bool {
    let said = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    said.flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case("respond-async"))
}

/// The job that writes the file, where it has so many rows that one does.
async fn behind(
    app: &App,
    caller: &Caller,
    order: &Order,
    params: &Params,
) -> Result<Option<JobItem>, Refusal> {
    let (asked, counted) = (order.filter.org.clone(), order.clone());
    let rows =
        sight::read(app, caller, order.part(), asked, move |conn, sight, _| Ok(counted.rows(conn, sight)?));
    let rows = rows.await?;
    if rows <= BEHIND_ABOVE_ROWS || caller.only.is_some() {
        return Ok(None);
    }
    job::begin(app, caller, order, params, rows).await.map(Some)
}

/// Notes it in the audit. Without the note there is no file.
pub(crate) async fn note(
    app: &App,
    account_id: i64,
    (act, detail): (Act, String),
    at_ms: i64,
) -> Result<(), Refusal> {
    let noted = app.db.write::<_, Refusal, _>(move |conn| {
        Ok(audit::add(conn, audit::New { at_ms, account_id: Some(account_id), act, detail: &detail })?)
    });
    noted.await
}

/// What a file is, to a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Xlsx,
    Csv,
    Docx,
    Pdf,
}

impl From<Format> for Kind {
    fn from(format: Format) -> Self {
        match format {
            Format::Xlsx => Self::Xlsx,
            Format::Csv => Self::Csv,
        }
    }
}

impl Kind {
    const fn ending(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Docx => "docx",
            Self::Pdf => "pdf",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pdf => "application/pdf",
        }
    }
}

/// A file as an answer, under a plain name and under one for people, both without their ending.
pub(crate) fn file((plain, name): (&str, &str), kind: Kind, bytes: Vec<u8>) -> Response<body::Body> {
    let ending = kind.ending();
    // The plain name is for programs that do not know the other.
    let disposition =
        format!("attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{}.{ending}", percent(name));
    let headers =
        [(header::CONTENT_TYPE, kind.content_type().to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, bytes).into_response()
}

/// Every byte as `%XX` that RFC 8187 does not let stand.
fn percent(text: &str) -> String {
    let mut coded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            coded.push(char::from(byte));
        } else {
            coded.push_str(&format!("%{byte:02X}"));
        }
    }
    coded
}

#[cfg(test)]
mod csv_tests;
#[cfg(test)]
mod job_tests;
#[cfg(test)]
mod tests;
