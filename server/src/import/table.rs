//! A table as offices send it: a title above the head, columns under many names, columns nobody
//! asked for, blank lines. What kind of file it is, its bytes say and not its name.

use super::{book, text};
use crate::fault::{Fault, Faults};
use shared::import::{FILE_MAX_BYTES, ROWS_MAX};

/// How far down the head of the table is looked for, in lines that are not blank.
pub(super) const HEAD_WITHIN: usize = 20;
/// Columns to the right of these are not looked at.
pub(super) const COLUMNS_MAX: usize = 256;
/// What a sheet shows where a formula failed.
const FAILED: [&str; 7] = ["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"];

/// A column that an import knows.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// What it is called first; messages and templates use it.
    pub name: &'static str,
    /// What else it may be called, the English word first. Of two columns that may be meant, the one
    /// is taken whose name stands earlier.
    pub synonyms: &'static [&'static str],
    /// The file is refused without it.
    pub required: bool,
}

impl Column {
    /// How early the name stands among those of the column; none if it is no name of it.
    fn rank(&self, loose: &str) -> Option<usize> {
        std::iter::once(&self.name).chain(self.synonyms).position(|known| self::loose(known) == loose)
    }
}

/// One line below the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file or sheet, from 1.
    pub number: usize,
    /// The known columns in the order asked for, cleaned; empty where the file has no such column.
    pub cells: Vec<String>,
    /// Something stands to the right of the head's last column. In a text file that is a comma too
    /// many, and every cell behind it is in the wrong place.
    pub overlong: bool,
}

/// What was read of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The sheet that was read; none of a text file.
    pub sheet: Option<String>,
    /// Every sheet that can be chosen.
    pub sheets: Vec<String>,
    /// Which of the known columns the file has.
    pub has: Vec<bool>,
    /// Heads of the columns that are not used.
    pub unused: Vec<String>,
    /// The lines that are not blank.
    pub lines: Vec<Line>,
}

/// Reads a file: a workbook's first sheet that has the head, or the one named; or a text file.
///
/// # Errors
/// What is wrong with the file as a whole, or the first line that cannot be read.
pub fn read(bytes: &[u8], sheet: Option<&str>, columns: &[Column]) -> Result<Table, Faults> {
    if bytes.len() > FILE_MAX_BYTES {
        return Err(Faults::one(0, Fault::new("文件超过 8 MiB", "the file has more than 8 MiB")));
    }
    if bytes.is_empty() {
        return Err(Faults::one(0, Fault::new("文件是空的", "the file is empty")));
    }
    if bytes.starts_with(b"PK") {
        return book::read(bytes, sheet, columns);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        let fault = Fault::new(
            "这是旧版 Excel（.xls）或者加了密码的文件，请去掉密码，另存为 XLSX",
            "this is an old Excel file (.xls) or one with a password: save it as XLSX without one",
        );
        return Err(Faults::one(0, fault));
    }
    text::read(bytes, columns)
}

/// Takes rows one after another, finds the head, and keeps the known columns of what is below.
pub(super) struct Collector<'c> {
    columns: &'c [Column],
    /// Cells beyond the head's last column are a fault of the line.
    strict: bool,
    /// Rows above the head that are not blank.
    above: usize,
    head: Option<Head>,
    table: Table,
}

struct Head {
    /// Where each column stands.
    places: Vec<Option<usize>>,
    /// What each column is called here.
    titles: Vec<String>,
    width: usize,
}

impl<'c> Collector<'c> {
    pub(super) fn new(columns: &'c [Column], strict: bool) -> Self {
        Self { columns, strict, above: 0, head: None, table: Table::default() }
    }

