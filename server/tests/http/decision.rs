//! What staff decide of held changes: what that does, once, and who may.

use crate::world::{
    CITY, HOUR, NOW, OTHER_PLANT, PLANT, SHOP, World, change, check_in, create, id, outcomes, person_id,
    session_id,
};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use server::access::grant::Role;

/// A session of the other plant, and two check-ins of zhang at it, who may not.
async fn world() -> World {
    let world = World::new().await;
    world.push_as("admin", Some(9), &[create(1, 1, OTHER_PLANT)]).await.ok();
    let told = world.push(&[check_in(51, 1, 1), check_in(52, 1, 2)]).await;
    assert_eq!(outcomes(&told), ["held not_permitted"; 2]);
    world
}

async fn list(world: &World, login: &str, query: &str) -> Vec<Value> {
    let page = world.ask(Method::GET, &format!("/api/v1/held{query}"), &format!("login-{login}")).await.ok();
    assert_eq!(page["total"].as_u64(), Some(page["items"].as_array().unwrap().len() as u64));
    page["items"].as_array().unwrap().clone()
}

/// The key of what is held of this change.
async fn key(world: &World, change: u128) -> String {
    let all = [list(world, "admin", "").await, list(world, "admin", "?state=decided").await].concat();
    let item = all.iter().find(|item| item["id"] == json!(id(change))).unwrap();
    item["key"].as_str().unwrap().to_owned()
}

async fn decide(world: &World, login: &str, key: &str, body: Value) -> crate::world::Answer {
    world.post(&format!("/api/v1/held/{key}"), &format!("login-{login}"), &body).await
}

async fn accept(world: &World, change: u128) -> Value {
    let key = key(world, change).await;
    decide(world, "admin", &key, json!({ "accept": true })).await.ok()
}

#[tokio::test]
async fn an_accepted_change_has_its_effect_under_its_author_and_its_stamp() {
    let world = world().await;
    let item = list(&world, "admin", "").await.into_iter().find(|item| item["id"] == json!(id(51))).unwrap();
    assert_eq!((&item["acceptable"], &item["decision"]), (&json!(true), &Value::Null));
    // Hours later, and after more of the same phone.
    world.at(NOW + 5 * HOUR);
    world.push(&[create(60, 2, SHOP), check_in(61, 2, 3)]).await;
    assert_eq!(world.number("SELECT present FROM session WHERE session_id = 1").await, 0);
    let done = accept(&world, 51).await;
    assert_eq!((&done["decision"]["accepted"], &done["decision"]["login"]), (&json!(true), &json!("admin")));
    assert_eq!(done["decision"]["at_ms"], NOW + 5 * HOUR);
    assert_eq!(world.number("SELECT present FROM session WHERE session_id = 1").await, 1);
    let by_zhang =
        "SELECT count(*) FROM change JOIN replica USING (replica_id) JOIN account USING (account_id)
        WHERE login = 'zhang' AND state = 'taken' AND replica_seq = 51";
    assert_eq!(world.number(by_zhang).await, 1);
    assert_eq!(
        world.number("SELECT recv_ms FROM change WHERE replica_seq = 51").await,
        NOW,
        "stamped as if it had been taken in when it came"
    );
    assert_eq!(world.number("SELECT eff_ms FROM change WHERE replica_seq = 51").await, NOW - HOUR + 51);
    assert_eq!(world.number("SELECT check_in FROM session_replica WHERE session_id = 1").await, 1);
    let row = &world.rows("admin", &format!("session:{}", session_id(1))).await;
    let attended = &row[&format!("attendance:{}", person_id(1))];
    assert_eq!((&attended["present"], &attended["check_ins"]), (&json!(true), &json!([id(51)])));
    assert_eq!(attended["tags"], json!(["off_roster"]), "nothing is odd about its time");
}

#[tokio::test]
async fn the_stamp_looks_at_what_was_there_when_it_came() {
    let world = World::new().await;
    world.push_as("admin", Some(9), &[create(1, 1, OTHER_PLANT)]).await.ok();
    // Its phone's clock is behind: it follows what the phone had made before, and was there.
    let mut late = check_in(53, 1, 1);
    late["wall_ms"] = json!(NOW - 9 * HOUR);
    world.push(&[create(50, 2, SHOP), late]).await;
    // Lower in the phone's order, and later at the server.
    world.at(NOW + HOUR);
    let mut filled = check_in(52, 2, 2);
    filled["wall_ms"] = json!(NOW + HOUR);
    world.push(&[filled]).await;
    accept(&world, 53).await;
    assert_eq!(world.number("SELECT eff_ms FROM change WHERE replica_seq = 53").await, NOW - HOUR + 50);
    // What comes next follows both.
    let mut next = check_in(54, 2, 3);
    next["wall_ms"] = json!(1);
    world.push(&[next]).await;
    assert_eq!(world.number("SELECT eff_ms FROM change WHERE replica_seq = 54").await, NOW + HOUR);
}

