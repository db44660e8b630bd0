//! `GET /api/v1/imports/templates/…`: an empty sheet with the head that an import reads, and a sheet
//! that says what goes into its columns.

use super::book::{self, Table};
use super::cell::{Cell, Trouble};
use super::{Kind, file};
use crate::access::Caller;
use crate::import;
use crate::import::table::Column;
use crate::refuse::Refusal;
use axum::body::Body;
use axum::http::Response;
use rust_xlsxwriter::Workbook;
use shared::org::Level;
use shared::text::Lang;

const WIDTH: f64 = 18.0;

/// The template of orgs.
///
/// # Errors
/// `login_expired`, or `internal`.
pub async fn orgs(_: Caller) -> Result<Response<Body>, Refusal> {
    Ok(file(("orgs", "组织模板"), Kind::Xlsx, orgs_book()?))
}

/// The template of a roster.
///
/// # Errors
/// `login_expired`, or `internal`.
pub async fn roster(_: Caller) -> Result<Response<Body>, Refusal> {
    Ok(file(("roster", "花名册模板"), Kind::Xlsx, roster_book()?))
}

fn orgs_book() -> Result<Vec<u8>, Trouble> {
    let levels: Vec<&str> = Level::ALL.iter().map(|level| level.label(Lang::Zh)).collect();
    let levels = levels.join("、");
    written(
        "组织",
        &import::org::COLUMNS,
        &[
            ("编码", "必填，不重复；以后按它认出同一个组织"),
            ("名称", "必填"),
            ("级别", &levels),
            ("上级", "上级组织的编码；最上级的一行留空"),
            ("再次导入", "编码已有的更新，没有的新增；文件里没有的保持不变，不会删除"),
        ],
    )
}

fn roster_book() -> Result<Vec<u8>, Trouble> {
    written(
        "花名册",
        &import::roster::COLUMNS,
        &[
            ("姓名", "必填"),
            ("工号", "同一基层工会内不重复；以后按它认出同一个人。没有工号的，按姓名和车间认"),
            ("车间", "下属车间（班组）的名称或编码；留空表示直接属于本工会"),
            ("手机尾号", "可以填完整手机号，只保留后四位"),
            ("用工形式", "可不填，如：在职、劳务派遣"),
            ("会员", "可不填；是 或 否"),
            ("再次导入", "已有的人更新；文件里没有的人保持不变，除非导入时注明这是全部花名册"),
        ],
    )
}

/// A workbook with this head and nothing below it.
fn written(name: &str, columns: &[Column], pairs: &[(&str, &str)]) -> Result<Vec<u8>, Trouble> {
    let heads: Vec<(String, f64)> = columns.iter().map(|column| (column.name.to_owned(), WIDTH)).collect();
    let mut book = Workbook::new();
    Table::new(&mut book, name, &heads)?.close()?;
    let cells: Vec<(&str, Cell)> =
        pairs.iter().map(|(heading, text)| (*heading, Cell::Text((*text).to_owned()))).collect();
    book::explain(&mut book, &cells)?;
    Ok(book.save_to_buffer()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_office_fills_in_is_what_an_import_reads() {
        let orgs = import::org::read(&orgs_book().unwrap(), None).unwrap();
        assert_eq!((orgs.has, orgs.lines, orgs.sheet.as_deref()), (vec![true; 4], vec![], Some("组织")));
        let roster = import::roster::read(&roster_book().unwrap(), None).unwrap();
        assert_eq!((roster.has, roster.unused.len()), (vec![true; 6], 0));
        assert_eq!(roster.sheets, ["花名册", "说明"]);
    }
}
