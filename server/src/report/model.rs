//! A document, before anybody knows how it is written: what DOCX and PDF have in common.

/// A report as it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    /// Who issues it (发文机关).
    pub(crate) issuer: String,
    /// Its number (发文字号); empty without one.
    pub(crate) number: String,
    /// Its date, as in `2025年11月22日`.
    pub(crate) date: String,
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
}

/// A part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// A heading of level 1 to 4, with its number.
    Heading(u8, String),
    Paragraph(String),
    Table(Table),
}

/// A table whose head is repeated on each page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// What each column's head says, and its share of the width.
    pub(crate) columns: Vec<(String, u32)>,
    /// Cells as text; the first column is of names, the others of figures.
    pub(crate) rows: Vec<Vec<String>>,
}

/// Takes away headings with nothing under them, and numbers the others: 一、（一）1.（1）.
pub(crate) fn numbered(blocks: Vec<Block>) -> Vec<Block> {
    let mut kept = blocks;
    drop_bare(&mut kept);
    let mut counts = [0_usize; 4];
    for block in &mut kept {
        let Block::Heading(level, text) = block else { continue };
        let at = usize::from(level.saturating_sub(1)).min(3);
        counts[at] += 1;
        counts[at + 1..].fill(0);
        *text = format!("{}{text}", number(at, counts[at]));
    }
    kept
}

/// Headings that are followed by one of the same or a higher level, or by nothing.
fn drop_bare(blocks: &mut Vec<Block>) {
    loop {
        let bare = blocks.iter().enumerate().find_map(|(at, block)| {
            let Block::Heading(level, _) = block else { return None };
            match blocks.get(at + 1) {
                None => Some(at),
                Some(Block::Heading(next, _)) if next <= level => Some(at),
                Some(_) => None,
            }
        });
        match bare {
            Some(at) => drop(blocks.remove(at)),
            None => return,
        }
    }
}

/// The number of a heading.
fn number(level: usize, n: usize) -> String {
    match level {
        0 => format!("{}、", chinese(n)),
        1 => format!("（{}）", chinese(n)),
        2 => format!("{n}. "),
        _ => format!("（{n}）"),
    }
}

/// A number up to 99 in Chinese.
fn chinese(n: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |n: usize| DIGITS.get(n % 10).copied().unwrap_or_default();
    match n / 10 {
        0 => digit(n).to_owned(),
        1 => format!("十{}", digit(n)),
        tens => format!("{}十{}", digit(tens), digit(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(level: u8, text: &str) -> Block {
        Block::Heading(level, text.to_owned())
    }

    #[test]
    fn what_is_empty_is_gone_and_the_rest_is_numbered() {
        let text = || Block::Paragraph("字".to_owned());
        let blocks = vec![
            heading(1, "甲"),
            text(),
            heading(1, "空"),
            heading(2, "也空"),
            heading(1, "乙"),
            heading(2, "子"),
            text(),
            heading(2, "空"),
            heading(3, "孙"),
            text(),
            heading(2, "末空"),
            heading(1, "尾空"),
        ];
        let want = vec![
            heading(1, "一、甲"),
            text(),
            heading(1, "二、乙"),
            heading(2, "（一）子"),
            text(),
            heading(2, "（二）空"),
            heading(3, "1. 孙"),
            text(),
        ];
        assert_eq!(numbered(blocks), want);
    }

    #[test]
    fn numbers_as_they_are_written() {
        let all: Vec<String> = [1, 9, 10, 11, 20, 34].into_iter().map(chinese).collect();
        assert_eq!(all, ["一", "九", "十", "十一", "二十", "三十四"]);
    }
}