#[tokio::test]
async fn it_is_decided_once() {
    let world = world().await;
    let (one, two) = (key(&world, 51).await, key(&world, 52).await);
    let first = decide(&world, "admin", &one, json!({ "accept": true })).await.ok();
    world.at(NOW + HOUR);
    for again in [json!({ "accept": true }), json!({ "accept": false, "reason": "又不要了" })] {
        assert_eq!(decide(&world, "admin", &one, again).await.ok(), first);
    }
    let refuse = json!({ "accept": false, "reason": " 不是本厂的人 " });
    let refused = decide(&world, "admin", &two, refuse).await.ok();
    assert_eq!(refused["decision"]["reason"], "不是本厂的人");
    assert_eq!(decide(&world, "admin", &two, json!({ "accept": true })).await.ok(), refused);
    assert_eq!(world.number("SELECT present FROM session WHERE session_id = 1").await, 1);
    assert_eq!(list(&world, "admin", "").await, Vec::<Value>::new(), "nothing is open");
    assert_eq!(list(&world, "admin", "?state=open").await.len(), 0);
    let decided = list(&world, "admin", "?state=decided").await;
    assert_eq!(decided, [refused, first], "the latest decision first");
    // The same content again, under another replica and seq.
    let told = world.push_as("zhang", Some(2), &[check_in(51, 1, 1), check_in(52, 1, 2)]).await.ok();
    assert_eq!(outcomes(&told), ["dup", "held not_permitted"]);
    assert_eq!(world.number("SELECT count(*) FROM held").await, 2);
    let acts = world.ask(Method::GET, "/api/v1/audit", "login-admin").await.ok();
    let acts: Vec<(&str, Value)> = acts["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            let detail: Value = serde_json::from_str(item["detail"].as_str().unwrap()).unwrap();
            (item["act"].as_str().unwrap(), detail["reason"].clone())
        })
        .collect();
    assert_eq!(acts, [("held_refuse", json!("不是本厂的人")), ("held_accept", Value::Null)]);
}

#[tokio::test]
async fn phones_of_the_session_are_told() {
    let world = world().await;
    let scope = format!("session:{}", session_id(1));
    let before = world.pull_from("admin", &scope, 0).await["scopes"][0]["cursor"].as_u64().unwrap();
    let refused = key(&world, 52).await;
    decide(&world, "admin", &refused, json!({ "accept": false, "reason": "重复" })).await.ok();
    accept(&world, 51).await;
    let held = |n: u128| format!("held:{}", id(n));
    for cursor in [before, 0] {
        let pulled = world.pull_from("admin", &scope, cursor).await;
        let rows = pulled["scopes"][0]["rows"].as_array().unwrap();
        let row = |n: u128| rows.iter().find(|row| row["key"] == json!(held(n))).unwrap();
        assert_eq!(row(52)["body"], json!({ "code": "not_permitted", "refused": "重复" }));
        assert_eq!(
            (&row(51)["deleted"], &row(51)["body"]),
            (&json!(true), &Value::Null),
            "also from the top"
        );
    }
}

#[tokio::test]
async fn one_that_had_waited_keeps_its_place_and_its_stamp() {
    let world = World::new().await;
    world.push(&[check_in(51, 1, 1), check_in(52, 1, 2)]).await;
    world.at(NOW + HOUR);
    world.push_as("admin", Some(9), &[create(1, 1, OTHER_PLANT)]).await.ok();
    let stamps = "SELECT sum(seq * 7 + eff_ms + recv_ms) FROM change WHERE replica_seq >= 51";
    let before = world.number(stamps).await;
    let scope = format!("session:{}", session_id(1));
    assert_eq!(
        world.rows("admin", &scope).await[&format!("held:{}", id(51))],
        json!({ "code": "not_permitted" })
    );
    accept(&world, 51).await;
    let refused = key(&world, 52).await;
    decide(&world, "admin", &refused, json!({ "accept": false, "reason": "重复" })).await.ok();
    assert_eq!(world.number(stamps).await, before);
    assert_eq!(world.number("SELECT present FROM session").await, 1);
    let rows = world.rows("admin", &scope).await;
    assert_eq!(rows[&format!("held:{}", id(51))], Value::Null, "gone");
    let told = json!({ "code": "not_permitted", "refused": "重复" });
    assert_eq!(rows[&format!("held:{}", id(52))], told);
}

