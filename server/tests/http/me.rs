//! One's own password: changed, estimated, and too old.

use crate::world::{Answer, HOUR, NOW, PASSWORD, World, create, outcomes};
use axum::http::Method;
use serde_json::{Value, json};

const NEW: &str = "four doors of oak wood";
const DAY: i64 = 24 * HOUR;

async fn log_in(world: &World, password: &str, new: Option<&str>) -> Answer {
    let body = json!({ "login": "zhang", "password": password, "new_password": new });
    world.post("/api/v1/login", "none", &body).await
}

#[tokio::test]
async fn a_changed_password_ends_every_other_login() {
    let world = World::new().await;
    let other = log_in(&world, PASSWORD, None).await.ok()["token"].as_str().unwrap().to_owned();
    let change = |old: &'static str, new: &'static str| {
        let (world, body) = (&world, json!({ "old": old, "new": new }));
        async move { world.post("/api/v1/me/password", "login-zhang", &body).await }
    };
    assert_eq!(change("wrong", NEW).await.code(), "bad_credentials");
    assert_eq!(change(PASSWORD, "zhang12345").await.code(), "bad_value");
    assert_eq!(change(PASSWORD, PASSWORD).await.code(), "bad_value");
    world.ask(Method::GET, "/api/v1/login", &other).await.ok();
    world.at(NOW + 1);
    change(PASSWORD, NEW).await.ok();
    assert_eq!(world.ask(Method::GET, "/api/v1/login", &other).await.code(), "login_expired");
    let me = world.ask(Method::GET, "/api/v1/me", "login-zhang").await.ok();
    assert_eq!(me["password_ms"], NOW + 1, "this one goes on");
    assert_eq!(log_in(&world, PASSWORD, None).await.code(), "bad_credentials");
    log_in(&world, NEW, None).await.ok();
    // What was recorded still comes.
    assert_eq!(outcomes(&world.push(&[create(1, 1, crate::world::PLANT)]).await), ["ok"]);
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE act = 'password'").await, 1);
    let push = world.post("/api/v1/me/password", "push-zhang", &json!({ "old": NEW, "new": "x" })).await;
    assert_eq!(push.code(), "forbidden");
}

#[tokio::test]
async fn the_old_password_is_not_found_by_trying_from_a_desk_left_open() {
    let world = World::new().await;
    let change = json!({ "old": "wrong", "new": NEW });
    for _ in 0..6 {
        let answer = world.post("/api/v1/me/password", "login-zhang", &change).await;
        assert_eq!(answer.code(), "bad_credentials");
    }
    assert_eq!(world.post("/api/v1/me/password", "login-zhang", &change).await.code(), "too_many");
}

#[tokio::test]
async fn a_password_too_old_is_replaced_with_the_login() {
    let world = World::new().await;
    let changed = json!({ "old": PASSWORD, "new": NEW });
    world.post("/api/v1/me/password", "login-zhang", &changed).await.ok();
    world.at(NOW + 1_000 * DAY);
    log_in(&world, NEW, None).await.ok();
    let days = |days: u32| json!({ "key": "password_days", "value": days });
    world.post("/api/v1/settings", "login-admin", &days(90)).await.ok();
    world.at(NOW + 90 * DAY);
    log_in(&world, NEW, None).await.ok();
    world.at(NOW + 90 * DAY + 1);
    let old = log_in(&world, NEW, None).await;
    assert_eq!((old.code(), old.status.as_u16()), ("password_old", 401));
    assert_eq!(log_in(&world, "wrong", Some("six hats of felt cloth")).await.code(), "bad_credentials");
    assert_eq!(log_in(&world, NEW, Some(NEW)).await.code(), "bad_value");
    assert_eq!(log_in(&world, NEW, Some("12345678")).await.code(), "bad_value");
    // Who is logged in stays so until then.
    world.ask(Method::GET, "/api/v1/login", "login-zhang").await.ok();
    let body = log_in(&world, NEW, Some("six hats of felt cloth")).await.ok();
    let token = body["token"].as_str().unwrap();
    world.ask(Method::GET, "/api/v1/login", token).await.ok();
    assert_eq!(world.ask(Method::GET, "/api/v1/login", "login-zhang").await.code(), "login_expired");
    log_in(&world, "six hats of felt cloth", None).await.ok();
    assert_eq!(log_in(&world, NEW, None).await.code(), "bad_credentials");
    world.post("/api/v1/settings", "login-admin", &days(0)).await.ok();
    world.at(NOW + 5_000 * DAY);
    log_in(&world, "six hats of felt cloth", None).await.ok();
}

#[tokio::test]
async fn the_estimate_knows_login_and_name() {
    let world = World::new().await;
    let change = |new: &str| json!({ "old": PASSWORD, "new": new });
    let refused = world.post("/api/v1/me/password", "login-zhang", &change("zhangzhang1")).await;
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains("容易猜到") && detail.contains("easy to guess"), "{detail}");
    assert_eq!(refused.body["code"], Value::from("bad_value"));
}
