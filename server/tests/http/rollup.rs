//! What figures are added up from, after any course of events through the real push: kept is what a
//! recount gives after each step, the figures are those of the definitions counted from the rows of
//! people, and counts add up at every level.

use crate::fold::{Draft, PERSONS, SESSIONS, changes, draft};
use crate::world::{CITY, NOW, OTHER_PLANT, PLANT, SHOP, World, org_id, person_id, session_id};
use axum::http::Method;
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::{Value, json};
use server::{org, person, rollup};
use shared::form::DEFAULT_FORM;
use shared::id::{OrgId, PersonId};
use shared::org::Level;
use shared::stamp::DAY_MS;
use std::collections::BTreeSet;

/// What happens at the desk between two pushes.
#[derive(Debug, Clone)]
enum Between {
    /// Somebody looks: what is due is published, some of it as pools once a week has passed.
    Look,
    /// Answers to a session, all with this mark.
    Answers(u128, usize, u8),
    /// A person is put on the roster of another org, from this many hours before now on.
    Roster(u128, u128, i64),
    /// The shop hangs below another union, or below the city itself.
    Move(u128),
    /// Days pass.
    Wait(i64),
}

fn between() -> impl Strategy<Value = Between> {
    let org = || prop::sample::select(vec![PLANT, SHOP, OTHER_PLANT]);
    prop_oneof![
        Just(Between::Look),
        (1..=SESSIONS, 1..7_usize, 1..6_u8).prop_map(|(of, n, mark)| Between::Answers(of, n, mark)),
        (1..=PERSONS, org(), -8..8_i64).prop_map(|(of, org, hours)| Between::Roster(of, org, hours)),
        prop::sample::select(vec![CITY, PLANT, OTHER_PLANT]).prop_map(Between::Move),
        (1..9_i64).prop_map(Between::Wait),
    ]
}

fn row(c: &Connection, n: u128) -> rusqlite::Result<i64> {
    Ok(org::find(c, org_id(n).parse::<OrgId>().unwrap())?.unwrap())
}

async fn happens(world: &World, what: &Between, at_ms: &mut i64) {
    match what.clone() {
        Between::Look => {
            coverage(world, CITY).await;
        }
        Between::Answers(session, n, mark) => {
            let one = |_| {
                json!({ "id": uuid::Uuid::new_v4(), "seq": null, "v": 1, "kind": "response",
                    "session": session_id(session), "wall_ms": shared::stamp::day_ms(*at_ms),
                    "offset_ms": 0, "heard_ms": 0, "after": null,
                    "body": { "form": DEFAULT_FORM, "version": 1, "via": "phone",
                        "answers": { "understood": mark, "usable": 6 - mark } } })
            };
            let answers: Vec<Value> = (0..n).map(one).collect();
            world.push_as("admin", None, &answers).await.ok();
        }
        Between::Roster(of, to, hours) => {
            let now = *at_ms;
            world
                .write(move |c| {
                    let id: PersonId = person_id(of).parse().unwrap();
                    let name = format!("职工{of}");
                    let to_id = row(c, to)?;
                    let new = shared::person::Person {
                        id,
                        name,
                        org: org_id(to).parse().unwrap(),
                        staff_no: None,
                        phone_tail: None,
                    };
                    let (person_id, _) =
                        person::put_on_roster(c, &new, to_id, now + hours * crate::world::HOUR)?;
                    server::ledger::roster_changed(c, &BTreeSet::from([person_id]))
                })
                .await;
        }
        Between::Move(to) => {
            world
                .write(move |c| {
                    let parent_id = Some(row(c, to)?);
                    let id = org_id(SHOP).parse().unwrap();
                    org::put(c, org::Put { id, code: "S", name: "S", level: Level::Workshop, parent_id })?;
                    server::ledger::tree_changed(c)
                })
                .await;
        }
        Between::Wait(days) => {
            *at_ms += days * DAY_MS;
            world.at(*at_ms);
        }
    }
}

async fn coverage(world: &World, org: u128) -> Value {
    let path = format!("/api/v1/coverage?org={}", org_id(org));
    world.ask(Method::GET, &path, "login-admin").await.ok()
}

/// Distinct persons present at held sessions of these orgs, by the rows of people alone.
async fn people(world: &World, orgs: Vec<u128>) -> u64 {
    let count = world
        .write(move |c| {
            let mut people = BTreeSet::new();
            for n in orgs {
                let mut found = c.prepare_cached(
                    "SELECT attendance.person_id FROM attendance
                     JOIN session ON session.session_id = attendance.session_id
                     WHERE session.org_id = ?1 AND session.row_exists = 1 AND session.state <> 'cancelled'
                       AND attendance.shown = 1 AND attendance.present = 1 AND standing <> 'unknown'",
                )?;
                for person in found.query_map([row(c, n)?], |row| row.get::<_, i64>(0))? {
                    people.insert(person?);
                }
            }
            Ok(people.len())
        })
        .await;
    u64::try_from(count).unwrap()
}

const COUNTS: [&str; 12] = [
    "/sessions/held",
    "/sessions/planned",
    "/led_by_leaders",
    "/attended",
    "/walk_ins",
    "/expected",
    "/responses",
    "/still_on_phones/check_ins",
    "/still_on_phones/responses",
    "/orgs/all",
    "/workshops/all",
    "/workshops/covered",
];

async fn adds_up(world: &World, shop_below: u128) {
    for org in [CITY, PLANT, OTHER_PLANT, SHOP] {
        let told = coverage(world, org).await;
        for field in COUNTS {
            let of = |line: &Value| line.pointer(field).and_then(Value::as_u64).unwrap();
            let sum: u64 = told["children"].as_array().unwrap().iter().map(of).sum();
            assert_eq!(sum, of(&told), "{field} of {org}: {told}");
        }
        let mut below = match org {
            CITY => vec![CITY, PLANT, OTHER_PLANT, SHOP],
            other => vec![other],
        };
        if org == shop_below && org != CITY {
            below.push(SHOP);
        }
        assert_eq!(told["people"].as_u64().unwrap(), people(world, below).await, "people of {org}");
        let weeks: u64 =
            told["weeks"].as_array().unwrap().iter().map(|week| week["attended"].as_u64().unwrap()).sum();
        assert_eq!(Some(weeks), told["attended"].as_u64());
    }
}

async fn holds(drafts: Vec<Draft>, deeds: Vec<Between>, most: usize) {
    let world = World::new().await;
    let all = changes(&drafts);
    let mut at_ms = NOW;
    let mut shop_below = PLANT;
    let mut deeds = deeds.into_iter();
    for some in all.chunks(most) {
        for (replica, change, _) in some {
            world.push_as("admin", Some(*replica), std::slice::from_ref(change)).await.ok();
        }
        let told = world.write(rollup::check).await;
        assert_eq!(told, [], "after a push of {some:?}");
        if let Some(deed) = deeds.next() {
            happens(&world, &deed, &mut at_ms).await;
            if let Between::Move(to) = deed {
                shop_below = to;
            }
            assert_eq!(world.write(rollup::check).await, [], "after {deed:?}");
        }
    }
    adds_up(&world, shop_below).await;
    let before = coverage(&world, CITY).await;
    world.write(rollup::rebuild).await;
    assert_eq!(coverage(&world, CITY).await, before, "made anew");
    assert_eq!(world.write(rollup::check).await, []);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 10, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_kept_is_what_a_recount_gives(
        drafts in prop::collection::vec(draft(), 1..40),
        deeds in prop::collection::vec(between(), 0..12),
        most in 1..8_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(holds(drafts, deeds, most));
    }
}
