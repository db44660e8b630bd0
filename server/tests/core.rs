//! The server's core as plain functions over one connection: no clock, no thread, no randomness of
//! its own, so that the same calls give the same answers.

#![expect(clippy::unwrap_used, reason = "a test that meets what it did not foresee fails")]

use rusqlite::Connection;
use serde_json::{Value, json};
use server::access::grant::{self, Role};
use server::access::{account, login};
use server::{access, db, form, org, pull, push};
use shared::id::{AccountId, Epoch, OrgId, ReplicaId, SessionId};
use shared::org::Level;
use shared::wire::{PushRequest, Scope};
use uuid::Uuid;

const NOW: i64 = 1_763_786_400_000;
const CITY: OrgId = OrgId::from_u128(0x1);
const SESSION: SessionId = SessionId::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
const REPLICA: ReplicaId = ReplicaId::from_u128(0x4_0001);

fn begin() -> (Connection, i64) {
    let mut connection = db::memory().unwrap();
    let begun = db::transaction::<_, rusqlite::Error>(&mut connection, |c| {
        db::begin_epoch(c, Epoch::from(Uuid::from_u128(5)))?;
        form::put(c, &shared::form::default_form())?;
        org::put(c, org::Put { id: CITY, code: "C", name: "市总", level: Level::City, parent_id: None })?;
        let new = account::New { login: "zhang", name: "张师傅", password_hash: "none" };
        let account_id = account::add_as(c, AccountId::from_u128(6), new, NOW)?.unwrap();
        let org_id = org::find(c, CITY)?.unwrap();
        grant::add(c, account_id, org_id, Role::Organizer, 0)?;
        Ok(account_id)
    });
    (connection, begun.unwrap())
}

fn batch() -> PushRequest {
    let set = json!({ "org": CITY, "campaign": Uuid::from_u128(7), "activity": "lecture", "title": "宣讲", "starts_ms": NOW });
    let changes: Vec<Value> = (1..=3_u64)
        .map(|n| {
            let body = if n == 1 {
                json!({ "set": set })
            } else {
                json!({ "person": Uuid::from_u128(0x2_0000 + u128::from(n)), "method": "tap" })
            };
            let kind = if n == 1 { "session_set" } else { "check_in" };
            json!({ "id": Uuid::from_u128(u128::from(n)), "seq": n, "v": 1, "kind": kind, "session": SESSION,
                "wall_ms": NOW, "offset_ms": 0, "heard_ms": 0, "after": null, "body": body })
        })
        .collect();
    let bytes = json!({ "proto": 1, "app": "t", "batch": Uuid::from_u128(9), "replica": REPLICA,
        "epoch": null, "wall_ms": NOW, "pending": 3, "changes": changes });
    push::read(bytes.to_string().as_bytes()).unwrap()
}

/// Logs in, pushes and pulls; gives all that was answered.
fn life() -> Vec<Value> {
    let (mut connection, account_id) = begin();
    let tokens = ("token", "push token");
    let entered = db::transaction(&mut connection, |c| {
        login::enter(c, account_id, Some(REPLICA), Some("手机"), tokens, NOW)
    });
    let pusher = access::who(&connection, "push token", NOW).unwrap();
    assert_eq!(pusher.clone().beyond_push().unwrap_err().answer().0, 403);
    let pushed = db::transaction(&mut connection, |c| push::take(c, NOW + 1, &pusher, &batch()));
    let caller = access::who(&connection, "token", NOW).and_then(access::Caller::beyond_push).unwrap();
    let scopes = [Scope::Org(CITY), Scope::Session(SESSION)];
    let scopes = scopes.map(|scope| json!({ "scope": scope, "cursor": 0 }));
    let asked = serde_json::from_value(json!({ "proto": 1, "scopes": scopes })).unwrap();
    let pulled = pull::answer(&connection, &caller, &asked, NOW + 2).unwrap();
    vec![
        serde_json::to_value(entered.unwrap()).unwrap(),
        serde_json::to_value(pushed.unwrap()).unwrap(),
        serde_json::to_value(pulled).unwrap(),
    ]
}

#[test]
fn the_same_calls_give_the_same_answers() {
    let first = life();
    assert_eq!(first[0]["push_token"], "push token");
    assert_eq!(first[1]["have"], 3);
    assert_eq!(first[2]["scopes"][1]["rows"].as_array().map(Vec::len), Some(3));
    assert_eq!(first, life());
}

#[test]
fn what_is_refused_says_how() {
    let (connection, _) = begin();
    let expired = access::who(&connection, "token", NOW).unwrap_err().answer();
    assert_eq!((expired.0, expired.1.code.as_str(), expired.2), (401, "login_expired", None));
    let busy = server::refuse::Refusal::from(shared::problem::Code::Busy).answer();
    assert_eq!((busy.0, busy.1.retry, busy.2), (503, true, Some(5)));
    let long = vec![b' '; shared::wire::PUSH_ONE_MAX_BYTES + 1];
    assert_eq!(push::read(&long).unwrap_err().answer().0, 413);
    assert_eq!(push::read(b"[]").unwrap_err().answer().1.code, "malformed");
}
