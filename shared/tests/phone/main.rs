//! The phone's core against a scripted server: what leaves the outbox, what waits, what is shown.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that meets what it did not foresee fails"
)]

mod desk;
mod held;
mod loss;
mod old;
mod watch;

use desk::{Desk, check_in, id, json, person, portal, response, session, session_set};
use serde_json::{Value, json};
use shared::change::{Body, SessionClose};
use shared::closing::Closing;
use shared::phone::{Effect, Event, Fact, Mark, Table, rescue_content, rescue_key};
use shared::session::Declared;

/// Makes an answer to the pushed body.
type Reply = Box<dyn Fn(&Value) -> shared::phone::Answer>;

fn ok_results(body: &Value) -> Value {
    let results = body["changes"].as_array().unwrap().iter().zip(10..);
    Value::Array(results.map(|(c, seq)| json!({"id": c["id"], "st": "ok", "seq": seq})).collect())
}

fn receipt(body: &Value, results: &Value, rotate: bool) -> Value {
    json!({"batch": body["batch"], "epoch": id::<shared::id::Epoch>(9), "server_ms": 5_000, "durable_seq": 0,
           "have": 1, "rotate_replica": rotate, "results": results})
}

#[test]
fn saved_means_the_transaction_completed() {
    let mut desk = Desk::new();
    let effects = desk.raw(Event::Record { facts: vec![session_set(1, 50)], also: vec![] });
    let Some(Effect::Store { token, .. }) = effects.first() else { panic!("no store: {effects:?}") };
    assert_eq!(desk.phone.mark(id(50)), Some(Mark::Saving));
    assert_eq!(desk.phone.safety().unsent, 0, "nothing counts before it is stored");
    let after = desk.raw(Event::StoreFailed { token: *token });
    assert!(after.contains(&Effect::NotSaved(*token)));
    assert_eq!(desk.phone.mark(id(50)), None, "what was not stored is not shown");
}

#[test]
fn the_code_is_of_the_last_closing_that_is_saved() {
    let declared = |check_ins| Declared { check_ins, responses: 1 };
    let close = |change: u128, check_ins| Fact {
        body: Body::SessionClose(SessionClose { declared: declared(check_ins) }),
        ..check_in(1, change, 1)
    };
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50), check_in(1, 51, 1)]);
    assert_eq!(desk.phone.closing(session(1)), None);
    let effects = desk.raw(Event::Record { facts: vec![close(52, 1)], also: vec![] });
    assert_eq!(desk.phone.closing(session(1)), None, "nothing is told that is not saved");
    let Some(Effect::Store { token, .. }) = effects.first() else { panic!("no store: {effects:?}") };
    desk.raw(Event::StoreFailed { token: *token });
    desk.record(vec![close(53, 1)]);
    assert_eq!(desk.phone.closing(session(1)), Some(Closing::new(session(1), declared(1))));
    desk.record(vec![close(54, 2)]);
    let last = Some(Closing::new(session(1), declared(2)));
    assert_eq!(desk.phone.closing(session(1)), last);
    assert_eq!(desk.restarted().phone.closing(session(1)), last, "it is stored");
    assert_eq!(desk.phone.closing(session(2)), None);
    // Still there once the server has it all: somebody may have written only the first one down.
    desk.wait(300);
    let body = desk.pushed();
    desk.answer_push(json(200, &receipt(&body, &ok_results(&body), false)));
    assert_eq!(desk.phone.safety().unsent, 0);
    assert_eq!(desk.phone.closing(session(1)), last);
}

