//! A workbook (XLSX). It is inflated once, under a limit, and only its parts that say what stands in
//! cells are read, so that no file of a few kilobytes fills the memory.

use super::table::{COLUMNS_MAX, Collector, Column, Table, no_head};
use crate::fault::{Fault, Faults};
use calamine::{DataRef, Dimensions, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Most bytes of a workbook's parts, inflated: a hundred thousand lines of twenty cells.
const INFLATED_MAX: u64 = 128 * 1024 * 1024;
/// Most parts.
const PARTS_MAX: usize = 4_096;

type Book = Xlsx<Cursor<Vec<u8>>>;

/// Reads the first visible sheet that has the head, or the one named.
///
/// # Errors
/// What is wrong: no workbook, too much in it, no such sheet, or as [`Collector`] says.
pub(super) fn read(bytes: &[u8], sheet: Option<&str>, columns: &[Column]) -> Result<Table, Faults> {
    let parts = parts(bytes)?;
    // What others wrote reads what others sent: whatever it stumbles over is one bad file.
    catch_unwind(AssertUnwindSafe(|| open(parts, sheet, columns))).unwrap_or_else(|_| Err(damaged()))
}

/// The parts that are needed, inflated, as an archive of their own. How a cell looks is not among
/// them: a hundred thousand styles say nothing about a name.
fn parts(bytes: &[u8]) -> Result<Vec<u8>, Faults> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    if archive.len() > PARTS_MAX {
        return Err(too_much());
    }
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut kept = ZipWriter::new(Cursor::new(Vec::new()));
    let mut left = INFLATED_MAX;
    for place in 0..archive.len() {
        let part = archive.by_index(place).map_err(|_| damaged())?;
        let name = part.name().map_err(|_| damaged())?.into_owned();
        if !needed(&name) {
            continue;
        }
        kept.start_file(name, stored).map_err(|_| damaged())?;
        // What the archive says of its sizes may be a lie.
        let inflated = std::io::copy(&mut part.take(left + 1), &mut kept).map_err(|_| damaged())?;
        left = left.checked_sub(inflated).ok_or_else(too_much)?;
    }
    Ok(kept.finish().map_err(|_| damaged())?.into_inner())
}

fn needed(name: &str) -> bool {
    let name = name.to_lowercase().replace('\\', "/");
    let text = name.ends_with(".xml") || name.ends_with(".rels");
    let looks = name.ends_with("styles.xml") || name.contains("/theme/") || name.contains("/drawings/");
    text && !looks
}

fn open(parts: Vec<u8>, sheet: Option<&str>, columns: &[Column]) -> Result<Table, Faults> {
    let mut book: Book = Xlsx::new(Cursor::new(parts)).map_err(|error| broken(&error))?;
    let sheets: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut first = None;
    for name in sheets.iter().filter(|name| sheet.is_none_or(|asked| asked == *name)) {
        let mut collector = Collector::new(columns, false);
        match rows(&mut book, name, &mut collector).and_then(|()| collector.close()) {
            Ok(table) => return Ok(Table { sheet: Some(name.clone()), sheets, ..table }),
            // Such a sheet has another purpose.
            Err(faults) if faults == no_head(columns) => {
                first.get_or_insert(faults);
            }
            Err(faults) => return Err(faults),
        }
    }
    Err(first.unwrap_or_else(|| Faults::one(0, Fault::new("没有这个工作表", "there is no such sheet"))))
}

/// Gives every row of a sheet to the collector, cells that were merged downwards each with what
/// stands in them.
fn rows(book: &mut Book, name: &str, collector: &mut Collector<'_>) -> Result<(), Faults> {
    let mut merged = Merged::new(&book.merge_cells_by_sheet_name(name).unwrap_or_default());
    let mut cells = book.worksheet_cells_reader(name).map_err(|error| broken(&error))?;
    let mut row: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(cell) = cells.next_cell().map_err(|error| broken(&error))? {
        let (line, column) = cell.get_position();
        if line != at {
            give(at, &mut row, &mut merged, collector)?;
            at = line;
        }
        let text = text(cell.get_value());
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column >= COLUMNS_MAX || text.is_empty() {
            continue;
        }
        if row.len() <= column {
            row.resize(column + 1, String::new());
        }
        if let Some(place) = row.get_mut(column) {
            *place = text;
        }
    }
    give(at, &mut row, &mut merged, collector)
}

fn give(
    line: u32,
    row: &mut Vec<String>,
    merged: &mut Merged,
    collector: &mut Collector<'_>,
) -> Result<(), Faults> {
    if row.iter().any(|cell| !cell.is_empty()) {
        merged.fill(line, row);
        let number = usize::try_from(line).unwrap_or(usize::MAX).saturating_add(1);
        collector.row(number, row.iter().map(String::as_str))?;
    }
    row.clear();
    Ok(())
}

/// Cells merged downwards: a workshop is written once beside all its people.
struct Merged {
    /// Where one begins → its last line.
    begin: HashMap<(u32, usize), u32>,
    /// What reaches down in a column: to which line, and the text.
    reach: HashMap<usize, (u32, String)>,
}

impl Merged {
    fn new(regions: &[Dimensions]) -> Self {
        let downwards = regions.iter().filter(|region| region.end.0 > region.start.0);
        let begin = downwards.filter_map(|region| {
            let column = usize::try_from(region.start.1).ok().filter(|column| *column < COLUMNS_MAX)?;
            Some(((region.start.0, column), region.end.0))
        });
        Self { begin: begin.collect(), reach: HashMap::new() }
    }

    fn fill(&mut self, line: u32, row: &mut Vec<String>) {
        if self.begin.is_empty() {
            return;
        }
        for (column, cell) in row.iter().enumerate() {
            if let Some(last) = self.begin.get(&(line, column)) {
                self.reach.insert(column, (*last, cell.clone()));
            }
        }
        self.reach.retain(|_, (last, _)| *last >= line);
        for (column, (_, text)) in &self.reach {
            if row.len() <= *column {
                row.resize(column + 1, String::new());
            }
            if let Some(cell) = row.get_mut(*column).filter(|cell| cell.is_empty()) {
                cell.clone_from(text);
            }
        }
    }
}

/// What stands in a cell; of a formula what it came to.
fn text(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::DateTime(time) => number_text(time.as_f64()),
        DataRef::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        DataRef::Error(error) => error.to_string(),
    }
}

/// Sheets keep every number as one with fractions: 1001 comes as 1001.0.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { number.to_string() }
}

fn broken(error: &XlsxError) -> Faults {
    tracing::debug!(%error, "a workbook cannot be read");
    damaged()
}

fn damaged() -> Faults {
    Faults::one(
        0,
        Fault::new("这不是 XLSX 工作簿，或者文件损坏了", "this is no XLSX workbook, or the file is damaged"),
    )
}

fn too_much() -> Faults {
    Faults::one(
        0,
        Fault::new(
            "工作簿展开后太大，请只留要导入的工作表，另存后再试",
            "the workbook is too large once inflated: keep only the sheet to import, and save it anew",
        ),
    )
}
