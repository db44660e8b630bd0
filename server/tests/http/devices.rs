//! What the server knows of devices: what they have not sent, what is missing, what was lost.

use crate::world::{
    CITY, HOUR, NOW, OTHER_PLANT, PASSWORD, PLANT, SHOP, World, change, check_in, create, id, outcomes,
    replica_id, session_id,
};
use axum::http::Method;
use serde_json::{Value, json};
use server::access::grant::Role;
use uuid::Uuid;

const PATH: &str = "/api/v1/devices";

impl World {
    /// Pushes what is given beside the changes.
    async fn tell(&self, token: &str, replica: Option<u128>, with: Value, changes: &[Value]) -> Value {
        let mut body = json!({ "proto": 1, "app": "t", "batch": id(9), "replica": replica.map(replica_id),
            "changes": changes });
        for (name, value) in with.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.post("/api/v1/push", token, &body).await.ok()
    }

    async fn devices_of(&self, login: &str, path: &str) -> Value {
        self.ask(Method::GET, path, &format!("login-{login}")).await.ok()
    }

    /// The device of that number, as the admin sees it.
    async fn device(&self, replica: u128) -> Value {
        let all = self.devices_of("admin", PATH).await;
        let own = |item: &&Value| item["replica"] == replica_id(replica);
        all["items"].as_array().unwrap().iter().find(own).cloned().unwrap_or_default()
    }

    /// Logs zhang in on the device of that number.
    async fn enter(&self, replica: Option<u128>, device: &str) -> Value {
        let body = json!({ "login": "zhang", "password": PASSWORD, "replica": replica.map(replica_id),
            "device": device });
        self.post("/api/v1/login", "none", &body).await.ok()
    }
}

fn numbered(n: u128, seq: u64) -> Value {
    let mut made = check_in(n, 1, n % 6 + 1);
    made["seq"] = json!(seq);
    made
}

fn replicas(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["replica"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_is_unsent_is_what_was_told_less_what_came() {
    let world = World::new().await;
    let told = |n: u64| json!({ "pending": n });
    let changes = [create(1, 1, SHOP), check_in(2, 1, 1), json!("unreadable")];
    world.tell("push-zhang", Some(1), told(10), &changes).await;
    let device = world.device(1).await;
    assert_eq!((device["pending"].as_u64(), device["have"].as_u64()), (Some(7), Some(2)));
    assert_eq!((device["login"].as_str(), device["last_seen_ms"].as_i64()), (Some("zhang"), Some(NOW)));
    assert_eq!((&device["device"], &device["clashed_ms"]), (&Value::Null, &Value::Null));
    // What is sent again counts as well; one that told too little is not in credit.
    world.tell("push-zhang", Some(1), told(8), &changes[..2]).await;
    assert_eq!(world.device(1).await["pending"], 6);
    world.tell("push-zhang", Some(1), told(1), &changes).await;
    assert_eq!(world.device(1).await["pending"], 0);
    world.tell("push-zhang", Some(1), told(u64::MAX), &[]).await;
    assert_eq!(world.device(1).await["pending"], i64::MAX);
}

#[tokio::test]
async fn gaps_are_what_is_missing_below_the_highest() {
    let world = World::new().await;
    let mut held = change(20, "check_in", Some(1), json!({}));
    held["seq"] = json!(9);
    world.push(&[create(1, 1, SHOP), numbered(2, 2), numbered(5, 5), held]).await;
    let gaps = async || {
        let device = world.device(1).await;
        (device["have"].as_u64().unwrap(), device["gaps"].as_u64().unwrap())
    };
    assert_eq!(gaps().await, (2, 5), "3, 4, 6, 7, 8; what is held is here");
    world.push(&[numbered(3, 3), numbered(4, 4)]).await;
    assert_eq!(gaps().await, (5, 3));
    world.push(&[numbered(6, 6), numbered(7, 7), numbered(8, 8)]).await;
    assert_eq!(gaps().await, (9, 0));
}

#[tokio::test]
async fn a_seq_used_twice_is_noted_with_its_time() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP), numbered(2, 2)]).await;
    assert_eq!(world.device(1).await["clashed_ms"], Value::Null);
    world.at(NOW + HOUR);
    assert_eq!(world.push(&[numbered(30, 2)]).await["rotate_replica"], true);
    assert_eq!(world.device(1).await["clashed_ms"], NOW + HOUR);
    world.at(NOW + 2 * HOUR);
    world.push(&[numbered(3, 3)]).await;
    assert_eq!(world.device(1).await["clashed_ms"], NOW + HOUR);
}

