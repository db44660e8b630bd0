//! What the server refuses, slows down and puts on its answers whatever the request is about.

use crate::world::{
    Answer, HOUR, NOW, OTHER_PLANT, PASSWORD, PLANT, World, change, check_in, create, outcomes,
};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use futures_core::Stream;
use serde_json::json;
use server::access::grant::Role;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Every route of the router as (method, path), read from its source: what is added there is tested here.
pub(crate) fn routes() -> Vec<(Method, String)> {
    let source = include_str!("../../src/lib.rs");
    let list = source.split("pub fn router").nth(1).unwrap().split("fn always").next().unwrap();
    let mut found = Vec::new();
    for route in list.split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap().to_owned();
        for (word, method) in [
            ("get(", Method::GET),
            ("post(", Method::POST),
            ("put(", Method::PUT),
            ("patch(", Method::PATCH),
            ("delete(", Method::DELETE),
        ] {
            if route.contains(word) {
                found.push((method, path.clone()));
            }
        }
    }
    found
}

fn filled(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "00" } else { part }).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_answer_says_what_browsers_may_do_with_it() {
    let world = World::new().await;
    let mut paths: Vec<String> = routes().iter().map(|(_, path)| filled(path)).collect();
    paths
        .extend(["/", "/desk", "/desk/held", "/no/page", "/no.file", "/api/none", "/f/x"].map(str::to_owned));
    assert!(paths.len() > 20, "{paths:?}");
    for path in paths {
        for method in [Method::GET, Method::PUT] {
            let answer = world.ask(method, &path, "login-admin").await;
            let says = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
            let policy = says("content-security-policy");
            let script = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap();
            assert_eq!(script.trim(), "script-src 'self' 'wasm-unsafe-eval'", "{path}");
            assert!(
                policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
                "{path}"
            );
            assert_eq!(says("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(says("referrer-policy"), "no-referrer", "{path}");
            assert_eq!(says("cross-origin-opener-policy"), "same-origin", "{path}");
            assert!(says("permissions-policy").contains("geolocation=()"), "{path}");
            assert!(!answer.headers.contains_key(header::STRICT_TRANSPORT_SECURITY), "{path}");
        }
    }
}

#[tokio::test]
async fn only_a_proxy_on_this_machine_says_that_it_was_tls() {
    let world = World::new().await;
    let ask = |peer: Option<&str>, said: &'static str| {
        let mut request = Request::get("/api/v1/health").header("x-forwarded-proto", said);
        if let Some(peer) = peer {
            request = request.extension(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        }
        world.send(request.body(Body::empty()).unwrap())
    };
    let name = header::STRICT_TRANSPORT_SECURITY;
    for near in ["127.0.0.1:5000", "[::1]:5000", "[::ffff:127.0.0.1]:5000"] {
        assert_eq!(ask(Some(near), "https").await.headers[&name], "max-age=31536000", "{near}");
        assert!(!ask(Some(near), "http").await.headers.contains_key(&name));
    }
    for far in [Some("192.0.2.7:5000"), None] {
        assert!(!ask(far, "https").await.headers.contains_key(&name), "{far:?}");
    }
}

/// A write of the desk, by its cookie.
fn by_cookie(method: &Method, path: &str, cookie: &str, origin: Option<&str>, kind: &str) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "union.example")
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, kind);
    if let Some(origin) = origin {
        request = request.header(header::ORIGIN, origin);
    }
    request.body(Body::from("{}")).unwrap()
}

async fn log_in(world: &World, login: &str, password: &str, origin: Option<&str>, cookie: bool) -> Answer {
    let body = json!({ "login": login, "password": password, "cookie": cookie }).to_string();
    let mut request = Request::post("/api/v1/login")
        .header(header::HOST, "union.example")
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(origin) = origin {
        request = request.header(header::ORIGIN, origin);
    }
    world.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn every_write_by_cookie_comes_from_the_page_itself() {
    let world = World::new().await;
    let own = Some("https://union.example");
    let answer = log_in(&world, "admin", PASSWORD, own, true).await;
    let line = answer.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    let cookie = line.split(';').next().unwrap();
    let mut writes: Vec<(Method, String)> =
        routes().into_iter().filter(|(method, _)| *method != Method::GET).collect();
    // What makes a login needs none.
    let begins = ["/api/v1/login", "/api/v1/join", "/api/v1/enter", "/api/v1/first", "/api/v1/first/look"];
    writes.retain(|(method, path)| *method != Method::POST || !begins.contains(&path.as_str()));
    // Whoever answers by link has none either: a cookie is not looked at.
    writes.retain(|(_, path)| !path.starts_with("/api/v1/answers"));
    assert!(writes.len() >= 6, "{writes:?}");
    for (method, path) in &writes {
        let path = filled(path);
        let ask = |origin, kind| world.send(by_cookie(method, &path, cookie, origin, kind));
        for origin in [None, Some("https://evil.example"), Some("null"), Some("https://union.example.evil")] {
            let answer = ask(origin, "application/json").await;
            assert_eq!(answer.code(), "origin_foreign", "{method} {path} {origin:?}");
        }
        if *method != Method::DELETE {
            for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
                assert_eq!(ask(own, kind).await.code(), "not_json", "{method} {path} {kind}");
            }
        }
    }
    assert_eq!(world.number("SELECT count(*) FROM login WHERE kind = 'cookie'").await, 1, "still logged in");
    // Another site does not log its visitor in as somebody else either.
    let foreign = log_in(&world, "admin", PASSWORD, Some("https://evil.example"), true).await;
    assert_eq!(foreign.code(), "origin_foreign");
    log_in(&world, "admin", PASSWORD, None, false).await.ok();
}

