//! A CSV file as people save it: UTF-8 with or without its mark, or GB18030 as Excel in China
//! does; with a title above the head, with columns nobody asked for, with blank lines.

use crate::fault::{Fault, Rejection};
use std::borrow::Cow;

/// How far down the head of the table is looked for.
const HEAD_WITHIN: usize = 10;

/// A column that an import knows.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// What it is called first; messages use it.
    pub name: &'static str,
    /// What else it may be called, the English word first.
    pub synonyms: &'static [&'static str],
    /// The file is refused without it.
    pub required: bool,
}

/// One line below the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: usize,
    /// The known columns in the order asked for, white space around them taken off; empty where the
    /// file has no such column.
    pub cells: Vec<String>,
    /// Something stands to the right of the head's last column.
    pub overlong: bool,
}

/// Reads the lines of a file.
///
/// # Errors
/// One line: the bytes are no text, a quote never closes, or there is no head.
pub fn read(file: &str, bytes: &[u8], columns: &[Column]) -> Result<Vec<Line>, Rejection> {
    let text = decode(bytes).map_err(|fault| Rejection::at(file, 0, &fault))?;
    if let Some(line) = open_quote(&text) {
        let fault = Fault::new("引号没有配对", "a quote is never closed");
        return Err(Rejection::at(file, line, &fault));
    }
    let records = records(file, &text)?;
    let (head, places) = find_head(file, &records, columns)?;
    let width = records[head].cells.len();
    let below = records.into_iter().skip(head + 1);
    Ok(below
        .map(|record| Line {
            number: record.number,
            overlong: record.cells.len() > width,
            cells: places
                .iter()
                .map(|place| place.and_then(|i| record.cells.get(i).cloned()).unwrap_or_default())
                .collect(),
        })
        .collect())
}

/// The text of a file.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Fault> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(Fault::new(
            "这是 Excel 文件，请另存为 CSV 再导入",
            "this is an Excel workbook: save it as CSV first",
        ));
    }
    let plain = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let text = match std::str::from_utf8(plain) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(plain),
    };
    // No text has a zero byte; two-byte encodings and binary files are full of them.
    text.filter(|text| !text.contains('\0')).ok_or_else(|| {
        Fault::new(
            "文字编码既不是 UTF-8 也不是 GB18030，请另存为 CSV UTF-8",
            "the text is neither UTF-8 nor GB18030: save it as CSV UTF-8",
        )
    })
}

/// The line on which a quote opens that never closes. A reader of CSV would take the rest of the
/// file for one cell without a word.
fn open_quote(text: &str) -> Option<usize> {
    let mut opened = None;
    let mut cell_begins = true;
    let mut line = 1;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, opened) {
            ('"', None) if cell_begins => opened = Some(line),
            // Two quotes inside quotes are one quote.
            ('"', Some(_)) if chars.peek() == Some(&'"') => {
                chars.next();
            }
            ('"', Some(_)) => opened = None,
            _ => {}
        }
        let ends_line = c == '\n' || (c == '\r' && chars.peek() != Some(&'\n'));
        line += usize::from(ends_line);
        cell_begins = opened.is_none() && matches!(c, ',' | '\n' | '\r');
    }
    opened
}

struct Record {
    number: usize,
    cells: Vec<String>,
}

/// Every line that is not blank, with its number in the file.
fn records(file: &str, text: &str) -> Result<Vec<Record>, Rejection> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut lines = Lines { text: text.as_bytes(), at: 0, number: 1 };
    let mut all = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        let from = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(all),
            Err(error) => {
                let fault = Fault::new("CSV 格式不对", format!("broken CSV: {error}"));
                return Err(Rejection::at(file, lines.number_at(from), &fault));
            }
        }
        let number = lines.number_at(from);
        let mut cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if !cells.is_empty() {
            all.push(Record { number, cells });
        }
    }
}

