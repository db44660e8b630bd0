//! The figures of the layout of official documents, GB/T 9704-2012: A4, margins top 37 mm and left 28 mm, a text
//! of 156 × 225 mm with 22 lines of 28 characters. In twips (1/1440 inch) and half points, as DOCX has them.

/// 210 × 297 mm.
pub(super) const PAGE_TWIPS: (u32, u32) = (11_906, 16_838);
/// 37 mm.
pub(super) const TOP_TWIPS: u32 = 2_098;
/// 28 mm.
pub(super) const LEFT_TWIPS: u32 = 1_588;
/// What is left beside a text of 156 mm: 26 mm.
pub(super) const RIGHT_TWIPS: u32 = 1_474;
/// What is left below a text of 225 mm: 35 mm.
pub(super) const BOTTOM_TWIPS: u32 = 1_984;
/// The text: 156 × 225 mm.
pub(super) const TEXT_TWIPS: (u32, u32) = (8_844, 12_756);
/// From the edge of the page to the number's foot: its head is 7 mm below the text.
pub(super) const FOOTER_TWIPS: u32 = 1_304;
/// A line: 225 mm / 22, about 29 pt.
pub(super) const LINE_TWIPS: u32 = 579;
/// How much closer than their size characters stand, so that 28 of 16 pt are in 156 mm. Said of the characters and
/// not as a grid: programs differ in what they do with one that is narrower than its characters.
pub(super) const CHAR_SPACE_TWIPS: i32 = -5;
/// Lines of the title, which is larger.
pub(super) const TITLE_LINE_TWIPS: u32 = 700;

/// 3号.
pub(super) const BODY_HALF_POINTS: u32 = 32;
/// 2号.
pub(super) const TITLE_HALF_POINTS: u32 = 44;
/// 4号.
pub(super) const PAGE_HALF_POINTS: u32 = 28;
/// 小4号: tables are not in the standard.
pub(super) const TABLE_HALF_POINTS: u32 = 24;

pub(super) const BODY_FONT: &str = "仿宋_GB2312";
pub(super) const TITLE_FONT: &str = "方正小标宋简体";
pub(super) const PAGE_FONT: &str = "宋体";
/// Of 一、（一）1.（1）.
pub(super) const HEADING_FONTS: [&str; 4] = ["黑体", "楷体_GB2312", "仿宋_GB2312", "仿宋_GB2312"];

/// How wide a text is, in characters of full width.
pub(super) fn widths(text: &str) -> i64 {
    let halves: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    i64::try_from(halves.div_ceil(2)).unwrap_or(i64::MAX)
}

/// Widths of columns by their shares; together they are the text's.
pub(super) fn column_twips(columns: &[(String, u32)]) -> Vec<u32> {
    let all: u32 = columns.iter().map(|(_, share)| share).sum::<u32>().max(1);
    let mut widths: Vec<u32> = columns.iter().map(|(_, share)| TEXT_TWIPS.0 * share / all).collect();
    let rest = TEXT_TWIPS.0.saturating_sub(widths.iter().sum());
    if let Some(first) = widths.first_mut() {
        *first += rest;
    }
    widths
}
