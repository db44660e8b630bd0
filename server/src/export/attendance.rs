//! `/api/v1/exports/attendance.…`: who was expected and who came, one row per person and session.

use super::cell::{Cell, Rows, Trouble};
use super::{Foot, Head, Order, Place, explain};
use crate::filter::{Filter, named};
use crate::people::People;
use crate::sight::Sight;
use crate::{branch, org, sessions};
use rusqlite::Connection;
use shared::attendance::{AttendanceRow, Status};
use shared::text::Lang;
use shared::wire::{AttendanceItem, SessionItem};

const COLUMNS: [(&str, f64); 13] = [
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

pub(super) fn head() -> Head {
    let columns = COLUMNS.iter().map(|(title, width)| ((*title).to_owned(), *width)).collect();
    Head { title: "签到", columns }
}

/// How many rows there will be, about: whoever is expected or present, as the sessions count them.
pub(super) fn rows(conn: &Connection, sight: &Sight, filter: &Filter) -> rusqlite::Result<u64> {
    let (with, from) = sight.sessions();
    let sql = format!(
        "{with} SELECT coalesce(sum(max(session.roster + session.present - session.roster_present, 0)), 0)
         FROM {from} WHERE {}",
        Filter::SQL
    );
    conn.query_row(&sql, &*named(&filter.values()), |row| row.get(0))
        .map(|n: i64| u64::try_from(n).unwrap_or(0))
}

pub(super) fn rows_of(place: &Place<'_>, order: &Order, out: &mut dyn Rows) -> Result<Foot, Trouble> {
    let (conn, sight) = (place.conn, place.sight);
    let names = if order.why.is_some() { sight.names.clone() } else { sight.names.masked() };
    let mut people = People::new(conn, &names);
    let mut statement = conn.prepare(&sessions::select(sight))?;
    let values = order.filter.values();
    let mut rows = statement.query(&*named(&values))?;
    let mut count = 0_u64;
    while let Some(row) = rows.next()? {
        let (session_id, item) = sessions::item(row)?;
        let path = match org::find(conn, item.session.org)? {
            Some(org_id) => branch::path(conn, org_id)?,
            None => item.org_name.clone(),
        };
        for person in people.of(session_id, &item.session)? {
            out.row(&cells(&path, &item, &person))?;
        }
        count += 1;
    }
    let about = "每场应到人员和有记录的人员各一行；状态：实到、迟到、请假、缺席、未到";
    let notes = vec![("场次数", Cell::Count(count)), ("内容", Cell::text(about))];
    Ok(Foot { scope: explain::scope(conn, &sight.branch)?, notes, drawing: None })
}

fn cells(path: &str, session: &SessionItem, item: &AttendanceItem) -> [Cell; 13] {
    let text = Cell::text;
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