/// Counts lines as an editor does. The CSV reader's own count stands at the last record's end, so
/// that blank lines before a record would be left out.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    number: usize,
}

impl Lines<'_> {
    /// The number of the line of the first record at or after this byte. Calls go forward only.
    fn number_at(&mut self, byte: usize) -> usize {
        while let Some(&c) = self.text.get(self.at) {
            if self.at >= byte && !matches!(c, b'\n' | b'\r') {
                break;
            }
            let pair = c == b'\r' && self.text.get(self.at + 1) == Some(&b'\n');
            self.number += usize::from((c == b'\n' || c == b'\r') && !pair);
            self.at += 1;
        }
        self.number
    }
}

/// The head's place among the records, and where each column stands in it.
type Head = (usize, Vec<Option<usize>>);

fn find_head(file: &str, records: &[Record], columns: &[Column]) -> Result<Head, Rejection> {
    for (place, record) in records.iter().take(HEAD_WITHIN).enumerate() {
        let mut places = vec![None; columns.len()];
        for (i, cell) in record.cells.iter().enumerate() {
            let Some(column) = columns.iter().position(|column| column.is_called(cell)) else { continue };
            if places[column].replace(i).is_some() {
                let name = columns[column].name;
                let fault = Fault::new(
                    format!("表头里有两列都是“{name}”"),
                    format!("the head names the column {name} twice"),
                );
                return Err(Rejection::at(file, record.number, &fault));
            }
        }
        let complete = columns.iter().zip(&places).all(|(c, place)| !c.required || place.is_some());
        if complete {
            return Ok((place, places));
        }
    }
    let needed = || columns.iter().filter(|c| c.required);
    let names: Vec<&str> = needed().map(|c| c.name).collect();
    let english: Vec<&str> = needed().map(|c| c.synonyms.first().copied().unwrap_or(c.name)).collect();
    let fault = Fault::new(
        format!("没有找到表头，需要的列：{}", names.join("、")),
        format!("no head found; columns needed: {}", english.join(", ")),
    );
    Err(Rejection::at(file, 0, &fault))
}

impl Column {
    fn is_called(&self, cell: &str) -> bool {
        let cell: String = cell.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
        cell == self.name || self.synonyms.contains(&cell.as_str())
    }
}

/// What is wrong with a line that has more cells than the head.
#[must_use]
pub fn overlong() -> Fault {
    Fault::new("内容比表头的列多", "there are more cells than the head has columns")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Column = Column { name: "姓名", synonyms: &["name"], required: true };
    const TAIL: Column = Column { name: "手机尾号", synonyms: &["电话"], required: false };

    fn read_two(text: &[u8]) -> Result<Vec<(usize, String, String)>, String> {
        let lines = read("f.csv", text, &[NAME, TAIL]).map_err(|rejection| rejection.to_string())?;
        Ok(lines
            .into_iter()
            .map(|line| (line.number, line.cells[0].clone(), line.cells[1].clone()))
            .collect())
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
    }

    #[test]
    fn says_in_one_line_what_cannot_be_read() {
        for (bytes, says) in [
            (b"\xff\xfe\x0d\x59".as_slice(), "neither UTF-8 nor GB18030"),
            (b"PK\x03\x04rest", "save it as CSV"),
            (b"a,b\n1,2\n", "no head found; columns needed: name"),
            (b"", "no head found"),
            (b"name,name\nx,y", "f.csv:1: "),
            (b"name\nx\n\"y\nz\n", "f.csv:3: "),
        ] {
            let rejection = read_two(bytes).expect_err("refused");
            assert!(rejection.contains(says) && !rejection.contains('\n'), "{rejection}");
        }
    }

    #[test]
    fn more_cells_than_columns_are_seen() {
        let lines = read("f.csv", b"name\nx,,\ny,z\n", &[NAME]).expect("read");
        assert_eq!(lines.iter().map(|line| line.overlong).collect::<Vec<_>>(), [false, true]);
    }
}
