//! While the page of a session is open, what others record there is asked for often; of everything else, and
//! with it the phone's writes, no more than before.

use super::desk::{Desk, id, json, session, session_set};
use serde_json::{Value, json};
use shared::id::{Epoch, OrgId, PersonId};
use shared::phone::{Event, Table};

/// The scopes of the question that is on its way.
fn asked(desk: &Desk) -> Vec<String> {
    let Some(call) = &desk.pull else { return Vec::new() };
    let body: Value = serde_json::from_str(&call.body).unwrap();
    let scopes = body["scopes"].as_array().unwrap();
    scopes.iter().map(|scope| scope["scope"].as_str().unwrap().to_owned()).collect()
}

/// Answers it: each scope goes on to the cursor, the session's with these rows.
fn answer(desk: &mut Desk, cursor: u64, rows: &Value) {
    let scopes: Vec<Value> = asked(desk)
        .iter()
        .map(|scope| {
            let rows = if scope.starts_with("session") { rows.clone() } else { json!([]) };
            json!({"scope": scope, "cursor": cursor, "more": false, "reset": false, "rows": rows})
        })
        .collect();
    let call = desk.pull.take().expect("nothing was pulled").call;
    let answer = json!({"epoch": id::<Epoch>(9), "server_ms": desk.server_ms,
        "granted": [format!("org:{}", id::<OrgId>(1))], "rescue_key": "age1 of the pull", "scopes": scopes});
    desk.step(Event::Answered { call, answer: json(200, &answer) });
}

#[test]
fn an_open_session_is_looked_at_often_and_alone() {
    let mut desk = Desk::new();
    let mine = format!("session:{}", session(1));
    desk.record(vec![session_set(1, 50)]);
    desk.rows(60, &[], false);
    answer(&mut desk, 60, &json!([]));
    desk.step(Event::Watch(Some(session(1))));
    assert_eq!(asked(&desk), [mine.as_str()], "at once, and nothing else");
    let before = desk.store.tables.snapshot(&Table::ALL);
    answer(&mut desk, 61, &json!([]));
    assert_eq!(desk.store.tables.snapshot(&Table::ALL), before, "nobody did anything: nothing is written");
    desk.wait(6_900);
    assert!(desk.pull.is_none());
    desk.wait(100);
    assert_eq!(asked(&desk), [mine.as_str()]);
    let who: PersonId = id(0x2_0001);
    let row = json!({"key": format!("attendance:{who}"), "seq": 62, "deleted": false, "body":
        {"person": who, "present": true, "arrived_ms": 4_500, "check_ins": [id::<shared::id::ChangeId>(900)]}});
    answer(&mut desk, 62, &json!([row]));
    let shown = desk.phone.session(session(1)).unwrap();
    assert!(shown.rows.attendance[&who].present, "a second organiser's check-in is here");
    // Everything is still asked for every half a minute.
    let mut whole = 0;
    for _ in 0..10 {
        desk.wait(7_000);
        if asked(&desk).len() > 1 {
            whole += 1;
        }
        answer(&mut desk, 63, &json!([]));
    }
    assert!((2..=3).contains(&whole), "in 70 s: {whole}");
    // The page is closed.
    desk.step(Event::Watch(None));
    desk.wait(30_000);
    assert!(asked(&desk).len() > 1);
    answer(&mut desk, 64, &json!([]));
    desk.wait(29_000);
    assert!(desk.pull.is_none());
}

#[test]
fn what_fails_is_not_asked_for_more_often() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50)]);
    desk.rows(60, &[], false);
    desk.step(Event::Watch(Some(session(1))));
    let mut calls = 0;
    for _ in 0..600 {
        if let Some(call) = desk.pull.take() {
            calls += 1;
            desk.step(Event::Unanswered { call: call.call, timed_out: false });
        }
        desk.step(Event::Watch(None));
        desk.step(Event::Watch(Some(session(1))));
        desk.wait(100);
    }
    assert!(calls < 15, "{calls} calls in a minute without a network");
}