#[tokio::test]
async fn a_loss_is_noted_once_and_only_of_ones_own() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP)]).await;
    world.push_as("admin", Some(7), &[]).await.ok();
    let loss = |kind: &str, replica: u128, at_ms: i64, missing: Option<u64>| json!({ "kind": kind, "replica": replica_id(replica), "at_ms": at_ms, "missing": missing });
    let losses = json!({ "losses": [
        loss("emptied", 1, NOW - 5, Some(3)), loss("rolled_back", 1, NOW - 4, None),
        loss("emptied", 7, NOW - 5, Some(1)), loss("emptied", 99, NOW - 5, Some(1)),
        loss("melted", 1, NOW - 9, None),
    ] });
    for _ in 0..2 {
        let answer = world.tell("push-zhang", Some(2), losses.clone(), &[]).await;
        assert_eq!((outcomes(&answer).len(), answer["have"].as_u64()), (0, Some(0)));
    }
    let expected = json!([
        { "kind": "rolled_back", "at_ms": NOW - 4, "missing": null },
        { "kind": "emptied", "at_ms": NOW - 5, "missing": 3 },
        { "kind": "other", "at_ms": NOW - 9, "missing": null },
    ]);
    assert_eq!(world.device(1).await["losses"], expected);
    assert_eq!(world.device(7).await["losses"], json!([]));
    // A replica that this server does not know (any more) is registered by the report.
    assert_eq!(world.device(99).await["losses"][0]["kind"], "emptied");
    assert_eq!(world.number("SELECT count(*) FROM device_loss").await, 4);
    // The push without changes was a contact of the device that sent it.
    assert_eq!(world.device(2).await["last_seen_ms"], NOW);
    let flood: Vec<Value> = (0..50).map(|n| loss("emptied", 2, n, None)).collect();
    world.tell("push-zhang", Some(2), json!({ "losses": flood }), &[]).await;
    assert_eq!(world.device(2).await["losses"].as_array().map(Vec::len), Some(20));
    assert_eq!(world.number("SELECT count(*) FROM device_loss").await, 24);
}

#[tokio::test]
async fn an_anonymous_push_is_no_contact_and_reports_nothing() {
    let world = World::new().await;
    world.tell("push-zhang", Some(1), json!({ "pending": 4 }), &[create(1, 1, SHOP)]).await;
    let before = world.device(1).await;
    world.at(NOW + HOUR);
    let mut answer = change(0, "response", Some(1), json!({}));
    answer["body"] =
        json!({ "form": shared::form::DEFAULT_FORM, "version": 1, "via": "phone", "answers": {} });
    (answer["id"], answer["seq"]) = (json!(Uuid::new_v4()), Value::Null);
    let with = json!({ "pending": 0, "losses": [
        { "kind": "emptied", "replica": replica_id(1), "at_ms": NOW, "missing": 1 },
    ] });
    let told = world.tell("push-zhang", None, with, &[answer]).await;
    assert_eq!(outcomes(&told), ["ok"]);
    assert_eq!(world.device(1).await, before);
    assert_eq!(world.number("SELECT count(*) FROM device_loss").await, 0);
    assert_eq!(world.number("SELECT count(*) FROM replica").await, 1);
}

#[tokio::test]
async fn managers_see_the_devices_of_their_branch() {
    let world = World::new().await;
    world.account("boss", PLANT, Role::Manager).await;
    world.account("li", OTHER_PLANT, Role::Organizer).await;
    world.account("wang", SHOP, Role::Viewer).await;
    for (login, replica) in [("zhang", 1), ("li", 2), ("wang", 3), ("admin", 4)] {
        world.push_as(login, Some(replica), &[]).await.ok();
    }
    assert_eq!(world.ask(Method::GET, PATH, "login-zhang").await.code(), "forbidden");
    assert_eq!(world.ask(Method::GET, PATH, "push-boss").await.code(), "forbidden");
    assert_eq!(world.ask(Method::GET, PATH, "nobody").await.code(), "login_expired");
    let seen = async |login: &str, path: &str| {
        let page = world.devices_of(login, path).await;
        assert_eq!(page["total"], page["items"].as_array().unwrap().len());
        let mut all: Vec<String> = replicas(&page).into_iter().map(str::to_owned).collect();
        all.sort();
        all
    };
    assert_eq!(seen("boss", PATH).await, [replica_id(1), replica_id(3)]);
    assert_eq!(seen("boss", "/api/v1/devices?org=S").await, [replica_id(3)]);
    assert_eq!(world.ask(Method::GET, "/api/v1/devices?org=O", "login-boss").await.code(), "not_found");
    assert_eq!(seen("admin", PATH).await.len(), 4);
    assert_eq!(seen("admin", "/api/v1/devices?org=C").await.len(), 4);
    assert_eq!(seen("admin", "/api/v1/devices?org=O").await, [replica_id(2)]);
    // A device stays in sight when its grant ends: what it has not sent is still missed.
    world.end_grants("zhang", NOW - HOUR).await;
    assert_eq!(seen("boss", PATH).await, [replica_id(1), replica_id(3)]);
    world.end_grants("boss", NOW - HOUR).await;
    assert_eq!(world.ask(Method::GET, PATH, "login-boss").await.code(), "forbidden");
    assert_eq!(world.ask(Method::GET, "/api/v1/devices?size=0", "login-admin").await.code(), "bad_value");
}

