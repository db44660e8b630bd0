//! What is exported is what the page shows: figure for figure, whatever is asked for.

use crate::small_city::{City, HOUR, NOON};
use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use serde_json::{Value, json};
use shared::stamp::DAY_MS;
use std::io::Cursor;

/// A file read by another program's eyes: rows by the names of their columns.
struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    async fn csv(city: &City, path: &str) -> Self {
        let (status, bytes) = city.raw("admin", path, None).await;
        assert_eq!(status, 200, "{path}");
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").expect("a BOM");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
        let mut rows: Vec<Vec<String>> =
            reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        Self { head: rows.remove(0), rows }
    }

    fn at(&self, title: &str) -> usize {
        self.head.iter().position(|head| head == title).unwrap_or_else(|| panic!("{title}: {:?}", self.head))
    }

    fn column(&self, title: &str) -> Vec<&str> {
        let at = self.at(title);
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }

    fn sum(&self, title: &str) -> u64 {
        self.column(title).iter().map(|cell| cell.parse::<u64>().unwrap_or(0)).sum()
    }
}

async fn workbook(city: &City, path: &str, sheet: &str) -> Vec<Vec<Data>> {
    let (status, bytes) = city.raw("admin", path, None).await;
    assert_eq!(status, 200, "{path}");
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    book.worksheet_range(sheet).unwrap().rows().map(<[Data]>::to_vec).collect()
}

#[tokio::test]
async fn what_people_typed_comes_back_and_nothing_is_calculated() {
    let mut city = City::new();
    for title in ["=1+1", "+86", "@x", "\t=2", "𬭊𬱟·讲", "甲,\"乙\""] {
        let s = city.session("g1", "lecture", title, json!({})).await;
        city.check_in(&s, &["101"]).await;
    }
    city.session("g1", "study", "改天", json!({ "state": "cancelled" })).await;
    let table = Table::csv(&city, "/exports/sessions.csv").await;
    let mut titles = table.column("名称");
    titles.sort_unstable();
    assert_eq!(titles, ["'\t=2", "'+86", "'=1+1", "'@x", "改天", "甲,\"乙\"", "𬭊𬱟·讲"]);
    assert_eq!(table.column("开始时间")[0], "2026-11-22 12:00");
    // The list of the page, row by row.
    let page = city.get("/sessions?size=100").await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(table.rows.len(), items.len());
    for (item, row) in items.iter().zip(&table.rows) {
        assert_eq!(row[table.at("名称")].trim_start_matches('\''), item["title"].as_str().unwrap());
        assert_eq!(row[table.at("实到")], item["totals"]["attended"].to_string());
        assert_eq!(row[table.at("应到")], item["roster_expected"].to_string());
    }
    // The workbook has the same rows, its texts as they are and its figures as numbers.
    let rows = workbook(&city, "/exports/sessions.xlsx", "场次").await;
    assert_eq!(rows.len(), 1 + items.len());
    for (row, line) in rows[1..].iter().zip(&table.rows) {
        assert_eq!(row[1].to_string(), line[1].trim_start_matches('\''));
        assert!(matches!(row[5], Data::Float(_)) && matches!(row[0], Data::DateTime(_)), "{row:?}");
    }
    let said = workbook(&city, "/exports/sessions.xlsx?activity=study", "说明").await;
    let of = |head: &str| said.iter().find(|row| row[0] == *head).map(|row| row[1].to_string());
    assert_eq!(of("活动类型").as_deref(), Some("集中学习"));
    assert_eq!(of("行数").as_deref(), Some("1"));
    assert_eq!(of("已隐去").as_deref(), Some("表中没有职工个人信息"));
}

#[tokio::test]
async fn marks_leave_in_blocks_alone_and_texts_not_at_all() {
    let mut city = City::new();
    let (few, many) = (
        city.session("w1", "lecture", "少", json!({})).await,
        city.session("w3", "lecture", "多", json!({})).await,
    );
    city.check_in(&many, &["301"]).await;
    city.respond(&few, &[[1, 1, 1]; 4]).await;
    city.respond(&many, &[[5, 4, 3]; 6]).await;
    let table = Table::csv(&city, "/exports/feedback.csv?org=d1").await;
    let of = |org: &str, title: &str| -> Vec<&str> {
        let at = table.at(title);
        table.rows.iter().filter(|row| row[0] == org).map(|row| row[at].as_str()).collect()
    };
    assert_eq!(of("一厂", "计入份数"), ["", "", ""], "four are told of and not shown");
    assert_eq!(of("一厂", "收到答卷"), ["4", "4", "4"]);
    assert_eq!((of("二厂", "计入份数"), of("二厂", "均分")), (vec!["6"; 3], vec!["5.00", "4.00", "3.00"]));
    assert_eq!((of("海港区", "5 分"), of("海港区", "1 分")), (vec!["6", "0", "0"], vec!["0"; 3]));
    assert_eq!(of("海港区", "说明"), ["合计"; 3]);
    // The workbook draws the sum, as the page does.
    let (_, bytes) = city.raw("admin", "/exports/feedback.xlsx?org=d1", None).await;
    let mut package = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut chart = String::new();
    std::io::Read::read_to_string(&mut package.by_name("xl/charts/chart1.xml").unwrap(), &mut chart).unwrap();
    assert!(chart.contains("反馈!$I$8:$M$8"), "{chart}");
}