    /// Takes a row.
    ///
    /// # Errors
    /// There is no head as far down as one is looked for, it names a column twice, or there are too
    /// many rows.
    pub(super) fn row<'a>(
        &mut self,
        number: usize,
        cells: impl Iterator<Item = &'a str>,
    ) -> Result<(), Faults> {
        let mut cells: Vec<String> = cells.take(COLUMNS_MAX).map(clean).collect();
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.is_empty() {
            return Ok(());
        }
        let Some(head) = &self.head else { return self.above_head(number, &cells) };
        let overlong = self.strict && cells.len() > head.width;
        let known: Vec<String> = head
            .places
            .iter()
            .map(|place| place.and_then(|place| cells.get_mut(place)).map(std::mem::take).unwrap_or_default())
            .collect();
        // Heads are printed again on every page, and lines are numbered in advance.
        if !overlong && known.iter().zip(&head.titles).all(|(cell, title)| cell.is_empty() || cell == title) {
            return Ok(());
        }
        if self.table.lines.len() >= ROWS_MAX {
            let fault = Fault::new(format!("超过 {ROWS_MAX} 行"), format!("more than {ROWS_MAX} lines"));
            return Err(Faults::one(0, fault));
        }
        self.table.lines.push(Line { number, cells: known, overlong });
        Ok(())
    }

    fn above_head(&mut self, number: usize, cells: &[String]) -> Result<(), Faults> {
        let places = places(cells.iter().map(String::as_str), self.columns)
            .map_err(|fault| Faults::one(number, fault))?;
        if !is_head(&places, self.columns) {
            self.above += 1;
            return if self.above < HEAD_WITHIN { Ok(()) } else { Err(no_head(self.columns)) };
        }
        self.table.has = places.iter().map(Option::is_some).collect();
        let unused = |place: &usize| !places.contains(&Some(*place));
        self.table.unused = (0..cells.len())
            .filter(unused)
            .filter_map(|place| cells.get(place).filter(|cell| !cell.is_empty()).map(|cell| quoted(cell)))
            .collect();
        let title =
            |place: &Option<usize>| place.and_then(|place| cells.get(place)).cloned().unwrap_or_default();
        let titles = places.iter().map(title).collect();
        self.head = Some(Head { places, titles, width: cells.len() });
        Ok(())
    }

    /// What was read.
    ///
    /// # Errors
    /// There was no head.
    pub(super) fn close(self) -> Result<Table, Faults> {
        if self.head.is_some() { Ok(self.table) } else { Err(no_head(self.columns)) }
    }
}

/// Whether these cells may be a head.
pub(super) fn names_columns<'a>(cells: impl Iterator<Item = &'a str>, columns: &[Column]) -> bool {
    let cells: Vec<String> = cells.take(COLUMNS_MAX).map(clean).collect();
    // One that names a column twice is a head too, to be told of.
    places(cells.iter().map(String::as_str), columns).is_ok_and(|places| is_head(&places, columns))
        || cells.iter().filter(|cell| columns.iter().any(|c| c.rank(&loose(cell)).is_some())).count() > 1
}

fn is_head(places: &[Option<usize>], columns: &[Column]) -> bool {
    columns.iter().zip(places).all(|(column, place)| !column.required || place.is_some())
}

/// Where each column stands in a row.
fn places<'a>(cells: impl Iterator<Item = &'a str>, columns: &[Column]) -> Result<Vec<Option<usize>>, Fault> {
    let mut places: Vec<Option<(usize, usize)>> = vec![None; columns.len()];
    for (place, cell) in cells.enumerate() {
        let cell = loose(cell);
        if cell.is_empty() {
            continue;
        }
        for (column, found) in columns.iter().zip(&mut places) {
            let Some(rank) = column.rank(&cell) else { continue };
            match found {
                Some((known, _)) if *known == rank => {
                    return Err(Fault::new(
                        format!("表头里有两列都是“{}”", column.name),
                        format!("the head names the column {} twice", column.name),
                    ));
                }
                Some((known, _)) if *known < rank => {}
                _ => *found = Some((rank, place)),
            }
        }
    }
    Ok(places.into_iter().map(|found| found.map(|(_, place)| place)).collect())
}

