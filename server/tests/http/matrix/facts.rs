//! What a push of each role does with each kind of change, and which scopes each role pulls.

use super::places::{City, Place};
use crate::world::{HOUR, NOW, change, id, org_id, outcomes, person_id, session_id, walk_in};
use serde_json::{Value, json};
use server::access::grant::Role;
use shared::change::KINDS;
use std::collections::BTreeSet;

const ROLES: [Role; 5] = [Role::Organizer, Role::Lecturer, Role::Viewer, Role::Manager, Role::Admin];

/// About something of the own branch, of the other plant, of the city itself: taken, or held as not permitted.
const KIND_TABLE: &str = "
                | organizer      | lecturer       | viewer         | manager        | admin
session_set     | ok   held held | held held held | held held held | ok   held held | ok   ok   ok
session_alias   | ok   held held | held held held | held held held | ok   held held | ok   ok   ok
person_add      | ok   held held | held held held | held held held | ok   held held | ok   ok   ok
person_alias    | ok   held held | held held held | held held held | ok   held held | ok   ok   ok
check_in        | ok   held held | held held held | held held held | ok   held held | ok   ok   ok
void            | ok   held held | held held held | held held held | ok   held held | ok   ok   ok
mark            | ok   held held | held held held | held held held | ok   held held | ok   ok   ok
headcount       | ok   held held | held held held | held held held | ok   held held | ok   ok   ok
response        | ok   held held | held held held | held held held | ok   held held | ok   ok   ok
session_close   | ok   held held | held held held | held held held | ok   held held | ok   ok   ok
photo           | ok   held held | held held held | held held held | ok   held held | ok   ok   ok
";

/// The scope of an org or of a session of each place: all of it, its row and totals alone, or left out.
const SCOPE_TABLE: &str = "
                | organizer      | lecturer       | viewer         | manager        | admin
org             | all  out  out  | out  out  out  | out  out  out  | all  out  out  | all  all  all
session         | all  out  out  | own  out  out  | out  out  out  | all  out  out  | all  all  all
";

/// Name → the words of every role.
fn table(text: &str) -> Vec<(&str, Vec<Vec<&str>>)> {
    let lines = text.lines().filter(|line| !line.trim().is_empty()).skip(1);
    lines
        .map(|line| {
            let mut cells = line.split('|').map(str::trim);
            (cells.next().unwrap(), cells.map(|cell| cell.split_whitespace().collect()).collect())
        })
        .collect()
}

/// A change of that kind about something of the place.
fn fact(kind: &str, at: Place, n: u128) -> Value {
    let (session, person) = (at.session(), person_id(at.person()));
    let declared = json!({ "check_ins": 0, "responses": 0 });
    let (about, body) = match kind {
        "session_set" => (Some(session), json!({ "set": { "note": "改" } })),
        "session_alias" => (None, json!({ "a": session_id(session), "b": session_id(at.second()) })),
        "person_add" => return walk_in(n, session, 600 + n),
        "person_alias" => (None, json!({ "a": person, "b": person_id(700 + n) })),
        "check_in" => (Some(session), json!({ "person": person, "method": "tap" })),
        "void" => (Some(session), json!({ "targets": [id(1)] })),
        "mark" => (Some(session), json!({ "person": person, "field": "status", "value": "late" })),
        "headcount" => (Some(session), json!({ "count": 3 })),
        "session_close" => (Some(session), json!({ "declared": declared })),
        "photo" => (
            Some(session),
            json!({ "sha256": "0".repeat(64), "len": 9, "mime": "image/jpeg", "use": "scene" }),
        ),
        other => panic!("a change of kind {other} is not made here"),
    };
    change(n, kind, about, body)
}

fn response(at: Place, n: u128) -> Value {
    let body = json!({ "form": shared::form::DEFAULT_FORM, "version": 1, "via": "phone", "answers": { "understood": 4 } });
    json!({ "id": uuid::Uuid::from_u128(0x4000_8000_0000_0000_0000 + n), "seq": null, "v": 1, "kind": "response",
        "session": session_id(at.session()), "wall_ms": 0, "offset_ms": 0, "heard_ms": 0, "after": null, "body": body })
}