#[test]
fn taps_in_a_row_go_up_in_one_batch_after_a_moment() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50)]);
    for tap in 0..5 {
        desk.now_ms += 40;
        desk.record(vec![check_in(1, 60 + tap, tap)]);
        assert!(desk.push.is_none(), "pushed before the moment was over");
    }
    desk.wait(300);
    let body = desk.pushed();
    assert_eq!(body["changes"].as_array().unwrap().len(), 6);
    let seqs: Vec<u64> =
        body["changes"].as_array().unwrap().iter().map(|c| c["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6]);
    assert_eq!(body["pending"], 6);
}

#[test]
fn only_a_receipt_of_the_own_batch_empties_the_outbox() {
    let wrong_batch = |body: &Value| {
        let mut answer = receipt(body, &ok_results(body), false);
        answer["batch"] = json!("00000000-0000-4000-8000-000000000000");
        json(200, &answer)
    };
    let as_html = |body: &Value| {
        let mut answer = json(200, &receipt(body, &ok_results(body), false));
        answer.json = false;
        answer
    };
    let cut_short = |body: &Value| {
        let mut answer = json(200, &receipt(body, &ok_results(body), false));
        answer.body.truncate(answer.body.len() / 2);
        answer
    };
    let other_ids = |body: &Value| {
        json(
            200,
            &receipt(
                body,
                &json!([{"id": id::<shared::id::ChangeId>(77).to_string(), "st": "ok", "seq": 3}]),
                false,
            ),
        )
    };
    let told_to_retry = |body: &Value| {
        let c = &body["changes"][0];
        json(200, &receipt(body, &json!([{"id": c["id"], "st": "retry", "code": "busy"}]), false))
    };
    let answers: Vec<(&str, Reply)> = vec![
        ("wrong batch", Box::new(wrong_batch)),
        ("html with 200", Box::new(as_html)),
        ("cut short", Box::new(cut_short)),
        ("other ids", Box::new(other_ids)),
        ("retry", Box::new(told_to_retry)),
        ("portal 200", Box::new(|_| portal(200))),
        ("portal 302", Box::new(|_| portal(302))),
        ("portal 404", Box::new(|_| portal(404))),
        ("portal 401", Box::new(|_| portal(401))),
        ("500", Box::new(|body| json(500, &receipt(body, &ok_results(body), false)))),
        ("201", Box::new(|body| json(201, &receipt(body, &ok_results(body), false)))),
    ];
    for (what, answer) in answers {
        let mut desk = Desk::new();
        desk.record(vec![session_set(1, 50)]);
        desk.wait(300);
        let body = desk.pushed();
        desk.answer_push(answer(&body));
        assert_eq!(desk.phone.safety().unsent, 1, "{what}: the outbox lost a change");
        assert_eq!(desk.store.len(Table::Outbox), 1, "{what}: the store lost a change");
        desk.wait(70_000);
        let again = desk.pushed();
        assert_eq!(again["changes"], body["changes"], "{what}: it must come again, the same");
        desk.answer_push(json(200, &receipt(&again, &ok_results(&again), false)));
        assert_eq!((desk.phone.safety().unsent, desk.store.len(Table::Outbox)), (0, 0), "{what}");
        assert_eq!(desk.phone.mark(id(50)), Some(Mark::Sent));
    }
}

#[test]
fn a_receipt_that_cannot_be_stored_is_no_receipt() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50)]);
    desk.wait(300);
    let body = desk.pushed();
    desk.store.fail_receipt = true;
    desk.answer_push(json(200, &receipt(&body, &ok_results(&body), false)));
    assert_eq!((desk.phone.safety().unsent, desk.store.len(Table::Outbox)), (1, 1));
    desk.wait(70_000);
    assert_eq!(desk.pushed()["changes"], body["changes"]);
}

#[test]
fn held_is_kept_apart_and_said() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50)]);
    desk.wait(300);
    let body = desk.pushed();
    let held = json!([{"id": body["changes"][0]["id"], "st": "held", "code": "not_permitted"}]);
    desk.answer_push(json(200, &receipt(&body, &held, false)));
    assert_eq!(desk.phone.mark(id(50)), Some(Mark::Held));
    let safety = desk.phone.safety();
    assert_eq!((safety.unsent, safety.held), (0, 1));
    assert!(desk.phone.session(session(1)).is_none(), "a held change has no effect");
}

#[test]
fn an_ended_login_pauses_and_keeps_until_the_next() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50)]);
    desk.wait(300);
    let problem = shared::problem::Problem::new(shared::problem::Code::LoginExpired, "");
    desk.answer_push(json(401, &serde_json::to_value(problem).unwrap()));
    desk.wait(600_000);
    desk.step(Event::Woke);
    assert!(desk.push.is_none(), "a paused phone keeps quiet");
    assert_eq!(desk.phone.trouble(), Some("login_expired"));
    desk.log_in();
    assert_eq!(desk.pushed()["changes"].as_array().unwrap().len(), 1);
}