fn after_s(answer: &Answer) -> i64 {
    assert_eq!((answer.code(), answer.status), ("too_many", StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(answer.body["retry"], true);
    answer.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn guessing_a_password_takes_longer_and_longer_whether_or_not_there_is_such_a_name() {
    let world = World::new().await;
    let mut told = Vec::new();
    for name in ["zhang", "nobody"] {
        let (mut seen, mut waits, mut now_ms) = (Vec::new(), Vec::new(), NOW);
        world.at(now_ms);
        for _ in 0..20 {
            let answer = log_in(&world, name, "wrong", None, false).await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                let wait_s = after_s(&answer);
                waits.push(wait_s);
                now_ms += wait_s * 1_000;
                world.at(now_ms - 1);
                // The right password is not looked at either, up to the last moment.
                assert_eq!(after_s(&log_in(&world, name, PASSWORD, None, false).await), 1);
                world.at(now_ms);
            } else {
                assert_eq!(answer.code(), "bad_credentials");
            }
            seen.push((answer.status, answer.body, answer.headers));
        }
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128], "{name}");
        told.push(seen);
    }
    assert_eq!(told[0], told[1], "nothing tells whether there is such a name");
    // Others behind the same address, and who is logged in already, are not concerned.
    log_in(&world, "admin", PASSWORD, None, false).await.ok();
    world.ask(Method::GET, "/api/v1/login", "login-zhang").await.ok();
    // The right one begins anew.
    world.at(NOW + 24 * HOUR);
    log_in(&world, "zhang", PASSWORD, None, false).await.ok();
    for _ in 0..5 {
        assert_eq!(log_in(&world, "zhang", "wrong", None, false).await.code(), "bad_credentials");
    }
    log_in(&world, "zhang", PASSWORD, None, false).await.ok();
}

#[tokio::test]
async fn one_login_that_asks_without_end_is_told_to_wait() {
    let world = World::new().await;
    for _ in 0..3_000 {
        world.ask(Method::GET, "/api/v1/login", "login-zhang").await.ok();
    }
    assert_eq!(after_s(&world.ask(Method::GET, "/api/v1/login", "login-zhang").await), 1);
    // Other logins, the same account's push token among them, go on.
    world.push(&[create(1, 1, PLANT)]).await;
    world.ask(Method::GET, "/api/v1/login", "login-admin").await.ok();
    world.at(NOW + 1_000);
    world.ask(Method::GET, "/api/v1/login", "login-zhang").await.ok();
}

#[tokio::test]
async fn what_is_held_of_one_account_has_an_end_and_nothing_is_lost() {
    let world = World::new().await;
    world.account("li", OTHER_PLANT, Role::Organizer).await;
    // Each a little below what is taken, of a kind that nobody knows.
    let big = |n: u128| change(n, "poem", None, json!({ "text": "x".repeat(1024 * 1024 - 1_000) }));
    for n in 1..=16 {
        assert_eq!(outcomes(&world.push(&[big(n)]).await), ["held unparseable"]);
    }
    let before = world.number("SELECT count(*) FROM held").await;
    let full = world.push_as("zhang", Some(1), &[big(17)]).await;
    assert_eq!((full.code(), after_s(&full)), ("too_many", 60));
    // By another of its phones neither; what is held already is no more than it was.
    after_s(&world.push_as("zhang", Some(2), &[big(17)]).await);
    assert_eq!(world.number("SELECT count(*) FROM held").await, before);
    assert_eq!(world.number("SELECT max(have) FROM replica").await, 16, "not said to be here");
    assert_eq!(outcomes(&world.push(&[big(3)]).await), ["held unparseable"], "the same again");
    // Good ones and other accounts are not concerned.
    assert_eq!(outcomes(&world.push(&[create(20, 1, PLANT), check_in(21, 1, 1)]).await), ["ok", "ok"]);
    let other = world.push_as("li", Some(7), &[big(17)]).await.ok();
    assert_eq!(outcomes(&other), ["held unparseable"]);
    // Once somebody has decided there is room again, and the phone sends what it kept.
    let listed = world.ask(Method::GET, "/api/v1/held?size=500", "login-admin").await.ok();
    for item in listed["items"].as_array().unwrap().iter().filter(|item| item["login"] == "zhang").take(2) {
        let path = format!("/api/v1/held/{}", item["key"].as_str().unwrap());
        world.post(&path, "login-admin", &json!({ "accept": false, "reason": "试验" })).await.ok();
    }
    assert_eq!(outcomes(&world.push(&[big(17)]).await), ["held unparseable"]);
}

#[tokio::test]
async fn a_body_that_stops_coming_is_not_waited_for() {
    let world = World::new().await;
    // Begins, and says nothing more.
    let body = Body::from_stream(Stalled(Some(r#"{"token":""#)));
    let request = Request::post("/api/v1/enter").header(header::CONTENT_TYPE, "application/json");
    tokio::time::pause();
    let answer = world.send(request.body(body).unwrap()).await;
    assert_eq!((answer.code(), answer.status), ("busy", StatusCode::SERVICE_UNAVAILABLE));
}

/// A body of one piece that never ends.
struct Stalled(Option<&'static str>);

impl Stream for Stalled {
    type Item = Result<&'static str, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.take().map_or(Poll::Pending, |piece| Poll::Ready(Some(Ok(piece))))
    }
}
