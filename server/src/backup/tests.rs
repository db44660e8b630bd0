//! A backup gives the same state again, or one clear fault.

use super::plan::Plan;
use super::restore::{Order, Restored, restore};
use super::shelf::{Folder, InMemory, Shelf};
use super::source::{APART, DERIVED, SOURCES};
use super::state::{SALT, State, differing, state};
use super::{Keeper, back_up_once, check, restore_into, verify};
use crate::db;
use crate::fault::Rejection;
use crate::rescue::Key;
use crate::small_city::{City, HOUR};
use rusqlite::Connection;
use serde_json::json;
use shared::closing::Closing;
use shared::id::Epoch;
use shared::session::Declared;
use std::collections::BTreeSet;
use uuid::Uuid;

/// A city in which something of every kind has happened: aliases, voids, walk-ins, what is held,
/// what waits, responses.
async fn busy() -> City {
    let mut city = City::new();
    let (one, two) = {
        let one = city.session("w1", "lecture", "第一场", json!({})).await;
        (one, city.session("w2", "study", "第二场", json!({})).await)
    };
    let ids = city.check_in(&one, &["101", "102"]).await;
    city.check_in(&two, &["201"]).await;
    city.pass(HOUR);
    let stranger = Uuid::new_v4().to_string();
    let walk_in = json!({ "person": { "id": stranger, "name": "来宾", "org": city.org("g1") } });
    let unheard = Uuid::new_v4().to_string();
    let person = city.person("103");
    city.push(
        "yi",
        vec![
            ("person_add", one.as_str(), walk_in),
            ("check_in", one.as_str(), json!({ "person": stranger, "method": "tap" })),
            ("void", one.as_str(), json!({ "targets": [ids[0]] })),
            ("mark", one.as_str(), json!({ "person": person, "field": "status", "value": "excused" })),
            ("check_in", unheard.as_str(), json!({ "person": person, "method": "tap" })),
            ("headcount", two.as_str(), json!({ "count": 30 })),
            ("session_close", two.as_str(), json!({ "declared": { "check_ins": 1, "responses": 0 } })),
        ],
    )
    .await;
    let code = |session: &str, check_ins| {
        Closing::new(session.parse().unwrap(), Declared { check_ins, responses: 0 }).code()
    };
    for typed in [code(&one, 7), code(&two, 1), code(&Uuid::now_v7().to_string(), 3)] {
        let (status, _) = city.raw("admin", "/closings", Some(json!({ "code": typed }))).await;
        assert_eq!(status, 200, "known, closed already, and not heard of");
    }
    let held = "INSERT INTO held (held_id, id, code, raw) VALUES (x'0102', 'x', 'unparseable', 'not JSON')";
    city.conn().execute(held, []).unwrap();
    let (status, _) = city.raw("yi", &format!("/sessions/{one}/answering"), Some(json!({}))).await;
    assert_eq!(status, 200, "a link to answer by");
    city.respond(&one, &[[5, 4, 3], [1, 2, 3], [4, 4, 4], [5, 5, 5], [2, 2, 2]]).await;
    assert_eq!(city.get("/coverage").await["scores"]["understood"]["n"], 5, "published by looking");
    city
}

fn empty() -> Connection {
    Connection::open_in_memory().unwrap()
}

fn again(shelf: &dyn Shelf, until: Option<usize>) -> Result<(Restored, State), Rejection> {
    let mut data = empty();
    let epoch = Epoch::from(Uuid::from_u128(9));
    let order = Order { epoch, now_ms: 1, progress: &mut |_, _| {} };
    let restored = restore(shelf, until, &mut data, order)?;
    Ok((restored, state(&data).unwrap()))
}

fn keeper(city: &City, shelf: &InMemory) -> Keeper {
    Keeper::open(Box::new(shelf.clone()), db::epoch(&city.conn()).unwrap()).unwrap()
}

#[test]
fn every_table_is_a_fact_or_follows_from_facts() {
    let data = db::memory().unwrap();
    let mut found = data.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    let tables: BTreeSet<String> =
        found.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let sources = SOURCES.iter().map(|source| source.name);
    let known: BTreeSet<String> =
        sources.chain(APART.iter().copied()).chain(DERIVED.iter().copied()).map(str::to_owned).collect();
    assert_eq!(tables, known);
}

#[tokio::test]
async fn a_backup_gives_the_same_state() {
    let city = busy().await;
    let shelf = InMemory::default();
    let mut keeper = keeper(&city, &shelf);
    assert!(keeper.add(&mut city.conn(), city.now()).unwrap());
    assert!(!keeper.add(&mut city.conn(), city.now()).unwrap(), "nothing new, nothing written");
    let (restored, found) = again(&shelf, None).unwrap();
    assert_eq!(differing(&state(&city.conn()).unwrap(), &found), [""; 0]);
    assert_eq!(restored.notes, []);
    assert_eq!((restored.responses, restored.seq), (5, i64::try_from(keeper.durable_seq()).unwrap()));
    let waiting = "SELECT count(*) FROM change WHERE state = 'waiting'";
    let waits: i64 = city.conn().query_row(waiting, [], |row| row.get(0)).unwrap();
    assert_eq!(waits, 1, "something waits in this city");
}

