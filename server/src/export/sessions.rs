//! `/api/v1/exports/sessions.…`: the list of sessions as the desk shows it, one row each.

use super::cell::{Cell, Rows, Trouble};
use super::{Foot, Head, Order, Place, explain};
use crate::filter::{Filter, named};
use crate::sessions;
use crate::sight::Sight;
use rusqlite::Connection;
use shared::text::Lang;
use shared::wire::SessionItem;

const COLUMNS: [(&str, f64); 10] = [
    ("开始时间", 17.0),
    ("名称", 36.0),
    ("组织", 28.0),
    ("活动", 10.0),
    ("状态", 9.0),
    ("实到", 8.0),
    ("应到", 8.0),
    ("到会率", 9.0),
    ("答卷", 8.0),
    ("未上传答卷", 11.0),
];

pub(super) fn head() -> Head {
    let columns = COLUMNS.iter().map(|(title, width)| ((*title).to_owned(), *width)).collect();
    Head { title: "场次", columns }
}

/// How many rows there will be.
pub(super) fn rows(conn: &Connection, sight: &Sight, filter: &Filter) -> rusqlite::Result<u64> {
    sessions::count(conn, sight, filter)
}

pub(super) fn rows_of(place: &Place<'_>, order: &Order, out: &mut dyn Rows) -> Result<Foot, Trouble> {
    let (conn, sight) = (place.conn, place.sight);
    let mut statement = conn.prepare(&sessions::select(sight))?;
    let values = order.filter.values();
    let mut rows = statement.query(&*named(&values))?;
    while let Some(row) = rows.next()? {
        out.row(&cells(&sessions::listed(conn, row)?))?;
    }
    let notes = vec![("实到", Cell::text("到场人数（含名单外人员）与清点人数中较大的一个"))];
    Ok(Foot { scope: explain::scope(conn, &sight.branch)?, notes, drawing: None })
}

fn cells(item: &SessionItem) -> [Cell; 10] {
    let session = &item.session;
    [
        Cell::Time(session.starts_ms),
        Cell::text(&session.title),
        Cell::text(&item.org_name),
        Cell::text(session.activity.label(Lang::Zh)),
        Cell::text(session.state.label(Lang::Zh)),
        Cell::Count(u64::from(item.totals.attended)),
        item.roster_expected.map_or(Cell::Empty, |expected| Cell::Count(u64::from(expected))),
        item.rate().map_or(Cell::Empty, Cell::Share),
        Cell::Count(u64::from(item.totals.responses)),
        Cell::Count(u64::from(item.missing_responses())),
    ]
}
