//! `GET /api/v1/exports/attendance.xlsx`: who was expected and who came, one row per person and
//! session.

use super::book::{self, Cell, Column, Table, Trouble};
use super::{Ready, answer, explanation};
use crate::App;
use crate::access::Caller;
use crate::branch::{self, Branch};
use crate::extract::Query;
use crate::filter::{Filter, Params, named};
use crate::people::People;
use crate::refuse::Refusal;
use crate::{org, sessions};
use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use rusqlite::Connection;
use rust_xlsxwriter::Workbook;
use shared::attendance::{AttendanceRow, Status};
use shared::audit::Act;
use shared::text::Lang;
use shared::wire::{AttendanceItem, SessionItem};

const COLUMNS: [Column<'static>; 12] = [
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
];

/// Answers with the workbook. Filters: `org`, `campaign`, `activity`, `from_ms`, `to_ms`,
/// `session`.
///
/// # Errors
/// `bad_value`, or as [`branch::read`].
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Response<Body>, Refusal> {
    let filter = Filter::read(&params)?;
    let (asked, account_id) = (filter.org.clone(), caller.account_id);
    let ready = branch::read(&app, &caller, asked, move |conn, branch, now_ms| {
        Ok(workbook(conn, branch, &filter, account_id, now_ms)?)
    });
    answer(&app, account_id, (Act::ExportAttendance, "attendance"), "签到", ready.await?).await
}

fn workbook(
    conn: &Connection,
    branch: &Branch,
    filter: &Filter,
    account_id: i64,
    as_of_ms: i64,
) -> Result<Ready, Trouble> {
    let mut book = Workbook::new();
    let mut table = Table::new(&mut book, "签到", &COLUMNS)?;
    let mut people = People::new(conn);
    let mut statement = conn.prepare(&sessions::select(branch))?;
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
    let scope = names(conn, branch)?;
    let mut pairs = explanation(conn, filter, &scope, account_id, as_of_ms)?;
    pairs.extend([
        ("场次数", Cell::Count(count)),
        ("行数", Cell::Count(u64::from(written))),
        (
            "内容",
            Cell::Text("每场应到人员和有记录的人员各一行；状态：实到、迟到、请假、缺席、未到".to_owned()),
        ),
        ("已隐去", Cell::Text("手机尾号".to_owned())),
    ]);
    book::explain(&mut book, &pairs)?;
    let detail = serde_json::json!({ "filter": format!("{filter:?}"), "scope": scope, "rows": written });
    Ok(Ready { bytes: book.save_to_buffer()?, as_of_ms, detail: detail.to_string() })
}

/// The orgs at the top of the branch, as people call them.
pub(super) fn names(conn: &Connection, branch: &Branch) -> rusqlite::Result<String> {
    let names: Vec<String> =
        branch.roots.iter().map(|org_id| branch::path(conn, *org_id)).collect::<Result<_, _>>()?;
    Ok(names.join("；"))
}

fn cells(path: &str, session: &SessionItem, item: &AttendanceItem) -> [Cell; 12] {
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
