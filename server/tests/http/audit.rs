//! What the audit holds, who sees it, and how it is asked.

use crate::world::{CITY, HOUR, NOW, PASSWORD, PLANT, SHOP, World, create};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use server::access::grant::Role;

async fn log_in(world: &World, login: &str, password: &str) -> crate::world::Answer {
    let body = json!({ "login": login, "password": password, "device": "测试机" });
    world.post("/api/v1/login", "none", &body).await
}

async fn audit(world: &World, query: &str) -> Value {
    world.ask(Method::GET, &format!("/api/v1/audit{query}"), "login-admin").await.ok()
}

/// The acts of a page, in its order.
fn acts(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["act"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn it_tells_what_was_done_the_newest_first() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP)]).await;
    log_in(&world, "zhang", PASSWORD).await.ok();
    world.at(NOW + HOUR);
    assert_eq!(log_in(&world, "zhang", "not the password").await.code(), "bad_credentials");
    assert_eq!(log_in(&world, "hunter2-by-mistake", PASSWORD).await.code(), "bad_credentials");
    world.at(NOW + 2 * HOUR);
    world.ask(Method::GET, "/api/v1/exports/attendance.xlsx", "login-admin").await;
    let all = audit(&world, "").await;
    assert_eq!(acts(&all), ["export_attendance", "login_refused", "login_refused", "login"]);
    assert_eq!(
        (all["total"].as_u64(), all["page"].as_u64(), all["size"].as_u64()),
        (Some(4), Some(1), Some(50))
    );
    let item = |at: usize| &all["items"][at];
    assert_eq!((item(0)["login"].as_str(), item(0)["place"].as_u64()), (Some("admin"), Some(4)));
    assert_eq!((item(3)["login"].as_str(), item(3)["at_ms"].as_i64()), (Some("zhang"), Some(NOW)));
    assert_eq!(item(3)["detail"], r#"{"by":"login","device":"测试机"}"#);
    // Nobody is logged in by a login that is refused. What was typed as a name that no account has
    // may be a password.
    assert_eq!((&item(2)["login"], item(2)["detail"].as_str()), (&Value::Null, Some(r#"{"login":"zhang"}"#)));
    assert_eq!((&item(1)["login"], item(1)["detail"].as_str()), (&Value::Null, Some("{}")));
    let text = all.to_string();
    for secret in ["not the password", PASSWORD, "hunter2"] {
        assert!(!text.contains(secret), "{text}");
    }
    let head = world.write(|c| Ok(server::audit::verify(c, None).unwrap())).await;
    let hex: String = head.head.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((head.count, item(0)["hash"].as_str()), (4, Some(hex.as_str())));
}

#[tokio::test]
async fn it_is_asked_by_act_login_and_time() {
    let world = World::new().await;
    for (hours, login, password) in [(0, "zhang", PASSWORD), (1, "zhang", "wrong"), (2, "admin", PASSWORD)] {
        world.at(NOW + hours * HOUR);
        log_in(&world, login, password).await;
    }
    let asked = |query: String| {
        let world = &world;
        async move {
            let page = audit(world, &query).await;
            assert_eq!(page["total"].as_u64(), Some(acts(&page).len() as u64), "{query}");
            acts(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
        }
    };
    assert_eq!(asked("?act=login".into()).await, ["login", "login"]);
    assert_eq!(asked("?login=zhang".into()).await, ["login_refused", "login"], "by whom, and about whom");
    assert_eq!(asked("?login=zhang&act=login".into()).await, ["login"]);
    assert_eq!(asked("?login=nobody".into()).await, [""; 0]);
    assert_eq!(asked(format!("?from_ms={}", NOW + HOUR)).await, ["login", "login_refused"]);
    assert_eq!(asked(format!("?from_ms={}&to_ms={}", NOW + 1, NOW + 2 * HOUR)).await, ["login_refused"]);
    let second = audit(&world, "?page=2&size=2").await;
    assert_eq!((acts(&second), second["total"].as_u64()), (vec!["login"], Some(3)));
    for query in ["?from_ms=x", "?page=0", "?size=101"] {
        let answer = world.ask(Method::GET, &format!("/api/v1/audit{query}"), "login-admin").await;
        assert_eq!(answer.code(), "bad_value", "{query}");
    }
}

#[tokio::test]
async fn only_the_admin_of_the_whole_city_sees_it() {
    let world = World::new().await;
    world.account("boss", CITY, Role::Manager).await;
    world.account("small", PLANT, Role::Admin).await;
    for (login, status, admin) in [
        ("admin", StatusCode::OK, json!(true)),
        ("boss", StatusCode::FORBIDDEN, Value::Null),
        ("small", StatusCode::FORBIDDEN, Value::Null),
        ("zhang", StatusCode::FORBIDDEN, Value::Null),
    ] {
        let token = format!("login-{login}");
        assert_eq!(world.ask(Method::GET, "/api/v1/audit", &token).await.status, status, "{login}");
        assert_eq!(world.ask(Method::GET, "/api/v1/login", &token).await.ok()["admin"], admin, "{login}");
    }
    assert_eq!(world.ask(Method::GET, "/api/v1/audit", "push-admin").await.code(), "forbidden");
    assert_eq!(world.ask(Method::GET, "/api/v1/audit", "none").await.code(), "login_expired");
    world.end_grants("admin", NOW).await;
    assert_eq!(world.ask(Method::GET, "/api/v1/audit", "login-admin").await.code(), "forbidden");
}