pub(super) fn no_head(columns: &[Column]) -> Faults {
    let needed = || columns.iter().filter(|c| c.required);
    let names: Vec<&str> = needed().map(|c| c.name).collect();
    let english: Vec<&str> = needed().map(|c| c.synonyms.first().copied().unwrap_or(c.name)).collect();
    let fault = Fault::new(
        format!("没有找到表头，需要的列：{}", names.join("、")),
        format!("no head found; columns needed: {}", english.join(", ")),
    );
    Faults::one(0, fault)
}

/// A cell without what cannot be seen, and out of `="0012"`, as programs write to keep zeros.
fn clean(cell: &str) -> String {
    let unseen =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}');
    let seen: String = cell.chars().filter(|c| !unseen(*c)).collect();
    let text = seen.trim();
    let inner = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(text).trim().to_owned()
}

/// Full-width letters, digits and signs as plain ones.
#[must_use]
pub fn half(text: &str) -> String {
    let half = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    };
    text.chars().map(half).collect()
}

/// A text as two people write the same name: without spaces, stars and capitals.
#[must_use]
pub fn loose(text: &str) -> String {
    let plain = half(text).to_lowercase();
    let text: String = plain.chars().filter(|c| !c.is_whitespace() && *c != '*').collect();
    text.strip_suffix("(必填)").map(str::to_owned).unwrap_or(text)
}

/// What is quoted of a cell: of a row of digits that may be a phone only the last four.
#[must_use]
pub fn quoted(text: &str) -> String {
    let chars: Vec<char> = text.chars().take(60).collect();
    let mut shown = String::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let run = chars.iter().skip(at).take_while(|c| c.is_ascii_digit()).count();
        if run > 6 {
            shown.push('*');
            shown.extend(chars.iter().skip(at + run - 4).take(4));
        } else if run > 0 {
            shown.extend(chars.iter().skip(at).take(run));
        } else {
            shown.push(c);
        }
        at += run.max(1);
    }
    shown
}