/// A city with sessions of every kind over three months.
async fn busy(seed: u64) -> City {
    let mut city = City::new();
    let mut dice = fastrand::Rng::with_seed(seed);
    let orgs = ["d1", "g0", "g1", "g2", "g3", "w1", "w2", "w3", "w4"];
    let people = ["101", "102", "103", "201", "202", "301", "302", "401", "402"];
    for n in 0..24 {
        let org = orgs[dice.usize(..orgs.len())];
        let starts_ms = NOON - dice.i64(0..90) * DAY_MS + dice.i64(0..12) * HOUR;
        let activity = ["lecture", "study", "quiz"][dice.usize(..3)];
        let mut more = json!({ "starts_ms": starts_ms });
        if dice.u8(..8) == 0 {
            more["state"] = json!("cancelled");
        }
        if dice.u8(..6) == 0 {
            more["expected"] = json!(dice.u32(1..40));
        }
        let s = city.session(org, activity, &format!("场{n}"), more).await;
        let came: Vec<&str> = people.into_iter().filter(|_| dice.u8(..3) == 0).collect();
        city.check_in(&s, &came).await;
        if dice.u8(..4) == 0 {
            city.push("a", vec![("headcount", &s, json!({ "count": dice.u32(0..30) }))]).await;
        }
        if dice.u8(..4) == 0 {
            let person = json!({ "id": uuid::Uuid::now_v7(), "name": "客·人", "org": city.org(org) });
            city.push(
                "a",
                vec![
                    ("person_add", &s, json!({ "person": person })),
                    ("check_in", &s, json!({ "person": person["id"], "method": "tap" })),
                ],
            )
            .await;
        }
        let marks: Vec<[u8; 3]> =
            (0..dice.usize(..9)).map(|_| [dice.u8(1..6), dice.u8(1..6), dice.u8(1..6)]).collect();
        if !marks.is_empty() {
            city.respond(&s, &marks).await;
        }
    }
    city
}

/// Whether the rows of every file come to what the page says for the same question.
async fn agrees(city: &City, query: &str) {
    let page = city.get(&format!("/coverage?{query}")).await;
    let figure = |pointer: &str| page.pointer(pointer).unwrap().as_u64().unwrap();
    let coverage = Table::csv(city, &format!("/exports/coverage.csv?{query}")).await;
    for (title, pointer) in [
        ("已举办场次", "/sessions/held"),
        ("计划场次", "/sessions/planned"),
        ("实到人次", "/attended"),
        ("名单外人次", "/walk_ins"),
        ("应到人次", "/expected"),
        ("反馈答卷", "/responses"),
        ("已覆盖基层工会", "/orgs/covered"),
        ("全部基层工会", "/orgs/all"),
        ("全部车间", "/workshops/all"),
    ] {
        // The sum stands below the lines that it is of.
        assert_eq!(coverage.sum(title), 2 * figure(pointer), "{title} {query}");
        assert_eq!(coverage.column(title).last().unwrap(), &figure(pointer).to_string(), "{title} {query}");
    }
    let sessions = Table::csv(city, &format!("/exports/sessions.csv?{query}")).await;
    let (state, came) = (sessions.at("状态"), sessions.at("实到"));
    let not_cancelled = sessions.rows.iter().filter(|row| row[state] != "已取消");
    let sum: u64 = not_cancelled.map(|row| row[came].parse::<u64>().unwrap()).sum();
    assert_eq!(sum, figure("/attended"), "{query}");
    assert_eq!(sessions.sum("答卷"), figure("/responses"), "{query}");
    let page = city.get(&format!("/sessions?{query}&size=100")).await;
    assert_eq!(page["total"].as_u64().unwrap(), u64::try_from(sessions.rows.len()).unwrap());
    // Of each session as many are present in the file as in its list.
    let attendance = Table::csv(city, &format!("/exports/attendance.csv?{query}")).await;
    let (title, status) = (attendance.at("场次"), attendance.at("状态"));
    for item in page["items"].as_array().unwrap() {
        let path = format!("/sessions/{}/attendance?present=true", item["id"].as_str().unwrap());
        let listed = city.get(&path).await["total"].as_u64().unwrap();
        let here =
            |row: &&Vec<String>| row[title] == *item["title"].as_str().unwrap() && row[status] == "实到";
        assert_eq!(attendance.rows.iter().filter(here).count() as u64, listed, "{query} {}", item["title"]);
    }
    let feedback = Table::csv(city, &format!("/exports/feedback.csv?{query}")).await;
    let coverage = city.get(&format!("/coverage?{query}")).await;
    for (question, row) in
        ["understood", "absorbed", "usable"].iter().zip(feedback.rows.iter().rev().take(3).rev())
    {
        let score = coverage["scores"].get(question).unwrap_or(&Value::Null);
        let n = score["n"].as_u64().map(|n| n.to_string()).unwrap_or_default();
        assert_eq!(row[feedback.at("计入份数")], n, "{question} {query}");
        let marks: u64 =
            (1..=5).map(|mark| row[feedback.at(&format!("{mark} 分"))].parse().unwrap_or(0)).sum();
        assert_eq!(marks, score["n"].as_u64().unwrap_or(0), "{question} {query}");
    }
}

#[tokio::test]
async fn for_any_filter_the_rows_come_to_the_figure_of_the_page() {
    let city = busy(7).await;
    let mut dice = fastrand::Rng::with_seed(11);
    let orgs = ["c", "d1", "d2", "g0", "g1", "g2", "g3", "w1"];
    for _ in 0..12 {
        let mut query = format!("org={}", orgs[dice.usize(..orgs.len())]);
        if dice.bool() {
            query.push_str(["&activity=lecture", "&activity=study"][dice.usize(..2)]);
        }
        if dice.bool() {
            query.push_str(&format!("&from_ms={}", NOON - dice.i64(0..90) * DAY_MS));
        }
        if dice.bool() {
            query.push_str(&format!("&to_ms={}", NOON - dice.i64(0..60) * DAY_MS));
        }
        agrees(&city, &query).await;
    }
}
