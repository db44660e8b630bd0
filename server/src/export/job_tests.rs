//! Files that are written behind: for whoever waits, for their maker alone, for a day, across a restart.

use super::job;
use crate::router;
use crate::small_city::City;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use serde_json::{Value, json};
use shared::stamp::DAY_MS;
use std::time::Duration;
use tower::ServiceExt;

const PEOPLE: usize = 5_100;

/// A city with a session at which more are expected than one waits for.
async fn large() -> City {
    let mut city = City::new();
    let mut roster = "姓名,工号,车间\n".to_owned();
    for n in 0..PEOPLE {
        roster.push_str(&format!("工𬭊{n},N{n:05},四车间\n"));
    }
    city.roster("g3", &roster);
    let s = city.session("w4", "lecture", "大课", json!({})).await;
    city.check_in(&s, &["N00001", "N00002"]).await;
    city
}

async fn asked_for(city: &City, who: &str, path: &str, why: Option<&str>) -> (u16, Vec<u8>) {
    let request = Request::builder()
        .uri(format!("/api/v1{path}"))
        .header(header::AUTHORIZATION, format!("Bearer {who}"))
        .header("prefer", "respond-async");
    let request = match why {
        Some(why) => request
            .method("POST")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "reason": why }).to_string())),
        None => request.body(Body::empty()),
    };
    let response = router(city.app()).oneshot(request.unwrap()).await.unwrap();
    let status = response.status().as_u16();
    (status, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
}

async fn begun(city: &City, path: &str, why: Option<&str>) -> String {
    let (status, bytes) = asked_for(city, "admin", path, why).await;
    assert_eq!(status, 202, "{}", String::from_utf8_lossy(&bytes));
    let item: Value = serde_json::from_slice(&bytes).unwrap();
    assert!(item["of_rows"].as_u64().unwrap() > 5_000, "{item}");
    item["id"].as_str().unwrap().to_owned()
}

