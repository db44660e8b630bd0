use crate::world::{HOUR, NOW, OTHER_PLANT, SHOP, World, check_in, create, id, outcomes, session_id};
use serde_json::{Value, json};
use shared::form::DEFAULT_FORM;
use shared::stamp::{DAY_MS, day_ms};
use uuid::Uuid;

pub(crate) fn answered(n: u128, session: u128, mark: u8) -> Value {
    let id = Uuid::from_u128(0xaaaa_bbbb_cccc_4ddd_8eee_0000_0000_0000 + n);
    json!({
        "id": id.to_string(), "seq": null, "v": 1, "kind": "response", "session": session_id(session),
        "wall_ms": day_ms(NOW), "offset_ms": 0, "heard_ms": 0, "after": null,
        "body": { "form": DEFAULT_FORM.to_string(), "version": 1, "via": "phone",
                  "answers": { "understood": mark, "absorbed": 9, "help": "宿舍漏水" } },
    })
}

#[tokio::test]
async fn a_response_leaves_no_trace_of_who_and_when() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP)]).await;
    let seen = "SELECT last_seen_ms + pending + have + top_seq + top_eff_ms FROM replica";
    let (before, counter) = (world.number(seen).await, world.number("SELECT value FROM counter").await);
    world.at(NOW + HOUR);
    let mut fine = answered(1, 1, 5);
    fine["wall_ms"] = json!(NOW + 12_345);
    let answer = world.push_as("zhang", None, &[fine.clone(), answered(2, 1, 4), fine]).await.ok();
    assert_eq!(outcomes(&answer), ["ok", "ok", "dup"]);
    assert_eq!((answer["results"][0]["seq"].as_u64(), answer["have"].as_u64()), (Some(0), Some(0)));
    assert_eq!(world.number(seen).await, before);
    assert_eq!(world.number("SELECT count(*) FROM change").await, 1);
    assert_eq!(world.number("SELECT count(DISTINCT day_ms) FROM response").await, 1);
    assert_eq!(world.number("SELECT max(day_ms) FROM response").await, day_ms(NOW));
    // The totals moved, once for the batch; nothing else did.
    assert_eq!(world.number("SELECT value FROM counter").await, counter + 1);
    assert_eq!(answer["seq"].as_i64(), Some(counter + 1), "what says when a backup has them");
    let rows = world.rows("zhang", &format!("session:{}", session_id(1))).await;
    assert_eq!(rows["totals"]["responses"], 2);
    assert_eq!(world.number("SELECT n FROM mark_count WHERE question = 'understood' AND mark = 5").await, 1);
    assert_eq!(world.number("SELECT count(*) FROM mark_count").await, 2);
    // Inside a replica's batch nothing is joined to the replica either.
    let mixed = world.push_as("zhang", Some(1), &[check_in(2, 1, 1), answered(3, 1, 5)]).await.ok();
    assert_eq!((outcomes(&mixed), mixed["have"].as_u64()), (vec!["ok".to_owned(); 2], Some(2)));
    let tables = "SELECT count(*) FROM change WHERE kind = 'response' OR raw LIKE '%understood%'";
    assert_eq!(world.number(tables).await, 0);
}

#[tokio::test]
async fn without_a_replica_nothing_else_is_taken() {
    let world = World::new().await;
    let mut clash = answered(1, 1, 3);
    clash["body"]["answers"] = json!({});
    let mut broken = answered(2, 1, 3);
    broken["body"] = json!(5);
    let mut numbered = answered(3, 1, 3);
    numbered["seq"] = json!(4);
    let batch = [create(1, 1, SHOP), answered(1, 1, 5), clash, broken, numbered, json!(7)];
    let answer = world.push_as("zhang", None, &batch).await.ok();
    let expected = [
        "held unparseable",
        "ok",
        "held id_clash",
        "held unparseable",
        "held unparseable",
        "held unparseable",
    ];
    assert_eq!(outcomes(&answer), expected);
    let told = "SELECT count(*) FROM held WHERE replica_id IS NOT NULL OR recv_ms IS NOT NULL";
    assert_eq!(world.number(told).await, 0);
    assert_eq!(world.number("SELECT count(*) FROM held").await, 5);
}

#[tokio::test]
async fn responses_count_when_their_session_comes() {
    let world = World::new().await;
    assert_eq!(outcomes(&world.push_as("zhang", None, &[answered(1, 1, 5)]).await.ok()), ["ok"]);
    world.push(&[create(1, 1, SHOP)]).await;
    assert_eq!(world.number("SELECT response FROM session").await, 1);
    assert_eq!(world.number("SELECT sum(n) FROM mark_count").await, 1);
    world.push(&[create(2, 2, SHOP)]).await;
    world.push_as("zhang", None, &[answered(2, 2, 3)]).await.ok();
    let alias =
        crate::world::change(3, "session_alias", None, json!({ "a": session_id(1), "b": session_id(2) }));
    world.push(&[alias]).await;
    assert_eq!(world.number("SELECT response FROM session WHERE row_exists = 1").await, 2);
    world.push_as("zhang", None, &[answered(3, 2, 3)]).await.ok();
    assert_eq!(world.number("SELECT response FROM session WHERE row_exists = 1").await, 3);
    assert_eq!(world.number("SELECT sum(n) FROM mark_count").await, 3);
    world.push(&[crate::world::change(4, "void", None, json!({ "targets": [id(3)] }))]).await;
    assert_eq!(world.number("SELECT max(response) * 10 + min(response) FROM session").await, 21);
    assert_eq!(world.number("SELECT count(*) FROM mark_count WHERE mark = 3 AND n = 2").await, 1);
}

#[tokio::test]
async fn a_response_is_permitted_by_the_day_or_by_now() {
    let world = World::new().await;
    world.push_as("admin", Some(8), &[create(1, 1, SHOP), create(2, 2, OTHER_PLANT)]).await.ok();
    let answer = world.push_as("zhang", None, &[answered(1, 2, 5)]).await.ok();
    assert_eq!(outcomes(&answer), ["held not_permitted"]);
    world.end_grants("zhang", NOW).await;
    world.at(NOW + 10 * DAY_MS);
    assert_eq!(outcomes(&world.push_as("zhang", None, &[answered(2, 1, 5)]).await.ok()), ["ok"]);
    let mut next_day = answered(3, 1, 5);
    next_day["wall_ms"] = json!(day_ms(NOW) + DAY_MS);
    let answer = world.push_as("zhang", None, &[next_day.clone()]).await.ok();
    assert_eq!(outcomes(&answer), ["held not_permitted"]);
    assert_eq!(outcomes(&world.push_as("zhang", None, &[next_day]).await.ok()), ["held not_permitted"]);
    assert_eq!(world.number("SELECT count(*) FROM held").await, 2);
}
