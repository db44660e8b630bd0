//! What stands in the cells of a file, whichever way it is written, and who takes the rows.

use rust_xlsxwriter::XlsxError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A column: what its head says, and its width in characters.
pub(super) type Column = (String, f64);

/// What stands in one cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Nothing.
    Empty,
    /// Text, whatever it looks like.
    Text(String),
    /// A count.
    Count(u64),
    /// A share of one, shown in per cent.
    Share(f64),
    /// A figure with two decimals.
    Mean(f64),
    /// A moment, ms UTC, shown as date and time of +08:00.
    Time(i64),
}

impl Cell {
    /// Text as it is.
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// Text, or nothing.
    pub(super) fn maybe(text: Option<&str>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }
}

/// Why a file was not written.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// More rows than a sheet holds.
    TooManyRows,
    /// Whoever asked for it does not want it any more.
    Stopped,
    /// A fault of the workbook's writing.
    Book(XlsxError),
    /// A fault of the file's writing.
    File(std::io::Error),
    /// A fault of the reading.
    Read(rusqlite::Error),
}

impl From<XlsxError> for Trouble {
    fn from(error: XlsxError) -> Self {
        Self::Book(error)
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Read(error)
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}

impl From<csv::Error> for Trouble {
    fn from(error: csv::Error) -> Self {
        Self::File(error.into())
    }
}

/// Who takes the rows of a file.
pub(super) trait Rows {
    /// Adds one row.
    fn row(&mut self, cells: &[Cell]) -> Result<(), Trouble>;
}

/// How far a file is, seen from outside; and the word to stop.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    rows: AtomicU64,
    stopped: AtomicBool,
}

impl Watch {
    /// How many rows are written.
    pub(crate) fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Says that nobody wants the file any more.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn step(&self) -> Result<(), Trouble> {
        self.rows.fetch_add(1, Ordering::Relaxed);
        if self.stopped.load(Ordering::Relaxed) { Err(Trouble::Stopped) } else { Ok(()) }
    }
}

/// Counts what passes.
pub(super) struct Watched<'a> {
    pub(super) rows: &'a mut dyn Rows,
    pub(super) watch: &'a Watch,
}

impl Rows for Watched<'_> {
    fn row(&mut self, cells: &[Cell]) -> Result<(), Trouble> {
        self.watch.step()?;
        self.rows.row(cells)
    }
}
