//! A table as CSV: UTF-8 with BOM, so that spreadsheets know the characters; lines end with CR LF; nothing in
//! it is calculated.

use super::cell::{Cell, Column, Rows, Trouble};
use csv::{Terminator, Writer, WriterBuilder};
use shared::export::guarded;
use shared::stamp::civil;
use std::io::Write;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A table that is being written.
pub(super) struct Table<W: Write> {
    out: Writer<W>,
}

impl<W: Write> Table<W> {
    /// Begins it with its head.
    pub(super) fn new(mut out: W, columns: &[Column]) -> Result<Self, Trouble> {
        out.write_all(BOM)?;
        let mut out = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        out.write_record(columns.iter().map(|(title, _)| guarded(title)))?;
        Ok(Self { out })
    }

    /// Ends it.
    pub(super) fn close(mut self) -> Result<(), Trouble> {
        Ok(self.out.flush()?)
    }
}

impl<W: Write> Rows for Table<W> {
    fn row(&mut self, cells: &[Cell]) -> Result<(), Trouble> {
        for cell in cells {
            self.out.write_field(text(cell))?;
        }
        Ok(self.out.write_record(None::<&[u8]>)?)
    }
}

/// A cell as text. Numbers stand as they are: only what people typed can be taken for a formula.
fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => guarded(text),
        Cell::Count(count) => count.to_string(),
        Cell::Share(share) => format!("{share:.4}"),
        Cell::Mean(mean) => format!("{mean:.2}"),
        Cell::Time(ms) => {
            let (year, month, day, hour, minute) = civil(*ms);
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_spreadsheets_read_it() {
        let mut bytes = Vec::new();
        let columns = [("名称".to_owned(), 9.0), ("人次".to_owned(), 9.0)];
        let mut table = Table::new(&mut bytes, &columns).unwrap();
        table.row(&[Cell::text("=1+1"), Cell::Count(3)]).unwrap();
        table.row(&[Cell::text("阿依·𬭊,\"甲\"\r\n乙"), Cell::Share(0.25)]).unwrap();
        table.row(&[Cell::Empty, Cell::Time(1_795_320_000_000)]).unwrap();
        table.close().unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "\u{feff}名称,人次\r\n'=1+1,3\r\n\"阿依·𬭊,\"\"甲\"\"\r\n乙\",0.2500\r\n,2026-11-22 12:00\r\n"
        );
    }
}
