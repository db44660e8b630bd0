//! The wording of the report: text in which names in braces stand for figures.
//!
//! `# ` begins the title, `## ` and `### ` headings; any other line is a paragraph. A paragraph with a field
//! that has nothing to say is left out, and so is a heading with nothing under it. A field that stands for a
//! table, or for what was typed in, has a line of its own.

use super::model::{Block, Document, Table, numbered};
use std::collections::BTreeMap;

/// What the program brings.
pub(crate) const USUAL: &str = include_str!("usual.txt");

/// Every field with what it stands for.
pub(crate) const FIELDS: [(&str, &str); 30] = [
    ("issuer", "发文单位：报告范围最上级组织的名称"),
    ("campaign", "专题活动的名称；没有选专题活动时为“宣讲学习活动”"),
    ("period", "统计期间"),
    ("as_of", "数据截至的时间"),
    ("held", "已举办场次"),
    ("planned", "计划中还没有举办的场次；没有时该段不出现"),
    ("attended", "实到人次"),
    ("walk_ins", "其中名单外人次；没有时该段不出现"),
    ("people", "覆盖人数（不重复）"),
    ("expected", "应到人次；没有花名册时该段不出现"),
    ("rate", "到会率；没有花名册时该段不出现"),
    ("orgs_all", "基层工会数；没有时该段不出现"),
    ("orgs_covered", "已覆盖的基层工会数"),
    ("orgs_share", "基层工会覆盖率"),
    ("workshops_all", "车间（班组）数；没有时该段不出现"),
    ("workshops_covered", "已覆盖的车间（班组）数"),
    ("workshops_share", "车间（班组）覆盖率"),
    ("responses", "收到的反馈答卷数；没有时该段不出现"),
    ("score_understood", "听得懂：均分，或不公布的说明"),
    ("score_absorbed", "能领会：均分，或不公布的说明"),
    ("score_usable", "可落实：均分，或不公布的说明"),
    ("table_branches", "各单位情况表（独占一行）"),
    ("table_scores", "评分分布表（独占一行）"),
    ("needs", "职工诉求，生成报告时填写（独占一行）"),
    ("practice", "经验做法，生成报告时填写（独占一行）"),
    ("missing_orgs", "还没有覆盖的直属下级"),
    ("missing_parts", "没有全部覆盖的直属下级，各有几家基层工会未覆盖"),
    ("still_check_ins", "还在手机上的签到数；都已上传时该段不出现"),
    ("still_responses", "还在手机上的答卷数；都已上传时该段不出现"),
    ("still_devices", "涉及的手机数；都已上传时该段不出现"),
];

/// What stands in the place of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    /// Paragraphs of their own.
    Lines(Vec<String>),
    Table(Table),
}

/// Fields that have something to say.
pub(crate) type Values = BTreeMap<&'static str, Value>;

/// What cannot stand in a wording, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bad(String);

impl Bad {
    pub(crate) fn detail(&self) -> &str {
        &self.0
    }

    fn at(line: usize, zh: &str, en: &str) -> Self {
        Self(format!("第 {line} 行：{zh} / line {line}: {en}"))
    }
}

/// A piece of a line.
enum Piece<'t> {
    Plain(&'t str),
    Field(&'t str),
}

/// The pieces of a line; none where a brace has no other.
fn pieces(line: &str) -> Option<Vec<Piece<'_>>> {
    let mut all = Vec::new();
    let mut rest = line;
    while let Some(begin) = rest.find(['{', '}']) {
        let (plain, from) = rest.split_at(begin);
        let inside = from.strip_prefix('{')?;
        let (name, after) = inside.split_once('}')?;
        if name.contains('{') {
            return None;
        }
        all.push(Piece::Plain(plain));
        all.push(Piece::Field(name));
        rest = after;
    }
    all.push(Piece::Plain(rest));
    Some(all)
}

/// Whether a field fills lines of its own.
fn is_block(name: &str) -> bool {
    matches!(name, "table_branches" | "table_scores" | "needs" | "practice")
}

