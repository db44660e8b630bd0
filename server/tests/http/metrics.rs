//! What whoever runs the server watches.

use crate::world::{NOW, SHOP, World, check_in, create, session_id};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use shared::closing::Closing;
use shared::session::Declared;
use std::collections::BTreeMap;
use tower::ServiceExt;

/// Every line of the page by its name.
async fn scrape(world: &World) -> BTreeMap<String, f64> {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let answer = server::router(world.app.clone()).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
    let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut found = BTreeMap::new();
    let mut typed = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            typed = rest.split(' ').next().unwrap().to_owned();
        } else if !line.starts_with("# HELP ") {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with(&typed), "{line} stands under {typed}");
            assert!(found.insert(name.to_owned(), value.parse().unwrap()).is_none(), "{name} stands twice");
        }
    }
    found
}

#[tokio::test]
async fn it_counts_what_is_there() {
    let world = World::new().await;
    let before = scrape(&world).await;
    let mut late = check_in(9, 1, 1);
    late["seq"] = serde_json::json!(9);
    let stray = check_in(3, 77, 1);
    let odd = serde_json::json!({ "id": "none", "seq": 4 });
    world.push(&[create(1, 1, SHOP), check_in(2, 1, 2), stray, odd, late]).await;
    let code = Closing::new(session_id(50).parse().unwrap(), Declared::default()).code();
    world.post("/api/v1/closings", "login-zhang", &serde_json::json!({ "code": code })).await.ok();
    let after = scrape(&world).await;
    let grew = |name: &str| after[name] - before[name];
    assert_eq!(grew("jiangdao_held_changes"), 1.0);
    assert_eq!(grew("jiangdao_waiting_changes"), 1.0);
    assert_eq!(grew("jiangdao_waiting_closings"), 1.0);
    assert_eq!(grew("jiangdao_devices_with_gaps"), 1.0);
    assert_eq!(grew("jiangdao_commit_seconds_count"), 2.0);
    assert_eq!(grew("jiangdao_writer_jobs_total"), 2.0);
    assert!(grew("jiangdao_commit_seconds_sum") > 0.0);
    assert!(grew("jiangdao_seq") >= 3.0);
    assert_eq!((after["jiangdao_writer_queue"], after["jiangdao_commit_failures_total"]), (0.0, 0.0));
    assert_eq!(after[r#"jiangdao_commit_seconds_bucket{le="+Inf"}"#], after["jiangdao_commit_seconds_count"]);
    // The gap closes when what was missing comes.
    world.at(NOW + 1);
    world.push(&(5..9).map(|n| check_in(n, 1, 3)).collect::<Vec<_>>()).await;
    assert_eq!(scrape(&world).await["jiangdao_devices_with_gaps"], 0.0);
}
