//! Who was at a session leaves the phone in the end.

use crate::desk::{Desk, check_in, id, json, person, session, session_set};
use crate::{ok_results, receipt};
use serde_json::{Value, json};
use shared::phone::{NAMES_KEPT_MS, Table};

const DAY: i64 = 86_400_000;

/// A session with somebody from the roster and a walk-in, all of it receipted and pulled back.
fn recorded() -> Desk {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50), check_in(1, 60, 1)]);
    desk.wait(300);
    let body = desk.pushed();
    desk.answer_push(json(200, &receipt(&body, &ok_results(&body), false)));
    desk.rows(35, &[], false);
    let here = |n: u128| {
        json!({ "person": person(n), "present": true, "arrived_ms": 4_500, "status": null,
        "note": null, "check_ins": [id::<shared::id::ChangeId>(60)], "tags": [] })
    };
    let walk_in =
        json!({ "person": { "id": person(2), "name": "王桂兰", "org": id::<shared::id::OrgId>(1) } });
    let totals = json!({ "attended": 2, "walk_ins": 1, "headcount": null, "responses": 7, "declared": { "check_ins": 0, "responses": 0 } });
    desk.rows(
        40,
        &[
            json!({ "key": format!("attendance:{}", person(1)), "seq": 31, "body": here(1) }),
            json!({ "key": format!("attendance:{}", person(2)), "seq": 32, "body": here(2) }),
            json!({ "key": format!("walk_in:{}", person(2)), "seq": 33, "body": walk_in }),
            json!({ "key": "totals", "seq": 34, "body": totals }),
        ],
        false,
    );
    assert_eq!(desk.phone.session(session(1)).unwrap().walk_ins.len(), 1);
    desk
}

/// Everything that is stored, as text.
fn stored(desk: &Desk) -> String {
    let values = Table::ALL.into_iter().flat_map(|table| desk.store.tables.of(table));
    values.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
}

fn asks_for_it(desk: &mut Desk) -> bool {
    desk.wait(60_000);
    let call = desk.pull.as_ref().expect("nothing was pulled");
    let asked: Value = serde_json::from_str(&call.body).unwrap();
    asked["scopes"]
        .as_array()
        .unwrap()
        .iter()
        .any(|scope| scope["scope"] == json!(format!("session:{}", session(1))))
}

#[test]
fn thirty_days_later_the_names_are_gone_and_the_totals_are_not() {
    let mut desk = recorded();
    // Not a day too early, and not as long as it is open.
    desk.state = "closed";
    desk.server_ms = 4_000 + NAMES_KEPT_MS;
    desk.rows(41, &[], false);
    desk.rows(42, &[], false);
    assert!(stored(&desk).contains("王桂兰"));
    desk.state = "open";
    desk.rows(43, &[], false);
    desk.server_ms += DAY;
    desk.rows(44, &[], false);
    assert!(stored(&desk).contains("王桂兰"));
    desk.state = "closed";
    desk.rows(45, &[], false);
    desk.rows(46, &[], false);
    assert!(!stored(&desk).contains("王桂兰"));
    for desk in [&desk, &desk.restarted()] {
        let view = desk.phone.session(session(1)).unwrap();
        assert!(view.names_gone && view.walk_ins.is_empty() && view.rows.attendance.is_empty());
        let totals = view.rows.totals;
        assert_eq!((totals.attended, totals.walk_ins, totals.responses), (2, 1, 7));
    }
    assert!(!asks_for_it(&mut desk), "what was dropped does not come again");
}

#[test]
fn as_long_as_something_waits_the_names_stay() {
    let mut desk = recorded();
    desk.state = "closed";
    desk.server_ms = 4_000 + NAMES_KEPT_MS + DAY;
    desk.record(vec![check_in(1, 61, 3)]);
    desk.rows(41, &[], false);
    desk.rows(42, &[], false);
    assert!(stored(&desk).contains("王桂兰"));
    assert!(!desk.phone.session(session(1)).unwrap().names_gone);
}

#[test]
fn a_session_that_is_opened_again_comes_back_whole() {
    let mut desk = recorded();
    desk.state = "closed";
    desk.server_ms = 4_000 + NAMES_KEPT_MS + DAY;
    desk.rows(41, &[], false);
    desk.rows(42, &[], false);
    assert!(desk.phone.session(session(1)).unwrap().names_gone);
    desk.state = "open";
    desk.rows(50, &[], false);
    assert!(asks_for_it(&mut desk));
    let walk_in =
        json!({ "person": { "id": person(2), "name": "王桂兰", "org": id::<shared::id::OrgId>(1) } });
    desk.rows(60, &[json!({ "key": format!("walk_in:{}", person(2)), "seq": 33, "body": walk_in })], false);
    let view = desk.phone.session(session(1)).unwrap();
    assert!(!view.names_gone && view.walk_ins.len() == 1);
}
