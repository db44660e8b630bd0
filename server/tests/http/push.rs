use crate::world::{
    NOW, PLANT, SHOP, World, change, check_in, create, id, outcomes, person_id, replica_id, session_id,
    walk_in,
};
use axum::body::Body;
use axum::http::{Request, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use shared::stamp::DAY_MS;
use std::io::Write;

fn raw(body: Vec<u8>, kind: &str, coding: Option<&str>) -> Request<Body> {
    let mut request = Request::post("/api/v1/push")
        .header(header::AUTHORIZATION, "Bearer push-zhang")
        .header(header::CONTENT_TYPE, kind);
    if let Some(coding) = coding {
        request = request.header(header::CONTENT_ENCODING, coding);
    }
    request.body(Body::from(body)).unwrap()
}

fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::best());
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap()
}

fn batch(changes: &[Value]) -> Value {
    json!({ "proto": 1, "app": "t", "batch": id(9), "replica": replica_id(1), "changes": changes })
}

#[tokio::test]
async fn a_session_with_its_people_arrives() {
    let world = World::new().await;
    let changes =
        [create(1, 1, SHOP), check_in(2, 1, 1), check_in(3, 1, 2), walk_in(4, 1, 100), check_in(5, 1, 100)];
    let answer = world.push(&changes).await;
    assert_eq!(outcomes(&answer), ["ok"; 5]);
    assert_eq!((answer["have"].as_u64(), answer["rotate_replica"].as_bool()), (Some(5), Some(false)));
    assert_eq!(answer["batch"], id(9));
    let scope = format!("session:{}", session_id(1));
    let rows = world.rows("zhang", &scope).await;
    assert_eq!(rows["totals"]["attended"], 3);
    assert_eq!(rows["totals"]["walk_ins"], 1);
    assert_eq!(rows[&format!("attendance:{}", person_id(1))]["present"], true);
    assert_eq!(rows[&format!("walk_in:{}", person_id(100))]["person"]["name"], "访客100");
    assert_eq!(world.number("SELECT roster FROM session").await, 6);
    assert_eq!(world.number("SELECT roster_present FROM session").await, 2);
    assert_eq!(world.number("SELECT check_in FROM session_replica").await, 3);
}

#[tokio::test]
async fn the_same_again_is_a_dup_and_changes_nothing() {
    let world = World::new().await;
    let changes = [create(1, 1, SHOP), check_in(2, 1, 1), check_in(2, 1, 1)];
    let first = world.push(&changes).await;
    assert_eq!(outcomes(&first), ["ok", "ok", "dup"]);
    let last = world.number("SELECT value FROM counter").await;
    let again = world.push(&changes).await;
    assert_eq!(outcomes(&again), ["dup", "dup", "dup"]);
    assert_eq!(again["results"][1]["seq"], first["results"][1]["seq"]);
    assert_eq!(world.number("SELECT value FROM counter").await, last);
    // Another order of keys, another seq, a field that says the replica: still the same content.
    let text = format!(
        r#"{{"replica":"x","seq":77,"body":{{"method":"tap","person":"{}"}},"after":null,"heard_ms":0,
            "offset_ms":0,"wall_ms":{},"session":"{}","kind":"check_in","v":1,"id":"{}"}}"#,
        person_id(1),
        changes[1]["wall_ms"],
        session_id(1),
        id(2)
    );
    let moved: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(outcomes(&world.push(&[moved]).await), ["dup"]);
}

#[tokio::test]
async fn the_same_id_with_other_content_is_held() {
    let world = World::new().await;
    let answer = world.push(&[create(1, 1, SHOP), check_in(2, 1, 1), check_in(2, 1, 2)]).await;
    assert_eq!(outcomes(&answer), ["ok", "ok", "held id_clash"]);
    assert_eq!(outcomes(&world.push(&[check_in(2, 1, 2)]).await), ["held id_clash"]);
    assert_eq!(world.number("SELECT count(*) FROM held").await, 1);
    assert_eq!(world.number("SELECT present FROM session").await, 1);
}

#[tokio::test]
async fn a_seq_used_twice_rotates_the_replica() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP), check_in(2, 1, 1)]).await;
    let mut other = check_in(30, 1, 2);
    other["seq"] = json!(2);
    for st in ["ok", "dup"] {
        let answer = world.push(&[other.clone()]).await;
        assert_eq!(
            (outcomes(&answer), answer["rotate_replica"].as_bool()),
            (vec![st.to_owned()], Some(true))
        );
    }
    assert_eq!(world.push(&[check_in(3, 1, 3)]).await["rotate_replica"], false);
    assert_eq!(world.number("SELECT present FROM session").await, 3);
    // The rotated replica registers by a push token.
    let rotated = world.push_as("zhang", Some(2), &[check_in(4, 1, 4)]).await.ok();
    assert_eq!(outcomes(&rotated), ["ok"]);
}

