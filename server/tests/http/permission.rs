use crate::world::{
    CITY, HOUR, NOW, OTHER_PLANT, PLANT, SHOP, World, change, check_in, create, id, org_id, outcomes,
    person_id, session_id,
};
use serde_json::json;
use server::access::grant::Role;

#[tokio::test]
async fn a_fact_is_judged_by_the_grants_of_its_moment() {
    let world = World::new().await;
    let answer = world.push(&[create(1, 1, OTHER_PLANT), create(2, 2, 99), create(3, 3, SHOP)]).await;
    assert_eq!(outcomes(&answer), ["held not_permitted", "held not_permitted", "ok"]);
    // The right ends; what was made before it ended is taken for 72 hours more.
    world.end_grants("zhang", NOW).await;
    world.at(NOW + 72 * HOUR);
    assert_eq!(outcomes(&world.push(&[check_in(4, 3, 1)]).await), ["ok"]);
    let mut late = check_in(5, 3, 2);
    late["wall_ms"] = json!(NOW + HOUR);
    assert_eq!(outcomes(&world.push(&[late]).await), ["held not_permitted"]);
    world.at(NOW + 72 * HOUR + 1);
    assert_eq!(outcomes(&world.push(&[check_in(6, 3, 3)]).await), ["held not_permitted"]);
    assert_eq!(world.number("SELECT present FROM session").await, 1);
}

#[tokio::test]
async fn viewers_record_nothing() {
    let world = World::new().await;
    world.account("viewer", CITY, Role::Viewer).await;
    let answer = world.push_as("viewer", Some(5), &[create(1, 1, SHOP)]).await.ok();
    assert_eq!(outcomes(&answer), ["held not_permitted"]);
    assert_eq!(world.pull_from("viewer", &format!("org:{}", org_id(CITY)), 0).await["granted"], json!([]));
}
#[tokio::test]
async fn facts_wait_for_their_session() {
    let world = World::new().await;
    let title = change(3, "session_set", Some(1), json!({ "set": { "title": "改名" } }));
    let answer = world.push(&[check_in(2, 1, 1), title]).await;
    assert_eq!(outcomes(&answer), ["ok", "ok"]);
    assert_eq!(world.number("SELECT count(*) FROM change WHERE state = 'waiting'").await, 2);
    assert_eq!(world.number("SELECT count(*) FROM session WHERE row_exists = 1").await, 0);
    // Another phone, of somebody who is not permitted here.
    world.account("li", OTHER_PLANT, Role::Organizer).await;
    assert_eq!(outcomes(&world.push_as("li", Some(7), &[check_in(20, 1, 2)]).await.ok()), ["ok"]);
    world.push(&[create(1, 1, SHOP)]).await;
    let rows = world.rows("zhang", &format!("session:{}", session_id(1))).await;
    assert_eq!(rows[&format!("attendance:{}", person_id(1))]["present"], true);
    assert!(!rows.contains_key(&format!("attendance:{}", person_id(2))));
    assert_eq!(rows[&format!("held:{}", id(20))], json!({ "code": "not_permitted" }));
    assert_eq!(rows["totals"]["attended"], 1);
    let orgs = world.rows("zhang", &format!("org:{}", org_id(PLANT))).await;
    assert_eq!(orgs[&format!("session:{}", session_id(1))]["title"], "改名");
    assert_eq!(world.number("SELECT count(*) FROM change WHERE state = 'waiting'").await, 0);
    let again = world.push_as("li", Some(7), &[check_in(20, 1, 2)]).await.ok();
    assert_eq!(outcomes(&again), ["dup"]);
}