/// Whether this can be a wording.
///
/// # Errors
/// The first line that cannot, and why: a field that there is none of is named.
pub(crate) fn check(body: &str) -> Result<(), Bad> {
    let mut titles = 0;
    for (at, line) in (1..).zip(body.lines()) {
        titles += usize::from(line.starts_with("# "));
        let pieces = pieces(line).ok_or_else(|| Bad::at(at, "大括号不成对", "a brace without the other"))?;
        for piece in &pieces {
            let Piece::Field(name) = piece else { continue };
            if !FIELDS.iter().any(|(known, _)| known == name) {
                return Err(Bad::at(
                    at,
                    &format!("没有字段“{name}”"),
                    &format!("there is no field \"{name}\""),
                ));
            }
            if is_block(name) && line.trim() != format!("{{{name}}}") {
                let (zh, en) = (format!("“{name}”要独占一行"), format!("\"{name}\" has a line of its own"));
                return Err(Bad::at(at, &zh, &en));
            }
        }
    }
    if titles == 1 {
        return Ok(());
    }
    Err(Bad::at(1, "要有且只有一个以“# ”开头的标题", "one title, which begins with \"# \""))
}

/// A line with its figures; none where one of them has nothing to say.
fn filled(line: &str, values: &Values) -> Option<String> {
    let mut text = String::new();
    for piece in pieces(line)? {
        match piece {
            Piece::Plain(plain) => text.push_str(plain),
            Piece::Field(name) => match values.get(name)? {
                Value::Text(value) => text.push_str(value),
                Value::Lines(_) | Value::Table(_) => return None,
            },
        }
    }
    Some(text)
}

/// What stands in the place of a line that is a field alone.
fn block(line: &str, values: &Values) -> Option<Vec<Block>> {
    let name = line.trim().strip_prefix('{')?.strip_suffix('}')?;
    match values.get(name)? {
        Value::Text(_) => None,
        Value::Lines(lines) => Some(lines.iter().cloned().map(Block::Paragraph).collect()),
        Value::Table(table) => Some(vec![Block::Table(table.clone())]),
    }
}

/// The report: the wording with its figures. The wording has passed [`check`].
pub(crate) fn fill(body: &str, values: &Values, (issuer, number, date): (&str, &str, &str)) -> Document {
    let mut title = String::new();
    let mut blocks = Vec::new();
    for line in body.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(found) = block(line, values) {
            blocks.extend(found);
            continue;
        }
        let Some(text) = filled(line, values) else { continue };
        let heading = [("### ", 2), ("## ", 1)];
        if let Some(rest) = text.strip_prefix("# ") {
            title = rest.trim().to_owned();
        } else if let Some((level, rest)) =
            heading.iter().find_map(|(mark, level)| Some((*level, text.strip_prefix(mark)?)))
        {
            blocks.push(Block::Heading(level, rest.trim().to_owned()));
        } else {
            blocks.push(Block::Paragraph(text.trim().to_owned()));
        }
    }
    Document {
        issuer: issuer.to_owned(),
        number: number.trim().to_owned(),
        date: date.to_owned(),
        title,
        blocks: numbered(blocks),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_wording_is_one_and_uses_every_kind_of_field() {
        assert_eq!(check(USUAL), Ok(()));
        for (name, _) in FIELDS.iter().filter(|(name, _)| is_block(name)) {
            assert!(USUAL.contains(&format!("{{{name}}}")), "{name}");
        }
    }

    #[test]
    fn what_cannot_stand_in_it_is_named() {
        for (body, named) in [
            ("# 报告\n已办{heId}场", "“heId”"),
            ("# 报告\n已办{held场", "第 2 行"),
            ("# 报告\n已办held}场", "第 2 行"),
            ("# 报告\n见{table_branches}。", "“table_branches”要独占一行"),
            ("报告", "标题"),
            ("# 报告\n# 报告", "标题"),
        ] {
            let bad = check(body).expect_err(body);
            assert!(bad.detail().contains(named), "{body}: {}", bad.detail());
        }
    }

    #[test]
    fn empty_parts_vanish() {
        let text = |text: &str| Value::Text(text.to_owned());
        let values = Values::from([
            ("held", text("3")),
            ("campaign", text("专题")),
            ("practice", Value::Lines(vec!["一是 {held}".to_owned(), "二是".to_owned()])),
        ]);
        let body = "# {campaign}报告\n## 情况\n已办{held}场。\n计划{planned}场。\n## 诉求\n{needs}\n## 做法\n{practice}\n";
        let document = fill(body, &values, ("市总", " ", "2025年11月22日"));
        assert_eq!((document.title.as_str(), document.number.as_str()), ("专题报告", ""));
        let paragraph = |text: &str| Block::Paragraph(text.to_owned());
        let want = vec![
            Block::Heading(1, "一、情况".to_owned()),
            paragraph("已办3场。"),
            Block::Heading(1, "二、做法".to_owned()),
            // What people typed is no wording: braces stay as they are.
            paragraph("一是 {held}"),
            paragraph("二是"),
        ];
        assert_eq!(document.blocks, want);
    }
}
