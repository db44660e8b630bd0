//! The sheet that explains a workbook (说明): whose figures, under which filters, as of when, for whom, and
//! what is masked in it.

use super::cell::Cell;
use super::{Order, Place, What};
use crate::branch::{self, Branch};
use crate::filter::Filter;
use rusqlite::{Connection, OptionalExtension};
use shared::text::Lang;

/// The orgs at the top of the branch, as people call them.
pub(super) fn scope(conn: &Connection, branch: &Branch) -> rusqlite::Result<String> {
    let names: Vec<String> =
        branch.roots.iter().map(|org_id| branch::path(conn, *org_id)).collect::<Result<_, _>>()?;
    Ok(names.join("；"))
}

/// The title of the campaign that is asked for; its id, where nobody has told of it.
pub(crate) fn campaign(conn: &Connection, filter: &Filter) -> rusqlite::Result<Option<String>> {
    let Some(id) = filter.campaign else { return Ok(None) };
    let title: Option<String> = conn
        .prepare_cached("SELECT title FROM campaign WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(title.or_else(|| Some(id.to_string())))
}

/// What is said of every table.
pub(super) fn pairs(
    place: &Place<'_>,
    filter: &Filter,
    scope: &str,
) -> rusqlite::Result<Vec<(&'static str, Cell)>> {
    let who: Option<(String, String)> = place
        .conn
        .prepare_cached("SELECT name, login FROM account WHERE account_id = ?1")?
        .query_row([place.account_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let all = || Cell::text("全部");
    let text = |text: Option<String>| text.map_or_else(all, Cell::Text);
    let time = |ms: Option<i64>| ms.map_or_else(all, Cell::Time);
    Ok(vec![
        ("范围", Cell::text(scope)),
        ("专题活动", text(campaign(place.conn, filter)?)),
        ("活动类型", text(filter.activity.map(|activity| activity.label(Lang::Zh).to_owned()))),
        ("场次", text(filter.session.map(|id| id.to_string()))),
        ("开始时间自", time(filter.from_ms)),
        ("开始时间至（不含）", time(filter.to_ms)),
        ("数据截至", Cell::Time(place.as_of_ms)),
        ("导出人", text(who.map(|(name, login)| format!("{name}（{login}）")))),
        ("时区", Cell::text("北京时间（+08:00）")),
    ])
}

/// What is masked in it, or why nothing is.
pub(super) fn masked(order: &Order) -> (&'static str, Cell) {
    match (&order.why, order.what) {
        (Some(why), _) => ("完整信息，理由", Cell::text(why)),
        (None, What::Attendance) => ("已隐去", Cell::text("姓名（只留第一个字）、工号、手机尾号、备注")),
        (None, _) => ("已隐去", Cell::text("表中没有职工个人信息")),
    }
}