#[tokio::test]
async fn an_accepted_session_lets_go_on_what_waited_for_it() {
    let world = World::new().await;
    world.account("li", OTHER_PLANT, Role::Organizer).await;
    let told = world.push(&[create(51, 1, OTHER_PLANT)]).await;
    assert_eq!(outcomes(&told), ["held not_permitted"]);
    assert_eq!(outcomes(&world.push_as("li", Some(7), &[check_in(20, 1, 2)]).await.ok()), ["ok"]);
    accept(&world, 51).await;
    assert_eq!(world.number("SELECT present FROM session WHERE row_exists = 1").await, 1);
    assert_eq!(world.number("SELECT count(*) FROM change WHERE state <> 'taken'").await, 0);
}

#[tokio::test]
async fn who_accepts_must_manage_where_it_takes_effect() {
    let world = world().await;
    world.account("of_author", PLANT, Role::Manager).await;
    world.account("of_session", OTHER_PLANT, Role::Manager).await;
    world.account("records", OTHER_PLANT, Role::Organizer).await;
    let (one, two) = (key(&world, 51).await, key(&world, 52).await);
    let yes = || json!({ "accept": true });
    assert_eq!(list(&world, "of_author", "").await.len(), 2, "its author is theirs");
    assert_eq!(decide(&world, "of_author", &one, yes()).await.code(), "forbidden");
    assert_eq!(decide(&world, "records", &one, yes()).await.code(), "forbidden");
    assert_eq!(decide(&world, "zhang", &one, yes()).await.code(), "forbidden");
    assert_eq!(world.number("SELECT count(*) FROM held_decision").await, 0);
    decide(&world, "of_session", &one, yes()).await.ok();
    decide(&world, "of_author", &two, json!({ "accept": false, "reason": "去错了地方" })).await.ok();
    // Of a session of the shop, by somebody who has nothing to do with this plant.
    world.push_as("records", Some(5), &[create(70, 3, SHOP)]).await.ok();
    let other = key(&world, 70).await;
    world.account("far", OTHER_PLANT, Role::Manager).await;
    world.end_grants("records", NOW).await;
    assert_eq!(decide(&world, "of_author", &other, yes()).await.code(), "not_found");
    assert_eq!(decide(&world, "far", &other, yes()).await.code(), "forbidden", "seen by its author");
    for unknown in ["0".repeat(64), "x".to_owned(), one[..62].to_owned()] {
        assert_eq!(decide(&world, "admin", &unknown, yes()).await.code(), "not_found");
    }
}

#[tokio::test]
async fn a_refusal_needs_a_reason() {
    let world = world().await;
    let key = key(&world, 51).await;
    for reason in [json!(null), json!(""), json!("  "), json!("长".repeat(201))] {
        let answer = decide(&world, "admin", &key, json!({ "accept": false, "reason": reason })).await;
        assert_eq!(answer.code(), "bad_value");
    }
    assert_eq!(decide(&world, "admin", &key, json!({ "reason": "x" })).await.code(), "malformed");
    let longest = json!({ "accept": false, "reason": "长".repeat(200) });
    decide(&world, "admin", &key, longest).await.ok();
    let bad = world.ask(Method::GET, "/api/v1/held?state=lost", "login-admin").await;
    assert_eq!(bad.code(), "bad_value");
}

#[tokio::test]
async fn what_cannot_have_an_effect_is_not_accepted() {
    let world = world().await;
    let mut clash = check_in(1, 1, 1);
    clash["session"] = json!(session_id(9));
    let mut newer = check_in(56, 1, 1);
    newer["v"] = json!(99);
    let broken = change(57, "check_in", Some(1), json!({ "person": 5 }));
    let told =
        world.push(&[clash, change(55, "poem", Some(1), json!({})), newer, broken, create(58, 3, 99)]).await;
    let codes = ["id_clash", "unknown_kind", "unknown_version", "unparseable", "not_permitted"];
    assert_eq!(outcomes(&told), codes.map(|code| format!("held {code}")));
    // Nobody's.
    world.push_as("zhang", None, &[check_in(59, 1, 3)]).await.ok();
    let left = world.number("SELECT count(*) FROM change").await;
    for item in list(&world, "admin", "").await {
        let known = [json!(id(51)), json!(id(52))].contains(&item["id"]);
        // Of the last one only the database knows that there is no such org.
        assert_eq!(item["acceptable"], json!(known || item["id"] == json!(id(58))), "{item}");
        if !known {
            let answer =
                decide(&world, "admin", item["key"].as_str().unwrap(), json!({ "accept": true })).await;
            assert_eq!((answer.code(), answer.status), ("held_unfit", StatusCode::CONFLICT), "{item}");
        }
    }
    assert_eq!(world.number("SELECT count(*) FROM change").await, left);
    assert_eq!(world.number("SELECT count(*) FROM held_decision").await, 0);
}