/// The job once it is done.
async fn done(city: &City, id: &str) -> Value {
    for _ in 0..600 {
        let item = city.get(&format!("/exports/jobs/{id}")).await;
        if item["state"] == "ready" || item["state"] == "failed" {
            return item;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it is not done in half a minute");
}

fn files(city: &City) -> usize {
    std::fs::read_dir(city.folder.path().join("exports")).map(Iterator::count).unwrap_or(0)
}

#[tokio::test]
async fn a_large_file_is_written_behind_for_its_maker_alone_and_kept_for_a_day() {
    let city = large().await;
    // Few rows come at once, and whoever cannot wait gets all of them.
    assert_eq!(asked_for(&city, "admin", "/exports/sessions.csv", None).await.0, 200);
    let (status, whole) = city.raw("admin", "/exports/attendance.csv", None).await;
    assert_eq!(status, 200);
    let id = begun(&city, "/exports/attendance.csv", None).await;
    let item = done(&city, &id).await;
    assert_eq!((&item["state"], item["rows"].as_u64()), (&json!("ready"), Some(PEOPLE as u64 + 2)), "{item}");
    let (status, file) = city.raw("admin", &format!("/exports/jobs/{id}/file"), None).await;
    assert_eq!((status, file == whole), (200, true), "the same file either way");
    let text = String::from_utf8(file).unwrap();
    assert!(text.contains("工*") && !text.contains("𬭊"), "masked");
    for path in [format!("/exports/jobs/{id}"), format!("/exports/jobs/{id}/file")] {
        assert_eq!(city.raw("yi", &path, None).await.0, 404, "another's");
    }
    assert_eq!(city.raw("yi", &format!("/exports/jobs/{id}/end"), Some(json!({}))).await.0, 404);

    let clear = begun(&city, "/exports/attendance.xlsx", Some("核对花名册")).await;
    assert_eq!(done(&city, &clear).await["state"], "ready");
    let sql = "SELECT count(*) FROM audit WHERE act = 'export_attendance' AND detail LIKE '%核对花名册%'";
    assert_eq!(city.conn().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    assert_eq!(files(&city), 2);
    assert_eq!(city.raw("admin", &format!("/exports/jobs/{clear}/end"), Some(json!({}))).await.0, 200);
    assert_eq!((files(&city), city.raw("admin", &format!("/exports/jobs/{clear}"), None).await.0), (1, 404));
    city.pass(DAY_MS);
    assert_eq!(city.raw("admin", &format!("/exports/jobs/{id}/file"), None).await.0, 404, "its time is over");
    job::tidy(&city.app()).await.unwrap();
    assert_eq!((files(&city), city.get("/exports/jobs").await["items"].as_array().unwrap().len()), (0, 0));
}

#[tokio::test]
async fn a_job_that_a_stop_broke_off_is_begun_again_twice_at_most() {
    let city = large().await;
    let id = begun(&city, "/exports/attendance.csv", None).await;
    assert_eq!(done(&city, &id).await["state"], "ready");
    // As a stop in the middle leaves it: half a file, and a row that says that it is being written.
    let folder = city.folder.path().join("exports");
    std::fs::rename(folder.join(format!("{id}.csv")), folder.join(format!("{id}.part"))).unwrap();
    city.conn().execute("UPDATE export_job SET state = 'running', ends_ms = NULL, bytes = NULL", []).unwrap();
    job::resume(&city.app()).await.unwrap();
    let item = done(&city, &id).await;
    assert_eq!((&item["state"], files(&city)), (&json!("ready"), 1), "{item}");
    city.conn().execute("UPDATE export_job SET state = 'running', tries = 2", []).unwrap();
    job::resume(&city.app()).await.unwrap();
    let item = done(&city, &id).await;
    assert_eq!(
        (&item["state"], &item["code"], files(&city)),
        (&json!("failed"), &json!("internal"), 0),
        "{item}"
    );
    // Whoever lost the right meanwhile gets nothing.
    let id = begun(&city, "/exports/attendance.csv", None).await;
    done(&city, &id).await;
    city.conn().execute("UPDATE role_grant SET until_ms = 1", []).unwrap();
    assert_eq!(city.raw("admin", &format!("/exports/jobs/{id}/file"), None).await.0, 403);
}

mod long {
    //! Runs with `cargo xtask test --all` only.

    use super::super::cell::Watch;
    use super::super::{Format, Order, Place, What, write};
    use crate::filter::{Filter, Params};
    use crate::sight::Sight;
    use crate::small_city::City;
    use serde_json::json;
    use shared::sight::May;
    use std::fs::File;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::time::{Duration, Instant};

    const PEOPLE: usize = 2_000;
    const SESSIONS: usize = 100;

    /// Bytes of this program in memory.
    fn resident() -> u64 {
        let text = std::fs::read_to_string("/proc/self/statm").unwrap();
        text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
    }

    #[tokio::test]
    async fn two_hundred_thousand_rows_take_little_memory() {
        let mut city = City::new();
        let mut roster = "姓名,工号,车间\n".to_owned();
        for n in 0..PEOPLE - 2 {
            roster.push_str(&format!("阿依古丽·艾山{n},N{n:05},四车间\n"));
        }
        city.roster("g3", &roster);
        for n in 0..SESSIONS {
            let s = city.session("w4", "lecture", &format!("第{n}场"), json!({})).await;
            city.check_in(&s, &["N00001", "N00002"]).await;
        }
        let conn = city.conn();
        let sql = "SELECT account_id, id FROM account WHERE login = 'admin'";
        let (account_id, id): (i64, [u8; 16]) =
            conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let who = (account_id, shared::id::AccountId::from_bytes(id));
        let sight = Sight::find(&conn, who, May::Manage, None, city.now()).unwrap();
        let filter = Filter::read(&Params::default()).unwrap();
        for format in [Format::Xlsx, Format::Csv] {
            let order =
                Order { what: What::Attendance, format, filter: filter.clone(), why: Some("量".into()) };
            let place = Place { conn: &conn, sight: &sight, account_id, as_of_ms: city.now() };
            let (before, most, done) =
                (resident(), Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
            let (seen, over) = (Arc::clone(&most), Arc::clone(&done));
            let watching = std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    seen.fetch_max(resident(), Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            let path = city.folder.path().join(format!("measured.{}", format.wire()));
            let (watch, begun) = (Watch::default(), Instant::now());
            write(&place, &order, &watch, File::create(&path).unwrap()).unwrap();
            let took = begun.elapsed();
            done.store(true, Ordering::Relaxed);
            watching.join().unwrap();
            let grown = most.load(Ordering::Relaxed).saturating_sub(before) / (1024 * 1024);
            let bytes = std::fs::metadata(&path).unwrap().len();
            println!(
                "{}: {} rows in {:.1} s, {grown} MiB more, a file of {bytes} bytes",
                format.wire(),
                watch.rows(),
                took.as_secs_f64()
            );
            assert_eq!(watch.rows(), (PEOPLE * SESSIONS) as u64);
            assert!(grown <= 200, "{grown} MiB");
        }
    }
}
