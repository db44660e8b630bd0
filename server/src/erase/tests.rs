//! After an erasure no name or text of the person is in any file, and every figure is as it was.

use super::*;
use crate::backup::shelf::Folder as Shelf;
use crate::backup::{Keeper, back_up_once, check, restore_into, verify};
use crate::db;
use crate::small_city::{City, HOUR};
use serde_json::json;
use std::path::Path;
use uuid::Uuid;

const SECRETS: [&str; 5] = ["王小虎", "20260077", "不让写名字", "他母亲住院", "王小虎本人要求"];

/// A city in which somebody was added on the spot under two ids, was noted, voided and held.
async fn talkative() -> (City, String, String) {
    let mut city = City::new();
    let one = city.session("w1", "lecture", "第一场", json!({})).await;
    city.check_in(&one, &["101", "102"]).await;
    city.pass(HOUR);
    let (who, twin) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
    let person = |id: &str| {
        json!({ "person": { "id": id, "name": "王小虎", "org": city.org("w1"), "staff_no": "20260077",
            "phone_tail": "4321" } })
    };
    let note = |text: &str| json!({ "person": who, "field": "note", "value": text });
    let (add, again) = (person(&who), person(&twin));
    let mut facts = vec![
        ("person_add", one.as_str(), add),
        ("check_in", one.as_str(), json!({ "person": who, "method": "tap" })),
        ("mark", one.as_str(), note("他母亲住院")),
        ("mark", one.as_str(), note("不让写名字")),
        ("person_add", one.as_str(), again),
        ("person_alias", "", json!({ "a": who, "b": twin })),
    ];
    let unheard = Uuid::now_v7().to_string();
    facts.push(("mark", unheard.as_str(), note("不让写名字")));
    let ids = city.push("yi", facts).await;
    let void = json!({ "targets": [ids[2]], "reason": "王小虎本人要求" });
    city.push("yi", vec![("void", one.as_str(), void)]).await;
    let raw = format!(r#"{{"id":"x","kind":"mark","v":9,"body":{{"person":"{who}","value":"他母亲住院"}}}}"#);
    let held = "INSERT INTO held (held_id, id, code, raw) VALUES (x'0102', 'x', 'unknown_version', ?1)";
    city.conn().execute(held, [raw]).unwrap();
    (city, one, who)
}

/// Everything that lies in a folder, its packed pieces unpacked.
fn written(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(written(&path));
        } else if path.extension().is_some_and(|end| end == "jdb") {
            let shelf = Shelf::new(path.parent().unwrap());
            let name = path.file_name().unwrap().to_str().unwrap();
            all.extend(crate::backup::text(&shelf, name).unwrap());
        } else {
            all.extend(std::fs::read(&path).unwrap());
        }
    }
    all
}

fn tells(folder: &Path) -> Vec<&'static str> {
    let all = written(folder);
    let has = |word: &&str| all.windows(word.len()).any(|part| part == word.as_bytes());
    SECRETS.into_iter().filter(has).collect()
}

fn erase_there(city: &City, who: &str) -> Done {
    let mut conn = city.conn();
    let done = db::transaction(&mut conn, |c| erase(c, who.parse().unwrap(), city.now())).unwrap();
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    done
}

#[tokio::test]
async fn nothing_tells_of_the_erased_and_every_figure_stays() {
    let (city, one, who) = talkative().await;
    let target = crate::test::Folder::new();
    back_up_once(city.folder.path(), target.path(), None, city.now()).unwrap();
    assert_eq!(tells(target.path()), SECRETS, "else this test could not fail");
    let figures = city.get("/coverage?org=c").await;
    let people = city.get(&format!("/sessions/{one}/attendance")).await;
    let done = erase_there(&city, &who);
    assert_eq!((done.persons, done.changes, done.held, done.sessions), (2, 6, 1, 2));
    let mut after = city.get("/coverage?org=c").await;
    after["as_of_ms"] = figures["as_of_ms"].clone();
    assert_eq!(after, figures);
    let listed = city.get(&format!("/sessions/{one}/attendance")).await;
    assert_eq!(listed["total"], people["total"]);
    assert!(listed.to_string().contains(shared::erase::NAME));
    back_up_once(city.folder.path(), target.path(), None, city.now()).unwrap();
    assert_eq!(tells(target.path()), [""; 0]);
    let verified = verify(target.path(), city.now(), &mut |_, _| {}).unwrap();
    assert!(verified.compared_seq.is_some(), "the state after it is told");
    check(city.folder.path(), city.now(), &mut |_, _| {}).unwrap();
    // Nor does the database, in what is free in it, nor what is restored.
    assert_eq!(tells(city.folder.path()), [""; 0]);
    let new = crate::test::Folder::new();
    restore_into(target.path(), new.path(), None, city.now(), &mut |_, _| {}).unwrap();
    assert_eq!(tells(new.path()), [""; 0]);
    assert_eq!(erase_there(&city, &who).changes, 0, "again, there is nothing to do");
}

