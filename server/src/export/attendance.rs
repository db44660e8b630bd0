//! `/api/v1/exports/attendance.xlsx`: who was expected and who came, one row per person and session.

use super::book::{self, Cell, Column, Table, Trouble};
use super::{Ready, Why, answer, explanation, noted, part, why};
use crate::App;
use crate::access::Caller;
use crate::branch::{self, Branch};
use crate::extract::{Json as Body, Query};
use crate::filter::{Filter, Params, named};
use crate::people::People;
use crate::refuse::Refusal;
use crate::sight::{self, Sight};
use crate::{org, sessions};
use axum::body;
use axum::extract::State;
use axum::http::Response;
use rusqlite::Connection;
use rust_xlsxwriter::Workbook;
use shared::attendance::{AttendanceRow, Status};
use shared::audit::Act;
use shared::sight::ClearRequest;
use shared::text::Lang;
use shared::wire::{AttendanceItem, SessionItem};

const COLUMNS: [Column<'static>; 13] = [
    ("组织", 48.0),
    ("场次", 32.0),
    ("活动", 10.0),
    ("开始时间", 17.0),
    ("姓名", 16.0),
    ("工号", 12.0),
    ("车间（班组）", 20.0),
    ("状态", 8.0),
    ("到场时间", 17.0),
    ("名单外人员", 11.0),
    ("标记", 20.0),
    ("备注", 24.0),
    ("手机尾号", 9.0),
];

/// Answers with the workbook, everybody masked. Filters: `org`, `campaign`, `activity`, `from_ms`,
/// `to_ms`, `session`.
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

/// The same with nothing masked, for a reason.
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
    let (asked, account_id) = (filter.org.clone(), caller.account_id);
    let ready = sight::read(app, caller, part(&why), asked, move |conn, sight, now_ms| {
        Ok(workbook(conn, sight, (&filter, &why), account_id, now_ms)?)
    });
    answer(app, account_id, (Act::ExportAttendance, "attendance"), "签到", ready.await?).await
}

fn workbook(
    conn: &Connection,
    sight: &Sight,
    (filter, why): (&Filter, &Why),
    account_id: i64,
    as_of_ms: i64,
) -> Result<Ready, Trouble> {
    let names = if why.is_some() { sight.names.clone() } else { sight.names.masked() };
    let mut book = Workbook::new();
    let mut table = Table::new(&mut book, "签到", &COLUMNS)?;
    let mut people = People::new(conn, &names);
    let mut statement = conn.prepare(&sessions::select(sight))?;
    let values = filter.values();
    let mut rows = statement.query(&*named(&values))?;
    let mut count = 0_u64;
    while let Some(row) = rows.next()? {
        let (session_id, item) = sessions::item(row)?;
        let path = match org::find(conn, item.session.org)? {
            Some(org_id) => branch::path(conn, org_id)?,
            None => item.org_name.clone(),
        };
        for person in people.of(session_id, &item.session)? {
            table.row(&cells(&path, &item, &person))?;
        }
        count += 1;
    }
    let written = table.close()?;
    let scope = of_orgs(conn, &sight.branch)?;
    let mut pairs = explanation(conn, filter, &scope, account_id, as_of_ms)?;
    pairs.extend([
        ("场次数", Cell::Count(count)),
        ("行数", Cell::Count(u64::from(written))),
        (
            "内容",
            Cell::Text("每场应到人员和有记录的人员各一行；状态：实到、迟到、请假、缺席、未到".to_owned()),
        ),
        match why {
            Some(why) => ("完整信息，理由", Cell::Text(why.clone())),
            None => ("已隐去", Cell::Text("姓名（只留第一个字）、工号、手机尾号、备注".to_owned())),
        },
    ]);
    book::explain(&mut book, &pairs)?;
    Ok(Ready { bytes: book.save_to_buffer()?, as_of_ms, detail: noted(filter, &scope, written, why) })
}

/// The orgs at the top of the branch, as people call them.
pub(super) fn of_orgs(conn: &Connection, branch: &Branch) -> rusqlite::Result<String> {
    let names: Vec<String> =
        branch.roots.iter().map(|org_id| branch::path(conn, *org_id)).collect::<Result<_, _>>()?;
    Ok(names.join("；"))
}

fn cells(path: &str, session: &SessionItem, item: &AttendanceItem) -> [Cell; 13] {
    let text = |text: &str| Cell::Text(text.to_owned());
    let person = item.person.as_ref();
    let tags: Vec<&str> = item.row.tags.iter().map(|tag| tag.label(Lang::Zh)).collect();
    [
        text(path),
        text(&session.session.title),
        text(session.session.activity.label(Lang::Zh)),
        Cell::Time(session.session.starts_ms),
        person.map_or_else(|| text("（待确认）"), |person| text(&person.name)),
        Cell::maybe(person.and_then(|person| person.staff_no.as_deref())),
        text(&item.org_name),
        text(status(&item.row)),
        item.row.arrived_ms.map_or(Cell::Empty, Cell::Time),
        if item.walk_in { text("是") } else { Cell::Empty },
        if tags.is_empty() { Cell::Empty } else { Cell::Text(tags.join("、")) },
        Cell::maybe(item.row.note.as_deref()),
        Cell::maybe(person.and_then(|person| person.phone_tail.as_deref())),
    ]
}

/// One word for the outcome. Whoever is here is here, whatever was marked before; only lateness
/// is still worth saying.
fn status(row: &AttendanceRow) -> &'static str {
    match (row.present, row.status) {
        (_, Some(Status::Late)) => Status::Late.label(Lang::Zh),
        (true, _) => "实到",
        (false, Some(status)) => status.label(Lang::Zh),
        (false, None) => "未到",
    }
}
