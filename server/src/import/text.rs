//! A text file as people save it: UTF-8 with or without its mark, or GB18030 as Excel in China
//! does; commas, tabs or semicolons between the cells.

use super::table::{Collector, Column, HEAD_WITHIN, Table, names_columns};
use crate::fault::{Fault, Faults};
use std::borrow::Cow;

/// What may stand between cells, the usual first.
const DELIMITERS: [u8; 3] = *b",\t;";

/// Reads the lines of a file.
///
/// # Errors
/// What is wrong: the bytes are no text, a quote never closes, or as [`Collector`] says.
pub(super) fn read(bytes: &[u8], columns: &[Column]) -> Result<Table, Faults> {
    let text = decode(bytes).map_err(|fault| Faults::one(0, fault))?;
    let delimiter = delimiter(&text, columns);
    if let Some(line) = open_quote(&text, char::from(delimiter)) {
        return Err(Faults::one(line, Fault::new("引号没有配对", "a quote is never closed")));
    }
    let mut reader = reader(&text, delimiter);
    let mut lines = Lines { text: text.as_bytes(), at: 0, number: 1 };
    let mut collector = Collector::new(columns, true);
    let mut record = csv::StringRecord::new();
    loop {
        let from = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        match reader.read_record(&mut record) {
            Ok(true) => collector.row(lines.number_at(from), record.iter())?,
            Ok(false) => return collector.close(),
            Err(error) => {
                let fault = Fault::new("CSV 格式不对", format!("broken CSV: {error}"));
                return Err(Faults::one(lines.number_at(from), fault));
            }
        }
    }
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes())
}

/// What stands between the cells: that with which a head is found.
fn delimiter(text: &str, columns: &[Column]) -> u8 {
    let finds = |delimiter: &u8| {
        let mut reader = reader(text, *delimiter);
        let records = reader.records().take(HEAD_WITHIN).map_while(Result::ok);
        records.into_iter().any(|record| names_columns(record.iter(), columns))
    };
    DELIMITERS.into_iter().find(finds).unwrap_or(DELIMITERS[0])
}

/// The text of a file.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Fault> {
    let plain = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let text = match std::str::from_utf8(plain) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(plain),
    };
    // No text has a zero byte; two-byte encodings and binary files are full of them.
    text.filter(|text| !text.contains('\0')).ok_or_else(|| {
        Fault::new(
            "这不是 XLSX，文字编码也不是 UTF-8 或 GB18030，请另存为 XLSX 或 CSV UTF-8",
            "this is no XLSX, and no text in UTF-8 or GB18030: save it as XLSX or CSV UTF-8",
        )
    })
}

/// The line on which a quote opens that never closes. A reader of CSV would take the rest of the
/// file for one cell without a word.
fn open_quote(text: &str, delimiter: char) -> Option<usize> {
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
        cell_begins = opened.is_none() && (c == delimiter || matches!(c, '\n' | '\r'));
    }
    opened
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