#[test]
fn a_batch_halves_when_it_is_too_large_and_doubles_when_it_went_quickly() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50)]);
    desk.record((0..200).map(|n| check_in(1, 1_000 + n, n)).collect());
    desk.wait(300);
    let first = desk.pushed();
    assert_eq!(first["changes"].as_array().unwrap().len(), 50);
    let problem = shared::problem::Problem::new(shared::problem::Code::TooLarge, "");
    desk.answer_push(json(413, &serde_json::to_value(problem).unwrap()));
    desk.wait(70_000);
    let half = desk.pushed();
    assert_eq!(half["changes"].as_array().unwrap().len(), 25);
    desk.answer_push(json(200, &receipt(&half, &ok_results(&half), false)));
    assert_eq!(desk.pushed()["changes"].as_array().unwrap().len(), 50);
}

#[test]
fn another_replica_number_renumbers_only_what_has_no_receipt() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50), check_in(1, 60, 1), check_in(1, 61, 2)]);
    desk.wait(300);
    let body = desk.pushed();
    let old = body["replica"].clone();
    let first_only = json!([{"id": body["changes"][0]["id"], "st": "ok", "seq": 10}]);
    desk.answer_push(json(200, &receipt(&body, &first_only, true)));
    desk.wait(400);
    let again = desk.pushed();
    assert_ne!(again["replica"], old);
    let numbered: Vec<(Value, Value)> =
        again["changes"].as_array().unwrap().iter().map(|c| (c["id"].clone(), c["seq"].clone())).collect();
    let ids = body["changes"].as_array().unwrap();
    assert_eq!(numbered, [(ids[1]["id"].clone(), json!(1)), (ids[2]["id"].clone(), json!(2))]);
    desk.record(vec![check_in(1, 62, 3)]);
    assert_eq!(desk.store.counter(), 4, "the next one goes on from there");
}

#[test]
fn responses_go_alone_without_a_name_or_a_time() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50)]);
    desk.record((0..20).map(|n| response(1, 900 + n)).collect());
    assert_eq!(
        desk.phone.safety().oldest_ms,
        Some(desk.now_ms),
        "a day alone must not look like an old record"
    );
    desk.wait(300);
    let mut batches = vec![desk.pushed()];
    desk.answer_push(json(200, &receipt(&batches[0], &ok_results(&batches[0]), false)));
    desk.wait(0);
    batches.push(desk.pushed());
    let (changes, responses): (Vec<_>, Vec<_>) = batches.iter().partition(|b| !b["replica"].is_null());
    assert_eq!((changes.len(), responses.len()), (1, 1), "a batch of their own");
    assert!(changes[0]["changes"].as_array().unwrap().iter().all(|c| c["kind"] != "response"));
    let batch = responses[0];
    assert_eq!(batch["pending"], 0);
    let sent = batch["changes"].as_array().unwrap();
    assert_eq!(sent.len(), 20);
    for change in sent {
        assert_eq!((&change["seq"], &change["after"]), (&Value::Null, &Value::Null));
        assert_eq!((change["offset_ms"].as_i64(), change["heard_ms"].as_i64()), (Some(0), Some(0)));
        let wall_ms = change["wall_ms"].as_i64().unwrap();
        assert_eq!(wall_ms, shared::stamp::day_ms(wall_ms), "cut to the day");
    }
    let made: Vec<String> = (0..20).map(|n| id::<shared::id::ChangeId>(900 + n).to_string()).collect();
    let order: Vec<&str> = sent.iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_ne!(order, made, "shuffled");
}

#[test]
fn a_too_long_fact_is_refused_when_it_is_made() {
    let mut desk = Desk::new();
    let mut fact = session_set(1, 50);
    if let shared::change::Body::SessionSet(body) = &mut fact.body {
        body.set.insert(shared::session::Field::Note, json!("长".repeat(20_000)));
    }
    let effects = desk.raw(Event::Record { facts: vec![fact], also: vec![] });
    assert!(effects.contains(&Effect::TooLong));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Store { .. })));
}