#[tokio::test]
async fn moving_a_session_needs_both_orgs() {
    let world = World::new().await;
    world.account("li", OTHER_PLANT, Role::Organizer).await;
    world.push(&[create(1, 1, SHOP), check_in(2, 1, 1)]).await;
    let to = |n, org| change(n, "session_set", Some(1), json!({ "set": { "org": org_id(org) } }));
    assert_eq!(outcomes(&world.push(&[to(3, OTHER_PLANT)]).await), ["held not_permitted"]);
    let li = world.push_as("li", Some(7), &[to(4, OTHER_PLANT)]).await.ok();
    assert_eq!(outcomes(&li), ["held not_permitted"]);
    assert_eq!(world.number("SELECT roster_present FROM session").await, 1);
    let before = world.pull_from("admin", &format!("org:{}", org_id(CITY)), 0).await;
    let cursor = before["scopes"][0]["cursor"].as_u64().unwrap();
    let admin = world.push_as("admin", Some(8), &[to(5, OTHER_PLANT)]).await.ok();
    assert_eq!(outcomes(&admin), ["ok"]);
    let key = format!("session:{}", session_id(1));
    // Who sees both is told that it left, then that it is there.
    let moved = world.pull_from("admin", &format!("org:{}", org_id(CITY)), cursor).await;
    let told: Vec<bool> = moved["scopes"][0]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["key"] == key)
        .map(|row| row["deleted"].as_bool().unwrap())
        .collect();
    assert_eq!(told, [true, false]);
    assert!(world.rows("li", &format!("org:{}", org_id(OTHER_PLANT))).await.contains_key(&key));
    assert!(!world.rows("zhang", &format!("org:{}", org_id(PLANT))).await.contains_key(&key));
    // Who was expected is expected there no more.
    assert_eq!(world.number("SELECT roster + roster_present FROM session").await, 0);
    let gone = world.pull_from("zhang", &format!("session:{}", session_id(1)), 0).await;
    assert_eq!(gone["scopes"], json!([]));
}

#[tokio::test]
async fn two_sessions_become_one_and_two_again() {
    let world = World::new().await;
    let alias = change(3, "session_alias", None, json!({ "a": session_id(1), "b": session_id(2) }));
    assert_eq!(outcomes(&world.push(&[create(1, 1, SHOP), alias, check_in(4, 2, 2)]).await), ["ok"; 3]);
    assert_eq!(world.number("SELECT count(*) FROM change WHERE state = 'waiting'").await, 2);
    world.push(&[create(2, 2, SHOP), check_in(5, 1, 1), check_in(6, 1, 2)]).await;
    let rows = world.rows("zhang", &format!("session:{}", session_id(1))).await;
    assert_eq!(rows["totals"]["attended"], 2);
    let both = &rows[&format!("attendance:{}", person_id(2))]["check_ins"];
    assert_eq!(both.as_array().unwrap().len(), 2);
    let org = format!("org:{}", org_id(PLANT));
    assert!(!world.rows("zhang", &org).await.contains_key(&format!("session:{}", session_id(2))));
    assert_eq!(world.number("SELECT count(*) FROM session WHERE row_exists = 1").await, 1);
    let void = change(7, "void", None, json!({ "targets": [id(3)] }));
    assert_eq!(outcomes(&world.push(&[void]).await), ["ok"]);
    assert!(world.rows("zhang", &org).await.contains_key(&format!("session:{}", session_id(2))));
    let rows = world.rows("zhang", &format!("session:{}", session_id(2))).await;
    assert_eq!(rows["totals"]["attended"], 1);
    assert_eq!(rows.len(), 2);
}

#[tokio::test]
async fn aliases_of_others_are_held() {
    let world = World::new().await;
    world.account("li", OTHER_PLANT, Role::Organizer).await;
    world.push(&[create(1, 1, SHOP), create(2, 2, SHOP)]).await;
    let sessions = change(20, "session_alias", None, json!({ "a": session_id(1), "b": session_id(2) }));
    let persons = change(21, "person_alias", None, json!({ "a": person_id(1), "b": person_id(2) }));
    let answer = world.push_as("li", Some(7), &[sessions.clone(), persons.clone()]).await.ok();
    assert_eq!(outcomes(&answer), ["held not_permitted", "held not_permitted"]);
    let mut own = [sessions, persons];
    own[0]["id"] = json!(id(30));
    own[1]["id"] = json!(id(31));
    assert_eq!(outcomes(&world.push(&own).await), ["ok", "ok"]);
    let void = change(22, "void", None, json!({ "targets": [id(30)] }));
    assert_eq!(outcomes(&world.push_as("li", Some(7), &[void]).await.ok()), ["held not_permitted"]);
    assert_eq!(world.number("SELECT count(*) FROM alias").await, 2);
    assert_eq!(world.number("SELECT max(roster) FROM session").await, 5);
}
