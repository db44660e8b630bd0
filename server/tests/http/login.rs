use crate::world::{HOUR, NOW, PASSWORD, PLANT, World, org_id, replica_id};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

async fn log_in(world: &World, login: &str, password: &str, replica: Option<u128>) -> crate::world::Answer {
    let body = json!({ "login": login, "password": password, "replica": replica.map(replica_id), "device": "测试机" });
    world.post("/api/v1/login", "none", &body).await
}

#[tokio::test]
async fn in_and_out() {
    let world = World::new().await;
    let answer = log_in(&world, "zhang", PASSWORD, Some(1)).await.ok();
    assert_eq!(answer["granted"], json!([format!("org:{}", org_id(PLANT))]));
    assert_eq!(answer["server_ms"], NOW);
    let token = answer["token"].as_str().unwrap();
    let push_token = answer["push_token"].as_str().unwrap();
    assert_eq!((token.len(), push_token.len()), (64, 64));
    let me = world.ask(Method::GET, "/api/v1/login", token).await.ok();
    assert_eq!((me["account"]["login"].as_str(), me["token"].as_str()), (Some("zhang"), Some("")));
    assert_eq!(world.ask(Method::GET, "/api/v1/login", push_token).await.code(), "forbidden");
    let out = world.ask(Method::DELETE, "/api/v1/login", token).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(world.ask(Method::GET, "/api/v1/login", token).await.code(), "login_expired");
    let push = json!({ "proto": 1, "app": "t", "batch": org_id(1), "replica": replica_id(1), "changes": [] });
    world.post("/api/v1/push", push_token, &push).await.ok();
    let pull = json!({ "proto": 1, "scopes": [] });
    assert_eq!(world.post("/api/v1/pull", push_token, &pull).await.code(), "forbidden");
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_look_the_same() {
    let world = World::new().await;
    let wrong = log_in(&world, "zhang", "wrong", None).await;
    let unknown = log_in(&world, "nobody", PASSWORD, None).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!((wrong.code(), &wrong.body), (unknown.code(), &unknown.body));
    assert_eq!(wrong.body["code"], "bad_credentials");
    let long = log_in(&world, "zhang", &"x".repeat(5_000), None).await;
    assert_eq!(long.code(), "bad_credentials");
    assert_eq!(world.number("SELECT count(*) FROM login WHERE created_ms > 0").await, 0);
}

#[tokio::test]
async fn a_replica_belongs_to_one_account_for_ever() {
    let world = World::new().await;
    log_in(&world, "zhang", PASSWORD, Some(1)).await.ok();
    assert_eq!(log_in(&world, "admin", PASSWORD, Some(1)).await.code(), "replica_foreign");
    assert_eq!(world.push_as("admin", Some(1), &[]).await.code(), "replica_foreign");
}

#[tokio::test]
async fn a_login_ends() {
    let world = World::new().await;
    let answer = log_in(&world, "zhang", PASSWORD, None).await.ok();
    world.at(NOW + 200 * 24 * HOUR);
    let token = answer["token"].as_str().unwrap();
    assert_eq!(world.ask(Method::GET, "/api/v1/login", token).await.code(), "login_expired");
    for bad in ["", "x", "nobody's token"] {
        assert_eq!(world.ask(Method::GET, "/api/v1/login", bad).await.code(), "login_expired");
    }
}

fn by_cookie(method: Method, path: &str, cookie: &str, host: &str, origin: Option<&str>) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, host)
        .header(header::COOKIE, format!("theme=dark; {cookie}"))
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(origin) = origin {
        request = request.header(header::ORIGIN, origin);
    }
    request.body(Body::from(r#"{"proto":1,"scopes":[]}"#)).unwrap()
}

/// The cookie line that a login by the desk sets, asked by that host name.
async fn cookie(world: &World, host: &str) -> (String, Value) {
    let body = json!({ "login": "zhang", "password": PASSWORD, "cookie": true }).to_string();
    let request = Request::post("/api/v1/login")
        .header(header::HOST, host)
        .header(header::CONTENT_TYPE, "application/json");
    let answer = world.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    (answer.headers[header::SET_COOKIE].to_str().unwrap().to_owned(), answer.body)
}

#[tokio::test]
async fn the_desk_has_a_cookie_that_other_sites_cannot_use() {
    let world = World::new().await;
    let (line, body) = cookie(&world, "union.example").await;
    assert!(line.starts_with("__Host-jiangdao="), "{line}");
    for word in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
        assert!(line.contains(word), "{line}");
    }
    assert_eq!((body["token"].as_str(), body["push_token"].as_str()), (Some(""), Some("")));
    let pair = line.split(';').next().unwrap();
    let pull = |origin| by_cookie(Method::POST, "/api/v1/pull", pair, "union.example", origin);
    world.send(pull(Some("https://union.example"))).await.ok();
    assert_eq!(world.send(pull(Some("https://evil.example"))).await.code(), "origin_foreign");
    assert_eq!(world.send(pull(None)).await.code(), "origin_foreign");
    let mut form = pull(Some("https://union.example"));
    form.headers_mut().insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    assert_eq!(world.send(form).await.code(), "not_json");
    let mut bearer = pull(None);
    bearer.headers_mut().insert(header::AUTHORIZATION, "Bearer login-zhang".parse().unwrap());
    world.send(bearer).await.ok();
    let token = pair.split_once('=').unwrap().1;
    assert_eq!(world.ask(Method::GET, "/api/v1/login", token).await.code(), "login_expired");
    let out =
        by_cookie(Method::DELETE, "/api/v1/login", pair, "union.example", Some("https://union.example"));
    let out = world.send(out).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    let again = by_cookie(Method::GET, "/api/v1/login", pair, "union.example", None);
    assert_eq!(world.send(again).await.code(), "login_expired");
}

#[tokio::test]
async fn on_loopback_the_cookie_needs_no_tls() {
    let world = World::new().await;
    for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
        let (line, _) = cookie(&world, host).await;
        assert!(line.starts_with("jiangdao=") && !line.contains("Secure"), "{line}");
        let pair = line.split(';').next().unwrap();
        world.send(by_cookie(Method::GET, "/api/v1/login", pair, host, None)).await.ok();
    }
}

#[tokio::test]
async fn every_refusal_is_a_problem() {
    let world = World::new().await;
    assert_eq!(world.ask(Method::GET, "/api/v1/nothing", "login-zhang").await.code(), "not_found");
    assert_eq!(world.ask(Method::GET, "/api", "login-zhang").await.code(), "not_found");
    assert_eq!(world.ask(Method::GET, "/api/v1/push", "login-zhang").await.code(), "method_not_allowed");
    let bad_page = world.ask(Method::GET, "/api/v1/held?page=x", "login-admin").await;
    assert_eq!(bad_page.code(), "bad_value");
    assert_eq!(bad_page.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(world.ask(Method::GET, "/api/v1/held", "login-zhang").await.code(), "forbidden");
    let health = world.send(Request::get("/api/v1/health").body(Body::empty()).unwrap()).await.ok();
    assert_eq!(health["status"], "ok");
    assert!(world.dir().join("jiangdao.db").exists());
}
