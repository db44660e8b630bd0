//! How long a backup and its restore take: real pushes into a real file, the shipped code, no faults.

use super::server::copy;
use super::template::{ACCOUNTS, CAMPAIGN, MORNING_MS, PEOPLE, Template, roster, union};
use rusqlite::Connection;
use serde_json::{Value, json};
use server::access::{self, login};
use server::backup::shelf::{Folder, Shelf};
use server::backup::{back_up_once, check, restore_into, verify};
use server::{db, push};
use std::path::{Path, PathBuf};
use std::time::Instant;
use uuid::Uuid;

/// Changes of one push.
const BATCH: u64 = 500;
/// Changes of one session: its making, people, and what is corrected.
const OF_A_SESSION: u64 = 50;

/// Makes so many changes, backs them up, restores, verifies and checks; prints how long each took.
///
/// # Panics
/// Where any of it fails.
pub fn measure(changes: u64, folder: &Path) {
    let data = folder.join("data");
    std::fs::create_dir_all(&data).unwrap();
    let began = Instant::now();
    fill(&data, changes);
    told("taken in", changes, began);
    println!("database: {} bytes a change", size(&data.join(db::FILE)) / changes.max(1));
    let target = folder.join("backup");
    let began = Instant::now();
    back_up_once(&data, &target, None, MORNING_MS).unwrap();
    told("backed up", changes, began);
    let bytes: u64 = files(&target).iter().map(|path| size(path)).sum();
    println!("backup: {} bytes a change", bytes / changes.max(1));
    let began = Instant::now();
    let restored = restore_into(&target, &folder.join("again"), None, MORNING_MS, &mut |_, _| {}).unwrap();
    told("restored", u64::try_from(restored.changes).unwrap_or(0), began);
    let began = Instant::now();
    let verified = verify(&target, MORNING_MS, &mut |_, _| {}).unwrap();
    told("verified", changes, began);
    let began = Instant::now();
    let checked = check(&folder.join("again"), MORNING_MS, &mut |_, _| {}).unwrap();
    told("checked", changes, began);
    assert_eq!(checked.hash, verified.hash, "what was restored is the state that was");
}

fn told(what: &str, changes: u64, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    println!("{changes} changes {what} in {seconds:.1} s, {:.0} a second", changes as f64 / seconds);
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |meta| meta.len())
}

fn files(target: &Path) -> Vec<PathBuf> {
    Folder::new(target).names().unwrap().iter().map(|name| target.join(name)).collect()
}

/// A city's years in pushes of one phone: sessions, check-ins, and a void now and then.
fn fill(data: &Path, changes: u64) {
    let template = Template::new();
    let mut file = Connection::open(data.join(db::FILE)).unwrap();
    copy(&template.data, &mut file).unwrap();
    drop(file);
    let mut conn = db::connect(data).unwrap();
    // The disk's own time is measured elsewhere.
    conn.pragma_update(None, "synchronous", "OFF").unwrap();
    let replica = Uuid::from_u128(0xBEEF);
    db::transaction::<_, server::refuse::Refusal>(&mut conn, |c| {
        login::enter(c, ACCOUNTS[0].row, Some(replica.into()), None, ("token", "push"), MORNING_MS)
    })
    .map(drop)
    .unwrap_or_else(|_| panic!("the phone logs in"));
    let mut seq = 0;
    while seq < changes {
        let many = BATCH.min(changes - seq);
        let batch: Vec<Value> = (seq + 1..=seq + many).map(change).collect();
        seq += many;
        let body = json!({ "proto": 1, "app": "0.1.0", "batch": Uuid::from_u128(seq.into()), "replica": replica,
            "epoch": null, "wall_ms": MORNING_MS, "pending": 0, "changes": batch });
        let request = push::read(body.to_string().as_bytes()).unwrap_or_else(|_| panic!("a push"));
        let caller = access::who(&conn, "push", MORNING_MS).unwrap_or_else(|_| panic!("a login"));
        let answer = db::transaction(&mut conn, |c| push::take(c, at(seq), &caller, &request));
        let answer = answer.unwrap_or_else(|_| panic!("taken in"));
        assert!(answer.results.iter().all(server_took), "{:?}", answer.results.first());
    }
}

const fn server_took(result: &shared::wire::PushResult) -> bool {
    matches!(result.outcome, shared::wire::Outcome::Ok { .. })
}

/// When a change was made: one every twenty seconds.
fn at(seq: u64) -> i64 {
    MORNING_MS + i64::try_from(seq).unwrap_or(0) * 20_000
}

fn id(seq: u64) -> Uuid {
    let bytes = [&seq.to_be_bytes()[2..], &[0x70, 0, 0x80, 0], &seq.to_be_bytes()[2..]].concat();
    Uuid::from_slice(&bytes).unwrap()
}

fn change(seq: u64) -> Value {
    let place = (seq - 1) % OF_A_SESSION;
    let session = Uuid::from_u128(u128::from((seq - 1) / OF_A_SESSION) + 1);
    let (kind, body) = if place == 0 {
        let set = json!({ "org": union(0), "campaign": CAMPAIGN, "activity": "lecture", "title": "宣讲",
            "starts_ms": at(seq) });
        ("session_set", json!({ "set": set }))
    } else if place % 10 == 9 {
        ("void", json!({ "targets": [id(seq - 1)] }))
    } else {
        let person = roster(0, u128::from(place) % PEOPLE);
        ("check_in", json!({ "person": person, "method": "tap" }))
    };
    json!({ "id": id(seq), "seq": seq, "v": 1, "kind": kind, "session": session, "wall_ms": at(seq),
        "offset_ms": 0, "heard_ms": 0, "after": null, "body": body })
}