#[tokio::test]
async fn what_people_have_seen_is_in_a_backup() {
    let mut city = City::new();
    let one = city.session("g1", "lecture", "大课", json!({})).await;
    let shelf = InMemory::default();
    let mut keeper = keeper(&city, &shelf);
    city.respond(&one, &[[4, 4, 4]; 7]).await;
    keeper.add(&mut city.conn(), city.now()).unwrap();
    assert_eq!(city.get(&format!("/sessions/{one}")).await["scores"]["understood"]["n"], 7);
    assert!(keeper.add(&mut city.conn(), city.now()).unwrap(), "somebody looked, nothing else");
    city.respond(&one, &[[1, 1, 1]; 2]).await;
    keeper.add(&mut city.conn(), city.now()).unwrap();
    let mut data = empty();
    let order = Order { epoch: Epoch::from(Uuid::from_u128(9)), now_ms: 1, progress: &mut |_, _| {} };
    restore(&shelf, None, &mut data, order).unwrap();
    let of = |sql: &str| data.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let asked = "question = 'understood'";
    assert_eq!(of(&format!("SELECT sum(n) FROM published WHERE {asked}")), 7);
    assert_eq!(of(&format!("SELECT sum(n) FROM mark_count WHERE {asked}")), 9);
    assert_eq!(of(&format!("SELECT sum(unpublished) FROM mark_count WHERE {asked}")), 2);
}

#[tokio::test]
async fn every_commit_is_a_state_that_was() {
    let mut city = busy().await;
    let shelf = InMemory::default();
    let mut first = keeper(&city, &shelf);
    let mut states = Vec::new();
    for round in 0..6 {
        if round == 3 {
            // Another start of the program goes on behind the last commit.
            first = keeper(&city, &shelf);
        }
        let session = city.session("w1", "lecture", &format!("第 {round} 场"), json!({})).await;
        city.check_in(&session, &["101"]).await;
        let conn = city.conn();
        conn.execute("UPDATE account SET name = name || 'x'", []).unwrap();
        conn.execute("DELETE FROM held WHERE ?1 = 4", [round]).unwrap();
        first.add(&mut city.conn(), city.now()).unwrap();
        states.push(state(&city.conn()).unwrap());
    }
    for (n, expected) in states.iter().enumerate() {
        let (_, found) = again(&shelf, Some(n + 1)).unwrap();
        // Responses are kept by day, and those of the day are all there.
        assert_eq!(differing(expected, &found), [""; 0], "commit {n}");
    }
}

#[tokio::test]
async fn a_flipped_bit_or_a_missing_end_gives_no_wrong_state() {
    let mut city = busy().await;
    let shelf = InMemory::default();
    let mut first = keeper(&city, &shelf);
    let mut states = Vec::new();
    for round in 0..3 {
        let session = city.session("w2", "lecture", &format!("第 {round} 场"), json!({})).await;
        city.check_in(&session, &["201"]).await;
        if round == 2 {
            first = keeper(&city, &shelf);
        }
        first.add(&mut city.conn(), city.now()).unwrap();
        states.push(state(&city.conn()).unwrap());
    }
    let mut names = shelf.names().unwrap();
    names.retain(|name| name != SALT);
    assert_eq!(names.len(), 3, "two files of the log and one day: {names:?}");
    for name in names {
        let bytes = shelf.with(|files| files[&name].clone());
        // Every changed bit of a frame is found (`frame`); here, places all over the files.
        for at in (0..bytes.len()).step_by(if bytes.len() > 4_000 { 127 } else { 13 }) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            shelf.with(|files| files.insert(name.clone(), flipped));
            let refused = again(&shelf, None).unwrap_err();
            assert!(refused.to_string().contains(&name), "{name} at {at}: {refused}");
        }
        for len in (0..bytes.len()).step_by(if bytes.len() > 4_000 { 127 } else { 13 }) {
            shelf.with(|files| files.insert(name.clone(), bytes[..len].to_vec()));
            match again(&shelf, None) {
                Ok((restored, found)) => {
                    let told = !restored.notes.is_empty();
                    let whole = Plan::new(&shelf, None).unwrap().commits;
                    assert!(told || len == 0, "{name} cut at {len} is said");
                    assert_eq!(differing(&states[whole - 1], &found), [""; 0], "{name} cut at {len}");
                }
                Err(refused) => assert_eq!(refused.lines.len(), 1, "{refused}"),
            }
        }
        shelf.with(|files| files.insert(name.clone(), bytes));
    }
    again(&shelf, None).unwrap();
}

