use crate::world::{OTHER_PLANT, PLANT, SHOP, World, check_in, create, id, org_id, session_id};
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn pages_hold_every_row_once_in_order() {
    let world = World::new().await;
    let mut changes = vec![create(1, 1, SHOP)];
    changes.extend((1..=30).map(|n| check_in(n + 1, 1, n)));
    world.push(&changes).await;
    let scope = format!("session:{}", session_id(1));
    let (mut cursor, mut seen, mut seqs) = (0, BTreeSet::new(), Vec::new());
    loop {
        let body = json!({ "proto": 1, "epoch": null, "limit": 7, "scopes": [{ "scope": scope, "cursor": cursor }] });
        let answer = world.post("/api/v1/pull", "login-zhang", &body).await.ok();
        let page = &answer["scopes"][0];
        for row in page["rows"].as_array().unwrap() {
            assert!(seen.insert(row["key"].as_str().unwrap().to_owned()));
            seqs.push(row["seq"].as_u64().unwrap());
        }
        cursor = page["cursor"].as_u64().unwrap();
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(seen.len(), 31);
    assert!(seqs.is_sorted());
    assert_eq!(cursor, u64::try_from(world.number("SELECT value FROM counter").await).unwrap());
    assert!(
        world.pull_from("zhang", &scope, cursor).await["scopes"][0]["rows"].as_array().unwrap().is_empty()
    );
}

#[tokio::test]
async fn an_org_scope_holds_its_branch_and_nothing_else() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP)]).await;
    world.push_as("admin", Some(8), &[create(2, 2, OTHER_PLANT)]).await.ok();
    let rows = world.rows("zhang", &format!("org:{}", org_id(PLANT))).await;
    let kinds: BTreeSet<&str> = rows.keys().filter_map(|key| key.split(':').next()).collect();
    assert_eq!(kinds, ["form", "org", "person", "session"].into());
    assert_eq!(rows[&format!("org:{}", org_id(SHOP))]["parent"], org_id(PLANT));
    assert!(!rows.contains_key(&format!("org:{}", org_id(OTHER_PLANT))));
    assert!(!rows.contains_key(&format!("session:{}", session_id(2))));
    let asked = json!({ "proto": 3, "epoch": null, "scopes": [
        { "scope": format!("org:{}", org_id(SHOP)), "cursor": 0 },
        { "scope": format!("org:{}", org_id(OTHER_PLANT)), "cursor": 0 },
        { "scope": format!("session:{}", session_id(2)), "cursor": 0 },
        { "scope": format!("session:{}", session_id(99)), "cursor": 0 },
        { "scope": "planet:earth", "cursor": 0 },
    ] });
    let answer = world.post("/api/v1/pull", "login-zhang", &asked).await.ok();
    let scopes = answer["scopes"].as_array().unwrap();
    assert_eq!(scopes.len(), 1);
    assert_eq!(scopes[0]["scope"], format!("org:{}", org_id(SHOP)));
    assert_eq!(answer["granted"], json!([format!("org:{}", org_id(PLANT))]));
    world.end_grants("zhang", 1).await;
    let answer = world.post("/api/v1/pull", "login-zhang", &asked).await.ok();
    assert_eq!((&answer["granted"], &answer["scopes"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn another_epoch_starts_again() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP)]).await;
    let scope = format!("org:{}", org_id(PLANT));
    let body = |epoch: &str, cursor: u64| json!({ "proto": 1, "epoch": epoch, "scopes": [{ "scope": scope, "cursor": cursor }] });
    let answer = world.post("/api/v1/pull", "login-zhang", &body(&id(1), 3)).await.ok();
    let page = &answer["scopes"][0];
    assert_eq!((&page["reset"], &page["cursor"], &page["rows"]), (&json!(true), &json!(0), &json!([])));
    let epoch = answer["epoch"].as_str().unwrap();
    let answer = world.post("/api/v1/pull", "login-zhang", &body(epoch, 0)).await.ok();
    assert_eq!(answer["scopes"][0]["reset"], false);
    let ahead = world.post("/api/v1/pull", "login-zhang", &body(epoch, 1 << 40)).await.ok();
    assert_eq!(ahead["scopes"][0]["reset"], true);
}

#[tokio::test]
async fn a_row_whose_content_stays_is_not_sent_again() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP), check_in(2, 1, 1)]).await;
    let scope = format!("session:{}", session_id(1));
    let cursor = world.pull_from("zhang", &scope, 0).await["scopes"][0]["cursor"].as_u64().unwrap();
    let mut same = create(3, 1, SHOP);
    same["body"]["set"] = json!({ "title": "宣讲" });
    world.push(&[same]).await;
    let again = world.pull_from("zhang", &scope, cursor).await;
    assert_eq!(again["scopes"][0]["rows"], json!([]));
    world.push(&[check_in(4, 1, 2)]).await;
    let again = world.pull_from("zhang", &scope, cursor).await;
    assert_eq!(again["scopes"][0]["rows"].as_array().unwrap().len(), 2);
}
