//! The merge rules: no order of arrival, no repetition and no split changes what comes out.

#![expect(clippy::unwrap_used, reason = "a test that meets what it did not foresee fails")]

use proptest::prelude::*;
use serde_json::json;
use shared::attendance::{Method, Standing, Status};
use shared::change::{
    Alias, Body, Change, CheckInBody, Headcount, Mark, MarkValue, PersonAdd, SessionClose, SessionSet, Void,
};
use shared::fold::{Memory, SessionRows, fold};
use shared::id::{ChangeId, PersonId, ReplicaId, SessionId};
use shared::merge::Stamped;
use shared::person::Person;
use shared::session::{Declared, Field};
use std::collections::BTreeMap;

fn id<T: From<uuid::Uuid>>(n: u128) -> T {
    T::from(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n))
}

fn session(n: u128) -> SessionId {
    id(0x1_0000 + n)
}

fn person(n: u128) -> PersonId {
    id(0x2_0000 + n)
}

/// A change with the given number; the number also orders its id.
fn made(n: u128, eff_ms: i64, of: Option<u128>, replica: u128, body: Body) -> Stamped {
    let change = Change {
        id: id(n),
        seq: Some(1),
        v: 1,
        session: of.map(session),
        wall_ms: eff_ms,
        offset_ms: 0,
        heard_ms: 0,
        after: None,
        body,
    };
    Stamped { change, eff_ms, suspect: false, replica: id::<ReplicaId>(0x3_0000 + replica) }
}

fn create(n: u128, of: u128) -> Stamped {
    let set = BTreeMap::from([
        (Field::Org, json!(id::<shared::id::OrgId>(1))),
        (Field::Campaign, json!(id::<shared::id::CampaignId>(2))),
        (Field::Activity, json!("lecture")),
        (Field::Title, json!("宣讲")),
        (Field::StartsMs, json!(5_000)),
    ]);
    made(n, 10, Some(of), 0, Body::SessionSet(SessionSet { set }))
}

fn set(n: u128, eff_ms: i64, of: u128, field: Field, value: serde_json::Value) -> Stamped {
    made(n, eff_ms, Some(of), 0, Body::SessionSet(SessionSet { set: BTreeMap::from([(field, value)]) }))
}

fn check_in(n: u128, eff_ms: i64, of: u128, who: u128, method: Method, at_ms: Option<i64>) -> Stamped {
    made(n, eff_ms, Some(of), 0, Body::CheckIn(CheckInBody { person: person(who), method, at_ms }))
}

fn tap(n: u128, eff_ms: i64, of: u128, who: u128) -> Stamped {
    check_in(n, eff_ms, of, who, Method::Tap, None)
}

fn void(n: u128, eff_ms: i64, of: Option<u128>, targets: &[u128]) -> Stamped {
    let targets = targets.iter().map(|t| id(*t)).collect();
    made(n, eff_ms, of, 1, Body::Void(Void { targets, reason: None }))
}

fn status(n: u128, eff_ms: i64, of: u128, who: u128, status: Option<Status>) -> Stamped {
    made(n, eff_ms, Some(of), 0, Body::Mark(Mark { person: person(who), what: MarkValue::Status(status) }))
}

fn add(n: u128, eff_ms: i64, of: u128, who: u128) -> Stamped {
    let org = id(1);
    let person =
        Person { id: person(who), name: format!("访客{n}"), org, staff_no: None, phone_tail: None };
    made(n, eff_ms, Some(of), 0, Body::PersonAdd(PersonAdd { person }))
}

/// Persons below 100 are on the roster.
fn roster(members: &[PersonId]) -> Option<Standing> {
    members.iter().any(|p| *p < person(100)).then_some(Standing::Expected)
}

fn rows(memory: &Memory, of: u128) -> SessionRows {
    memory.rows(session(of), roster)
}

fn all_rows(memory: &Memory) -> Vec<(SessionId, SessionRows)> {
    memory.session_ids().into_iter().map(|id| (id, memory.rows(id, roster))).collect()
}