#[tokio::test]
async fn the_commands_go_round() {
    let city = busy().await;
    let target = crate::test::Folder::new();
    let key = Key::load_or_make(city.folder.path()).unwrap().public();
    let seq = back_up_once(city.folder.path(), target.path(), Some("口令"), city.now()).unwrap();
    assert!(seq > 0);
    let verified = verify(target.path(), city.now(), &mut |_, _| {}).unwrap();
    assert_eq!(verified.compared_seq, i64::try_from(seq).ok());
    let before = check(city.folder.path(), city.now(), &mut |_, _| {}).unwrap();
    assert_eq!(before.hash, verified.hash);
    let new = crate::test::Folder::new();
    let go = |passphrase| restore_into(target.path(), new.path(), passphrase, city.now(), &mut |_, _| {});
    let refused = go(Some("别的口令")).unwrap_err();
    assert!(refused.to_string().contains("passphrase"), "{refused}");
    go(Some("口令")).unwrap();
    assert_eq!(Key::load(new.path()).unwrap().unwrap().public(), key);
    assert_eq!(check(new.path(), city.now(), &mut |_, _| {}).unwrap().hash, before.hash);
    let refused = go(None).unwrap_err();
    assert!(refused.to_string().contains("empty folder"), "{refused}");
    assert_ne!(db::epoch(&db::connect(new.path()).unwrap()), db::epoch(&city.conn()), "another life");
    // A roll-up that is not what the log gives is found.
    let wrong = "UPDATE session SET present = present + 1 WHERE row_exists = 1";
    assert!(city.conn().execute(wrong, []).unwrap() > 0);
    let refused = check(city.folder.path(), city.now(), &mut |_, _| {}).unwrap_err();
    assert!(refused.to_string().contains("session"), "{refused}");
}

#[tokio::test]
async fn what_was_half_written_is_cut_and_written_again() {
    let mut city = busy().await;
    let target = crate::test::Folder::new();
    let folder = Folder::new(target.path());
    let epoch = db::epoch(&city.conn()).unwrap();
    let mut keeper = Keeper::open(Box::new(folder.clone()), epoch).unwrap();
    keeper.add(&mut city.conn(), city.now()).unwrap();
    let first = keeper.durable_seq();
    let refused = Keeper::open(Box::new(folder.clone()), epoch).err().unwrap();
    assert!(refused.en.contains("another program"), "two do not write at once: {refused}");
    let session = city.session("w1", "lecture", "又一场", json!({})).await;
    city.check_in(&session, &["101"]).await;
    keeper.add(&mut city.conn(), city.now()).unwrap();
    let name = folder.names().unwrap().into_iter().find(|name| name.starts_with("log-")).unwrap();
    let path = target.path().join(name);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    drop(keeper);
    let mut next = Keeper::open(Box::new(folder.clone()), epoch).unwrap();
    assert_eq!(next.durable_seq(), first, "what is not whole is not counted");
    next.add(&mut city.conn(), city.now()).unwrap();
    let (restored, found) = again(&folder, None).unwrap();
    assert_eq!(restored.notes, []);
    assert_eq!(differing(&state(&city.conn()).unwrap(), &found), [""; 0]);
    drop(next);
    let other = Epoch::from(Uuid::from_u128(5));
    assert!(Keeper::open(Box::new(folder), other).is_err(), "other data do not go here");
}

#[tokio::test]
async fn the_desk_is_told_what_came_back() {
    let city = busy().await;
    let told = city.get("/backup").await;
    assert_eq!((&told["configured"], &told["restored"]), (&json!(false), &json!(null)), "not backed up");
    assert_eq!(city.ask("yi", "/backup").await.0, 403, "who records need not know");
    let (target, new) = (crate::test::Folder::new(), crate::test::Folder::new());
    back_up_once(city.folder.path(), target.path(), None, city.now()).unwrap();
    let lost_ms = city.now() + HOUR;
    let restored = restore_into(target.path(), new.path(), None, lost_ms, &mut |_, _| {}).unwrap();
    let mut city = city.moved(new);
    let of = |told: &serde_json::Value| told["restored"].clone();
    let told = of(&city.get("/backup").await);
    assert_eq!((&told["changes"], &told["came_back"]), (&json!(restored.changes), &json!(0)));
    // Made before the loss, and not in the backup; then one that is new.
    let session = city.session("w1", "lecture", "备份之后", json!({})).await;
    city.check_in(&session, &["103"]).await;
    city.pass(2 * HOUR);
    city.check_in(&session, &["101"]).await;
    let told = of(&city.get("/backup").await);
    assert_eq!((&told["came_back"], &told["devices"]), (&json!(2), &json!(1)), "{told}");
}

mod full;
mod order;