/// What becomes of a change when "me" pushes it.
async fn pushed(city: &City, kind: &str, at: Place, n: u128, login: &str) -> String {
    let answer = match kind {
        "response" => city.world.push_as(login, None, &[response(at, n)]).await,
        _ => city.world.push_as(login, Some(70), &[fact(kind, at, n)]).await,
    };
    match outcomes(&answer.ok())[0].as_str() {
        "held not_permitted" => "held".to_owned(),
        other => other.to_owned(),
    }
}

#[tokio::test]
async fn every_kind_of_change_is_taken_where_its_maker_records_and_held_elsewhere() {
    let table = table(KIND_TABLE);
    let told: BTreeSet<&str> = table.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(told, KINDS.into_iter().collect(), "every kind has a line");
    let mut wrong = Vec::new();
    for (column, role) in ROLES.into_iter().enumerate() {
        let city = City::new(role).await;
        let mut n = 1_000;
        for (kind, cells) in &table {
            for (at, want) in Place::ALL.into_iter().zip(&cells[column]) {
                n += 1;
                let got = pushed(&city, kind, at, n, "me").await;
                if got != *want {
                    wrong.push(format!("{kind} about {} as {}: {got}, not {want}", at.letter(), role.word()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn nobody_records_after_the_end_of_the_grant_and_the_way_up_stays_open() {
    for role in ROLES {
        let city = City::new(role).await;
        for (n, kind) in (2_000..).zip(KINDS) {
            // A response is permitted by any time of its day; today the grant still stood.
            let kind = if kind == "response" { "headcount" } else { kind };
            let mut late = fact(kind, Place::Own, n);
            late["wall_ms"] = json!(NOW);
            let answer = city.world.push_as("ended", Some(71), &[late]).await.ok();
            assert_eq!(outcomes(&answer), ["held not_permitted"], "{kind} as {}", role.word());
        }
        // A device that was revoked still sends what it has, by its push token.
        city.world.at(NOW + HOUR);
        let permitted = [Role::Organizer, Role::Manager, Role::Admin].contains(&role);
        let want = if permitted { "ok" } else { "held" };
        assert_eq!(pushed(&city, "check_in", Place::Own, 3_000, "gone").await, want, "{}", role.word());
    }
}

#[tokio::test]
async fn a_scope_is_granted_where_its_rows_may_be_seen() {
    let mut wrong = Vec::new();
    for (column, role) in ROLES.into_iter().enumerate() {
        let city = City::new(role).await;
        for (noun, cells) in table(SCOPE_TABLE) {
            for (at, want) in Place::ALL.into_iter().zip(&cells[column]) {
                let scope = match noun {
                    "org" => format!("org:{}", org_id(at.org())),
                    _ => format!("session:{}", session_id(at.session())),
                };
                for (login, want) in [("me", *want), ("ended", "out")] {
                    let pulled = city.world.pull_from(login, &scope, 0).await;
                    let keys: Vec<&str> = pulled["scopes"][0]["rows"]
                        .as_array()
                        .map(|rows| rows.iter().map(|row| row["key"].as_str().unwrap()).collect())
                        .unwrap_or_default();
                    let persons =
                        keys.iter().any(|key| key.starts_with("person:") || key.starts_with("attendance:"));
                    let got = match (keys.is_empty(), persons) {
                        (true, _) => "out",
                        (false, true) => "all",
                        (false, false) => "own",
                    };
                    if got != want {
                        wrong.push(format!("{scope} of {} as {}: {keys:?}", at.letter(), role.word()));
                    }
                }
            }
        }
        let granted = city.world.pull_from("me", "", 0).await["granted"].clone();
        let want = match role {
            Role::Organizer | Role::Manager => json!([format!("org:{}", org_id(crate::world::PLANT))]),
            Role::Admin => json!([format!("org:{}", org_id(crate::world::CITY))]),
            Role::Lecturer => json!([format!("session:{}", session_id(1))]),
            Role::Viewer => json!([]),
        };
        assert_eq!(granted, want, "{}", role.word());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
