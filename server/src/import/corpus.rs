//! Files as offices send them, and files as nobody should: made here, read by both imports. Thousands of
//! damaged ones are read by `tests/outside.rs`.

use super::roster::{self, COLUMNS};
use super::table::{Table, read};
use rust_xlsxwriter::{Format, Formula, Workbook};
use shared::import::ROWS_MAX;
use std::io::{Cursor, Read, Write};
use std::time::{Duration, Instant};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// A roster as an office keeps it.
pub(super) fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let note = book.add_worksheet();
    note.set_name("填表说明").unwrap();
    note.write_string(0, 0, "请按实际填写").unwrap();
    let sheet = book.add_worksheet();
    sheet.set_name("职工").unwrap();
    sheet.merge_range(0, 0, 0, 6, "某厂职工花名册（2026 年）", &Format::new()).unwrap();
    sheet.write_string(1, 0, "单位（盖章）：").unwrap();
    for (column, head) in (0..).zip(["序号", "姓 名", "职工号", "所在部门", "联系电话", "会员", "备注"])
    {
        sheet.write_string(2, column, head).unwrap();
    }
    // Merged downwards: the workshop of three people.
    sheet.merge_range(3, 3, 5, 3, "一车间", &Format::new()).unwrap();
    for (row, name, no) in [(3, "王　芳", 1001.0), (4, "李伟", 1002.0), (5, "赵敏", 1003.0)] {
        sheet.write_number(row, 0, f64::from(row) - 2.0).unwrap();
        sheet.write_string(row, 1, name).unwrap();
        sheet.write_number(row, 2, no).unwrap();
        sheet.write_number(row, 4, 13_800_138_000.0 + f64::from(row)).unwrap();
    }
    sheet.write_string(6, 1, "孙丽").unwrap();
    sheet.write_string(6, 2, "0004").unwrap();
    sheet.write_formula(6, 3, Formula::new("\"二\"&\"车间\"").set_result("二车间")).unwrap();
    sheet.write_boolean(6, 5, true).unwrap();
    // Numbered in advance.
    sheet.write_number(7, 0, 5.0).unwrap();
    book.save_to_buffer().unwrap()
}

fn cells(table: &Table) -> Vec<(usize, String)> {
    table.lines.iter().map(|line| (line.number, line.cells.join("|"))).collect()
}

fn refused(bytes: &[u8], sheet: Option<&str>) -> String {
    let text = read(bytes, sheet, &COLUMNS).unwrap_err().rejection("f").to_string();
    assert!(!text.contains('\n'), "{text}");
    text
}

#[test]
fn a_workbook_is_read_as_an_office_sees_it() {
    let table = roster::read(&workbook(), None).unwrap();
    assert_eq!((table.sheet.as_deref(), table.sheets.len()), (Some("职工"), 2));
    assert_eq!(table.unused, ["序号", "备注"]);
    let want = [
        (4, "王　芳|1001|一车间|13800138003||"),
        (5, "李伟|1002|一车间|13800138004||"),
        (6, "赵敏|1003|一车间|13800138005||"),
        (7, "孙丽|0004|二车间|||是"),
    ];
    assert_eq!(cells(&table), want.map(|(line, text)| (line, text.to_owned())));
    assert!(refused(&workbook(), Some("填表说明")).contains("no head found"));
    assert!(refused(&workbook(), Some("没有的")).contains("there is no such sheet"));
}

/// Parts of an archive by name, and what is in them.
fn unpacked(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|place| {
            let mut part = archive.by_index(place).unwrap();
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).unwrap();
            (part.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

fn packed<'a>(parts: impl Iterator<Item = (&'a str, &'a [u8])>, method: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(name, SimpleFileOptions::default().compression_method(method)).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The workbook with another sheet in the place of the second one.
fn with_sheet(sheet: &str) -> Vec<u8> {
    let parts = unpacked(&workbook());
    let replaced = parts.iter().map(|(name, bytes)| {
        let other = name.ends_with("sheet2.xml");
        (name.as_str(), if other { sheet.as_bytes() } else { bytes.as_slice() })
    });
    packed(replaced, CompressionMethod::Deflated)
}

const OPEN: &str =
    r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#;
const HEAD: &str = r#"<row r="1"><c r="A1" t="str"><v>姓名</v></c></row>"#;

#[test]
fn what_is_no_workbook_is_refused_in_words() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice();
    assert!(refused(png, None).contains("no XLSX"));
    let zip = packed([("a.txt", b"hello".as_slice())].into_iter(), CompressionMethod::Deflated);
    assert!(refused(&zip, None).contains("damaged"));
    let empty = packed(std::iter::empty(), CompressionMethod::Deflated);
    assert!(refused(&empty, None).contains("damaged"));
    assert!(refused(&vec![b'x'; 8 * 1024 * 1024 + 1], None).contains("8 MiB"));
    // Corners that a sheet has not: other programs' arithmetic must not end ours.
    for place in ["ZZZZZZZZZZ1", "A0", "A99999999999", "1", "A4294967295", ""] {
        let sheet = format!(
            r#"{OPEN}{HEAD}<row r="2"><c r="{place}" t="str"><v>x</v></c></row></sheetData></worksheet>"#
        );
        let _ = read(&with_sheet(&sheet), None, &COLUMNS);
    }
    let far = format!(
        r#"{OPEN}{HEAD}<row r="9"><c r="XFD9" t="str"><v>x</v></c><c r="A9" t="str"><v>甲</v></c></row></sheetData></worksheet>"#
    );
    assert_eq!(cells(&read(&with_sheet(&far), None, &COLUMNS).unwrap()), [(9, "甲|||||".to_owned())]);
}

#[test]
fn a_bomb_is_refused_before_it_is_whole() {
    let started = Instant::now();
    let mut sheet = format!("{OPEN}{HEAD}");
    sheet.push_str(&" ".repeat(200 * 1024 * 1024));
    let bomb = with_sheet(&sheet);
    assert!(bomb.len() < 1024 * 1024, "a small file of {} bytes", bomb.len());
    assert!(refused(&bomb, None).contains("too large once inflated"));
    let deep = format!("{OPEN}{HEAD}{}", "<row>".repeat(300_000));
    assert!(refused(&with_sheet(&deep), None).contains("damaged"));
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn a_sheet_of_too_many_lines_is_refused() {
    let mut sheet = format!("{OPEN}{HEAD}");
    for _ in 0..=ROWS_MAX {
        sheet.push_str("<row><c t=\"str\"><v>x</v></c></row>");
    }
    sheet.push_str("</sheetData></worksheet>");
    assert!(refused(&with_sheet(&sheet), None).contains("more than 100000 lines"));
}
