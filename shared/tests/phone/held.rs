//! What staff decide of a held change, as the phone hears of it.

use crate::desk::{Desk, check_in, id, json, session, session_set};
use crate::{ok_results, receipt};
use serde_json::{Value, json};
use shared::id::ChangeId;
use shared::phone::{Event, Mark, Opening, Table};

/// A phone whose session went up, and one of whose two check-ins is held.
fn desk() -> Desk {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50), check_in(1, 60, 1), check_in(1, 61, 2)]);
    desk.wait(300);
    let body = desk.pushed();
    let mut results = ok_results(&body);
    results[1] = json!({"id": body["changes"][1]["id"], "st": "held", "code": "not_permitted"});
    desk.answer_push(json(200, &receipt(&body, &results, false)));
    // The session comes to be known: from now on its rows are asked for.
    desk.rows(20, &[], false);
    desk
}

fn held_row(change: u128, seq: u64, body: Value) -> Value {
    json!({"key": format!("held:{}", id::<ChangeId>(change)), "seq": seq, "deleted": body.is_null(), "body": body})
}

/// Code and reason of each held change.
fn told(desk: &Desk) -> Vec<(ChangeId, String, Option<String>)> {
    desk.phone.held().into_iter().map(|held| (held.id, held.code, held.refused)).collect()
}

fn refused(change: u128, why: Option<&str>) -> (ChangeId, String, Option<String>) {
    (id(change), "not_permitted".to_owned(), why.map(str::to_owned))
}

#[test]
fn a_refusal_is_shown_at_its_change() {
    let mut desk = desk();
    assert_eq!(told(&desk), [refused(60, None)]);
    desk.rows(90, &[held_row(60, 88, json!({"code": "not_permitted", "refused": "不在名单"}))], false);
    assert_eq!(told(&desk), [refused(60, Some("不在名单"))]);
    assert_eq!(desk.phone.mark(id(60)), Some(Mark::Held), "and it stays held");
    assert_eq!(desk.phone.held()[0].session, Some(session(1)));
    let Opening::Ready(again) = desk.opened() else { panic!("an identity is stored") };
    assert_eq!(again.held(), desk.phone.held(), "also after a restart");
}

#[test]
fn one_that_had_waited_is_shown_as_well() {
    let mut desk = desk();
    desk.rows(90, &[held_row(61, 88, json!({"code": "not_permitted"}))], false);
    assert_eq!(told(&desk), [refused(60, None), refused(61, None)]);
    desk.rows(95, &[held_row(61, 93, json!({"code": "not_permitted", "refused": "重复"}))], false);
    assert_eq!(told(&desk), [refused(60, None), refused(61, Some("重复"))]);
    desk.rows(99, &[held_row(61, 97, Value::Null)], false);
    assert_eq!(told(&desk), [refused(60, None)], "accepted");
    // Of another phone's change it says nothing.
    desk.rows(110, &[held_row(77, 105, json!({"code": "not_permitted"}))], false);
    assert_eq!(told(&desk), [refused(60, None)]);
}

#[test]
fn what_is_accepted_is_held_no_more() {
    let mut desk = desk();
    assert_eq!((desk.store.len(Table::Held), desk.phone.safety().held), (1, 1));
    desk.rows(90, &[held_row(60, 88, Value::Null)], false);
    assert_eq!((told(&desk), desk.phone.mark(id(60))), (Vec::new(), Some(Mark::Sent)));
    assert_eq!(desk.phone.safety().held, 0);
    assert_eq!((desk.store.len(Table::Held), desk.store.len(Table::Acked)), (0, 3));
    let sent = desk.phone.session_safety(session(1));
    assert_eq!((sent.recorded, sent.sent, sent.held), (3, 3, 0));
    let Opening::Ready(again) = desk.opened() else { panic!("an identity is stored") };
    assert_eq!(again.mark(id(60)), Some(Mark::Sent));
    // It is kept like any receipted one: another life of the data would be sent it again.
    desk.step(Event::Woke);
    desk.wait(60_000);
    assert_eq!(desk.phone.mark(id(60)), Some(Mark::Sent));
}