#[test]
fn present_if_any_check_in_stands_and_arrival_is_the_earliest() {
    let changes = [
        create(1, 1),
        tap(2, 300, 1, 1),
        check_in(3, 900, 1, 1, Method::Paper, Some(200)),
        tap(4, 400, 1, 1),
    ];
    let row = rows(&fold(&changes), 1).attendance[&person(1)].clone();
    assert_eq!((row.present, row.arrived_ms), (true, Some(200)));
    let voided: Vec<Stamped> = changes.into_iter().chain([void(5, 100, Some(1), &[3])]).collect();
    let row = rows(&fold(&voided), 1).attendance[&person(1)].clone();
    assert_eq!((row.present, row.arrived_ms), (true, Some(300)));
}

#[test]
fn paper_without_a_time_has_none() {
    let changes = [create(1, 1), check_in(2, 300, 1, 1, Method::Paper, None)];
    let row = rows(&fold(&changes), 1).attendance[&person(1)].clone();
    assert_eq!((row.present, row.arrived_ms), (true, None));
}

#[test]
fn a_void_takes_out_exactly_what_it_names() {
    let changes = [create(1, 1), tap(2, 300, 1, 1), void(3, 310, Some(1), &[2]), tap(4, 305, 1, 1)];
    assert!(rows(&fold(&changes), 1).attendance[&person(1)].present, "a check-in it had not seen stays");
    let elsewhere = [create(1, 1), create(5, 2), tap(2, 300, 1, 1), void(3, 310, Some(2), &[2])];
    assert!(rows(&fold(&elsewhere), 1).attendance[&person(1)].present, "another session's void does nothing");
    let of_void = [create(1, 1), tap(2, 300, 1, 1), void(3, 310, Some(1), &[2]), void(4, 320, Some(1), &[3])];
    assert!(!rows(&fold(&of_void), 1).attendance[&person(1)].present, "a void cannot be voided");
    let of_set = [create(1, 1), set(2, 20, 1, Field::Title, json!("改名")), void(3, 30, Some(1), &[2])];
    assert_eq!(rows(&fold(&of_set), 1).session.map(|s| s.title), Some("改名".to_owned()));
}

#[test]
fn closing_declares_per_replica_and_a_later_set_opens_again() {
    let close = |n, eff_ms, replica, check_ins| {
        let declared = Declared { check_ins, responses: 1 };
        made(n, eff_ms, Some(1), replica, Body::SessionClose(SessionClose { declared }))
    };
    let mut changes = vec![create(1, 1), close(2, 100, 1, 5), close(3, 200, 2, 7), close(4, 300, 1, 6)];
    let out = rows(&fold(&changes), 1);
    assert_eq!(out.totals.declared, Declared { check_ins: 13, responses: 2 });
    assert_eq!(out.session.map(|s| s.state.wire()), Some("closed"));
    changes.push(set(5, 400, 1, Field::State, json!("open")));
    assert_eq!(rows(&fold(&changes), 1).session.map(|s| s.state.wire()), Some("open"));
    changes.push(void(6, 500, Some(1), &[4]));
    assert_eq!(rows(&fold(&changes), 1).totals.declared.check_ins, 12);
}

#[test]
fn attended_is_the_greater_of_persons_and_headcount() {
    let count = |n, eff_ms, count| made(n, eff_ms, Some(1), 0, Body::Headcount(Headcount { count }));
    let mut changes =
        vec![create(1, 1), tap(2, 100, 1, 1), tap(3, 100, 1, 2), add(4, 100, 1, 200), tap(5, 100, 1, 200)];
    changes.push(tap(6, 100, 1, 300));
    let totals = rows(&fold(&changes), 1).totals;
    assert_eq!((totals.attended, totals.walk_ins), (3, 1), "someone nobody knows counts once somebody does");
    changes.extend([count(7, 200, 50), count(8, 150, 90)]);
    assert_eq!(rows(&fold(&changes), 1).totals.attended, 50);
    changes.push(void(9, 300, Some(1), &[7]));
    assert_eq!(rows(&fold(&changes), 1).totals.attended, 90);
}

#[test]
fn aliases_count_once_and_can_be_taken_back() {
    let sessions = made(20, 500, None, 0, Body::SessionAlias(Alias { a: session(2), b: session(1) }));
    let persons = made(21, 500, None, 0, Body::PersonAlias(Alias { a: person(200), b: person(1) }));
    let mut changes = vec![
        create(1, 1),
        create(2, 2),
        tap(3, 100, 1, 1),
        tap(4, 90, 2, 1),
        add(5, 95, 2, 200),
        tap(6, 95, 2, 200),
    ];
    changes.extend([sessions, persons]);
    let memory = fold(&changes);
    assert_eq!(memory.stands_for(session(2)), session(1));
    let out = rows(&memory, 2);
    assert_eq!((out.totals.attended, out.totals.walk_ins), (1, 0), "one person of the roster, once");
    assert_eq!(out.attendance[&person(1)].arrived_ms, Some(90));
    changes.push(void(22, 600, None, &[20, 21]));
    let memory = fold(&changes);
    assert_eq!(rows(&memory, 1).totals.attended, 1);
    assert_eq!(rows(&memory, 2).totals.attended, 2);
}