#[test]
fn own_changes_lie_on_top_until_the_rows_contain_them() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50), check_in(1, 60, 1)]);
    let view = desk.phone.session(session(1)).unwrap();
    assert_eq!(view.rows.attendance.get(&person(1)).map(|row| row.present), Some(true));
    desk.wait(300);
    let body = desk.pushed();
    desk.answer_push(json(200, &receipt(&body, &ok_results(&body), false)));
    // Rows from before the receipt: the check-in must not flicker away.
    desk.rows(5, &[], false);
    assert!(desk.phone.session(session(1)).unwrap().rows.attendance.contains_key(&person(1)));
    // Somebody else voided it meanwhile: once the rows contain the receipt, they speak alone.
    desk.rows(40, &[], false);
    let view = desk.phone.session(session(1)).unwrap();
    assert!(view.rows.attendance.is_empty(), "{:?}", view.rows.attendance);
}

#[test]
fn a_restart_comes_back_to_the_same() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50), check_in(1, 60, 1)]);
    desk.record(vec![response(1, 900)]);
    desk.rows(5, &[], false);
    let before = (desk.phone.session(session(1)), desk.phone.safety());
    let mut again = desk.restarted();
    assert_eq!(again.phone.safety().sending, 0, "nothing flies after a restart");
    let mut safety = before.1;
    assert_eq!(safety.unsent, 3);
    let mut came_back = again.phone.safety();
    assert!(came_back.last_contact_ms.is_some(), "when the server was last heard is not forgotten");
    safety.sending = 0;
    (safety.last_contact_ms, came_back.last_contact_ms) = (None, None);
    assert_eq!((again.phone.session(session(1)), came_back), (before.0, safety));
    again.raw(Event::Woke);
    assert!(again.push.is_none(), "a tab that does not lead pushes nothing");
    again.raw(Event::Lead { reload: false, pull: true });
    assert_eq!(again.pushed()["changes"].as_array().unwrap().len(), 2);
}

#[test]
fn receipts_are_kept_a_fortnight_and_until_the_rows_contain_them() {
    const DAY_MS: i64 = 86_400_000;
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50), check_in(1, 60, 1)]);
    desk.wait(300);
    let body = desk.pushed();
    desk.answer_push(json(200, &receipt(&body, &ok_results(&body), false)));
    desk.wait(20 * DAY_MS);
    desk.server_ms += 20 * DAY_MS;
    desk.rows(5, &[], false);
    desk.wait(60_000);
    assert_eq!(desk.store.len(Table::Acked), 2, "the rows do not contain them: the screen needs them");
    desk.rows(40, &[], false);
    desk.wait(60_000);
    assert_eq!(desk.store.len(Table::Acked), 0);
}

#[test]
fn another_life_of_the_data_gets_everything_again_under_its_first_names() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50), check_in(1, 60, 1)]);
    desk.record(vec![response(1, 900)]);
    desk.wait(300);
    let first = desk.pushed();
    desk.answer_push(json(200, &receipt(&first, &ok_results(&first), false)));
    desk.wait(0);
    let responses = desk.pushed();
    desk.answer_push(json(200, &receipt(&responses, &ok_results(&responses), false)));
    assert_eq!(desk.phone.safety().unsent, 0);
    // The server was put back: its answer to the next change comes from another life.
    desk.record(vec![check_in(1, 61, 2)]);
    desk.wait(300);
    let later = desk.pushed();
    let mut other = receipt(&later, &ok_results(&later), false);
    other["epoch"] = json!(id::<shared::id::Epoch>(10));
    desk.answer_push(json(200, &other));
    assert_eq!(desk.phone.safety().unsent, 3, "receipts of the other life are worth nothing");
    assert_ne!(desk.phone.mark(id(60)), Some(Mark::Sent));
    // What flies may be changes or responses first; both come again, unchanged.
    let mut again = vec![desk.pushed()];
    let mut answer = receipt(&again[0], &ok_results(&again[0]), false);
    answer["epoch"] = json!(id::<shared::id::Epoch>(10));
    desk.answer_push(json(200, &answer));
    desk.wait(0);
    again.push(desk.pushed());
    let of = |named: bool| again.iter().find(|b| b["replica"].is_null() != named).unwrap();
    assert_eq!(of(true)["replica"], first["replica"]);
    assert_eq!(of(true)["changes"], first["changes"], "the same seqs, the same content");
    assert_eq!(of(false)["changes"], responses["changes"]);
    assert_eq!(desk.store.len(Table::Outbox), 0);
}

