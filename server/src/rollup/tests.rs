//! Kept is what a recount gives; a recount finds what is not.

use crate::rollup::{check, rebuild};
use crate::small_city::{City, NOON};
use serde_json::json;

async fn city() -> City {
    let mut city = City::new();
    let session = city.session("g1", "lecture", "大课", json!({})).await;
    city.check_in(&session, &["101", "201", "301"]).await;
    city.respond(&session, &[[5, 4, 3]; 6]).await;
    let declared = json!({ "declared": { "check_ins": 9, "responses": 9 } });
    city.push("b", vec![("session_close", &session, declared)]).await;
    city.get("/coverage").await;
    city
}

#[tokio::test]
async fn a_difference_is_told_and_mended() {
    let city = city().await;
    let conn = city.conn();
    assert_eq!(check(&conn).unwrap(), []);
    let before = city.get("/coverage").await;
    assert_eq!(before["people"], 3);
    for (spoil, what) in [
        ("UPDATE rollup SET present = present + 1", "figures"),
        ("UPDATE session SET present = present + 1", "none"),
        ("UPDATE rollup SET crowd = x''", "people"),
        ("UPDATE rollup SET reached = x''", "people"),
        ("UPDATE rollup SET mark = x''", "marks"),
        ("UPDATE rollup SET activity = 'study'", "home"),
        ("DELETE FROM on_phone", "on phones"),
        ("DELETE FROM rollup", "row"),
        ("INSERT INTO pool (session, mark) VALUES (x'01', x'010101')", "pools"),
        (
            "INSERT INTO on_phone (session_id, on_id, check_in, response) VALUES (99, 1, 1, 0)",
            "sessions that do not exist",
        ),
    ] {
        conn.execute_batch(spoil).unwrap();
        let told: Vec<&str> = check(&conn).unwrap().iter().map(|one| one.what).collect();
        assert_eq!(told, if what == "none" { vec![] } else { vec![what] }, "{spoil}");
        assert_eq!(rebuild(&conn).unwrap(), 1);
        assert_eq!(check(&conn).unwrap(), [], "{spoil}");
    }
    let mut after = city.get("/coverage").await;
    after["as_of_ms"] = before["as_of_ms"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_roster_that_changes_before_a_session_begins_changes_whom_it_reaches() {
    let mut city = City::new();
    let later = json!({ "starts_ms": NOON + 100 * crate::small_city::HOUR });
    let session = city.session("d2", "lecture", "下周", later).await;
    city.check_in(&session, &["101"]).await;
    let covered = |told: &serde_json::Value| told["workshops"]["covered"].as_u64();
    let g1 = city.get("/coverage?org=g1").await;
    assert_eq!(covered(&g1), Some(1));
    city.pass(1000);
    // 101 moves from the first workshop to the second: another one is reached now, as many as before.
    city.roster("g1", "姓名,工号,车间\n阿依古丽·艾山,101,二车间\n");
    let of = async |org: &str| covered(&city.get(&format!("/coverage?org={org}")).await);
    assert_eq!([of("w1").await, of("w2").await], [Some(0), Some(1)]);
    assert_eq!(check(&city.conn()).unwrap(), []);
}

#[tokio::test]
async fn a_union_that_moves_to_another_district_takes_its_figures_along() {
    let city = city().await;
    let held = |told: &serde_json::Value| {
        (told["sessions"]["held"].as_u64(), told["people"].as_u64(), told["responses"].as_u64())
    };
    let of = async |org: &str| held(&city.get(&format!("/coverage?org={org}")).await);
    assert_eq!([of("d1").await.0, of("d2").await.0], [Some(1), Some(0)]);
    let moved = crate::small_city::ORGS.replace("g1,一厂,grassroots,d1", "g1,一厂,grassroots,d2");
    let mut conn = city.conn();
    crate::db::transaction(&mut conn, |conn| crate::import::org::import(conn, "orgs.csv", moved.as_bytes()))
        .unwrap();
    assert_eq!([of("d1").await.0, of("d2").await.0], [Some(0), Some(1)]);
    assert_eq!(of("d2").await, (Some(1), Some(3), Some(6)));
    assert_eq!(check(&conn).unwrap(), []);
}
