//! `/api/v1/exports/coverage.…`: the figures of a branch, one row per child as on the screen. Nothing is
//! computed here.

use super::cell::{Cell, Rows, Trouble};
use super::{Foot, Head, Order, Place, explain};
use crate::coverage::figures;
use rusqlite::Error;
use shared::coverage::{Coverage, Line};
use shared::form::{Kind, default_form};
use shared::text::Lang;

const COLUMNS: [(&str, f64); 19] = [
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

/// A question whose marks are shown.
pub(super) struct Rating {
    /// Its stable name.
    pub(super) id: String,
    /// What it is called where there is little room.
    pub(super) short: String,
    /// Its highest mark.
    pub(super) scale: u8,
}

/// The questions that are shown, in the order of the form.
pub(super) fn ratings() -> Vec<Rating> {
    let all = default_form().questions.into_iter();
    all.filter_map(|question| match question.kind {
        Kind::Rating { scale } => {
            Some(Rating { id: question.id, short: question.short.get(Lang::Zh).to_owned(), scale })
        }
        _ => None,
    })
    .collect()
}

pub(super) fn head() -> Head {
    let mut columns: Vec<(String, f64)> =
        COLUMNS.iter().map(|(title, width)| ((*title).to_owned(), *width)).collect();
    columns.extend(ratings().into_iter().map(|rating| (format!("{}（均分）", rating.short), 14.0)));
    Head { title: "覆盖面", columns }
}

pub(super) fn rows(place: &Place<'_>, order: &Order, out: &mut dyn Rows) -> Result<Foot, Trouble> {
    let (coverage, scope) = read(place, order)?;
    let ratings = ratings();
    for (line, remark) in lines(&coverage) {
        out.row(&cells(line, remark, &ratings))?;
    }
    let added = "覆盖人数、涉及手机、到会率和均分各行不能相加；其余各行之和等于合计";
    let notes = vec![("不可相加", Cell::text(added)), withheld()];
    Ok(Foot { scope, notes, drawing: None })
}

/// The figures of the branch that is asked for, and what people call it.
pub(super) fn read(place: &Place<'_>, order: &Order) -> Result<(Coverage, String), Trouble> {
    let branch = place.sight.branch.top().ok_or(Error::QueryReturnedNoRows)?;
    let found = figures(place.conn, &branch, &order.filter, place.as_of_ms)?;
    Ok((found.ok_or(Error::QueryReturnedNoRows)?, explain::scope(place.conn, &branch)?))
}

/// Why a score may be missing.
pub(super) fn withheld() -> (&'static str, Cell) {
    ("空白均分", Cell::text("每满五份新答卷才计入均分；不满五份的不显示"))
}

/// The lines in the order of the page, the sum last, each with what is to be said of it.
pub(super) fn lines(coverage: &Coverage) -> impl Iterator<Item = (&Line, &'static str)> {
    let children = coverage.children.iter().map(|line| (line, if line.own { "本级" } else { "" }));
    children.chain([(&coverage.line, "合计")])
}

fn cells(line: &Line, remark: &str, ratings: &[Rating]) -> Vec<Cell> {
    let mut cells = vec![
        Cell::text(&line.org.name),
        Cell::text(&line.org.code),
        Cell::text(line.org.level.label(Lang::Zh)),
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
        Cell::text(remark),
    ];
    cells.extend(ratings.iter().map(|rating| match line.scores.get(&rating.id) {
        Some(Some(score)) => Cell::Mean(score.mean),
        _ => Cell::Empty,
    }));
    cells
}