#[tokio::test]
async fn have_tells_the_gap_and_counts_what_is_held() {
    let world = World::new().await;
    let unknown = change(3, "dance", Some(1), json!({}));
    let answer = world.push(&[create(1, 1, SHOP), unknown, check_in(5, 1, 1), check_in(4, 1, 2)]).await;
    assert_eq!(outcomes(&answer), ["ok", "held unknown_kind", "ok", "ok"]);
    assert_eq!(answer["have"], 1);
    assert_eq!(world.push(&[check_in(2, 1, 3)]).await["have"], 5);
    assert_eq!(world.number("SELECT count(*) FROM replica_ahead").await, 0);
}

#[tokio::test]
async fn what_cannot_be_read_is_held_and_stops_nothing() {
    let world = World::new().await;
    let mut newer = check_in(7, 1, 1);
    newer["v"] = json!(2);
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    let odd = [
        json!("text"),
        json!(null),
        json!({ "id": 5 }),
        newer,
        change(8, "check_in", None, json!({})),
        check_in(9, 1, 1),
    ];
    let mut parts: Vec<String> = odd.iter().map(Value::to_string).collect();
    parts.push(format!(r#"{{"id":"{}","seq":10,"kind":"check_in","body":{deep}}}"#, id(10)));
    parts.push(r#"{"id":"x","seq":1e999}"#.to_owned());
    let mut body = batch(&[]).to_string();
    body.truncate(body.find("\"changes\"").unwrap());
    let rest = r#","app":"t","batch":"00000000-0000-4000-8000-000000000000"}"#;
    let whole = format!(r#"{{"proto":1,"replica":"{}","changes":[{}]{rest}"#, replica_id(1), parts.join(","));
    let send = || raw(whole.clone().into_bytes(), "application/json", None);
    let answer = world.send(send()).await.ok();
    let expected = [
        "held unparseable",
        "held unparseable",
        "held unparseable",
        "held unknown_version",
        "held unparseable",
        "ok",
        "held unparseable",
        "held unparseable",
    ];
    assert_eq!(outcomes(&answer), expected);
    let ids: Vec<&Value> = answer["results"].as_array().unwrap().iter().map(|result| &result["id"]).collect();
    assert_eq!(ids[..3], [&Value::Null; 3]);
    assert_eq!((ids[6], ids[7]), (&json!(id(10)), &json!("x")));
    assert_eq!(world.number("SELECT count(*) FROM held").await, 7);
    let again = world.send(send()).await.ok();
    assert_eq!(outcomes(&again)[..5], expected[..5]);
    assert_eq!(world.number("SELECT count(*) FROM held").await, 7);
    let listed = world.ask(axum::http::Method::GET, "/api/v1/held?size=2", "login-admin").await.ok();
    assert_eq!((listed["total"].as_u64(), listed["items"].as_array().unwrap().len()), (Some(7), 2));
    assert_eq!(listed["items"][0]["login"], "zhang");
}

#[tokio::test]
async fn hostile_bodies_are_refused_whole() {
    let world = World::new().await;
    let json = "application/json";
    let code = async |request| world.send(request).await.code().to_owned();
    assert_eq!(code(raw(b"hello".to_vec(), json, None)).await, "malformed");
    assert_eq!(code(raw(b"{}".to_vec(), json, None)).await, "malformed");
    assert_eq!(code(raw(b"{}".to_vec(), "text/plain", None)).await, "not_json");
    assert_eq!(code(raw(b"{}".to_vec(), json, Some("br"))).await, "not_json");
    assert_eq!(code(raw(b"no gzip".to_vec(), json, Some("gzip"))).await, "malformed");
    assert_eq!(code(raw(vec![b'['; 10 << 20], json, None)).await, "too_large");
    assert_eq!(code(raw(zip(&vec![b' '; 24 << 20]), json, Some("gzip"))).await, "too_large");
    let many: Vec<Value> = (1..=501).map(|n| check_in(n, 1, 1)).collect();
    assert_eq!(code(raw(batch(&many).to_string().into_bytes(), json, None)).await, "too_large");
    let note = |n: u128, len: usize| change(n, "mark", Some(1), json!({ "note": "x".repeat(len) }));
    let heavy = batch(&[note(1, 150_000), note(2, 150_000)]);
    let answer = world.send(raw(heavy.to_string().into_bytes(), json, None)).await;
    assert_eq!((answer.code(), answer.body["retry"].as_bool()), ("too_large", Some(true)));
    assert_eq!(world.number("SELECT (SELECT count(*) FROM change) + (SELECT count(*) FROM held)").await, 0);
    // One change alone is kept, so that it jams nothing.
    let alone = world.push(&[note(3, 900_000)]).await;
    assert_eq!(outcomes(&alone), ["held unparseable"]);
    let beyond = batch(&[note(3, 1_100_000)]);
    assert_eq!(code(raw(beyond.to_string().into_bytes(), json, None)).await, "too_large");
}

#[tokio::test]
async fn a_packed_push_is_taken() {
    let world = World::new().await;
    let body = zip(batch(&[create(1, 1, SHOP)]).to_string().as_bytes());
    let answer = world.send(raw(body, "application/json; charset=utf-8", Some("gzip"))).await.ok();
    assert_eq!(outcomes(&answer), ["ok"]);
}

#[tokio::test]
async fn the_stamp_is_made_once() {
    let world = World::new().await;
    let mut ahead = check_in(2, 1, 1);
    ahead["wall_ms"] = json!(NOW + DAY_MS);
    let mut after = check_in(4, 1, 2);
    (after["after"], after["wall_ms"]) = (json!(id(2)), json!(0));
    world.push(&[create(1, 1, SHOP), ahead, after]).await;
    let stamps = "SELECT eff_ms FROM change WHERE replica_seq = ";
    let stamp = async |seq: u32| {
        let sql = format!("{stamps}{seq}");
        world.write(move |c| c.query_row(&sql, [], |row| row.get::<_, i64>(0))).await
    };
    assert_eq!((stamp(2).await, stamp(4).await), (NOW, NOW + 1));
    // A lower seq that comes later follows only those below it.
    world.push(&[check_in(3, 1, 3)]).await;
    assert_eq!(stamp(3).await, NOW);
    let rows = world.rows("zhang", &format!("session:{}", session_id(1))).await;
    assert_eq!(rows[&format!("attendance:{}", person_id(1))]["tags"], json!(["time_suspect"]));
    assert_eq!(world.number("SELECT count(*) FROM change WHERE raw LIKE '%check_in%'").await, 3);
}

#[tokio::test]
async fn closing_declares_and_tags_what_comes_later() {
    let world = World::new().await;
    let close =
        change(5, "session_close", Some(1), json!({ "declared": { "check_ins": 4, "responses": 2 } }));
    world.push(&[create(1, 1, SHOP), check_in(2, 1, 1), close, check_in(9, 1, 2)]).await;
    let rows = world.rows("zhang", &format!("session:{}", session_id(1))).await;
    assert_eq!(rows["totals"]["declared"], json!({ "check_ins": 4, "responses": 2 }));
    assert_eq!(rows[&format!("attendance:{}", person_id(2))]["tags"], json!(["after_close"]));
    assert_eq!(world.number("SELECT declared_check_in - check_in FROM session_replica").await, 2);
    let void = change(10, "void", Some(1), json!({ "targets": [id(5)] }));
    world.push(&[void]).await;
    assert_eq!(world.number("SELECT declared_check_in FROM session_replica").await, 0);
    let rows = world.rows("zhang", &format!("session:{}", session_id(1))).await;
    assert_eq!(rows[&format!("attendance:{}", person_id(2))]["tags"], json!([]));
}

#[tokio::test]
async fn a_roster_that_comes_later_knows_the_stranger() {
    let world = World::new().await;
    world.push(&[create(1, 1, PLANT), check_in(2, 1, 50)]).await;
    let key = format!("attendance:{}", person_id(50));
    let scope = format!("session:{}", session_id(1));
    let before = world.rows("zhang", &scope).await;
    assert_eq!(
        (&before[&key]["tags"], &before["totals"]["attended"]),
        (&json!(["person_unknown"]), &json!(0))
    );
    world
        .write(|c| {
            let org = crate::world::org_id(SHOP).parse().unwrap();
            let org_id = server::org::find(c, org)?.unwrap();
            let id = person_id(50).parse().unwrap();
            let person =
                shared::person::Person { id, name: "新来".into(), org, staff_no: None, phone_tail: None };
            let (person_id, joined) = server::person::put_on_roster(c, &person, org_id, 0)?;
            assert!(joined);
            server::ledger::roster_changed(c, &[person_id].into())
        })
        .await;
    let after = world.rows("zhang", &scope).await;
    assert_eq!((&after[&key]["tags"], &after["totals"]["attended"]), (&json!([]), &json!(1)));
    assert_eq!(world.number("SELECT roster FROM session").await, 7);
}