/// What is wrong with a line whatever it is about.
#[must_use]
pub fn line_fault(line: &Line) -> Option<Fault> {
    if line.overlong {
        return Some(Fault::new("内容比表头的列多", "there are more cells than the head has columns"));
    }
    let failed = line.cells.iter().find(|cell| FAILED.contains(&cell.as_str()))?;
    Some(Fault::new(format!("公式出错：{failed}"), format!("a formula failed: {failed}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Column = Column { name: "姓名", synonyms: &["name"], required: true };
    const TAIL: Column = Column { name: "手机尾号", synonyms: &["phone", "电话"], required: false };

    fn read_two(text: &[u8]) -> Result<Vec<(usize, String, String)>, String> {
        let table =
            read(text, None, &[NAME, TAIL]).map_err(|faults| faults.rejection("f.csv").to_string())?;
        let two = |line: Line| (line.number, line.cells[0].clone(), line.cells[1].clone());
        Ok(table.lines.into_iter().map(two).collect())
    }

    fn row(number: usize, name: &str, tail: &str) -> (usize, String, String) {
        (number, name.to_owned(), tail.to_owned())
    }

    #[test]
    fn lines_are_numbered_as_in_an_editor() {
        let text = "\u{feff}2026 年花名册\r\n\r\n序号, Name ,电话\r\n1,\"阿依\n古丽\",0001\r\n\r\n,,\r\n2, 陈志 ,\r\n3,𫖯";
        let want = vec![row(4, "阿依\n古丽", "0001"), row(8, "陈志", ""), row(9, "𫖯", "")];
        assert_eq!(read_two(text.as_bytes()), Ok(want));
        assert_eq!(read_two(b"name\rA\r\rB\r"), Ok(vec![row(2, "A", ""), row(4, "B", "")]));
    }

    #[test]
    fn reads_what_excel_in_china_writes() {
        let (bytes, _, _) = encoding_rs::GB18030.encode("姓名,电话\n侯㛃丽·𬱟,5839\n");
        assert_eq!(read_two(&bytes), Ok(vec![row(2, "侯㛃丽·𬱟", "5839")]));
        let (bytes, _, _) = encoding_rs::GB18030.encode("名单\n序号\t姓 名\t电话\n1\t李,四\t\"58;39\"\n");
        assert_eq!(read_two(&bytes), Ok(vec![row(3, "李,四", "58;39")]));
        assert_eq!(read_two("姓名；\n姓名;电话\nA,B;1".as_bytes()), Ok(vec![row(3, "A,B", "1")]));
    }

    #[test]
    fn the_head_is_found_under_its_other_names() {
        let text = "\n某厂职工花名册\n单位：某厂,,日期\n序号,电 话,Ｎａｍｅ*,备注\n1,0001,\u{feff}A\u{200b},x\n序号,电 话,Ｎａｍｅ*,备注\n2,,,\n3,=\"0012\",B,\n";
        let table = read(text.as_bytes(), None, &[NAME, TAIL]).expect("read");
        assert_eq!(table.unused, ["序号", "备注"]);
        assert_eq!(table.has, [true, true]);
        let lines: Vec<_> = table.lines.iter().map(|line| (line.number, line.cells.join("|"))).collect();
        assert_eq!(lines, [(5, "A|0001".to_owned()), (8, "B|0012".to_owned())]);
        // Of two columns that may be meant, the more exact one.
        assert_eq!(read_two("姓名,电话,手机尾号\nA,1,2".as_bytes()), Ok(vec![row(2, "A", "2")]));
        assert_eq!(read_two("手机尾号,电话,姓名\n2,1,A".as_bytes()), Ok(vec![row(2, "A", "2")]));
    }

    #[test]
    fn says_in_one_line_what_cannot_be_read() {
        let deep = format!("{}name\nx", "title\n".repeat(HEAD_WITHIN));
        for (bytes, says) in [
            (b"\xff\xfe\x0d\x59".as_slice(), "no text in UTF-8 or GB18030"),
            (b"PK\x03\x04rest", "damaged"),
            (b"\xD0\xCF\x11\xE0rest", "save it as XLSX"),
            (b"\x89PNG\r\n\x1a\n\0\0", "no XLSX"),
            (b"a,b\n1,2\n", "no head found; columns needed: name"),
            (deep.as_bytes(), "no head found"),
            (b"", "the file is empty"),
            (b"name,name\nx,y", "f.csv:1: "),
            (b"name\nx\n\"y\nz\n", "f.csv:3: "),
        ] {
            let rejection = read_two(bytes).expect_err("refused");
            assert!(rejection.contains(says) && !rejection.contains('\n'), "{rejection}");
        }
    }

    #[test]
    fn no_more_lines_are_read_than_anybody_sends() {
        let most = "name\n".to_owned() + &"x\n".repeat(ROWS_MAX);
        assert_eq!(read(most.as_bytes(), None, &[NAME]).expect("read").lines.len(), ROWS_MAX);
        let more = most + "y";
        assert!(read_two(more.as_bytes()).expect_err("refused").contains("more than 100000 lines"));
    }

    #[test]
    fn what_is_wrong_with_a_line_in_any_file() {
        let table = read(b"name\nx,,\ny,z\n#REF!\n", None, &[NAME]).expect("read");
        let faults: Vec<bool> = table.lines.iter().map(|line| line_fault(line).is_some()).collect();
        assert_eq!(faults, [false, true, true]);
    }

    #[test]
    fn no_phone_is_quoted() {
        assert_eq!(quoted("张三 13800138000，1001"), "张三 *8000，1001");
        assert_eq!(quoted("1234567"), "*4567");
        assert_eq!(quoted("字".repeat(100).as_str()).chars().count(), 60);
    }
}
