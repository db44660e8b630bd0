//! `/api/v1/exports/feedback.…`: published marks, a row per line of the overview and question. What is not
//! published is not in it, and texts are in no file.

use super::book::Drawing;
use super::cell::{Cell, Rows, Trouble};
use super::coverage::{Rating, lines, ratings, read, withheld};
use super::{Foot, Head, Order, Place};
use shared::coverage::Line;
use shared::text::Lang;

const COLUMNS: [(&str, f64); 8] = [
    ("组织", 32.0),
    ("编码", 14.0),
    ("级别", 14.0),
    ("说明", 10.0),
    ("问题", 12.0),
    ("收到答卷", 10.0),
    ("计入份数", 10.0),
    ("均分", 8.0),
];
/// The column of the question.
const QUESTION: u16 = 4;

/// The highest mark of any question.
fn scale(ratings: &[Rating]) -> u8 {
    ratings.iter().map(|rating| rating.scale).max().unwrap_or(0)
}

pub(super) fn head() -> Head {
    let mut columns: Vec<(String, f64)> =
        COLUMNS.iter().map(|(title, width)| ((*title).to_owned(), *width)).collect();
    columns.extend((1..=scale(&ratings())).map(|mark| (format!("{mark} 分"), 8.0)));
    Head { title: "反馈", columns }
}

pub(super) fn rows(place: &Place<'_>, order: &Order, out: &mut dyn Rows) -> Result<Foot, Trouble> {
    let (coverage, scope) = read(place, order)?;
    let ratings = ratings();
    let mut written = 0_u32;
    for (line, remark) in lines(&coverage) {
        for rating in &ratings {
            out.row(&cells(line, remark, rating, scale(&ratings)))?;
            written += 1;
        }
    }
    // The sum comes last: what the page draws.
    let drawn = u32::try_from(ratings.len()).unwrap_or(0);
    let first = u16::try_from(COLUMNS.len()).unwrap_or(0);
    let drawing = (drawn > 0).then(|| Drawing {
        title: "各题评分分布（合计）",
        names: QUESTION,
        columns: (first, first + u16::from(scale(&ratings)).saturating_sub(1)),
        rows: (written + 1 - drawn, written),
    });
    let pools = "几场各不满五份的答卷合并计入，只在合计里出现，所以各行之和可以小于合计";
    let notes = vec![
        withheld(),
        ("合并计入", Cell::text(pools)),
        ("收到答卷", Cell::text("按实际收到的份数，可以大于计入份数")),
        ("文字答案", Cell::text("不导出")),
    ];
    Ok(Foot { scope, notes, drawing })
}

fn cells(line: &Line, remark: &str, rating: &Rating, scale: u8) -> Vec<Cell> {
    let mut cells = vec![
        Cell::text(&line.org.name),
        Cell::text(&line.org.code),
        Cell::text(line.org.level.label(Lang::Zh)),
        Cell::text(remark),
        Cell::text(&rating.short),
        Cell::Count(line.responses),
    ];
    let Some(Some(score)) = line.scores.get(&rating.id) else {
        cells.resize(COLUMNS.len() + usize::from(scale), Cell::Empty);
        return cells;
    };
    cells.extend([Cell::Count(score.n), Cell::Mean(score.mean)]);
    let mark = |place: u8| score.counts.get(usize::from(place)).copied().unwrap_or(0);
    cells.extend((0..scale).map(|place| Cell::Count(mark(place))));
    cells
}
