//! A database that was emptied or put back, a server that was: noticed, told, and told of once.

use super::desk::{Desk, check_in, json, response, session_set};
use super::{ok_results, receipt};
use serde_json::{Value, json};
use shared::phone::{Event, Opening, Table, Tables};
use shared::wire::LossKind;

#[test]
fn a_server_that_has_less_than_it_said_is_not_trusted_and_told_of() {
    let mut desk = Desk::new();
    let answer = |body: &Value, have: u64| {
        let mut answer = receipt(body, &ok_results(body), false);
        answer["have"] = json!(have);
        json(200, &answer)
    };
    desk.record(vec![session_set(1, 50), check_in(1, 60, 1)]);
    desk.wait(300);
    desk.answer_push(answer(&desk.pushed(), 2));
    desk.record(vec![check_in(1, 61, 2)]);
    desk.wait(300);
    desk.answer_push(answer(&desk.pushed(), 0));
    let note = desk.phone.losses().first().expect("a loss").clone();
    assert_eq!((note.loss.kind, note.loss.missing), (LossKind::ServerBehind, Some(2)));
    let again = desk.pushed();
    assert_eq!(again["changes"].as_array().unwrap().len(), 2, "what has a receipt comes again");
    assert_eq!(again["losses"][0]["kind"], "server_behind");
    desk.answer_push(answer(&again, 3));
    assert!(desk.phone.losses()[0].told.is_some() && !desk.phone.losses()[0].read);
    desk.step(Event::LossesRead);
    let again = desk.restarted();
    assert!(again.phone.losses()[0].read && again.phone.losses()[0].told.is_some(), "and it lasts");
    assert_eq!(desk.phone.safety().unsent, 0);
}

#[test]
fn an_emptied_and_an_older_database_are_no_new_phone() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50), check_in(1, 60, 1)]);
    let before = desk.restarted();
    desk.record(vec![check_in(1, 61, 2)]);
    let mut older = desk.restarted();
    older.store = before.store.clone();
    let Opening::Ready(phone) = older.opened() else { panic!("it has an identity") };
    older.phone = *phone;
    let old_replica = older.phone.identity().replica;
    older.step(Event::Lead { reload: false, pull: true });
    older.wait(400);
    assert_ne!(older.phone.identity().replica, old_replica, "its seqs would be used twice");
    let loss = &older.phone.losses()[0].loss;
    assert_eq!((loss.kind, loss.missing, loss.replica), (LossKind::RolledBack, Some(1), old_replica));
    assert_eq!(older.pushed()["changes"].as_array().unwrap().len(), 2);
    assert_eq!(older.pushed()["losses"][0]["kind"], "rolled_back");
    // An older mark beside it proves nothing.
    let mut newer = desk.restarted();
    newer.canary = before.canary;
    let Opening::Ready(phone) = newer.opened() else { panic!("it has an identity") };
    assert!(phone.losses().is_empty());
    // Nothing at all where there was something.
    newer.store.tables = Tables::default();
    newer.canary = desk.canary;
    let Opening::Emptied(loss) = newer.opened() else { panic!("it was emptied") };
    assert_eq!((loss.kind, loss.missing), (LossKind::Emptied, Some(3)));
    newer.canary = None;
    assert!(matches!(newer.opened(), Opening::New));
}

#[test]
fn an_older_database_on_which_is_recorded_hides_nothing_from_the_next_start() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50)]);
    let before = desk.store.clone();
    desk.record(vec![check_in(1, 61, 2)]);
    let mut older = desk.restarted();
    older.store = before.clone();
    let Opening::Ready(phone) = older.opened() else { panic!("it has an identity") };
    older.phone = *phone;
    let old_replica = older.phone.identity().replica;
    // Not leading, so that nothing is done about it; read anew, as when another tab has written.
    let snapshot = Box::new(older.store.tables.snapshot(&Table::ALL));
    older.step(Event::Reloaded(snapshot));
    assert_eq!(older.canary, desk.canary, "the only witness, until there is another");
    older.record(vec![check_in(1, 62, 3)]);
    assert_eq!(older.store.counter(), desk.store.counter(), "what is missing is used up");
    let mut next = older.restarted();
    next.step(Event::Lead { reload: true, pull: true });
    next.wait(400);
    assert_ne!(next.phone.identity().replica, old_replica);
    let losses: Vec<_> = next.phone.losses().iter().map(|note| (note.loss.kind, note.loss.missing)).collect();
    assert_eq!(losses, [(LossKind::RolledBack, Some(1))]);
    next.wait(400);
    assert_eq!(next.pushed()["changes"].as_array().unwrap().len(), 2);
    // A tab that had noticed it too has nothing left to do about it.
    let mut third = older.restarted();
    third.store = next.store.clone();
    third.step(Event::Lead { reload: true, pull: true });
    third.wait(400);
    assert_eq!(third.phone.identity().replica, next.phone.identity().replica);
    assert_eq!(third.phone.losses().len(), 1, "told once");
    assert_eq!(third.restarted().phone.losses().len(), 1);
}

#[test]
fn data_that_were_put_back_are_told_by_a_milestone_whatever_came_in_since() {
    let mut desk = Desk::new();
    let milestone = |seq: u64| json!({ "seq": seq, "word": seq * 7 });
    let answer = |body: &Value, milestone: &Value, behind: bool| {
        let mut answer = receipt(body, &ok_results(body), false);
        answer["have"] = json!(2);
        answer["milestone"] = milestone.clone();
        answer["behind"] = json!(behind);
        json(200, &answer)
    };
    desk.record(vec![session_set(1, 50), check_in(1, 60, 1)]);
    desk.wait(300);
    assert_eq!(desk.pushed().get("milestones"), None, "nothing was heard yet");
    desk.answer_push(answer(&desk.pushed(), &milestone(10), false));
    desk.record(vec![response(1, 70)]);
    desk.wait(300);
    assert_eq!(desk.pushed().get("milestones"), None, "responses ask for nothing");
    desk.answer_push(answer(&desk.pushed(), &milestone(11), false));
    let mut again = desk.restarted();
    again.step(Event::Lead { reload: true, pull: true });
    again.record(vec![check_in(1, 61, 2)]);
    again.wait(300);
    assert_eq!(
        again.pushed()["milestones"],
        json!([milestone(10), milestone(11)]),
        "both, and over a restart"
    );
    again.answer_push(answer(&again.pushed(), &milestone(12), true));
    assert_eq!(again.phone.losses()[0].loss.kind, LossKind::ServerBehind);
    again.wait(300);
    let first = again.pushed();
    again.answer_push(answer(&first, &milestone(13), false));
    again.wait(300);
    let sent: usize =
        [&first, &again.pushed()].iter().map(|body| body["changes"].as_array().unwrap().len()).sum();
    assert_eq!(sent, 3, "all that had a receipt before, the response too");
}
