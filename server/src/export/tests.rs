//! The workbooks, opened again by another program's eyes.

use crate::small_city::City;
use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use serde_json::{Value, json};
use std::io::Cursor;

#[test]
fn names_are_coded_for_the_header() {
    assert_eq!(super::percent("签到-1 a"), "%E7%AD%BE%E5%88%B0-1%20a");
}

async fn sheet(city: &City, path: &str, name: &str) -> Vec<Vec<Data>> {
    read(city, path, name, None).await
}

/// The sheet of a file in which nothing is masked.
async fn clear(city: &City, path: &str, name: &str) -> Vec<Vec<Data>> {
    read(city, path, name, Some(json!({ "reason": "年底核对" }))).await
}

async fn read(city: &City, path: &str, name: &str, why: Option<Value>) -> Vec<Vec<Data>> {
    let (status, bytes) = city.raw("admin", path, why).await;
    assert_eq!(status, 200);
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    assert!(book.worksheet_formula(name).unwrap().used_cells().next().is_none(), "a cell is a formula");
    let range = book.worksheet_range(name).unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

#[tokio::test]
async fn attendance_comes_back_as_it_was_recorded() {
    let mut city = City::new();
    city.roster("g1", "姓名,工号,车间,手机\n𬱟伟,102,一车间,9753\n");
    let s = city.session("g1", "lecture", "=1+1", json!({})).await;
    city.check_in(&s, &["101", "102"]).await;
    let (third, fourth) = (city.person("103"), city.person("201"));
    city.push(
        "a",
        vec![
            ("mark", &s, json!({ "person": third, "field": "status", "value": "excused" })),
            ("mark", &s, json!({ "person": fourth, "field": "note", "value": "@家里有事" })),
        ],
    )
    .await;
    let rows = clear(&city, "/exports/attendance.xlsx?org=g1", "签到").await;
    let text = |row: usize, column: usize| rows[row][column].to_string();
    assert_eq!(rows.len(), 1 + 5, "a head and five people");
    assert_eq!(
        (text(1, 0), text(1, 1), text(1, 2)),
        ("市总 / 海港区 / 一厂".into(), "=1+1".into(), "宣讲".into())
    );
    let Data::DateTime(starts) = &rows[1][3] else { panic!("no time: {:?}", rows[1][3]) };
    // 2026-11-22 12:00 of +08:00, whatever the machine's own zone.
    assert_eq!(starts.to_ymd_hms_milli(), (2026, 11, 22, 12, 0, 0, 0));
    let names: Vec<(String, String)> = (1..6).map(|row| (text(row, 4), text(row, 7))).collect();
    let want = [("阿依古丽·艾山", "实到"), ("𬱟伟", "实到"), ("丁", "未到"), ("丙", "请假"), ("戊", "未到")];
    assert_eq!(names, want.map(|(name, status)| (name.to_owned(), status.to_owned())));
    assert_eq!(rows[3][11], Data::String("@家里有事".to_owned()));
    assert_eq!(rows[2][12], Data::String("9753".to_owned()));
    let why = clear(&city, "/exports/attendance.xlsx?org=g1", "说明").await;
    assert!(why.iter().any(|row| row[1] == *"年底核对"), "{why:?}");

    let notes = sheet(&city, "/exports/attendance.xlsx?org=g1&activity=lecture", "说明").await;
    let of = |head: &str| notes.iter().find(|row| row[0] == *head).map(|row| row[1].to_string());
    assert_eq!(of("范围").as_deref(), Some("市总 / 海港区 / 一厂"));
    assert_eq!(of("活动类型").as_deref(), Some("宣讲"));
    assert_eq!(of("行数").as_deref(), Some("5"));
    let sql = "SELECT count(*) FROM audit WHERE act = 'export_attendance' AND account_id IS NOT NULL";
    let noted: i64 = city.conn().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(noted, 3, "each export is in the audit");
}

#[tokio::test]
async fn without_a_reason_everybody_in_a_file_is_masked() {
    let mut city = City::new();
    city.roster("g1", "姓名,工号,车间,手机\n𬱟伟,102,一车间,9753\n");
    let s = city.session("g1", "lecture", "课", json!({})).await;
    city.check_in(&s, &["101", "102"]).await;
    let note = json!({ "person": city.person("201"), "field": "note", "value": "王姐代签" });
    city.push("a", vec![("mark", &s, note)]).await;
    let rows = sheet(&city, "/exports/attendance.xlsx", "签到").await;
    let mut people: Vec<String> = rows[1..].iter().map(|row| format!("{} {}", row[4], row[5])).collect();
    people.sort();
    assert_eq!(people, ["* ***", "* ***", "* ***", "阿***·** ***", "𬱟* ***"]);
    let all: Vec<String> = rows.iter().flatten().map(ToString::to_string).collect();
    for hidden in ["阿依", "伟", "102", "9753", "王姐"] {
        assert!(!all.iter().any(|cell| cell.contains(hidden)), "{hidden}");
    }
    for why in [json!({ "reason": "x" }), json!({ "reason": " x " }), json!({ "reason": "" })] {
        assert_eq!(city.raw("admin", "/exports/attendance.xlsx", Some(why)).await.0, 400);
    }
    let (status, _) = city.raw("yi", "/exports/attendance.xlsx", Some(json!({ "reason": "想看看" }))).await;
    assert_eq!(status, 403, "an organizer administers nothing");
    assert_eq!(city.raw("yi", "/exports/attendance.xlsx", None).await.0, 200);
    let (status, _) =
        city.raw("admin", "/exports/coverage.xlsx", Some(json!({ "reason": "报送市里" }))).await;
    assert_eq!(status, 200);
    let sql = "SELECT group_concat(coalesce(detail ->> '$.reason', '-') || (detail ->> '$.rows'), ' ')
               FROM (SELECT detail FROM audit WHERE act LIKE 'export%' ORDER BY audit_id)";
    let noted: String = city.conn().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(noted, "-5 -5 报送市里4");
}

#[tokio::test]
async fn figures_in_the_workbook_are_those_of_the_api() {
    let mut city = City::new();
    let s = city.session("w1", "lecture", "课", json!({})).await;
    city.check_in(&s, &["101", "201"]).await;
    city.respond(&s, &[[5, 4, 3]; 5]).await;
    let api = city.get("/coverage?org=d1").await;
    let rows = sheet(&city, "/exports/coverage.xlsx?org=d1", "覆盖面").await;
    assert_eq!(rows.len(), 1 + 2 + 1, "a head, two unions, the sum");
    let column = |title: &str| rows[0].iter().position(|cell| *cell == *title).unwrap();
    let last = rows.last().unwrap();
    for (title, pointer) in [
        ("已举办场次", "/sessions/held"),
        ("实到人次", "/attended"),
        ("覆盖人数", "/people"),
        ("应到人次", "/expected"),
        ("到会率", "/rate"),
        ("全部车间", "/workshops/all"),
        ("听得懂（均分）", "/scores/understood/mean"),
    ] {
        let Data::Float(shown) = last[column(title)] else { panic!("{title}: {:?}", last[column(title)]) };
        assert_eq!(Some(shown), api.pointer(pointer).unwrap().as_f64(), "{title}");
    }
}
