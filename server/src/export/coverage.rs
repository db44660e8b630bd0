//! `/api/v1/exports/coverage.xlsx`: the figures of a branch, one row per child as on the
//! screen. Nothing is computed here.

use super::attendance::of_orgs;
use super::book::{self, Cell, Column, Table, Trouble};
use super::{Ready, Why, answer, explanation, noted, part, why};
use crate::App;
use crate::access::Caller;
use crate::branch::Branch;
use crate::coverage::{self, figures};
use crate::extract::{Json as Body, Query};
use crate::filter::{Filter, Params};
use crate::refuse::Refusal;
use crate::sight;
use axum::body;
use axum::extract::State;
use axum::http::Response;
use rusqlite::Connection;
use rust_xlsxwriter::Workbook;
use shared::audit::Act;
use shared::coverage::Line;
use shared::form::{Kind, default_form};
use shared::problem::Code;
use shared::sight::ClearRequest;
use shared::text::Lang;

const COLUMNS: [Column<'static>; 19] = [
    ("组织", 32.0),
    ("编码", 14.0),
    ("级别", 14.0),
    ("已举办场次", 11.0),
    ("计划场次", 10.0),
    ("实到人次", 10.0),
    ("名单外人次", 11.0),
    ("覆盖人数", 10.0),
    ("应到人次", 10.0),
    ("到会率", 9.0),
    ("已覆盖基层工会", 15.0),
    ("全部基层工会", 13.0),
    ("已覆盖车间", 11.0),
    ("全部车间", 10.0),
    ("反馈答卷", 10.0),
    ("手机上未传签到", 15.0),
    ("手机上未传答卷", 15.0),
    ("涉及手机", 10.0),
    ("说明", 16.0),
];

/// Answers with the workbook. Filters: `org`, `campaign`, `activity`, `from_ms`, `to_ms`.
///
/// # Errors
/// `bad_value`, or as [`sight::read`].
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Response<body::Body>, Refusal> {
    file(&app, &caller, &params, None).await
}

/// The same, for a reason: nobody stands in it by name, so that nothing in it was masked.
///
/// # Errors
/// As [`get`]; `bad_value` for a reason, `forbidden` without a grant to administer.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
    Body(asked): Body<ClearRequest>,
) -> Result<Response<body::Body>, Refusal> {
    file(&app, &caller, &params, why(&asked)?).await
}

async fn file(
    app: &App,
    caller: &Caller,
    params: &Params,
    why: Why,
) -> Result<Response<body::Body>, Refusal> {
    let filter = Filter::read(params)?;
    coverage::look(app, caller, part(&why), &filter).await?;
    let (asked, account_id) = (filter.org.clone(), caller.account_id);
    let ready = sight::read(app, caller, part(&why), asked, move |conn, sight, now_ms| {
        let ready = workbook(conn, &sight.branch, (&filter, &why), account_id, now_ms)?;
        ready.ok_or(Refusal::from(Code::NotFound))
    });
    answer(app, account_id, (Act::ExportCoverage, "coverage"), "覆盖面", ready.await?).await
}

fn workbook(
    conn: &Connection,
    branch: &Branch,
    (filter, why): (&Filter, &Why),
    account_id: i64,
    as_of_ms: i64,
) -> Result<Option<Ready>, Trouble> {
    let Some(branch) = branch.top() else { return Ok(None) };
    let Some(coverage) = figures(conn, &branch, filter, as_of_ms)? else { return Ok(None) };
    let form = default_form();
    let ratings: Vec<(&str, String)> = form
        .questions
        .iter()
        .filter(|question| matches!(question.kind, Kind::Rating { .. }))
        .map(|question| (question.id.as_str(), format!("{}（均分）", question.short.get(Lang::Zh))))
        .collect();
    let mut columns = COLUMNS.to_vec();
    columns.extend(ratings.iter().map(|(_, title)| (title.as_str(), 14.0)));
    let mut book = Workbook::new();
    let mut table = Table::new(&mut book, "覆盖面", &columns)?;
    let lines = coverage.children.iter().map(|line| (line, if line.own { "本级" } else { "" }));
    for (line, remark) in lines.chain([(&coverage.line, "合计")]) {
        table.row(&cells(line, remark, &ratings))?;
    }
    let written = table.close()?;
    let scope = of_orgs(conn, &branch)?;
    let mut pairs = explanation(conn, filter, &scope, account_id, as_of_ms)?;
    pairs.extend([
        (
            "不可相加",
            Cell::Text("覆盖人数、涉及手机、到会率和均分各行不能相加；其余各行之和等于合计".to_owned()),
        ),
        ("空白均分", Cell::Text("每满五份新答卷才计入均分；不满五份的不显示".to_owned())),
    ]);
    book::explain(&mut book, &pairs)?;
    let detail = noted(filter, &scope, written, why);
    Ok(Some(Ready { bytes: book.save_to_buffer()?, as_of_ms, detail }))
}

fn cells(line: &Line, remark: &str, ratings: &[(&str, String)]) -> Vec<Cell> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let mut cells = vec![
        text(&line.org.name),
        text(&line.org.code),
        text(line.org.level.label(Lang::Zh)),
        Cell::Count(line.sessions.held),
        Cell::Count(line.sessions.planned),
        Cell::Count(line.attended),
        Cell::Count(line.walk_ins),
        Cell::Count(line.people),
        Cell::Count(line.expected),
        line.rate.map_or(Cell::Empty, Cell::Share),
        Cell::Count(line.orgs.covered),
        Cell::Count(line.orgs.all),
        Cell::Count(line.workshops.covered),
        Cell::Count(line.workshops.all),
        Cell::Count(line.responses),
        Cell::Count(line.still_on_phones.check_ins),
        Cell::Count(line.still_on_phones.responses),
        Cell::Count(line.still_on_phones.devices),
        text(remark),
    ];
    cells.extend(ratings.iter().map(|(question, _)| match line.scores.get(*question) {
        Some(Some(score)) => Cell::Mean(score.mean),
        _ => Cell::Empty,
    }));
    cells
}
