//! What admins set for the whole city.

use crate::factor::{enrol, shown};
use crate::world::{CITY, NOW, PASSWORD, PLANT, World};
use axum::http::Method;
use serde_json::{Value, json};
use server::access::grant::Role;

async fn items(world: &World) -> Value {
    world.ask(Method::GET, "/api/v1/settings", "login-admin").await.ok()["items"].clone()
}

async fn set(world: &World, who: &str, key: &str, value: Value) -> crate::world::Answer {
    world.post("/api/v1/settings", &format!("login-{who}"), &json!({ "key": key, "value": value })).await
}

#[tokio::test]
async fn admins_of_the_city_alone_see_and_set_them() {
    let world = World::new().await;
    world.account("boss", CITY, Role::Manager).await;
    world.account("small", PLANT, Role::Admin).await;
    let usual = items(&world).await;
    let values: Vec<(&str, &Value)> = usual
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["key"].as_str().unwrap(), &item["value"]))
        .collect();
    assert_eq!(
        values,
        [("second_factor", &json!(false)), ("password_days", &json!(0)), ("retention_months", &Value::Null)]
    );
    for who in ["boss", "small", "zhang"] {
        let token = format!("login-{who}");
        assert_eq!(world.ask(Method::GET, "/api/v1/settings", &token).await.code(), "forbidden", "{who}");
        assert_eq!(set(&world, who, "second_factor", json!(true)).await.code(), "forbidden", "{who}");
    }
    assert_eq!(set(&world, "admin", "colour", json!(1)).await.code(), "not_found");
    for (key, value) in
        [("second_factor", json!(1)), ("password_days", json!(-1)), ("retention_months", json!(0))]
    {
        assert_eq!(set(&world, "admin", key, value).await.code(), "bad_value", "{key}");
    }
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE act = 'setting'").await, 0);
}

#[tokio::test]
async fn the_audit_has_what_stood_before_and_the_command_sees_the_same() {
    let world = World::new().await;
    let item = set(&world, "admin", "retention_months", json!(36)).await.ok();
    assert_eq!((&item["value"], &item["at_ms"], &item["login"]), (&json!(36), &json!(NOW), &json!("admin")));
    set(&world, "admin", "retention_months", json!(36)).await.ok();
    set(&world, "admin", "retention_months", json!(24)).await.ok();
    let months = world.write(server::setting::retention_months).await;
    assert_eq!(months, Some(24));
    let audit = world.ask(Method::GET, "/api/v1/audit?act=setting", "login-admin").await.ok();
    let details: Vec<Value> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| serde_json::from_str(item["detail"].as_str().unwrap()).unwrap())
        .collect();
    assert_eq!(
        details,
        [
            json!({ "key": "retention_months", "new": 24, "old": 36 }),
            json!({ "key": "retention_months", "new": 36, "old": null }),
        ],
        "the same again is nothing"
    );
}

#[tokio::test]
async fn a_backup_carries_settings_passwords_and_second_factors() {
    let world = World::new().await;
    set(&world, "admin", "password_days", json!(90)).await.ok();
    let change = json!({ "old": PASSWORD, "new": "three walls of brick" });
    world.post("/api/v1/me/password", "login-zhang", &change).await.ok();
    let (secret, codes) = enrol(&world, "zhang", NOW).await;
    let login = |code: &str| json!({ "login": "zhang", "password": "three walls of brick", "code": code });
    world.post("/api/v1/login", "none", &login(&codes[0])).await.ok();
    let target = world.dir().join("backup");
    server::backup::back_up_once(world.dir(), &target, None, NOW).unwrap();
    let restored = World::restored(&target);
    let before = items(&world).await;
    assert_eq!(items(&restored).await, before);
    assert_eq!(before[1]["login"], "admin");
    // What was used up before stays so.
    for used in [codes[0].clone(), shown(&secret, NOW)] {
        let answer = restored.post("/api/v1/login", "none", &login(&used)).await;
        assert_eq!(answer.code(), "second_factor_wrong");
    }
    restored.post("/api/v1/login", "none", &login(&codes[1])).await.ok();
    let me = restored.ask(Method::GET, "/api/v1/me", "login-zhang").await.ok();
    assert_eq!((&me["recovery_left"], &me["password_ms"]), (&json!(6), &json!(NOW)));
}
