//! The report, opened by another program's eyes and held against the layout's figures.

use crate::small_city::City;
use roxmltree::{Document, Node};
use serde_json::{Value, json};
use std::io::{Cursor, Read};

const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

/// A part of a package as text.
fn part(bytes: &[u8], name: &str) -> String {
    let mut package = zip::ZipArchive::new(Cursor::new(bytes.to_vec())).unwrap();
    let mut text = String::new();
    package.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// Elements below a node, by their local name.
fn all<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> Vec<Node<'a, 'i>> {
    node.descendants().filter(|node| node.has_tag_name((W, name))).collect()
}

fn value<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    node.attribute((W, name)).unwrap_or_default()
}

fn text(node: Node<'_, '_>) -> String {
    all(node, "t").iter().filter_map(Node::text).collect()
}

/// Paragraphs outside of tables as (style, text).
fn paragraphs(document: &Document<'_>) -> Vec<(String, String)> {
    let top = all(document.root(), "body")[0];
    let direct = top.children().filter(|node| node.has_tag_name((W, "p")));
    direct.map(|node| (value(all(node, "pStyle")[0], "val").to_owned(), text(node))).collect()
}

async fn report(city: &City, path: &str, typed: Option<Value>) -> Vec<u8> {
    let (status, bytes) = city.raw("admin", path, typed).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
    bytes
}

fn mm(twips: &str) -> f64 {
    twips.parse::<f64>().unwrap() / 1440.0 * 25.4
}

#[tokio::test]
async fn the_layout_is_that_of_official_documents() {
    let mut city = City::new();
    let s = city.session("w1", "lecture", "课", json!({})).await;
    city.check_in(&s, &["101", "201"]).await;
    let bytes = report(&city, "/exports/report.docx", None).await;
    let body = part(&bytes, "word/document.xml");
    let document = Document::parse(&body).unwrap();
    let (size, margins) = (all(document.root(), "pgSz")[0], all(document.root(), "pgMar")[0]);
    let near = |got: f64, want: f64, off: f64| assert!((got - want).abs() <= off, "{got} mm, not {want}");
    near(mm(value(size, "w")), 210.0, 0.1);
    near(mm(value(size, "h")), 297.0, 0.1);
    near(mm(value(margins, "top")), 37.0, 1.0);
    near(mm(value(margins, "left")), 28.0, 1.0);
    let width = 210.0 - mm(value(margins, "left")) - mm(value(margins, "right"));
    let height = 297.0 - mm(value(margins, "top")) - mm(value(margins, "bottom"));
    near(width, 156.0, 0.2);
    near(height, 225.0, 0.2);
    let grid = all(document.root(), "docGrid")[0];
    assert_eq!(value(grid, "type"), "lines");
    let pitch = mm(value(grid, "linePitch"));
    assert_eq!((height / pitch) as u32, 22, "lines of a page");

    let styles = part(&bytes, "word/styles.xml");
    let styles = Document::parse(&styles).unwrap();
    for (id, font, half_points) in [
        ("DocTitle", "方正小标宋简体", "44"),
        ("Text", "仿宋_GB2312", "32"),
        ("Level1", "黑体", "32"),
        ("Level2", "楷体_GB2312", "32"),
        ("Level3", "仿宋_GB2312", "32"),
        ("PageNumber", "宋体", "28"),
    ] {
        let style =
            all(styles.root(), "style").into_iter().find(|node| value(*node, "styleId") == id).unwrap();
        assert_eq!(value(all(style, "rFonts")[0], "eastAsia"), font, "{id}");
        assert_eq!(value(all(style, "sz")[0], "val"), half_points, "{id}");
        if id == "Text" {
            assert_eq!(value(all(style, "ind")[0], "firstLineChars"), "200");
            let character_mm = mm("320") + mm(value(all(style, "spacing")[0], "val"));
            assert_eq!((width / character_mm) as u32, 28, "characters of a line");
        }
        if id == "DocTitle" {
            assert_eq!(value(all(style, "jc")[0], "val"), "center");
        }
    }
    // The number of the page: odd ones right, even ones left.
    assert!(part(&bytes, "word/settings.xml").contains("evenAndOddHeaders"));
    let footers = all(document.root(), "footerReference");
    assert_eq!(footers.iter().map(|node| value(*node, "type")).collect::<Vec<_>>(), ["default", "even"]);
    for (name, side) in [("word/footer1.xml", "right"), ("word/footer2.xml", "left")] {
        let footer = part(&bytes, name);
        let footer = Document::parse(&footer).unwrap();
        assert_eq!(value(all(footer.root(), "jc")[0], "val"), side);
        assert_eq!(text(footer.root()), "— 1 —");
        assert_eq!(all(footer.root(), "instrText")[0].text(), Some(" PAGE "));
    }
    for table in all(document.root(), "tbl") {
        let rows = all(table, "tr");
        assert_eq!(all(rows[0], "tblHeader").len(), 1, "its head is repeated");
        assert!(rows[1..].iter().all(|row| all(*row, "tblHeader").is_empty()));
    }
}