#[tokio::test]
async fn what_a_newer_program_reads_is_accepted_once_its_session_is_here() {
    let world = World::new().await;
    world.push_as("admin", Some(9), &[create(1, 1, OTHER_PLANT)]).await.ok();
    world.push(&[check_in(51, 1, 1)]).await;
    // As an older program held it, and of a session that nobody has told of.
    let older = "UPDATE held SET code = 'unknown_kind', session = zeroblob(16),
        raw = replace(raw, '0000030001', '0000030002')";
    assert_eq!(world.write(move |c| c.execute(older, [])).await, 1);
    let key = key(&world, 51).await;
    let early = decide(&world, "admin", &key, json!({ "accept": true })).await;
    assert_eq!(early.code(), "held_unfit");
    assert!(early.body["detail"].as_str().unwrap().contains("not here yet"));
    world.push(&[create(60, 2, SHOP)]).await;
    decide(&world, "admin", &key, json!({ "accept": true })).await.ok();
    assert_eq!(world.number("SELECT sum(present) FROM session").await, 1);
}

#[tokio::test]
async fn an_accepted_response_counts_and_is_joined_to_nobody() {
    let world = World::new().await;
    world.push_as("admin", Some(9), &[create(1, 1, OTHER_PLANT)]).await.ok();
    let response = crate::response::answered(1, 1, 5);
    let told = world.push_as("zhang", None, std::slice::from_ref(&response)).await.ok();
    assert_eq!(outcomes(&told), ["held not_permitted"]);
    world.account("of_author", PLANT, Role::Manager).await;
    world.account("boss", CITY, Role::Manager).await;
    let item = list(&world, "boss", "").await.remove(0);
    let key = item["key"].as_str().unwrap().to_owned();
    assert_eq!((&item["login"], &item["acceptable"]), (&Value::Null, &json!(true)));
    assert_eq!(decide(&world, "of_author", &key, json!({ "accept": true })).await.code(), "not_found");
    let counter = world.number("SELECT value FROM counter").await;
    decide(&world, "boss", &key, json!({ "accept": true })).await.ok();
    assert!(world.number("SELECT value FROM counter").await > counter, "a backup from before is older");
    assert_eq!(world.number("SELECT response FROM session").await, 1);
    assert_eq!(outcomes(&world.push_as("zhang", None, &[response]).await.ok()), ["dup"]);
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE detail LIKE '%aaaabbbb%'").await, 0);
    let rows = world.rows("admin", &format!("session:{}", session_id(1))).await;
    assert!(rows.keys().all(|key| !key.starts_with("held:")), "{rows:?}");
}

#[tokio::test]
async fn a_restored_backup_knows_what_was_decided() {
    let world = world().await;
    // One more that had waited, and a session that is about to be accepted.
    world.push(&[check_in(53, 4, 1), create(54, 5, OTHER_PLANT), check_in(55, 1, 4)]).await;
    world.push_as("admin", Some(9), &[create(4, 4, OTHER_PLANT)]).await.ok();
    let target = world.dir().with_extension("backup");
    let run = |what: &str| {
        server::backup::back_up_once(world.dir(), &target, None, NOW)
            .map_err(|why| format!("{what}: {why}"))
            .unwrap()
    };
    run("before anything is decided");
    for change in [51, 53, 54] {
        accept(&world, change).await;
    }
    for change in [52, 55] {
        let key = key(&world, change).await;
        decide(&world, "admin", &key, json!({ "accept": false, "reason": "重复" })).await.ok();
    }
    run("after");
    let was = server::backup::check(world.dir(), NOW, &mut |_, _| {}).unwrap();
    let verified = server::backup::verify(&target, NOW, &mut |_, _| {}).unwrap();
    assert_eq!(verified.hash, was.hash);
    let again = World::restored(&target);
    let told = again.push(&[check_in(51, 1, 1), check_in(52, 1, 2), check_in(53, 4, 1)]).await;
    assert_eq!(outcomes(&told), ["dup", "held not_permitted", "dup"]);
    assert_eq!(again.number("SELECT sum(present) FROM session").await, 2);
    assert_eq!(list(&again, "admin", "").await.len(), 0);
    assert_eq!(list(&again, "admin", "?state=decided").await.len(), 5);
    let rows = again.rows("admin", &format!("session:{}", session_id(1))).await;
    let told = json!({ "code": "not_permitted", "refused": "重复" });
    assert_eq!(rows[&format!("held:{}", id(52))], told);
    assert!(!rows.contains_key(&format!("held:{}", id(51))));
    // A second decision after the restore changes nothing either.
    let key = key(&again, 52).await;
    let item = decide(&again, "admin", &key, json!({ "accept": true })).await.ok();
    assert_eq!(item["decision"]["accepted"], false);
    // What stays behind in the system's folder for such things is no fault of the test.
    let _ = std::fs::remove_dir_all(&target);
}
