//! The first admin, by the link of the console.

use crate::world::{Answer, CITY, HOUR, NOW, World};
use axum::http::Method;
use serde_json::{Value, json};
use server::access::grant::Role;

const PASSWORD: &str = "three walls of brick";

async fn offered(world: &World) -> String {
    let path = server::first::offer(&world.app).await.unwrap().unwrap();
    path.strip_prefix("/desk/first#").unwrap().to_owned()
}

fn asked(token: &str) -> Value {
    json!({ "token": token, "login": "wang", "name": "王芳", "password": PASSWORD,
        "city": { "name": "秦皇岛市总工会", "code": "130300" } })
}

async fn first(world: &World, body: &Value) -> Answer {
    world.post("/api/v1/first", "", body).await
}

async fn look(world: &World, token: &str) -> Answer {
    world.post("/api/v1/first/look", "", &json!({ "token": token })).await
}

#[tokio::test]
async fn on_empty_data_the_link_makes_city_and_admin_once() {
    let world = World::empty();
    let token = offered(&world).await;
    assert_eq!(look(&world, &token).await.ok(), json!({ "city": true }));
    for (field, value) in [
        ("password", json!("wang12345")),
        ("login", json!("wang fang")),
        ("city", Value::Null),
        ("city", json!({ "name": "市总", "code": "" })),
        ("city", json!({ "name": "=1+1", "code": "1" })),
    ] {
        let mut body = asked(&token);
        body[field] = value;
        assert_eq!(first(&world, &body).await.code(), "bad_value", "{body}");
    }
    assert_eq!(world.number("SELECT count(*) FROM account").await, 0);
    assert_eq!(world.number("SELECT count(*) FROM org").await, 0);
    let made = first(&world, &asked(&token)).await;
    let cookie = made.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let made = made.ok();
    assert_eq!((&made["account"]["login"], &made["admin"]), (&json!("wang"), &json!(true)));
    assert_eq!(first(&world, &asked(&token)).await.code(), "invite_ended");
    assert_eq!(look(&world, &token).await.code(), "invite_ended");
    assert_eq!(server::first::offer(&world.app).await.unwrap(), None, "there is one");
    let login = json!({ "login": "wang", "password": PASSWORD });
    let token = world.post("/api/v1/login", "", &login).await.ok()["token"].as_str().unwrap().to_owned();
    let orgs = world.ask(Method::GET, "/api/v1/orgs", &token).await.ok();
    let org = &orgs["items"][0];
    assert_eq!(
        (&org["code"], &org["level"], &org["parent"]),
        (&json!("130300"), &json!("city"), &Value::Null)
    );
    let audit = world.ask(Method::GET, "/api/v1/audit?act=first", &token).await.ok();
    assert_eq!(audit["items"][0]["login"], "wang");
    assert!(!audit.to_string().contains(PASSWORD));
}

#[tokio::test]
async fn where_there_are_orgs_it_is_the_admin_of_the_top() {
    let world = World::new().await;
    assert_eq!(server::first::offer(&world.app).await.unwrap(), None, "there is one");
    // Whose right has ended administers nothing.
    world.end_grants("admin", NOW).await;
    let token = offered(&world).await;
    assert_eq!(look(&world, &token).await.ok(), json!({ "city": false }));
    let mut taken = asked(&token);
    taken["login"] = json!("zhang");
    assert_eq!(first(&world, &taken).await.code(), "login_taken");
    let made = first(&world, &asked(&token)).await.ok();
    assert_eq!(made["admin"], true);
    assert_eq!(world.number("SELECT count(*) FROM org WHERE code = '130300'").await, 0, "the tree stands");
}

#[tokio::test]
async fn a_link_ends_by_time_by_the_next_one_and_by_an_admin() {
    let world = World::empty();
    let before = offered(&world).await;
    let token = offered(&world).await;
    assert_eq!(first(&world, &asked(&before)).await.code(), "invite_ended");
    assert_eq!(look(&world, "").await.code(), "invite_ended");
    world.at(NOW + 24 * HOUR - 1);
    look(&world, &token).await.ok();
    world.at(NOW + 24 * HOUR);
    assert_eq!(look(&world, &token).await.code(), "invite_ended");
    assert_eq!(first(&world, &asked(&token)).await.code(), "invite_ended");
    // Made by a command meanwhile.
    let world = World::new().await;
    world.end_grants("admin", NOW).await;
    let token = offered(&world).await;
    world.account("quick", CITY, Role::Admin).await;
    assert_eq!(look(&world, &token).await.code(), "invite_ended");
    assert_eq!(first(&world, &asked(&token)).await.code(), "invite_ended");
    assert_eq!(world.number("SELECT count(*) FROM account WHERE login = 'wang'").await, 0);
}
