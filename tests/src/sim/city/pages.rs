//! How long the desk's pages take: each asked many times through the router, as a desk does.

use super::{BEGIN_MS, CAMPAIGNS, SPAN_MS, TOKEN};
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use serde_json::Value;
use server::clock::Clock;
use server::router;
use shared::stamp::DAY_MS;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

/// How often each page is asked.
const TIMES: usize = 60;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn ask(app: &server::App, path: &str) -> Value {
    let request = Request::get(format!("/api/v1{path}"))
        .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
        .body(Body::empty())
        .unwrap();
    let response = router(app.clone()).oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&bytes));
    serde_json::from_slice(&bytes).unwrap()
}

fn open(folder: &Path, at_ms: i64) -> server::App {
    let clock = Clock::manual(Arc::new(AtomicI64::new(at_ms)));
    server::open_at(folder, clock).unwrap_or_else(|fault| panic!("{fault}"))
}

/// Somebody looks at the city's figures: what is due is published, as it would be.
pub(super) fn look(folder: &Path, at_ms: i64) {
    runtime().block_on(async {
        let app = open(folder, at_ms.max(BEGIN_MS + 2 * DAY_MS));
        ask(&app, "/coverage?org=c").await;
        app.db.close().await;
    });
}

/// Asks every page of the desk that shows figures or lists, and prints p50 and p95 in ms.
///
/// # Panics
/// Where a page is refused.
pub fn pages(folder: &Path) {
    runtime().block_on(async {
        let app = open(folder, BEGIN_MS + SPAN_MS + 30 * DAY_MS);
        let first = ask(&app, "/sessions?size=1&org=u0").await;
        let session = first["items"][0]["id"].as_str().unwrap_or_default().to_owned();
        let (from, to) = (BEGIN_MS + 60 * DAY_MS, BEGIN_MS + 91 * DAY_MS);
        let paths = [
            "/coverage?org=c".to_owned(),
            format!("/coverage?org=c&campaign={}", CAMPAIGNS[0]),
            format!("/coverage?org=c&from_ms={from}&to_ms={to}"),
            "/coverage?org=c&activity=lecture".to_owned(),
            "/coverage?org=d0".to_owned(),
            "/coverage?org=u0".to_owned(),
            "/sessions".to_owned(),
            "/sessions?org=d0&size=100".to_owned(),
            format!("/sessions/{session}"),
            format!("/sessions/{session}/attendance"),
            "/devices".to_owned(),
        ];
        println!("{:>8} {:>8}  page", "p50 ms", "p95 ms");
        for path in paths {
            // What is due is published the first time, which others do not pay for.
            ask(&app, &path).await;
            let mut took = Vec::with_capacity(TIMES);
            for _ in 0..TIMES {
                let began = Instant::now();
                ask(&app, &path).await;
                took.push(began.elapsed());
            }
            took.sort_unstable();
            let ms =
                |at: usize| took.get(at * TIMES / 100).map_or(0.0, |one: &Duration| one.as_secs_f64() * 1e3);
            println!("{:>8.1} {:>8.1}  {path}", ms(50), ms(95));
        }
        app.db.close().await;
    });
}