#[test]
fn a_clock_that_is_set_back_makes_nothing_wait_longer() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50)]);
    desk.wait(300);
    desk.answer_push(portal(200));
    desk.now_ms -= 365 * 86_400_000;
    desk.wait(0);
    desk.wait(70_000);
    assert_eq!(desk.pushed()["changes"].as_array().unwrap().len(), 1);
}

#[test]
fn words_of_a_newer_server_spoil_no_receipt() {
    let mut desk = Desk::new();
    desk.record(vec![session_set(1, 50), check_in(1, 60, 1), check_in(1, 61, 2)]);
    desk.wait(300);
    let body = desk.pushed();
    let c = &body["changes"];
    let results = json!([
        {"id": c[2]["id"], "st": "postponed", "until": 5},
        {"id": c[0]["id"], "st": "held", "code": "a_new_reason"},
        {"id": c[1]["id"], "st": "ok", "seq": 12, "more": {}},
    ]);
    desk.answer_push(json(200, &receipt(&body, &results, false)));
    let marks = [50, 60, 61].map(|n| desk.phone.mark(id(n)));
    assert_eq!(marks, [Some(Mark::Held), Some(Mark::Sent), Some(Mark::Sending)], "and the third goes again");
}

#[test]
fn a_rescue_file_holds_what_has_no_receipt_that_counts() {
    let mut desk = Desk::new();
    assert_eq!((desk.phone.unsent().count(), rescue_key(&[desk.phone.unsent()])), (0, None));
    desk.log_in();
    assert_eq!(rescue_key(&[desk.phone.unsent()]), Some("age1 of the login"));
    desk.record(vec![session_set(1, 50), check_in(1, 60, 1)]);
    desk.record(vec![response(1, 900), response(1, 901)]);
    // The store has not said whether it keeps this one.
    desk.raw(Event::Record { facts: vec![check_in(1, 61, 2)], also: vec![] });
    let before = (desk.phone.safety(), desk.store.tables.clone());
    let content =
        serde_json::to_value(rescue_content(&[desk.phone.unsent()], Vec::new(), 7, &[5; 16])).unwrap();
    assert_eq!((desk.phone.safety(), desk.store.tables.clone()), before, "looking changes nothing");
    let part = &content["parts"][0];
    assert_eq!((&part["account"]["login"], &part["push_token"]), (&json!("zhang"), &json!("push 2")));
    assert_eq!(part["replicas"][0]["replica"], json!(id::<shared::id::ReplicaId>(8)));
    let changes = part["replicas"][0]["changes"].as_array().unwrap();
    let numbered: Vec<(&Value, &Value)> = changes.iter().map(|c| (&c["id"], &c["seq"])).collect();
    let [first, second, last] = [50, 60, 61].map(|n| json!(id::<shared::id::ChangeId>(n)));
    assert_eq!(numbered, [(&first, &json!(1)), (&second, &json!(2)), (&last, &Value::Null)]);
    assert_eq!(part["responses"].as_array().unwrap().len(), 2);
    desk.wait(300);
    let body = desk.pushed();
    desk.answer_push(json(200, &receipt(&body, &ok_results(&body), false)));
    assert_eq!(desk.phone.unsent().count(), 3, "what has its receipt is safe");
    desk.rows(100, &[], false);
    assert_eq!(rescue_key(&[desk.phone.unsent()]), Some("age1 of the pull"));
    let kept = desk.restarted().phone.unsent();
    assert_eq!(rescue_key(&[kept]), Some("age1 of the pull"), "and it is kept");
    // A server that was put back may lack what it gave receipts for.
    desk.wait(0);
    let body = desk.pushed();
    let mut other = receipt(&body, &ok_results(&body), false);
    other["epoch"] = json!(id::<shared::id::Epoch>(10));
    desk.answer_push(json(200, &other));
    assert_eq!(desk.phone.unsent().count(), 3, "the two doubted ones, and the one being stored");
}
