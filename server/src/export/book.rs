//! A workbook of one table and a sheet that explains it, written row by row so that a large table
//! does not fill the memory.

use super::cell::{Cell, Column, Rows, Trouble};
use rust_xlsxwriter::{Chart, ChartType, ExcelDateTime, Format, Workbook, Worksheet};
use shared::export::is_formula;
use shared::stamp::civil;

/// Most rows of a sheet, the head among them.
const ROWS_MAX: u32 = 1_048_576;

struct Formats {
    head: Format,
    text: Format,
    share: Format,
    mean: Format,
    time: Format,
}

impl Formats {
    fn new() -> Self {
        Self {
            head: Format::new().set_bold(),
            // Marked as text, so that a cell edited by hand does not become a formula either.
            text: Format::new().set_quote_prefix(),
            share: Format::new().set_num_format("0.0%"),
            mean: Format::new().set_num_format("0.00"),
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm"),
        }
    }
}

/// A table that is being written.
pub(super) struct Table<'a> {
    sheet: &'a mut Worksheet,
    formats: Formats,
    columns: u16,
    /// The row to be written next; the head is row 0.
    next: u32,
}

impl<'a> Table<'a> {
    /// Begins the workbook's table: head in sight, columns that can be filtered.
    pub(super) fn new(book: &'a mut Workbook, name: &str, columns: &[Column]) -> Result<Self, Trouble> {
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?.set_freeze_panes(1, 0)?;
        let formats = Formats::new();
        let mut count = 0;
        for (title, width) in columns {
            sheet.set_column_width(count, *width)?;
            sheet.write_string_with_format(0, count, title, &formats.head)?;
            count += 1;
        }
        Ok(Self { sheet, formats, columns: count, next: 1 })
    }

    /// Ends the table; says how many rows it has below its head.
    pub(super) fn close(self) -> Result<u32, Trouble> {
        let last = self.columns.saturating_sub(1);
        self.sheet.autofilter(0, 0, self.next.saturating_sub(1), last)?;
        Ok(self.next - 1)
    }
}

/// A chart of some rows of the table: those that the page draws, a group of bars for each of them.
pub(super) struct Drawing {
    /// What it shows.
    pub(super) title: &'static str,
    /// The column of the rows' names.
    pub(super) names: u16,
    /// The columns that are drawn, the first and the last.
    pub(super) columns: (u16, u16),
    /// The rows that are drawn, the first and the last; the head is row 0.
    pub(super) rows: (u32, u32),
}

/// Adds the sheet of the chart: beside the table it would be hidden with the rows that a filter hides.
pub(super) fn draw(book: &mut Workbook, table: &str, drawing: &Drawing) -> Result<(), Trouble> {
    let ((left, right), (first, last)) = (drawing.columns, drawing.rows);
    let mut chart = Chart::new(ChartType::Column);
    for row in first..=last {
        chart
            .add_series()
            .set_name((table, row, drawing.names))
            .set_categories((table, 0, left, 0, right))
            .set_values((table, row, left, row, right));
    }
    chart.title().set_name(drawing.title);
    chart.set_width(760).set_height(420);
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name("图表")?.insert_chart(0, 0, &chart)?;
    Ok(())
}

impl Rows for Table<'_> {
    fn row(&mut self, cells: &[Cell]) -> Result<(), Trouble> {
        if self.next >= ROWS_MAX {
            return Err(Trouble::TooManyRows);
        }
        for (column, cell) in (0_u16..).zip(cells) {
            write(self.sheet, self.next, column, cell, &self.formats)?;
        }
        self.next += 1;
        Ok(())
    }
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    formats: &Formats,
) -> Result<(), Trouble> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) if is_formula(text) => {
            sheet.write_string_with_format(row, column, text, &formats.text)?;
        }
        Cell::Text(text) => {
            sheet.write_string(row, column, text)?;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
        Cell::Count(count) => {
            sheet.write_number(row, column, *count as f64)?;
        }
        Cell::Share(share) => {
            sheet.write_number_with_format(row, column, *share, &formats.share)?;
        }
        Cell::Mean(mean) => {
            sheet.write_number_with_format(row, column, *mean, &formats.mean)?;
        }
        Cell::Time(ms) => {
            if let Some(time) = excel_time(*ms) {
                sheet.write_datetime_with_format(row, column, &time, &formats.time)?;
            }
        }
    }
    Ok(())
}

/// Spreadsheets know no zone: what stands there is the clock of +08:00. None outside 1900–9999.
fn excel_time(ms: i64) -> Option<ExcelDateTime> {
    let (year, month, day, hour, minute) = civil(ms);
    let small = |n: u32| u8::try_from(n).ok();
    let date = ExcelDateTime::from_ymd(u16::try_from(year).ok()?, small(month)?, small(day)?).ok()?;
    date.and_hms(u16::try_from(hour).ok()?, small(minute)?, 0_u8).ok()
}

/// Adds the sheet that says what the table is: pairs of a heading and what stands under it.
pub(super) fn explain(book: &mut Workbook, pairs: &[(&str, Cell)]) -> Result<(), Trouble> {
    let formats = Formats::new();
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name("说明")?.set_column_width(0, 18)?.set_column_width(1, 80)?;
    for (row, (heading, cell)) in (0_u32..).zip(pairs) {
        sheet.write_string_with_format(row, 0, *heading, &formats.head)?;
        write(sheet, row, 1, cell, &formats)?;
    }
    Ok(())
}
