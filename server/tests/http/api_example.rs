//! The example of docs/api.md is run as it stands there: curl against a server that listens.

use crate::world::{PLANT, World, check_in, create};
use axum::http::Method;
use serde_json::json;
use std::process::Command;

/// The first block of shell commands of a document.
fn commands(document: &str) -> &str {
    document.split("```sh\n").nth(1).unwrap().split("```").next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_pulls_coverage_into_a_spreadsheet() {
    let world = World::new().await;
    world.push_as("admin", Some(1), &[create(1, 1, PLANT), check_in(2, 1, 1)]).await.ok();
    let made = json!({ "name": "例", "org": "C", "days": 30 });
    let made = world.post("/api/v1/me/tokens", "login-admin", &made).await.ok();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(axum::serve(listener, server::router(world.app.clone())).into_future());
    let folder = world.dir().join("example");
    std::fs::create_dir(&folder).unwrap();
    let document = include_str!("../../../docs/api.md");
    let mut shell = Command::new("sh");
    shell
        .args(["-eu", "-c", commands(document)])
        .current_dir(&folder)
        .env("SERVER", &address)
        .env("TOKEN", made["token"].as_str().unwrap());
    let done = tokio::task::spawn_blocking(move || shell.output().unwrap()).await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serving.abort();
    let sheet = std::fs::read(folder.join("coverage.csv")).unwrap();
    let text = String::from_utf8(sheet).unwrap();
    assert!(text.starts_with("\u{feff}组织,编码,级别,已举办场次"), "{text}");
    let page = world.ask(Method::GET, "/api/v1/coverage?org=C", "login-admin").await.ok();
    let sum = text.lines().find(|line| line.starts_with("C,C,市")).unwrap();
    assert_eq!(sum.split(',').nth(3).unwrap(), page["sessions"]["held"].to_string());
    assert_eq!(text.lines().count(), 1 + page["children"].as_array().unwrap().len() + 1);
}