#[test]
fn every_order_of_a_small_case_agrees() {
    let changes = [
        create(1, 1),
        tap(2, 100, 1, 1),
        void(3, 90, Some(1), &[2]),
        status(4, 100, 1, 1, Some(Status::Late)),
        status(5, 100, 1, 1, None),
        add(6, 120, 1, 200),
        void(7, 130, Some(1), &[6]),
    ];
    let expected = all_rows(&fold(&changes));
    let mut order: Vec<usize> = (0..changes.len()).collect();
    let mut orders = 0;
    permute(&mut order, 0, &mut |order| {
        let memory = fold(order.iter().map(|i| &changes[*i]));
        assert_eq!(all_rows(&memory), expected, "{order:?}");
        orders += 1;
    });
    assert_eq!(orders, 5_040);
}

fn permute(order: &mut Vec<usize>, at: usize, each: &mut impl FnMut(&[usize])) {
    if at == order.len() {
        return each(order);
    }
    for other in at..order.len() {
        order.swap(at, other);
        permute(order, at + 1, each);
        order.swap(at, other);
    }
}

fn any_change() -> impl Strategy<Value = Stamped> {
    let who = prop_oneof![0u128..4, 200u128..203];
    (0u8..10, 0i64..40, 0u128..3, who, 0u128..60, 0u128..3).prop_map(|(kind, eff, of, who, n, other)| {
        // The id follows from the content, so that the same id never has two contents.
        let n = 1_000
            + n
            + 100 * u128::from(kind)
            + 10_000 * of
            + 100_000 * who
            + 100_000_000 * u128::try_from(eff).unwrap();
        match kind {
            0 => create(n, of),
            1 => set(n, eff, of, Field::Title, json!(format!("t{n}"))),
            2 | 3 => tap(n, eff, of, who),
            4 => check_in(n, eff, of, who, Method::Paper, None),
            5 => status(n, eff, of, who, Some(Status::Excused)),
            6 => add(n, eff, of, who),
            7 => made(n, eff, Some(of), other, Body::Headcount(Headcount { count: 3 })),
            8 => made(
                n,
                eff,
                Some(of),
                other,
                Body::SessionClose(SessionClose { declared: Declared { check_ins: 2, responses: 0 } }),
            ),
            _ if of != other => {
                made(n, eff, None, 0, Body::SessionAlias(Alias { a: session(of), b: session(other) }))
            }
            _ => made(n, eff, None, 0, Body::PersonAlias(Alias { a: person(who), b: person(who + 1) })),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_order_and_any_repetition_agree(
        changes in proptest::collection::vec(any_change(), 1..40),
        voided in proptest::collection::vec((any::<prop::sample::Index>(), 0i64..40, any::<bool>()), 0..8),
        order in any::<u64>(),
    ) {
        let mut all = changes.clone();
        for (n, (target, eff, right)) in voided.iter().enumerate() {
            let target = target.get(&changes);
            let of = if *right { target.change.session } else { Some(session(0)) };
            let mut change = void(5 + n as u128, *eff, None, &[]);
            change.change.session = of;
            change.change.body = Body::Void(Void { targets: vec![target.change.id], reason: None });
            all.push(change);
        }
        let expected = all_rows(&fold(&all));
        let mut mixed: Vec<Stamped> = all.iter().chain(all.iter().step_by(3)).cloned().collect();
        let mut state = order | 1;
        for i in (1..mixed.len()).rev() {
            state ^= state << 13; state ^= state >> 7; state ^= state << 17;
            mixed.swap(i, usize::try_from(state % (i as u64 + 1)).unwrap());
        }
        prop_assert_eq!(all_rows(&fold(&mixed)), expected);
    }
}

#[test]
fn ids_of_these_tests_are_in_order() {
    assert!(id::<ChangeId>(1) < id::<ChangeId>(2) && session(1) < session(2));
}