#[tokio::test]
async fn what_comes_later_is_rewritten_on_its_way_in() {
    let (mut city, one, who) = talkative().await;
    let sent: String = city
        .conn()
        .query_row("SELECT raw FROM change WHERE kind = 'person_add' ORDER BY seq LIMIT 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    erase_there(&city, &who);
    // The same once more, from a phone that has no receipt for it.
    let batch = Uuid::new_v4();
    let again = format!(
        r#"{{"proto":1,"app":"t","batch":"{batch}","replica":"{}","epoch":null,"wall_ms":1,"pending":0,"changes":[{sent}]}}"#,
        city.replica("yi")
    );
    let (status, answer) = city.raw("admin", "/push", Some(serde_json::from_str(&again).unwrap())).await;
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((status, &answer["results"][0]["st"]), (200, &json!("dup")));
    // And facts that nobody has seen yet.
    let named = json!({ "person": { "id": who, "name": "王小虎", "org": city.org("w1") } });
    let noted = json!({ "person": who, "field": "note", "value": "不让写名字" });
    city.push("b", vec![("person_add", one.as_str(), named), ("mark", one.as_str(), noted)]).await;
    city.conn().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    assert_eq!(tells(city.folder.path()), [""; 0]);
    check(city.folder.path(), city.now(), &mut |_, _| {}).unwrap();
}

#[tokio::test]
async fn somebody_of_a_roster_leaves_it_and_stays_in_past_figures() {
    let mut city = City::new();
    let one = city.session("w1", "lecture", "第一场", json!({})).await;
    city.check_in(&one, &["101", "102"]).await;
    let before = city.get("/coverage?org=c").await;
    let who = city.person("101");
    let phone = |conn: &Connection| {
        let org = crate::org::find_code(conn, "g1").unwrap().unwrap();
        crate::feed::rows(conn, crate::feed::Where::Org(org), 1, 1_000).unwrap()
    };
    city.pass(HOUR);
    erase_there(&city, &who);
    let mut after = city.get("/coverage?org=c").await;
    after["as_of_ms"] = before["as_of_ms"].clone();
    assert_eq!(after, before);
    let key = crate::feed::Key::Person(who.parse().unwrap());
    let told = phone(&city.conn()).into_iter().find(|row| row.key == key).unwrap();
    assert!(told.deleted, "phones drop the row with the name");
    assert_eq!(name(&city.conn(), who.parse().unwrap()).unwrap().as_deref(), Some(shared::erase::NAME));
    // The same number on the next list is somebody new.
    city.roster("g1", crate::small_city::G1);
    assert_ne!(city.person("101"), who);
    check(city.folder.path(), city.now(), &mut |_, _| {}).unwrap();
}

#[tokio::test]
async fn files_of_a_former_life_are_rewritten_too() {
    let (city, _, who) = talkative().await;
    let target = crate::test::Folder::new();
    back_up_once(city.folder.path(), target.path(), None, city.now()).unwrap();
    let new = crate::test::Folder::new();
    restore_into(target.path(), new.path(), None, city.now(), &mut |_, _| {}).unwrap();
    let city = city.moved(new);
    erase_there(&city, &who);
    assert_eq!(tells(target.path()), SECRETS);
    back_up_once(city.folder.path(), target.path(), None, city.now()).unwrap();
    assert_eq!(tells(target.path()), [""; 0]);
    verify(target.path(), city.now(), &mut |_, _| {}).unwrap();
}

#[tokio::test]
async fn an_erasure_that_was_cut_off_is_done_again() {
    let (city, _, who) = talkative().await;
    let shelf = crate::backup::shelf::InMemory::default();
    let epoch = db::epoch(&city.conn()).unwrap();
    let open = || Keeper::open(Box::new(shelf.clone()), epoch).unwrap();
    // Two files, of two programs.
    open().add(&mut city.conn(), city.now()).unwrap();
    open().add(&mut city.conn(), city.now()).unwrap();
    city.roster("g1", crate::small_city::G1.replace("丙", "丙丙").as_str());
    open().add(&mut city.conn(), city.now()).unwrap();
    let old = shelf.with(|files| files.clone());
    erase_there(&city, &who);
    open().add(&mut city.conn(), city.now()).unwrap();
    let new = shelf.with(|files| files.clone());
    assert!(old.keys().filter(|name| name.starts_with("log")).count() >= 2);
    // As if it had ended after the first file: the others and the note are the old ones.
    shelf.with(|files| {
        files.retain(|name, _| old.contains_key(name));
        for (name, bytes) in &old {
            if name != "log-00000001.jdb" {
                files.insert(name.clone(), bytes.clone());
            }
        }
    });
    open().add(&mut city.conn(), city.now()).unwrap();
    for name in new.keys().filter(|name| name.starts_with("log")) {
        let text = crate::backup::text(&shelf, name).unwrap();
        let has = |word: &&str| text.windows(word.len()).any(|part| part == word.as_bytes());
        assert_eq!(SECRETS.into_iter().find(has), None, "{name}");
    }
}
