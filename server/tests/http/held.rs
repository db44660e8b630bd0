//! What is held is one row, however it comes again.

use crate::world::{
    NOW, OTHER_PLANT, SHOP, World, check_in, create, id, outcomes, person_id, replica_id, session_id,
};
use axum::http::Method;
use serde_json::{Value, json};
use server::access::grant::Role;

/// Of a session that zhang may not touch.
fn stray(seq: u64) -> Value {
    let mut made = check_in(50, 1, 1);
    made["seq"] = json!(seq);
    made
}

async fn world() -> World {
    let world = World::new().await;
    world.push_as("admin", Some(9), &[create(1, 1, OTHER_PLANT)]).await.ok();
    world
}

#[tokio::test]
async fn the_same_change_under_another_replica_is_one() {
    let world = world().await;
    let mut first = stray(3);
    first["replica"] = json!(replica_id(1));
    assert_eq!(outcomes(&world.push(&[first.clone()]).await), ["held not_permitted"]);
    // The phone rotated: another replica, another seq, keys in another order.
    let text = format!(
        r#"{{"body":{{"method":"tap","person":"{}"}},"replica":"{}","seq":1,"after":null,"heard_ms":0,
            "offset_ms":0,"wall_ms":{},"session":"{}","kind":"check_in","v":1,"id":"{}"}}"#,
        person_id(1),
        replica_id(2),
        first["wall_ms"],
        session_id(1),
        id(50)
    );
    let body = format!(
        r#"{{"proto":1,"app":"t","batch":"{}","replica":"{}","pending":1,"changes":[{text}]}}"#,
        id(9),
        replica_id(2)
    );
    let body: Value = serde_json::from_str(&body).unwrap();
    let again = world.post("/api/v1/push", "push-zhang", &body).await.ok();
    assert_eq!((outcomes(&again), again["have"].as_u64()), (vec!["held not_permitted".to_owned()], Some(1)));
    assert_eq!(world.number("SELECT count(*) FROM held").await, 1);
    let listed = world.ask(Method::GET, "/api/v1/held", "login-admin").await.ok();
    let raw = listed["items"][0]["raw"].as_str().unwrap();
    assert_eq!(raw, first.to_string(), "byte for byte what came first");
    assert_eq!(listed["items"][0]["recv_ms"], NOW);
    // Other content under the same id is another row.
    let mut other = stray(4);
    other["wall_ms"] = json!(1);
    world.push(&[other]).await;
    assert_eq!(world.number("SELECT count(*) FROM held").await, 2);
}

#[tokio::test]
async fn accounts_and_the_anonymous_never_mix() {
    let world = world().await;
    world.account("li", SHOP, Role::Organizer).await;
    for (login, replica) in [("zhang", Some(1)), ("li", Some(2)), ("zhang", None), ("li", None)] {
        world.push_as(login, replica, &[stray(1)]).await.ok();
    }
    // Of the anonymous nothing is known, not even that they were two.
    assert_eq!(world.number("SELECT count(*) FROM held").await, 3);
    assert_eq!(
        world.number("SELECT count(*) FROM held WHERE replica_id IS NULL AND recv_ms IS NULL").await,
        1
    );
}

#[tokio::test]
async fn what_is_no_object_is_told_by_its_bytes() {
    let world = world().await;
    let raw = |text: &str, replica: u128| {
        json!({ "proto": 1, "app": "t", "batch": id(9), "replica": replica_id(replica), "changes": ["?"] })
            .to_string()
            .replace("\"?\"", text)
    };
    for (text, replica) in
        [("[1]", 1), ("[1]", 2), ("[ 1]", 1), ("{\"seq\":1}", 1), ("{ }", 2), ("{\"n\":1e999}", 1)]
    {
        let request = axum::http::Request::post("/api/v1/push")
            .header("authorization", "Bearer push-zhang")
            .header("content-type", "application/json");
        let answer = world.send(request.body(raw(text, replica).into()).unwrap()).await.ok();
        assert_eq!(outcomes(&answer), ["held unparseable"], "{text}");
    }
    assert_eq!(world.number("SELECT count(*) FROM held").await, 4);
}

#[tokio::test]
async fn one_that_had_waited_is_found_again() {
    let world = World::new().await;
    let waiting = world.push(&[stray(1)]).await;
    assert_eq!(outcomes(&waiting), ["ok"]);
    world.push_as("admin", Some(9), &[create(1, 1, OTHER_PLANT)]).await.ok();
    let rows = world.rows("admin", &format!("session:{}", session_id(1))).await;
    assert_eq!(rows[&format!("held:{}", id(50))], json!({ "code": "not_permitted" }));
    assert_eq!(world.number("SELECT count(*) FROM held").await, 1);
}
