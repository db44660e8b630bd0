//! The report as PDF, set by Typst in the same layout (`layout`) with open fonts of the system, which the file
//! embeds: Noto Serif CJK for 仿宋 and 小标宋, Noto Sans CJK for 黑体, AR PL UKai for 楷体 where it is there.
//!
//! What people typed goes to Typst as strings, never as markup: nothing in it is carried out.

use super::model::{Block, Document, Table};
use crate::refuse::Refusal;
use shared::problem::Code;
use std::path::{Path, PathBuf};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, Source};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

/// Where systems keep fonts; `JIANGDAO_FONTS` names one more folder.
const FOLDERS: [&str; 2] = ["/usr/share/fonts", "/usr/local/share/fonts"];
/// The files that are used, by their names.
const FILES: [&str; 4] =
    ["NotoSerifCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc", "NotoSansCJK-Regular.ttc", "ukai.ttc"];
/// The first of them, without which there is nothing to set a text in.
const NEEDED: &str = "Noto Serif CJK SC";

/// How pages, paragraphs and tables look; figures as in `layout`, in points.
const STYLE: &str = r#"
#let song = ("Noto Serif CJK SC",)
#let hei = ("Noto Sans CJK SC", "Noto Serif CJK SC")
#let kai = ("AR PL UKai CN", "Noto Serif CJK SC")
#let pitch = 225mm / 22
#set page(paper: "a4", margin: (top: 37mm, left: 28mm, right: 26mm, bottom: 35mm), footer-descent: 7mm, footer: context {
  let n = counter(page).get().first()
  let number = text(size: 14pt, "— " + str(n) + " —")
  if calc.odd(n) { align(right, pad(right: 14pt, number)) } else { align(left, pad(left: 14pt, number)) }
})
#set text(font: song, size: 16pt, lang: "zh", region: "cn", top-edge: 0.88em, bottom-edge: -0.12em, tracking: (156mm - 28 * 16pt) / 28 - 0.005pt)
#set par(first-line-indent: (amount: 2em, all: true), leading: pitch - 16pt, spacing: pitch - 16pt, justify: true)
#show table: set text(size: 12pt, tracking: 0pt)
#show table: set par(first-line-indent: 0pt, leading: 5pt, justify: false)
#let middle(body) = align(center, { set par(first-line-indent: 0pt); body })
#let head(issuer, number) = {
  v(pitch)
  middle(text(size: 36pt, weight: "bold", fill: red, issuer))
  middle(number)
  v(-6pt)
  line(length: 100%, stroke: 1.5pt + red)
}
#let title(words) = { v(pitch / 2); middle(text(size: 22pt, weight: "bold", words)); v(pitch / 2) }
#let level(n, words) = block(sticky: true, par(text(font: (hei, kai, song, song).at(n - 1), words)))
#let signed(issuer, date) = block(breakable: false, width: 100%, {
  v(2 * pitch)
  set par(first-line-indent: 0pt)
  align(right, pad(right: 4em, box(align(center, issuer + linebreak() + date))))
})
#let grid-of(columns, names, rows) = table(
  columns: columns, stroke: 0.5pt, inset: (x: 4pt, y: 5pt),
  align: (x, y) => if x == 0 and y > 0 { left + horizon } else { center + horizon },
  table.header(repeat: true, ..names.map(name => text(font: hei, name))),
  ..rows.flatten(),
)
"#;

/// What Typst knows: one text, and the fonts.
struct Press {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    source: Source,
}

impl World for Press {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.source.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.source.id() { Ok(self.source.clone()) } else { Err(FileError::AccessDenied) }
    }

    /// No file of the machine gets into a report.
    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// Writes the file.
///
/// # Errors
/// `not_built` where the system has no fonts for it, `internal` for a fault of the setting.
pub(super) fn write(document: &Document) -> Result<Vec<u8>, Refusal> {
    let fonts = fonts();
    let book = FontBook::from_fonts(&fonts);
    if !book.contains_family(&NEEDED.to_lowercase()) {
        return Err(Refusal::new(
            Code::NotBuilt,
            "服务器上没有中文字体，请安装 fonts-noto-cjk，或下载 DOCX / the server has no fonts for it: install fonts-noto-cjk, or take the DOCX",
        ));
    }
    let press = Press {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(book),
        fonts,
        source: Source::detached(markup(document)),
    };
    let pages = typst::compile::<PagedDocument>(&press).output;
    let bytes = pages.and_then(|pages| typst_pdf::pdf(&pages, &PdfOptions::default()));
    // What it remembers would hold the fonts until the next report.
    typst::comemo::evict(0);
    bytes.map_err(|faults| {
        tracing::error!(?faults, "a report was not set");
        Refusal::from(Code::Internal)
    })
}

/// The fonts of the system that are used.
fn fonts() -> Vec<Font> {
    let own = std::env::var_os("JIANGDAO_FONTS").map(PathBuf::from);
    let mut open: Vec<PathBuf> = own.into_iter().chain(FOLDERS.map(PathBuf::from)).collect();
    let mut found: Vec<PathBuf> = Vec::new();
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        for path in entries.map(|entry| entry.path()) {
            if path.is_dir() {
                open.push(path);
            } else if is_used(&path) && !found.iter().any(|known| known.file_name() == path.file_name()) {
                found.push(path);
            }
        }
    }
    found.sort();
    let bytes = found.into_iter().filter_map(|path| std::fs::read(path).ok());
    bytes.flat_map(|bytes| Font::iter(Bytes::new(bytes)).collect::<Vec<_>>()).collect()
}

fn is_used(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| FILES.contains(&name))
}

/// A string of Typst's.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn markup(document: &Document) -> String {
    let mut text = STYLE.to_owned();
    let mut add = |line: String| {
        text.push('#');
        text.push_str(&line);
        text.push('\n');
    };
    add(format!("head({}, {})", string(&document.issuer), string(&document.number)));
    add(format!("title({})", string(&document.title)));
    for block in &document.blocks {
        add(match block {
            Block::Heading(level, words) => format!("level({}, {})", (*level).clamp(1, 4), string(words)),
            Block::Paragraph(words) => format!("par({})", string(words)),
            Block::Table(table) => grid(table),
        });
    }
    add(format!("signed({}, {})", string(&document.issuer), string(&document.date)));
    text
}

/// An array of Typst's; the comma behind the last keeps an array of one.
fn array(items: impl Iterator<Item = String>) -> String {
    let mut text = String::from("(");
    for item in items {
        text.push_str(&item);
        text.push(',');
    }
    text.push(')');
    text
}

fn grid(table: &Table) -> String {
    let columns = array(table.columns.iter().map(|(_, share)| format!("{share}fr")));
    let names = array(table.columns.iter().map(|(name, _)| string(name)));
    let rows = array(table.rows.iter().map(|row| array(row.iter().map(|cell| string(cell)))));
    format!("grid-of({columns}, {names}, {rows})")
}