#[tokio::test]
async fn the_worst_off_come_first() {
    let world = World::new().await;
    let tell = async |replica: u128, minute: i64, with: Value, changes: &[Value]| {
        world.at(NOW + minute * 60_000);
        world.tell("push-zhang", Some(replica), with, changes).await;
    };
    tell(1, 0, json!({}), &[create(1, 1, SHOP)]).await;
    tell(2, 9, json!({}), &[]).await;
    tell(3, 1, json!({ "pending": 5 }), &[]).await;
    tell(4, 2, json!({ "pending": 50 }), &[]).await;
    tell(5, 3, json!({}), &[numbered(5, 3)]).await;
    tell(6, 4, json!({}), &[]).await;
    let loss = json!([{ "kind": "rolled_back", "replica": replica_id(6), "at_ms": NOW }]);
    tell(7, 8, json!({ "losses": loss }), &[]).await;
    let page = world.devices_of("admin", PATH).await;
    assert_eq!(replicas(&page), [6, 5, 4, 3, 2, 7, 1].map(replica_id));
    let page = world.devices_of("admin", "/api/v1/devices?page=2&size=3").await;
    assert_eq!(
        (page["total"].as_u64(), replicas(&page)),
        (Some(7), vec![&*replica_id(3), &replica_id(2), &replica_id(7)])
    );
}

#[tokio::test]
async fn a_login_is_told_of_other_devices_in_arrears() {
    let world = World::new().await;
    world.enter(Some(1), "手机甲").await;
    world.tell("push-zhang", Some(1), json!({ "pending": 3 }), &[create(1, 1, SHOP)]).await;
    world.at(NOW + HOUR);
    world.tell("push-zhang", Some(2), json!({ "pending": 4 }), &[]).await;
    world.tell("push-zhang", Some(3), json!({ "pending": 0 }), &[]).await;
    world.tell("push-admin", Some(4), json!({ "pending": 9 }), &[]).await;
    let answer = world.enter(Some(5), "手机乙").await;
    let expected = json!([
        { "device": null, "pending": 4, "last_seen_ms": NOW + HOUR },
        { "device": "手机甲", "pending": 2, "last_seen_ms": NOW },
    ]);
    assert_eq!(answer["others"], expected);
    // Not of itself; not without a replica; not when only asked who one is.
    assert_eq!(world.enter(Some(2), "平板").await["others"].as_array().map(Vec::len), Some(1));
    assert_eq!(world.enter(None, "脚本").await["others"], Value::Null);
    let token = answer["token"].as_str().unwrap();
    assert_eq!(world.ask(Method::GET, "/api/v1/login", token).await.ok()["others"], Value::Null);
    // A device that had been met without a name has one now.
    assert_eq!(world.device(2).await["device"], "平板");
}

#[tokio::test]
async fn a_pull_is_a_contact_now_and_then() {
    let world = World::new().await;
    let answer = world.enter(Some(1), "手机").await;
    let token = answer["token"].as_str().unwrap();
    let pull = async || {
        let body = json!({ "proto": 1, "scopes": [] });
        world.post("/api/v1/pull", token, &body).await.ok();
        // Queued behind the contact, if there is one.
        tokio::task::yield_now().await;
        world.write(|_| Ok(())).await;
        world.device(1).await["last_seen_ms"].as_i64().unwrap()
    };
    world.at(NOW + 4 * 60_000);
    assert_eq!(pull().await, NOW);
    world.at(NOW + 5 * 60_000);
    let mut seen = pull().await;
    for _ in 0..100 {
        if seen != NOW {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        seen = world.device(1).await["last_seen_ms"].as_i64().unwrap();
    }
    assert_eq!(seen, NOW + 5 * 60_000);
    // A login without a device is in nobody's name.
    world.at(NOW + HOUR);
    world.pull_from("zhang", &format!("session:{}", session_id(1)), 0).await;
    assert_eq!(world.device(1).await["last_seen_ms"], NOW + 5 * 60_000);
}

#[tokio::test]
async fn a_phone_that_rotates_is_the_same_device() {
    let world = World::new().await;
    let answer = world.enter(Some(1), "手机甲").await;
    let push_token = answer["push_token"].as_str().unwrap();
    world.tell(push_token, Some(1), json!({ "pending": 6 }), &[create(1, 1, SHOP)]).await;
    world.tell(push_token, Some(2), json!({ "pending": 5 }), &[numbered(2, 1)]).await;
    let (old, new) = (world.device(1).await, world.device(2).await);
    assert_eq!((&old["pending"], &new["pending"], &new["device"]), (&json!(0), &json!(4), &json!("手机甲")));
    let logins = "SELECT count(*) FROM login JOIN replica USING (replica_id) WHERE replica.device = '手机甲'
                  AND replica.have = 1 AND replica.pending = 4";
    assert_eq!(world.number(logins).await, 2);
    // A copy that goes on under the old one tells for itself again.
    world.tell(push_token, Some(1), json!({ "pending": 2 }), &[]).await;
    assert_eq!(
        (&world.device(1).await["pending"], &world.device(2).await["pending"]),
        (&json!(2), &json!(4))
    );
    assert_eq!(
        world.devices_of("admin", &format!("{PATH}?org={}", crate::world::org_id(CITY))).await["total"],
        2
    );
}