#[tokio::test]
async fn what_stands_in_it_are_the_figures_of_the_page() {
    let mut city = City::new();
    city.conn().execute("UPDATE org SET name = '𬭊光·一厂 & <试>' WHERE code = 'g1'", []).unwrap();
    let s = city.session("w1", "lecture", "课", json!({})).await;
    city.check_in(&s, &["101", "201"]).await;
    city.session("g2", "lecture", "下周", json!({})).await;
    city.respond(&s, &[[5, 4, 3]; 5]).await;
    let page = city.get("/coverage?org=d1").await;
    let typed = json!({ "number": "海工〔2026〕3号", "needs": "盼{held}夜班食堂\n\n子女托管" });
    let bytes =
        report(&city, &format!("/exports/report.docx?org=d1&campaign={}", city.campaign), Some(typed)).await;
    let body = part(&bytes, "word/document.xml");
    let document = Document::parse(&body).unwrap();
    let said = paragraphs(&document);
    let of = |style: &str| -> Vec<&str> {
        said.iter()
            .filter(|(id, text)| id == style && !text.is_empty())
            .map(|(_, text)| text.as_str())
            .collect()
    };
    assert_eq!((of("Issuer"), of("Number")), (vec!["海港区"], vec!["海工〔2026〕3号"]));
    assert_eq!(of("DocTitle"), ["关于专题开展情况的报告"]);
    assert_eq!(
        of("Level1"),
        ["一、总体情况", "二、覆盖情况", "三、职工反馈", "四、职工诉求", "五、存在不足"]
    );
    let first = format!(
        "截至2026年11月22日，海港区组织开展专题，已举办{}场，实到{}人次，覆盖职工{}人。",
        page["sessions"]["held"], page["attended"], page["people"]
    );
    assert_eq!(of("Text")[0], first);
    let texts = of("Text").join("\n");
    for part in
        ["另有1场已列入计划", "听得懂5.00分（5份）", "盼{held}夜班食堂\n子女托管", "尚未覆盖的单位：二厂。"]
    {
        assert!(texts.contains(part), "{part}: {texts}");
    }
    assert!(!texts.contains("没有上传"), "nothing is left on phones");
    assert_eq!(of("Signed"), ["海港区", "2026年11月22日"]);
    let table = all(document.root(), "tbl")[0];
    let rows: Vec<Vec<String>> =
        all(table, "tr").iter().map(|row| all(*row, "tc").iter().map(|cell| text(*cell)).collect()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(names, ["单位", "𬭊光·一厂 & <试>", "二厂", "合计"]);
    assert_eq!(rows.last().unwrap()[2], page["attended"].to_string());

    // Four answers are told of and not shown.
    let other = city.session("w4", "lecture", "课", json!({})).await;
    city.check_in(&other, &["401"]).await;
    city.respond(&other, &[[1, 1, 1]; 4]).await;
    let body = part(&report(&city, "/exports/report.docx?org=g3", None).await, "word/document.xml");
    let document = Document::parse(&body).unwrap();
    let texts: String = paragraphs(&document).into_iter().map(|(_, text)| text).collect();
    assert!(texts.contains("收到反馈答卷4份") && texts.contains("听得懂（不满五份，不公布）"), "{texts}");
    assert!(!texts.contains("职工诉求") && !texts.contains("1.00"), "{texts}");
    let noted = "SELECT count(*) FROM audit WHERE act = 'export_report'";
    assert_eq!(city.conn().query_row(noted, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
}

#[tokio::test]
async fn an_admin_sets_the_wording_and_puts_it_back() {
    let city = City::new();
    let set = |body: Value| city.raw("admin", "/report/template", Some(json!({ "body": body })));
    let (status, refused) = set(json!("# 报告\n已办{hold}场")).await;
    assert_eq!(status, 400);
    assert!(String::from_utf8(refused).unwrap().contains("没有字段“hold”"));
    assert_eq!(set(json!("# 甲乙丙\n## 概况\n共{held}场。\n{needs}")).await.0, 200);
    let words = |bytes: Vec<u8>| {
        let body = part(&bytes, "word/document.xml");
        let document = Document::parse(&body).unwrap();
        paragraphs(&document).into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n")
    };
    let said = words(report(&city, "/exports/report.docx", None).await);
    assert!(said.contains("甲乙丙\n一、概况\n共0场。"), "{said}");
    assert_eq!(city.get("/report/template").await["usual"], false);
    assert_eq!(set(Value::Null).await.0, 200);
    let said = words(report(&city, "/exports/report.docx", None).await);
    assert!(said.contains("一、总体情况"), "{said}");
    assert_eq!(city.raw("yi", "/report/template", None).await.0, 403);
    let long = json!({ "needs": "长".repeat(4_001) });
    assert_eq!(city.raw("admin", "/exports/report.docx", Some(long)).await.0, 400);
}

#[cfg(feature = "pdf")]
mod long {
    //! Of a build with PDF; it asks programs of the system, so that `cargo xtask test --all` alone runs it.

    use super::*;
    use std::process::Command;

    fn said(program: &str, args: &[&str]) -> String {
        let done =
            Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    #[tokio::test]
    async fn the_pdf_says_what_the_docx_says_in_fonts_of_its_own() {
        let mut city = City::new();
        city.conn().execute("UPDATE org SET name = '𬭊光·一厂 #eval(1) $x$' WHERE code = 'g1'", []).unwrap();
        let s = city.session("w1", "lecture", "课", json!({})).await;
        city.check_in(&s, &["101", "201"]).await;
        city.respond(&s, &[[5, 4, 3]; 5]).await;
        let typed = json!({ "number": "海工〔2026〕3号", "practice": "一是\\ \"送课\" #上门" });
        let bytes = report(&city, "/exports/report.pdf?org=d1", Some(typed)).await;
        let path = city.folder.path().join("report.pdf");
        std::fs::write(&path, bytes).unwrap();
        let path = path.to_str().unwrap();
        let text = said("pdftotext", &["-layout", path, "-"]);
        let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        for part in [
            "海工〔2026〕3号",
            "关于宣讲学习活动开展情况的报告",
            "一、总体情况",
            "覆盖职工2人",
            "𬭊光·一厂#eval(1)$x$",
            "听得懂5.00分（5份）",
            "一是\\\"送课\"#上门",
            "2026年11月22日",
            "—1—",
        ] {
            assert!(dense.contains(part), "{part}: {text}");
        }
        let fonts = said("pdffonts", &[path]);
        let fonts: Vec<&str> = fonts.lines().skip(2).collect();
        assert!(
            fonts.len() >= 2
                && fonts.iter().all(|line| line.contains("NotoS") && line.contains("yes yes yes")),
            "{fonts:?}"
        );
    }
}
